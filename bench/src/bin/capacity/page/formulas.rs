//! The arithmetic in words and in numbers.

use crate::costs::Costs;
use crate::plan::{Plan, store_us};
use crate::told::{bytes, number, people, whole};
use crate::usage::Usage;

pub(super) fn section(usage: &Usage, costs: &Costs) -> String {
    format!(
        "## The arithmetic\n\n\
         Names are those of the tables above. `touched(pages, times) = pages × (1 − e^(−times ÷ pages))` is how many \
         of so many pages are touched at least once.\n\n\
         ```text\n\
         hourly      = accounts × verifies-per-day × busiest-hour ÷ 3600                 verifies a second\n\
         peak        = hourly × burst\n\
         hash cores  = peak × verify_ms ÷ 1000 ÷ utilisation\n\
         nodes       = hash cores ÷ node-cores, rounded up, and one spare\n\
         charges     = 1 + wrong × miss_watches                                          for each verify\n\
         settlements = 1 + other-writes                                                  for each verify\n\
         writes      = peak × (charges + settlements)                                    a second\n\
         store       = charges × charge_us + settlements × settle_us + reads × read_us   µs for each verify\n\
         together    = r × (transaction_us + commit-ms) ÷ (writers − r × (charge_us + settle_us) ÷ 2)\n\
         \x20             decisions in a transaction, from 1 to 128; r = writes ÷ nodes\n\
         store cores = peak × store + writes ÷ together × transaction_us\n\
         log         = hourly × (charges × charge_wal + settlements × settle_wal) + pages × page_wal   bytes a second\n\
         pages       = (touched(accounts × account_heap ÷ 8192, n) + touched(half a month's events × event_key ÷ 8192,\n\
         \x20             n × settlements)) ÷ s, where s is checkpoint-minutes in seconds and n = hourly × s\n\
         disk        = accounts × (account_heap + account_key + account_found) + events a month × months-kept\n\
         events      = accounts × verifies-per-day × settlements × 30.4 × (event_heap + event_key + event_time)   bytes a month\n\
         hot         = the pages of account_heap, account_key and event_key that hourly × 3600 verifies touch, × 8192\n\
         disk reads  = hourly × 3: the row, its key, the newest events' key                a second, if nothing is hot\n\
         connections = nodes × (readers + writers)\n\
         memory      = node_memory + node-cores × 19 MiB                                  of a node\n\
         primaries   = the most of store cores ÷ primary-cores, log ÷ primary-wal-mb, disk ÷ primary-disk-tb, rounded up\n\
         ```\n\n{}",
        worked(&usage.with_accounts(1e8), costs)
    )
}

/// With numbers in them.
pub(super) fn worked(usage: &Usage, costs: &Costs) -> String {
    let plan = Plan::of(usage, costs);
    let charges = 1.0 + usage.wrong * costs.miss_watches.value;
    let settlements = 1.0 + usage.other_writes;
    format!(
        "For {} accounts:\n\n\
         ```text\n\
         hourly      = {} × {} × {} ÷ 3600 = {}\n\
         peak        = {} × {} = {}\n\
         hash cores  = {} × {} ÷ 1000 ÷ {} = {}\n\
         nodes       = {} ÷ {} → {:.0}, and one spare: {:.0}, of {} MiB each\n\
         writes      = {} × ({} + {}) = {}\n\
         store       = {} × {} + {} × {} + {} × {} = {} µs\n\
         store cores = {} × {} µs + {} ÷ {} × {} µs = {}\n\
         log         = {}/s, of which pages {}/s\n\
         disk        = {} of accounts + {} a month × {} = {}\n\
         hot         = {}\n\
         primaries   = the most of {}, {}, {} → {:.0}\n\
         ```\n",
        people(usage.accounts),
        whole(usage.accounts),
        number(usage.verifies_per_day),
        number(usage.busiest_hour),
        number(plan.hourly),
        number(plan.hourly),
        number(usage.burst),
        number(plan.peak),
        number(plan.peak),
        number(costs.verify_ms.value),
        number(usage.utilisation),
        number(plan.cores),
        number(plan.cores),
        number(usage.node_cores),
        plan.nodes,
        plan.nodes_spared,
        number(plan.node_memory_mib),
        number(plan.peak),
        number(charges),
        number(settlements),
        number(plan.writes),
        number(charges),
        number(costs.charge_us.value),
        number(settlements),
        number(costs.settle_us.value),
        number(costs.reads.value),
        number(costs.read_us.value),
        number(store_us(usage, costs)),
        number(plan.peak),
        number(store_us(usage, costs)),
        number(plan.writes),
        number(plan.together),
        number(costs.transaction_us.value),
        number(plan.store_cores),
        bytes(plan.wal),
        bytes(plan.wal_pages),
        bytes(plan.accounts_disk),
        bytes(plan.events_month),
        number(usage.months_kept),
        bytes(plan.disk),
        bytes(plan.hot),
        number(plan.primaries.processor),
        number(plan.primaries.log),
        number(plan.primaries.disk),
        plan.primaries.needed(),
    )
}
