//! The database as it was until a restore: made one whole file, locked against everyone, and read.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::backup::{self, BackupError, Watcher};
use super::file::{self, BUSY};
use super::restore::RestoreError;
use super::{connection, migration};

/// How every SQLite file begins (sqlite.org/fileformat, section 1.3).
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// Why the present cannot be asked.
pub(super) enum Unknown {
    /// There is nothing.
    Absent,
    /// It cannot be read, for this reason.
    Unreadable(String),
    /// Somebody else has it, or it is too new: nothing may be done.
    Refused(RestoreError),
}

/// Makes sure that the present database is one file, with its log folded into it, and as new as this server.
pub(super) fn prepare(database: &Path, without_present: bool) -> Result<(), Unknown> {
    let failed = |error| Unknown::Refused(RestoreError::File(database.to_path_buf(), error));
    let length = match fs::metadata(database) {
        Ok(found) => found.len(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
        Err(error) => return Err(failed(error)),
    };
    if length > 0 {
        let begins_well = begins_well(database).map_err(failed)?;
        // Opened all the same, it would be taken for an empty database, and the log beside it would be thrown away.
        let strange = || Unknown::Unreadable("it is no database".to_owned());
        return if begins_well { fold(database) } else { Err(strange()) };
    }
    if !without_present {
        return Err(Unknown::Refused(RestoreError::NoPresent(database.to_path_buf())));
    }
    alone(database).map_err(Unknown::Refused)?;
    // An empty file can be locked, so that no server makes a new database meanwhile.
    connection::create_private(database).map_err(failed)?;
    Err(Unknown::Absent)
}

fn begins_well(database: &Path) -> io::Result<bool> {
    let mut beginning = [0; MAGIC.len()];
    match fs::File::open(database)?.read_exact(&mut beginning) {
        Ok(()) => Ok(beginning == *MAGIC),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// Only a connection that is alone can leave the write-ahead log: this is how it is known that no server runs.
fn fold(database: &Path) -> Result<(), Unknown> {
    let failed = |error: rusqlite::Error| unknown(&error, database);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(database, flags).map_err(failed)?;
    connection.busy_timeout(BUSY).map_err(failed)?;
    let version = migration::version_of(&connection, "main");
    let (found, known) =
        (version.map_err(|error| Unknown::Unreadable(error.to_string()))?, migration::known());
    if found > known {
        return Err(Unknown::Refused(RestoreError::Newer(BackupError::Newer { found, known })));
    }
    let mode = connection.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get::<_, String>(0));
    if mode.map_err(failed)? != "delete" {
        return Err(Unknown::Refused(RestoreError::InUse(database.to_path_buf())));
    }
    if found == 0 {
        // A restore that was killed before its end may have left this; nobody can have guessed at anything in it.
        let things = backup::number(&connection, "SELECT count(*) FROM sqlite_schema");
        let empty = things.is_ok_and(|things| things == 0);
        return Err(if empty {
            Unknown::Absent
        } else {
            Unknown::Unreadable("it holds no records".to_owned())
        });
    }
    migration::run(&mut connection).map_err(|error| Unknown::Unreadable(error.to_string()))
}

/// Attaches the present database, locks it until `new` is closed, and reads everything in it.
pub(super) fn lock(
    new: &Connection,
    database: &Path,
    prepared: Result<(), Unknown>,
    watcher: Watcher<'_>,
) -> Result<(), Unknown> {
    if matches!(prepared, Err(Unknown::Unreadable(_))) {
        return prepared;
    }
    let name = database.to_str().ok_or_else(|| Unknown::Unreadable("its name is not UTF-8".to_owned()))?;
    attach(new, name).map_err(|error| unknown(&error, database))?;
    prepared?;
    match backup::check(new, "present", watcher) {
        Ok(_) => Ok(()),
        Err(error) => Err(Unknown::Unreadable(error.to_string())),
    }
}

/// A server may have started and been killed in the moment since the log was folded, so it is folded once more. The lock
/// outlives the transaction: it is let go when the connection is closed. Nothing is written there, and a journal would
/// be left to the new database, so there is none.
fn attach(new: &Connection, name: &str) -> rusqlite::Result<()> {
    new.execute("ATTACH ?1 AS present", [name])?;
    for step in ["journal_mode = DELETE", "locking_mode = EXCLUSIVE", "journal_mode = MEMORY"] {
        new.query_row(&format!("PRAGMA present.{step}"), [], |_| Ok(()))?;
    }
    new.execute_batch("BEGIN EXCLUSIVE")
}

fn unknown(error: &rusqlite::Error, database: &Path) -> Unknown {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            Unknown::Refused(RestoreError::InUse(database.to_path_buf()))
        }
        _ => Unknown::Unreadable(error.to_string()),
    }
}

/// A log that is left beside the name would be taken for the new database's, and it would be neither's. A database that
/// cannot be locked is in use if there is one.
pub(super) fn alone(database: &Path) -> Result<(), RestoreError> {
    for ending in ["-wal", "-shm", "-journal"] {
        let log = file::beside(database, ending);
        if log.try_exists().map_err(|error| RestoreError::File(log.clone(), error))? {
            return Err(RestoreError::LogBeside(log));
        }
    }
    Ok(())
}

/// A database that cannot be read is kept under another name: somebody may yet find out what is in it.
pub(super) fn keep_aside(database: &Path) -> Result<(), RestoreError> {
    let aside = file::beside(database, ".unreadable");
    fs::hard_link(database, &aside).map_err(|error| RestoreError::File(aside, error))
}
