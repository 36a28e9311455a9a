//! What was measured, as a page.

use core::fmt::Write;
use std::fs;
use std::time::SystemTime;

use crate::Outcome;
use crate::rounds::{Latency, Measured, Pair, Run, median, spread};
use crate::wrk::{CONNECTIONS, THREADS};

/// What is to be reached for `verify`, of the engine alone.
const AIM: f64 = 0.90;
/// With less of its cores than this the loop that never waits shared the machine with somebody.
const QUIET: f64 = 0.97;

/// The machine at the beginning of a run, as far as figures depend on it.
pub(crate) struct Machine {
    date: String,
    load: String,
}

impl Machine {
    #[allow(clippy::disallowed_methods, reason = "a report says when it was made")]
    pub(crate) fn now() -> Outcome<Self> {
        let now = jiff::Timestamp::try_from(SystemTime::now()).map_err(|error| error.to_string())?;
        Ok(Self { date: now.strftime("%Y-%m-%d %H:%M UTC").to_string(), load: load()? })
    }
}

/// The page in Markdown.
pub(crate) fn page(machine: &Machine, measured: &Measured, rounds: u64, seconds: u64) -> Outcome<String> {
    let Measured { verify, status, memory, cores } = measured;
    let all = f64::from(u32::try_from(*cores).unwrap_or(u32::MAX));
    let share = median(&verify.other, |run| run.cores) / all;
    let noise = if share < QUIET {
        "**The machine was not quiet: others used its cores, and the ratios are to be taken with care.**"
    } else {
        "The machine was quiet."
    };
    let mut page = format!(
        "# Benchmark\n\n\
         `cargo xtask bench`, {}, on {cores} cores: {rounds} rounds of {seconds} s each, in turns; medians, with the \
         least and the greatest in brackets. wrk with {CONNECTIONS} connections and {THREADS} threads on the same \
         machine, over loopback. Load average at the start {}, at the end {}. The loop of the engine alone, which \
         never waits, had {:.0} % of the cores. {noise}\n\n\
         | measured | per second | of the other | by CPU time | p50 in ms | p99 in ms | cores used | CPU µs each |\n\
         |---|---|---|---|---|---|---|---|\n",
        machine.date,
        machine.load,
        load()?,
        share * 100.0
    );
    row(&mut page, "`verify`, whole server", &verify.ours, Some(verify));
    row(&mut page, "hash engine alone, a thread a core", &verify.other, None);
    row(&mut page, "`verify-by-status`, window open", &status.ours, Some(status));
    row(&mut page, "bare route that answers `true`", &status.other, None);
    // Writing to a `String` cannot fail.
    let _ = write!(
        page,
        "\nMemory of the server after the last `verify`: {:.1} MiB resident, {:.1} MiB at most.\n\n\
         `verify` is Argon2id at m=19456 KiB, t=2, p=1 over 500 accounts, two durable transactions each; only answers \
         of status 200 count. Its aim is {AIM:.2} of the engine alone or more: {}. \"By CPU time\" compares what one \
         answer costs the measured process in processor time: it leaves wrk out, and suffers less when others use the \
         machine. Absolute figures are this machine's; the ratios are what to compare.\n",
        mebibytes(memory.rss),
        mebibytes(memory.peak),
        match verify.ratio() {
            _ if share < QUIET => "not to be told on a machine this busy",
            ratio if ratio >= AIM => "reached",
            _ => "**not reached**",
        }
    );
    Ok(page)
}

fn row(page: &mut String, name: &str, runs: &[Run], pair: Option<&Pair>) {
    let rate = median(runs, |run| run.rate);
    let (least, most) = spread(runs, |run| run.rate);
    let ratio = pair.map_or_else(String::new, |pair| format!("**{:.3}**", pair.ratio()));
    let latency = |of: fn(Latency) -> f64| match runs.first().and_then(|run| run.latency) {
        Some(_) => format!("{:.2}", median(runs, |run| run.latency.map_or(f64::NAN, of))),
        None => String::new(),
    };
    let (p50, p99) = (latency(|latency| latency.p50), latency(|latency| latency.p99));
    let cores = median(runs, |run| run.cores);
    let by_time =
        pair.map_or_else(String::new, |pair| format!("{:.3}", cost(&pair.other) / cost(&pair.ours)));
    let each = cost(runs) * 1e6;
    let _ = writeln!(
        page,
        "| {name} | {rate:.1} ({least:.1} to {most:.1}) | {ratio} | {by_time} | {p50} | {p99} | {cores:.2} | {each:.1} |"
    );
}

/// Processor seconds for each good answer.
fn cost(runs: &[Run]) -> f64 {
    median(runs, |run| run.cores / run.rate)
}

fn load() -> Outcome<String> {
    let load = fs::read_to_string("/proc/loadavg").map_err(|error| format!("no load average: {error}"))?;
    Ok(load.split_whitespace().take(3).collect::<Vec<_>>().join(" "))
}

fn mebibytes(kibibytes: u64) -> f64 {
    f64::from(u32::try_from(kibibytes).unwrap_or(u32::MAX)) / 1024.0
}
