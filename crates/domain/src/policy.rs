//! The numbers of a tenant. Each field's bounds are checked where settings are read.

use crate::secret::Input;
use crate::time::Span;

/// Everything that a rule asks of a tenant's settings.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Policy {
    /// How many guesses an account has, per kind.
    pub guesses: GuessPolicy,
    /// How verification codes live.
    pub codes: CodePolicy,
    /// How sessions live.
    pub sessions: SessionPolicy,
    /// How long a secret that the server made up may be used.
    pub temporary_life: Span,
    /// What new verifiers are made over; `LegacyDigest` as soon as the tenant enables an MD5 dialect.
    pub input: Input,
}

/// Limits of guesses at one secret. All three horizons are charged by every guess.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GuessPolicy {
    /// Guesses in a row before the first lock.
    pub burst: u32,
    /// Length of the first lock; each further one doubles.
    pub lock_first: Span,
    /// The longest lock that doubling reaches.
    pub lock_max: Span,
    /// Guesses in any 24 hours.
    pub day: u32,
    /// Guesses without a settled success; then only a verified reset helps.
    pub lifetime: u32,
    /// Times a day that "differs from the login secret" is answered; each answer is a guess at that secret.
    pub same_as_login_day: u32,
    /// After this long a guess that was charged and never settled counts as a miss.
    pub in_flight: Span,
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
            codes: CodePolicy::default(),
            sessions: SessionPolicy::default(),
            temporary_life: Span::from_hours(24),
            input: Input::LegacyDigest,
        }
    }
}

impl Default for GuessPolicy {
    fn default() -> Self {
        Self {
            burst: 5,
            lock_first: Span::from_minutes(15),
            lock_max: Span::from_hours(24),
            day: 10,
            lifetime: 20,
            same_as_login_day: 10,
            in_flight: Span::from_secs(60),
        }
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
