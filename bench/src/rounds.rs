//! Rounds: A, B, A, B, … and their medians.

use core::time::Duration;
use std::thread::available_parallelism;

use crate::Outcome;
use crate::bare::Bare;
use crate::engine::Engines;
use crate::process::Memory;
use crate::scene::{SECRET, Scene};
use crate::server::Server;
use crate::wrk::Load;

/// Long enough for connections to open and caches to fill.
const WARM_UP: u64 = 2;

/// One run of one thing.
#[derive(Clone, Copy)]
pub(crate) struct Run {
    /// Good answers a second.
    pub(crate) rate: f64,
    /// Cores that the measured process had.
    pub(crate) cores: f64,
    /// Of answers; the engine alone has none.
    pub(crate) latency: Option<Latency>,
}

/// In milliseconds.
#[derive(Clone, Copy)]
pub(crate) struct Latency {
    pub(crate) p50: f64,
    pub(crate) p99: f64,
}

/// Two things that took turns.
#[derive(Default)]
pub(crate) struct Pair {
    /// The server's.
    pub(crate) ours: Vec<Run>,
    /// What it is compared with.
    pub(crate) other: Vec<Run>,
}

/// Everything that was measured.
pub(crate) struct Measured {
    pub(crate) verify: Pair,
    pub(crate) status: Pair,
    /// Of the server, after the last `verify` and before any `verify-by-status`.
    pub(crate) memory: Memory,
    pub(crate) cores: usize,
}

pub(crate) fn measure(
    server: &Server,
    scene: &Scene,
    bare: &Bare,
    rounds: u64,
    seconds: u64,
) -> Outcome<Measured> {
    let cores = available_parallelism().map_or(1, usize::from);
    let accounts = scene.accounts.path().to_string_lossy().into_owned();
    let verify = Load {
        script: include_str!("verify.lua"),
        url: &server.url,
        environment: vec![
            ("BENCH_ACCOUNTS", &accounts),
            ("BENCH_KEY", &server.api_key),
            ("BENCH_SECRET", SECRET),
        ],
        server: &server.process,
    };
    let mut engines = Engines::new(cores)?;
    let loop_alone = || engines.run(Duration::from_secs(seconds));
    let verify = turns("verify", rounds, seconds, &verify, "engine alone", loop_alone)?;
    drop(engines);
    let memory = server.process.memory()?;
    let status = |url, process| Load {
        script: include_str!("status.lua"),
        url,
        environment: vec![("BENCH_TOKEN", scene.token.as_str())],
        server: process,
    };
    let (ours, bare) = (status(&server.url, &server.process), status(&bare.url, &bare.process));
    bare.run(WARM_UP)?;
    let bare_route = || bare.run(seconds);
    let status = turns("verify-by-status", rounds, seconds, &ours, "bare route", bare_route)?;
    Ok(Measured { verify, status, memory, cores })
}

fn turns(
    name: &str,
    rounds: u64,
    seconds: u64,
    ours: &Load<'_>,
    other_name: &str,
    mut other: impl FnMut() -> Outcome<Run>,
) -> Outcome<Pair> {
    ours.run(WARM_UP)?;
    let mut pair = Pair::default();
    for round in 1..=rounds {
        pair.ours.push(told(name, round, rounds, ours.run(seconds)?));
        pair.other.push(told(other_name, round, rounds, other()?));
    }
    Ok(pair)
}

fn told(name: &str, round: u64, rounds: u64, run: Run) -> Run {
    eprintln!("{name}, round {round} of {rounds}: {:.1}/s on {:.2} cores", run.rate, run.cores);
    run
}

impl Pair {
    /// How many of the other's the server makes, median over median.
    pub(crate) fn ratio(&self) -> f64 {
        median(&self.ours, |run| run.rate) / median(&self.other, |run| run.rate)
    }
}

/// The middle value; of two middle ones the mean.
pub(crate) fn median(runs: &[Run], of: impl Fn(&Run) -> f64) -> f64 {
    let mut values: Vec<f64> = runs.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        odd if odd % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

/// The least and the greatest value.
pub(crate) fn spread(runs: &[Run], of: impl Fn(&Run) -> f64) -> (f64, f64) {
    let both = (f64::INFINITY, f64::NEG_INFINITY);
    runs.iter().map(of).fold(both, |(least, most), value| (least.min(value), most.max(value)))
}

pub(crate) fn seconds_of(time: Duration) -> f64 {
    time.as_secs_f64()
}
