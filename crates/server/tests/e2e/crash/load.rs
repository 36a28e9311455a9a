//! What callers do while the power may go, and what each of them has been told.

use std::sync::mpsc::{Sender, channel};
use std::thread;

use serde_json::{Value, json};

use super::changed::Changed;
use super::entered::Entered;
use super::guessed::Guessed;
use super::repeated::Repeated;
use super::restored::Restored;
use crate::client::Client;
use crate::server::Server;

/// What a check has found to be wrong.
pub(crate) type Held = Result<(), String>;

/// Callers that change secrets; there is one more for each other thing that callers do.
const CHANGERS: usize = 3;
const GUESSERS: usize = 2;

/// A native caller whose server may go away.
pub(crate) struct Caller {
    http: Client,
    bearer: String,
    acknowledged: Sender<()>,
}

impl Caller {
    fn new(server: &Server, acknowledged: Sender<()>) -> Self {
        let bearer = format!("Bearer {}", server.says("/api_key"));
        Self { http: server.http.clone(), bearer, acknowledged }
    }

    /// Status and body; `None` once the server is gone.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Option<(u16, Value)> {
        self.call("POST", path, &[], body)
    }

    /// As [`Self::post`], under an idempotency key.
    pub(crate) fn post_once(&self, path: &str, key: &str, body: &Value) -> Option<(u16, Value)> {
        self.call("POST", path, &[("idempotency-key", key)], body)
    }

    pub(crate) fn get(&self, path: &str) -> Option<(u16, Value)> {
        self.call("GET", path, &[], &Value::Null)
    }

    pub(crate) fn delete(&self, path: &str) -> Option<(u16, Value)> {
        self.call("DELETE", path, &[], &Value::Null)
    }

    fn call(&self, method: &str, path: &str, more: &[(&str, &str)], body: &Value) -> Option<(u16, Value)> {
        let mut headers = vec![("authorization", self.bearer.as_str()), ("content-type", "application/json")];
        headers.extend_from_slice(more);
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = self.http.try_send(method, path, &headers, body.as_bytes()).ok()?;
        // Whoever counts may have heard enough.
        let _ = self.acknowledged.send(());
        let body = if answer.body.is_empty() { Value::Null } else { answer.json() };
        Some((answer.status, body))
    }

    /// Makes an account and gives its id.
    pub(crate) fn account(&self, name: &str, members: &Value) -> Option<String> {
        let mut account = json!({ "username": name });
        account.as_object_mut()?.extend(members.as_object()?.clone());
        let (status, made) = self.post("/v1/accounts", &account)?;
        assert_eq!(status, 201, "{made}");
        Some(text(&made["id"]))
    }
}

/// Everything that was ever told on the same data.
pub(crate) struct Load {
    changed: Vec<Changed>,
    guessed: Vec<Guessed>,
    repeated: Vec<Repeated>,
    entered: Vec<Entered>,
    restored: Vec<Restored>,
    /// How many of each were there before the last cut.
    seen: [usize; 4],
    rounds: usize,
}

impl Load {
    /// Callers for a new server.
    pub(crate) fn new(server: &Server) -> Self {
        let changed = (0..CHANGERS).map(|n| Changed::made(server, n)).collect();
        let (guessed, repeated, entered, restored) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { changed, guessed, repeated, entered, restored, seen: [0; 4], rounds: 0 }
    }

    /// Puts load on the server, and ends it after so many answers. Gives what `cut` gives.
    pub(crate) fn run<R>(&mut self, server: Server, answers: usize, cut: impl FnOnce(Server) -> R) -> R {
        let (acknowledged, heard) = channel();
        let callers: Vec<Caller> =
            (0..CHANGERS + GUESSERS + 3).map(|_| Caller::new(&server, acknowledged.clone())).collect();
        drop(acknowledged);
        let round = self.rounds;
        self.rounds += 1;
        self.seen = [self.guessed.len(), self.repeated.len(), self.entered.len(), self.restored.len()];
        thread::scope(|scope| {
            let (changers, rest) = callers.split_at(CHANGERS);
            let (guessers, rest) = rest.split_at(GUESSERS);
            for (changed, caller) in self.changed.iter_mut().zip(changers) {
                scope.spawn(move || changed.change_on(caller));
            }
            let guess =
                |(n, caller)| scope.spawn(move || Guessed::guess_on(caller, &format!("guessed-{round}-{n}")));
            let guessers: Vec<_> = guessers.iter().enumerate().map(guess).collect();
            let [repeater, enterer, restorer] = rest else { panic!("three more callers") };
            let repeater = scope.spawn(move || Repeated::repeat_on(repeater, &format!("repeated-{round}")));
            let enterer = scope.spawn(move || Entered::enter_on(enterer, &format!("entered-{round}")));
            let restorer = scope.spawn(move || Restored::restore_on(restorer, round));
            let answered = heard.iter().take(answers).count();
            let cut = cut(server);
            assert_eq!(answered, answers, "the callers end only with the server");
            for guesser in guessers {
                self.guessed.extend(guesser.join().expect("guessed"));
            }
            self.repeated.extend(repeater.join().expect("repeated"));
            self.entered.extend(enterer.join().expect("entered"));
            self.restored.extend(restorer.join().expect("restored"));
            cut
        })
    }

    /// Whether what was told in the last run still is so. `server` was started after the cut, and guesses in flight
    /// have become misses.
    pub(crate) fn check(&mut self, server: &Server) -> Held {
        let seen = self.seen;
        self.check_from(server, seen)
    }

    /// As [`Self::check`], for everything that was ever told.
    pub(crate) fn check_all(&mut self, server: &Server) -> Held {
        self.check_from(server, [0; 4])
    }

    fn check_from(&mut self, server: &Server, from: [usize; 4]) -> Held {
        let [guessed, repeated, entered, restored] = from;
        self.changed.iter_mut().try_for_each(|one| one.check(server))?;
        self.guessed[guessed..].iter().try_for_each(|one| one.check(server))?;
        self.repeated[repeated..].iter_mut().try_for_each(|one| one.check(server))?;
        self.entered[entered..].iter_mut().try_for_each(|one| one.check(server))?;
        self.restored[restored..].iter_mut().try_for_each(|one| one.check(server))
    }

    /// Changes, guesses, keys, sessions and resets that were told.
    pub(crate) fn counts(&self) -> [u64; 5] {
        let sum = |numbers: &mut dyn Iterator<Item = u64>| numbers.sum();
        [
            sum(&mut self.changed.iter().map(|one| one.changes)),
            sum(&mut self.guessed.iter().map(|one| one.told)),
            self.repeated.iter().map(Repeated::told).sum(),
            self.entered.len() as u64,
            self.restored.len() as u64,
        ]
    }
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// Events of an account by their type.
pub(crate) fn count(events: &[Value], what: &str) -> u64 {
    events.iter().filter(|event| event["type"] == what).count() as u64
}

/// An error that says what must hold.
pub(crate) fn holds(condition: bool, why: impl FnOnce() -> String) -> Held {
    if condition { Ok(()) } else { Err(why()) }
}
