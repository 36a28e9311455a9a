//! Sessions: one that was told to be open is, and one that was told to be ended never comes back.

use serde_json::json;

use super::load::{Caller, Held, text};
use crate::server::Server;

const LOGIN: &str = "login-of-theirs";

/// A session, and what was told of its end.
pub(crate) struct Entered {
    id: String,
    token: String,
    end: End,
}

enum End {
    Open,
    /// Asked for, but not acknowledged.
    Asked,
    Ended,
}

impl Entered {
    /// Opens sessions and ends every second one, until nobody answers.
    pub(crate) fn enter_on(caller: &Caller, name: &str) -> Vec<Self> {
        let mut all = Vec::new();
        let made = caller.account(name, &json!({ "secrets": { "login": LOGIN } }));
        while made.is_some() {
            let Some((status, session)) =
                caller.post("/v1/sessions", &json!({ "username": name, "login": LOGIN }))
            else {
                break;
            };
            assert_eq!(status, 201, "{session}");
            let mut entered =
                Self { id: text(&session["id"]), token: text(&session["access_token"]), end: End::Open };
            if all.len() % 2 == 1 {
                entered.end = match caller.delete(&format!("/v1/sessions/{}", entered.id)) {
                    Some((204, _)) => End::Ended,
                    Some((status, body)) => panic!("{status} {body}"),
                    None => End::Asked,
                };
            }
            all.push(entered);
        }
        all
    }

    /// Its token is as good as was told. To ask is to end it.
    pub(crate) fn check(&mut self, server: &Server) -> Held {
        let bearer = format!("Bearer {}", self.token);
        let headers = [("authorization", bearer.as_str())];
        let answer = server.http.send("DELETE", "/v1/sessions/current", &headers, b"");
        let held = match (&self.end, answer.status) {
            (End::Open | End::Asked, 204) | (End::Ended | End::Asked, 401) => Ok(()),
            (End::Open, 401) => Err(format!("the session {} was lost", self.id)),
            (End::Ended, 204) => Err(format!("the session {} came back", self.id)),
            (_, status) => Err(format!("{status} {}", answer.text())),
        };
        self.end = End::Ended;
        held
    }
}
