//! `verify-by-status` with an open window against a bare route, both under wrk: the whole cost of a cheap answer.

use super::Effort;
use crate::Outcome;
use crate::bare::Bare;
use crate::figures::Figures;
use crate::server::Server;
use crate::wrk::{Load, Run};

/// Long enough for connections to open and caches to fill.
const WARM_UP_S: u64 = 1;

/// What came of it.
pub(crate) struct Window {
    pub(crate) ours: Cheap,
    pub(crate) bare: Cheap,
}

/// Figures of a cheap route.
#[derive(Default)]
pub(crate) struct Cheap {
    /// Good answers a second.
    pub(crate) rate: Figures,
    /// In milliseconds.
    pub(crate) p50: Figures,
    pub(crate) p99: Figures,
    /// Cores that the process had.
    pub(crate) cores: Figures,
}

pub(crate) fn measure(server: &Server, bare: &Bare, effort: Effort) -> Outcome<Window> {
    let ours = Load { url: &server.url, token: &server.token, server: &server.system.process };
    let route = Load { url: &bare.url, token: &server.token, server: &bare.process };
    ours.run(WARM_UP_S)?;
    route.run(WARM_UP_S)?;
    let mut window = Window { ours: Cheap::default(), bare: Cheap::default() };
    for round in 1..=effort.rounds {
        eprintln!(" round {round} of {}", effort.rounds);
        window.ours.add("verify-by-status", ours.run(effort.seconds)?);
        window.bare.add("bare route", route.run(effort.seconds)?);
    }
    Ok(window)
}

impl Cheap {
    fn add(&mut self, name: &str, run: Run) {
        let Run { rate, p50, p99, cores } = run;
        eprintln!("  {name}: {rate:.0}/s on {cores:.2} cores");
        self.rate.push(rate);
        self.p50.push(p50);
        self.p99.push(p99);
        self.cores.push(cores);
    }
}
