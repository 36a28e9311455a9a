//! Invariant A from outside: an approval is consumed at most once, for what was approved, whoever asks at once, at whichever
//! server, and whatever is killed meanwhile.

mod killed;
mod replay;
mod storm;
mod story;
mod two_factors;

use std::sync::Arc;

use serde_json::{Value, json};

use crate::client::{Answer, Client};
use crate::server::Server;

const RIGHT: &str = "the-right-1";
/// Wrong secrets that an intent bears by default.
const TRIES: u64 = 3;
/// Guesses in a row that the default policy allows.
const BUDGET: u64 = 5;

/// Two servers on the same data, which know nothing else of each other.
fn two() -> [Server; 2] {
    let one = Server::start();
    let two = Server::start_on(Arc::clone(&one.folder), &[]);
    [one, two]
}

/// An account with a payment secret, and the platform that calls for it: with one API key, at any of its servers.
struct Buyer {
    id: String,
    bearer: String,
    nodes: Vec<Client>,
}

/// What the platform needs to know of an intent.
#[derive(Clone)]
struct Intent {
    id: String,
    digest: String,
}

impl Buyer {
    fn new(nodes: &[Server], name: &str) -> Self {
        let account =
            json!({ "username": name, "mobiles": ["13812345678"], "secrets": { "payment": RIGHT } });
        let made = nodes[0].native("POST", "/v1/accounts", Some(&account));
        assert_eq!(made.status, 201, "{}", made.text());
        Self {
            id: text(&made.json(), "id"),
            bearer: format!("Bearer {}", nodes[0].says("/api_key")),
            nodes: nodes.iter().map(|node| node.http.clone()).collect(),
        }
    }

    /// A call at the server of that number.
    fn at(&self, node: usize, method: &str, path: &str, body: Option<&Value>) -> Answer {
        self.try_at(node, None, method, path, body).unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    /// As [`Self::at`], under an idempotency key, where the server may go away.
    fn try_at(
        &self,
        node: usize,
        key: Option<&str>,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer, ureq::Error> {
        let mut headers = vec![("authorization", self.bearer.as_str())];
        headers.extend(body.map(|_| ("content-type", "application/json")));
        headers.extend(key.map(|key| ("idempotency-key", key)));
        let body = body.map(Value::to_string).unwrap_or_default();
        self.nodes[node % self.nodes.len()].try_send(method, path, &headers, body.as_bytes())
    }

    fn post(&self, path: &str, body: &Value) -> Answer {
        self.at(0, "POST", path, Some(body))
    }

    fn create(&self) -> Intent {
        self.create_with(&json!({}))
    }

    fn create_with(&self, members: &Value) -> Intent {
        let made = self.ask_for(members);
        assert_eq!(made.status, 201, "{}", made.text());
        let made = made.json();
        Intent { id: text(&made, "id"), digest: text(&made, "digest") }
    }

    fn ask_for(&self, members: &Value) -> Answer {
        let mut body =
            json!({ "account_id": self.id, "amount": "12.34", "currency": "CNY", "payee": "ACME Tea" });
        for (name, value) in members.as_object().expect("an object") {
            body[name] = value.clone();
        }
        self.post("/v1/intents", &body)
    }

    fn approved(&self) -> Intent {
        let intent = self.create();
        let approved = self.approve(0, &intent, RIGHT);
        assert_eq!(approved.status, 200, "{}", approved.text());
        intent
    }

    fn approve(&self, node: usize, intent: &Intent, secret: &str) -> Answer {
        self.at(node, "POST", &intent.path("approve"), Some(&json!({ "secret": secret })))
    }

    fn spared(&self, intent: &Intent) -> Answer {
        self.at(0, "POST", &intent.path("approve"), None)
    }

    fn consume(&self, node: usize, intent: &Intent) -> Answer {
        self.at(node, "POST", &intent.path("consume"), Some(&json!({ "digest": intent.digest })))
    }

    fn cancel(&self, intent: &Intent) -> Answer {
        self.at(0, "POST", &intent.path("cancel"), None)
    }

    fn read(&self, intent: &Intent) -> Value {
        let read = self.at(0, "GET", &format!("/v1/intents/{}", intent.id), None);
        assert_eq!(read.status, 200, "{}", read.text());
        read.json()
    }

    /// Chooses how often to be asked, as the platform does for the person.
    fn choose(&self, often: &str) {
        let path = format!("/v1/accounts/{}/ask-frequency", self.id);
        is(&self.at(0, "PUT", &path, Some(&json!({ "ask_frequency": often }))), 200, "");
    }

    fn secret(&self, node: usize, what: &str, body: &Value) -> Answer {
        self.at(node, "POST", &format!("/v1/accounts/{}/secrets/payment/{what}", self.id), Some(body))
    }

    /// Events of that type, newest first.
    fn events(&self, node: &Server, what: &str) -> Vec<Value> {
        node.events(&self.id).into_iter().filter(|event| event["type"] == what).collect()
    }
}

impl Intent {
    fn path(&self, act: &str) -> String {
        format!("/v1/intents/{}/{act}", self.id)
    }
}

/// Status and, for a refusal, its code.
fn told(answer: &Answer) -> (u16, String) {
    let code = if answer.status < 300 { String::new() } else { text(&answer.json(), "code") };
    (answer.status, code)
}

fn is(answer: &Answer, status: u16, code: &str) {
    assert_eq!(told(answer), (status, code.to_owned()), "{}", answer.text());
}

fn text(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap_or_else(|| panic!("no {member}: {value}")).to_owned()
}
