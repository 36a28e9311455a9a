//! Servers that are killed while the database goes on, or dies with them: what was answered is still so afterwards.

#[path = "../e2e/crash/changed.rs"]
mod changed;
#[path = "../e2e/crash/dice.rs"]
mod dice;
#[path = "../e2e/crash/entered.rs"]
mod entered;
#[path = "../e2e/crash/guessed.rs"]
mod guessed;
#[path = "../e2e/crash/load.rs"]
mod load;
#[path = "../e2e/crash/repeated.rs"]
mod repeated;
#[path = "../e2e/crash/restored.rs"]
mod restored;

use std::sync::Arc;

use countersign_throwaway::Server as Postgres;

use self::dice::Dice;
use self::load::Load;
use crate::server::Server;

/// After so long a guess that nobody settled is a miss (policy `in_flight_s`), in seconds.
const IN_FLIGHT_S: u32 = 60;

const ROUNDS: u64 = 10;

/// Cheap hashes: the less is computed the more is written when a crash comes.
const CHEAP: [(&str, &str); 5] = [
    ("COUNTERSIGN_HASH__PRESET", "custom"),
    ("COUNTERSIGN_HASH__ALLOW_WEAK", "true"),
    ("COUNTERSIGN_HASH__MEMORY_KIB", "64"),
    ("COUNTERSIGN_HASH__PASSES", "1"),
    ("COUNTERSIGN_HASH__LANES", "1"),
];

#[test]
fn a_kill_loses_no_acknowledged_change_and_forgets_no_guess() {
    let postgres = Postgres::start().expect("starts");
    let url = postgres.database();
    let folder = Arc::new(tempfile::tempdir().expect("a temporary folder"));
    let settings = [("COUNTERSIGN_STORE__POSTGRES__URL", url.as_str())];
    let settings: Vec<_> = CHEAP.into_iter().chain(settings).collect();
    let start = || Server::start_on(Arc::clone(&folder), &settings);
    let (mut server, mut dice) = (start(), Dice::new(7));
    let mut load = Load::new(&server);
    for round in 0..ROUNDS {
        let answers = 3 + usize::try_from(dice.below(120)).expect("small");
        load.run(server, answers, Server::kill);
        if round % 2 == 1 {
            postgres.kill().expect("is killed");
            postgres.restart().expect("comes back");
        }
        server = start();
        // Guesses that the crash left in flight become misses.
        server.advance(IN_FLIGHT_S);
        load.check(&server).unwrap_or_else(|why| panic!("round {round}: {why}\nlog: {}", server.log()));
    }
    load.check_all(&server).unwrap_or_else(|why| panic!("{why}"));
    assert!(load.counts().iter().all(|count| *count > 0), "there was load: {:?}", load.counts());
}
