//! A disk that fails or is full: a clear answer, nothing that was told is lost, no guess is gained, and when it is
//! good again the server works on.

use serde_json::{Value, json};

use super::changed::payment;
use super::disk::Disk;
use super::guessed::BUDGET;
use super::journal::Loss;
use super::load::{Held, holds, text};
use crate::client::Answer;
use crate::server::Server;

/// How the disk fails, with `N` for the write or sync at which it begins.
const ONCE: [&str; 2] = ["eio=N", "eio_sync=N"];
const FROM_THEN_ON: [&str; 2] = ["eio_from=N", "enospc_from=N"];

/// An account that is guessed at and changed on a failing disk, and what was told of it.
struct Tried {
    id: String,
    secret: String,
    /// A change whose answer was that the server failed: it may have happened.
    perhaps: Option<String>,
    /// Guesses that were told to be wrong since the last right one.
    wrong: u64,
    /// Guesses whose answer was that the server failed: they may have been charged.
    vain: u64,
    /// Whether a right one was asked in vain: it may have refilled the budget.
    refilled: bool,
}

/// What the server made of a request.
#[derive(PartialEq, Eq, Debug)]
enum Told {
    Done,
    Wrong,
    Failed,
}

impl Tried {
    fn made(server: &Server, name: &str) -> Self {
        let secret = "the-first-secret".to_owned();
        let account = json!({ "username": name, "secrets": { "payment": secret } });
        let made = server.native("POST", "/v1/accounts", Some(&account));
        assert_eq!(made.status, 201, "{}", made.text());
        Self { id: text(&made.json()["id"]), secret, perhaps: None, wrong: 0, vain: 0, refilled: false }
    }

    /// Two wrong guesses, a right one, one more wrong one, a change. Gives how many of them failed.
    fn story(&mut self, server: &Server) -> usize {
        let wrong = json!({ "secret": "a-wrong-guess" });
        let mut failures = usize::from(self.guess(server, &wrong)) + usize::from(self.guess(server, &wrong));
        match self.ask(server, "verify", &json!({ "secret": self.secret })) {
            Told::Done => self.refill(),
            Told::Failed => {
                // It was charged or not, and refilled the budget or not.
                (self.vain, self.refilled) = (self.vain + 1, true);
                failures += 1;
            }
            Told::Wrong => panic!("the right secret of {} was wrong", self.id),
        }
        failures += usize::from(self.guess(server, &wrong));
        let new = "the-second-secret";
        match self.ask(server, "change", &json!({ "old": self.secret, "new": new })) {
            Told::Done => {
                new.clone_into(&mut self.secret);
                self.refill();
            }
            Told::Failed => {
                self.perhaps = Some(new.to_owned());
                (self.vain, self.refilled) = (self.vain + 1, true);
                failures += 1;
            }
            Told::Wrong => panic!("the right secret of {} was wrong", self.id),
        }
        failures
    }

    /// A right one forgives what was settled before it, and not a guess that was charged and never settled.
    fn refill(&mut self) {
        (self.wrong, self.refilled) = (0, false);
    }

    /// Whether it failed.
    fn guess(&mut self, server: &Server, guess: &Value) -> bool {
        match self.ask(server, "verify", guess) {
            Told::Wrong => self.wrong += 1,
            Told::Failed => {
                self.vain += 1;
                return true;
            }
            Told::Done => panic!("a wrong guess at {} was right", self.id),
        }
        false
    }

    fn ask(&self, server: &Server, what: &str, body: &Value) -> Told {
        let path = format!("/v1/accounts/{}/secrets/payment/{what}", self.id);
        told(&server.native("POST", &path, Some(body)))
    }

    /// After the disk is good again: what was told is so, and what failed was charged or not, never more.
    fn check(&mut self, server: &Server) -> Held {
        let left = payment(server, &self.id)?["remaining_attempts"].as_u64().ok_or("no number")?;
        let most = if self.refilled { BUDGET } else { BUDGET - self.wrong };
        let least = BUDGET.saturating_sub(self.wrong + self.vain);
        holds((least..=most).contains(&left), || {
            format!("{}: {left} left, told {} wrong and {} failed", self.id, self.wrong, self.vain)
        })?;
        if let Some(perhaps) = self.perhaps.take()
            && self.ask(server, "verify", &json!({ "secret": perhaps })) == Told::Done
        {
            self.secret = perhaps;
        }
        let right = self.ask(server, "verify", &json!({ "secret": self.secret }));
        holds(right == Told::Done, || format!("an acknowledged change of {} was lost: {right:?}", self.id))?;
        self.refill();
        // By now they have become misses, which a right one forgives.
        self.vain = 0;
        Ok(())
    }
}

/// A failure of ours is a problem document that says so, and nothing of the disk.
fn told(answer: &Answer) -> Told {
    let body = answer.json();
    match (answer.status, body["code"].as_str()) {
        (200, _) => Told::Done,
        (403, Some("secret_incorrect")) => Told::Wrong,
        (500, Some("internal_error")) => {
            assert_eq!(answer.headers["content-type"], "application/problem+json");
            assert!(body["request_id"].is_string(), "it can be found in the log: {body}");
            Told::Failed
        }
        _ => panic!("{} {body}", answer.status),
    }
}

fn readiness(server: &Server) -> (u16, Value) {
    let answer = server.admin.send("GET", "/readyz", &[], b"");
    (answer.status, answer.json()["checks"]["store"].clone())
}

/// How many writes and syncs the story takes on a good disk, and how many of them are syncs at least.
fn operations(disk: &Disk, server: &Server) -> u64 {
    let before = disk.counts().operations;
    assert_eq!(Tried::made(server, "unharmed").story(server), 0, "a good disk fails nothing");
    disk.counts().operations - before
}

#[test]
fn a_write_or_sync_that_fails_costs_its_own_request_and_nothing_that_was_told() {
    let disk = Disk::new();
    let mut server = disk.start();
    let operations = operations(&disk, &server);
    let mut all = Vec::new();
    for (kind, most) in ONCE.into_iter().zip([operations, 10]) {
        for n in (1..=most).step_by(usize::try_from(most / 10).expect("small")) {
            let words = kind.replace('N', &n.to_string());
            let mut tried = Tried::made(&server, &format!("tried-{kind}-{n}").replace('=', "-"));
            let faults = disk.counts().faults;
            disk.control(&words);
            let failures = tried.story(&server);
            let hit = disk.counts().faults > faults;
            disk.control("");
            assert!(failures <= 1, "{words}: one error, {failures} failures");
            assert!(hit || failures == 0, "{words}: nothing fails by itself");
            assert_eq!(readiness(&server), (200, json!("ok")), "{words}: it works again without a restart");
            server.advance(60);
            tried.check(&server).unwrap_or_else(|why| panic!("{words}: {why}"));
            all.push(tried);
        }
    }
    // Nothing of it was only in memory, and a commit that was told to have failed is whole or not there.
    server.kill();
    disk.lose_power(Loss::Everything);
    server = disk.start();
    for tried in &mut all {
        tried.check(&server).unwrap_or_else(|why| panic!("after the power was lost: {why}"));
    }
    assert!(disk.counts().operations > 0 && all.len() >= 20);
}

#[test]
fn a_disk_that_is_full_or_broken_stops_writing_but_not_reading_and_forgets_nothing() {
    let disk = Disk::new();
    let mut server = disk.start();
    let operations = operations(&disk, &server);
    let mut all = Vec::new();
    for kind in FROM_THEN_ON {
        for n in [1, operations / 4, operations / 2] {
            let words = kind.replace('N', &n.to_string());
            let mut tried = Tried::made(&server, &format!("tried-{kind}-{n}").replace('=', "-"));
            disk.control(&words);
            assert!(tried.story(&server) > 0, "{words}: something fails");
            assert_eq!(readiness(&server), (503, json!("failed")), "{words}");
            let read = server.native("GET", &format!("/v1/accounts/{}", tried.id), None);
            assert_eq!(read.status, 200, "{words}: what is there can be read: {}", read.text());
            disk.control("");
            assert_eq!(readiness(&server), (200, json!("ok")), "{words}: it works again without a restart");
            server.advance(60);
            tried.check(&server).unwrap_or_else(|why| panic!("{words}: {why}"));
            all.push(tried);
        }
    }
    let log = server.log();
    assert!(log.contains("the disk is full") && log.contains("free some space"), "what to do: {log}");
    assert!(log.contains("check the disk"), "what to do: {log}");
    // It ends while the disk is broken, so the log cannot be folded into the database, or not safely.
    for words in ["eio_from=3", "eio_sync=1", "eio_sync=2", "eio_sync=3", "enospc_from=2"] {
        disk.control(words);
        server.stop();
        disk.control("");
        disk.lose_power(Loss::Everything);
        server = disk.start();
        for tried in &mut all {
            tried.check(&server).unwrap_or_else(|why| panic!("{words}, then the power was lost: {why}"));
        }
    }
}

#[test]
fn a_start_on_a_failing_disk_says_so_and_the_next_one_is_clean() {
    for (kind, what) in [("eio_from=N", "check the disk"), ("enospc_from=N", "free some space")] {
        for n in [1, 4, 9, 20, 45, 60, 70, 100, 180] {
            let words = kind.replace('N', &n.to_string());
            let disk = Disk::new();
            disk.control(&words);
            let Err(log) = disk.try_start() else {
                panic!("{words}: it started on a disk that does not work")
            };
            let told = [what, "check the disk", "Input/output error", "No space left on device"];
            assert!(told.iter().any(|text| log.contains(text)), "{words}: {log}");
            disk.control("");
            disk.lose_power(Loss::Parts(n));
            let server = disk.start();
            let mut tried = Tried::made(&server, "tried");
            assert_eq!(tried.story(&server), 0);
        }
    }
}
