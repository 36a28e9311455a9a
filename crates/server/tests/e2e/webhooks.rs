//! Webhooks from outside: every fact is told at least once under one id, nothing is told that did not happen, and who fails
//! is asked again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};

use crate::receiver::{Message, Receiver};
use crate::server::Server;

const PATH: &str = "/hooks";

/// Makes something happen that leaves one event for sure.
pub(crate) fn happen(server: &Server) -> u16 {
    let path = format!("/v1/accounts/{}/unlock", server.says("/account/id"));
    server.native("POST", &path, Some(&json!({ "kind": "login", "reason": "for a test" }))).status
}

pub(crate) fn create(server: &Server, receiver: &Receiver, more: &Value) -> Value {
    let mut body = json!({ "url": receiver.url(PATH) });
    for (name, value) in more.as_object().expect("members") {
        body[name] = value.clone();
    }
    let created = server.native("POST", "/v1/webhooks", Some(&body));
    assert_eq!(created.status, 201, "{}", created.text());
    created.json()
}

pub(crate) fn call(
    server: &Server,
    method: &str,
    webhook: &Value,
    what: &str,
    body: Option<&Value>,
) -> Value {
    let path = format!("/v1/webhooks/{}{what}", webhook["id"].as_str().expect("an id"));
    let answer = server.native(method, &path, body);
    assert!((200..300).contains(&answer.status), "{path}: {}", answer.text());
    if answer.body.is_empty() { Value::Null } else { answer.json() }
}

fn advance(server: &Server, seconds: u32) {
    let moved = server.native("POST", "/v1/dev/clock", Some(&json!({ "advance_s": seconds })));
    assert_eq!(moved.status, 200);
}

/// Ids of all events of the trail, with their types.
fn trail(server: &Server) -> BTreeMap<String, String> {
    let mut events = BTreeMap::new();
    let mut after = String::new();
    loop {
        let list = server.native("GET", &format!("/v1/events?limit=200{after}"), None).json();
        for event in list["data"].as_array().expect("a list") {
            let word = |name: &str| event[name].as_str().expect("a text").to_owned();
            events.insert(word("id"), word("type"));
        }
        let Some(cursor) = list["next_cursor"].as_str() else { return events };
        after = format!("&after={cursor}");
    }
}

fn ids(messages: &[Message]) -> BTreeSet<String> {
    messages.iter().map(|message| message.id().to_owned()).collect()
}

#[test]
fn what_failed_is_tried_again_by_the_schedule_and_then_given_up_and_can_be_replayed() {
    let (server, receiver) = (Server::start(), Receiver::start());
    receiver.answer(PATH, "500 Internal Server Error");
    let webhook = create(&server, &receiver, &json!({ "types": ["secret_unlocked"] }));
    assert_eq!(happen(&server), 200);
    let first = receiver.until(PATH, |came| !came.is_empty());
    let body = first[0].json();
    assert_eq!((&body["type"], &body["data"]["id"]), (&json!("secret_unlocked"), &json!(first[0].id())));
    assert_eq!(body["data"]["account_id"], json!(server.says("/account/id")));
    let steps = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];
    for (attempts, step) in (2..).zip(steps) {
        // When the one before is written down, so that its time is not that of the clock which is moved here.
        until(|| {
            let waiting = call(&server, "GET", &webhook, "/deliveries", None);
            (waiting["waiting"][0]["attempts"] == json!(attempts - 1)).then_some(())
        });
        // At the latest a tenth later.
        advance(&server, step + step / 10 + 1);
        let came = receiver.until(PATH, |came| came.len() >= attempts);
        assert_eq!((came.len(), ids(&came).len()), (attempts, 1), "one more, under the same id");
    }
    let failed = || {
        let deliveries = call(&server, "GET", &webhook, "/deliveries", None);
        deliveries["waiting"].as_array().expect("a list").first().cloned()
    };
    let given_up = until(|| failed().filter(|message| message["state"] == "failed"));
    assert_eq!((&given_up["attempts"], &given_up["status"]), (&json!(10), &json!(500)));
    receiver.answer(PATH, "204 No Content");
    let replayed = call(&server, "POST", &webhook, "/replay", Some(&json!({ "from": "0" })));
    assert_eq!(replayed["replaying"], json!(true));
    let came = receiver.until(PATH, |came| came.len() >= 11);
    assert_eq!(ids(&came).len(), 1);
    until(|| failed().is_none().then_some(()));
    assert_eq!(server.metric("countersign_webhook_attempts_total", &[("outcome", "failed")]), 1);
    assert_eq!(server.metric("countersign_webhook_attempts_total", &[("outcome", "retry")]), 9);
}

#[test]
fn one_that_fails_holds_up_no_other_and_one_that_is_gone_is_disabled() {
    let (server, receiver) = (Server::start(), Receiver::start());
    receiver.answer("/failing", "nothing");
    let failing = json!({ "url": receiver.url("/failing") });
    let failing = server.native("POST", "/v1/webhooks", Some(&failing)).json();
    let webhook = create(&server, &receiver, &json!({ "types": ["secret_unlocked"] }));
    assert_eq!(happen(&server), 200);
    receiver.until("/failing", |came| !came.is_empty());
    receiver.until(PATH, |came| came.len() == 1);
    receiver.answer("/failing", "410 Gone");
    advance(&server, 6);
    let disabled = until(|| {
        let shown = call(&server, "GET", &failing, "", None);
        (shown["state"] == "disabled").then_some(shown)
    });
    assert_eq!(disabled["disabled_reason"], json!("gone"));
    assert_eq!(server.metric("countersign_webhooks_disabled_total", &[("why", "gone")]), 1);
    let before = receiver.all("/failing").len();
    assert_eq!(happen(&server), 200);
    receiver.until(PATH, |came| came.len() == 2);
    assert_eq!(receiver.all("/failing").len(), before, "it is told nothing");
    receiver.answer("/failing", "204 No Content");
    call(&server, "POST", &failing, "/enable", None);
    assert_eq!(happen(&server), 200);
    receiver.until("/failing", |came| came.len() > before);
    call(&server, "POST", &webhook, "/disable", None);
    call(&server, "DELETE", &failing, "", None);
    assert_eq!(happen(&server), 200);
    assert_eq!(server.native("GET", "/v1/webhooks", None).json()["data"].as_array().map(Vec::len), Some(1));
}

#[test]
fn one_that_takes_nothing_for_five_days_is_disabled_and_one_that_asks_is_left_alone() {
    let (server, receiver) = (Server::start(), Receiver::start());
    receiver.answer(PATH, "503 Service Unavailable\r\nretry-after: 3600");
    let webhook = create(&server, &receiver, &json!({ "types": ["secret_unlocked"] }));
    assert_eq!(happen(&server), 200);
    receiver.until(PATH, |came| came.len() == 1);
    let next = until(|| {
        let deliveries = call(&server, "GET", &webhook, "/deliveries", None);
        deliveries["waiting"][0]["next_attempt_at"].as_str().map(str::to_owned)
    });
    let at =
        call(&server, "GET", &webhook, "/deliveries", None)["recent"][0]["at"].as_str().map(str::to_owned);
    let seconds = |text: &str| text.parse::<jiff::Timestamp>().expect("a time").as_second();
    let wait = seconds(&next) - seconds(&at.expect("an attempt"));
    assert!((3599..=3602).contains(&wait), "{wait} s");
    advance(&server, 5 * 86_400);
    let disabled = until(|| {
        let shown = call(&server, "GET", &webhook, "", None);
        (shown["state"] == "disabled").then_some(shown)
    });
    assert_eq!(disabled["disabled_reason"], json!("failing"));
}

/// The process is killed again and again between facts and messages, while the endpoint fails now and then.
#[test]
fn whatever_kills_the_server_every_fact_is_told_under_its_id_and_nothing_else_is() {
    let receiver = Receiver::start();
    let mut server = Server::start();
    create(&server, &receiver, &json!({}));
    let before = trail(&server);
    let mut done = 0;
    for round in 0..6 {
        receiver.answer(PATH, if round % 2 == 0 { "500 Internal Server Error" } else { "204 No Content" });
        for _ in 0..10 {
            done += usize::from(happen(&server) == 200);
        }
        if round % 3 == 2 {
            let begun = receiver.all(PATH).len();
            receiver.until(PATH, |came| came.len() > begun);
        }
        let folder = server.kill();
        server = Server::start_on(Arc::clone(&folder), &[]);
    }
    receiver.answer(PATH, "204 No Content");
    // Those that failed are due; the endpoint takes them again.
    advance(&server, 400);
    let trail = trail(&server);
    let facts: BTreeSet<String> = trail.keys().filter(|id| !before.contains_key(*id)).cloned().collect();
    assert!(facts.len() >= done, "{} events of {done} facts", facts.len());
    let told = receiver.until(PATH, |came| ids(came).is_superset(&facts));
    for message in &told {
        assert_eq!(
            Some(&message.json()["type"]),
            trail.get(message.id()).map(|word| json!(word)).as_ref(),
            "a fact"
        );
    }
}

/// Asks until there is an answer. What is waited for comes without a word to this process.
#[allow(clippy::disallowed_methods, reason = "what never comes ends the test with words")]
pub(crate) fn until<T>(mut ask: impl FnMut() -> Option<T>) -> T {
    let begun = std::time::Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(begun.elapsed().as_secs() < 60, "it never came");
        std::thread::yield_now();
    }
}
