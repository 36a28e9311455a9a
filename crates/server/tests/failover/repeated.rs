//! Accounts whose wrong guesses are sent under idempotency keys, again and again until they are answered, and once more.

use serde_json::{Value, json};

use crate::caller::{Caller, Held, holds};
use crate::guessed::BUDGET;

const KIND: &str = "login";

/// An account, and the answer to each of its keys.
pub(crate) struct Repeated {
    id: String,
    answers: Vec<(u16, Value)>,
}

impl Repeated {
    /// Makes accounts and spends the budget of each, until the round is over.
    pub(crate) fn repeat_on(caller: &Caller<'_>, name: &str) -> Vec<Self> {
        let mut all = Vec::new();
        while !caller.is_over() {
            let id = caller.account(&format!("{name}-{}", all.len()), KIND, "the-right-secret");
            let mut repeated = Self { id, answers: Vec::new() };
            for n in 0..BUDGET {
                let (answer, again) = repeated.send(caller, n);
                // However often it was sent, it was charged once. The last guess locks; where it was interrupted and is a
                // miss by now, the lock is what is told.
                let (status, left) = (answer.0, answer.1["remaining_attempts"].as_u64());
                let wrong = status == 403 && left == Some(BUDGET - 1 - n);
                let locked = status == 423 && left == Some(0) && n == BUDGET - 1 && again;
                assert!(wrong || locked, "key {n} of {}: {answer:?}", repeated.id);
                repeated.answers.push(answer);
            }
            all.push(repeated);
        }
        all
    }

    /// Each key still has its answer, and none of the repetitions was charged.
    pub(crate) fn check(&self, caller: &Caller<'_>) -> Held {
        for (n, told) in (0..).zip(&self.answers) {
            let (answer, _) = self.send(caller, n);
            holds(answer == *told, || format!("{}: key {n} was told {told:?}, now {answer:?}", self.id))?;
        }
        let wrong = json!({ "secret": "one-too-many" });
        let (status, body) = caller.ask(|caller| caller.post(&self.path(), None, &wrong));
        holds(status == 423, || format!("{}: after the whole budget: {status} {body}", self.id))
    }

    /// How many keys were answered.
    pub(crate) fn told(&self) -> u64 {
        self.answers.len() as u64
    }

    fn send(&self, caller: &Caller<'_>, n: u64) -> ((u16, Value), bool) {
        let wrong = json!({ "secret": format!("wrong-{n}-{}", self.id) });
        caller.post_until(&self.path(), &format!("{}-{n}", self.id), &wrong)
    }

    fn path(&self) -> String {
        format!("/v1/accounts/{}/secrets/{KIND}/verify", self.id)
    }
}
