//! Accounts whose payment secret is changed again and again.

use serde_json::{Value, json};

use super::load::{Caller, Held, count, holds, text};
use crate::server::Server;

/// One such account, and what is known of it.
pub(crate) struct Changed {
    id: String,
    current: String,
    /// Sent, but not acknowledged.
    asked: Option<String>,
    /// How many changes happened.
    pub(crate) changes: u64,
    /// How many secrets were tried so far, so that none is tried twice.
    tried: usize,
}

impl Changed {
    pub(crate) fn made(server: &Server, n: usize) -> Self {
        let current = format!("first-secret-{n}");
        let account = json!({ "username": format!("changed-{n}"), "secrets": { "payment": current } });
        let made = server.native("POST", "/v1/accounts", Some(&account)).json();
        Self { id: text(&made["id"]), current, asked: None, changes: 0, tried: 0 }
    }

    /// Changes the secret again and again, and verifies it now and then, until nobody answers.
    pub(crate) fn change_on(&mut self, caller: &Caller) {
        loop {
            self.tried += 1;
            let new = format!("secret-number-{}", self.tried);
            let path = |call| format!("/v1/accounts/{}/secrets/payment/{call}", self.id);
            if self.tried.is_multiple_of(3) {
                match caller.post(&path("verify"), &json!({ "secret": self.current })) {
                    Some((status, body)) => assert_eq!(status, 200, "{body}"),
                    None => return,
                }
            }
            let Some((status, body)) =
                caller.post(&path("change"), &json!({ "old": self.current, "new": new }))
            else {
                self.asked = Some(new);
                return;
            };
            assert_eq!(status, 200, "{body}");
            self.current = new;
            self.changes += 1;
        }
    }

    /// An acknowledged change is there; one that was not acknowledged may be; the trail tells which.
    pub(crate) fn check(&mut self, server: &Server) -> Held {
        if let Some(asked) = self.asked.take()
            && self.is(server, &asked)?
        {
            self.current = asked;
            self.changes += 1;
        }
        let current = self.is(server, &self.current)?;
        holds(current, || format!("an acknowledged change of {} was lost", self.id))?;
        let events = server.events(&self.id);
        let told = count(&events, "secret_changed");
        holds(told == self.changes, || {
            format!("{}: {told} of {} changes in the trail", self.id, self.changes)
        })?;
        holds(count(&events, "account_created") == 1, || format!("{} was made once", self.id))?;
        let ids: Vec<&str> = events.iter().filter_map(|event| event["id"].as_str()).collect();
        let ordered = ids.is_sorted_by(|newer, older| newer > older);
        holds(ordered, || format!("{}: the newest is first, and none is there twice", self.id))
    }

    fn is(&self, server: &Server, secret: &str) -> Result<bool, String> {
        let path = format!("/v1/accounts/{}/secrets/payment/verify", self.id);
        let answer = server.native("POST", &path, Some(&json!({ "secret": secret })));
        match (answer.status, answer.json()["code"].as_str()) {
            (200, _) => Ok(true),
            (403, Some("secret_incorrect")) => Ok(false),
            (status, code) => Err(format!("asked for {}: {status} {:?}", self.id, code.unwrap_or_default())),
        }
    }
}

/// What the native API says of an account's payment secret.
pub(crate) fn payment(server: &Server, id: &str) -> Result<Value, String> {
    let answer = server.native("GET", &format!("/v1/accounts/{id}"), None);
    holds(answer.status == 200, || format!("the account {id} was lost: {}", answer.text()))?;
    Ok(answer.json()["secrets"]["payment"].clone())
}
