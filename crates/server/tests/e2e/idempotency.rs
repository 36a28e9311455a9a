//! Idempotency keys over HTTP and across power cuts: one key, one guess, one answer, byte for byte.

use std::collections::BTreeMap;
use std::sync::mpsc::channel;
use std::sync::{Arc, Barrier};
use std::thread;

use serde_json::{Value, json};

use crate::client::{Answer, Client};
use crate::server::Server;
use crate::story::{LOGIN, Person};

const RIGHT: &str = "the-right-1";
const ROUNDS: usize = 6;
/// Twice `server.request_timeout_s`, and five more than a guess may be in flight: so long may a request be at work before
/// another carries it on.
const LEASE_S: u32 = 65;

/// An answer without what is about this one transmission.
fn answer_of(answer: &Answer) -> (u16, BTreeMap<String, String>, Vec<u8>) {
    let mut headers = answer.headers.clone();
    for name in ["idempotency-replayed", "date", "x-request-id", "connection"] {
        headers.remove(name);
    }
    (answer.status, headers, answer.body.clone())
}

fn ask(server: &Server, method: &str, path: &str, key: &str, body: &Value) -> Answer {
    let headers = [("idempotency-key", key), ("countersign-device", "new")];
    server.native_with(method, path, &headers, body)
}

#[test]
fn every_request_is_answered_once_and_then_in_the_same_bytes() {
    let mut server = Server::start();
    let (id, code) = {
        let person = Person::made(&server, "keyed", &json!({ "payment": RIGHT }));
        (person.id.clone(), person.code("query_reset"))
    };
    let at = |what: &str| format!("/v1/accounts/{id}/secrets/{what}");
    let secret = |secret: &str| json!({ "secret": secret });
    let new = json!({ "account_id": id, "amount": "12.34", "currency": "CNY", "payee": "ACME" });
    let intent = server.native("POST", "/v1/intents", Some(&new)).json();
    let act = |what: &str| format!("/v1/intents/{}/{what}", intent["id"].as_str().expect("an id"));
    let rows: Vec<(&str, String, Value, u16)> = vec![
        ("POST", "/v1/intents".to_owned(), new.clone(), 201),
        ("POST", act("approve"), secret("wrong-guess"), 403),
        ("POST", act("cancel"), json!({}), 200),
        ("POST", act("approve"), secret(RIGHT), 409),
        ("POST", at("payment/verify"), secret("wrong-guess"), 403),
        ("POST", at("payment/verify"), secret(RIGHT), 200),
        ("POST", at("payment/change"), json!({ "old": RIGHT, "new": "the-next-1" }), 200),
        ("POST", at("payment/change"), json!({ "old": RIGHT, "new": "the-third-1" }), 403),
        ("PUT", at("query"), secret("the-query-1"), 201),
        ("POST", at("query/reset"), json!({ "code": code, "new": "the-query-2" }), 200),
        ("POST", at("query/reset"), json!({ "code": code, "new": "the-query-3" }), 403),
        ("POST", format!("/v1/accounts/{id}/unlock"), json!({ "kind": "payment", "reason": "asked" }), 200),
        ("POST", "/v1/sessions".to_owned(), json!({ "username": "keyed", "login": LOGIN }), 201),
        ("POST", "/v1/sessions".to_owned(), json!({ "username": "keyed", "login": "wrong-guess" }), 403),
        ("POST", "/v1/sessions".to_owned(), json!({ "username": "nobody", "login": "wrong-guess" }), 403),
        (
            "POST",
            "/v1/accounts".to_owned(),
            json!({ "username": "made", "secrets": { "payment": RIGHT } }),
            201,
        ),
    ];
    let mut first = Vec::new();
    for (n, (method, path, body, status)) in rows.iter().enumerate() {
        let answer = ask(&server, method, path, &format!("key-{n}"), body);
        assert_eq!(answer.status, *status, "{path}: {}", answer.text());
        first.push(answer_of(&answer));
    }
    let tokens = first.iter().filter(|(_, headers, _)| headers.contains_key("countersign-device")).count();
    assert_eq!(tokens, 3, "of verify, change and session");
    let trail = server.events(&id).len();
    for _ in 0..2 {
        for (n, (method, path, body, _)) in rows.iter().enumerate() {
            let again = ask(&server, method, path, &format!("key-{n}"), body);
            assert_eq!(again.headers["idempotency-replayed"], "true", "{path}");
            assert_eq!(answer_of(&again), first[n], "{path}");
        }
        for n in [4, 6, 12] {
            let (method, path, _, _) = &rows[n];
            let other = ask(&server, method, path, &format!("key-{n}"), &rows[n + 1].2);
            assert_eq!(
                (other.status, &other.json()["code"]),
                (422, &json!("idempotency_mismatch")),
                "{path}"
            );
        }
        assert_eq!(server.events(&id).len(), trail, "nothing happened again");
        server = Server::start_on(server.kill(), &[]);
    }
}

#[test]
fn a_key_is_free_after_a_refusal_that_was_of_the_moment_only() {
    let server = Server::start();
    let person = Person::made(&server, "patient", &json!({ "payment": RIGHT }));
    let often = format!("/v1/accounts/{}/ask-frequency", person.id);
    assert_eq!(server.native("PUT", &often, Some(&json!({ "ask_frequency": "hour" }))).status, 200);
    let new = json!({ "account_id": person.id, "amount": "12.34", "currency": "CNY", "payee": "ACME" });
    let intent = || server.native("POST", "/v1/intents", Some(&new)).json();
    let act =
        |intent: &Value, what: &str| format!("/v1/intents/{}/{what}", intent["id"].as_str().expect("an id"));
    let code = |answer: &Answer| answer.json()["code"].as_str().unwrap_or_default().to_owned();
    let one = intent();
    let spared = || ask(&server, "POST", &act(&one, "approve"), "spared", &json!({}));
    let consume =
        || ask(&server, "POST", &act(&one, "consume"), "consume", &json!({ "digest": one["digest"] }));
    assert_eq!(
        (code(&consume()), code(&spared())),
        ("intent_not_approved".to_owned(), "secret_required".to_owned())
    );
    // It opens a window, and so the reason is gone.
    assert_eq!(person.native("payment/verify", &json!({ "secret": RIGHT })).status, 200);
    let (approved, consumed) = (spared(), consume());
    assert_eq!((approved.status, consumed.status), (200, 200), "{}", approved.text());
    assert_eq!((answer_of(&spared()), answer_of(&consume())), (answer_of(&approved), answer_of(&consumed)));
    // A hold that begins between the two is over one day.
    let two = server.native("POST", "/v1/intents", Some(&new)).json();
    assert_eq!(server.native("POST", &act(&two, "approve"), Some(&json!({ "secret": RIGHT }))).status, 200);
    let unlock = json!({ "kind": "payment", "reason": "asked" });
    let keys = ["first", "second"].map(|name| server.operators_key(name, "holds:write"));
    assert_eq!(
        server.native("POST", &format!("/v1/accounts/{}/unlock", person.id), Some(&unlock)).status,
        200
    );
    let consume = || ask(&server, "POST", &act(&two, "consume"), "held", &json!({ "digest": two["digest"] }));
    let three = intent();
    let right = json!({ "secret": RIGHT });
    let approve = || ask(&server, "POST", &act(&three, "approve"), "held-too", &right);
    let before = server.comparisons("payment");
    for held in [consume(), approve(), consume(), approve()] {
        assert_eq!((held.status, code(&held)), (423, "payments_on_hold".to_owned()));
    }
    assert_eq!(server.comparisons("payment"), before, "nothing was compared");
    for key in keys {
        let bearer = format!("Bearer {key}");
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let path = format!("/v1/accounts/{}/holds/release", person.id);
        assert!(server.http.send("POST", &path, &headers, b"{\"reason\":\"called back\"}").status < 300);
    }
    for answer in [consume(), consume(), approve(), approve()] {
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    assert_eq!(server.comparisons("payment"), before + 1, "the first answer, and no second guess");
}

#[test]
fn of_sixteen_at_once_under_one_key_one_guesses_and_all_who_are_answered_read_the_same() {
    let server = Server::start();
    let person = Person::made(&server, "crowded", &json!({ "payment": RIGHT }));
    let path = format!("/v1/accounts/{}/secrets/payment/verify", person.id);
    for (secret, status) in [("wrong-guess", 403), (RIGHT, 200)] {
        let before = server.comparisons("payment");
        let start = Barrier::new(16);
        let body = json!({ "secret": secret });
        let answers: Vec<Answer> = thread::scope(|scope| {
            let send = || {
                start.wait();
                ask(&server, "POST", &path, secret, &body)
            };
            let all: Vec<_> = (0..16).map(|_| scope.spawn(send)).collect();
            all.into_iter().map(|one| one.join().expect("an answer")).collect()
        });
        assert_eq!(server.comparisons("payment"), before + 1);
        let last = answer_of(&ask(&server, "POST", &path, secret, &body));
        assert_eq!(last.0, status);
        for answer in answers.iter().filter(|answer| answer.status != 409) {
            assert_eq!(answer_of(answer), last);
        }
        let running = answers.iter().filter(|answer| answer.status == 409);
        assert!(running.clone().count() < 16);
        for answer in running {
            assert_eq!(answer.json()["code"], "idempotency_conflict");
        }
    }
}

#[test]
fn what_is_kept_tells_the_same_time_as_what_was_answered() {
    let server = Server::start();
    let person = Person::made(&server, "timely", &json!({ "payment": RIGHT }));
    for _ in 0..5 {
        person.native("payment/verify", &json!({ "secret": "wrong-guess" }));
    }
    let path = format!("/v1/accounts/{}/secrets/payment/verify", person.id);
    // A lock tells seconds; now and then one ends between the answer and what is kept of it.
    for n in 0..150 {
        let send = || ask(&server, "POST", &path, &format!("key-{n}"), &json!({ "secret": RIGHT }));
        let first = send();
        assert_eq!(first.status, 423);
        assert_eq!(answer_of(&first), answer_of(&send()), "number {n}");
    }
}

/// A caller who changes a secret or guesses, each time under a new key, until the power goes.
struct Caller {
    http: Client,
    bearer: String,
    id: String,
    guesses: bool,
    current: String,
    sent: usize,
    /// Changes that happened, or wrong guesses that were told.
    done: u64,
    /// Whether the budget was used up: by what was told, or by that and the one that the cut left open, which is a miss
    /// by the time it could be carried on.
    locked: bool,
}

impl Caller {
    fn new(server: &Server, round: usize, n: usize) -> Self {
        let body = json!({ "username": format!("caller-{round}-{n}"), "secrets": { "payment": RIGHT } });
        let made = server.native("POST", "/v1/accounts", Some(&body)).json();
        Self {
            http: server.http.clone(),
            bearer: format!("Bearer {}", server.says("/api_key")),
            id: made["id"].as_str().expect("an id").to_owned(),
            guesses: n % 2 == 1,
            current: RIGHT.to_owned(),
            sent: 0,
            done: 0,
            locked: false,
        }
    }

    /// Sends the request of that number; the same bytes each time.
    fn send(&self) -> Option<Answer> {
        let (what, body) = if self.guesses {
            ("verify", json!({ "secret": format!("wrong-guess-{}", self.sent) }))
        } else {
            ("change", json!({ "old": self.current, "new": format!("secret-number-{}", self.sent) }))
        };
        let path = format!("/v1/accounts/{}/secrets/payment/{what}", self.id);
        let key = format!("{}-{}", self.id, self.sent);
        let headers = [
            ("authorization", self.bearer.as_str()),
            ("content-type", "application/json"),
            ("idempotency-key", key.as_str()),
        ];
        self.http.try_send("POST", &path, &headers, body.to_string().as_bytes()).ok()
    }

    /// Takes note of an answer. `false` when there is nothing left to ask.
    fn heard(&mut self, answer: &Answer) -> bool {
        if self.guesses {
            if answer.status == 423 {
                assert!(self.done >= 4, "{} guesses were told: {}", self.done, answer.text());
                self.locked = true;
                return false;
            }
            self.done += 1;
            let left = answer.json()["remaining_attempts"].as_u64();
            assert_eq!((answer.status, left), (403, Some(5 - self.done)), "{}", answer.text());
        } else {
            assert_eq!(answer.status, 200, "{}", answer.text());
            self.current = format!("secret-number-{}", self.sent);
            self.done += 1;
        }
        self.sent += 1;
        true
    }
}

#[test]
fn a_request_that_a_power_cut_has_left_open_is_carried_on_and_comes_to_what_it_would_have() {
    let mut server = Server::start();
    let (mut conflicts, mut replayed) = (0, 0);
    for round in 0..ROUNDS {
        let mut callers: Vec<Caller> = (0..6).map(|n| Caller::new(&server, round, n)).collect();
        let (heard, answers) = channel();
        let folder = thread::scope(|scope| {
            for caller in &mut callers {
                let heard = heard.clone();
                scope.spawn(move || {
                    while let Some(answer) = caller.send() {
                        // Whoever counts may have heard enough.
                        let _ = heard.send(());
                        if !caller.heard(&answer) {
                            break;
                        }
                    }
                });
            }
            drop(heard);
            // Different in each round, so that the cut falls into different moments of the work.
            answers.iter().take(2 + round * 5 % 13).for_each(drop);
            server.kill()
        });
        server = Server::start_on(Arc::clone(&folder), &[]);
        for caller in &mut callers {
            caller.http = server.http.clone();
            let early = caller.send().expect("an answer");
            if early.status == 409 {
                conflicts += 1;
                assert_eq!(early.json()["code"], "idempotency_conflict", "{}", early.text());
            } else {
                replayed += usize::from(early.headers.contains_key("idempotency-replayed"));
                caller.heard(&early);
            }
        }
        server.advance(LEASE_S);
        for caller in &mut callers {
            let late = caller.send().expect("an answer");
            assert_eq!(answer_of(&late), answer_of(&caller.send().expect("an answer")));
            caller.heard(&late);
            check(&server, caller);
        }
    }
    eprintln!("{ROUNDS} rounds: {conflicts} requests left open, {replayed} answered already");
    assert!(conflicts > 0, "no request was cut off at work");
}

/// What the server remembers is what the caller heard, once each.
fn check(server: &Server, caller: &Caller) {
    let event = if caller.guesses { "secret_missed" } else { "secret_changed" };
    let events = server.events(&caller.id);
    let told = events.iter().filter(|one| one["type"] == event).count() as u64;
    assert_eq!(told, caller.done, "{event} of {}", caller.id);
    let account = server.native("GET", &format!("/v1/accounts/{}", caller.id), None).json();
    let left = account["secrets"]["payment"]["remaining_attempts"].as_u64();
    let expected = if caller.locked { 0 } else { 5 - caller.done };
    assert_eq!(left, Some(if caller.guesses { expected } else { 5 }));
    if !caller.guesses {
        let path = format!("/v1/accounts/{}/secrets/payment/verify", caller.id);
        assert_eq!(server.native("POST", &path, Some(&json!({ "secret": caller.current }))).status, 200);
    }
}
