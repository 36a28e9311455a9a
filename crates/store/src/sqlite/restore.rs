//! A backup comes back, and rewinds nothing: what was guessed, used up or ended since it was taken stays so.
//!
//! A new database is built in a file beside the present one, from the backup and the present together (`merge` says
//! how), written out, and put in place by one rename. Whoever is killed on the way leaves the old database or the new
//! one, whole. The present one is locked against every other process from before it is read until its name is gone.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use countersign_domain::account::Scene;
use countersign_domain::time::Timestamp;

use super::backup::{self, BackupError, Progress, Stage, Watcher};
use super::file::{self, Partial};
use super::present::{self, Unknown, alone, keep_aside};
use super::{OpenError, merge, migration, wrapped_key};
use crate::door::{StoreFault, WrappedKey};

/// What shall be restored.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The backup.
    pub backup: &'a Path,
    /// The database whose place it takes.
    pub database: &'a Path,
    /// Go on although there is no present database that can be read.
    pub without_present: bool,
    /// Go on although the clock shows an earlier time than the backup's newest event.
    pub clock_behind: bool,
    /// A random number, another one for each restore.
    pub drawn: u64,
}

/// What was restored.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Restored {
    /// Accounts with the stricter of both budgets.
    pub merged: u64,
    /// Accounts of which nothing is known since the backup: a single guess is left in each budget.
    pub doubted: u64,
    /// Accounts of the backup that were erased since, and stay so.
    pub erased: u64,
    /// Accounts that were made since the backup: they are gone, but their trail stays.
    pub left_out: u64,
    /// When the backup's newest event was, if the clock shows an earlier time.
    pub behind: Option<Timestamp>,
}

/// Why nothing was restored. The present database is as it was.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The backup cannot be relied on.
    #[error("the backup cannot be used: {0}")]
    Backup(BackupError),
    /// The clock is wrong, or it was when the backup was made. What is counted by time would be counted wrong.
    #[error(
        "the clock shows {now}, and the backup's newest event is of {newest}: set the clock right; if it is right, and was \
         ahead when the backup was made, go on with --clock-behind"
    )]
    ClockBehind {
        /// What the clock shows.
        now: jiff::Timestamp,
        /// When the newest event was.
        newest: jiff::Timestamp,
    },
    /// Somebody has the database open.
    #[error("{0} is in use: stop the server, and whatever else has it open, first")]
    InUse(PathBuf),
    /// There is no database to ask what happened since.
    #[error(
        "there is no database at {0} that knows what happened since the backup; with --without-present every budget is \
         left a single guess, and codes and sessions end"
    )]
    NoPresent(PathBuf),
    /// The database cannot tell what happened since.
    #[error(
        "{0} cannot be read, so what happened since the backup is not known ({1}); with --without-present every budget \
         is left a single guess, and codes and sessions end"
    )]
    Unreadable(PathBuf, String),
    /// It can tell, so it must be asked.
    #[error("{0} can be read and knows what happened since the backup: leave --without-present out")]
    Readable(PathBuf),
    /// A part of a database that cannot be read, or that is in use.
    #[error(
        "{0} is beside a database that cannot be read: if no server is running, move both away together, and try again"
    )]
    LogBeside(PathBuf),
    /// A newer version of the server wrote the present database.
    #[error("the present database: {0}")]
    Newer(BackupError),
    /// Both have a key of that number, and not the same.
    #[error(
        "backup and present database have different keys under number {0}: they do not come from one database. \
         Nothing sealed by the one could be read with the keys of the other"
    )]
    Keys(u32),
    /// The keys do not open.
    #[error("the restored database would be of no use: {0}")]
    MasterKey(String),
    /// The system refused.
    #[error("{0}: {1}")]
    File(PathBuf, io::Error),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreFault),
}

impl From<rusqlite::Error> for RestoreError {
    fn from(error: rusqlite::Error) -> Self {
        StoreFault::from(error).into()
    }
}

/// Restores a backup. `keys_open` says whether the master key that is at hand opens these keys, asked before anything is
/// replaced.
///
/// # Errors
/// [`RestoreError`]; the present database is as it was then.
pub fn restore(
    request: Request<'_>,
    scene: &Scene<'_>,
    keys_open: &dyn Fn(&[WrappedKey]) -> Result<(), String>,
    watcher: Watcher<'_>,
) -> Result<Restored, RestoreError> {
    let Request { backup, database, without_present, clock_behind, drawn } = request;
    let failed = |error| RestoreError::File(database.to_path_buf(), error);
    let contents = backup::verify(backup, watcher).map_err(RestoreError::Backup)?;
    let behind = contents.newest.filter(|newest| scene.now < *newest);
    if let Some(newest) = behind.filter(|_| !clock_behind) {
        return Err(RestoreError::ClockBehind { now: shown(scene.now), newest: shown(newest) });
    }
    let prepared = present::prepare(database, without_present);
    if let Err(Unknown::Refused(error)) = prepared {
        return Err(error);
    }
    let partial = Partial::beside(database, ".restoring").map_err(failed)?;
    let whole = backup::open_whole(backup).map_err(RestoreError::Backup)?;
    backup::copy(&whole, &partial.path, watcher).map_err(RestoreError::Backup)?;
    let mut new = file::open_new(&partial.path)?;
    new.execute_batch("PRAGMA journal_mode = OFF")?;
    migration::run(&mut new).map_err(|error| migration_failed(&error))?;
    let asked = present::lock(&new, database, prepared, watcher);
    let present = decided(asked, request)?;
    if new.is_autocommit() {
        new.execute_batch("BEGIN")?;
    }
    let restored =
        Restored { behind, ..merge::merge(&new, present == Present::Known, scene, drawn, watcher)? };
    keys_open(&wrapped_key::list_of(&new, "main")?).map_err(RestoreError::MasterKey)?;
    new.execute_batch("COMMIT")?;
    let sound: String = new.query_row("PRAGMA main.quick_check(1)", [], |row| row.get(0))?;
    if sound != "ok" {
        return Err(StoreFault::Damaged(sound).into());
    }
    let step = |done| Progress { stage: Stage::Placing, done, of: 3 };
    watcher(step(0));
    file::sync(&partial.path).map_err(failed)?;
    watcher(step(1));
    if present == Present::Unreadable {
        keep_aside(database)?;
    }
    alone(database)?;
    // The old log is gone from the folder before the new database is in it, whatever order the file system keeps: a log
    // beside a database that it does not belong to would be played back into it.
    file::sync_folder(database).map_err(failed)?;
    fs::rename(&partial.path, database).map_err(failed)?;
    watcher(step(2));
    file::sync_folder(database).map_err(failed)?;
    watcher(step(3));
    // Only now may others open it: until here the lock is on the file that had the name before.
    drop(new);
    Ok(restored)
}

/// What is known of what happened since the backup.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Present {
    /// Everything.
    Known,
    /// There is no database.
    Absent,
    /// There is one that cannot be read.
    Unreadable,
}

/// Whether to go on with what is known.
fn decided(present: Result<(), Unknown>, request: Request<'_>) -> Result<Present, RestoreError> {
    let Request { database, without_present, .. } = request;
    let database = database.to_path_buf();
    match present {
        Ok(()) if without_present => Err(RestoreError::Readable(database)),
        Ok(()) => Ok(Present::Known),
        Err(Unknown::Refused(error)) => Err(error),
        Err(Unknown::Absent) if !without_present => Err(RestoreError::NoPresent(database)),
        Err(Unknown::Absent) => Ok(Present::Absent),
        Err(Unknown::Unreadable(reason)) if !without_present => {
            Err(RestoreError::Unreadable(database, reason))
        }
        Err(Unknown::Unreadable(_)) => {
            alone(&database)?;
            Ok(Present::Unreadable)
        }
    }
}

/// A time as people read it.
fn shown(at: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_millisecond(at.millis()).unwrap_or(jiff::Timestamp::MAX)
}

fn migration_failed(error: &OpenError) -> RestoreError {
    StoreFault::Backend(error.to_string()).into()
}
