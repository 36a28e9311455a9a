//! Where Debian keeps PostgreSQL, and how it comes there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where Debian's packages put each version's programs.
const VERSIONS: &str = "/usr/lib/postgresql";

/// Read by the package when it is configured: whether it makes and starts a cluster of its own.
const NO_CLUSTER: &str = "/etc/postgresql-common/createcluster.d/throwaway.conf";

/// A PostgreSQL that can be run.
#[derive(Debug, Clone)]
pub(crate) struct Postgres {
    /// Where `initdb`, `postgres` and `psql` are.
    pub(crate) programs: PathBuf,
    /// Whether this process is root's, which PostgreSQL refuses to run as; then user `postgres` runs it.
    pub(crate) as_root: bool,
}

/// The newest PostgreSQL of this machine. As root, installs Debian's package if there is none.
///
/// # Errors
/// There is none; names the package.
pub(crate) fn postgres() -> Result<Postgres, String> {
    let as_root = is_root()?;
    if newest(Path::new(VERSIONS)).is_none() && as_root {
        install()?;
    }
    let programs = newest(Path::new(VERSIONS)).ok_or_else(|| {
        format!(
            "these tests start a PostgreSQL server of their own, and there is none in {VERSIONS}: \
             run `apt-get install --no-install-recommends postgresql` as root (Debian's package `postgresql`, 15 or newer)"
        )
    })?;
    Ok(Postgres { programs, as_root })
}

fn newest(versions: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(versions).ok()?.flatten();
    let complete =
        |programs: &PathBuf| ["initdb", "postgres", "psql"].iter().all(|name| programs.join(name).exists());
    let numbered = |path: PathBuf| Some((path.file_name()?.to_str()?.parse::<u32>().ok()?, path.join("bin")));
    let found = entries.filter_map(|entry| numbered(entry.path())).filter(|(_, programs)| complete(programs));
    found.max_by_key(|(version, _)| *version).map(|(_, programs)| programs)
}

fn is_root() -> Result<bool, String> {
    use std::os::unix::fs::MetadataExt;
    let own = fs::metadata("/proc/self").map_err(|error| format!("/proc/self: {error}"))?;
    Ok(own.uid() == 0)
}

fn install() -> Result<(), String> {
    // Of several test processes one installs while the others wait for it, and find it installed.
    let packages =
        ["install", "-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300", "postgresql"];
    let own = Path::new(NO_CLUSTER);
    if let Some(folder) = own.parent() {
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    fs::write(own, "create_main_cluster = false\n").map_err(|error| format!("{NO_CLUSTER}: {error}"))?;
    let done = apt_get(&packages)
        .or_else(|_| apt_get(&["update"]).and_then(|()| apt_get(&packages)))
        .map_err(|why| format!("Debian's package `postgresql` could not be installed: {why}"));
    // Another process may have removed it already.
    let _ = fs::remove_file(own);
    done
}

fn apt_get(arguments: &[&str]) -> Result<(), String> {
    let mut command = Command::new("apt-get");
    command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null());
    let output = command.output().map_err(|error| format!("apt-get: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("apt-get {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_whole_version_is_taken() {
        let folder = std::env::temp_dir().join(format!("countersign-versions-{}", std::process::id()));
        for (version, programs) in [("9", 3), ("15", 3), ("17", 2), ("common", 3)] {
            let bin = folder.join(version).join("bin");
            fs::create_dir_all(&bin).expect("a folder");
            for name in ["initdb", "postgres", "psql"].iter().take(programs) {
                fs::write(bin.join(name), "").expect("a file");
            }
        }
        let found = newest(&folder);
        fs::remove_dir_all(&folder).expect("removed");
        assert_eq!(
            found,
            Some(folder.join("15/bin")),
            "17 has no psql, and 9 is older although it sorts behind"
        );
        assert_eq!(newest(&folder), None);
    }
}
