//! How much memory the system lets this process have.

use std::fs;
use std::path::Path;

/// The least limit that holds for this process; `None` where no system tells.
pub(super) fn of_process() -> Option<Limit> {
    limit(Path::new("/"))
}

/// The least of the limits that hold for a process.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Limit {
    pub(super) kib: u64,
    /// Where it stands, for people.
    pub(super) from: String,
}

/// The least limit on the files of a system: of the process's control group and of all groups around it (version 2
/// and 1, also side by side), and of the machine. `None` where there are no such files.
fn limit(root: &Path) -> Option<Limit> {
    let groups = fs::read_to_string(root.join("proc/self/cgroup")).unwrap_or_default();
    let limits = groups.lines().flat_map(|line| group_limits(root, line)).chain(machine(root));
    limits.min_by_key(|limit| limit.kib)
}

/// One line of `/proc/self/cgroup` (cgroups(7)): `number:controllers:path`, without controllers for version 2.
///
/// Inside a container the path may be one that only the outside knows. The mount itself is then the process's own
/// group, which is why every level up to it is asked.
fn group_limits(root: &Path, line: &str) -> Vec<Limit> {
    let mut fields = line.splitn(3, ':');
    let (Some(number), Some(controllers), Some(path)) = (fields.next(), fields.next(), fields.next()) else {
        return Vec::new();
    };
    let (mounts, file): (&[&str], &str) = if number == "0" && controllers.is_empty() {
        (&["sys/fs/cgroup", "sys/fs/cgroup/unified"], "memory.max")
    } else if controllers.split(',').any(|name| name == "memory") {
        (&["sys/fs/cgroup/memory"], "memory.limit_in_bytes")
    } else {
        return Vec::new();
    };
    let path = Path::new(path.trim_start_matches('/'));
    let levels =
        mounts.iter().flat_map(|mount| path.ancestors().map(move |level| Path::new(mount).join(level)));
    let limit = |level: std::path::PathBuf| {
        // "max", the word for no limit, is no number.
        let bytes: u64 = fs::read_to_string(root.join(&level).join(file)).ok()?.trim().parse().ok()?;
        let from = format!("the control group (/{})", level.join(file).display());
        Some(Limit { kib: bytes / 1024, from })
    };
    levels.filter_map(limit).collect()
}

/// `MemTotal` of `/proc/meminfo`.
fn machine(root: &Path) -> Option<Limit> {
    let text = fs::read_to_string(root.join("proc/meminfo")).ok()?;
    let total = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib = total.trim().strip_suffix("kB")?.trim_end().parse().ok()?;
    Some(Limit { kib, from: "the machine".to_owned() })
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    const MACHINE: (&str, &str) = ("proc/meminfo", "MemTotal:       24000000 kB\nMemFree: 1 kB\n");

    fn system(files: &[(&str, &str)]) -> TempDir {
        let root = TempDir::new().expect("a directory");
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, text).expect("a file");
        }
        root
    }

    fn kib(files: &[(&str, &str)]) -> Option<u64> {
        limit(system(files).path()).map(|limit| limit.kib)
    }

    #[test]
    fn the_least_of_a_group_and_those_around_it_holds() {
        let group = ("proc/self/cgroup", "0::/shop.slice/countersign.service\n");
        let own = "sys/fs/cgroup/shop.slice/countersign.service/memory.max";
        let around = "sys/fs/cgroup/shop.slice/memory.max";
        assert_eq!(kib(&[MACHINE, group]), Some(24_000_000));
        assert_eq!(kib(&[MACHINE, group, (own, "max\n")]), Some(24_000_000));
        assert_eq!(kib(&[MACHINE, group, (own, "536870912\n")]), Some(524_288));
        assert_eq!(kib(&[MACHINE, group, (own, "536870912\n"), (around, "1048576\n")]), Some(1024));
        assert_eq!(
            kib(&[group, (own, "max\n"), (around, "1048576\n")]),
            Some(1024),
            "no word of the machine"
        );
        assert_eq!(kib(&[]), None);
    }

    #[test]
    fn a_container_that_does_not_see_its_path_reads_the_mount() {
        let outside = ("proc/self/cgroup", "4:cpu,memory:/docker/3f2a\n0::/docker/3f2a\n");
        assert_eq!(kib(&[MACHINE, outside, ("sys/fs/cgroup/memory.max", "268435456\n")]), Some(262_144));
        let first = ("sys/fs/cgroup/memory/memory.limit_in_bytes", "134217728\n");
        assert_eq!(kib(&[MACHINE, outside, first]), Some(131_072));
        let none = ("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
        assert_eq!(kib(&[MACHINE, outside, none]), Some(24_000_000));
        let hybrid = ("sys/fs/cgroup/unified/memory.max", "4096\n");
        assert_eq!(kib(&[MACHINE, outside, none, hybrid]), Some(4));
    }

    #[test]
    fn what_cannot_be_read_is_no_limit() {
        for line in ["", "0", "0:", "nonsense\n::::\n", "7:cpu:/x\n"] {
            let group = ("proc/self/cgroup", line);
            assert_eq!(
                kib(&[MACHINE, group, ("sys/fs/cgroup/memory.max", "1024\n")]),
                Some(24_000_000),
                "{line}"
            );
        }
        assert_eq!(kib(&[("proc/meminfo", "MemTotal: much\n")]), None);
    }
}
