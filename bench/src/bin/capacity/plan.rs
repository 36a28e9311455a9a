//! The arithmetic: what a use needs at the costs that were measured. Pure; the page tells each formula in words.

use crate::costs::Costs;
use crate::usage::Usage;

/// Bytes of a page of PostgreSQL.
const PAGE: f64 = 8192.0;
const DAYS_OF_A_MONTH: f64 = 365.0 / 12.0;
/// The most decisions in one transaction, the default of `store.postgres.batch`.
const BATCH: f64 = 128.0;
/// A core's share of a node's memory: one arena, in mebibytes.
const ARENA: f64 = 19.0;

/// What a use comes to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// Verifies a second: over the busiest hour, and in its busiest seconds.
    pub(crate) hourly: f64,
    pub(crate) peak: f64,
    /// Hash cores to serve the peak at the utilisation that is wanted, and nodes with and without a spare one.
    pub(crate) cores: f64,
    pub(crate) nodes: f64,
    pub(crate) nodes_spared: f64,
    pub(crate) node_memory_mib: f64,
    /// Decisions that are written, each second of the peak.
    pub(crate) writes: f64,
    /// Decisions that share a transaction then.
    pub(crate) together: f64,
    /// The database's cores at work at the peak.
    pub(crate) store_cores: f64,
    /// Bytes of log a second over the busiest hour, and the part of these that are whole pages.
    pub(crate) wal: f64,
    pub(crate) wal_pages: f64,
    /// Share of the pages that a verify writes to which are its checkpoint's first.
    pub(crate) first_touches: f64,
    /// Bytes: of accounts and all they are found by, of events a month, and both with all events that are kept.
    pub(crate) accounts_disk: f64,
    pub(crate) events_month: f64,
    pub(crate) disk: f64,
    /// Bytes of pages that a busiest hour touches, and reads from disk a second if none of it is in memory.
    pub(crate) hot: f64,
    pub(crate) cold_reads: f64,
    /// Of all nodes, to each primary.
    pub(crate) connections: f64,
    pub(crate) primaries: Primaries,
}

/// How many primaries each limit asks for, as parts of one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Primaries {
    pub(crate) processor: f64,
    pub(crate) log: f64,
    pub(crate) disk: f64,
}

impl Primaries {
    /// As many as the strictest limit asks for.
    pub(crate) fn needed(self) -> f64 {
        self.strictest().1.ceil().max(1.0)
    }

    /// The limit that is reached first, and how much of one primary it takes.
    pub(crate) fn strictest(self) -> (&'static str, f64) {
        let Self { processor, log, disk } = self;
        let limits = [("disk", disk), ("log", log), ("processor", processor)];
        limits.into_iter().fold(("", 0.0), |most, limit| if limit.1 > most.1 { limit } else { most })
    }
}

impl Plan {
    /// What this use needs.
    pub(crate) fn of(usage: &Usage, costs: &Costs) -> Self {
        let daily = usage.accounts * usage.verifies_per_day;
        let hourly = daily * usage.busiest_hour / 3600.0;
        let peak = hourly * usage.burst;
        let cores = peak * costs.verify_ms.value / 1000.0 / usage.utilisation;
        let nodes = (cores / usage.node_cores).ceil().max(1.0);
        let nodes_spared = nodes + 1.0;
        let updates = 2.0 + usage.other_writes + usage.wrong * costs.miss_watches.value;
        let writes = peak * updates;
        let together = together(writes / nodes, usage, costs);
        let store_cores =
            (peak * store_us(usage, costs) + writes / together * costs.transaction_us.value) / 1e6;
        let disk = Disk::of(usage, costs, daily);
        let log = Log::of(usage, costs, hourly);
        let limits = (usage.primary_cores, usage.primary_wal_mb * 1e6, usage.primary_disk_tb * 1e12);
        Self {
            hourly,
            peak,
            cores,
            nodes,
            nodes_spared,
            node_memory_mib: costs.node_memory.value + usage.node_cores * ARENA,
            writes,
            together,
            store_cores,
            wal: log.bytes,
            wal_pages: log.pages,
            first_touches: log.first_touches,
            accounts_disk: disk.accounts,
            events_month: disk.events_month,
            disk: disk.all,
            hot: hot(usage, costs, hourly),
            cold_reads: hourly * 3.0,
            connections: nodes_spared * (usage.readers + usage.writers),
            primaries: Primaries {
                processor: store_cores / limits.0,
                log: log.bytes / limits.1,
                disk: disk.all / limits.2,
            },
        }
    }
}

/// How many decisions share a transaction where so many a second come to one node. While a connection is busy for
/// `transaction + n × each + commit`, its share of them comes for the next; solved for `n`. At most [`BATCH`], at least one.
pub(crate) fn together(rate: f64, usage: &Usage, costs: &Costs) -> f64 {
    let each_s = (costs.charge_us.value + costs.settle_us.value) / 2e6;
    let fixed_s = costs.transaction_us.value / 1e6 + usage.commit_ms / 1e3;
    let free = usage.writers - rate * each_s;
    if free <= 0.0 { BATCH } else { (rate * fixed_s / free).clamp(1.0, BATCH) }
}

/// The longest gap, in seconds, that callers who all come again until they are served do not make last for ever. They are
/// `gap × rate` by then; as often as each asks, its refusal takes time of a core; and only what the cores have beyond the
/// usual use can pay for that.
pub(crate) fn longest_gap(utilisation: f64, between_s: f64, costs: &Costs) -> f64 {
    (1.0 - utilisation) / utilisation * costs.verify_ms.value / costs.refusal_ms.value * between_s
}

/// Microseconds of the primary for all that belongs to one verify, but for its transactions' own.
pub(crate) fn store_us(usage: &Usage, costs: &Costs) -> f64 {
    let charges = 1.0 + usage.wrong * costs.miss_watches.value;
    let settlements = 1.0 + usage.other_writes;
    charges * costs.charge_us.value
        + settlements * costs.settle_us.value
        + costs.reads.value * costs.read_us.value
}

/// How many of so many pages are touched at least once by so many touches, each of any page: those that are not are
/// missed by every touch.
pub(crate) fn touched(pages: f64, touches: f64) -> f64 {
    if pages > 0.0 { pages * -(-touches / pages).exp_m1() } else { 0.0 }
}

/// Events of so many months that have begun, half of the last one on average.
fn event_key_pages(usage: &Usage, costs: &Costs) -> f64 {
    let daily = usage.accounts * usage.verifies_per_day * (1.0 + usage.other_writes);
    daily * DAYS_OF_A_MONTH / 2.0 * costs.event_key.value / PAGE
}

struct Disk {
    accounts: f64,
    events_month: f64,
    all: f64,
}

impl Disk {
    fn of(usage: &Usage, costs: &Costs, daily: f64) -> Self {
        let account = costs.account_heap.value + costs.account_key.value + costs.account_found.value;
        let event = costs.event_heap.value + costs.event_key.value + costs.event_time.value;
        let accounts = usage.accounts * account;
        let events_month = daily * (1.0 + usage.other_writes) * DAYS_OF_A_MONTH * event;
        Self { accounts, events_month, all: accounts + events_month * usage.months_kept }
    }
}

struct Log {
    bytes: f64,
    pages: f64,
    first_touches: f64,
}

impl Log {
    fn of(usage: &Usage, costs: &Costs, hourly: f64) -> Self {
        let seconds = usage.checkpoint_minutes * 60.0;
        let charges = 1.0 + usage.wrong * costs.miss_watches.value;
        let settlements = 1.0 + usage.other_writes;
        let warm = charges * costs.charge_wal.value + settlements * costs.settle_wal.value;
        let verifies = hourly * seconds;
        // A charge and its settlement are at one row. An event's place in the order of time is the newest page's.
        let rows = touched(usage.accounts * costs.account_heap.value / PAGE, verifies);
        let keys = touched(event_key_pages(usage, costs), verifies * settlements);
        let pages = (rows + keys) / seconds * costs.page_wal.value;
        Self { bytes: hourly * warm + pages, pages, first_touches: rows / verifies }
    }
}

/// Bytes of the pages that an hour's verifies touch: rows, their key, and the key of the newest events.
fn hot(usage: &Usage, costs: &Costs, hourly: f64) -> f64 {
    let verifies = hourly * 3600.0;
    let of_accounts = |bytes: f64| touched(usage.accounts * bytes / PAGE, verifies);
    let events = touched(event_key_pages(usage, costs), verifies * (1.0 + usage.other_writes));
    (of_accounts(costs.account_heap.value) + of_accounts(costs.account_key.value) + events) * PAGE
}

#[cfg(test)]
mod tests;
