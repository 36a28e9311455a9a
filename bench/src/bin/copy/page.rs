//! What was measured, as a table.

use core::fmt::Write;

use crate::{Outcome, Way};

/// The table in Markdown.
#[allow(clippy::cast_precision_loss, reason = "numbers of rows are far below 2^52")]
pub(crate) fn page(accounts: u64, ways: &[Way], compared: f64) -> Outcome<String> {
    let load = std::fs::read_to_string("/proc/loadavg").map_err(|error| error.to_string())?;
    let load = load.split_whitespace().take(3).collect::<Vec<_>>().join(" ");
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let mut page = format!(
        "{accounts} accounts, {cores} cores, load average at the end {load}\n\n\
         | direction | rows | in one go | accounts a second | on a core, the program itself | killed: rows found | going on |\n\
         |---|---|---|---|---|---|---|\n"
    );
    for Way { name, whole, resumed } in ways {
        // Writing to a `String` cannot fail.
        let _ = writeln!(
            page,
            "| {name} | {} | {:.1} s | {:.0} | {:.1} s | {} | {:.1} s |",
            whole.rows,
            whole.seconds,
            accounts as f64 / whole.seconds,
            whole.cpu,
            resumed.found,
            resumed.seconds
        );
    }
    let _ = writeln!(
        page,
        "\nAll four checksums of every table are the same; comparing two took {compared:.1} s.\n"
    );
    for (table, rows, sum) in ways.first().map_or(&[][..], |way| &way.whole.sums) {
        let _ = writeln!(page, "- `{table}`: {rows} rows, `{}…`", sum.get(..16).unwrap_or(sum));
    }
    Ok(page)
}
