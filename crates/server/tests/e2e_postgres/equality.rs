//! Invariant E in the database's own words: a wrong secret, one that is not set and a name that nobody has cost as many
//! transactions and as many reads.

use countersign_throwaway::Server as Postgres;
use serde_json::json;

use crate::server::Server;

/// As many tries of each, of which the cheapest counts: what the server does by itself falls between some of them.
const TRIES: usize = 8;

/// What one guess made the database do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Cost {
    commits: usize,
    /// Of what turned out to change nothing.
    rollbacks: usize,
    /// Locks among them.
    reads: usize,
}

#[test]
fn wrong_unset_and_unknown_cost_the_database_the_same() {
    let postgres = Postgres::start_with(&[("log_statement", "all")]).expect("starts");
    let url = postgres.database();
    // Nothing locks while they are counted, and no guess waits for another.
    let policy = [
        ("COUNTERSIGN_POLICY__GUESSES__BURST", "100"),
        ("COUNTERSIGN_POLICY__GUESSES__DAY", "100"),
        ("COUNTERSIGN_POLICY__GUESSES__LIFETIME", "100"),
        ("COUNTERSIGN_STORE__POSTGRES__URL", url.as_str()),
    ];
    let server = Server::start_with(&policy);
    for (name, secrets) in
        [("wrong", json!({ "login": "its-own-login" })), ("unset", json!({ "payment": "its-payment" }))]
    {
        let made =
            server.native("POST", "/v1/accounts", Some(&json!({ "username": name, "secrets": secrets })));
        assert_eq!(made.status, 201, "{}", made.text());
    }
    let costs = ["wrong", "unset", "unknown"].map(|name| cheapest(&postgres, &server, name));
    assert_eq!(costs[0], costs[1], "wrong, and not set");
    assert_eq!(costs[0], costs[2], "wrong, and unknown");
    assert_eq!(costs[0].commits, 2, "one charges, one settles: {costs:?}");
}

fn cheapest(postgres: &Postgres, server: &Server, name: &str) -> Cost {
    let login = json!({ "username": name, "login": "not-the-one" });
    let guess = |_| {
        let before = counted(postgres);
        let told = server.native("POST", "/v1/sessions", Some(&login));
        assert_eq!(told.status, 403, "{}", told.text());
        let after = counted(postgres);
        Cost {
            commits: after.commits - before.commits,
            rollbacks: after.rollbacks - before.rollbacks,
            reads: after.reads - before.reads,
        }
    };
    (0..TRIES).map(guess).min().expect("tried")
}

/// What the database has logged until now. A query of our own makes sure that all of it is there.
fn counted(postgres: &Postgres) -> Cost {
    let mark = format!("SELECT 'mark {}'", postgres.log().len());
    postgres.psql(&postgres.url("postgres"), &mark).expect("answers");
    let mut log = postgres.log();
    while !log.contains(&mark) {
        log = postgres.log();
    }
    // Of a prepared statement only its execution counts.
    let done = log.lines().filter(|line| line.contains("execute ") || line.contains("statement: "));
    let mut cost = Cost { commits: 0, rollbacks: 0, reads: 0 };
    for line in done.filter(|line| !line.contains("'mark ")) {
        cost.commits += usize::from(line.ends_with(": COMMIT"));
        cost.rollbacks += usize::from(line.ends_with(": ROLLBACK"));
        cost.reads += usize::from(line.contains(": SELECT"));
    }
    cost
}
