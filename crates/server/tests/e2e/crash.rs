//! Invariants G and D from outside: whatever was answered before a power cut is still so after it.
//!
//! Several callers change payment secrets and guess at others while the process is killed. What was acknowledged
//! must be there; what was not may or may not be; a guess that was told must stay charged; and the audit trail must
//! tell exactly what happened.

use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::client::Client;
use crate::server::Server;

/// Rounds unless `COUNTERSIGN_CRASH_ROUNDS` says otherwise.
const ROUNDS: usize = 8;
const CHANGERS: usize = 4;
const GUESSERS: usize = 3;
const BUDGET: u64 = 5;
/// A server that was killed must be ready again within this; generous, because tests share the machine.
const READY: Duration = Duration::from_secs(5);
/// After so long a guess that nobody settled is a miss (policy `in_flight_s`), in seconds.
const IN_FLIGHT_S: u32 = 60;

/// An account whose payment secret is changed, and what is known of it.
struct Changed {
    id: String,
    current: String,
    /// Sent, but not acknowledged.
    asked: Option<String>,
    /// How many changes happened.
    changes: usize,
    /// How many secrets were tried so far, so that none is tried twice.
    tried: usize,
}

/// An account that is guessed at.
struct Guessed {
    id: String,
    /// Guesses that were told to be wrong.
    told: u64,
    /// Whether one more was sent when the power went.
    unanswered: bool,
}

/// A native caller whose server may go away.
struct Caller {
    http: Client,
    bearer: String,
    acknowledged: Sender<()>,
}

impl Caller {
    fn new(server: &Server, acknowledged: Sender<()>) -> Self {
        Self {
            http: server.http.clone(),
            bearer: format!("Bearer {}", server.says("/api_key")),
            acknowledged,
        }
    }

    /// Status and body; `None` once the server is gone.
    fn post(&self, path: &str, body: &Value) -> Option<(u16, Value)> {
        let headers = [("authorization", self.bearer.as_str()), ("content-type", "application/json")];
        let answer = self.http.try_send("POST", path, &headers, body.to_string().as_bytes()).ok()?;
        // Whoever counts may have heard enough.
        let _ = self.acknowledged.send(());
        Some((answer.status, answer.json()))
    }
}

impl Changed {
    fn made(server: &Server, n: usize) -> Self {
        let current = format!("first-secret-{n}");
        let account = json!({ "username": format!("changed-{n}"), "secrets": { "payment": current } });
        let made = server.native("POST", "/v1/accounts", Some(&account)).json();
        Self { id: text(&made["id"]), current, asked: None, changes: 0, tried: 0 }
    }

    /// Changes the secret again and again, until nobody answers.
    fn change_on(&mut self, caller: &Caller) {
        loop {
            self.tried += 1;
            let new = format!("secret-number-{}", self.tried);
            let path = format!("/v1/accounts/{}/secrets/payment/change", self.id);
            let Some((status, body)) = caller.post(&path, &json!({ "old": self.current, "new": new })) else {
                self.asked = Some(new);
                return;
            };
            assert_eq!(status, 200, "{body}");
            self.current = new;
            self.changes += 1;
        }
    }

    /// What is there after the power came back, by asking.
    fn settle(&mut self, server: &Server) {
        let is = |secret: &str| {
            let path = format!("/v1/accounts/{}/secrets/payment/verify", self.id);
            let answer = server.native("POST", &path, Some(&json!({ "secret": secret })));
            assert!(matches!(answer.status, 200 | 403), "{}", answer.text());
            answer.status == 200
        };
        if let Some(asked) = self.asked.take().filter(|asked| is(asked)) {
            self.current = asked;
            self.changes += 1;
        }
        assert!(is(&self.current), "an acknowledged change of {} was lost", self.id);
        let events = server.events(&self.id);
        assert_eq!(
            count(&events, "secret_changed"),
            self.changes,
            "{}: the trail tells each change once",
            self.id
        );
        assert_eq!(count(&events, "account_created"), 1);
        let ids: Vec<&str> = events.iter().filter_map(|event| event["id"].as_str()).collect();
        assert!(
            ids.is_sorted_by(|newer, older| newer > older),
            "the newest is first, and none is there twice"
        );
    }
}

impl Guessed {
    /// Makes accounts and guesses at them up to the lock, until nobody answers.
    fn guess_on(caller: &Caller, name: &str) -> Vec<Self> {
        let mut all = Vec::new();
        for n in 0.. {
            let account =
                json!({ "username": format!("{name}-{n}"), "secrets": { "payment": "never-guessed" } });
            let Some((status, made)) = caller.post("/v1/accounts", &account) else { break };
            assert_eq!(status, 201, "{made}");
            let mut guessed = Self { id: text(&made["id"]), told: 0, unanswered: false };
            let gone = guessed.guess_until_locked(caller);
            all.push(guessed);
            if gone {
                break;
            }
        }
        all
    }

    fn guess_until_locked(&mut self, caller: &Caller) -> bool {
        let path = format!("/v1/accounts/{}/secrets/payment/verify", self.id);
        loop {
            match caller.post(&path, &json!({ "secret": "a-wrong-guess" })) {
                Some((403, body)) => {
                    self.told += 1;
                    assert_eq!(body["remaining_attempts"].as_u64(), Some(BUDGET - self.told), "{body}");
                }
                Some((423, _)) => return false,
                Some((status, body)) => panic!("{status} {body}"),
                None => {
                    self.unanswered = true;
                    return true;
                }
            }
        }
    }

    /// No charged guess is forgotten, and no more are charged than were made.
    fn check(&self, server: &Server) {
        let account = server.native("GET", &format!("/v1/accounts/{}", self.id), None).json();
        let left = account["secrets"]["payment"]["remaining_attempts"].as_u64().expect("a number");
        let most = BUDGET - self.told;
        let least = most.saturating_sub(u64::from(self.unanswered));
        assert!((least..=most).contains(&left), "{left} left of {}, told {} times", self.id, self.told);
        let missed = count(&server.events(&self.id), "secret_missed") as u64;
        assert!((self.told..=BUDGET - least).contains(&missed), "{missed} in the trail, {} told", self.told);
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

fn count(events: &[Value], what: &str) -> usize {
    events.iter().filter(|event| event["type"] == what).count()
}

/// Puts load on the server and cuts its power after so many answers.
fn cut_power(
    server: Server,
    changed: &mut [Changed],
    round: usize,
    answers: usize,
) -> (Vec<Guessed>, Server, Duration) {
    let (acknowledged, heard) = channel();
    let callers: Vec<Caller> =
        (0..CHANGERS + GUESSERS).map(|_| Caller::new(&server, acknowledged.clone())).collect();
    drop(acknowledged);
    let (guessed, folder) = thread::scope(|scope| {
        let (changers, guessers) = callers.split_at(CHANGERS);
        for (changed, caller) in changed.iter_mut().zip(changers) {
            scope.spawn(move || changed.change_on(caller));
        }
        let guess =
            |(n, caller)| scope.spawn(move || Guessed::guess_on(caller, &format!("guessed-{round}-{n}")));
        let guessers: Vec<_> = guessers.iter().enumerate().map(guess).collect();
        let answered = heard.iter().take(answers).count();
        let folder = server.kill();
        assert_eq!(answered, answers, "the callers end only with the server");
        let guessed = guessers.into_iter().flat_map(|guesser| guesser.join().expect("guessed")).collect();
        (guessed, folder)
    });
    let (server, took) = timed_start(&folder);
    (guessed, server, took)
}

#[allow(clippy::disallowed_methods, reason = "how long a start takes is what is asked here")]
fn timed_start(folder: &Arc<tempfile::TempDir>) -> (Server, Duration) {
    let began = Instant::now();
    let server = Server::start_on(Arc::clone(folder), &[]);
    (server, began.elapsed())
}

#[allow(clippy::disallowed_methods, reason = "how long to try is for whoever runs the tests, not a setting")]
fn rounds() -> usize {
    std::env::var("COUNTERSIGN_CRASH_ROUNDS")
        .map_or(ROUNDS, |rounds| rounds.parse().expect("a number of rounds"))
}

#[test]
fn a_power_cut_loses_no_acknowledged_change_and_forgets_no_guess() {
    let mut server = Server::start();
    let mut changed: Vec<Changed> = (0..CHANGERS).map(|n| Changed::made(&server, n)).collect();
    let (mut slowest, mut guessed_at, rounds) = (Duration::ZERO, 0, rounds());
    for round in 0..rounds {
        // Different in each round, so that the cut falls into different moments of the work.
        let answers = 3 + round * 7 % 41;
        let (guessed, restarted, took) = cut_power(server, &mut changed, round, answers);
        server = restarted;
        assert!(took < READY, "ready after {took:?}");
        slowest = slowest.max(took);
        for account in &guessed {
            account.check(&server);
        }
        guessed_at += guessed.len();
        // Guesses that the cut left in flight become misses, and the right secret then forgives them.
        server.advance(IN_FLIGHT_S);
        for account in &mut changed {
            account.settle(&server);
        }
    }
    let total: usize = changed.iter().map(|account| account.changes).sum();
    eprintln!(
        "{rounds} rounds, {total} changes, {guessed_at} accounts guessed at, ready in at most {slowest:?}"
    );
    assert!(total > 0 && guessed_at > 0, "there was load");
}
