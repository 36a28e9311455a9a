//! The secret and a code: what the policy asks for two factors needs both, and nobody learns which of them was wrong.

use serde_json::{Value, json};

use super::{Buyer, Intent, RIGHT, is, text};
use crate::client::Answer;
use crate::server::Server;

/// Two factors above ten, five hundred a day in all.
const LIMITS: (&str, &str) =
    ("COUNTERSIGN_POLICY__PAYMENTS__LIMITS", "CNY one_factor=10 two_factors_day=500");

fn strict() -> ([Server; 1], Buyer) {
    let servers = [Server::start_with(&[LIMITS])];
    let buyer = Buyer::new(&servers, "buyer");
    (servers, buyer)
}

impl Buyer {
    fn by_two(&self, intent: &Intent, secret: &str, code: &str) -> Answer {
        self.post(&intent.path("approve"), &json!({ "secret": secret, "code": code }))
    }

    /// Has a code sent for that intent, and reads it from the fake sender.
    fn code(&self, server: &Server, intent: &Intent) -> (String, String) {
        let sent = self.post(&intent.path("codes"), &json!({}));
        is(&sent, 202, "");
        let outbox = server.native("GET", &format!("/v1/dev/outbox?account_id={}", self.id), None).json();
        let last = outbox["messages"].as_array().and_then(|all| all.last().cloned()).expect("a message");
        assert_eq!(last["purpose"], "payment_approve");
        (text(&last, "code"), text(&last, "text"))
    }
}

fn other(code: &str) -> String {
    let digit = if code.starts_with('0') { '1' } else { '0' };
    format!("{digit}{}", &code[1..])
}

fn without_ids(answer: &Answer) -> Value {
    let mut body = answer.json();
    body["request_id"] = Value::Null;
    body
}

#[test]
fn what_needs_two_factors_is_approved_by_both() {
    let (servers, buyer) = strict();
    let intent = buyer.create();
    let alone = buyer.approve(0, &intent, RIGHT);
    is(&alone, 403, "code_required");
    assert_eq!(alone.json()["reason"], "amount");
    let (code, message) = buyer.code(&servers[0], &intent);
    assert!(message.contains("CNY 12.34") && message.contains("ACME Tea"), "{message}");
    let approved = buyer.by_two(&intent, RIGHT, &code);
    is(&approved, 200, "");
    assert_eq!(approved.json()["approval"]["factors"], 2);
    is(&buyer.consume(0, &intent), 200, "");
    let small = buyer.create_with(&json!({ "amount": "9.99" }));
    is(&buyer.approve(0, &small, RIGHT), 200, "");
    let large = buyer.create_with(&json!({ "amount": "490" }));
    is(&buyer.post(&large.path("codes"), &json!({})), 403, "limit_exceeded");
}

#[test]
fn a_code_is_good_for_its_own_intent_and_once() {
    let (servers, buyer) = strict();
    let (one, two) = (buyer.create(), buyer.create());
    let (code, _) = buyer.code(&servers[0], &one);
    is(&buyer.by_two(&two, RIGHT, &code), 403, "factors_incorrect");
    is(&buyer.by_two(&one, RIGHT, &code), 200, "");
    let (other_code, _) = buyer.code(&servers[0], &two);
    assert_ne!(code, other_code);
    is(&buyer.by_two(&two, RIGHT, &code), 403, "factors_incorrect");
    is(&buyer.by_two(&two, RIGHT, &other_code), 200, "");
}

#[test]
fn nobody_learns_which_of_the_two_was_wrong() {
    let (servers, buyer) = strict();
    let mut answers = Vec::new();
    for wrong in 0..3 {
        let intent = buyer.create();
        let (code, _) = buyer.code(&servers[0], &intent);
        let secret = if wrong == 0 { RIGHT } else { "not-the-one" };
        let code = if wrong == 1 { code } else { other(&code) };
        let answer = buyer.by_two(&intent, secret, &code);
        is(&answer, 403, "factors_incorrect");
        answers.push(without_ids(&answer));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
    // Each spent a guess, the one with the right secret too.
    let account = servers[0].native("GET", &format!("/v1/accounts/{}", buyer.id), None).json();
    assert_eq!(account["secrets"]["payment"]["remaining_attempts"], 2);
}

#[test]
fn a_person_has_the_code_sent_for_her_own_intent_and_for_no_other() {
    let (servers, other) = strict();
    let server = &servers[0];
    let account = json!({ "username": "ann", "mobiles": ["13812345679"], "secrets": { "login": "login-Passw0rd", "payment": RIGHT } });
    let mut ann = Buyer::new(&servers, "another");
    ann.id = text(&server.native("POST", "/v1/accounts", Some(&account)).json(), "id");
    let login = json!({ "username": "ann", "login": "login-Passw0rd" });
    let session = server.native("POST", "/v1/sessions", Some(&login)).json();
    let bearer = format!("Bearer {}", text(&session, "access_token"));
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let ask = |intent: &Intent, act: &str, body: &Value| {
        server.http.send("POST", &intent.path(act), &headers, body.to_string().as_bytes())
    };
    let (hers, theirs) = (ann.create(), other.create());
    is(&ask(&hers, "codes", &json!({})), 202, "");
    is(&ask(&theirs, "codes", &json!({})), 404, "not_found");
    is(&ask(&hers, "codes", &json!({ "mobile": "13812345678" })), 422, "invalid_parameter");
    let outbox = |id: &str| server.native("GET", &format!("/v1/dev/outbox?account_id={id}"), None).json();
    assert_eq!(outbox(&other.id)["messages"], json!([]));
    let code = text(&outbox(&ann.id)["messages"][0], "code");
    is(&ask(&hers, "approve", &json!({ "secret": RIGHT, "code": code })), 200, "");
    is(&ask(&hers, "cancel", &json!({})), 401, "unauthenticated");
    let end = server.http.send("DELETE", "/v1/sessions/current", &headers, b"");
    assert_eq!(end.status, 204);
    is(&ask(&ann.create(), "codes", &json!({})), 401, "unauthenticated");
}
