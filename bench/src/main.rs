//! `cargo xtask bench`: ratios, measured side by side in one run on one machine, and a report of them.
//!
//! | scene | what is measured |
//! |---|---|
//! | [`scenes::peak`] | `verify` at 64 connections, against the engine alone and against every peer |
//! | [`scenes::half`] | how long a verify takes at half of that |
//! | [`scenes::overload`] | ten times that: goodput, refusals, memory, and what was charged |
//! | [`scenes::reads`] | reads while every core hashes |
//! | [`scenes::window`] | `verify-by-status` against a bare route, under wrk |
//! | [`stores`] | the embedded store and PostgreSQL, in a page of their own |
//! | [`events`] | verify while nobody is told of it, and while a webhook and a stream are, in a page of its own |
//! | [`intents`] | approve and consume against verify, in a page of its own |
//! | [`instructions`] | instructions of the cheap paths, by callgrind |
//!
//! Rounds take turns between what is compared, and medians are taken, so that a machine that slows down for a while
//! slows all. Everything runs on loopback against servers of its own on temporary folders.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "a command line tool speaks to its terminal")]

mod bare;
mod engine;
mod events;
mod figures;
mod instructions;
mod intents;
mod load;
mod options;
mod peers;
mod process;
mod report;
mod scenes;
mod server;
mod stores;
mod system;
mod wrk;

use std::process::ExitCode;
use std::time::Instant;

use options::Options;
use report::{Machine, Measured};
use scenes::{all, announce, half, overload, peak, reads, window};
use system::System;

/// What goes wrong ends the run with words for a person.
type Outcome<T> = Result<T, String>;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let done = match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [bare::WORD] => bare::serve(),
        [instructions::WORD, path, times] => times
            .parse()
            .map_err(|_| format!("{times}: not a number"))
            .and_then(|times| instructions::answer(path, times)),
        [stores::WORD, words @ ..] => {
            Options::parse(words).and_then(|options| stores::measure(&options.out, options.effort))
        }
        [events::WORD, words @ ..] => {
            Options::parse(words).and_then(|options| events::measure(&options.out, options.effort))
        }
        [intents::WORD, words @ ..] => {
            Options::parse(words).and_then(|options| intents::measure(&options.out, options.effort))
        }
        words => Options::parse(words).and_then(|options| bench(&options)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

#[allow(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn bench(options: &Options) -> Outcome<()> {
    const SCENES: u32 = 6;
    let begun = Instant::now();
    wrk::present()?;
    if options.callgrind {
        instructions::present()?;
    }
    let machine = Machine::now()?;
    let effort = options.effort;
    let mut engines = engine::Engines::new(machine.cores)?;
    let peers = peers::start(&options.without, &mut engines)?;
    let server = server::Server::start()?;
    let systems: Vec<&System> = all(&server.system, &peers).collect();
    announce(1, SCENES, "at saturation: 64 connections");
    let peak = peak::measure(&systems, &mut engines, machine.cores, effort)?;
    drop(engines);
    let peaks: Vec<f64> = peak.systems.iter().map(|system| system.rate.median()).collect();
    announce(2, SCENES, "at half of its own peak");
    let half = half::measure(&systems, &peaks, (machine.cores, peak.hash_ms.median()), effort)?;
    announce(3, SCENES, "at ten times its own peak: 512 connections");
    let overload = overload::measure(&server, &systems, &peaks, effort)?;
    drop(systems);
    drop(peers);
    announce(4, SCENES, "reads beside hashing");
    let reads = reads::measure(&server, effort)?;
    announce(5, SCENES, "verify-by-status against a bare route");
    let window = window::measure(&server, &bare::Bare::start()?, effort)?;
    drop(server);
    let instructions = if options.callgrind {
        announce(6, SCENES, "instructions of the cheap paths");
        instructions::measure(effort.counted)?
    } else {
        Vec::new()
    };
    let left_out = options.left_out();
    let (stolen, took_s) = (machine.stolen(), begun.elapsed().as_secs());
    let measured = Measured {
        machine,
        effort,
        peak,
        half,
        overload,
        reads,
        window,
        instructions,
        left_out,
        stolen,
        took_s,
    };
    println!("{}", report::write(&options.out, &measured)?);
    eprintln!("written to {}", options.out.join("report.md").display());
    Ok(())
}
