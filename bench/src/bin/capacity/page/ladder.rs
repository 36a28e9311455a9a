//! What breaks first, and what to do then.

use super::sizes::{fullness, plans};
use crate::costs::Costs;
use crate::plan::Plan;
use crate::told::{bytes, number, percent};
use crate::usage::Usage;

pub(super) fn section(usage: &Usage, costs: &Costs) -> String {
    let table = fullness(&plans(usage, costs));
    format!(
        "## What breaks first, and what to do then\n\n{table}\n{}\n{}",
        steps(usage, costs),
        beyond(usage, costs)
    )
}

fn steps(usage: &Usage, costs: &Costs) -> String {
    let billion = Plan::of(&usage.with_accounts(1e9), costs);
    let log = |minutes| {
        let usage = Usage { checkpoint_minutes: minutes, ..usage.with_accounts(1e9) };
        bytes(Plan::of(&usage, costs).wal)
    };
    format!(
        "In the order in which it happens:\n\n\
         1. **Hash cores**, at every size. Countersign answers `overloaded` and charges nothing. *Do:* add nodes. It ends only where \
         the database does.\n\
         2. **Disk, for events.** An account takes {} once; its events take {} a year. *Do:* keep fewer months, or move months \
         away: each month is a part of the table of its own.\n\
         3. **The log**, which every standby receives and writes. Of {} a second at 1 B accounts, {} are pages that are written \
         whole, because {} of the accounts' pages that are written to are so for the first time since a checkpoint. *Do:* more time \
         between checkpoints ({}/s with 5 minutes, {}/s with {}, {}/s with 60; whoever takes over then has more to replay), and \
         room in the accounts' pages (`ALTER TABLE accounts SET (fillfactor = 85)`, which these figures assume; without it a cold charge writes 1.6 times as much log, measured).\n\
         4. **Connections.** Each node has {} that write and {} that read. Beyond some 500 to one primary make the nodes' pools \
         smaller (`store.postgres.connections`): a read takes microseconds.\n\
         5. **Writer connections of one node**, only on nodes with many times {} cores: see \
         [writing](#writing-what-a-slow-commit-costs). *Do:* set `writers` to 4, or take more nodes.\n\
         6. **The primary's processor**, last: {} cores at work at 1 B accounts.\n",
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
        number(usage.node_cores),
        number(billion.store_cores),
    )
}

/// Beyond one primary.
fn beyond(usage: &Usage, costs: &Costs) -> String {
    let plan = Plan::of(usage, costs);
    let reads = costs.reads.value * costs.read_us.value * plan.peak / 1e6 / plan.store_cores;
    format!(
        "**Followers that only read do not help.** A verify is two decisions that are written, and what it reads decides too: a \
         follower that is a second behind would believe a key that was just revoked. Reads are {} of the primary's work; \
         without any of them it would carry {} times as much by its processor, which is not what ends first, and no more by disk and \
         log. Standbys are for failing over.\n\n\
         **A second primary, by tenant**, is the step beyond one: a second installation for some of the tenants, with nodes, \
         database and master key of its own. No transaction touches two accounts, and no account two tenants, so nothing is \
         shared. The callers' host name says which tenant is where; Countersign does not route.\n\n\
         **Distributed SQL** (CockroachDB, YugabyteDB, Citus) is for one tenant that needs more than one primary. The account's id \
         leads every key, so rows spread by themselves. A commit is then a round of agreement: read the columns of 5 and 20 ms \
         [below](#writing-what-a-slow-commit-costs). Not measured.\n",
        percent(reads),
        number(1.0 / (1.0 - reads)),
    )
}
