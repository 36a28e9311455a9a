//! The numbers of a tenant. Each field's bounds are checked where settings are read.

mod guesses;
mod payments;

pub use guesses::{GuessPolicy, Preset};
pub use payments::{
    AskPolicy, Currencies, CurrencyRules, HoldPolicy, IntentPolicy, PaymentPolicy, PaymentPreset,
};

use crate::common::ContextWords;
use crate::secret::Input;
use crate::spend::SpendPolicy;
use crate::spray::SprayPolicy;
use crate::time::Span;

/// Everything that a rule asks of a tenant's settings.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Policy {
    /// How many guesses an account has, per kind.
    pub guesses: GuessPolicy,
    /// How many more its known devices have.
    pub devices: DevicePolicy,
    /// When so many accounts fail together that it is an attack.
    pub spray: SprayPolicy,
    /// How verification codes live.
    pub codes: CodePolicy,
    /// What they may cost.
    pub spend: SpendPolicy,
    /// How sessions live.
    pub sessions: SessionPolicy,
    /// When a payment needs the secret.
    pub payments: PaymentPolicy,
    /// How long a secret that the server made up may be used.
    pub temporary_life: Span,
    /// Guesses at a secret that the server made up, all in all; then only another reset helps.
    pub temporary_guesses: u32,
    /// How long an unknown name's guesses are remembered after the last one.
    pub unknown_name_life: Span,
    /// Words that no new secret may contain.
    pub context_words: ContextWords,
    /// What new verifiers are made over; `LegacyDigest` as soon as the tenant enables an MD5 dialect.
    pub input: Input,
}

/// Limits of guesses from a device on which the right secret was presented before, beside the account's own. The lock's
/// length and the life of a guess in flight are the account's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DevicePolicy {
    /// Devices that an account may have, per kind; the one not seen for longest makes way. With 0 none is known.
    pub per_account: usize,
    /// A device that is not seen for so long is unknown again.
    pub life: Span,
    /// Guesses in a row before the first lock.
    pub burst: u32,
    /// Guesses in any 24 hours.
    pub day: u32,
    /// Guesses without a settled success; then the device is unknown again.
    pub lifetime: u32,
}

/// Limits of one-time verification codes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CodePolicy {
    /// How long a code may be used.
    pub life: Span,
    /// Wrong codes before none is accepted, counted across re-sends.
    pub attempts: u32,
    /// Wrong codes in any 24 hours, over all purposes.
    pub attempts_day: u32,
    /// The least time between two sends for one purpose.
    pub resend_after: Span,
    /// Codes that an account may be sent in 24 hours.
    pub per_account_day: u32,
    /// Codes that a mobile number may be sent in 24 hours, over all accounts.
    pub per_mobile_day: u32,
    /// For how long after a change of its SIM a number gets no code.
    pub sim_change_wait: Span,
}

/// Limits of login sessions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SessionPolicy {
    /// Life of a session whose caller names none.
    pub life: Span,
    /// The longest life a caller may ask for.
    pub life_max: Span,
    /// Live sessions of one account; the oldest ends when one more opens.
    pub per_account: usize,
    /// Whether a new login secret ends the sessions that the old one opened.
    pub end_on_login_change: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            guesses: GuessPolicy::default(),
            devices: DevicePolicy::default(),
            spray: SprayPolicy::default(),
            codes: CodePolicy::default(),
            spend: SpendPolicy::default(),
            sessions: SessionPolicy::default(),
            payments: PaymentPolicy::default(),
            temporary_life: Span::from_hours(24),
            temporary_guesses: 5,
            unknown_name_life: Span::from_hours(24 * 30),
            context_words: ContextWords::default(),
            input: Input::LegacyDigest,
        }
    }
}

impl Policy {
    /// The limits of guesses from one known device.
    #[must_use]
    pub const fn device_guesses(&self) -> GuessPolicy {
        let DevicePolicy { burst, day, lifetime, .. } = self.devices;
        GuessPolicy { burst, day, lifetime, ..self.guesses }
    }

    /// The limits of guesses at a secret that the server made up: no more than at any other, and few in all.
    #[must_use]
    pub fn temporary_guesses(&self) -> GuessPolicy {
        let GuessPolicy { burst, day, lifetime, .. } = self.guesses;
        let most = self.temporary_guesses;
        GuessPolicy {
            burst: burst.min(most),
            day: day.min(most),
            lifetime: lifetime.min(most),
            ..self.guesses
        }
    }
}

impl Default for DevicePolicy {
    fn default() -> Self {
        Self { per_account: 5, life: Span::from_hours(24 * 90), burst: 3, day: 5, lifetime: 10 }
    }
}

impl Default for CodePolicy {
    fn default() -> Self {
        Self {
            life: Span::from_minutes(5),
            attempts: 5,
            attempts_day: 20,
            resend_after: Span::from_minutes(1),
            per_account_day: 10,
            per_mobile_day: 10,
            sim_change_wait: Span::from_hours(72),
        }
    }
}

impl Default for SessionPolicy {
    fn default() -> Self {
        Self {
            life: Span::from_hours(2),
            life_max: Span::from_hours(24 * 30),
            per_account: 16,
            end_on_login_change: true,
        }
    }
}
