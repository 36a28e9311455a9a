//! Accounts whose payment secret is changed and verified again and again.

use serde_json::json;

use crate::caller::{Caller, Held, count, holds};

/// One such account, and what is known of it.
pub(crate) struct Changed {
    id: String,
    current: String,
    /// Changes that were acknowledged. Each is repeated under its key until it is.
    pub(crate) changes: u64,
    /// Verifies that were acknowledged, and those that were asked for.
    pub(crate) verified: u64,
    asked: u64,
}

impl Changed {
    /// Makes an account and changes its secret until the round is over.
    pub(crate) fn change_on(caller: &Caller<'_>, name: &str) -> Self {
        let current = format!("first-secret-of-{name}");
        let id = caller.account(name, "payment", &current);
        let mut changed = Self { id, current, changes: 0, verified: 0, asked: 0 };
        while !caller.is_over() {
            changed.verify(caller);
            changed.change(caller);
        }
        changed
    }

    fn verify(&mut self, caller: &Caller<'_>) {
        self.asked += 1;
        let answer = caller.post(&self.path("verify"), None, &json!({ "secret": self.current }));
        match answer {
            Some((200, _)) => self.verified += 1,
            None | Some((409 | 429 | 500.., _)) => {}
            Some((status, body)) => panic!("the right secret of {}: {status} {body}", self.id),
        }
    }

    fn change(&mut self, caller: &Caller<'_>) {
        let n = self.changes + 1;
        let (new, key) = (format!("secret-number-{n}"), format!("{}-{n}", self.id));
        let body = json!({ "old": self.current, "new": new });
        let ((status, body), _) = caller.post_until(&self.path("change"), &key, &body);
        assert_eq!(status, 200, "change {n} of {}: {body}", self.id);
        (self.current, self.changes) = (new, n);
    }

    /// The last acknowledged secret verifies, and the audit trail tells of each change once, and of each verify.
    pub(crate) fn check(&mut self, caller: &Caller<'_>) -> Held {
        let (status, body) = caller.ask(|caller| {
            self.asked += 1;
            caller.post(&self.path("verify"), None, &json!({ "secret": self.current }))
        });
        self.verified += u64::from(status == 200);
        holds(status == 200, || {
            format!("change {} of {} was acknowledged and lost: {status} {body}", self.changes, self.id)
        })?;
        let events = caller.events(&self.id);
        let told = count(&events, "secret_changed");
        holds(told == self.changes, || {
            format!("{}: {told} of {} changes in the trail", self.id, self.changes)
        })?;
        let verified = count(&events, "secret_verified");
        holds((self.verified..=self.asked + self.changes).contains(&verified), || {
            format!("{}: {verified} verifies in the trail, {} acknowledged", self.id, self.verified)
        })?;
        holds(count(&events, "account_created") == 1, || format!("{} was made once", self.id))?;
        let ids: Vec<&str> = events.iter().filter_map(|event| event["id"].as_str()).collect();
        let mut distinct = ids.clone();
        distinct.sort_unstable();
        distinct.dedup();
        holds(distinct.len() == ids.len(), || format!("{}: an event is there twice", self.id))
    }

    fn path(&self, call: &str) -> String {
        format!("/v1/accounts/{}/secrets/payment/{call}", self.id)
    }
}
