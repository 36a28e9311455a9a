//! Section `policy.payments`: when a payment needs the secret.

use std::collections::BTreeMap;

use countersign_domain::ask::AskFrequency;
use countersign_domain::money::{Amount, Currency, CurrencyCode, NotAnAmount};
use countersign_domain::policy::{
    AskPolicy, Currencies, CurrencyRules, HoldPolicy, IntentPolicy, PaymentPolicy, PaymentPreset,
};
use countersign_domain::time::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// When a payment needs the secret, and when payments rest. A number that is not set is the preset's.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Payments {
    /// The set of rules to begin with.
    pub preset: PaymentRules,
    /// The longest that a window counts for payments, whatever was chosen. One that the platform did not choose with its key, or
    /// that the secret did not open, does not count.
    pub windows: Option<Windows>,
    /// Whether a payee that was never paid with the secret is always asked for; by every preset but `as-chosen`.
    pub ask_new_payee: Option<bool>,
    /// Whether a window counts only on a known device.
    pub ask_unknown_device: Option<bool>,
    /// Amounts, by currency, each as `CNY in_window=200 one_factor_day=1000`. `unasked`, `unasked_day`: up to so much at once
    /// the person is not asked at all, until so much a day was approved so. `in_window`, `in_window_day`: above so much at
    /// once, or in a day, no window counts. `one_factor`, `one_factor_day`: above so much the secret alone is not enough.
    /// `two_factors_day`: above so much in a day nothing is approved. `on_hold_day`: so much in a day is approved under a
    /// hold. A currency that is named here has only these rules, and none of the preset's.
    pub limits: Vec<String>,
    /// Tokens beside the currencies of ISO 4217, each with the digits after its point: `USDT=6`. One that has the code of such a
    /// currency has its digits too.
    pub tokens: Vec<String>,
    /// Whether only those tokens may be paid in.
    pub only_tokens: bool,
    /// Seconds that an intent waits if its platform names no time.
    #[schemars(range(min = 10, max = 86_400))]
    pub intent_life_s: Option<u32>,
    /// The most seconds that a platform may ask for.
    #[schemars(range(min = 10, max = 86_400))]
    pub intent_life_max_s: Option<u32>,
    /// Wrong secrets before an intent is void; each also spends a guess of its account.
    #[schemars(range(min = 1, max = 10))]
    pub intent_tries: Option<u32>,
    /// Open intents that an account may have.
    #[schemars(range(min = 1, max = 1000))]
    pub intents_open: Option<usize>,
    /// Seconds that payments rest after a reset of the payment or the login secret; 0: not at all.
    #[schemars(range(min = 0, max = 2_592_000))]
    pub hold_reset_s: Option<u32>,
    /// Seconds that they rest after a change of a mobile number, or of the card behind it; 0: not at all.
    #[schemars(range(min = 0, max = 2_592_000))]
    pub hold_mobile_change_s: Option<u32>,
    /// Seconds that they rest after an operator has ended a lock of the payment or the login secret; 0: not at all.
    #[schemars(range(min = 0, max = 2_592_000))]
    pub hold_unlock_s: Option<u32>,
    /// Seconds that they rest after a restore that did not know what had happened since the backup; 0: not at all.
    #[schemars(range(min = 0, max = 2_592_000))]
    pub hold_restore_s: Option<u32>,
    /// Seconds that one operator's proposal to end a hold waits for another one to agree.
    #[schemars(range(min = 60, max = 86_400))]
    pub hold_release_wait_s: Option<u32>,
}

/// A named set of rules for payments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PaymentRules {
    /// As the platform has chosen for the person, with its key: a window that the secret opened spares it from then on, whoever is
    /// paid.
    #[default]
    AsChosen,
    /// The secret, every time.
    EveryTime,
    /// The secret and a code, every time: by PSD2 each payment is authenticated by itself, by two elements. A platform that has a
    /// second element of its own names its currencies in `limits` without a number (`EUR`). Goes with
    /// `policy.guesses.preset = "psd2"`.
    Psd2,
    /// As `PBoC` announcement 2015/43, article 24, has it for payments from balances: in a day up to CNY 1,000 by one factor
    /// or none, up to CNY 5,000 by two; known payees only.
    CnPayments,
    /// The secret, every time, and a day of rest after a reset, a new number or an unlock.
    Exchange,
}

/// How long a window counts for payments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Windows {
    /// Not at all.
    Every,
    /// For an hour.
    Hour,
    /// For a day.
    Day,
}

impl PaymentRules {
    /// The preset as the domain knows it.
    #[must_use]
    pub const fn to_domain(self) -> PaymentPreset {
        match self {
            Self::AsChosen => PaymentPreset::AsChosen,
            Self::EveryTime => PaymentPreset::EveryTime,
            Self::Psd2 => PaymentPreset::Psd2,
            Self::CnPayments => PaymentPreset::CnPayments,
            Self::Exchange => PaymentPreset::Exchange,
        }
    }
}

impl Payments {
    /// The rules as the domain takes them.
    ///
    /// # Errors
    /// What is wrong with a limit or a token; never for a configuration that was loaded.
    pub fn to_domain(&self) -> Result<PaymentPolicy, NoRule> {
        let currencies = self.currencies()?;
        Ok(PaymentPolicy {
            intents: self.intents(),
            ask: self.ask(&currencies)?,
            holds: self.holds(),
            currencies,
        })
    }

    fn intents(&self) -> IntentPolicy {
        let usual = self.preset.to_domain().intents();
        IntentPolicy {
            life: self.intent_life_s.map_or(usual.life, Span::from_secs),
            life_max: self.intent_life_max_s.map_or(usual.life_max, Span::from_secs),
            tries: self.intent_tries.unwrap_or(usual.tries),
            open: self.intents_open.unwrap_or(usual.open),
            told: usual.told,
        }
    }

    fn holds(&self) -> HoldPolicy {
        let usual = self.preset.to_domain().holds();
        HoldPolicy {
            reset: self.hold_reset_s.map_or(usual.reset, Span::from_secs),
            mobile_change: self.hold_mobile_change_s.map_or(usual.mobile_change, Span::from_secs),
            unlock: self.hold_unlock_s.map_or(usual.unlock, Span::from_secs),
            restore: self.hold_restore_s.map_or(usual.restore, Span::from_secs),
            release_wait: self.hold_release_wait_s.map_or(usual.release_wait, Span::from_secs),
        }
    }

    fn ask(&self, currencies: &Currencies) -> Result<AskPolicy, NoRule> {
        let mut ask = self.preset.to_domain().ask();
        ask.windows = self.windows.map_or(ask.windows, |windows| match windows {
            Windows::Every => AskFrequency::Every,
            Windows::Hour => AskFrequency::Hour,
            Windows::Day => AskFrequency::Day,
        });
        ask.ask_new_payee = self.ask_new_payee.unwrap_or(ask.ask_new_payee);
        ask.ask_unknown_device = self.ask_unknown_device.unwrap_or(ask.ask_unknown_device);
        for text in &self.limits {
            let (code, rules) = limit(text, currencies)?;
            ask.currencies.insert(code, rules);
        }
        Ok(ask)
    }

    fn currencies(&self) -> Result<Currencies, NoRule> {
        let token = |text: &String| {
            let (code, digits) = text.split_once('=')?;
            let digits = digits.trim().parse().ok().filter(|digits| *digits <= Currency::MAX_DIGITS)?;
            Some((CurrencyCode::parse(code.trim())?, digits))
        };
        // What a preset counts in the smallest units of a currency would be another amount of that token.
        let not_another = |(code, digits): (CurrencyCode, u8)| match Currency::iso(code) {
            Some(currency) if currency.digits != digits => Err(NoRule::OtherDigits(code, currency.digits)),
            _ => Ok((code, digits)),
        };
        let tokens = self.tokens.iter();
        let tokens =
            tokens.map(|text| token(text).ok_or_else(|| NoRule::Token(text.clone())).and_then(not_another));
        Ok(Currencies {
            tokens: tokens.collect::<Result<BTreeMap<_, _>, _>>()?,
            only_tokens: self.only_tokens,
        })
    }
}

/// Why a limit or a token is none.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NoRule {
    /// It is no token.
    #[error("{0:?} is not a token; write its code, `=` and the digits after its point, as in \"USDT=6\"")]
    Token(String),
    /// It has the code of a currency with other digits.
    #[error(
        "{0} is a currency of ISO 4217 with {1} digits after its point; a token of that code needs as many, or another code"
    )]
    OtherDigits(CurrencyCode, u8),
    /// Its currency is not dealt in.
    #[error("{0:?} begins with no currency of ISO 4217 and none of the tokens")]
    Currency(String),
    /// It is no limit.
    #[error("{0:?} is no limit; write as in \"CNY in_window=200 one_factor_day=1000\"")]
    Limit(String),
    /// An amount in it has more digits after the point than its currency.
    #[error("{0:?}: the currency has only {1} digits after the point")]
    Digits(String, u8),
}

fn limit(text: &str, currencies: &Currencies) -> Result<(CurrencyCode, CurrencyRules), NoRule> {
    let no_limit = || NoRule::Limit(text.to_owned());
    let mut words = text.split_whitespace();
    let code = words.next().and_then(CurrencyCode::parse);
    let currency =
        code.and_then(|code| currencies.find(code)).ok_or_else(|| NoRule::Currency(text.to_owned()))?;
    let mut rules = CurrencyRules::default();
    for word in words {
        let (name, amount) = word.split_once('=').ok_or_else(no_limit)?;
        let units = match Amount::parse(amount, currency) {
            Ok(amount) => amount.units(),
            Err(NotAnAmount::Zero) => 0,
            Err(NotAnAmount::Digits(digits)) => return Err(NoRule::Digits(text.to_owned(), digits)),
            Err(NotAnAmount::Form) => return Err(no_limit()),
        };
        match name {
            "unasked" => rules.unasked = Some(units),
            "unasked_day" => rules.unasked_day = Some(units),
            "in_window" => rules.in_window = Some(units),
            "in_window_day" => rules.in_window_day = Some(units),
            "one_factor" => rules.one_factor = Some(units),
            "one_factor_day" => rules.one_factor_day = Some(units),
            "two_factors_day" => rules.two_factors_day = Some(units),
            "on_hold_day" => rules.on_hold_day = units,
            _ => return Err(no_limit()),
        }
    }
    Ok((currency.code, rules))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> CurrencyCode {
        CurrencyCode::parse(text).expect("a code")
    }

    #[test]
    fn the_default_is_the_domains_own() {
        assert_eq!(Payments::default().to_domain(), Ok(PaymentPolicy::default()));
    }

    #[test]
    fn limits_are_read_in_their_currency() {
        let settings = Payments {
            limits: vec!["CNY in_window=200 one_factor_day=1000.50".to_owned(), "USDT unasked=0".to_owned()],
            tokens: vec!["USDT=6".to_owned()],
            ..Payments::default()
        };
        let policy = settings.to_domain().expect("rules");
        let renminbi = policy.ask.rules(code("CNY"));
        assert_eq!((renminbi.in_window, renminbi.one_factor_day), (Some(20_000), Some(100_050)));
        assert_eq!(policy.ask.rules(code("USDT")).unasked, Some(0));
        assert_eq!(policy.currencies.find(code("USDT")).map(|currency| currency.digits), Some(6));
    }

    #[test]
    fn what_is_no_rule_is_told_so() {
        let of = |limits: &[&str], tokens: &[&str]| {
            let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
            Payments { limits: owned(limits), tokens: owned(tokens), ..Payments::default() }.to_domain().err()
        };
        assert!(matches!(of(&["USDT in_window=1"], &[]), Some(NoRule::Currency(_))));
        assert!(matches!(of(&["CNY in_window=1.234"], &[]), Some(NoRule::Digits(_, 2))));
        assert!(matches!(of(&["CNY in_windows=1"], &[]), Some(NoRule::Limit(_))));
        assert!(matches!(of(&["CNY in_window"], &[]), Some(NoRule::Limit(_))));
        assert!(matches!(of(&[], &["usdt=6"]), Some(NoRule::Token(_))));
        assert!(matches!(of(&[], &["USDT=19"]), Some(NoRule::Token(_))));
        for (token, digits) in [("CNY=0", 2), ("JPY=2", 0), ("KWD=2", 3)] {
            assert!(matches!(of(&[], &[token]), Some(NoRule::OtherDigits(_, of)) if of == digits), "{token}");
        }
        assert_eq!(of(&["CNY in_window=1.25"], &["CNY=2", "USDT=6"]), None);
    }
}
