//! What costlier hashes may take of memory, beside the arenas that the workers keep.
//!
//! A worker's arena fits the parameters of new hashes. A stored string may ask for more: it was made before the
//! parameters were lowered, or it came with an import. Such a hash borrows its arena's size from one [`Memory`]
//! that all workers share, so that no mixture of strings, however many come at once, takes more than was set. One
//! that is larger than all of it is waited for until nobody else borrows, and is lent alone: whoever charges a guess
//! counts on its comparison.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// An allowance of memory in kibibytes, lent to one hash after the other in the order in which they ask.
/// Clones share it.
///
/// It cannot deadlock: a worker borrows once for one hash, waits for nothing else while it holds the loan, and
/// gives it back even if the hash panics.
#[derive(Clone)]
pub struct Memory(Arc<Allowance>);

struct Allowance {
    whole: u64,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    /// Kibibytes that are lent now.
    lent: u64,
    /// The number of the next who asks.
    next: u64,
    /// The number of whose turn it is. Strictly one after the other: else small loans could keep a large one
    /// waiting for ever.
    turn: u64,
}

impl Memory {
    /// An allowance of so many kibibytes. What is larger than all of it, whatever that is, is lent alone: the most that
    /// is ever lent is the larger of the allowance and the ceiling of the engines.
    #[must_use]
    pub fn new(kib: u64) -> Self {
        let state = Mutex::new(State { lent: 0, next: 0, turn: 0 });
        Self(Arc::new(Allowance { whole: kib, state, changed: Condvar::new() }))
    }

    /// How much there is in all, in kibibytes.
    #[must_use]
    pub fn allowance_kib(&self) -> u64 {
        self.0.whole
    }

    /// Lends so many kibibytes; waits for its turn while too much is lent to others. Allocates nothing itself.
    pub(super) fn lend(&self, kib: u32) -> Loan {
        let (kib, whole) = (u64::from(kib), self.0.whole);
        let mut state = self.0.lock();
        let number = state.next;
        state.next += 1;
        let waiting =
            |state: &mut State| state.turn != number || (state.lent > 0 && state.lent + kib > whole);
        let mut state = self.0.changed.wait_while(state, waiting).unwrap_or_else(PoisonError::into_inner);
        state.turn += 1;
        state.lent += kib;
        drop(state);
        // The next in turn may find that what is left is enough.
        self.0.changed.notify_all();
        Loan { memory: self.clone(), kib }
    }
}

impl Allowance {
    /// Nothing panics while it holds this lock: the numbers cannot leave their range.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Memory that is lent to one hash, given back when it is dropped.
///
/// Declare it before what is allocated under it: locals are dropped in reverse, and the memory must be free
/// before the next hash counts on it.
#[must_use]
pub(super) struct Loan {
    memory: Memory,
    kib: u64,
}

impl Drop for Loan {
    fn drop(&mut self) {
        self.memory.0.lock().lent -= self.kib;
        self.memory.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use core::sync::atomic::{AtomicU64, Ordering};
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    #[test]
    fn what_is_larger_than_all_is_lent_alone_one_at_a_time() {
        for whole in [0, 64] {
            let (memory, alone) = (Memory::new(whole), AtomicU64::new(0));
            thread::scope(|scope| {
                for number in 0..6_u32 {
                    let (memory, alone) = (&memory, &alone);
                    scope.spawn(move || {
                        for _ in 0..50 {
                            let large = number % 2 == 0 || whole == 0;
                            let loan = memory.lend(if large { 65 } else { 32 });
                            let others = alone.fetch_add(if large { 100 } else { 1 }, Ordering::SeqCst);
                            assert!(if large { others == 0 } else { others < 2 }, "{others} of {whole}");
                            thread::yield_now();
                            alone.fetch_sub(if large { 100 } else { 1 }, Ordering::SeqCst);
                            drop(loan);
                        }
                    });
                }
            });
            assert_eq!(memory.0.lock().lent, 0);
        }
    }

    #[test]
    fn loans_never_exceed_the_allowance_and_all_are_given() {
        let (memory, taken, given) = (Memory::new(100), AtomicU64::new(0), AtomicU64::new(0));
        thread::scope(|scope| {
            for number in 0..16_u32 {
                let (memory, taken, given) = (&memory, &taken, &given);
                scope.spawn(move || {
                    for round in 0..200 {
                        let kib = 1 + (number * 37 + round * 13) % 100;
                        let loan = memory.lend(kib);
                        let now = taken.fetch_add(u64::from(kib), Ordering::SeqCst) + u64::from(kib);
                        assert!(now <= 100, "{now} of 100 are lent");
                        thread::yield_now();
                        taken.fetch_sub(u64::from(kib), Ordering::SeqCst);
                        drop(loan);
                        given.fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
        });
        assert_eq!(given.into_inner(), 16 * 200);
        assert_eq!(memory.0.lock().lent, 0);
    }

    #[test]
    fn a_small_loan_does_not_go_before_a_large_one_that_waits() {
        let memory = Memory::new(10);
        let half = memory.lend(5);
        let (told, order) = mpsc::channel();
        thread::scope(|scope| {
            let large = told.clone();
            let memory = &memory;
            scope.spawn(move || {
                let loan = memory.lend(10);
                large.send("large").expect("somebody listens");
                drop(loan);
            });
            while memory.0.lock().next < 2 {
                thread::yield_now();
            }
            let small = told.clone();
            scope.spawn(move || {
                let loan = memory.lend(1);
                small.send("small").expect("somebody listens");
                drop(loan);
            });
            while memory.0.lock().next < 3 {
                thread::yield_now();
            }
            drop(half);
        });
        drop(told);
        assert_eq!(order.iter().collect::<Vec<_>>(), ["large", "small"]);
    }

    #[test]
    fn a_panic_gives_the_loan_back() {
        let memory = Memory::new(8);
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let _loan = memory.lend(8);
            panic!("while holding a loan");
        }));
        assert!(panicked.is_err());
        drop(memory.lend(8));
        assert_eq!(memory.0.lock().lent, 0);
    }
}
