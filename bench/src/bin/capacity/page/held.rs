//! The simulation held against what was measured of the server.

use super::flood::steady;
use super::table;
use super::waiting::{capacity, node};
use crate::costs::Costs;
use crate::hashing::{Scene, run};
use crate::told::{ms, number};
use crate::usage::Usage;

/// As bench/report.md has it, of 2 cores: milliseconds, but for the last.
const AT_HALF: (f64, f64) = (15.5, 44.5);
const SATURATED: f64 = 324.0;
const CONNECTIONS: f64 = 64.0;
const AT_TEN_TIMES: (f64, f64) = (762.0, 901.0);
const GOODPUT: f64 = 0.887;

/// A table of both.
pub(super) fn held(costs: &Costs) -> String {
    let scene = Scene { cores: 2, ..node(&Usage::ASSUMED, costs) };
    let coming = |share: f64| {
        run(&Scene { rates: vec![(0.0, share * capacity(&scene)), (60.0, 0.0)], ..scene.clone() })
    };
    let (half, flood) = (coming(0.5), coming(10.0));
    let [half_p50, half_p99] = half.times.within([0.5, 0.99]);
    let [flood_p50, flood_p99] = flood.times.within([0.5, 0.99]);
    let goodput = steady(&flood, |second| second.served) / capacity(&scene);
    let row = |what: &str, simulated: String, measured: f64| [what.to_owned(), simulated, number(measured)];
    let rows = [
        row("at half of the peak: p50, ms", ms(half_p50), AT_HALF.0),
        row("the same: p99, ms", ms(half_p99), AT_HALF.1),
        row("64 connections that ask again at once: p50, ms", ms(CONNECTIONS / capacity(&scene)), SATURATED),
        row("at ten times the peak: p50 of those served, ms", ms(flood_p50), AT_TEN_TIMES.0),
        row("the same: p99, ms", ms(flood_p99), AT_TEN_TIMES.1),
        row("the same: served, of the peak", number(goodput), GOODPUT),
    ];
    format!(
        "### Held against the server\n\n\
         The same scenes on 2 cores, simulated, and as [measured](../bench/report.md). The server's two commits, its \
         connections and the load itself shared those two cores, which shows where little waits:\n\n{}",
        table(["2 cores", "simulated", "measured"], rows)
    )
}
