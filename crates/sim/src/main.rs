//! `countersign-sim`: runs histories, or one of them again.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "a command line tool speaks to its terminal")]

use std::process::ExitCode;
use std::time::Instant;

use countersign_sim::history;
use countersign_sim::story::Told;
use countersign_sim::tally::Tally;
use countersign_sim::template::Template;

#[allow(clippy::disallowed_methods, reason = "how fast it went is told to a person")]
fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let template = Template::make().expect("template");
    if words.first().is_some_and(|w| w == "--seed") {
        let seed = words[1].parse().expect("number");
        let history = history::run(&template, seed, Told::Lines);
        for line in history.story.lines() {
            println!("{line}");
        }
        for v in &history.violations {
            println!("VIOLATION {v}");
        }
        println!("{:x}", history.story.fingerprint());
        return ExitCode::SUCCESS;
    }
    let count: u64 = words[0].parse().expect("number");
    let begun = Instant::now();
    let mut tally = Tally::default();
    let mut bad = 0;
    for seed in 0..count {
        let history = history::run(&template, seed, Told::Nothing);
        tally += history.tally;
        if !history.violations.is_empty() {
            bad += 1;
            if bad < 20 {
                println!("seed {seed}: {}", history.violations.join(" | "));
            }
        }
    }
    let took = begun.elapsed();
    println!("{tally}");
    println!("{count} histories, {bad} bad, {:?}, {:?} each", took, took / u32::try_from(count).unwrap());
    ExitCode::SUCCESS
}
