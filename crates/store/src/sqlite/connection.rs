//! How a connection is set up.

use std::ffi::c_int;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::hooks::Wal;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::log::{self, FOLD_PAGES, Turns};
use crate::door::{StoreFault, Stored};

/// Distinct statements of the busiest connection, and some to spare.
const STATEMENTS: usize = 64;

/// The most memory for pages of the database that a connection keeps; only a database that is larger fills it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Caches {
    /// The one that writes, in kibibytes.
    pub writer_kib: u32,
    /// Each that reads, in kibibytes.
    pub reader_kib: u32,
}

impl Default for Caches {
    fn default() -> Self {
        Self { writer_kib: 128 * 1024, reader_kib: 8 * 1024 }
    }
}

/// Pages after which one who writes much folds the log (512 megabytes). More would lengthen the start after a crash.
const BULK_FOLD_PAGES: u32 = 131_072;

/// What a connection is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Reads and writes; there is one.
    Writer,
    /// Folds the log into the file and does nothing else.
    Folder,
    /// Reads only.
    Reader,
}

/// Where connections come from.
#[derive(Clone)]
pub(super) struct Source {
    path: PathBuf,
    busy_timeout: Duration,
    caches: Caches,
    /// The file system to open it on, if not the system's own. Its file has one connection and no other process.
    alone_on: Option<String>,
    /// Much is written, and nobody waits for a single commit.
    bulk: bool,
    log: Arc<LogState>,
}

/// What is known of the log, by every connection of this source.
#[derive(Default)]
struct LogState {
    /// Pages in it after the writer's last commit.
    pages: AtomicU32,
    /// What was folded of it may be lost, so it must stay as it is.
    in_doubt: AtomicBool,
    /// Who may fold it.
    turns: Turns,
}

impl Source {
    pub(super) fn new(path: PathBuf, busy_timeout: Duration) -> Self {
        Self {
            path,
            busy_timeout,
            caches: Caches::default(),
            alone_on: None,
            bulk: false,
            log: Arc::default(),
        }
    }

    /// The same with caches of this size.
    pub(super) fn with(self, caches: Caches) -> Self {
        Self { caches, ..self }
    }

    /// A file of a file system of one's own, registered with SQLite under that name.
    #[cfg(feature = "stepped")]
    pub(super) fn alone(path: PathBuf, file_system: String) -> Self {
        Self { alone_on: Some(file_system), ..Self::new(path, Duration::ZERO) }
    }

    /// Whether nothing else may open the file meanwhile.
    pub(super) const fn is_alone(&self) -> bool {
        self.alone_on.is_some()
    }

    /// For one who writes much, where nobody waits for a single commit.
    pub(super) const fn for_bulk(mut self, bulk: bool) -> Self {
        self.bulk = bulk;
        self
    }

    /// Whether a commit that makes the log too long folds it, and no thread does.
    pub(super) const fn folds_in_commits(&self) -> bool {
        self.bulk || self.is_alone()
    }

    /// The database file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The write-ahead log beside the database.
    pub(super) fn log(&self) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push("-wal");
        name.into()
    }

    /// Pages in the log after the writer's last commit.
    pub(super) fn log_pages(&self) -> u32 {
        self.log.pages.load(Ordering::Relaxed)
    }

    /// Who may fold the log.
    pub(super) fn turns(&self) -> &Turns {
        &self.log.turns
    }

    /// Whether what was folded of the log may be lost. Then the log is never folded again by this process.
    pub(super) fn in_doubt(&self) -> bool {
        self.log.in_doubt.load(Ordering::Acquire)
    }

    /// What was folded of the log may be lost.
    pub(super) fn begin_doubt(&self) {
        self.log.in_doubt.store(true, Ordering::Release);
    }

    /// Opens a connection. Never creates the file: one that vanished under a running server must be noticed, since
    /// an empty one in its place would forget every charged guess.
    pub(super) fn open(&self, role: Role) -> Stored<Connection> {
        let access = match role {
            Role::Writer | Role::Folder => OpenFlags::SQLITE_OPEN_READ_WRITE,
            Role::Reader => OpenFlags::SQLITE_OPEN_READ_ONLY,
        };
        // NO_MUTEX: no two threads use a connection at once.
        let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = match &self.alone_on {
            None => Connection::open_with_flags(&self.path, flags)?,
            Some(file_system) => {
                let connection =
                    Connection::open_with_flags_and_vfs(&self.path, flags, file_system.as_str())?;
                // The log's index then lies in this connection's own memory; such a file system shares none.
                connection.execute_batch("PRAGMA locking_mode = EXCLUSIVE")?;
                connection
            }
        };
        connection.busy_timeout(self.busy_timeout)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        // Temporary data would be records in the clear in a file of its own. A schema's expressions are not trusted.
        connection.execute_batch(
            "PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;",
        )?;
        match role {
            Role::Writer => {
                make_durable(&connection, self.busy_timeout)?;
                self.settle_who_folds(&mut connection)?;
                self.sync_what_was_found(&connection).inspect_err(|_| keep_log(&connection))?;
            }
            Role::Folder => {
                make_durable(&connection, self.busy_timeout)?;
                connection.execute_batch("PRAGMA wal_autocheckpoint = 0")?;
                // Commits would wait with it.
                connection.busy_timeout(Duration::ZERO)?;
                // The writer closes last, and it knows whether the log may go.
                keep_log(&connection);
            }
            Role::Reader => connection.execute_batch(&format!(
                "PRAGMA query_only = ON; PRAGMA cache_size = -{};",
                self.caches.reader_kib
            ))?,
        }
        Ok(connection)
    }

    /// A commit only says how long the log is now; beside it a thread folds. Where there are no threads, or a thread would
    /// fold more slowly than the log grows, the commit that makes it too long folds it.
    fn settle_who_folds(&self, writer: &mut Connection) -> Stored<()> {
        let fold = if self.bulk { BULK_FOLD_PAGES } else { FOLD_PAGES };
        let here = if self.folds_in_commits() { fold } else { 0 };
        let cache_kib = self.caches.writer_kib;
        let settings = format!("PRAGMA cache_size = -{cache_kib}; PRAGMA wal_autocheckpoint = {here}");
        writer.execute_batch(&settings)?;
        if !self.folds_in_commits() {
            let log = Arc::clone(&self.log);
            writer.wal_hook(Some(move |_: &mut Wal, pages: c_int| {
                log.pages.store(pages.try_into().unwrap_or_default(), Ordering::Relaxed);
                Ok(())
            }))?;
        }
        Ok(())
    }

    /// Makes durable what a process left in the log that died between writing a commit and syncing it. It is found as if
    /// it had been committed; whoever acts on it before it is synced would tell of something that a power cut can still
    /// take back.
    fn sync_what_was_found(&self, connection: &Connection) -> Stored<()> {
        if self.in_doubt() {
            let synced = File::open(self.log()).and_then(|log| log.sync_data());
            return synced.map_err(|error| StoreFault::Backend(format!("its log cannot be synced: {error}")));
        }
        // Folding syncs the log first. Where others fold just now, this connection has found nothing new.
        log::fold(self, connection).map(drop)
    }
}

fn make_durable(connection: &Connection, patience: Duration) -> Stored<()> {
    let mode = into_log(connection, patience)?;
    // Some network file systems cannot; readers would then block the writer, and a lock may not lock at all.
    if !mode.eq_ignore_ascii_case("wal") {
        return Err(StoreFault::Backend("this file system cannot hold a write-ahead log".into()));
    }
    // FULL syncs the log at every commit; NORMAL would lose acknowledged commits with the power.
    connection.execute_batch("PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;")?;
    Ok(())
}

/// Where several make the same new file at once, or one closes it as the last while another opens it, SQLite says that it is
/// locked without asking the busy handler, since each might wait for the other. Nobody holds it for long then.
#[allow(clippy::disallowed_methods, reason = "another process tells nobody when it is done")]
fn into_log(connection: &Connection, patience: Duration) -> Stored<String> {
    const PAUSE: Duration = Duration::from_millis(5);
    let attempt = || connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0));
    let busy = |error: &rusqlite::Error| error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy);
    connection.busy_timeout(Duration::ZERO)?;
    let mut outcome = attempt();
    let mut waited = Duration::ZERO;
    while waited < patience && outcome.as_ref().is_err_and(busy) {
        std::thread::sleep(PAUSE);
        waited += PAUSE;
        outcome = attempt();
    }
    connection.busy_timeout(patience)?;
    Ok(outcome?)
}

/// The last connection to be closed folds the log and deletes it, but not if it is this one. (A flag in memory.)
pub(super) fn keep_log(connection: &Connection) {
    let _ = connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
}

/// Makes sure that the file exists and that only its owner can read it. SQLite gives the same mode to the files that
/// it puts beside it.
pub(super) fn create_private(path: &Path) -> io::Result<()> {
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
        options.mode(0o600).open(path)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))
    }
    #[cfg(not(unix))]
    options.open(path).map(drop)
}

/// Tells a file from another one that has its name. Where the system does not say, all are the same.
pub(super) fn identity(path: &Path) -> io::Result<(u64, u64)> {
    let file = fs::metadata(path)?;
    #[cfg(unix)]
    let identity = {
        use std::os::unix::fs::MetadataExt;
        (file.dev(), file.ino())
    };
    #[cfg(not(unix))]
    let identity = (0, u64::from(file.is_file()));
    Ok(identity)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(folder: &tempfile::TempDir) -> Source {
        let path = folder.path().join("store.db");
        create_private(&path).expect("makes the file");
        Source::new(path, Duration::from_millis(10))
    }

    fn setting(connection: &Connection, name: &str) -> i64 {
        connection.pragma_query_value(None, name, |row| row.get(0)).expect("has the setting")
    }

    // No test can pull the plug, so what makes a commit survive that is asserted here.
    #[test]
    fn the_writer_syncs_every_commit_and_overwrites_what_it_deletes() {
        let folder = tempfile::tempdir().expect("makes a folder");
        for (bulk, fold) in [(false, 0), (true, BULK_FOLD_PAGES)] {
            let writer = source(&folder).for_bulk(bulk).open(Role::Writer).expect("opens");
            assert_eq!(setting(&writer, "synchronous"), 2);
            assert_eq!(setting(&writer, "secure_delete"), 1);
            assert_eq!(setting(&writer, "temp_store"), 2);
            assert_eq!(setting(&writer, "wal_autocheckpoint"), i64::from(fold));
        }
    }

    #[test]
    fn a_reader_cannot_write_and_nobody_makes_a_file_that_is_gone() {
        let folder = tempfile::tempdir().expect("makes a folder");
        let source = source(&folder);
        let writer = source.open(Role::Writer).expect("opens");
        writer.execute_batch("CREATE TABLE t (x INTEGER)").expect("makes a table");
        let reader = source.open(Role::Reader).expect("opens");
        assert!(reader.execute("INSERT INTO t VALUES (1)", []).is_err());
        drop((reader, writer));
        fs::remove_file(&source.path).expect("removes it");
        assert!(source.open(Role::Writer).is_err() && source.open(Role::Reader).is_err());
    }
}
