//! `countersign-scale [ACCOUNTS...]`: what a database of many accounts costs to fill, to keep, to start with and to use.
//!
//! For each size a database of its own is filled by `countersign import`, a server is started on it, and all servers then
//! answer verifies in turns, with password hashes so cheap that what remains is everything but the hash. Everything runs
//! on loopback in a temporary folder, which goes at the end.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "a command line tool speaks to its terminal")]

mod disk;
mod lines;
mod page;
mod place;
mod server;
mod verify;

use std::path::Path;
use std::process::ExitCode;

/// Sizes that are measured if none are named.
const SIZES: [u64; 2] = [10_000, 1_000_000];

/// What goes wrong ends the run with words for a person.
type Outcome<T> = Result<T, String>;

/// What was measured of one size.
struct Measured {
    accounts: u64,
    import_s: f64,
    import_cpu_s: f64,
    disk: disk::Use,
    start_ms: Vec<f64>,
    verify: verify::Latencies,
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match sizes(&words).and_then(|sizes| run(&sizes)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn sizes(words: &[String]) -> Outcome<Vec<u64>> {
    let size = |word: &String| {
        let number =
            word.replace('_', "").parse().ok().filter(|n| (verify::ACCOUNTS..=100_000_000).contains(n));
        number.ok_or_else(|| format!("{word}: a number from {} to 100000000 is needed", verify::ACCOUNTS))
    };
    let sizes = words.iter().map(size).collect::<Outcome<Vec<_>>>()?;
    Ok(if sizes.is_empty() { SIZES.to_vec() } else { sizes })
}

fn run(sizes: &[u64]) -> Outcome<()> {
    let mut places = Vec::new();
    for &accounts in sizes {
        disk::expect_room(accounts)?;
        let place = place::Place::new()?;
        eprintln!("{accounts} accounts: writing the lines");
        let lines = lines::write(&place, accounts)?;
        eprintln!("{accounts} accounts: importing");
        let (import_s, import_cpu_s) = place.import(&lines, accounts)?;
        std::fs::remove_file(&lines).map_err(|error| error.to_string())?;
        let disk = disk::Use::of(&place, accounts)?;
        eprintln!("{accounts} accounts: {import_s:.1} s, {:.0} bytes each", disk.each());
        places.push((accounts, place, (import_s, import_cpu_s), disk));
    }
    let mut servers = Vec::new();
    for (accounts, place, ..) in &places {
        let (mut starts, mut server) = (Vec::new(), None);
        for _ in 0..server::STARTS {
            drop(server.take());
            let (started, ms) = server::Server::start(place)?;
            starts.push(ms);
            server = Some(started);
        }
        let server = server.ok_or("no server was started")?;
        eprintln!("{accounts} accounts: ready after {starts:.0?} ms");
        servers.push((verify::Subjects::find(&server, *accounts)?, server, starts));
    }
    let latencies = verify::in_turns(&servers.iter().map(|(s, server, _)| (s, server)).collect::<Vec<_>>())?;
    let measured = places.into_iter().zip(servers).zip(latencies).map(
        |(((accounts, _, (import_s, import_cpu_s), disk), (_, _, start_ms)), verify)| Measured {
            accounts,
            import_s,
            import_cpu_s,
            disk,
            start_ms,
            verify,
        },
    );
    let page = page::page(&measured.collect::<Vec<_>>())?;
    println!("{page}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scale.md");
    std::fs::write(&path, page).map_err(|error| format!("the page cannot be written: {error}"))
}
