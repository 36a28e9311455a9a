//! What this server has counted since it started, sampled for the last day.

use core::array;
use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;

use countersign_domain::event::Counted;
use countersign_domain::time::Timestamp;

use super::latency::Latency;
use super::past::{COUNTS, Past, Sample};

/// Counters that are read back, unlike those of the recorder.
pub(super) struct Day {
    counts: [AtomicU64; COUNTS.len()],
    spent: AtomicU64,
    /// Milliseconds.
    lag: AtomicU64,
    latency: Latency,
    past: Past,
}

impl Default for Day {
    fn default() -> Self {
        Self {
            counts: array::from_fn(|_| AtomicU64::new(0)),
            spent: AtomicU64::new(0),
            lag: AtomicU64::new(0),
            latency: Latency::default(),
            past: Past::default(),
        }
    }
}

impl Day {
    pub(super) fn counted(&self, what: Counted) {
        if let Some(place) = column(what) {
            self.counts[place].fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn spent(&self, millionths: u64) {
        self.spent.fetch_add(millionths, Ordering::Relaxed);
    }

    pub(super) fn lags(&self, lag: Duration) {
        self.lag.store(u64::try_from(lag.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(super) fn hashed(&self, took: Duration) {
        self.latency.took(took);
    }

    /// Takes a sample; `queue` is how many wait for a hash.
    #[allow(clippy::cast_precision_loss, reason = "what a chart shows")]
    pub(super) fn sample(&self, at: Timestamp, queue: usize) {
        let [p50, p95, p99] = self.latency.drain();
        let lag = self.lag.load(Ordering::Relaxed) as f32 / 1000.0;
        self.past.push(Sample {
            at,
            counts: array::from_fn(|place| self.counts[place].load(Ordering::Relaxed)),
            levels: [p50, p95, p99, Some(queue as f32), Some(lag)],
            spent: self.spent.load(Ordering::Relaxed),
        });
    }

    pub(super) const fn past(&self) -> &Past {
        &self.past
    }
}

/// Its place in [`COUNTS`], if it is shown.
const fn column(what: Counted) -> Option<usize> {
    Some(match what {
        Counted::Verified(_) => 0,
        Counted::Missed(_) => 1,
        Counted::Locked(_) => 2,
        Counted::Reset(_) => 3,
        Counted::IntentCreated => 4,
        Counted::IntentApproved => 5,
        Counted::IntentConsumed => 6,
        Counted::IntentEnded => 7,
        Counted::CodeIssued => 8,
        Counted::CodeRedeemed => 9,
        Counted::HoldBegun => 10,
        Counted::Unlocked(_) => return None,
    })
}
