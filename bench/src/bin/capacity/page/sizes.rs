//! What each size needs, and what breaks first.

use crate::costs::Costs;
use crate::plan::Plan;
use crate::told::{bytes, number, people, percent};
use crate::usage::Usage;

const SIZES: [f64; 4] = [1e6, 1e7, 1e8, 1e9];

/// The head of the page: find your row.
pub(super) fn section(usage: &Usage, costs: &Costs) -> String {
    format!(
        "# How much of everything\n\n\
         Printed by `cargo xtask capacity` from the measured costs and the assumptions [below](#what-goes-in); a test keeps \
         it so. Find your row. If a platform is used otherwise than assumed, [ask for your own](#your-own-numbers).\n\n{}\n\
         *Hash cores* are those of Countersign at {} use in the busiest seconds; *nodes* have {} cores each, and one of them \
         is spare. *Disk* holds {} months of events. *Hot* is what the busiest hour touches in the database: with that much \
         memory nobody waits for a disk to read. *Breaks first* is the first limit of the database; before that, at every size, \
         the hash cores are used up, and more nodes mend that.\n\n\
         In short: **a verify costs {} ms of a core of Countersign and {} ms of a core of the database.** Cores for hashing are \
         what you buy. One primary carries {} accounts; what ends that is not its processor but its disk and its log.\n",
        table(&plans(usage, costs)),
        percent(usage.utilisation),
        number(usage.node_cores),
        number(usage.months_kept),
        number(costs.verify_ms.value),
        number(Plan::of(usage, costs).store_cores / Plan::of(usage, costs).peak * 1e3),
        people(largest(usage, costs)),
    )
}

/// The most accounts of one primary, to two figures.
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
    let step = 10_f64.powf(fitting.log10().floor() - 1.0);
    (fitting / step).floor() * step
}

fn plans(usage: &Usage, costs: &Costs) -> Vec<(Usage, Plan)> {
    let sizes = SIZES.map(|accounts| usage.with_accounts(accounts));
    sizes.iter().map(|usage| (*usage, Plan::of(usage, costs))).collect()
}

/// A row for each use.
pub(super) fn table(plans: &[(Usage, Plan)]) -> String {
    let rows = plans.iter().map(|(usage, plan)| {
        [
            format!("**{}**", people(usage.accounts)),
            number(plan.peak),
            number(plan.cores),
            format!("{:.0}", plan.nodes_spared),
            format!("**{:.0}**", plan.primaries.needed()),
            number(plan.writes),
            format!("{}/s", bytes(plan.wal)),
            bytes(plan.disk),
            bytes(plan.events_month),
            bytes(plan.hot),
            plan.primaries.strictest().0.to_owned(),
        ]
    });
    super::table(
        [
            "accounts",
            "verifies/s, busiest seconds",
            "hash cores",
            "nodes",
            "primaries",
            "writes/s",
            "log (WAL)",
            "disk",
            "of it events a month",
            "hot",
            "breaks first",
        ],
        rows,
    )
}

/// How much of one primary each size takes.
pub(super) fn fullness(plans: &[(Usage, Plan)]) -> String {
    let rows = plans.iter().map(|(usage, plan)| {
        let (full, connections) = (plan.primaries, plan.connections / plan.primaries.needed());
        [
            people(usage.accounts),
            percent(full.by_cores),
            percent(full.by_wal),
            percent(full.by_disk),
            number(plan.store_cores),
            number(plan.cold_reads),
            number(connections.max(usage.readers + usage.writers)),
        ]
    });
    super::table(
        [
            "accounts",
            "processor, of one primary",
            "log",
            "disk",
            "cores at work",
            "reads/s from disk, if nothing is hot",
            "connections to each primary",
        ],
        rows,
    )
}

/// What breaks first, and what to do then.
pub(super) fn ladder(usage: &Usage, costs: &Costs) -> String {
    let at = |accounts| Plan::of(&usage.with_accounts(accounts), costs);
    let billion = at(1e9);
    let log = |minutes| {
        let usage = Usage { checkpoint_minutes: minutes, ..usage.with_accounts(1e9) };
        bytes(Plan::of(&usage, costs).wal)
    };
    let reads = costs.reads.value * costs.read_us.value * billion.peak / 1e6 / billion.store_cores;
    format!(
        "## What breaks first, and what to do then\n\n{}\n\
         In the order in which it happens:\n\n\
         1. **Hash cores**, at every size. Countersign answers `overloaded` and charges nothing. *Do:* add nodes; they keep \
         nothing, so nothing moves. It ends only where the database does.\n\
         2. **Disk, for the events.** An account takes {} once; its events take {} a year. *Do:* keep fewer months, \
         or move months away: each is a part of its own, and goes without a trace in the others.\n\
         3. **The log**, which every standby has to receive and to write. Of {} a second at 1 B, {} are pages written whole, \
         because {} of the accounts' pages written are their checkpoint's first. *Do:* more time between checkpoints: at 1 B {} a \
         second every 5 minutes, {} every {}, {} every 60; a standby that takes over then has more log to replay. Leave \
         room in the accounts' pages (`fillfactor` 85): without it a cold charge writes 1.6 times as much log, measured.\n\
         4. **Connections.** Each node has {} that write and {} that read. Beyond some 500 to a primary, lower the \
         pools of the nodes: reads are short.\n\
         5. **Writer connections of a node**, only where a commit is slow: see [writing](#writing-what-a-slow-commit-costs). *Do:* set \
         `writers` to 2 or 4.\n\
         6. **The primary's processor**, last: {} cores at 1 B.\n\n\
         **Followers that only read do not help.** A verify is two decisions that are written, and what it reads decides too: a \
         follower that is a second behind would believe a key that was just revoked, and a budget that was just used up. \
         Reads are {} of the primary's work, so even without any of them it would carry no more than {} times as much, and disk and log \
         would be as they are.\n\n\
         **A second primary, by tenant**, is the step after that: a second installation, with nodes, database and master key of \
         its own, for some of the tenants. No transaction touches two accounts, and no account two tenants, so nothing is shared. \
         Which tenant is where, the callers' host name says; Countersign does not route.\n\n\
         **Distributed SQL** (CockroachDB, YugabyteDB, Citus) is for a single tenant that needs more than one primary. The account's \
         id leads every key, so rows spread by themselves; a commit then costs a round of agreement, so read the row for 20 ms \
         below. Not measured.\n",
        fullness(&plans(usage, costs)),
        bytes(billion.accounts_disk / 1e9),
        bytes(billion.events_month * 12.0 / 1e9),
        bytes(billion.wal),
        bytes(billion.wal_pages),
        percent(billion.first_touches),
        log(5.0),
        log(usage.checkpoint_minutes),
        number(usage.checkpoint_minutes),
        log(60.0),
        number(usage.writers),
        number(usage.readers),
        number(billion.store_cores),
        percent(reads),
        number(1.0 / (1.0 - reads)),
    )
}
