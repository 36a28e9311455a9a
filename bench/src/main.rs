//! `countersign-bench [ROUNDS] [SECONDS]`: ratios, measured side by side in one run on one machine.
//!
//! | measured | against |
//! |---|---|
//! | `verify` through the whole server | the hash engine alone, as many threads as cores, the same parameters |
//! | `verify-by-status` with an open window | a bare route that answers `true` |
//!
//! Rounds alternate between what is compared, and medians are taken, so that a machine that slows down for a while
//! slows both. Everything runs on loopback against a server of its own on a temporary folder.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "a command line tool speaks to its terminal")]

mod bare;
mod engine;
mod process;
mod report;
mod rounds;
mod scene;
mod server;
mod wrk;

use std::path::Path;
use std::process::ExitCode;

/// What goes wrong ends the run with words for a person.
type Outcome<T> = Result<T, String>;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let done = match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [bare::WORD] => bare::serve(),
        [] => bench(5, 8),
        [rounds] => number(rounds).and_then(|rounds| bench(rounds, 8)),
        [rounds, seconds] => {
            number(rounds).and_then(|rounds| number(seconds).and_then(|seconds| bench(rounds, seconds)))
        }
        _ => Err("countersign-bench [ROUNDS] [SECONDS]".to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn number(word: &str) -> Outcome<u64> {
    let number = word.parse().ok().filter(|number| (1..=1000).contains(number));
    number.ok_or_else(|| format!("{word}: a number from 1 to 1000 is needed"))
}

fn bench(rounds: u64, seconds: u64) -> Outcome<()> {
    wrk::present()?;
    let machine = report::Machine::now()?;
    let server = server::Server::start()?;
    let scene = scene::Scene::set(&server)?;
    let bare = bare::Bare::start()?;
    let measured = rounds::measure(&server, &scene, &bare, rounds, seconds)?;
    let page = report::page(&machine, &measured, rounds, seconds)?;
    println!("{page}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("report.md");
    std::fs::write(&path, page).map_err(|error| format!("the report cannot be written: {error}"))
}
