//! Must this person be asked for the secret, for this transaction, now? And for more than the secret?
//!
//! A pure function of the facts ([`Basis`]) and the tenant's rules ([`AskPolicy`]). The facts are written into the audit
//! trail with every approval, so that another policy can be tried on past decisions before it is switched on.

use crate::ask::AskFrequency;
use crate::money::CurrencyCode;
use crate::policy::{AskPolicy, CurrencyRules};
use crate::time::{Span, Timestamp};

/// The facts that a decision is taken on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Basis {
    /// Of which currency.
    pub currency: CurrencyCode,
    /// How much, in its smallest units.
    pub units: u128,
    /// Whether this payee was paid before with the secret.
    pub payee_known: bool,
    /// Whether the request comes from a device on which the secret was presented before.
    pub device_known: bool,
    /// How long ago the secret was presented in the window that is open, if one is.
    pub window: Option<Span>,
    /// What was approved in this currency in the last day, this one not counted.
    pub day: Day,
    /// Until when payments are on hold.
    pub hold_until: Option<Timestamp>,
}

/// Amounts approved in one currency in the last day, in its smallest units. Counted by whole hours: never less than the
/// last 24, and at most the last 25.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Day {
    /// Without asking.
    pub unasked: u128,
    /// By no factor or by one.
    pub by_one: u128,
    /// In all.
    pub all: u128,
}

/// What must be presented.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Need {
    /// Nothing.
    Nothing(Exemption),
    /// The secret.
    Secret(Why),
    /// The secret and a code.
    TwoFactors(Why),
    /// Nothing helps today.
    Never(Why),
    /// Nothing helps until then.
    OnHold(Timestamp),
}

/// Why the person is not asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exemption {
    /// The secret was presented not long ago, and the window is still open.
    Window,
    /// The amount is small.
    SmallAmount,
}

impl Exemption {
    /// The word for it in the API and in receipts.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Window => "window",
            Self::SmallAmount => "small_amount",
        }
    }
}

/// Why the person is asked, or refused.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Why {
    /// The policy has the secret asked every time.
    EveryTime,
    /// No window is open.
    NoWindow,
    /// The window was opened too long ago for a payment.
    WindowTooOld,
    /// So much at once.
    Amount,
    /// So much in a day.
    DayAmount,
    /// This payee for the first time.
    NewPayee,
    /// A device that is not known.
    UnknownDevice,
}

impl Why {
    /// Every reason.
    pub const ALL: [Self; 7] = [
        Self::EveryTime,
        Self::NoWindow,
        Self::WindowTooOld,
        Self::Amount,
        Self::DayAmount,
        Self::NewPayee,
        Self::UnknownDevice,
    ];

    /// The word for it in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EveryTime => "every_time",
            Self::NoWindow => "no_window",
            Self::WindowTooOld => "window_too_old",
            Self::Amount => "amount",
            Self::DayAmount => "day_amount",
            Self::NewPayee => "new_payee",
            Self::UnknownDevice => "unknown_device",
        }
    }
}

/// Why what was presented is not enough.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shortage {
    /// The secret is needed.
    Secret(Why),
    /// A code is needed beside the secret.
    Code(Why),
    /// Nothing helps today.
    Limit(Why),
    /// Nothing helps until then.
    OnHold(Timestamp),
}

impl Shortage {
    /// The word for it in the API.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Secret(_) => "secret_required",
            Self::Code(_) => "code_required",
            Self::Limit(_) => "limit_exceeded",
            Self::OnHold(_) => "payments_on_hold",
        }
    }

    /// The policy's reason, where it is the policy's.
    #[must_use]
    pub const fn why(&self) -> Option<Why> {
        match self {
            Self::Secret(why) | Self::Code(why) | Self::Limit(why) => Some(*why),
            Self::OnHold(_) => None,
        }
    }

    /// Whether it is the same reason, whatever the end of the hold.
    #[must_use]
    pub fn same(&self, other: &Self) -> bool {
        self.as_str() == other.as_str() && self.why() == other.why()
    }
}

/// What must be presented, given these facts.
#[must_use]
pub fn need(basis: &Basis, policy: &AskPolicy) -> Need {
    let rules = policy.rules(basis.currency);
    let after = |before: u128| before.saturating_add(basis.units);
    let above = |limit: Option<u128>, amount: u128| limit.is_some_and(|limit| amount > limit);
    if let Some(until) = basis.hold_until
        && above(Some(rules.on_hold_day), after(basis.day.all))
    {
        return Need::OnHold(until);
    }
    if above(rules.two_factors_day, after(basis.day.all)) {
        return Need::Never(Why::DayAmount);
    }
    if above(rules.one_factor, basis.units) {
        return Need::TwoFactors(Why::Amount);
    }
    if above(rules.one_factor_day, after(basis.day.by_one)) {
        return Need::TwoFactors(Why::DayAmount);
    }
    exempt(basis, policy, rules, after).map_or_else(Need::Secret, Need::Nothing)
}

/// Why the person need not be asked, or else why so.
/// `after` is what a sum comes to with this payment.
fn exempt(
    basis: &Basis,
    policy: &AskPolicy,
    rules: &CurrencyRules,
    after: impl Fn(u128) -> u128,
) -> Result<Exemption, Why> {
    if basis.hold_until.is_some() {
        return Err(Why::EveryTime);
    }
    let new_payee = policy.ask_new_payee && !basis.payee_known;
    if !new_payee
        && rules.unasked.is_some_and(|most| basis.units <= most)
        && rules.unasked_day.is_some_and(|most| after(basis.day.unasked) <= most)
    {
        return Ok(Exemption::SmallAmount);
    }
    let longest = match policy.windows {
        AskFrequency::Every => return Err(Why::EveryTime),
        eased @ (AskFrequency::Hour | AskFrequency::Day) => eased.span(),
    };
    let age = basis.window.ok_or(Why::NoWindow)?;
    let reasons = [
        (longest.is_some_and(|longest| age >= longest), Why::WindowTooOld),
        (rules.in_window.is_some_and(|most| basis.units > most), Why::Amount),
        (rules.in_window_day.is_some_and(|most| after(basis.day.all) > most), Why::DayAmount),
        (new_payee, Why::NewPayee),
        (policy.ask_unknown_device && !basis.device_known, Why::UnknownDevice),
    ];
    reasons.into_iter().find(|(holds, _)| *holds).map_or(Ok(Exemption::Window), |(_, why)| Err(why))
}
