//! What the system says of this process, from `/proc`.

use std::fs;

/// Clock ticks a second in `/proc`, which is 100 on every Linux there is (`USER_HZ`).
const TICKS: f64 = 100.0;

/// Memory of this process in huge pages, in kibibytes (`AnonHugePages` of `/proc/self/smaps_rollup`, Linux 4.14);
/// `None` where the system does not tell.
pub(super) fn huge_pages_kib() -> Option<u64> {
    huge_pages_in(&fs::read_to_string("/proc/self/smaps_rollup").ok()?)
}

/// Processor seconds of this process, all threads together; `None` where the system does not tell.
pub(super) fn processor_seconds() -> Option<f64> {
    processor_seconds_in(&fs::read_to_string("/proc/self/stat").ok()?)
}

fn huge_pages_in(rollup: &str) -> Option<u64> {
    let field = rollup.lines().find_map(|line| line.strip_prefix("AnonHugePages:"))?;
    field.trim().strip_suffix("kB")?.trim_end().parse().ok()
}

fn processor_seconds_in(stat: &str) -> Option<f64> {
    // The name in parentheses may hold spaces and parentheses. After it, user and system time are the 12th and 13th.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |field: usize| fields.get(field)?.parse::<f64>().ok();
    Some((ticks(11)? + ticks(12)?) / TICKS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_system_writes() {
        let rollup =
            "55f0-7ffe ---p 00000000 00:00 0   [rollup]\nRss:   884 kB\nAnonHugePages:     18432 kB\n";
        assert_eq!(huge_pages_in(rollup), Some(18_432));
        assert_eq!(huge_pages_in("Rss: 884 kB\n"), None);
        let stat = "7 (a) b) R 1 7 7 0 -1 4194304 90 0 0 0 150 50 0 0 20 0 1 0 9 1 2";
        assert_eq!(processor_seconds_in(stat), Some(2.0));
        assert_eq!(processor_seconds_in("7 (a) R 1 7"), None);
    }
}
