//! What is measured. Each scene takes turns: one run of each system, then all of them again.

pub(crate) mod half;
pub(crate) mod overload;
pub(crate) mod peak;
pub(crate) mod reads;
pub(crate) mod window;

use core::fmt;
use std::time::Instant;

use crate::Outcome;
use crate::figures::Figures;
use crate::load::{Load, Told, exact};
use crate::process::Process;
use crate::system::System;

/// Connections of the usual load.
pub(crate) const CONNECTIONS: usize = 64;

/// How much is measured.
#[derive(Clone, Copy)]
pub(crate) struct Effort {
    /// Rounds of each scene.
    pub(crate) rounds: u64,
    /// Seconds of one run.
    pub(crate) seconds: u64,
    /// Requests of one step of the instruction counts.
    pub(crate) counted: u32,
}

impl Effort {
    /// For the report.
    pub(crate) const FULL: Self = Self { rounds: 5, seconds: 6, counted: 1000 };
    /// To see that it works, and roughly how fast.
    pub(crate) const QUICK: Self = Self { rounds: 2, seconds: 2, counted: 300 };
}

/// One run.
pub(crate) struct Run {
    pub(crate) told: Told,
    /// Cores that the measured process had, until the last answer.
    pub(crate) cores: f64,
    /// Its processor seconds.
    pub(crate) used: f64,
}

/// Puts a load on a process, and tells how it went.
#[allow(clippy::disallowed_methods, reason = "a benchmark measures time")]
pub(crate) fn run(what: impl fmt::Display, load: &Load<'_>, process: &Process) -> Outcome<Run> {
    let (begun, before) = (Instant::now(), process.seconds());
    let told = load.run()?;
    let used = process.seconds() - before;
    let cores = used / begun.elapsed().as_secs_f64();
    let complaint = told.complaint().map_or_else(String::new, |complaint| format!("; {complaint}"));
    eprintln!(
        "  {what}: {:.0}/s served, {} refused, p99 {:.1} ms{complaint}",
        told.rate(),
        told.refused.latencies.count(),
        told.served.latencies.quantile(0.99)
    );
    Ok(Run { told, cores, used })
}

/// The figures that every load has.
#[derive(Default)]
pub(crate) struct Answered {
    pub(crate) name: &'static str,
    /// Served a second.
    pub(crate) rate: Figures,
    /// Of what was served, in milliseconds.
    pub(crate) p50: Figures,
    pub(crate) p99: Figures,
    /// Cores used.
    pub(crate) cores: Figures,
    /// Processor time for each good answer in milliseconds.
    pub(crate) cost: Figures,
    /// Requests that failed, over all rounds.
    pub(crate) failed: u64,
}

impl Answered {
    pub(crate) fn of(name: &'static str) -> Self {
        Self { name, ..Self::default() }
    }

    pub(crate) fn add(&mut self, run: &Run) {
        let Run { told, cores, used } = run;
        self.rate.push(told.rate());
        self.p50.push(told.served.latencies.quantile(0.5));
        self.p99.push(told.served.latencies.quantile(0.99));
        self.cores.push(*cores);
        self.cost.push(used * 1000.0 / exact(told.served.latencies.count()));
        self.failed += told.failed.latencies.count();
    }
}

/// Says which scene begins.
pub(crate) fn announce(number: u32, of: u32, what: &str) {
    eprintln!("[{number} of {of}] {what}");
}

/// The server first, then its peers.
pub(crate) fn all<'a>(
    own: &'a System,
    peers: &'a [(crate::peers::Peer, System)],
) -> impl Iterator<Item = &'a System> {
    core::iter::once(own).chain(peers.iter().map(|(_, system)| system))
}
