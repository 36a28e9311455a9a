//! Accounts that only ever get wrong secrets, from two callers at once, up to the lock.
//!
//! Their secrets are of a kind that nobody else's are, so every comparison of that kind is one of theirs.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use serde_json::json;

use crate::caller::{Caller, Held, count, holds};

/// The kind of these secrets.
pub(crate) const KIND: &str = "query";
/// Guesses in a row that the default policy allows.
pub(crate) const BUDGET: u64 = 5;
const RIGHT: &str = "the-right-secret";

/// One such account, and what is known of it.
pub(crate) struct Guessed {
    id: String,
    tried: AtomicU64,
    /// Guesses that were told to be wrong.
    told: AtomicU64,
    /// Guesses that were answered by a fault, or not at all: each was charged, or not.
    doubtful: AtomicU64,
}

impl Guessed {
    /// Makes accounts and guesses at them with two callers until the round is over.
    pub(crate) fn guess_on(callers: [&Caller<'_>; 2], name: &str) -> Vec<Self> {
        let mut all = Vec::new();
        while !callers[0].is_over() {
            let id = callers[0].account(&format!("{name}-{}", all.len()), KIND, RIGHT);
            let zero = || AtomicU64::new(0);
            let guessed = Self { id, tried: zero(), told: zero(), doubtful: zero() };
            thread::scope(|scope| {
                for caller in callers {
                    scope.spawn(|| while !caller.is_over() && guessed.guess(caller) {});
                }
            });
            all.push(guessed);
        }
        all
    }

    /// Whether there may be another guess.
    fn guess(&self, caller: &Caller<'_>) -> bool {
        // Never the same twice, so that it is not taken for one attack on many accounts.
        let wrong = format!("wrong-{}-{}", self.tried.fetch_add(1, Ordering::Relaxed), self.id);
        match caller.post(&self.path(), None, &json!({ "secret": wrong })) {
            Some((403, _)) => self.told.fetch_add(1, Ordering::Relaxed),
            Some((423, _)) => return false,
            // All guesses that are left are being compared: nothing was charged.
            Some((429, _)) => return true,
            None | Some((500.., _)) => self.doubtful.fetch_add(1, Ordering::Relaxed),
            Some((status, body)) => panic!("a wrong secret of {}: {status} {body}", self.id),
        };
        true
    }

    /// It is locked after no more answers than the budget, not before it was guessed at so often, and for the right
    /// secret too.
    pub(crate) fn check(&self, caller: &Caller<'_>) -> Held {
        while self.guess(caller) {}
        let (told, doubtful) = (self.told(), self.doubtful.load(Ordering::Relaxed));
        holds(told <= BUDGET, || format!("{}: {told} wrong guesses were told: a guess was gained", self.id))?;
        holds(told + doubtful >= BUDGET, || {
            format!("{}: locked after {told} guesses that were told and {doubtful} others", self.id)
        })?;
        let right = json!({ "secret": RIGHT });
        let (status, body) = caller.ask(|caller| caller.post(&self.path(), None, &right));
        holds(status == 423, || format!("{}: the right secret after the budget: {status} {body}", self.id))?;
        let missed = count(&caller.events(&self.id), "secret_missed");
        holds((told..=BUDGET).contains(&missed), || {
            format!("{}: {missed} wrong guesses in the trail, {told} told", self.id)
        })
    }

    /// Guesses that were told to be wrong.
    pub(crate) fn told(&self) -> u64 {
        self.told.load(Ordering::Relaxed)
    }

    fn path(&self) -> String {
        format!("/v1/accounts/{}/secrets/{KIND}/verify", self.id)
    }
}
