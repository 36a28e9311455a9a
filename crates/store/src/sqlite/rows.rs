//! Whole tables, for a copy: read in the order of the key, and written many rows at once.
//!
//! What is copied from is locked against every writer until the copy is done. What is copied to is a file beside the
//! database's place; it gets the database's name when it is whole.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, Statement};
use tokio::task::spawn_blocking;

use super::connection::{self, Role, Source};
use super::file::{self, BUSY};
use super::migration::{self, Standing};
use crate::copy::batch::{Batch, columns};
use crate::copy::end::{Batches, Reading};
use crate::copy::table::{Kind, Table};
use crate::copy::{CopyError, Holder};
use crate::door::{StoreFault, Stored};

/// At the end of the name of what is being copied to.
const UNFINISHED: &str = ".copying";
/// Memory for pages of what is being copied to. Rows fall anywhere into its indexes.
const CACHE_KIB: u32 = 256 * 1024;
/// Pages after which the log is folded into the file (64 megabytes).
const FOLD_PAGES: u32 = 16_384;

/// One end of a copy.
pub(crate) struct Rows {
    connection: Arc<Mutex<Connection>>,
    path: PathBuf,
}

/// Where a copy is made that is to become the database at `path`.
pub(crate) fn unfinished(path: &Path) -> PathBuf {
    file::beside(path, UNFINISHED)
}

impl Rows {
    /// A database that is copied from. Nobody can write into it until this is dropped: who tries is told that it is locked.
    pub(crate) fn source(path: &Path) -> Result<Self, CopyError> {
        let rows = Self::existing(path, Role::Writer)?;
        rows.locked().execute_batch("BEGIN IMMEDIATE").map_err(|error| match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy) => CopyError::InUse(path.to_path_buf()),
            _ => CopyError::Source(error.into()),
        })?;
        Ok(rows)
    }

    /// A database as it is at this moment, for a comparison.
    pub(crate) fn present(path: &Path) -> Result<Self, CopyError> {
        let rows = Self::existing(path, Role::Reader)?;
        rows.locked().execute_batch("BEGIN").map_err(|error| CopyError::Source(error.into()))?;
        Ok(rows)
    }

    fn existing(path: &Path, role: Role) -> Result<Self, CopyError> {
        let begun = unfinished(path);
        if begun.exists() {
            return Err(CopyError::Unfinished(begun.display().to_string()));
        }
        if !path.exists() {
            return Err(CopyError::Missing(path.to_path_buf()));
        }
        let connection = Source::new(path.to_path_buf(), BUSY).open(role).map_err(CopyError::Source)?;
        match migration::standing(&connection) {
            Ok(Standing::Current) => Ok(Self::of(connection, path)),
            Ok(Standing::New) => Err(CopyError::Missing(path.to_path_buf())),
            Ok(Standing::Older(_)) => Err(CopyError::Older(path.display().to_string())),
            Err(error) => Err(CopyError::Open(error.to_string())),
        }
    }

    /// What is copied to, and whether a copy was begun there before. `None` if that copy only had to get its name.
    pub(crate) fn target(path: &Path) -> Result<Option<(Self, Holder)>, CopyError> {
        let failed = |error| CopyError::File(path.to_path_buf(), error);
        let place = unfinished(path);
        let begun = place.try_exists().map_err(failed)?;
        if path.symlink_metadata().is_ok() {
            let same = begun
                && connection::identity(path).map_err(failed)?
                    == connection::identity(&place).map_err(failed)?;
            if !same {
                return Err(CopyError::Taken(path.to_path_buf()));
            }
            // Killed between its two names.
            fs::remove_file(&place).and_then(|()| file::sync_folder(path)).map_err(failed)?;
            return Ok(None);
        }
        // A log beside the place would be taken for the new database's.
        for ending in ["-wal", "-shm", "-journal"] {
            let log = file::beside(path, ending);
            if log.try_exists().map_err(failed)? {
                return Err(CopyError::Taken(log));
            }
        }
        connection::create_private(&place).map_err(failed)?;
        let connection = open_target(&place)?;
        Ok(Some((Self::of(connection, path), if begun { Holder::Again } else { Holder::First })))
    }

    fn of(connection: Connection, path: &Path) -> Self {
        Self { connection: Arc::new(Mutex::new(connection)), path: path.to_path_buf() }
    }

    /// How many rows a table has.
    pub(crate) async fn count(&self, table: &'static Table) -> Stored<u64> {
        self.with(|connection| {
            super::backup::number(connection, &format!("SELECT count(*) FROM {}", table.name))
        })
        .await
    }

    /// Reads a whole table in the order of its key.
    pub(crate) fn read(&self, table: &'static Table) -> Reading {
        let (sender, reading) = Reading::begin();
        let connection = Arc::clone(&self.connection);
        spawn_blocking(move || {
            let connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            if let Err(fault) = read_all(&connection, table, &sender) {
                // Whoever does not listen any more has given up.
                let _ = sender.blocking_send(Err(fault));
            }
        });
        reading
    }

    /// The key of the last row of a table.
    pub(crate) async fn last(&self, table: &'static Table) -> Stored<Option<Vec<u8>>> {
        self.with(move |connection| {
            let select = format!(
                "SELECT {} FROM {} ORDER BY {} LIMIT 1",
                table.key(),
                table.name,
                table.key_backwards()
            );
            let mut statement = connection.prepare(&select)?;
            let mut rows = statement.query([])?;
            let Some(row) = rows.next()? else { return Ok(None) };
            let mut batch = Batch::default();
            take(&mut batch, row, table.key)?;
            Ok(batch.rows().next().map(<[u8]>::to_vec))
        })
        .await
    }

    /// Writes rows that are not there yet: one durable transaction.
    pub(crate) async fn write(&self, table: &'static Table, batch: Batch) -> Stored<()> {
        self.with(move |connection| {
            let places: Vec<String> = (1..=table.columns.len()).map(|n| format!("?{n}")).collect();
            let insert =
                format!("INSERT INTO {} ({}) VALUES ({})", table.name, table.columns(), places.join(", "));
            let transaction = connection.transaction()?;
            {
                let mut statement = transaction.prepare_cached(&insert)?;
                for row in batch.rows() {
                    bind(&mut statement, table, row)?;
                    statement.raw_execute()?;
                }
            }
            Ok(transaction.commit()?)
        })
        .await
    }

    /// Writes the file out and gives it its name.
    pub(crate) async fn finish(self) -> Result<(), CopyError> {
        self.with(|connection| {
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
            let mode: String = connection.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0))?;
            if mode == "delete" {
                return Ok(());
            }
            Err(StoreFault::Backend("the copy's log could not be folded".into()))
        })
        .await
        .map_err(CopyError::Target)?;
        let Self { connection, path } = self;
        drop(connection);
        name(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => CopyError::Taken(path.clone()),
            _ => CopyError::File(path.clone(), error),
        })
    }

    async fn with<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Stored<R> + Send + 'static,
    ) -> Stored<R> {
        let connection = Arc::clone(&self.connection);
        let done =
            spawn_blocking(move || work(&mut connection.lock().unwrap_or_else(PoisonError::into_inner)));
        done.await.unwrap_or_else(|error| Err(StoreFault::Backend(error.to_string())))
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Opens what is copied to, so that nobody else can, and makes its tables in an empty one. Every commit is durable.
fn open_target(place: &Path) -> Result<Connection, CopyError> {
    let opened = || {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(place, flags)?;
        connection.busy_timeout(BUSY)?;
        // Exclusive before there is a log, so that the lock is one of the file and is kept. Two copies to one place would each
        // miss what the other has written.
        connection.execute_batch(&format!(
            "PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;
             PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -{CACHE_KIB}; PRAGMA journal_mode = WAL;
             PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = {FOLD_PAGES}; BEGIN EXCLUSIVE; COMMIT"
        ))?;
        Ok(connection)
    };
    let mut connection = opened().map_err(|error: rusqlite::Error| match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => CopyError::InUse(place.to_path_buf()),
        _ => CopyError::Target(error.into()),
    })?;
    migration::run(&mut connection).map_err(|error| CopyError::Open(error.to_string()))?;
    Ok(connection)
}

/// Gives the file its name. A link and not a rename: it refuses where a file has appeared meanwhile.
fn name(path: &Path) -> std::io::Result<()> {
    let place = unfinished(path);
    file::sync(&place)?;
    match fs::hard_link(&place, path) {
        Ok(()) => {
            file::sync_folder(path)?;
            fs::remove_file(&place)?;
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => return Err(error),
        // A file system without links.
        Err(_) => fs::rename(&place, path)?,
    }
    file::sync_folder(path)
}

fn read_all(connection: &Connection, table: &Table, sender: &Batches) -> Stored<()> {
    let select = format!("SELECT {} FROM {} ORDER BY {}", table.columns(), table.name, table.key());
    let mut statement = connection.prepare(&select)?;
    let mut rows = statement.query([])?;
    let mut batch = Batch::default();
    while let Some(row) = rows.next()? {
        take(&mut batch, row, table.columns.len())?;
        if batch.is_full() && sender.blocking_send(Ok(Some(core::mem::take(&mut batch)))).is_err() {
            return Ok(());
        }
    }
    for last in [Some(batch), None] {
        // Whoever does not listen any more has given up.
        let _ = sender.blocking_send(Ok(last));
    }
    Ok(())
}

/// Adds the first columns of a row to a batch.
fn take(batch: &mut Batch, row: &rusqlite::Row<'_>, columns: usize) -> Stored<()> {
    for n in 0..columns {
        match row.get_ref(n)? {
            ValueRef::Null => batch.push(None)?,
            ValueRef::Integer(number) => batch.push(Some(&number.to_be_bytes()))?,
            ValueRef::Blob(bytes) | ValueRef::Text(bytes) => batch.push(Some(bytes))?,
            ValueRef::Real(_) => {
                return Err(StoreFault::Damaged("a column has a fraction, and none should".into()));
            }
        }
    }
    batch.end_row();
    Ok(())
}

fn bind(statement: &mut Statement<'_>, table: &Table, row: &[u8]) -> Stored<()> {
    let misshapen = || StoreFault::Damaged(format!("a row of {} is not what the table holds", table.name));
    let mut bound = 0;
    for (value, (_, kind)) in columns(row).zip(table.columns) {
        let value = match (value, kind) {
            (None, _) => ValueRef::Null,
            (Some(bytes), Kind::Bytes) => ValueRef::Blob(bytes),
            (Some(text), Kind::Text) => ValueRef::Text(text),
            (Some(bytes), Kind::Number) => {
                ValueRef::Integer(i64::from_be_bytes(bytes.try_into().map_err(|_| misshapen())?))
            }
        };
        bound += 1;
        statement.raw_bind_parameter(bound, ToSqlOutput::Borrowed(value))?;
    }
    if bound == table.columns.len() { Ok(()) } else { Err(misshapen()) }
}
