//! Everybody who calls, and everything that anybody was ever told.

use std::sync::atomic::Ordering;
use std::thread;

use crate::caller::{Caller, Heard, Held, holds};
use crate::changed::Changed;
use crate::cluster::Cluster;
use crate::guessed::{self, BUDGET, Guessed};
use crate::repeated::Repeated;

const CHANGERS: usize = 4;
const PAIRS: usize = 2;
const REPEATERS: usize = 2;

/// What was told in all rounds.
pub(crate) struct Load<'a> {
    cluster: &'a Cluster,
    changed: Vec<Changed>,
    guessed: Vec<Guessed>,
    repeated: Vec<Repeated>,
    /// How many of each there were before the last round.
    seen: [usize; 3],
    rounds: usize,
}

/// What callers did in a round, or in all.
#[derive(Clone, Copy, Default)]
pub(crate) struct Counts {
    pub(crate) changes: u64,
    pub(crate) verified: u64,
    /// Wrong guesses that were told, without a key; the accounts they were at; and the comparisons made for them.
    pub(crate) guesses: u64,
    pub(crate) accounts: u64,
    pub(crate) comparisons: u64,
    pub(crate) keys: u64,
}

impl<'a> Load<'a> {
    pub(crate) fn new(cluster: &'a Cluster) -> Self {
        let (changed, guessed, repeated) = (Vec::new(), Vec::new(), Vec::new());
        Self { cluster, changed, guessed, repeated, seen: [0; 3], rounds: 0 }
    }

    /// Lets everybody call while `meanwhile` happens.
    pub(crate) fn run<R>(&mut self, heard: &Heard, meanwhile: impl FnOnce() -> R) -> R {
        let (cluster, round) = (self.cluster, self.rounds);
        self.rounds += 1;
        self.seen = [self.changed.len(), self.guessed.len(), self.repeated.len()];
        let end = End(heard);
        thread::scope(|scope| {
            let changers: Vec<_> = (0..CHANGERS)
                .map(|n| {
                    scope.spawn(move || {
                        Changed::change_on(&Caller::new(cluster, heard), &format!("changed-{round}-{n}"))
                    })
                })
                .collect();
            let pairs: Vec<_> = (0..PAIRS)
                .map(|n| {
                    scope.spawn(move || {
                        let callers = [(); 2].map(|()| Caller::new(cluster, heard));
                        Guessed::guess_on([&callers[0], &callers[1]], &format!("guessed-{round}-{n}"))
                    })
                })
                .collect();
            let repeaters: Vec<_> = (0..REPEATERS)
                .map(|n| {
                    scope.spawn(move || {
                        Repeated::repeat_on(&Caller::new(cluster, heard), &format!("repeated-{round}-{n}"))
                    })
                })
                .collect();
            let end = end;
            let done = meanwhile();
            drop(end);
            self.changed.extend(changers.into_iter().map(|one| one.join().expect("changed")));
            self.guessed.extend(pairs.into_iter().flat_map(|pair| pair.join().expect("guessed")));
            self.repeated.extend(repeaters.into_iter().flat_map(|one| one.join().expect("repeated")));
            done
        })
    }

    /// Whether what was told in the last round is so.
    pub(crate) fn check(&mut self) -> Held {
        let seen = self.seen;
        self.check_from(seen)
    }

    /// As [`Self::check`], for all rounds.
    pub(crate) fn check_all(&mut self) -> Held {
        self.check_from([0; 3])
    }

    fn check_from(&mut self, [changed, guessed, repeated]: [usize; 3]) -> Held {
        let heard = Heard::default();
        let caller = Caller::new(self.cluster, &heard);
        self.changed[changed..].iter_mut().try_for_each(|one| one.check(&caller))?;
        self.guessed[guessed..].iter().try_for_each(|one| one.check(&caller))?;
        self.repeated[repeated..].iter().try_for_each(|one| one.check(&caller))?;
        let Counts { guesses, accounts, comparisons, .. } = self.counts();
        holds(comparisons <= accounts * BUDGET, || {
            format!("{comparisons} comparisons for {accounts} accounts: a guess was gained")
        })?;
        holds(comparisons >= guesses, || format!("{comparisons} comparisons for {guesses} answers"))
    }

    /// What was acknowledged so far.
    pub(crate) fn counts(&self) -> Counts {
        Counts {
            changes: self.changed.iter().map(|one| one.changes).sum(),
            verified: self.changed.iter().map(|one| one.verified).sum(),
            guesses: self.guessed.iter().map(Guessed::told).sum(),
            accounts: self.guessed.len() as u64,
            comparisons: self.cluster.comparisons(guessed::KIND),
            keys: self.repeated.iter().map(Repeated::told).sum(),
        }
    }
}

/// Ends the callers, also where a check has failed meanwhile and they would go on for ever.
struct End<'a>(&'a Heard);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.over.store(true, Ordering::Release);
    }
}
