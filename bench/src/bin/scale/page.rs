//! What was measured, as a page.

use core::fmt::Write;
use std::time::SystemTime;

use crate::{Measured, Outcome};

/// What is to be reached: accounts a second, bytes each, milliseconds of a start, verify over that of the first size.
const AIMS: (f64, f64, f64, f64) = (30_000.0, 700.0, 2000.0, 1.3);

/// The page in Markdown.
#[allow(clippy::disallowed_methods, reason = "a report says when it was made")]
#[allow(clippy::cast_precision_loss, reason = "numbers of accounts are far below 2^52")]
pub(crate) fn page(measured: &[Measured]) -> Outcome<String> {
    let now = jiff::Timestamp::try_from(SystemTime::now()).map_err(|error| error.to_string())?;
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = load.split_whitespace().take(3).collect::<Vec<_>>().join(" ");
    let mut page = format!(
        "# Scale\n\n\
         `cargo xtask bench scale`, {}, on {cores} cores, load average at the end {load}; above {cores} others used the \
         machine too, and times by the clock say little. Each account has a username, a \
         mobile number and a carried-over Argon2id hash. The import is timed from the start of its process to its end; \
         beside that is the time that it spent on cores, which on a busy machine says more. A \
         start is timed until `/readyz` answers 200, the files being in the system's cache. The verifies are sequential, \
         over one connection for each size, in turns, each of another account, at m=8 KiB, t=1: what is left is all but \
         the hash.\n\n\
         | accounts | import | a second | on a core, each | bytes each | start | verify p50 | p99 | over the first |\n\
         |---|---|---|---|---|---|---|---|---|\n",
        now.strftime("%Y-%m-%d %H:%M UTC")
    );
    let first = measured.first().map_or(f64::NAN, |first| first.verify.percentile(50));
    let (mut rate, mut bytes, mut start, mut ratio) = (f64::INFINITY, 0_f64, 0_f64, 0_f64);
    for one in measured {
        let per_second = one.accounts as f64 / one.import_s;
        let (p50, p99) = (one.verify.percentile(50), one.verify.percentile(99));
        let slowest = one.start_ms.iter().copied().fold(0.0, f64::max);
        // Writing to a `String` cannot fail.
        let _ = writeln!(
            page,
            "| {} | {:.1} s | {per_second:.0} | {:.1} µs | {:.0} | {slowest:.0} ms | {p50:.0} µs | {p99:.0} µs | {:.2} |",
            one.accounts,
            one.import_s,
            one.import_cpu_s * 1e6 / one.accounts as f64,
            one.disk.each(),
            p50 / first
        );
        // What a process costs to start and a database to make is most of what a small import takes.
        if one.accounts >= 1_000_000 {
            rate = rate.min(per_second);
            bytes = bytes.max(one.disk.each());
        }
        start = start.max(slowest);
        ratio = ratio.max(p50 / first);
    }
    page.push_str("\nBytes for each account of the largest parts:\n\n");
    for one in measured {
        let _ = writeln!(page, "- {}: {}", one.accounts, one.disk.largest());
    }
    let large = measured.iter().any(|one| one.accounts >= 1_000_000);
    let told = |reached: bool| if reached { "reached" } else { "**not reached**" };
    let told_of_large = |reached: bool| if large { told(reached) } else { "no such size was measured" };
    let _ = write!(
        page,
        "\nAims: {:.0} accounts a second ({}), under {:.0} bytes each ({}), both from a million on; a start under {:.0} \
         ms ({}); verify within {} of the first size ({}).\n",
        AIMS.0,
        told_of_large(rate >= AIMS.0),
        AIMS.1,
        told_of_large(bytes < AIMS.1),
        AIMS.2,
        told(start < AIMS.2),
        AIMS.3,
        told(ratio <= AIMS.3)
    );
    Ok(page)
}
