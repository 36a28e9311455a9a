//! Connections for short reads, which the caller's own thread makes: to hand the read of one row over to another thread
//! and back costs several times as much as the read.
//!
//! A row that is not in memory is waited for, and the caller's thread waits with it. So there are fewer connections here
//! than threads that serve callers: however slow the disk is, one of those is free. Whoever finds no connection goes the
//! longer way, to the threads that read.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::available_parallelism;

use super::connection::{Role, Source};
use super::slot::Slot;

/// How often a connection in use is asked for again: together about as long as a short read takes where its row is in
/// memory, which is a small part of what the longer way costs.
const TRIES: u32 = 200;

/// Connections that nobody uses now. What was put back last is taken first: its pages are still in the caches.
pub(super) struct Shelf {
    slots: Mutex<Vec<Slot>>,
    /// How many are there, to ask again and again without the lock.
    free: AtomicUsize,
    tries: u32,
}

impl Shelf {
    /// One connection fewer than there are cores, but one at least; each is opened when it is first needed.
    pub(super) fn stocked(source: &Source) -> Self {
        let cores = available_parallelism().map_or(1, usize::from);
        let slot = || Slot::empty(source.clone(), Role::Reader);
        let slots: Vec<Slot> = (0..cores.saturating_sub(1).max(1)).map(|_| slot()).collect();
        Self { free: AtomicUsize::new(slots.len()), slots: Mutex::new(slots), tries: TRIES }
    }

    /// Without any connection: every read goes the longer way.
    pub(super) const fn empty() -> Self {
        Self { slots: Mutex::new(Vec::new()), free: AtomicUsize::new(0), tries: 1 }
    }

    /// A connection, if one is free or will be in a moment. While it is in use it is off the shelf, and no lock is held.
    pub(super) fn take(&self) -> Option<Slot> {
        for _ in 0..self.tries {
            if self.free.load(Ordering::Relaxed) > 0 {
                let mut slots = self.slots();
                let slot = slots.pop();
                self.free.store(slots.len(), Ordering::Relaxed);
                if slot.is_some() {
                    return slot;
                }
            }
            spin_loop();
        }
        None
    }

    /// For the next one.
    pub(super) fn put_back(&self, slot: Slot) {
        let mut slots = self.slots();
        slots.push(slot);
        self.free.store(slots.len(), Ordering::Relaxed);
    }

    fn slots(&self) -> MutexGuard<'_, Vec<Slot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
