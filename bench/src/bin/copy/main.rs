//! `countersign-copy [ACCOUNTS]`: a store of many accounts is copied from SQLite to PostgreSQL and back, once in one go and
//! once killed with `kill -9` in the middle, and the checksums are compared.
//!
//! The accounts come by `countersign import`; PostgreSQL is one of its own that is gone afterwards. Everything runs on
//! loopback and in temporary folders.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "a command line tool speaks to its terminal")]

#[path = "../scale/lines.rs"]
mod lines;
mod page;
mod place;
mod verify;

use std::process::ExitCode;

use countersign_throwaway::Server;

use place::{Copied, Place};

/// Accounts, unless another number is named.
const ACCOUNTS: u64 = 1_000_000;
/// The fewest: of fewer a copy is done before it can be killed.
const FEWEST: u64 = 100_000;

/// What goes wrong ends the run with words for a person.
type Outcome<T> = Result<T, String>;

/// What was measured of one direction.
struct Way {
    name: &'static str,
    /// In one go.
    whole: Copied,
    /// Rows of the one that was killed when it went on, and what it then took.
    resumed: Copied,
}

fn main() -> ExitCode {
    match accounts().and_then(run) {
        Ok(page) => {
            println!("{page}");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn accounts() -> Outcome<u64> {
    let Some(word) = std::env::args().nth(1) else { return Ok(ACCOUNTS) };
    let number = word.replace('_', "").parse().ok().filter(|n| (FEWEST..=100_000_000).contains(n));
    number.ok_or_else(|| format!("{word}: a number from {FEWEST} to 100000000 is needed"))
}

fn run(accounts: u64) -> Outcome<String> {
    let place = Place::new()?;
    // As many rows as a server that holds them would keep in memory: half a gigabyte.
    let postgres = Server::start_with(&[("shared_buffers", "512MB"), ("max_wal_size", "4GB")])?;
    eprintln!("{accounts} accounts: importing");
    let lines = lines::write(&place, accounts)?;
    place.run(&["import", "--config", "embedded.toml", &lines.to_string_lossy()])?;
    std::fs::remove_file(&lines).map_err(|error| error.to_string())?;
    let embedded = [("there.toml", postgres.database()), ("there-killed.toml", postgres.database())];
    for (name, url) in &embedded {
        place.of_postgres(name, url)?;
    }
    let ways = [
        way(&place, "SQLite to PostgreSQL", "embedded.toml", ["there.toml", "there-killed.toml"])?,
        way(&place, "PostgreSQL to SQLite", "there.toml", ["back.toml", "back-killed.toml"])?,
    ];
    for way in &ways {
        if way.whole.sums != ways[0].whole.sums || way.resumed.sums != ways[0].whole.sums {
            return Err(format!("{}: the checksums are not the same", way.name));
        }
    }
    eprintln!("comparing the first store with the last");
    let (compared, _) =
        place.timed(&["copy", "verify", "--config", "embedded.toml", "--to", "back-killed.toml"])?;
    page::page(accounts, &ways, compared)
}

fn way(place: &Place, name: &'static str, from: &str, [to, killed]: [&str; 2]) -> Outcome<Way> {
    eprintln!("{name}: in one go");
    let whole = place.copy(from, to)?;
    eprintln!("{name}: killed in the middle");
    place.kill(from, killed)?;
    eprintln!("{name}: going on");
    let resumed = place.copy(from, killed)?;
    if resumed.found == 0 {
        return Err("nothing was found of the copy that was killed".to_owned());
    }
    Ok(Way { name, whole, resumed })
}
