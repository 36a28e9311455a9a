//! Guesses under an idempotency key, each sent twice: the second spends nothing, also after a crash.

use serde_json::{Value, json};

use super::changed::payment;
use super::guessed::BUDGET;
use super::load::{Caller, Held, holds};
use crate::server::Server;

/// An account and its keyed guesses.
pub(crate) struct Repeated {
    id: String,
    /// The answer to each key; of the last one perhaps none.
    answers: Vec<Option<Value>>,
}

impl Repeated {
    /// Makes accounts and guesses at them, until nobody answers.
    pub(crate) fn repeat_on(caller: &Caller, name: &str) -> Vec<Self> {
        let mut all = Vec::new();
        for n in 0.. {
            let secrets = json!({ "secrets": { "payment": "never-guessed" } });
            let Some(id) = caller.account(&format!("{name}-{n}"), &secrets) else { break };
            let mut repeated = Self { id, answers: Vec::new() };
            let gone = repeated.guess(caller).is_none();
            all.push(repeated);
            if gone {
                break;
            }
        }
        all
    }

    /// How many keys were answered.
    pub(crate) fn told(&self) -> u64 {
        self.answers.iter().flatten().count() as u64
    }

    fn guess(&mut self, caller: &Caller) -> Option<()> {
        for n in 0..BUDGET {
            self.answers.push(None);
            let [first, second] = [(); 2].map(|()| caller.post_once(&self.path(), &self.key(n), &guess()));
            let (status, body) = first?;
            assert_eq!((status, body["remaining_attempts"].as_u64()), (403, Some(BUDGET - 1 - n)), "{body}");
            self.answers.pop();
            self.answers.push(Some(body.clone()));
            assert_eq!(second?, (403, body), "the same key again");
        }
        Some(())
    }

    /// Each key that was answered has the same answer; the last may have run or not, but not twice.
    pub(crate) fn check(&mut self, server: &Server) -> Held {
        let bearer = format!("Bearer {}", server.says("/api_key"));
        for (n, told) in (0..).zip(&self.answers) {
            let Some(told) = told else { continue };
            let key = self.key(n);
            let headers = [
                ("authorization", bearer.as_str()),
                ("content-type", "application/json"),
                ("idempotency-key", key.as_str()),
            ];
            let again = server.http.send("POST", &self.path(), &headers, guess().to_string().as_bytes());
            let same = again.status == 403 && again.json() == *told;
            holds(same, || format!("{}: key {n} was told {told}, now {}", self.id, again.text()))?;
        }
        let left = payment(server, &self.id)?["remaining_attempts"].as_u64().ok_or("no number")?;
        let (most, least) = (BUDGET - self.told(), BUDGET - self.answers.len() as u64);
        holds((least..=most).contains(&left), || format!("{}: {left} left, not {least} to {most}", self.id))
    }

    fn path(&self) -> String {
        format!("/v1/accounts/{}/secrets/payment/verify", self.id)
    }

    fn key(&self, n: u64) -> String {
        format!("{}-{n}", self.id)
    }
}

fn guess() -> Value {
    json!({ "secret": "a-wrong-guess" })
}
