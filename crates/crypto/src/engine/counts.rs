//! What the pool has done, counted by the workers themselves.
//!
//! The number of real comparisons is the one that the budget of guesses is checked against from outside, so
//! it is kept where a comparison happens and nowhere else.

use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;

use countersign_domain::secret::Kind;

use crate::engine::Reason;

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

/// Who a piece of work is done for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Class {
    /// Somebody waits for it.
    Live,
    /// Nobody does: a verifier is remade.
    Background,
}

impl Class {
    /// Both, in the order of their numbers.
    pub const ALL: [Self; 2] = [Self::Live, Self::Background];

    /// The word for it in metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Background => "background",
        }
    }
}

/// Is told of every piece of work and how long it took, on the worker's thread: must be quick.
pub trait HashObserver: Send + Sync {
    /// One piece of work is done. Waiting in the queue is not part of `took`.
    fn observed(&self, what: Work, took: Duration);

    /// One piece of work begins, and waited so long.
    fn waited(&self, _class: Class, _waited: Duration) {}
}

/// A reading of the pool's counters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Counts {
    pub(super) real: [u64; 3],
    pub(super) decoys: [u64; 3],
    pub(super) hashes: u64,
    pub(super) faults: u64,
    pub(super) waiting: usize,
    pub(super) background: usize,
    pub(super) workers: usize,
    pub(super) taken: usize,
    pub(super) capacity: usize,
    pub(super) refused: [u64; 3],
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

    /// Live jobs in the queue now.
    #[must_use]
    pub const fn waiting(&self) -> usize {
        self.waiting
    }

    /// Jobs in the background now, waiting or being done.
    #[must_use]
    pub const fn background(&self) -> usize {
        self.background
    }

    /// Use cases turned away since the start, for this reason.
    #[must_use]
    pub const fn refused(&self, reason: Reason) -> u64 {
        self.refused[reason as usize]
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

    /// The most places: workers and queue together.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        self.capacity
    }
}

/// The counters that only grow.
#[derive(Default)]
pub(super) struct Counters {
    real: [AtomicU64; 3],
    decoys: [AtomicU64; 3],
    hashes: AtomicU64,
    faults: AtomicU64,
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

    pub(super) fn fill(&self, counts: &mut Counts) {
        let read = |counters: &[AtomicU64; 3]| core::array::from_fn(|i| counters[i].load(Ordering::SeqCst));
        counts.real = read(&self.real);
        counts.decoys = read(&self.decoys);
        counts.hashes = self.hashes.load(Ordering::SeqCst);
        counts.faults = self.faults.load(Ordering::Relaxed);
    }
}
