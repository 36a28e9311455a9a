//! Two copies of one ledger, of which the older comes from a backup: neither may be forgotten.

use super::{Charge, Fate, Gate, Ledger};
use crate::policy::GuessPolicy;
use crate::time::Timestamp;

impl Ledger {
    /// A ledger that leaves no more room than either copy, in any horizon and at any time.
    ///
    /// Guesses that one copy refunded and the other did not stay charged: the success that refunded them is part of a
    /// past that the restored record no longer has.
    #[must_use]
    pub fn stricter(mut self, other: &Self) -> Self {
        for theirs in &other.charges {
            match self.charges.iter_mut().find(|ours| ours.number == theirs.number) {
                Some(ours) => *ours = harder(*ours, *theirs),
                None => self.charges.push(*theirs),
            }
        }
        self.charges.sort_by_key(|charge| charge.number);
        self.next = self.next.max(other.next);
        self.burst_from = self.burst_from.min(other.burst_from);
        self.locks = self.locks.max(other.locks);
        self.gate = closed_longer(self.gate, other.gate);
        self
    }

    /// Leaves room for a single guess, as if all others had been made and missed: nobody knows what happened since
    /// the backup was taken. A success refunds them, as any others. [`Self::refresh`] comes first.
    pub fn doubt(&mut self, limits: &GuessPolicy, now: Timestamp) {
        for _ in 1..self.room(limits, now) {
            self.charge_miss(now);
        }
    }
}

/// The same guess, as two copies remember it: later for the day, and a miss rather than one that may be refunded.
fn harder(ours: Charge, theirs: Charge) -> Charge {
    let fate = if ours.fate == Fate::Missed { ours.fate } else { theirs.fate };
    Charge { number: ours.number, at: ours.at.max(theirs.at), fate, tag: ours.tag.or(theirs.tag) }
}

fn closed_longer(ours: Gate, theirs: Gate) -> Gate {
    match (ours, theirs) {
        (Gate::Blocked, _) | (_, Gate::Blocked) => Gate::Blocked,
        (Gate::Locked { until }, Gate::Locked { until: other }) => Gate::Locked { until: until.max(other) },
        (locked @ Gate::Locked { .. }, Gate::Open) | (Gate::Open, locked) => locked,
    }
}
