//! `currency_pass` end to end: the ask frequency. The state is the account's, the window the session's.

use serde_json::{Value, json};

use crate::server::Server;
use crate::story::{LOGIN, Person};
use crate::wire_currency_pass::assert_bare;

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
const SECRET: &str = "its-payment";

/// A person with that payment secret and a session that outlives every state.
fn person<'a>(server: &'a Server, name: &str) -> Person<'a> {
    let mut person = Person::made(server, name, &json!({ "payment": SECRET }));
    person.token = long_token(&person);
    person
}

fn long_token(person: &Person<'_>) -> String {
    let body = json!({ "username": person.username, "login": LOGIN, "expires_in_s": 30 * DAY });
    let session = person.server.native("POST", "/v1/sessions", Some(&body)).json();
    session["access_token"].as_str().expect("a token").to_owned()
}

impl Person<'_> {
    fn choose(&self, rate: &str) -> String {
        let answer = self.currency("GET", &format!("/settings/{rate}"), None);
        assert_eq!((answer.status, answer.headers["cache-control"].as_str()), (200, "no-store"));
        assert_eq!(answer.headers["content-type"], "text/plain;charset=UTF-8");
        answer.text()
    }

    /// The state and its seconds left, which may have run for a little since they were set.
    fn assert_status(&self, state: &str, left: i64, about: &str) {
        let answer = self.currency("GET", "/settings/status", None);
        assert_eq!(answer.headers["cache-control"], "no-store");
        let text = answer.text();
        assert!(
            text.starts_with("{\"rateExpire\":") && text.ends_with(&format!("\"{state}\"}}")),
            "{about}: {text}"
        );
        let told = answer.json()["rateExpire"].as_i64().expect("a number");
        let fits = if left < 0 { told == left } else { (left - 20..=left).contains(&told) };
        assert!(fits, "{about}: {told} of {left}");
    }

    fn assert_window(&self, open: bool, about: &str) {
        let text = if open { "true" } else { "false" };
        assert_bare(&self.currency("GET", "/verify-by-status", None), text, about);
    }

    fn verify_right(&self) {
        assert_bare(
            &self.currency("POST", "/verify", Some(&json!({ "pass": SECRET }))),
            "true",
            "the right one",
        );
    }

    /// Verifies, so that the window is open whatever went before.
    fn open_window(&self) {
        assert_eq!(self.choose("3"), "successDay");
        self.verify_right();
        self.assert_window(true, "verified");
    }
}

#[test]
fn after_the_first_secret_the_state_is_an_hour_and_only_a_verify_opens_the_window() {
    let server = Server::start();
    let mut person = Person::made(&server, "first", &json!({}));
    person.token = long_token(&person);
    person.assert_status("1", -1, "before there is a secret");
    assert_bare(&person.currency("POST", "", Some(&json!({ "pass": SECRET }))), "true", "bind");
    person.assert_status("2", HOUR, "after the first secret");
    person.assert_window(false, "nothing was verified");
    assert_bare(
        &person.currency("POST", "/verify", Some(&json!({ "pass": "wrong-one" }))),
        "false",
        "a miss",
    );
    person.assert_window(false, "what was verified was wrong");
    person.verify_right();
    person.assert_window(true, "verified");
    server.advance(3000);
    person.verify_right();
    person.assert_status("2", HOUR - 3000, "a verify does not extend the state");
    person.assert_window(true, "in its last minutes");
    server.advance(600);
    person.assert_status("1", -1, "the hour has run out");
    person.assert_window(false, "the hour has run out");
    person.verify_right();
    person.assert_window(false, "state 1 opens no window");
    assert_eq!(person.choose("2"), "successHour");
    person.assert_window(false, "what was verified in state 1 opens nothing later");
}

#[test]
fn a_choice_restarts_the_state_and_never_lengthens_an_open_window() {
    let server = Server::start();
    let person = person(&server, "chooser");
    assert_eq!(person.choose("3"), "successDay");
    person.assert_status("3", DAY, "chosen");
    person.assert_window(false, "a choice opens nothing");
    person.verify_right();
    server.advance(80_000);
    assert_eq!(person.choose("3"), "successDay");
    person.assert_status("3", DAY, "chosen again");
    person.assert_window(true, "up to its old end");
    server.advance(6_401);
    person.assert_window(false, "its old end is past");
    person.assert_status("3", DAY - 6_401, "the state goes on");
    person.verify_right();
    person.assert_window(true, "verified");
    assert_eq!(person.choose("2"), "successHour");
    person.assert_status("2", HOUR, "a shorter choice");
    server.advance(3600);
    person.assert_window(false, "a shorter choice shortens the window");
    person.open_window();
    assert_eq!(person.choose("1"), "successEvery");
    person.assert_status("1", -1, "every time");
    person.assert_window(false, "every time");
    assert_eq!(person.choose("3"), "successDay");
    person.assert_window(false, "a closed window stays closed");
}

#[test]
fn the_state_is_the_accounts_and_the_window_the_sessions_or_the_apps() {
    let server = Server::start();
    let here = person(&server, "roamer");
    let there = Person {
        token: long_token(&here),
        id: here.id.clone(),
        spark: String::new(),
        ..person(&server, "x")
    };
    here.open_window();
    there.assert_status("3", DAY, "the same account");
    there.assert_window(false, "another session");
    let ask = || server.native("GET", &format!("/v1/accounts/{}/ask-frequency", here.id), None).json();
    assert_eq!(
        (&ask()["ask_frequency"], &ask()["window_open"]),
        (&json!("day"), &json!(false)),
        "another holder"
    );
    let native = here.native("payment/verify", &json!({ "secret": SECRET })).json();
    assert_eq!((&native["verified"], &native["fresh_until"]), (&json!(true), &ask()["expires_at"]));
    assert_eq!(ask()["window_open"], true, "the app's own");
    there.assert_window(false, "still another session");
    let chosen = json!({ "ask_frequency": "every" });
    let path = format!("/v1/accounts/{}/ask-frequency", here.id);
    assert_eq!(server.native("PUT", &path, Some(&chosen)).json()["remaining_s"], Value::Null);
    here.assert_status("1", -1, "chosen by the app");
    here.assert_window(false, "every time, for everybody");
}

#[test]
fn a_change_a_reset_a_lock_and_the_end_of_the_session_close_the_window() {
    type Act = fn(&Person<'_>);
    let rows: [(&str, Act); 5] = [
        ("a change", |person| {
            let body = json!({ "oldPass": SECRET, "newPass": "a-new-one" });
            assert_bare(&person.currency("PUT", "/change", Some(&body)), "true", "changed");
        }),
        ("a change elsewhere", |person| assert_eq!(person.oas("a-new-one", Some(SECRET)).status, 200)),
        ("a reset", |person| {
            let body = json!({ "code": person.code("payment_reset"), "new": "a-new-one" });
            assert_eq!(person.native("payment/reset", &body).status, 200);
        }),
        ("a temporary secret", |person| assert_eq!(person.spark("resetPayPassword", &[])["code"], "200")),
        ("a lock", |person| {
            for _ in 0..5 {
                assert_eq!(person.native("payment/verify", &json!({ "secret": "wrong-one" })).status, 403);
            }
        }),
    ];
    let server = Server::start();
    for (n, (what, act)) in rows.into_iter().enumerate() {
        let person = person(&server, &format!("closer-{n}"));
        person.open_window();
        act(&person);
        person.assert_window(false, what);
        person.assert_status("3", DAY, "the state stays");
        let unlock = json!({ "kind": "payment", "reason": "they called" });
        let unlocked = server.native("POST", &format!("/v1/accounts/{}/unlock", person.id), Some(&unlock));
        assert_eq!(unlocked.status, 200);
        person.assert_window(false, "an unlock opens nothing");
    }
    let mut person = person(&server, "leaver");
    person.open_window();
    let bearer = format!("Bearer {}", person.token);
    assert_eq!(
        server.http.send("DELETE", "/v1/sessions/current", &[("authorization", &bearer)], b"").status,
        204
    );
    assert_eq!(person.currency("GET", "/verify-by-status", None).status, 500);
    person.token = long_token(&person);
    person.assert_window(false, "a new session");
}

#[test]
fn where_the_setting_says_so_a_choice_and_the_first_secret_open_the_window() {
    let server = Server::start_with(&[("COUNTERSIGN_DIALECTS__CURRENCY_PASS__WINDOW_OPENS", "on_setting")]);
    let mut person = Person::made(&server, "literal", &json!({}));
    person.token = long_token(&person);
    assert_bare(&person.currency("POST", "", Some(&json!({ "pass": SECRET }))), "true", "bind");
    person.assert_window(true, "the first secret");
    assert_eq!(person.choose("1"), "successEvery");
    person.assert_window(false, "every time");
    assert_eq!(person.choose("3"), "successDay");
    person.assert_window(true, "chosen");
    server.advance(86_400);
    person.assert_status("1", -1, "the day has run out");
    person.assert_window(false, "the day has run out");
}
