//! Invariant G: comparisons whose result could be observed never exceed the budget. Only a settled success or a
//! completed reset refills.
//!
//! A guess counts from the instant at which it was charged, by the server's clock; one that was compared and never
//! charged, from the instant at which it was asked. A guess that was charged and never compared does not count here.
//!
//! A known device has a budget of its own; everybody else shares the account's. A success refills the budget that it was
//! charged to and no other.

use countersign_domain::policy::Policy;
use countersign_domain::secret::Kind;

use super::budget::{Budget, Guess, Place, charge_of};
use super::known::{Charged, Known};
use crate::record::{Answer, Ask, Comparison, Record, Restore};

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
    /// A backup that is restored later was taken in that step.
    Taken(u32),
    Restored(Restore),
}

/// Checks the guesses at one secret.
pub(super) fn check(record: &Record, policy: &Policy, account: usize, kind: Kind) -> Vec<String> {
    let mut events = events(record, account, kind);
    events.sort_by_key(|&(place, event)| (place, matches!(event, Event::Charged(_))));
    let mut budget = Budget::new(record, policy.guesses);
    let mut known = Known::new(record, policy, account, kind);
    let mut broken = Vec::new();
    for (place, event) in events {
        match event {
            Event::Charged(guess) => {
                let (whose, why) = match known.charge(guess) {
                    Charged::Account => ("", budget.charge(guess)),
                    Charged::Device(why) => (" on a known device", why),
                };
                let name =
                    format!("owner-{account} {kind}{whose}, #{} at step {}", guess.op, guess.charged.0);
                broken.extend(why.map(|why| format!("G: {why}: {name}")));
            }
            Event::Succeeded(guess) => {
                if !known.refill(place, guess) {
                    budget.refill(place, Some(guess));
                }
                known.remember(place, guess);
            }
            Event::TakenBack(guess) => {
                budget.take_back(guess);
                known.take_back(guess);
            }
            Event::Reset => {
                budget.refill(place, None);
                known.forget_all();
            }
            Event::Unlocked => {
                budget.unlock(place);
                known.unlock(place);
            }
            Event::Taken(step) => known.keep(step),
            Event::Restored(restore) if restore.known => {
                budget.restore();
                known.restore(restore.taken);
            }
            Event::Restored(_) => {
                budget.restore_in_doubt(place);
                known.forget_all();
            }
        }
    }
    broken
}

fn events(record: &Record, account: usize, kind: Kind) -> Vec<(Place, Event)> {
    let mut events = Vec::new();
    for restore in &record.restores {
        events.push(((restore.taken, 0), Event::Taken(restore.taken)));
        events.push(((restore.step, 0), Event::Restored(*restore)));
    }
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
                    Some(answer) => matches!(answer, Answer::Right | Answer::Written | Answer::Approved),
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
        // A kept answer that is read again does nothing once more.
        let Some(last) = last.filter(|_| op.kind == kind && !op.again) else { continue };
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
