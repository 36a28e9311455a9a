//! What goes into the arithmetic, where each number is from, and what nobody has measured.

use super::table;
use crate::costs::{Costs, Source};
use crate::told::{number, people};
use crate::usage::{ASSUMPTIONS, Usage};

pub(super) fn section(usage: &Usage, costs: &Costs) -> String {
    let rows = costs.all().map(|cost| {
        let (told, unit) = (number(cost.value), if cost.unit.is_empty() { "" } else { " " });
        [
            format!("`{}`", cost.name),
            format!("{told}{unit}{}", cost.unit),
            cost.what.to_owned(),
            source(cost.source),
        ]
    });
    format!(
        "## What goes in\n\n\
         ### Measured costs\n\n\
         Change one in [costs.rs](../bench/src/bin/capacity/costs.rs), a line each, and print the page again. A core is one of the \
         2 (AMD EPYC, virtual) of the machine on which all of it was measured; yours is another, so measure \
         `verify_ms` there: `countersign bench hash`.\n\n{}\n\
         ### Assumed use\n\n{}\n\
         ### Your own numbers\n\n\
         Each assumption is an option. A platform of 250 M accounts, which are asked 0.8 times a day, and 15 % of that \
         between eight and nine:\n\n\
         ```sh\ncargo xtask capacity --accounts 250M --verifies-per-day 0.8 --busiest-hour 0.15\n```\n\n\
         prints the same tables for it, and the formulas with these numbers in them:\n\n{}\n",
        markdown(["name", "value", "what", "where from"], rows),
        assumptions(usage),
        super::sizes::table(&[example(costs)]),
    )
}

fn example(costs: &Costs) -> (Usage, crate::plan::Plan) {
    let usage = Usage { accounts: 2.5e8, verifies_per_day: 0.8, busiest_hour: 0.15, ..Usage::ASSUMED };
    (usage, crate::plan::Plan::of(&usage, costs))
}

/// Every assumption with its option.
pub(super) fn assumptions(usage: &Usage) -> String {
    let rows = ASSUMPTIONS.iter().map(|assumption| {
        let value = assumption.value(*usage);
        let value = if assumption.option == "accounts" { people(value) } else { number(value) };
        [format!("`--{}`", assumption.option), value, assumption.what.to_owned()]
    });
    markdown(["option", "assumed", "what"], rows.collect::<Vec<_>>())
}

/// What is not measured and not simulated.
pub(super) fn missing() -> String {
    format!(
        "## What is not known\n\n\
         * **How your platform is used.** All of the assumed use is an assumption. So are the limits of one primary: \
         {} cores at work, {} MB of log a second, {} TB and 500 connections are what one machine of today does without effort; nobody tried them here.\n\
         * **The costs of PostgreSQL** were measured with the store's SQL, by `pgbench`, with a database that fits memory, on two cores \
         that the client shared; of several runs the quietest counts. Where others use the same caches, up to twice the \
         processor time was seen. A standby that replays costs the primary sending, which is not in there.\n\
         * **Accounts that are asked more often than others.** The formulas let every account be as likely, which is the worst for \
         log and memory: pages are touched for the first time as often as can be.\n\
         * **A flood of wrong guesses from one network** writes one watch's row for all of them, and connections wait for each \
         other there. Not simulated.\n\
         * **Machines that share their cores.** Hash cores that others use too give what is left.\n",
        number(Usage::ASSUMED.primary_cores),
        number(Usage::ASSUMED.primary_wal_mb),
        number(Usage::ASSUMED.primary_disk_tb),
    )
}

fn source(source: Source) -> String {
    match source {
        Source::Measured(place) => place.to_owned(),
        Source::Counted(place) => format!("counted in {place}"),
    }
}

/// A table whose columns are words; those of numbers are to be compared, these are to be read.
fn markdown<const N: usize>(head: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    table(head, rows).replace("--:", "---")
}
