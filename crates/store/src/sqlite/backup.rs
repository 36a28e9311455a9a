//! Copies of a database: made while it is in use, and looked at before they are trusted.
//!
//! A backup is a whole database file of its own, without a log beside it. Its keys are wrapped as they were, so it is
//! useless without the master key; and it knows nothing of what happened since, so it must never simply be put in the
//! place of the database: [`super::restore`] says what has to be known first.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use countersign_domain::time::Timestamp;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, Row};

use super::connection::{Role, Source};
use super::file::{self, BUSY, Partial};
use super::trail::{self, COLUMNS};
use super::{migration, signing_key, wrapped_key};
use crate::door::{StoreFault, Stored, WrappedKey};
use crate::record;

/// Pages copied between two looks at how far it is (4 megabytes).
const PAGES: i32 = 1024;

/// Rows read between two looks at how far it is.
pub(super) const ROWS: u32 = 500;

/// What is being done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// Every record is read.
    Checking,
    /// Pages are copied.
    Copying,
    /// Accounts are put together from backup and present.
    Merging,
    /// The new file is written out, and put in its place.
    Placing,
}

/// How far it is: so many of so many, in whatever unit the stage has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// What is being done.
    pub stage: Stage,
    /// So many are done.
    pub done: u64,
    /// Of so many.
    pub of: u64,
}

/// Is told how far it is.
pub type Watcher<'a> = &'a mut dyn FnMut(Progress);

/// What a backup holds. Every record of it was read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Contents {
    /// Version of its schema.
    pub schema: i64,
    /// Accounts.
    pub accounts: u64,
    /// Credentials of callers.
    pub apps: u64,
    /// Entries of the audit trail.
    pub events: u64,
    /// The last of them: nothing later is in this backup.
    pub newest: Option<Timestamp>,
    /// The wrapped keys.
    pub keys: Vec<WrappedKey>,
}

/// Why a backup was not made, or cannot be relied on.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The system refused.
    #[error("{0}: {1}")]
    File(PathBuf, io::Error),
    /// There is something under that name, and it is never replaced.
    #[error("{0} is there already and is not replaced")]
    Taken(PathBuf),
    /// The file is part of a database, not a whole one.
    #[error(
        "{0} has a log beside it: it is a database in use, or part of one; `backup create` makes a backup of it"
    )]
    InUse(PathBuf),
    /// A newer version of the server wrote it.
    #[error("it has schema version {found}, but this version knows only up to {known}: use a newer one")]
    Newer {
        /// The file's version.
        found: i64,
        /// The newest version that is known here.
        known: i64,
    },
    /// Not everything in it can be read.
    #[error("it is damaged, or no database of this server: {0}")]
    Damaged(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreFault),
}

impl From<rusqlite::Error> for BackupError {
    fn from(error: rusqlite::Error) -> Self {
        StoreFault::from(error).into()
    }
}

/// Copies the database as it is at one instant, while servers go on with it, and reads every record of the copy. The
/// copy is its owner's alone, is on the disk when this returns, and appears under its name only then.
///
/// A running server cannot cut its log while pages are copied, so the log grows with what is written meanwhile.
///
/// # Errors
/// [`BackupError`]; nothing is left behind then.
pub fn create(database: &Path, to: &Path, watcher: Watcher<'_>) -> Result<Contents, BackupError> {
    let failed = |error| BackupError::File(to.to_path_buf(), error);
    if to.try_exists().map_err(failed)? {
        return Err(BackupError::Taken(to.to_path_buf()));
    }
    let source = Source::new(database.to_path_buf(), BUSY).open(Role::Reader)?;
    let partial = Partial::beside(to, ".partial").map_err(failed)?;
    copy(&source, &partial.path, watcher)?;
    drop(source);
    let contents = verify(&partial.path, watcher)?;
    watcher(Progress { stage: Stage::Placing, done: 0, of: 1 });
    file::sync(&partial.path).map_err(failed)?;
    // A link and not a rename: it refuses where a file has appeared meanwhile.
    match fs::hard_link(&partial.path, to) {
        Ok(()) => drop(partial),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(BackupError::Taken(to.to_path_buf()));
        }
        // A file system without links.
        Err(_) => fs::rename(&partial.path, to).map_err(failed)?,
    }
    file::sync_folder(to).map_err(failed)?;
    watcher(Progress { stage: Stage::Placing, done: 1, of: 1 });
    Ok(contents)
}

/// Reads everything in a backup. Nothing is written, not even beside it.
///
/// # Errors
/// [`BackupError`] says why it cannot be relied on.
pub fn verify(path: &Path, watcher: Watcher<'_>) -> Result<Contents, BackupError> {
    check(&open_whole(path)?, "main", watcher)
}

/// Opens a whole file, for reading. It must not change: what is beside it is not looked at, and nothing is locked.
pub(super) fn open_whole(path: &Path) -> Result<Connection, BackupError> {
    let failed = |error| BackupError::File(path.to_path_buf(), error);
    if !fs::metadata(path).map_err(failed)?.is_file() {
        return Err(failed(io::Error::new(io::ErrorKind::InvalidInput, "is no file")));
    }
    for log in ["-wal", "-journal"] {
        if fs::metadata(file::beside(path, log)).is_ok_and(|log| log.len() > 0) {
            return Err(BackupError::InUse(path.to_path_buf()));
        }
    }
    Ok(file::open_still(path)?)
}

/// Reads everything in a database.
pub(super) fn check(
    connection: &Connection,
    schema: &str,
    watcher: Watcher<'_>,
) -> Result<Contents, BackupError> {
    let damaged = |error: &dyn core::fmt::Display| BackupError::Damaged(error.to_string());
    let (found, known) =
        (migration::version_of(connection, schema).map_err(|error| damaged(&error))?, migration::known());
    if found > known {
        return Err(BackupError::Newer { found, known });
    }
    if found < 1 {
        return Err(BackupError::Damaged("it holds no records".to_owned()));
    }
    let sound: String = connection
        .query_row(&format!("PRAGMA {schema}.integrity_check(1)"), [], |row| row.get(0))
        .map_err(|error| damaged(&error))?;
    if sound != "ok" {
        return Err(BackupError::Damaged(sound));
    }
    let mut reading = Reading { connection, schema, watcher, done: 0, of: 0 };
    reading.of = reading.count("accounts")? + reading.count("apps")? + reading.count("events")?;
    let mut newest = None;
    let bytes = |row: &Row<'_>| -> Stored<Vec<u8>> { Ok(row.get(0)?) };
    let accounts =
        reading.each("accounts", "record", |row| record::decode_account(&bytes(row)?).map(drop))?;
    let apps = reading.each("apps", "record", |row| record::decode_app(&bytes(row)?).map(drop))?;
    let events = reading.each("events", COLUMNS, |row| {
        newest = newest.max(Some(trail::of_row(row)?.at));
        Ok(())
    })?;
    // These tables came with the second step.
    if found >= 2 {
        reading.each("unknown_names", "ledger", |row| record::decode_ledger(&bytes(row)?).map(drop))?;
        reading.each("watches", "watch", |row| record::check_watched(&bytes(row)?))?;
    }
    // This one came with the fourth.
    if found >= 4 {
        reading.each("signing_keys", signing_key::COLUMNS, |row| Ok(signing_key::of_row(row).map(drop)?))?;
    }
    let keys = wrapped_key::list_of(connection, schema)?;
    Ok(Contents { schema: found, accounts, apps, events, newest, keys })
}

struct Reading<'a> {
    connection: &'a Connection,
    schema: &'a str,
    watcher: Watcher<'a>,
    done: u64,
    of: u64,
}

impl Reading<'_> {
    fn count(&self, table: &str) -> Result<u64, BackupError> {
        let count = format!("SELECT count(*) FROM {}.{table}", self.schema);
        number(self.connection, &count).map_err(|error| BackupError::Damaged(error.to_string()))
    }

    /// Reads these columns of every row, and says how many rows there are.
    fn each(
        &mut self,
        table: &str,
        columns: &str,
        mut read: impl FnMut(&Row<'_>) -> Stored<()>,
    ) -> Result<u64, BackupError> {
        let damaged = |error: &dyn core::fmt::Display| BackupError::Damaged(format!("in {table}: {error}"));
        let select = format!("SELECT {columns} FROM {}.{table}", self.schema);
        let mut statement = self.connection.prepare(&select).map_err(|error| damaged(&error))?;
        let mut rows = statement.query([]).map_err(|error| damaged(&error))?;
        let mut count = 0;
        while let Some(row) = rows.next().map_err(|error| damaged(&error))? {
            read(row).map_err(|error| damaged(&error))?;
            count += 1;
            self.done += 1;
            if self.done.is_multiple_of(ROWS.into()) {
                (self.watcher)(Progress {
                    stage: Stage::Checking,
                    done: self.done,
                    of: self.of.max(self.done),
                });
            }
        }
        Ok(count)
    }
}

/// The number that a statement counts.
pub(super) fn number(connection: &Connection, statement: &str) -> Stored<u64> {
    let number: i64 = connection.query_row(statement, [], |row| row.get(0))?;
    Ok(number.unsigned_abs())
}

/// Copies every page of `source`, as it is now, into the empty file `to`, which then needs no log beside it.
pub(super) fn copy(source: &Connection, to: &Path, watcher: Watcher<'_>) -> Result<(), BackupError> {
    // While this transaction is open the copy sees one instant, whatever others write; without it, it would begin
    // again at every write.
    source.execute_batch("BEGIN")?;
    source.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))?;
    {
        let mut copied = file::open_new(to)?;
        let backup = Backup::new(source, &mut copied)?;
        loop {
            let step = backup.step(PAGES)?;
            let pages = backup.progress();
            let left = |pages: i32| u64::try_from(pages).unwrap_or(0);
            let (of, left) = (left(pages.pagecount), left(pages.remaining));
            watcher(Progress { stage: Stage::Copying, done: of - left.min(of), of });
            match step {
                StepResult::Done => break,
                StepResult::More => {}
                _ => return Err(StoreFault::Backend("the database is locked".into()).into()),
            }
        }
    }
    source.execute_batch("COMMIT")?;
    // The copy's first page says that there is a log; there is none any more.
    let mode: String = file::open_new(to)?.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0))?;
    if mode != "delete" {
        return Err(StoreFault::Backend("the copy's log could not be folded".into()).into());
    }
    Ok(())
}
