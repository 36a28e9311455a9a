//! What may happen so often in a span of time: how it is counted, in every engine.

use countersign_domain::time::{Span, Timestamp};

use crate::door::{StoreFault, Stored};

/// When something was counted, in milliseconds, and for how long that matters at most.
#[derive(Default)]
pub(crate) struct Counter {
    span: i64,
    times: Vec<i64>,
}

impl Counter {
    /// As it is stored: the longest span that was ever asked about, and 8 bytes for each time.
    pub(crate) fn read(span: i64, bytes: &[u8]) -> Stored<Self> {
        let (times, rest) = bytes.as_chunks::<8>();
        if !rest.is_empty() {
            return Err(StoreFault::Damaged("a counter's times are cut short".into()));
        }
        Ok(Self { span, times: times.iter().map(|time| i64::from_be_bytes(*time)).collect() })
    }

    /// The longest span that was ever asked about, in milliseconds.
    pub(crate) const fn span(&self) -> i64 {
        self.span
    }

    /// 8 bytes for each time.
    pub(crate) fn times(&self) -> Vec<u8> {
        self.times.iter().flat_map(|time| time.to_be_bytes()).collect()
    }

    /// When nothing in it matters any more.
    pub(crate) fn expires_at(&self) -> i64 {
        self.times.iter().copied().max().unwrap_or_default().saturating_add(self.span)
    }

    /// Counts one more, if fewer than `limit` were counted in the last `span`; else says when there is room again.
    ///
    /// A rolling span, not a calendar one. Times in the future, after a clock went back, count: going back buys nothing.
    pub(crate) fn count(&mut self, limit: u32, span: Span, now: Timestamp) -> Result<(), Timestamp> {
        let mut recent: Vec<i64> =
            self.times.iter().copied().filter(|&at| within(at, span.millis(), now)).collect();
        recent.sort_unstable();
        if let Some(over) = recent.len().checked_sub(limit as usize) {
            // A limit of none never has room; asking again a whole span later is as good as any answer.
            let frees = recent.get(over).map_or(now, |&at| Timestamp::from_millis(at));
            return Err(frees + span);
        }
        // Whoever asks about a longer span under the same index must find the times that this one needs no more.
        self.span = self.span.max(span.millis());
        let longest = self.span;
        self.times.retain(|&at| within(at, longest, now));
        self.times.push(now.millis());
        Ok(())
    }

    /// Counts what either has counted. A time that both have so often is the same fact.
    pub(crate) fn with(mut self, mut other: Self) -> Self {
        for time in &self.times {
            if let Some(place) = other.times.iter().position(|at| at == time) {
                other.times.swap_remove(place);
            }
        }
        self.times.append(&mut other.times);
        self.span = self.span.max(other.span);
        self
    }
}

fn within(at: i64, span: i64, now: Timestamp) -> bool {
    at.saturating_add(span) > now.millis()
}
