//! What each size needs: the head of the page.

use crate::costs::Costs;
use crate::plan::Plan;
use crate::told::{bytes, number, people, percent};
use crate::usage::Usage;

const SIZES: [f64; 4] = [1e6, 1e7, 1e8, 1e9];

/// The head of the page: find your row.
pub(super) fn section(usage: &Usage, costs: &Costs) -> String {
    let plans = plans(usage, costs);
    let plan = Plan::of(usage, costs);
    format!(
        "# How much of everything\n\n\
         How many cores, nodes and databases a platform needs, by its number of accounts. Find your row:\n\n{}\n\
         *Verifies/s* are those of the busiest seconds; *hash cores* serve them at {} use; *nodes* have {} cores each, and one of \
         them is spare. The last column says how much of what one primary carries is used, by what is used up first.\n\n\
         In short: **a verify costs {} ms of a core of Countersign, and {} ms of a core of the database.** Cores for hashing are \
         what you buy; they keep nothing and can be added at any time. One primary carries {} accounts that are used as \
         [assumed](#assumed-use); what ends that is its {}, and never its processor. Where less than one node is needed, smaller \
         nodes do. **One machine with the embedded store** and {} cores serves the verifies of {} accounts; what it lacks is a \
         second machine, and that is what PostgreSQL is for.\n\n\
         The same rows for whoever runs the database. *Log* (WAL) and *hot*, which is what the verifies of one hour touch, are \
         of the busiest hour; with that much memory nobody waits for a disk to read. *Disk* is with all indexes, and with events of {} \
         months.\n\n{}\n\
         All of this page is printed by `cargo xtask capacity` from costs that were [measured](#measured-costs) and uses that are \
         [assumed](#assumed-use); a test keeps it so. [Your own numbers](#your-own-numbers) take one command.\n",
        table(&plans),
        percent(usage.utilisation),
        number(usage.node_cores),
        number(costs.verify_ms.value),
        number(plan.store_cores / plan.peak * 1e3),
        people(largest(usage, costs)),
        plan.primaries.strictest().0,
        number(usage.node_cores),
        people(two_figures(usage.accounts / plan.cores * usage.node_cores)),
        number(usage.months_kept),
        database(&plans),
    )
}

/// A row for each use.
pub(super) fn table(plans: &[(Usage, Plan)]) -> String {
    let rows = plans.iter().map(|(usage, plan)| {
        let (what, share) = plan.primaries.strictest();
        [
            format!("**{}**", people(usage.accounts)),
            number(plan.peak),
            number(plan.cores),
            format!("**{:.0}**", plan.nodes_spared),
            format!("**{:.0}**", plan.primaries.needed()),
            format!("{what} {}", percent(share)),
        ]
    });
    super::table(
        ["accounts", "verifies/s", "hash cores", "nodes", "primaries", "fullest of one primary"],
        rows,
    )
}

/// What each use does to the database, all primaries together.
pub(super) fn database(plans: &[(Usage, Plan)]) -> String {
    let rows = plans.iter().map(|(usage, plan)| {
        [
            format!("**{}**", people(usage.accounts)),
            number(plan.writes),
            number(plan.store_cores),
            format!("{}/s", bytes(plan.wal)),
            bytes(plan.accounts_disk),
            bytes(plan.events_month),
            bytes(plan.disk),
            bytes(plan.hot),
            number(plan.cold_reads),
            number(plan.connections),
        ]
    });
    let head = [
        "accounts",
        "writes/s",
        "cores at work",
        "log",
        "disk: accounts",
        "events a month",
        "in all",
        "hot",
        "disk reads/s if nothing is hot",
        "connections",
    ];
    super::table(head, rows)
}

/// How much of one primary each limit takes.
pub(super) fn fullness(plans: &[(Usage, Plan)]) -> String {
    let rows = plans.iter().map(|(usage, plan)| {
        let full = plan.primaries;
        let spare = Plan::of(&Usage { months_kept: 1.0, ..*usage }, &Costs::MEASURED).primaries;
        [
            people(usage.accounts),
            percent(full.disk),
            percent(full.log),
            percent(full.processor),
            format!("{:.0}", full.needed()),
            format!("{:.0}", spare.needed()),
        ]
    });
    let head = [
        "accounts",
        "disk, of one primary",
        "log",
        "processor",
        "primaries",
        "primaries if events stay for a month",
    ];
    super::table(head, rows)
}

pub(super) fn plans(usage: &Usage, costs: &Costs) -> Vec<(Usage, Plan)> {
    let sizes = SIZES.map(|accounts| usage.with_accounts(accounts));
    sizes.iter().map(|usage| (*usage, Plan::of(usage, costs))).collect()
}

/// The most accounts of one primary.
fn largest(usage: &Usage, costs: &Costs) -> f64 {
    let fits = |accounts| Plan::of(&usage.with_accounts(accounts), costs).primaries.strictest().1 <= 1.0;
    let (mut fitting, mut beyond) = (1.0, 1e12);
    while beyond / fitting > 1.001 {
        let middle = f64::sqrt(fitting * beyond);
        if fits(middle) {
            fitting = middle;
        } else {
            beyond = middle;
        }
    }
    two_figures(fitting)
}

/// Rounded down.
fn two_figures(value: f64) -> f64 {
    let step = 10_f64.powf(value.log10().floor() - 1.0);
    (value / step).floor() * step
}
