//! Invariants G and D from outside: whatever was answered before a crash is still so after it.
//!
//! Several callers change payment secrets, guess, repeat requests under keys, open sessions and reset by code, while
//! the process is killed (`kill -9`), or the power goes, which takes whatever was not synced with it. What was
//! acknowledged must be there; what was not may or may not be; a guess that was told must stay charged; and the audit
//! trail must tell exactly what happened.

mod changed;
mod dice;
mod disk;
mod entered;
mod faults;
mod guessed;
mod journal;
mod load;
mod repeated;
mod restored;
mod undo;

use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::server::Server;
use dice::Dice;
use disk::Disk;
use journal::{Loss, Lost};
use load::Load;

/// Rounds on the same data; then everything that was ever told is checked again, and new data are begun. Guesses
/// in flight age in each round by a minute, so that a lock of fifteen minutes lasts until that check.
const ERA: u64 = 10;
/// A server that crashed must be ready again within this; generous, because tests share the machine.
const READY: Duration = Duration::from_secs(5);
/// After so long a guess that nobody settled is a miss (policy `in_flight_s`), in seconds.
const IN_FLIGHT_S: u32 = 60;

/// Cheap hashes: here the disk is tried, and the less is computed the more is written when a crash comes.
const CHEAP: [(&str, &str); 5] = [
    ("COUNTERSIGN_HASH__PRESET", "custom"),
    ("COUNTERSIGN_HASH__ALLOW_WEAK", "true"),
    ("COUNTERSIGN_HASH__MEMORY_KIB", "64"),
    ("COUNTERSIGN_HASH__PASSES", "1"),
    ("COUNTERSIGN_HASH__LANES", "1"),
];

#[test]
fn a_kill_loses_no_acknowledged_change_and_forgets_no_guess() {
    let (rounds, live) = asked_for("COUNTERSIGN_CRASH_ROUNDS", 30);
    let mut campaign = Campaign::new(live);
    for round in 0..rounds {
        campaign.round(round, || Ground::Folder(Arc::new(tempfile::tempdir().expect("a folder"))));
    }
    campaign.end("kills");
}

#[test]
fn a_power_cut_loses_no_acknowledged_change_and_forgets_no_guess() {
    let (rounds, live) = asked_for("COUNTERSIGN_POWER_ROUNDS", 10);
    let mut campaign = Campaign::new(live);
    for round in 0..rounds {
        campaign.round(round, || Ground::Disk(Disk::new()));
    }
    let Lost { writes, sectors, .. } = campaign.lost;
    assert!(
        writes > 0 && sectors > 0,
        "a power cut takes something, or nothing was tried: {:?}",
        campaign.lost
    );
    campaign.end("power cuts");
}

/// Also the first start writes much: a database, its schema, a master key, a demo tenant.
#[test]
fn a_power_cut_in_the_first_start_leaves_nothing_that_hinders_the_next() {
    let mut dice = Dice::new(5);
    let (rounds, every_one) = asked_for("COUNTERSIGN_POWER_ROUNDS", 24);
    for round in 0..rounds {
        let disk = Disk::new();
        // The start takes about 260 writes and syncs, and most of what may go wrong is in the first 80 of them.
        let cut = if every_one { round % 240 + 1 } else { round * 5 % 236 + 1 + dice.below(5) };
        disk.control(&format!("cut={cut}"));
        assert!(disk.try_start().is_err(), "it is killed at {cut}");
        let loss = if round % 3 == 0 { Loss::Everything } else { Loss::Parts(round) };
        let taken = disk.lose_power(loss);
        let server =
            disk.try_start().unwrap_or_else(|log| panic!("cut at {cut}, {loss:?}, {taken:?}: {log}"));
        let id = server.says("/account/id").to_owned();
        server.kill();
        disk.lose_power(Loss::Everything);
        assert_eq!(disk.start().says("/account/id"), id, "cut at {cut}: what was shown once is there");
    }
}

/// The same on a disk that lies, as an `fsync` that is switched off would: what was acknowledged since then is gone,
/// and if these checks did not see that, they would see nothing.
#[test]
fn a_disk_that_lies_about_syncs_is_found_out() {
    let disk = Disk::new();
    let server = disk.start();
    let mut load = Load::new(&server);
    disk.control("lie=1");
    load.run(server, 60, Server::kill);
    disk.control("");
    disk.lose_power(Loss::Everything);
    let server = disk.start();
    server.advance(IN_FLIGHT_S);
    let found = load.check(&server).expect_err("acknowledged changes are gone");
    assert!(found.contains("an acknowledged change of") && found.contains("was lost"), "{found}");
}

/// Where a server's data are, and how it ends.
enum Ground {
    /// In a folder as it is; the process is killed.
    Folder(Arc<TempDir>),
    /// On a disk that loses power with the process.
    Disk(Disk),
}

impl Ground {
    fn start(&self) -> Server {
        match self {
            Self::Folder(folder) => Server::start_on(Arc::clone(folder), &CHEAP),
            Self::Disk(disk) => disk.start(),
        }
    }

    /// Puts load on the server and kills it after so many answers. On a disk of its own also from within, between two
    /// of its writes and syncs, be it at work or while it ends and folds its log into the database.
    fn crash(&self, server: Server, load: &mut Load, dice: &mut Dice) {
        let answers = 3 + usize::try_from(dice.below(120)).expect("small");
        let Self::Disk(disk) = self else {
            load.run(server, answers, Server::kill);
            return;
        };
        // In microseconds; while a sync takes its time, much is written and not safe.
        let latency = dice.one_of(&[0, 2000, 10_000]);
        disk.control(&format!("latency={latency}"));
        if dice.below(2) == 0 {
            disk.fold_log();
        }
        match dice.below(3) {
            0 => {
                load.run(server, answers, Server::kill);
            }
            1 => {
                disk.control(&format!("latency={latency} cut={}", 1 + dice.below(500)));
                load.run(server, 0, |server| assert!(!server.wait(), "it was killed"));
            }
            _ => {
                let cut = 1 + dice.below(60);
                load.run(server, answers, |server| {
                    disk.control(&format!("cut={cut}"));
                    // It may be done before so many writes, and then has ended well.
                    server.stop()
                });
            }
        }
    }

    /// After the process was killed: takes what was not safe.
    fn lose(&self, round: u64) -> Lost {
        match self {
            Self::Folder(_) => Lost::default(),
            Self::Disk(disk) if round.is_multiple_of(3) => disk.lose_power(Loss::Everything),
            Self::Disk(disk) => disk.lose_power(Loss::Parts(round)),
        }
    }
}

/// Rounds of load, crash, start and check, and what they came to.
struct Campaign {
    era: Option<(Ground, Server, Load)>,
    dice: Dice,
    rounds: u64,
    counts: [u64; 5],
    slowest: Duration,
    lost: Lost,
    /// Whether somebody watches.
    live: bool,
}

impl Campaign {
    const fn new(live: bool) -> Self {
        let lost = Lost { writes: 0, sectors: 0, names: 0 };
        Self { era: None, dice: Dice::new(3), rounds: 0, counts: [0; 5], slowest: Duration::ZERO, lost, live }
    }

    fn round(&mut self, round: u64, ground: impl FnOnce() -> Ground) {
        let (ground, server, mut load) = self.era.take().unwrap_or_else(|| {
            let ground = ground();
            let server = ground.start();
            let load = Load::new(&server);
            (ground, server, load)
        });
        // Different in each round, so that the crash falls into different moments of the work.
        ground.crash(server, &mut load, &mut self.dice);
        let lost = ground.lose(round);
        self.lost.writes += lost.writes;
        self.lost.sectors += lost.sectors;
        self.lost.names += lost.names;
        let (server, took) = timed(|| ground.start());
        assert!(took < READY, "round {round}: ready after {took:?}");
        self.slowest = self.slowest.max(took);
        // Guesses that the crash left in flight become misses.
        server.advance(IN_FLIGHT_S);
        let held = load.check(&server);
        held.unwrap_or_else(|why| panic!("round {round}: {why}\n{lost:?}\nlog: {}", server.log()));
        self.rounds += 1;
        self.era = Some((ground, server, load));
        if self.rounds.is_multiple_of(ERA) {
            self.end_era();
        }
        if self.live {
            eprint!("\r{}", self.line());
            let _ = std::io::stderr().flush();
        }
    }

    fn end_era(&mut self) {
        let Some((_ground, server, mut load)) = self.era.take() else { return };
        load.check_all(&server).unwrap_or_else(|why| panic!("after round {}: {why}", self.rounds));
        for (sum, more) in self.counts.iter_mut().zip(load.counts()) {
            *sum += more;
        }
    }

    fn line(&self) -> String {
        let mut counts = self.counts;
        if let Some((_, _, load)) = &self.era {
            counts.iter_mut().zip(load.counts()).for_each(|(sum, more)| *sum += more);
        }
        let [changes, guesses, keys, sessions, resets] = counts;
        format!(
            "round {}: {changes} changes, {guesses} guesses, {keys} keys, {sessions} sessions, {resets} resets, \
             slowest start {} ms",
            self.rounds,
            self.slowest.as_millis()
        )
    }

    fn end(mut self, what: &str) {
        self.end_era();
        let Lost { writes, sectors, names } = self.lost;
        let taken = if writes + names == 0 {
            String::new()
        } else {
            format!(
                "; of {writes} writes and {names} names that were not synced, {sectors} sectors were lost"
            )
        };
        eprintln!("\r{what}, {}; nothing that was acknowledged was lost{taken}", self.line());
        assert!(self.rounds < ERA || self.counts.iter().all(|count| *count > 0), "there was load");
    }
}

#[allow(clippy::disallowed_methods, reason = "how long a start takes is what is asked here")]
fn timed<R>(work: impl FnOnce() -> R) -> (R, Duration) {
    let began = Instant::now();
    let done = work();
    (done, began.elapsed())
}

/// How many rounds, and whether they were asked for, so that somebody watches.
#[allow(clippy::disallowed_methods, reason = "how long to try is for whoever runs the tests, not a setting")]
fn asked_for(name: &str, otherwise: u64) -> (u64, bool) {
    match std::env::var(name) {
        Ok(rounds) => (rounds.parse().expect("a number of rounds"), true),
        Err(_) => (otherwise, false),
    }
}
