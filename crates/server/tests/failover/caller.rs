//! A platform's server that calls through `HAProxy`, and what everybody together was told.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::clock::{now, pause, until};
use crate::cluster::Cluster;

/// Longer than `HAProxy` and the servers take to give up.
const PATIENCE: Duration = Duration::from_secs(45);

/// A pace that leaves the machines, which share this one's cores, time for each other.
const PACE: Duration = Duration::from_millis(15);

/// What was heard in a round, by anybody.
#[derive(Default)]
pub(crate) struct Heard {
    /// When each change was acknowledged: every 2xx to something that writes.
    pub(crate) effects: Mutex<Vec<Instant>>,
    /// How often each status came; 0 stands for no answer at all.
    pub(crate) statuses: Mutex<BTreeMap<u16, u64>>,
    /// Callers are to come to an end.
    pub(crate) over: AtomicBool,
}

/// A native caller.
pub(crate) struct Caller<'a> {
    agent: ureq::Agent,
    url: &'a str,
    bearer: String,
    heard: &'a Heard,
}

impl<'a> Caller<'a> {
    pub(crate) fn new(cluster: &'a Cluster, heard: &'a Heard) -> Self {
        let config =
            ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE)).build();
        let agent = ureq::Agent::new_with_config(config);
        Self { agent, url: &cluster.url, bearer: format!("Bearer {}", cluster.api_key), heard }
    }

    pub(crate) fn is_over(&self) -> bool {
        self.heard.over.load(Ordering::Acquire)
    }

    /// Status and body; `None` without an answer.
    pub(crate) fn post(&self, path: &str, key: Option<&str>, body: &Value) -> Option<(u16, Value)> {
        pause(PACE);
        let mut request = self.agent.post(format!("{}{path}", self.url));
        request = request.header("authorization", &self.bearer).header("content-type", "application/json");
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let answer = told(request.send(body.to_string().as_bytes()));
        self.note(answer.as_ref(), true);
        answer
    }

    pub(crate) fn get(&self, path: &str) -> Option<(u16, Value)> {
        let request = self.agent.get(format!("{}{path}", self.url)).header("authorization", &self.bearer);
        let answer = told(request.call());
        self.note(answer.as_ref(), false);
        answer
    }

    /// Sends the same request under the same key until it is carried out or refused for what it says. Gives also whether
    /// it was sent more than once.
    pub(crate) fn post_until(&self, path: &str, key: &str, body: &Value) -> ((u16, Value), bool) {
        let mut tries = 0;
        let answer = until(Duration::from_secs(180), "an answer to a key", || {
            tries += 1;
            let answer = self.post(path, Some(key), body);
            if answer.as_ref().is_none_or(may_come_again) {
                pause(Duration::from_millis(100));
            }
            answer.filter(|answer| !may_come_again(answer))
        });
        (answer, tries > 1)
    }

    /// Asks until there is an answer that is not of a fault. Only for what may be asked twice.
    pub(crate) fn ask(&self, mut ask: impl FnMut(&Self) -> Option<(u16, Value)>) -> (u16, Value) {
        until(Duration::from_secs(60), "an answer", || ask(self).filter(|answer| !may_come_again(answer)))
    }

    /// Makes an account with a secret of one kind, and gives its id.
    pub(crate) fn account(&self, name: &str, kind: &str, secret: &str) -> String {
        let account = serde_json::json!({ "username": name, "secrets": { kind: secret } });
        let ((status, made), _) = self.post_until("/v1/accounts", &format!("make-{name}"), &account);
        assert_eq!(status, 201, "{made}");
        text(&made["id"])
    }

    /// The audit trail of an account, newest first.
    pub(crate) fn events(&self, account: &str) -> Vec<Value> {
        let list = format!("/v1/events?account_id={account}&limit=200");
        let (mut items, mut path) = (Vec::new(), list.clone());
        loop {
            let (status, mut page) = self.ask(|caller| caller.get(&path));
            assert_eq!(status, 200, "{page}");
            items.append(page["data"].as_array_mut().expect("items"));
            match page["next_cursor"].as_str() {
                Some(cursor) => path = format!("{list}&after={cursor}"),
                None => return items,
            }
        }
    }

    fn note(&self, answer: Option<&(u16, Value)>, writes: bool) {
        let status = answer.map_or(0, |(status, _)| *status);
        *self.heard.statuses.lock().expect("not poisoned").entry(status).or_default() += 1;
        if writes && (200..300).contains(&status) {
            self.heard.effects.lock().expect("not poisoned").push(now());
        }
    }
}

/// Whether the same request may be sent again: a fault of ours, or a key that somebody is still at work under.
pub(crate) fn may_come_again(answer: &(u16, Value)) -> bool {
    let (status, body) = answer;
    *status >= 500 || *status == 429 || (*status == 409 && body["code"] == "idempotency_conflict")
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// Events of an account by their type.
pub(crate) fn count(events: &[Value], what: &str) -> u64 {
    events.iter().filter(|event| event["type"] == what).count() as u64
}

/// What a check has found to be wrong.
pub(crate) type Held = Result<(), String>;

/// An error that says what must hold.
pub(crate) fn holds(condition: bool, why: impl FnOnce() -> String) -> Held {
    if condition { Ok(()) } else { Err(why()) }
}

fn told(answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Option<(u16, Value)> {
    let mut answer = answer.ok()?;
    let status = answer.status().as_u16();
    let body = answer.body_mut().read_to_string().ok()?;
    // `HAProxy`'s own pages are not JSON.
    Some((status, serde_json::from_str(&body).unwrap_or(Value::Null)))
}
