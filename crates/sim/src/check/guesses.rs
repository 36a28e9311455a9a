//! Invariant G: comparisons whose result could be observed never exceed the budget. Only a settled success or a
//! completed reset refills.
//!
//! A guess counts from the instant at which it was charged, by the server's clock; one that was compared and never
//! charged, from the instant at which it was asked. A guess that was charged and never compared does not count here.

use countersign_domain::policy::GuessPolicy;
use countersign_domain::secret::Kind;

use crate::record::{Answer, Ask, Comparison, Op, Record};

/// A day, in milliseconds.
const DAY: i64 = 86_400_000;

/// A place in a history: a step, and the place in that step's commit.
type Place = (u32, u32);

/// One comparison and what became of it.
#[derive(Clone, Copy)]
struct Guess {
    op: usize,
    charged: Place,
    clock: i64,
    settled: Option<Place>,
}

/// What bears on a budget.
#[derive(Clone, Copy)]
enum Event {
    Charged(Guess),
    /// A right guess was settled, and was what it was for.
    Succeeded(Guess),
    /// A right guess was settled, and what it was for did not happen.
    TakenBack(Guess),
    Reset,
    Unlocked,
}

/// Checks the guesses at one secret.
pub(super) fn check(record: &Record, limits: &GuessPolicy, account: usize, kind: Kind) -> Vec<String> {
    let mut events = events(record, account, kind);
    events.sort_by_key(|&(place, event)| (place, matches!(event, Event::Charged(_))));
    let mut budget = Budget {
        record,
        limits,
        alive: Vec::new(),
        keys: Vec::new(),
        credit: 0,
        burst_from: (0, 0),
        spared: (0, 0),
    };
    let mut broken = Vec::new();
    for (place, event) in events {
        match event {
            Event::Charged(guess) => {
                let name = format!("owner-{account} {kind}, #{} at step {}", guess.op, guess.charged.0);
                broken.extend(budget.charge(guess).map(|why| format!("G: {why}: {name}")));
            }
            Event::Succeeded(guess) => budget.refill(place, Some(guess)),
            Event::TakenBack(guess) => budget.alive.retain(|other| other.op != guess.op),
            Event::Reset => budget.refill(place, None),
            Event::Unlocked => {
                budget.credit += limits.burst as usize;
                budget.burst_from = place;
                budget.spared = place;
            }
        }
    }
    broken
}

/// Checks the question whether a new payment secret is the login secret, which is a guess at the login secret.
pub(super) fn check_questions(record: &Record, limits: &GuessPolicy) -> Vec<String> {
    let mut broken = Vec::new();
    let mut accounts: Vec<usize> = record.ops.iter().map(|op| op.account).collect();
    accounts.sort_unstable();
    accounts.dedup();
    for account in accounts {
        let of = |op: &&Op| op.account == account;
        let unlocks =
            record.ops.iter().filter(of).filter(|op| op.kind == Kind::Login && op.ask == Ask::Unlock);
        let room = limits.same_as_login_day as usize + unlocks.count() * limits.burst as usize;
        let mut asked: Vec<(Place, i64)> = Vec::new();
        let mut keys: Vec<u32> = Vec::new();
        for op in record.ops.iter().filter(of).filter(|op| op.kind != Kind::Login) {
            // The same question for the same request tells nothing new.
            if op.key.is_some_and(|key| keys.contains(&key)) {
                continue;
            }
            keys.extend(op.key);
            let questions = op.comparisons.iter().filter(|c| c.kind == Kind::Login && c.made != u32::MAX);
            asked.extend(questions.map(|comparison| charge_of(op, comparison)));
        }
        asked.sort_unstable();
        for (n, &(place, clock)) in asked.iter().enumerate() {
            // One that the clock once showed to be a day old may be forgotten, even if the clock then went back.
            let counts =
                |&&(at, then): &&(Place, i64)| record.clock_between(at.0, place.0).1.max(clock) < then + DAY;
            let before = asked[..n].iter().filter(counts).count();
            if before >= room {
                broken.push(format!(
                    "G: {} questions in a day about owner-{account}'s login secret",
                    before + 1
                ));
            }
        }
    }
    broken
}

struct Budget<'a> {
    record: &'a Record,
    limits: &'a GuessPolicy,
    /// Guesses that count, in the order in which they were charged.
    alive: Vec<Guess>,
    /// Keys whose request was charged.
    keys: Vec<u32>,
    /// What operators granted since the last refill.
    credit: usize,
    /// Where the burst begins anew: at the last unlock, if there was one since the last refill.
    burst_from: Place,
    /// The last refill or unlock.
    spared: Place,
}

impl Budget<'_> {
    fn charge(&mut self, guess: Guess) -> Option<String> {
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
        if lifetime > self.limits.lifetime as usize + self.credit {
            return Some(format!("{lifetime} guesses since the last refill"));
        }
        let today = self.alive.iter().filter(|other| other.clock + DAY > guess.clock).count();
        if today > self.limits.day as usize + self.credit {
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

    fn refill(&mut self, place: Place, by: Option<Guess>) {
        let (record, in_flight) = (self.record, self.limits.in_flight.millis());
        self.alive.retain(|guess| {
            let later = by.is_some_and(|by| guess.charged > by.charged);
            let settled = guess.settled.is_some_and(|settled| settled <= place);
            let aged = record.clock_between(guess.charged.0, place.0).1 >= guess.clock + in_flight;
            let itself = by.is_some_and(|by| guess.op == by.op);
            !itself && (later || !(settled || aged))
        });
        // Of those that an unlock made room beside, some may still be here.
        let before_unlock = self.alive.iter().filter(|guess| guess.charged < self.burst_from).count();
        self.credit = self.credit.min(before_unlock);
        self.burst_from = (0, 0);
        self.spared = place;
    }
}

fn events(record: &Record, account: usize, kind: Kind) -> Vec<(Place, Event)> {
    let mut events = Vec::new();
    for (number, op) in record.ops.iter().enumerate().filter(|(_, op)| op.account == account) {
        let last = op.writes.last().map(|write| (write.step, write.place));
        // The question about the login secret has a budget of its own.
        let asked = |comparison: &&Comparison| {
            comparison.kind == kind && (op.kind == kind || comparison.kind != Kind::Login)
        };
        if let Some(comparison) = op.comparisons.iter().find(asked).filter(|c| c.made != u32::MAX) {
            let (charged, clock) = charge_of(op, comparison);
            // A commit that was cut off may have settled it nevertheless.
            let settled = op.writes.get(comparison.after_writes).map(|write| (write.step, write.place));
            let guess = Guess { op: number, charged, clock, settled };
            events.push((charged, Event::Charged(guess)));
            if comparison.right
                && let Some(last) = last
            {
                let told = record.verified.contains(&(number, kind)) || told(record, number, kind);
                let succeeded = match op.answer() {
                    Some(answer) => matches!(answer, Answer::Right | Answer::Written),
                    None => op.unknown() && told,
                };
                let refused = op.answer().is_some_and(|answer| answer != Answer::Wrong);
                if succeeded {
                    events.push((last, Event::Succeeded(guess)));
                } else if refused || record.kept.contains(&(number, kind)) {
                    events.push((last, Event::TakenBack(guess)));
                }
            }
        }
        let Some(last) = last.filter(|_| op.kind == kind) else { continue };
        let done =
            op.answer().is_some_and(|a| matches!(a, Answer::Written | Answer::Temporary(_) | Answer::Done));
        match op.ask {
            Ask::Reset(..) | Ask::Temporary if done || (op.unknown() && told(record, number, kind)) => {
                events.push((last, Event::Reset));
            }
            Ask::Unlock if done || op.unknown() => events.push((last, Event::Unlocked)),
            _ => {}
        }
    }
    events
}

fn told(record: &Record, op: usize, kind: Kind) -> bool {
    record.told.iter().any(|told| told.op == op && told.kind == kind)
}

/// When a comparison was charged: in the last durable write before it, if there was one.
fn charge_of(op: &Op, comparison: &Comparison) -> (Place, i64) {
    let before = op.writes[..comparison.after_writes].iter().rev().find(|write| write.durable);
    before.map_or(((comparison.asked, u32::MAX), comparison.asked_clock), |write| {
        ((write.step, write.place), write.clock)
    })
}
