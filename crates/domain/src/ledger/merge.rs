//! Two copies of one ledger, of which the older comes from a backup: neither may be forgotten.

use super::{Charge, DAY, Fate, Gate, Ledger};
use crate::policy::GuessPolicy;
use crate::time::Timestamp;

impl Ledger {
    /// A ledger that leaves no more room than either copy, in any horizon, now and later.
    ///
    /// Guesses that one copy refunded and the other did not stay charged: the success that refunded them is part of a
    /// past that the restored record no longer has. No charge remembers its request any more: the secret that it is
    /// repeated against may be another one by now, so repeating it must cost a guess.
    #[must_use]
    pub fn stricter(mut self, other: &Self) -> Self {
        let in_burst = self.charged_in_burst().max(other.charged_in_burst());
        for theirs in &other.charges {
            match self.charges.iter_mut().find(|ours| ours.number == theirs.number) {
                Some(ours) => *ours = harder(*ours, *theirs),
                None => self.charges.push(*theirs),
            }
        }
        self.charges.sort_by_key(|charge| charge.number);
        self.next = self.next.max(other.next);
        self.burst_from = self.latest(in_burst);
        self.locks = self.locks.max(other.locks);
        self.gate = closed_longer(self.gate, other.gate);
        self.forget_requests();
        self
    }

    /// Leaves room for a single guess in every horizon, as if all others had been made and missed: nobody knows what
    /// happened since the backup was taken, and a lock that ends must not bring more. A success refunds them, as any
    /// others. [`Self::refresh`] comes first.
    pub fn doubt(&mut self, limits: &GuessPolicy, now: Timestamp) {
        self.forget_requests();
        let in_burst = self.charged_in_burst().max(limits.burst.saturating_sub(1) as usize);
        // Those that the day has no room for were made before it.
        while self.lifetime_room(limits) > self.day_room(limits, now).max(1) {
            self.push(now - DAY, Fate::Missed, None);
        }
        while self.lifetime_room(limits) > 1 {
            self.charge_miss(now);
        }
        self.burst_from = self.latest(in_burst);
    }

    fn charged_in_burst(&self) -> usize {
        self.charges.iter().filter(|charge| charge.number >= self.burst_from).count()
    }

    /// The number from which on so many charges are counted.
    fn latest(&self, charges: usize) -> u64 {
        let first = self.charges.len().checked_sub(charges).and_then(|place| self.charges.get(place));
        first.map_or(self.next, |charge| charge.number)
    }
}

/// The same guess, as two copies remember it: later for the day, and a miss rather than one that may be refunded.
fn harder(ours: Charge, theirs: Charge) -> Charge {
    let fate = if ours.fate == Fate::Missed { ours.fate } else { theirs.fate };
    Charge { number: ours.number, at: ours.at.max(theirs.at), fate, tag: None }
}

fn closed_longer(ours: Gate, theirs: Gate) -> Gate {
    match (ours, theirs) {
        (Gate::Disabled, _) | (_, Gate::Disabled) => Gate::Disabled,
        (Gate::Blocked, _) | (_, Gate::Blocked) => Gate::Blocked,
        (Gate::Locked { until }, Gate::Locked { until: other }) => Gate::Locked { until: until.max(other) },
        (locked @ Gate::Locked { .. }, Gate::Open) | (Gate::Open, locked) => locked,
    }
}
