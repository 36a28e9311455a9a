//! An attempt to tell a webhook of an event: what was answered, and what comes of it.

use crate::feed::FeedPlace;
use crate::id::{AccountId, EventId};
use crate::time::{Span, Timestamp};

/// How long after each attempt that failed the next one is made; after the last of them there is none. Published with the
/// libraries of Standard Webhooks 1.0, and recommended there: the first attempt is made at once.
pub const RETRIES: [Span; 9] = [
    Span::from_secs(5),
    Span::from_minutes(5),
    Span::from_minutes(30),
    Span::from_hours(2),
    Span::from_hours(5),
    Span::from_hours(10),
    Span::from_hours(14),
    Span::from_hours(20),
    Span::from_hours(24),
];

/// The longest that an endpoint may ask to be left alone (`Retry-After`).
const LONGEST_WAIT: Span = Span::from_hours(24);

/// An attempt that was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Attempt {
    /// The event.
    pub event: EventId,
    /// When it began.
    pub at: Timestamp,
    /// The status that was answered, if there was an answer.
    pub status: Option<u16>,
    /// How long it took, in milliseconds.
    pub took_ms: u32,
    /// What came of it.
    pub next: Next,
}

/// What comes of an attempt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    /// It was taken.
    Delivered,
    /// It is tried again then.
    At(Timestamp),
    /// It is not tried again by itself.
    GivenUp,
}

/// A message that was not taken yet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Delivery {
    /// Its place in the feed.
    pub place: FeedPlace,
    /// Whose event.
    pub account: AccountId,
    /// Which.
    pub event: EventId,
    /// Attempts that were made.
    pub attempts: u32,
    /// The status that the last was answered with.
    pub status: Option<u16>,
    /// When the next is made; `None` if it was given up.
    pub due: Option<Timestamp>,
}

/// What an endpoint answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Answered {
    /// The status; `None` if there was no answer in time, or none that can be read.
    pub status: Option<u16>,
    /// How long it asked to be left alone.
    pub retry_after: Option<Span>,
}

impl Answered {
    /// Whether the message was taken.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }

    /// Whether the endpoint says that it is gone for good (410).
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.status == Some(410)
    }

    /// How long it asked to be left alone, where that is its to ask (429 and 503).
    #[must_use]
    pub fn asks_for(&self) -> Option<Span> {
        self.retry_after.filter(|_| matches!(self.status, Some(429 | 503))).map(|wait| wait.min(LONGEST_WAIT))
    }

    /// What comes of the attempt, the `attempts`th from 1. `dice` spreads the next one over a tenth of its time, so that
    /// what failed together is not tried together.
    #[must_use]
    pub fn next(&self, attempts: u32, now: Timestamp, dice: u32) -> Next {
        if self.is_success() {
            return Next::Delivered;
        }
        let place = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
        let Some(wait) = RETRIES.get(place) else { return Next::GivenUp };
        let spread = u32::try_from(wait.millis() / 10).unwrap_or(u32::MAX);
        let jitter = Span::from_millis(dice % spread.max(1));
        let asked = self.asks_for().unwrap_or(Span::ZERO);
        Next::At(now + (*wait + jitter).max(asked + jitter))
    }
}
