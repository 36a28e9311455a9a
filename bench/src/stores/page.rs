//! What was measured of both stores, as a page in Markdown.

use core::fmt::Write as _;

use super::{CALLERS, Measured};
use crate::scenes::CONNECTIONS;

/// The least ratio of verifies on PostgreSQL to those on the embedded store.
const VERIFY: f64 = 0.93;
/// The least charges a second through one writer: half of them settlements.
const CHARGES: f64 = 15_000.0;

pub(super) fn page(measured: &Measured) -> String {
    let Measured { machine, effort, charges, verifies } = measured;
    let mut page = format!(
        "# The two stores\n\n\
         `cargo xtask bench stores`, {}: {} rounds in turns, on {} × {}. Medians, with the least and the greatest in \
         brackets; a ratio is taken within each round. PostgreSQL runs on the same machine, with `fsync = on` and \
         `synchronous_commit = on`, and without a standby: it takes its part of the same cores.\n\n\
         ## Charges and settlements\n\n\
         {CALLERS} callers, each with one pair after another: a guess charged, and settled as a success. Each is a \
         durable update of an account; the second writes an audit event too.\n\n\
         | store | pairs a second | updates a second | p99 of a pair, ms | updates in a commit |\n|---|---|---|---|---|\n",
        machine.date, effort.rounds, machine.cores, machine.processor
    );
    for candidate in charges {
        // Writing to a `String` cannot fail.
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} | {} |",
            candidate.name,
            candidate.pairs.told(0),
            candidate.pairs.map(|pairs| pairs * 2.0).told(0),
            candidate.p99_ms.told(1),
            candidate.together.told(1)
        );
    }
    if let [_, one, ..] = charges.as_slice() {
        let reached = one.pairs.median() * 2.0 >= CHARGES;
        let _ = writeln!(
            page,
            "\nOne writer connection: {CHARGES:.0} updates a second asked for, {}.",
            word(reached)
        );
    }
    let _ = writeln!(
        page,
        "\n## Verify\n\n{CONNECTIONS} connections that never pause, right PINs, through the whole server.\n\n\
         | store | verified a second | p99, ms | processor time of the server for each, ms |\n|---|---|---|---|"
    );
    for answered in verifies {
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} |",
            answered.name,
            answered.rate.told(1),
            answered.p99.told(0),
            answered.cost.told(2)
        );
    }
    if let [embedded, postgres] = verifies.as_slice() {
        let ratio = postgres.rate.over(&embedded.rate);
        let _ = writeln!(
            page,
            "\nPostgreSQL over embedded: **{}**; {VERIFY} asked for, {}.",
            ratio.told(3),
            word(ratio.median() >= VERIFY)
        );
    }
    page
}

const fn word(reached: bool) -> &'static str {
    if reached { "reached" } else { "**short**" }
}
