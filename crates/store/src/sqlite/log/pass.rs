//! One pass: what of the log is folded at once, and is on the disk before anything else is folded.
//!
//! What SQLite does (`walCheckpoint` in sqlite3.c): a pass syncs the log, writes the pages that were logged after the point
//! that the last pass came to, and then moves that point. It syncs the file before it moves it, but only if it came to the
//! log's end; where a reader or a commit kept it from that, it syncs nothing. Only a log that is folded to its end begins
//! anew. A pass that failed has moved nothing: the next one writes the same pages again. But what lies before the point is
//! never written again, and a system whose sync has failed may have dropped those pages and say nothing at the next one.
//!
//! So the point must never move on while there are pages before it that are not on the disk. Here the file is synced
//! after every pass that did not fail, whoever made it and wherever it came to, and until then nobody else in this process
//! folds. Hence, whenever a pass begins, everything before the point is on the disk. If that pass fails, it is as if it
//! had not been made. If it comes to the end, SQLite has synced it. If it stops short and cannot be synced, doubt begins:
//! this process makes no pass and no commit any more, the point stays short of the end, and the log keeps everything.

use std::fs::File;
use std::mem::ManuallyDrop;
use std::sync::{Mutex, MutexGuard, TryLockError};

use rusqlite::Connection;

use crate::door::{StoreFault, Stored};
use crate::sqlite::connection::Source;

/// The right to fold, which one thread has at a time, and the database file, once it was needed.
///
/// The file is never closed: that would let go of every lock that SQLite has on it in this process (fcntl(2), "record
/// locks"), and with it of what keeps other processes away. One that was opened after a failure might also not be told
/// of it.
#[derive(Default)]
pub(in crate::sqlite) struct Turns(Mutex<Option<ManuallyDrop<File>>>);

#[cfg(test)]
impl Turns {
    /// Syncs this in place of the database file.
    pub(super) fn sync_instead(&self, file: File) {
        *self.0.lock().expect("is whole") = Some(ManuallyDrop::new(file));
    }
}

/// How far the log is folded.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(in crate::sqlite) struct Folded {
    /// Its first so many pages are in the file.
    pub(super) pages: u32,
    /// And there are no others.
    pub(super) all: bool,
}

/// Folds what can be folded without waiting for anybody. Where another thread or another process folds, that is nothing.
///
/// # Errors
/// A fault of the database, and then it is as if no pass had been made; or there is doubt, since now or before.
pub(in crate::sqlite) fn fold(source: &Source, connection: &Connection) -> Stored<Folded> {
    match Turn::take(source)? {
        Some(turn) => turn.fold(connection),
        None => Ok(Folded::default()),
    }
}

/// Folds all of the log and cuts it to nothing; whether that was possible, which it is not while somebody reads what is in
/// it. SQLite keeps commits away while it cuts, so it is asked to only when there is nothing left to fold; the
/// connection must have no `busy_timeout`, or they wait for the reader too.
///
/// # Errors
/// As [`fold`].
pub(in crate::sqlite) fn cut(source: &Source, connection: &Connection) -> Stored<bool> {
    let Some(turn) = Turn::take(source)? else { return Ok(false) };
    if !turn.fold(connection)?.all {
        return Ok(false);
    }
    let (busy, _) = checkpoint(connection, "TRUNCATE")?;
    // It has folded what was committed in between.
    turn.sync()?;
    Ok(!busy)
}

/// The turn of one thread.
struct Turn<'a> {
    source: &'a Source,
    file: MutexGuard<'a, Option<ManuallyDrop<File>>>,
}

impl<'a> Turn<'a> {
    /// None if another thread has it.
    fn take(source: &'a Source) -> Stored<Option<Self>> {
        let mut file = match source.turns().0.try_lock() {
            Ok(file) => file,
            Err(TryLockError::Poisoned(file)) => file.into_inner(),
            Err(TryLockError::WouldBlock) => return Ok(None),
        };
        if source.in_doubt() {
            return Err(StoreFault::Backend("the log is kept until the server starts again".into()));
        }
        // Where one connection is alone, every pass comes to the end.
        if file.is_none() && !source.is_alone() {
            let opened = File::options().read(true).write(true).open(source.path());
            let opened = opened.map_err(|error| StoreFault::Backend(error.to_string()))?;
            *file = Some(ManuallyDrop::new(opened));
        }
        Ok(Some(Self { source, file }))
    }

    fn fold(&self, connection: &Connection) -> Stored<Folded> {
        let (_, before) = checkpoint(connection, "NOOP")?;
        if before.all {
            return Ok(before);
        }
        let (_, folded) = checkpoint(connection, "PASSIVE")?;
        self.sync()?;
        Ok(folded)
    }

    fn sync(&self) -> Stored<()> {
        let Some(Err(error)) = self.file.as_ref().map(|file| file.sync_data()) else { return Ok(()) };
        self.source.begin_doubt();
        tracing::error!(
            %error,
            "the database file could not be written out; its log is kept until the server starts again"
        );
        Err(StoreFault::Backend(format!("the database file could not be written out: {error}")))
    }
}

/// Whether others were in the way, and how far the log is folded after it.
fn checkpoint(connection: &Connection, mode: &str) -> Stored<(bool, Folded)> {
    let sql = format!("PRAGMA wal_checkpoint({mode})");
    let answer = connection.query_row(&sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
    // -1 and -1 where another process folds.
    let (busy, logged, folded): (i64, i64, i64) = answer?;
    let pages = u32::try_from(folded).unwrap_or_default();
    Ok((busy != 0, Folded { pages, all: folded >= 0 && folded == logged }))
}
