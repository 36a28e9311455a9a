//! Accounts that are guessed at up to the lock.

use serde_json::json;

use super::changed::payment;
use super::load::{Caller, Held, count, holds};
use crate::server::Server;

/// Guesses in a row that the default policy allows.
pub(crate) const BUDGET: u64 = 5;

/// One such account, and what is known of it.
pub(crate) struct Guessed {
    id: String,
    /// Guesses that were told to be wrong.
    pub(crate) told: u64,
    /// Whether one more was sent when the power went.
    unanswered: bool,
}

impl Guessed {
    /// Makes accounts and guesses at them up to the lock, until nobody answers.
    pub(crate) fn guess_on(caller: &Caller, name: &str) -> Vec<Self> {
        let mut all = Vec::new();
        for n in 0.. {
            let secrets = json!({ "secrets": { "payment": "never-guessed" } });
            let Some(id) = caller.account(&format!("{name}-{n}"), &secrets) else { break };
            let mut guessed = Self { id, told: 0, unanswered: false };
            let gone = guessed.guess_until_locked(caller);
            all.push(guessed);
            if gone {
                break;
            }
        }
        all
    }

    fn guess_until_locked(&mut self, caller: &Caller) -> bool {
        let path = format!("/v1/accounts/{}/secrets/payment/verify", self.id);
        loop {
            match caller.post(&path, &json!({ "secret": "a-wrong-guess" })) {
                Some((403, body)) => {
                    self.told += 1;
                    assert_eq!(body["remaining_attempts"].as_u64(), Some(BUDGET - self.told), "{body}");
                }
                Some((423, _)) => return false,
                Some((status, body)) => panic!("{status} {body}"),
                None => {
                    self.unanswered = true;
                    return true;
                }
            }
        }
    }

    /// No charged guess is forgotten, and no more are charged than were made.
    pub(crate) fn check(&self, server: &Server) -> Held {
        let left = payment(server, &self.id)?["remaining_attempts"].as_u64().ok_or("no number")?;
        let most = BUDGET - self.told;
        let least = most.saturating_sub(u64::from(self.unanswered));
        holds((least..=most).contains(&left), || {
            format!("{left} left of {}, told {} times: a guess was gained or lost", self.id, self.told)
        })?;
        let missed = count(&server.events(&self.id), "secret_missed");
        holds((self.told..=BUDGET - least).contains(&missed), || {
            format!("{}: {missed} in the trail, {} told", self.id, self.told)
        })
    }
}
