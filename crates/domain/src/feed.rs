//! The feed: every event in one order, so that whoever reads it misses none.
//!
//! An event's own id tells of its time and not of when it was committed: who walks by ids misses one that commits late. A
//! place in the feed is given once that is known. Who has seen a place need never look before it again.

use core::fmt;

use crate::event::Event;
use crate::id::EventId;
use crate::time::Timestamp;

/// A place in the feed. Later ones are greater; there may be gaps.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct FeedPlace(i64);

impl FeedPlace {
    /// Before everything.
    pub const START: Self = Self(0);

    /// From its number, as stored.
    #[must_use]
    pub const fn of(number: i64) -> Self {
        Self(number)
    }

    /// Its number, as stored.
    #[must_use]
    pub const fn number(self) -> i64 {
        self.0
    }

    /// Reads the text form; `None` if it is not one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = (1..=19).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_digit());
        digits.then(|| text.parse().ok().map(Self))?
    }

    /// The least place that may be given at that instant, where places must not be given again that others may have seen.
    #[must_use]
    pub const fn at(now: Timestamp) -> Self {
        Self(now.millis().saturating_mul(1000))
    }

    /// The place after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for FeedPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An event at its place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FeedEntry {
    /// The place.
    pub place: FeedPlace,
    /// The event.
    pub event: Event,
}

/// A part of the feed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fed {
    /// In the order of their places.
    pub entries: Vec<FeedEntry>,
    /// Everything up to here was read: where to go on.
    pub last: FeedPlace,
    /// Whether there may have been more between the place that was asked for and the first of these, which was forgotten.
    pub missed: bool,
}

/// When an event was decided, as its id tells.
#[must_use]
pub fn time_of(id: &EventId) -> Timestamp {
    let mut millis = [0; 8];
    millis[2..].copy_from_slice(&id.as_bytes()[..6]);
    Timestamp::from_millis(i64::from_be_bytes(millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_comes_back_as_it_was_and_nothing_else_is_one() {
        for number in [0, 1, 1_795_219_200_000_000, i64::MAX] {
            let place = FeedPlace::of(number);
            assert_eq!(FeedPlace::parse(&place.to_string()), Some(place));
        }
        for text in ["", "-1", "+1", " 1", "1 ", "9223372036854775808", "00000000000000000001", "one"] {
            assert_eq!(FeedPlace::parse(text), None, "{text}");
        }
    }

    #[test]
    fn an_events_id_tells_its_time() {
        let id = EventId::from_bytes([0, 0, 0, 0, 0x03, 0xe8, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9]);
        assert_eq!(time_of(&id), Timestamp::from_millis(1000));
    }
}
