//! The question whether a new payment secret is the login secret, which is a guess at the login secret and has a budget of
//! its own.

use countersign_domain::policy::GuessPolicy;
use countersign_domain::secret::Kind;

use super::budget::{DAY, Place, charge_of};
use crate::record::{Ask, Op, Record};

/// Checks how often it was answered.
pub(super) fn check(record: &Record, limits: &GuessPolicy) -> Vec<String> {
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
