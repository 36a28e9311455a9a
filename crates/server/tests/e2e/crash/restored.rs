//! Payment secrets that are reset by a code: done wholly or not at all, and a code is good once.

use serde_json::{Value, json};

use super::load::{Caller, Held, count, holds, text};
use crate::server::Server;

const OLD: &str = "the-forgotten-one";
const NEW: &str = "the-new-one";

/// An account, its code, and whether the reset was acknowledged.
pub(crate) struct Restored {
    id: String,
    code: String,
    told: bool,
}

impl Restored {
    /// Makes accounts and resets their secrets, until nobody answers.
    pub(crate) fn restore_on(caller: &Caller, round: usize) -> Vec<Self> {
        let mut all = Vec::new();
        for n in 0.. {
            let Some(mut restored) = Self::with_code(caller, round * 1000 + n) else { break };
            let body = json!({ "code": restored.code, "new": NEW });
            let answer = caller.post(&format!("{}/reset", restored.path()), &body);
            restored.told = answer.is_some_and(|(status, body)| {
                assert_eq!(status, 200, "{body}");
                true
            });
            let gone = !restored.told;
            all.push(restored);
            if gone {
                break;
            }
        }
        all
    }

    fn with_code(caller: &Caller, n: usize) -> Option<Self> {
        // A mobile each, since a mobile is sent only so many codes a day.
        let mobile = format!("+86137{n:08}");
        let members = json!({ "mobiles": [mobile], "secrets": { "payment": OLD } });
        let id = caller.account(&format!("restored-{n}"), &members)?;
        let purpose = json!({ "purpose": "payment_reset" });
        let (status, sent) = caller.post(&format!("/v1/accounts/{id}/codes"), &purpose)?;
        assert_eq!(status, 202, "{sent}");
        let (_, outbox) = caller.get(&format!("/v1/dev/outbox?account_id={id}"))?;
        let code = text(outbox["messages"].as_array()?.last()?.get("code")?);
        Some(Self { id, code, told: false })
    }

    /// After an acknowledged reset only the new secret is right, and the code is used up; otherwise one of the two
    /// is right, and the code is used up if it is the new one.
    pub(crate) fn check(&mut self, server: &Server) -> Held {
        let is = |secret: &str| {
            let path = format!("{}/verify", self.path());
            server.native("POST", &path, Some(&json!({ "secret": secret }))).status == 200
        };
        let new = is(NEW);
        holds(new || !self.told, || format!("an acknowledged reset of {} was lost", self.id))?;
        holds(new || is(OLD), || format!("{} has neither secret", self.id))?;
        let redeemed = count(&server.events(&self.id), "code_redeemed");
        holds(redeemed == u64::from(new), || format!("{}: {redeemed} codes redeemed", self.id))?;
        if new {
            let body: Value = json!({ "code": self.code, "new": "a-third-one" });
            let again = server.native("POST", &format!("{}/reset", self.path()), Some(&body));
            holds(again.status == 403, || format!("{}: a used code is answered {}", self.id, again.text()))?;
        }
        // It was found out, and is so from now on.
        self.told = new;
        Ok(())
    }

    fn path(&self) -> String {
        format!("/v1/accounts/{}/secrets/payment", self.id)
    }
}
