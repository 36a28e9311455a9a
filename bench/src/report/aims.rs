//! What is to be reached, and whether it was.

use core::fmt::Write;

use super::{Measured, exact, mebibytes};
use crate::figures::Figures;
use crate::peers::Peer;
use crate::scenes::Answered;

/// Memory of one hash in mebibytes, at the parameters of this run.
const ARENA_MIB: f64 = 19.0;
/// What the server may take beside its arenas.
const BESIDE_MIB: f64 = 96.0;

/// One aim.
struct Aim {
    what: &'static str,
    /// The bound in words.
    bound: String,
    /// What was measured, in words.
    measured: String,
    /// Whether others that use the machine change it.
    timed: bool,
    reached: bool,
}

/// The table of all of them.
pub(super) fn table(measured: &Measured) -> String {
    let mut table = "| what | aim | measured | |\n|---|---|---|---|\n".to_owned();
    let busy = !measured.is_quiet();
    for Aim { what, bound, measured, timed, reached } in aims(measured) {
        let word = match reached {
            _ if timed && busy => "not to be told on a machine this busy",
            true => "reached",
            false => "**short**",
        };
        // Writing to a `String` cannot fail.
        let _ = writeln!(table, "| {what} | {bound} | {measured} | {word} |");
    }
    table.push_str(
        "\nTold elsewhere: pairs of charge and settlement through the writer, and all of this on PostgreSQL \
         (`cargo xtask bench stores`, stores.md).\n",
    );
    table
}

fn aims(measured: &Measured) -> Vec<Aim> {
    let mut aims = throughput(measured);
    aims.extend(waiting(measured));
    aims.extend(overload(measured));
    let cheap = measured.window.ours.rate.over(&measured.window.bare.rate);
    aims.push(at_least("`verify-by-status` over a bare route, under the same wrk", 0.5, &cheap));
    aims
}

fn throughput(Measured { peak, .. }: &Measured) -> Vec<Aim> {
    let Some(own) = peak.systems.first() else { return Vec::new() };
    let mut aims = vec![at_least(
        "`verify` at 64 connections over the engine alone",
        0.95,
        &own.rate.over(&peak.engine),
    )];
    let of = |peer: Peer| peak.systems.iter().find(|system| system.name == peer.name());
    let rust = [of(Peer::Plain), of(Peer::Careful)].into_iter().flatten();
    if let Some(best) = rust.max_by(|left, right| left.rate.median().total_cmp(&right.rate.median())) {
        let what = "`verify` over the faster of the two axum services";
        aims.push(at_least(what, 2.0, &own.rate.over(&best.rate)));
    }
    for (peer, what) in
        [(Peer::Node, "`verify` over the Node service"), (Peer::Python, "`verify` over the Python service")]
    {
        let over = |other: &Answered| at_least(what, 2.5, &own.rate.over(&other.rate));
        aims.extend(of(peer).map(over));
    }
    aims
}

fn waiting(Measured { peak, half, reads, .. }: &Measured) -> Vec<Aim> {
    let mut aims = Vec::new();
    let hash = peak.hash_ms.median();
    let hashes = |answered: &Answered| answered.p99.map(|p99| p99 / hash);
    let at_half = |what, answered: &Answered| Aim {
        what,
        bound: "under 2.5 hashes".to_owned(),
        measured: format!("{} hashes of {hash:.2} ms", hashes(answered).told(2)),
        timed: true,
        reached: hashes(answered).median() < 2.5,
    };
    if let Some(own) = half.independent.first() {
        let floor = half.floor_ms / hash;
        aims.push(Aim {
            measured: format!("{}; {floor:.2} if only hashes took time", hashes(own).told(2)),
            ..at_half("p99 of `verify` at half of its peak, requests that come independently", own)
        });
        aims.push(at_half("the same, requests that come evenly", &half.even));
    }
    if let Some(own) = peak.systems.first() {
        aims.push(below("p99 of `verify` at saturation", 1000.0, "ms", &own.p99));
    }
    aims.push(below(
        "p99 of reads of an account's state while every core hashes",
        10.0,
        "ms",
        &reads.saturated.p99,
    ));
    aims
}

fn overload(measured: &Measured) -> Vec<Aim> {
    let Measured { peak, overload, machine, .. } = measured;
    let (Some(best), Some(own)) = (peak.systems.first(), overload.systems.first()) else { return Vec::new() };
    let best = best.rate.median();
    let limit = exact(machine.cores) * ARENA_MIB + BESIDE_MIB;
    let memory = mebibytes(own.memory);
    let kept = own.answered.rate.map(|rate| rate / best);
    vec![
        at_least("goodput at ten times the peak, of the peak", 0.9, &kept),
        at_least("of those served then: share within 1 s", 0.9, &own.within),
        below("p99 of refusals then", 5.0, "ms", &own.refused_p99),
        Aim {
            what: "most resident memory, after all of that",
            bound: format!("under {limit:.0} MiB: cores × arena + 96"),
            measured: format!("{memory:.1} MiB"),
            timed: false,
            reached: memory < limit,
        },
        Aim {
            what: "guesses charged, and comparisons made, beyond those answered",
            bound: "0 and 0".to_owned(),
            measured: format!("{} and {}", overload.charged_unanswered, overload.compared_unanswered),
            timed: false,
            reached: overload.charged_unanswered == 0 && overload.compared_unanswered == 0,
        },
    ]
}

fn at_least(what: &'static str, bound: f64, figures: &Figures) -> Aim {
    let (measured, reached) = (figures.told(3), figures.median() >= bound);
    Aim { what, bound: format!("{bound:.2} or more"), measured, timed: true, reached }
}

fn below(what: &'static str, bound: f64, unit: &str, figures: &Figures) -> Aim {
    let measured = format!("{} {unit}", figures.told(2));
    let reached = figures.median() < bound;
    Aim { what, bound: format!("under {bound:.0} {unit}"), measured, timed: true, reached }
}
