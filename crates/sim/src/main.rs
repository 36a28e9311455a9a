//! `countersign-sim`: runs histories, or one of them again.
//!
//! Histories run in as many processes as there are cores, because SQLite's way to the simulated disks is for one
//! thread alone.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "a command line tool speaks to its terminal")]

mod campaign;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use countersign_sim::history::{self, History};
use countersign_sim::story::Told;
use countersign_sim::tally::Tally;
use countersign_sim::template::Template;

const HELP: &str = "\
countersign-sim [HISTORIES] [--first SEED]   run HISTORIES (default 3000), one for each seed from SEED (default 0) on
countersign-sim --seed SEED                  run one history again and tell it line by line
countersign-sim --hunt SECONDS --first SEED  run from SEED on until a rule is broken, or for SECONDS

Ends with 1 if a rule was broken.
";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let numbers: Vec<u64> = words.iter().filter_map(|word| word.parse().ok()).collect();
    let done = match (words.as_slice(), numbers.as_slice()) {
        ([], []) => campaign::run(3000, 0),
        ([_], [histories]) => campaign::run(*histories, 0),
        ([_, "--first", _], [histories, first]) => campaign::run(*histories, *first),
        (["--seed", _], [seed]) => tell(*seed),
        (["--hunt", _, "--first", _], [seconds, first]) => hunt(Duration::from_secs(*seconds), *first),
        (["--slice", _, _], [first, histories]) => slice(*first, *histories),
        _ => {
            print!("{HELP}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

/// Runs one history and tells it.
fn tell(seed: u64) -> Result<bool, String> {
    let History { violations, story, .. } = history::run(&Template::make()?, seed, Told::Lines);
    println!(" step  clock");
    for line in story.lines() {
        println!("{line}");
    }
    println!("fingerprint {:016x}", story.fingerprint());
    for violation in &violations {
        println!("BROKEN {violation}");
    }
    Ok(violations.is_empty())
}

/// Runs histories until one breaks a rule or the time is over.
#[allow(clippy::disallowed_methods, reason = "a person waits for the end of the hunt")]
fn hunt(time: Duration, first: u64) -> Result<bool, String> {
    let template = Template::make()?;
    let begun = Instant::now();
    for seed in first.. {
        if !history::run(&template, seed, Told::Nothing).violations.is_empty() {
            println!("after {} histories and {} s:", seed - first + 1, begun.elapsed().as_secs());
            return tell(seed);
        }
        if begun.elapsed() > time {
            println!("nothing in {} histories", seed - first + 1);
            break;
        }
    }
    Ok(true)
}

/// What one process of a campaign does: tells its counts now and then, and every seed that broke a rule.
fn slice(first: u64, histories: u64) -> Result<bool, String> {
    let template = Template::make()?;
    let (mut tally, mut done) = (Tally::default(), 0);
    for seed in first..first.saturating_add(histories) {
        let history = history::run(&template, seed, Told::Nothing);
        tally += history.tally;
        done += 1;
        if !history.violations.is_empty() {
            println!("{} {seed} {}", campaign::BROKEN, history.violations.join("; ").replace('\n', " "));
        }
        if done == 200 || seed + 1 == first.saturating_add(histories) {
            println!("{} {done} {}", campaign::DONE, tally.line());
            (tally, done) = (Tally::default(), 0);
        }
    }
    Ok(true)
}
