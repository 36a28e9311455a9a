//! The project's own commands: `cargo xtask <command>`.
//!
//! `cargo xtask test` is the one test command. It prints each step and how long it took, and ends with the first that
//! fails. Whatever is missing on the machine it installs beside the build, or names exactly.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "a command line tool speaks to its terminal")]

mod bench;
mod capacity;
mod copy;
mod crash;
mod failover;
mod fuzz;
mod peers;
mod scale;
mod simulate;
mod step;
mod timing;

use std::process::ExitCode;

use step::{Step, cargo};

const HELP: &str = "\
cargo xtask <command>

  test              everything that must hold: format, lints, licences, tests, peers, a slice of fuzzing
  peers             prepare the independent clients that the tests speak to (Python, Node.js, Java)
  fuzz [SECONDS]    fuzz every parser and every dialect for SECONDS each (default 60)
  crash [ROUNDS]    kill -9 under load, ROUNDS times (default 1000)
  crash power [ROUNDS]
                    the same with a power cut, which takes whatever was not synced (default 300)
  failover [ROUNDS | smoke]
                    kill the leading database of a cluster with -9, or cut it off, ROUNDS times (default 10) under load,
                    and write docs/failover.md (from 10 rounds on); or only start the cluster, try it and remove it; as
                    root, with Debian's packages
  timing [REQUESTS] ask REQUESTS times at each door (default 2000) and compare the times of an unknown name, an
                    unset secret and a wrong one
  simulate [HISTORIES | --seed SEED | mutants [NAME | slice]]
                    run simulated HISTORIES (default 3000); one of them again, told line by line; or prove that the
                    simulation finds faults put in on purpose: all, some, or the slice that stands for all
  bench [--quick] [--out DIR] [--without NAME]...
                    measure the server against the raw engine, a bare route and four services of others, in one run,
                    and write bench/report.md; --quick takes a few minutes and writes beside the build
  bench events [--quick]
                    measure verify while a webhook and a stream are told of it, and write bench/events.md
  bench stores [--quick]
                    measure the embedded store and PostgreSQL side by side, and write bench/stores.md
  bench scale [ACCOUNTS...]
                    fill databases of so many ACCOUNTS (default 10000 1000000) by import, and measure it, their size,
                    the start of a server and a verify on each
  capacity [--OPTION NUMBER]...
                    write docs/capacity.md anew from measured costs; or print its tables for another use, such as
                    --accounts 250M --verifies-per-day 0.8
  copy [ACCOUNTS]   copy a store of so many ACCOUNTS (default 1000000) from SQLite to PostgreSQL and back, in one go and
                    killed in the middle, and compare the checksums
  docs              write docs/configuration.md anew from the settings' types
";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let command = words.first().cloned().unwrap_or_default();
    let power = command == "crash" && words.get(1).is_some_and(|word| word == "power");
    let number = words.get(if power { 2 } else { 1 }).map(|word| word.parse::<u64>());
    let done = match (command.as_str(), number) {
        ("test", None) => test(),
        ("peers", None) => peers::prepare().map(drop),
        ("fuzz", None) => fuzz::run(60),
        ("fuzz", Some(Ok(seconds))) => fuzz::run(seconds),
        ("crash", None) => crash::run(power, None),
        ("crash", Some(Ok(rounds))) => crash::run(power, Some(rounds)),
        ("timing", None) => timing::run(2000),
        ("timing", Some(Ok(requests))) => timing::run(requests),
        ("bench", Some(_)) if words[1] == "scale" => scale::run(&words[2..]),
        ("bench", _) => bench::run(&words[1..]),
        ("capacity", _) => capacity::run(&words[1..]),
        ("copy", _) => copy::run(&words[1..]),
        ("docs", None) => docs(),
        ("failover", _) => failover::run(&words[1..]),
        ("simulate", _) => simulate::run(&words[1..]),
        _ => {
            print!("{HELP}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("\n{why}");
            ExitCode::FAILURE
        }
    }
}

/// What a command or a step of it comes to; an error says what happened and what to do.
type Done = Result<(), String>;

fn test() -> Done {
    let steps = [
        Step::new("format", || cargo(&["fmt", "--all", "--check"])),
        Step::new("lints", || {
            cargo(&["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"])
        }),
        Step::new("licences", licences),
        Step::new("peers", || peers::prepare().map(drop)),
        Step::new("tests", || cargo(&["test", "--workspace", "--all-features", "--no-fail-fast"])),
        Step::new("fuzzing, a slice", || fuzz::run(4)),
        Step::new("simulation, a slice", || simulate::run(&["3000".to_owned()])),
        Step::new("simulation, a slice of its mutants", || {
            simulate::run(&["mutants", "slice"].map(str::to_owned))
        }),
    ];
    step::run_all(&steps)
}

/// Every dependency's licence, source and bans, by `deny.toml`; installs cargo-deny where it is missing.
fn licences() -> Done {
    if !step::works("cargo", &["deny", "--version"]) {
        cargo(&["install", "cargo-deny", "--version", "0.20.2", "--locked"])?;
    }
    cargo(&["deny", "--log-level", "error", "--all-features", "check", "licenses", "bans", "sources"])
}

fn docs() -> Done {
    let page =
        step::output("cargo", &["run", "--quiet", "--package", "countersign", "--", "config", "reference"])?;
    std::fs::write(step::root().join("docs/configuration.md"), page).map_err(|error| error.to_string())
}
