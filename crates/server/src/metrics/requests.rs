//! The series that every request adds to, kept at hand: to find them by their labels again would build these each time.

use core::time::Duration;
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use metrics::{Counter, Histogram};

/// Dialect, endpoint and outcome. Each is a word of ours, so there are never more of these than their combinations.
type Words = [&'static str; 3];

/// The series of every combination that was ever answered.
#[derive(Default)]
pub(super) struct Requests(RwLock<HashMap<Words, Series>>);

/// What one answer is counted in.
pub(super) struct Series {
    pub(super) total: Counter,
    pub(super) seconds: Histogram,
}

impl Requests {
    /// Counts an answer; `registered` finds its series when it is the first of its kind.
    pub(super) fn answered(&self, words: Words, took: Duration, registered: impl FnOnce() -> Series) {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(series) = known.get(&words) {
            return series.add(took);
        }
        drop(known);
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.entry(words).or_insert_with(registered).add(took);
    }
}

impl Series {
    fn add(&self, took: Duration) {
        self.total.increment(1);
        self.seconds.record(took.as_secs_f64());
    }
}
