//! A disk of the server's own, from `faults/disk.c`: it can lose power, fail, fill up, be slow, and lie.

use std::env::consts::OS;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Command, id};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rusqlite::Connection;
use tempfile::TempDir;

use super::CHEAP;
use super::journal::{self, Loss, Lost};
use crate::server::Server;

const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../faults/disk.c");

/// The control file always has this many bytes, so that one write replaces all of it.
const CONTROL_BYTES: usize = 127;

/// A folder for a server's data and what its disk keeps beside it.
pub(crate) struct Disk {
    folder: Arc<TempDir>,
    side: TempDir,
}

/// What the disk counted since its server began.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Counts {
    /// Writes and syncs.
    pub(crate) operations: u64,
    /// How many of them failed because they were told to.
    pub(crate) faults: u64,
}

impl Disk {
    pub(crate) fn new() -> Self {
        let folder = || tempfile::tempdir().expect("a temporary folder");
        Self { folder: Arc::new(folder()), side: folder() }
    }

    /// Starts a server on it; its own log is not on this disk.
    pub(crate) fn start(&self) -> Server {
        self.try_start().unwrap_or_else(|log| panic!("it does not start; the log says: {log}"))
    }

    /// As [`Self::start`]; the error is what the server left in its log.
    pub(crate) fn try_start(&self) -> Result<Server, String> {
        let text = |path: &Path| path.to_str().expect("text").to_owned();
        let layer = text(layer());
        let (root, side) = (text(self.folder.path()), text(self.side.path()));
        let own = [
            ("LD_PRELOAD", layer.as_str()),
            ("FAULTS_ROOT", &root),
            ("FAULTS_SIDE", &side),
            ("FAULTS_UNDO", "1"),
        ];
        let environment: Vec<_> = own.into_iter().chain(CHEAP).collect();
        Server::try_start_on(Arc::clone(&self.folder), &environment)
    }

    /// What the disk shall do from now on, in the words of the control file: `eio=7`, `enospc_from=1`, `lie=1`,
    /// `latency=5000`; nothing makes it good again.
    pub(crate) fn control(&self, words: &str) {
        let file =
            File::options().create(true).truncate(false).write(true).open(self.side.path().join("control"));
        let text = format!("{words:<CONTROL_BYTES$}");
        file.and_then(|file| file.write_all_at(text.as_bytes(), 0)).expect("written");
    }

    /// Copies what is in the write-ahead log into the database, from outside and for good. The server's next commit
    /// then begins its log anew, over the old one; by itself it would do so only after 48 megabytes.
    pub(crate) fn fold_log(&self) {
        let database = Connection::open(self.folder.path().join("data/countersign.db")).expect("opens");
        database.busy_timeout(Duration::from_secs(5)).expect("waits");
        let fold = database.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get::<_, i64>(0));
        assert_eq!(fold.expect("folds"), 0, "nobody else folds it");
    }

    /// What it counted.
    pub(crate) fn counts(&self) -> Counts {
        let text = fs::read_to_string(self.side.path().join("status")).unwrap_or_default();
        let number = |name: &str| {
            let found = text.split_whitespace().find_map(|word| word.strip_prefix(name)?.parse().ok());
            found.unwrap_or(0)
        };
        Counts { operations: number("operations="), faults: number("faults=") }
    }

    /// Takes back what was written and not synced, after the server was killed.
    pub(crate) fn lose_power(&self, loss: Loss) -> Lost {
        journal::take_back(self.folder.path(), self.side.path(), loss)
    }
}

/// The library, built once; its name tells which source it is of.
fn layer() -> &'static Path {
    static LAYER: OnceLock<PathBuf> = OnceLock::new();
    LAYER.get_or_init(|| {
        let source = fs::read(SOURCE).expect("the disk layer's source");
        let mut hasher = DefaultHasher::new();
        source.hash(&mut hasher);
        let built = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("disk-{:016x}.so", hasher.finish()));
        if !built.exists() {
            // Other test processes may build it at the same time; a rename is whole or not there.
            let fresh = built.with_extension(format!("{}.so", id()));
            build(&fresh);
            fs::rename(&fresh, &built).expect("named");
        }
        built
    })
}

fn build(library: &Path) {
    assert_eq!(OS, "linux", "the disk layer needs Linux; elsewhere these tests run in a container");
    let flags =
        ["-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-fvisibility=hidden", "-o"];
    let built = Command::new("cc").args(flags).arg(library).arg(SOURCE).args(["-ldl", "-lpthread"]).output();
    let output = built.unwrap_or_else(|error| {
        panic!("no C compiler, which building SQLite needs too: apt-get install gcc libc6-dev ({error})")
    });
    assert!(output.status.success(), "cc {SOURCE}: {}", String::from_utf8_lossy(&output.stderr));
}
