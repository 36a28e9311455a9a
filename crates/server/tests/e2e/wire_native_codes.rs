//! The native API end to end: verification codes, from the re-send to the day's limits.

use serde_json::{Value, json};

use crate::client::Answer;
use crate::server::Server;
use crate::story::Person;
use crate::wire_native_errors::assert_problem;

impl Person<'_> {
    fn issue(&self, body: &Value) -> Answer {
        self.server.native("POST", &format!("/v1/accounts/{}/codes", self.id), Some(body))
    }

    fn reset(&self, kind: &str, code: &str) -> Answer {
        self.native(&format!("{kind}/reset"), &json!({ "code": code, "new": "a-new-secret" }))
    }
}

/// Six digits that are not this code.
fn other(code: &str) -> String {
    let number: u32 = code.parse().expect("digits");
    format!("{:06}", (number + 1) % 1_000_000)
}

#[test]
fn a_code_goes_to_a_mobile_of_the_account_and_is_shown_masked() {
    let server = Server::start();
    let account = json!({ "username": "reached", "mobiles": ["+86 137-1234-5678", "8613812345679"] });
    let made = server.native("POST", "/v1/accounts", Some(&account)).json();
    let path = format!("/v1/accounts/{}/codes", made["id"].as_str().expect("an id"));
    let purposes = ["payment_reset", "login_reset", "query_reset", "payment_change"];
    for (mobile, masked) in [(None, "137****5678"), (Some("13812345679"), "138****5679")] {
        for purpose in purposes {
            let mut body = json!({ "purpose": purpose });
            if let Some(mobile) = mobile {
                body["mobile"] = mobile.into();
            }
            let issued = server.native("POST", &path, Some(&body));
            assert_eq!((issued.status, &issued.json()["mobile_masked"]), (202, &json!(masked)));
            assert!(issued.json()["id"].is_string() && issued.json()["expires_at"].is_string());
        }
    }
    let outbox = server.native("GET", "/v1/dev/outbox", None).json();
    let messages = outbox["messages"].as_array().expect("messages");
    let told: Vec<&str> = messages.iter().filter_map(|message| message["purpose"].as_str()).collect();
    assert_eq!(told, [purposes, purposes].concat());
    for message in messages {
        let code = message["code"].as_str().expect("a code");
        assert!(code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()), "{code}");
        assert!(message["text"].as_str().is_some_and(|text| text.contains(code)), "{message}");
        assert!(message["sent_at"].is_string() && message["to"].is_string(), "{message}");
    }
    for body in
        [json!({}), json!({ "purpose": "fun" }), json!({ "purpose": "login_reset", "mobile": "13900000001" })]
    {
        assert_problem(&server.native("POST", &path, Some(&body)), 422, "invalid_parameter");
    }
    let nobody = server.native("POST", "/v1/accounts", Some(&json!({ "username": "unreached" }))).json();
    let path = format!("/v1/accounts/{}/codes", nobody["id"].as_str().expect("an id"));
    assert_problem(
        &server.native("POST", &path, Some(&json!({ "purpose": "login_reset" }))),
        422,
        "invalid_parameter",
    );
}

#[test]
fn a_code_resets_once_and_only_what_and_whom_it_is_for() {
    let server = Server::start();
    let one = Person::made(&server, "one", &json!({ "payment": "payment-1", "query": "query-1" }));
    let two = Person::made(&server, "two", &json!({ "payment": "payment-2" }));
    let code = one.code("payment_reset");
    assert_problem(&one.reset("query", &code), 403, "code_incorrect");
    assert_problem(&two.reset("payment", &code), 403, "code_incorrect");
    let short = one.native("payment/reset", &json!({ "code": code, "new": "short" }));
    assert_problem(&short, 422, "secret_too_short");
    for _ in 0..5 {
        assert_eq!(one.native("payment/verify", &json!({ "secret": "wrong-one" })).status, 403);
    }
    assert_eq!(one.account()["secrets"]["payment"]["state"], "locked");
    let reset = one.reset("payment", &code);
    assert_eq!((reset.status, reset.json()), (200, json!({ "kind": "payment", "state": "active" })));
    assert_eq!(
        one.account()["secrets"]["payment"]["remaining_attempts"],
        5,
        "a reset ends the lock and refills"
    );
    assert_eq!(one.is_payment_secret("a-new-secret"), [true; 3]);
    assert_problem(&one.reset("payment", &code), 403, "code_incorrect");
    for (purpose, kind) in [("login_reset", "login"), ("query_reset", "query")] {
        let code = one.code(purpose);
        assert_eq!(one.reset(kind, &code).status, 200, "{purpose}");
    }
    assert_eq!(one.log_in("a-new-secret")["account_id"], one.id.as_str());
    assert_eq!(
        one.currency("GET", "/settings/status", None).status,
        500,
        "a new login secret ends old sessions"
    );
}

#[test]
fn a_code_expires_and_the_next_one_ends_the_one_before() {
    let server = Server::start();
    let person = Person::made(&server, "slow", &json!({ "payment": "payment-1" }));
    let first = person.code("payment_reset");
    let mut second = person.code("payment_reset");
    while second == first {
        second = person.code("payment_reset");
    }
    assert_problem(&person.reset("payment", &first), 403, "code_incorrect");
    server.advance(290);
    assert_problem(&person.reset("payment", &other(&second)), 403, "code_incorrect");
    server.advance(10);
    assert_problem(&person.reset("payment", &second), 410, "code_expired");
    assert_problem(&person.reset("payment", &other(&second)), 410, "code_expired");
    let third = person.code("payment_reset");
    assert_eq!(person.reset("payment", &third).status, 200);
}

#[test]
fn five_wrong_codes_are_all_there_are_however_often_it_is_sent_again() {
    let server = Server::start();
    let person = Person::made(&server, "tried", &json!({ "payment": "payment-1" }));
    let mut code = person.code("payment_reset");
    for left in (0..5).rev() {
        let problem = assert_problem(&person.reset("payment", &other(&code)), 403, "code_incorrect");
        assert_eq!(problem["remaining_attempts"], left);
        if left > 0 {
            code = person.code("payment_reset");
        }
    }
    let problem = assert_problem(&person.reset("payment", &code), 403, "code_incorrect");
    assert_eq!(problem["remaining_attempts"], 0, "the right one is not taken either");
    let body = json!({ "purpose": "payment_reset" });
    let wait = assert_problem(&person.issue(&body), 429, "rate_limited")["retry_after_s"].as_u64();
    assert!(wait.is_some_and(|seconds| (270..=300).contains(&seconds)), "{wait:?}");
    server.advance(300);
    let code = person.code("payment_reset");
    assert_eq!(person.reset("payment", &code).status, 200, "a new run");
    let missed = person.events().iter().filter(|event| event["type"] == "code_missed").count();
    assert_eq!(missed, 5);
}

#[test]
fn an_account_and_a_mobile_get_ten_codes_a_day() {
    let server = Server::start();
    let body = json!({ "purpose": "payment_reset" });
    let one = Person::made(&server, "one", &json!({}));
    for _ in 0..10 {
        assert_eq!(one.issue(&body).status, 202);
    }
    let day = assert_problem(&one.issue(&body), 429, "rate_limited")["retry_after_s"].as_u64();
    assert!(day.is_some_and(|seconds| (86_370..=86_400).contains(&seconds)), "{day:?}");
    // Its number is the same, and had its ten.
    let two = Person::made(&server, "two", &json!({}));
    let day = assert_problem(&two.issue(&body), 429, "rate_limited")["retry_after_s"].as_u64();
    assert!(day.is_some_and(|seconds| (86_370..=86_400).contains(&seconds)), "{day:?}");
    server.advance(86_400);
    assert_eq!((one.issue(&body).status, two.issue(&body).status), (202, 202));
}

#[test]
fn twenty_wrong_codes_a_day_are_all_there_are_over_every_purpose() {
    let server = Server::start();
    let person = Person::made(&server, "stubborn", &json!({ "payment": "payment-1", "query": "query-1" }));
    for (purpose, kind) in [
        ("payment_reset", "payment"),
        ("query_reset", "query"),
        ("login_reset", "login"),
        ("payment_reset", "payment"),
    ] {
        let code = person.code(purpose);
        for _ in 0..5 {
            assert_problem(&person.reset(kind, &other(&code)), 403, "code_incorrect");
        }
        server.advance(300);
    }
    let wait = assert_problem(&person.issue(&json!({ "purpose": "query_reset" })), 429, "rate_limited");
    assert!(wait["retry_after_s"].as_u64().is_some_and(|seconds| seconds > 80_000), "{wait}");
    server.advance(86_400);
    let code = person.code("query_reset");
    assert_eq!(person.reset("query", &code).status, 200);
}
