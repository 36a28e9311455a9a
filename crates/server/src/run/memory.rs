//! How much memory hashing may take: what the system lets the process have, and what of it is lent to costlier
//! hashes. A process that takes more is killed without a word, in the middle of whatever it was doing.

use std::fs;
use std::path::Path;

use countersign_crypto::engine::{Memory, PoolConfig};

/// The memory that costlier hashes share, as it is set or as the machine has it.
///
/// # Errors
/// [`TooLittleMemory`]: the arenas, or the arenas and what is set, do not fit what the process may have.
pub(super) fn allowance(set: Option<u64>, pool: &PoolConfig) -> Result<Memory, TooLittleMemory> {
    let limit = limit(Path::new("/"));
    let kib = share(set, pool, limit.as_ref())?;
    let (limit_kib, from) = limit.map_or((0, String::new()), |limit| (limit.kib, limit.from));
    let arenas_kib = arenas(pool);
    tracing::info!(arenas_kib, allowance_kib = kib, limit_kib, limit = from, "memory for hashes");
    Ok(Memory::new(kib))
}

/// The least limit of memory that holds for this process, in kibibytes; `None` where no system tells.
pub(crate) fn limit_kib() -> Option<u64> {
    limit(Path::new("/")).map(|limit| limit.kib)
}

/// The process may not have as much memory as hashing needs.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "hashing needs {needed_kib} KiB ({workers} threads with {arena_kib} KiB each{beside}), and {from} allows \
     {limit_kib} KiB: give the process more memory, lower hash.workers{or_allowance}, or set a hash.preset that needs \
     less, such as owasp-7m"
)]
pub struct TooLittleMemory {
    needed_kib: u64,
    workers: usize,
    arena_kib: u32,
    beside: String,
    or_allowance: &'static str,
    limit_kib: u64,
    from: String,
}

/// The least of the limits that hold for this process.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Limit {
    kib: u64,
    /// Where it stands, for people.
    from: String,
}

/// What is lent, in kibibytes. Unless it is set: half of what the arenas leave, because connections, the store's
/// cache and whoever shares the limit need the rest; and never more than all threads together could borrow.
fn share(set: Option<u64>, pool: &PoolConfig, limit: Option<&Limit>) -> Result<u64, TooLittleMemory> {
    let ceiling_kib = u64::from(pool.ceiling.memory_kib());
    let most = ceiling_kib.saturating_mul(u64::try_from(pool.workers.get()).unwrap_or(u64::MAX));
    // Where no system tells: enough for the costliest verifier, one at a time.
    let Some(limit) = limit else { return Ok(set.unwrap_or(ceiling_kib)) };
    let beside = set.unwrap_or(0);
    let needed_kib = arenas(pool).saturating_add(beside);
    let rest = limit.kib.checked_sub(needed_kib).ok_or_else(|| TooLittleMemory {
        needed_kib,
        workers: pool.workers.get(),
        arena_kib: pool.params.memory_kib(),
        beside: if beside > 0 { format!(", and hash.allowance_kib = {beside}") } else { String::new() },
        or_allowance: if beside > 0 { " or hash.allowance_kib" } else { "" },
        limit_kib: limit.kib,
        from: limit.from.clone(),
    })?;
    Ok(set.unwrap_or(most.min(rest / 2)))
}

/// What the threads keep for life, in kibibytes.
fn arenas(pool: &PoolConfig) -> u64 {
    let workers = u64::try_from(pool.workers.get()).unwrap_or(u64::MAX);
    workers.saturating_mul(u64::from(pool.params.memory_kib()))
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
    use core::num::NonZeroUsize;

    use countersign_crypto::engine::Params;
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

    fn pool(workers: usize) -> PoolConfig {
        PoolConfig {
            workers: NonZeroUsize::new(workers).expect("some"),
            ..PoolConfig::new(Params::OWASP_19M)
        }
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

    #[test]
    fn half_of_what_the_arenas_leave_is_lent_unless_it_is_set() {
        let limit = |kib| Some(Limit { kib, from: "the control group".to_owned() });
        let share = |set, workers, kib| share(set, &pool(workers), limit(kib).as_ref()).ok();
        assert_eq!(share(None, 2, 138_912), Some(50_000));
        assert_eq!(share(None, 2, 38_912), Some(0), "exactly the arenas");
        assert_eq!(share(None, 2, 24_000_000), Some(2 * 262_144), "no more than two threads can borrow");
        assert_eq!(share(Some(100_000), 2, 138_912), Some(100_000));
        assert_eq!(share(Some(0), 2, 24_000_000), Some(0));
        assert_eq!(super::share(None, &pool(2), None), Ok(262_144));
        assert_eq!(super::share(Some(7), &pool(2), None), Ok(7));
    }

    #[test]
    fn what_does_not_fit_is_refused_with_what_to_do() {
        let limit = Limit { kib: 38_911, from: "the control group (/sys/fs/cgroup/memory.max)".to_owned() };
        let words = |set, limit: &Limit| share(set, &pool(2), Some(limit)).map_err(|error| error.to_string());
        let arenas = words(None, &limit).expect_err("it does not fit");
        for part in
            ["38912 KiB", "2 threads", "19456 KiB", "38911 KiB", "memory.max", "hash.workers", "owasp-7m"]
        {
            assert!(arenas.contains(part), "{arenas}");
        }
        assert!(!arenas.contains("allowance"), "{arenas}");
        let limit = Limit { kib: 100_000, ..limit };
        assert_eq!(words(Some(61_088), &limit), Ok(61_088));
        let both = words(Some(61_089), &limit).expect_err("it does not fit");
        assert!(
            both.contains("hash.allowance_kib = 61089") && both.contains("or hash.allowance_kib"),
            "{both}"
        );
    }
}
