//! What the pool has done, counted by the workers themselves.
//!
//! The number of real comparisons is the one that the budget of guesses is checked against from outside, so
//! it is kept where a comparison happens and nowhere else.

use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;

use countersign_domain::secret::Kind;

/// What a worker did.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Work {
    /// Compared an input with a verifier.
    Compare(Kind),
    /// Spent as much on the decoy.
    Decoy(Kind),
    /// Made a new verifier.
    Hash,
}

/// Is told of every piece of work and how long it took, on the worker's thread: must be quick.
pub trait HashObserver: Send + Sync {
    /// One piece of work is done. Waiting in the queue is not part of `took`.
    fn observed(&self, what: Work, took: Duration);
}

/// A reading of the pool's counters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Counts {
    pub(super) real: [u64; 3],
    pub(super) decoys: [u64; 3],
    pub(super) hashes: u64,
    pub(super) faults: u64,
    pub(super) waiting: usize,
    pub(super) workers: usize,
    pub(super) taken: usize,
    pub(super) capacity: usize,
}

impl Counts {
    /// Comparisons with verifiers of this kind since the start. One that ended in a fault counts too.
    #[must_use]
    pub const fn real(&self, kind: Kind) -> u64 {
        self.real[kind as usize]
    }

    /// Comparisons with the decoy on behalf of this kind since the start.
    #[must_use]
    pub const fn decoy(&self, kind: Kind) -> u64 {
        self.decoys[kind as usize]
    }

    /// Verifiers made since the start.
    #[must_use]
    pub const fn hashes(&self) -> u64 {
        self.hashes
    }

    /// Pieces of work that ended in a fault since the start.
    #[must_use]
    pub const fn faults(&self) -> u64 {
        self.faults
    }

    /// Jobs in the queue now.
    #[must_use]
    pub const fn waiting(&self) -> usize {
        self.waiting
    }

    /// Worker threads.
    #[must_use]
    pub const fn workers(&self) -> usize {
        self.workers
    }

    /// Places taken now.
    #[must_use]
    pub const fn taken(&self) -> usize {
        self.taken
    }

    /// Places there are: workers and queue together.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        self.capacity
    }
}

/// The counters that only grow, and the moving average of a hash's time.
#[derive(Default)]
pub(super) struct Counters {
    real: [AtomicU64; 3],
    decoys: [AtomicU64; 3],
    hashes: AtomicU64,
    faults: AtomicU64,
    average_micros: AtomicU64,
}

impl Counters {
    /// Counts a piece of work as it begins: one that is cut short must not be missing.
    pub(super) fn begun(&self, work: Work) {
        let counter = match work {
            Work::Compare(kind) => &self.real[kind as usize],
            Work::Decoy(kind) => &self.decoys[kind as usize],
            Work::Hash => &self.hashes,
        };
        counter.fetch_add(1, Ordering::SeqCst);
    }

    pub(super) fn faulted(&self) {
        self.faults.fetch_add(1, Ordering::Relaxed);
    }

    /// Moves the average an eighth of the way, as TCP does with its round-trip time (RFC 6298).
    pub(super) fn took(&self, took: Duration) {
        let sample = u64::try_from(took.as_micros()).unwrap_or(u64::MAX / 8);
        let average = self.average_micros.load(Ordering::Relaxed);
        let moved = if average == 0 { sample } else { average - average / 8 + sample / 8 };
        // Two workers may overwrite each other's sample; an average can bear that.
        self.average_micros.store(moved, Ordering::Relaxed);
    }

    pub(super) fn average(&self) -> Duration {
        Duration::from_micros(self.average_micros.load(Ordering::Relaxed))
    }

    pub(super) fn fill(&self, counts: &mut Counts) {
        let read = |counters: &[AtomicU64; 3]| core::array::from_fn(|i| counters[i].load(Ordering::SeqCst));
        counts.real = read(&self.real);
        counts.decoys = read(&self.decoys);
        counts.hashes = self.hashes.load(Ordering::SeqCst);
        counts.faults = self.faults.load(Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_average_follows_the_samples() {
        let counters = Counters::default();
        counters.took(Duration::from_millis(8));
        assert_eq!(counters.average(), Duration::from_millis(8));
        counters.took(Duration::from_millis(16));
        assert_eq!(counters.average(), Duration::from_millis(9));
    }
}
