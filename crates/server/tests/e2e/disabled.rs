//! A secret that a platform disables because it is known to be compromised: until it was reset it is as if it were locked, for
//! everybody, in every dialect.

use serde_json::{Value, json};

use crate::client::Answer;
use crate::server::Server;
use crate::story::{LOGIN, Person};
use crate::wire_native_errors::assert_problem;

const RIGHT: &str = "the-right-1";

impl Person<'_> {
    fn disable(&self, kind: &str) -> Answer {
        self.native(&format!("{kind}/disable"), &json!({ "reason": "seen on a screen" }))
    }

    fn unlock(&self, kind: &str) -> Answer {
        let body = json!({ "kind": kind, "reason": "asked" });
        self.server.native("POST", &format!("/v1/accounts/{}/unlock", self.id), Some(&body))
    }

    fn verify_on(&self, device: &str) -> Answer {
        let path = format!("/v1/accounts/{}/secrets/payment/verify", self.id);
        let headers = [("countersign-device", device)];
        self.server.native_with("POST", &path, &headers, &json!({ "secret": RIGHT }))
    }

    fn intent(&self) -> (String, Value) {
        let new = json!({ "account_id": self.id, "amount": "1", "currency": "EUR", "payee": "shop" });
        let made = self.server.native("POST", "/v1/intents", Some(&new)).json();
        (format!("/v1/intents/{}", made["id"].as_str().expect("an id")), json!({ "digest": made["digest"] }))
    }
}

#[test]
fn a_disabled_payment_secret_is_good_for_nothing_until_it_was_reset() {
    let server = Server::start();
    let person = Person::made(&server, "watched", &json!({ "payment": RIGHT }));
    let device = person.verify_on("new").headers["countersign-device"].clone();
    let (approved, digest) = person.intent();
    let right = json!({ "secret": RIGHT });
    assert_eq!(server.native("POST", &format!("{approved}/approve"), Some(&right)).status, 200);
    let (pending, _) = person.intent();
    assert_problem(&person.native("payment/disable", &json!({})), 422, "invalid_parameter");
    assert_problem(&person.disable("query"), 409, "secret_not_set");
    for _ in 0..2 {
        let disabled = person.disable("payment");
        assert_eq!(disabled.status, 200, "{}", disabled.text());
        let secret = &disabled.json()["secrets"]["payment"];
        assert_eq!((&secret["state"], &secret["locked_until"]), (&json!("locked"), &Value::Null));
        assert_eq!(secret["remaining_attempts"], 0);
    }
    let before = server.comparisons("payment");
    let is_locked = |answer: &Answer| {
        let problem = assert_problem(answer, 423, "secret_locked");
        assert!(problem.get("locked_until").is_none(), "{problem}");
    };
    for round in 0..2 {
        is_locked(&person.native("payment/verify", &json!({ "secret": RIGHT })));
        is_locked(&person.verify_on(&device));
        is_locked(&person.native("payment/change", &json!({ "old": RIGHT, "new": "the-next-1" })));
        assert_problem(&person.unlock("payment"), 409, "secret_disabled");
        assert_eq!(person.is_payment_secret(RIGHT), [false; 3], "in no dialect");
        if round == 0 {
            assert_problem(
                &server.native("POST", &format!("{approved}/consume"), Some(&digest)),
                409,
                "intent_voided",
            );
            let spared = server.native("POST", &format!("{pending}/approve"), None);
            assert_problem(&spared, 409, "intent_voided");
        }
        server.advance(40 * 24 * 3600);
    }
    assert_eq!(server.comparisons("payment"), before, "nothing was compared");
    let told: Vec<Value> =
        server.events(&person.id).into_iter().filter(|event| event["type"] == "secret_disabled").collect();
    assert_eq!(told.len(), 1);
    assert_eq!((&told[0]["kind"], &told[0]["reason"]), (&json!("payment"), &json!("seen on a screen")));
    let code = person.code("payment_reset");
    assert_eq!(person.native("payment/reset", &json!({ "code": code, "new": "the-next-1" })).status, 200);
    assert_eq!(person.native("payment/verify", &json!({ "secret": "the-next-1" })).status, 200);
    assert_eq!(person.unlock("payment").status, 200, "it was reset");
}

#[test]
fn a_disabled_login_secret_ends_its_sessions_and_opens_none() {
    let server = Server::start();
    let person = Person::made(&server, "phished", &json!({ "payment": RIGHT }));
    assert_eq!(person.is_payment_secret(RIGHT), [true; 3]);
    assert_eq!(person.disable("login").status, 200);
    let bearer = format!("Bearer {}", person.token);
    let own = server.http.send("DELETE", "/v1/sessions/current", &[("authorization", &bearer)], b"");
    assert_eq!(own.status, 401, "{}", own.text());
    let login = json!({ "username": "phished", "login": LOGIN });
    let before = server.comparisons("login");
    assert_problem(&server.native("POST", "/v1/sessions", Some(&login)), 423, "secret_locked");
    assert_eq!(server.comparisons("login"), before);
    assert_eq!(person.native("payment/verify", &json!({ "secret": RIGHT })).status, 200, "another secret");
    let code = person.code("login_reset");
    assert_eq!(person.native("login/reset", &json!({ "code": code, "new": "blue-heron-41" })).status, 200);
    person.log_in("blue-heron-41");
}
