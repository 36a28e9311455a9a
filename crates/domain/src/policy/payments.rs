//! When a payment needs the secret, and the named sets of such rules.

use std::collections::BTreeMap;

use crate::ask::AskFrequency;
use crate::money::{Currency, CurrencyCode};
use crate::time::Span;

/// Rules of intents, of asking, and of holds.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PaymentPolicy {
    /// How intents live.
    pub intents: IntentPolicy,
    /// When the person must be asked.
    pub ask: AskPolicy,
    /// When payments rest.
    pub holds: HoldPolicy,
    /// What may be paid in.
    pub currencies: Currencies,
}

/// What may be paid in.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Currencies {
    /// Codes that the operator has named, with the digits after the point; they come before those of ISO 4217.
    pub tokens: BTreeMap<CurrencyCode, u8>,
    /// Whether nothing else may be paid in.
    pub only_tokens: bool,
}

impl Currencies {
    /// The currency of that code.
    #[must_use]
    pub fn find(&self, code: CurrencyCode) -> Option<Currency> {
        let token = self.tokens.get(&code).map(|&digits| Currency { code, digits });
        token.or_else(|| Currency::iso(code).filter(|_| !self.only_tokens))
    }
}

/// Limits of intents.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IntentPolicy {
    /// Life of an intent whose platform names none.
    pub life: Span,
    /// The longest life a platform may ask for.
    pub life_max: Span,
    /// Wrong secrets before the intent is void, besides what they cost the account.
    pub tries: u32,
    /// Open intents of one account.
    pub open: usize,
    /// Intents of one account that are over and still told of; the oldest make way.
    pub told: usize,
}

/// When the person must be asked before a payment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AskPolicy {
    /// The longest that a window counts for payments, whatever the person has chosen; with `Every` none does.
    pub windows: AskFrequency,
    /// Whether a payee that was never paid with the secret is always asked for.
    pub ask_new_payee: bool,
    /// Whether a window counts only on a known device.
    pub ask_unknown_device: bool,
    /// Rules of single currencies.
    pub currencies: BTreeMap<CurrencyCode, CurrencyRules>,
    /// Rules of all others. Without a currency an amount says little, but for nothing at all.
    pub others: CurrencyRules,
}

/// Amounts in one currency's smallest units; without a number there is no such limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CurrencyRules {
    /// Up to so much at once the person is not asked at all …
    pub unasked: Option<u128>,
    /// … as long as so much a day is not exceeded in this way. Without it nobody is spared.
    pub unasked_day: Option<u128>,
    /// Above so much at once no window counts.
    pub in_window: Option<u128>,
    /// Above so much in a day no window counts.
    pub in_window_day: Option<u128>,
    /// Above so much at once the secret alone is not enough.
    pub one_factor: Option<u128>,
    /// Above so much in a day, by one factor or none, the secret alone is not enough.
    pub one_factor_day: Option<u128>,
    /// Above so much in a day nothing is approved.
    pub two_factors_day: Option<u128>,
    /// So much in a day is approved under a hold; 0: nothing.
    pub on_hold_day: u128,
}

/// How long payments rest after what a thief would do first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HoldPolicy {
    /// After a reset of the payment or the login secret.
    pub reset: Span,
    /// After a change of a mobile number, or of the card behind it.
    pub mobile_change: Span,
    /// After an operator has ended a lock.
    pub unlock: Span,
    /// After a restore that knew nothing of what had happened to the account since the backup.
    pub restore: Span,
    /// How long a proposal to end a hold waits for the second operator.
    pub release_wait: Span,
}

/// A named set of rules for payments.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum PaymentPreset {
    /// As the platform has chosen for the person: a window that the secret opened under that choice counts.
    #[default]
    AsChosen,
    /// The secret, every time.
    EveryTime,
    /// The secret and a code, every time, bound to amount and payee: a window would be no strong authentication of this
    /// payment (Commission Delegated Regulation (EU) 2018/389, articles 4 and 5). A platform that has a second element of its
    /// own names its currencies without a limit. Its five failures are the guess limits' preset of the same name.
    Psd2,
    /// For payments from balances by payment institutions of mainland China: in a day up to CNY 1,000 by fewer than two
    /// factors, up to CNY 5,000 by two (中国人民银行公告〔2015〕第43号, article 24). A certificate, which would allow more, is
    /// none of our factors.
    CnPayments,
    /// The secret every time, and all withdrawals rest a day after a reset, a new number or an unlock.
    Exchange,
}

impl PaymentPreset {
    /// Every preset.
    pub const ALL: [Self; 5] =
        [Self::AsChosen, Self::EveryTime, Self::Psd2, Self::CnPayments, Self::Exchange];

    /// The word for it in settings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AsChosen => "as-chosen",
            Self::EveryTime => "every-time",
            Self::Psd2 => "psd2",
            Self::CnPayments => "cn-payments",
            Self::Exchange => "exchange",
        }
    }

    /// Its rules for asking.
    #[must_use]
    pub fn ask(self) -> AskPolicy {
        let windows = match self {
            Self::AsChosen => AskFrequency::Day,
            Self::CnPayments => AskFrequency::Hour,
            Self::EveryTime | Self::Psd2 | Self::Exchange => AskFrequency::Every,
        };
        let renminbi = CurrencyRules {
            one_factor_day: Some(100_000),
            two_factors_day: Some(500_000),
            ..CurrencyRules::default()
        };
        let code = CurrencyCode::parse("CNY").filter(|_| matches!(self, Self::CnPayments));
        AskPolicy {
            windows,
            // A window counts only where the platform chose it with its key, and it chose it for every payee.
            ask_new_payee: !matches!(self, Self::AsChosen),
            ask_unknown_device: false,
            currencies: code.map(|code| (code, renminbi)).into_iter().collect(),
            others: CurrencyRules { one_factor: self.bears_one(), ..CurrencyRules::default() },
        }
    }

    /// The most that one factor bears, where that is the same in every currency: nothing.
    const fn bears_one(self) -> Option<u128> {
        match self {
            Self::Psd2 => Some(0),
            Self::AsChosen | Self::EveryTime | Self::CnPayments | Self::Exchange => None,
        }
    }

    /// Its holds.
    #[must_use]
    pub const fn holds(self) -> HoldPolicy {
        let unlock = match self {
            Self::Exchange => Span::from_hours(24),
            Self::AsChosen | Self::EveryTime | Self::Psd2 | Self::CnPayments => Span::from_hours(1),
        };
        HoldPolicy {
            reset: Span::from_hours(24),
            mobile_change: Span::from_hours(24),
            unlock,
            restore: Span::from_hours(24),
            release_wait: Span::from_hours(1),
        }
    }

    /// Wrong secrets before an intent is void.
    #[must_use]
    pub const fn intents(self) -> IntentPolicy {
        IntentPolicy {
            life: Span::from_minutes(5),
            life_max: Span::from_hours(24),
            tries: 3,
            open: 100,
            told: 20,
        }
    }
}

impl AskPolicy {
    /// The rules of that currency.
    #[must_use]
    pub fn rules(&self, currency: CurrencyCode) -> &CurrencyRules {
        self.currencies.get(&currency).unwrap_or(&self.others)
    }
}

impl Default for IntentPolicy {
    fn default() -> Self {
        PaymentPreset::default().intents()
    }
}

impl Default for AskPolicy {
    fn default() -> Self {
        PaymentPreset::default().ask()
    }
}

impl Default for HoldPolicy {
    fn default() -> Self {
        PaymentPreset::default().holds()
    }
}
