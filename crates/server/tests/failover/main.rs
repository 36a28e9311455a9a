//! Failovers of the database under the real servers: `cargo xtask failover`.
//!
//! The cluster of `examples/cluster` is started, callers change payment secrets, guess, and repeat requests under keys
//! through `HAProxy`, and round after round the leading database is killed with -9, or cut off from the network while it
//! still runs. After every round: what was acknowledged is there, no guess was gained, and service was back within
//! [`RECOVERY`] of the new leader. No Countersign server is ever restarted.
//!
//! It takes minutes and a machine of its own, with root, so it is not part of the tests' usual run.

mod caller;
mod changed;
mod clock;
mod cluster;
mod guessed;
mod load;
mod repeated;
mod report;
mod round;

use std::time::Duration;

use cluster::Cluster;
use load::Load;
use report::Report;
use round::{Fault, Round};

/// Within so long of the new leader the first change must be acknowledged.
const RECOVERY: Duration = Duration::from_secs(5);

/// Rounds below which the report is not worth keeping.
const KEPT: u32 = 10;

/// What is not as in production, and why. Cheap hashes: the less is computed the more is written when a fault comes. A
/// key that nobody answered is free again, and a guess that nobody settled a miss, within a round. A lock outlives the
/// campaign, so that no account is ever given a guess back.
const SETTINGS: [(&str, &str); 8] = [
    ("COUNTERSIGN_HASH__PRESET", "custom"),
    ("COUNTERSIGN_HASH__ALLOW_WEAK", "true"),
    ("COUNTERSIGN_HASH__MEMORY_KIB", "64"),
    ("COUNTERSIGN_HASH__PASSES", "1"),
    ("COUNTERSIGN_HASH__LANES", "1"),
    ("COUNTERSIGN_SERVER__REQUEST_TIMEOUT_S", "10"),
    ("COUNTERSIGN_POLICY__GUESSES__IN_FLIGHT_S", "15"),
    ("COUNTERSIGN_POLICY__GUESSES__LOCK_FIRST_S", "86400"),
];

#[test]
#[ignore = "takes minutes and a machine of its own: cargo xtask failover"]
fn a_failover_loses_no_acknowledged_change_and_gains_no_guess() {
    let rounds = asked_for();
    let cluster = Cluster::up(&SETTINGS);
    let processes = cluster::servers();
    let mut report = Report::new();
    let mut load = Load::new(&cluster);
    for n in 0..rounds {
        let fault = if n.is_multiple_of(2) { Fault::Kill } else { Fault::Cut };
        let round = Round::play(&cluster, &mut load, fault);
        let held = load.check().and_then(|()| round.check(RECOVERY));
        held.unwrap_or_else(|why| panic!("round {}, {}: {why}", n + 1, fault.words()));
        assert_eq!(cluster::servers(), processes, "no server was restarted");
        eprintln!("round {} of {rounds}: {}", n + 1, round.line());
        report.add(round);
    }
    load.check_all().unwrap_or_else(|why| panic!("in the end: {why}"));
    let page = report.page(&load.counts());
    let kept = if rounds >= KEPT { "docs/failover.md" } else { "target/failover.md" };
    cluster::write(kept, &page);
    eprintln!("{page}\nwritten to {kept}; nothing that was acknowledged was lost, and no guess was gained");
}

#[allow(
    clippy::disallowed_methods,
    reason = "how long to try is for whoever runs the campaign, not a setting"
)]
fn asked_for() -> u32 {
    std::env::var("COUNTERSIGN_FAILOVER_ROUNDS")
        .map_or(KEPT, |rounds| rounds.parse().expect("a number of rounds"))
}
