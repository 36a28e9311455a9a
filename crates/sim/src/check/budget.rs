//! A budget, as the specification has it: comparisons that could be observed, and what refills it.

use countersign_domain::policy::GuessPolicy;

use crate::record::{Comparison, Op, Record};

/// A day, in milliseconds.
pub(super) const DAY: i64 = 86_400_000;

/// A place in a history: a step, and the place in that step's commit.
pub(super) type Place = (u32, u32);

/// One comparison and what became of it.
#[derive(Clone, Copy)]
pub(super) struct Guess {
    pub(super) op: usize,
    pub(super) charged: Place,
    pub(super) clock: i64,
    pub(super) settled: Option<Place>,
}

/// Guesses that are counted together, and how many there may be.
#[derive(Clone)]
pub(super) struct Budget<'a> {
    record: &'a Record,
    limits: GuessPolicy,
    /// Guesses that count, in the order in which they were charged.
    alive: Vec<Guess>,
    /// Keys whose request was charged.
    keys: Vec<u32>,
    /// What operators granted since the last refill.
    credit: usize,
    /// Restores since the last refill that knew nothing of the guesses since their backup; each may give one away.
    doubt: usize,
    /// Whether the guess that the last of them gives away is still to be made.
    gives_one: bool,
    /// The last unlock: it made room beside what was charged before.
    unlocked: Place,
    /// Where the burst begins anew: at the last unlock, if there was one since the last refill.
    burst_from: Place,
    /// The last refill or unlock.
    spared: Place,
}

impl<'a> Budget<'a> {
    /// One of which nothing is used.
    pub(super) const fn new(record: &'a Record, limits: GuessPolicy) -> Self {
        Self {
            record,
            limits,
            alive: Vec::new(),
            keys: Vec::new(),
            credit: 0,
            doubt: 0,
            gives_one: false,
            unlocked: (0, 0),
            burst_from: (0, 0),
            spared: (0, 0),
        }
    }

    /// Counts a guess. Why it should not have been taken, if so.
    pub(super) fn charge(&mut self, guess: Guess) -> Option<String> {
        // The same secret compared again for the same request tells nothing new.
        if let Some(key) = self.record.ops[guess.op].key {
            if self.keys.contains(&key) {
                let same = |other: &&mut Guess| self.record.ops[other.op].key == Some(key);
                if let Some(first) = self.alive.iter_mut().find(same) {
                    (first.op, first.settled) = (guess.op, guess.settled);
                }
                return None;
            }
            self.keys.push(key);
        }
        self.alive.push(guess);
        let lifetime = self.alive.len();
        if lifetime > self.limits.lifetime as usize + self.credit + self.doubt {
            return Some(format!("{lifetime} guesses since the last refill"));
        }
        let today = self.alive.iter().filter(|other| other.clock + DAY > guess.clock).count();
        // After the clock went back, more may count for today than a day has, and then one is given away beside them.
        let given = core::mem::take(&mut self.gives_one);
        if today > self.limits.day as usize + self.credit + self.doubt && !given {
            return Some(format!("{today} guesses in a day"));
        }
        self.burst(guess)
    }

    fn burst(&self, guess: Guess) -> Option<String> {
        let burst = self.limits.burst as usize;
        let spared = if self.burst_from == (0, 0) { self.credit } else { 0 };
        let row = self.alive.iter().filter(|other| other.charged >= self.burst_from).skip(spared);
        let row: Vec<&Guess> = row.collect();
        let first = row.get(row.len().checked_sub(burst + 1)?)?;
        let fresh = row.iter().filter(|other| other.charged >= self.spared).count();
        let number = fresh.saturating_sub(burst).div_ceil(burst).max(1);
        let doublings = u32::try_from(number - 1).unwrap_or(u32::MAX).min(30);
        let lock = (self.limits.lock_first.millis() << doublings).min(self.limits.lock_max.millis());
        let lock = lock.max(self.limits.lock_first.millis().min(self.limits.lock_max.millis()));
        let waited = self.record.waited(first.charged.0, guess.charged.0);
        (waited < lock)
            .then(|| format!("{} guesses within {waited} ms, and lock {number} is {lock} ms", burst + 1))
    }

    /// Takes back what a right secret was charged that was presented in vain.
    pub(super) fn take_back(&mut self, guess: Guess) {
        self.alive.retain(|other| other.op != guess.op);
    }

    /// An operator grants one burst.
    pub(super) const fn unlock(&mut self, place: Place) {
        self.credit += self.limits.burst as usize;
        self.unlocked = place;
        self.burst_from = place;
        self.spared = place;
    }

    /// The secret may be another one, so a request that comes again tells something new.
    pub(super) fn restore(&mut self) {
        self.keys.clear();
    }

    /// As [`Self::restore`], by somebody who knew nothing of what was guessed since the backup. Guesses that were in flight
    /// when the server was stopped for it are answered to nobody; the doubt stands for them until a success.
    pub(super) fn restore_in_doubt(&mut self, place: Place) {
        self.keys.clear();
        for guess in &mut self.alive {
            guess.settled = Some(place);
        }
        self.doubt += 1;
        self.gives_one = true;
        self.burst_from = place;
        self.spared = place;
    }

    /// Whether every guess that time alone never makes room for is used up.
    pub(super) const fn is_spent(&self) -> bool {
        self.alive.len() >= self.limits.lifetime as usize + self.credit + self.doubt
    }

    /// Whether every guess that there is was made, and had missed by then.
    pub(super) fn is_missed_away(&self, place: Place) -> bool {
        self.is_spent()
            && self.alive.iter().all(|guess| guess.settled.is_some_and(|settled| settled <= place))
    }

    /// A success, or a completed reset.
    pub(super) fn refill(&mut self, place: Place, by: Option<Guess>) {
        let (record, in_flight) = (self.record, self.limits.in_flight.millis());
        self.alive.retain(|guess| {
            let later = by.is_some_and(|by| guess.charged > by.charged);
            let settled = guess.settled.is_some_and(|settled| settled <= place);
            let aged = record.clock_between(guess.charged.0, place.0).1 >= guess.clock + in_flight;
            let itself = by.is_some_and(|by| guess.op == by.op);
            !itself && (later || !(settled || aged))
        });
        // Of those that an unlock made room beside, some may still be here.
        let before_unlock = self.alive.iter().filter(|guess| guess.charged < self.unlocked).count();
        self.credit = self.credit.min(before_unlock);
        self.doubt = 0;
        self.gives_one = false;
        self.burst_from = (0, 0);
        self.spared = place;
    }
}

/// When a comparison was charged: in the last durable write before it, if there was one.
pub(super) fn charge_of(op: &Op, comparison: &Comparison) -> (Place, i64) {
    let before = op.writes[..comparison.after_writes].iter().rev().find(|write| write.durable);
    before.map_or(((comparison.asked, u32::MAX), comparison.asked_clock), |write| {
        ((write.step, write.place), write.clock)
    })
}
