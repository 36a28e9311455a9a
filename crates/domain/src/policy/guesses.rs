//! Limits of guesses, and the named sets of them.

use crate::time::Span;

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

/// A named set of limits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Preset {
    /// For most platforms: five, then locks that double, ten a day, twenty in all.
    #[default]
    Default,
    /// Five in all, as Commission Delegated Regulation (EU) 2018/389, article 4(3)(b), has it: not more than five
    /// failed attempts that can take place consecutively. The payer is warned before the block (article 4(4)).
    Psd2,
    /// For four to six digits: three, then locks that double, five a day, ten in all.
    Pin,
    /// For secrets that guard withdrawals: three, then locks from an hour on that double, six a day, twelve in all.
    Exchange,
}

impl Preset {
    /// Every preset.
    pub const ALL: [Self; 4] = [Self::Default, Self::Psd2, Self::Pin, Self::Exchange];

    /// The word for it in settings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Psd2 => "psd2",
            Self::Pin => "pin",
            Self::Exchange => "exchange",
        }
    }

    /// Its limits.
    #[must_use]
    pub const fn limits(self) -> GuessPolicy {
        let (burst, day, lifetime) = match self {
            Self::Default => (5, 10, 20),
            Self::Psd2 => (5, 5, 5),
            Self::Pin => (3, 5, 10),
            Self::Exchange => (3, 6, 12),
        };
        let lock_first = match self {
            Self::Default | Self::Psd2 | Self::Pin => Span::from_minutes(15),
            Self::Exchange => Span::from_hours(1),
        };
        GuessPolicy {
            burst,
            lock_first,
            lock_max: Span::from_hours(24),
            day,
            lifetime,
            same_as_login_day: 10,
            in_flight: Span::from_secs(60),
        }
    }
}

impl Default for GuessPolicy {
    fn default() -> Self {
        Preset::Default.limits()
    }
}
