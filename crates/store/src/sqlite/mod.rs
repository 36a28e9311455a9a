//! The embedded engine: one SQLite file, one writer, many commits in one.
//!
//! | module | what it is |
//! |---|---|
//! | `connection` | how a connection is set up, and reopened after a failure |
//! | `migration` | how the schema came to be |
//! | `queue` | what waits to be written, and what is worth a commit |
//! | `writer` | the one thread that writes: it drains its queue into one durable commit |
//! | `log` | the thread that folds the write-ahead log into the file |
//! | `reader` | reads: by the caller's own thread, or by threads that read |
//! | `shelf` | connections for reads by the caller's own thread |
//! | `stepper` | the same work without threads, a step at a time (feature `stepped`) |
//! | `advice` | what an operator can do about a failure |
//! | [`backup`], [`restore`], `present`, `merge`, `file` | copies, and what comes back from them |
//! | `rebuild` | a restore without its files (feature `stepped`) |
//! | `outward` | the part of the door that leads outside |
//! | `savepoint` | several rows or none |
//! | `import` | many accounts in one transaction |
//! | `rows` | whole tables, for a copy |
//! | `account`, `lookup`, `trail`, `app`, `wrapped_key`, `signing_key`, `limit`, `claim`, `watch`, `sweep` | one table's statements each |
//! | `account`, `lookup`, `trail`, `app`, `wrapped_key`, `limit`, `claim`, `watch`, `feed`, `webhook`, `sweep` | one table's statements each |
//!
//! What is deleted is overwritten in the file (`secure_delete`). The write-ahead log may hold an older copy until it
//! is folded into the file and written over, at the latest when the store is closed.

mod account;
mod advice;
mod app;
pub mod backup;
mod claim;
mod connection;
mod door;
mod feed;
mod file;
mod import;
mod limit;
mod log;
mod lookup;
mod merge;
mod migration;
mod outward;
mod present;
mod queue;
mod reader;
#[cfg(feature = "stepped")]
mod rebuild;
pub mod restore;
pub(crate) mod rows;
mod savepoint;
mod shelf;
mod signing_key;
mod slot;
#[cfg(feature = "stepped")]
mod stepper;
mod sweep;
mod trail;
mod watch;
mod webhook;
mod wrapped_key;
mod writer;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode};

use crate::door::{StoreFault, Stored};
pub use crate::gathering::Gathering;
pub use connection::Caches;
use connection::{Role, Source};
use migration::Standing;
pub use migration::version_of_file;
use reader::Readers;
#[cfg(feature = "stepped")]
pub use rebuild::rebuild;
use slot::Slot;
#[cfg(feature = "stepped")]
pub use stepper::Stepper;
use writer::Writer;

/// How the store uses its file and its threads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// Threads that read, each with a connection of its own.
    pub readers: NonZeroUsize,
    /// The most transactions in one commit. More makes a commit longer without making it cheaper by much.
    pub batch: NonZeroUsize,
    /// Transactions that may wait; a caller beyond that waits before it is in the queue.
    pub queue: NonZeroUsize,
    /// When a commit waits for others that are about to come.
    pub gathering: Gathering,
    /// How long to wait for another process that is writing, before the waiting transactions are failed.
    pub busy_timeout: Duration,
    /// What to do about a database of an older version.
    pub older: Older,
    /// The most memory for pages of the database.
    pub caches: Caches,
    /// Much is written, and nobody waits for a single commit: the log is folded seldom, by the commit that finds it long. What
    /// is durable when is the same.
    pub bulk: bool,
}

/// What to do about a database that an older version of the server made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Older {
    /// Bring its schema up to date, while nobody else has it open.
    #[default]
    Update,
    /// Leave it alone, and say so.
    Refuse,
}

impl Default for Options {
    fn default() -> Self {
        const fn some(n: usize) -> NonZeroUsize {
            NonZeroUsize::MIN.saturating_add(n - 1)
        }
        Self {
            readers: some(4),
            batch: some(1024),
            queue: some(8192),
            gathering: Gathering::default(),
            busy_timeout: Duration::from_secs(5),
            older: Older::default(),
            caches: Caches::default(),
            bulk: false,
        }
    }
}

/// Why a database was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file cannot be created, read or given to its owner alone.
    #[error("the database file cannot be used: {0}")]
    File(#[from] std::io::Error),
    /// A newer version of the server wrote it. Nothing was changed.
    #[error(
        "the database has schema version {found}, but this server knows only up to {known}: use a newer server"
    )]
    Newer {
        /// The file's version.
        found: i64,
        /// The newest version that is known here.
        known: i64,
    },
    /// An older version of the server made it. Nothing was changed.
    #[error(
        "the database has schema version {found}, and this program needs version {known}: stop the server, make a \
         backup, and start the server once with this version (or run `countersign migrate`)"
    )]
    Older {
        /// The file's version.
        found: i64,
        /// The version that is needed.
        known: i64,
    },
    /// Its schema is to be brought up to date, and somebody has it open. Nothing was changed.
    #[error(
        "the database is of an older version and is in use: stop the old server, and whatever else has it open, first; \
         then start this one again"
    )]
    InUse,
    /// A copy to its place is not finished.
    #[error(
        "a copy to this place is not finished: run the same `countersign copy` again, which goes on where it was; or remove \
         {0}"
    )]
    Unfinished(PathBuf),
    /// A restore has put another database in its place meanwhile.
    #[error("the database was replaced while it was being opened: start again")]
    Replaced,
    /// The file is no database of ours, is damaged, or its disk failed.
    #[error("the database cannot be opened: {0}")]
    Store(#[from] StoreFault),
}

/// Records in one SQLite file. A clone is another handle of the same store.
///
/// When the last handle is dropped, what waits is still written, the log is folded into the file, and the threads
/// end; that blocks the thread that drops it for as long.
#[derive(Clone)]
pub struct SqliteStore(Arc<Engine>);

/// Fields are dropped in this order: the last connection to close must be the writer's, because only a connection
/// that may write can fold the log into the file.
struct Engine {
    readers: Readers,
    writer: Writer,
    path: PathBuf,
}

impl SqliteStore {
    /// Opens the database at `path`, creating it or bringing its schema up to date. The file and the two that SQLite
    /// puts beside it are readable by their owner only. Blocks: call it before the server serves.
    ///
    /// Other processes may open the same file at the same time; transactions interleave safely, and a decision about
    /// an account still runs alone. Only while nobody else has it open is the schema of an older version's database
    /// brought up to date.
    ///
    /// # Errors
    /// [`OpenError`] if the file cannot be used, a newer server wrote it, or an older one did and it is in use or
    /// `options` say to leave it alone.
    pub fn open(path: impl AsRef<Path>, options: Options) -> Result<Self, OpenError> {
        let path = path.as_ref().to_path_buf();
        let copy = rows::unfinished(&path);
        if copy.try_exists()? {
            return Err(OpenError::Unfinished(copy));
        }
        connection::create_private(&path)?;
        let source =
            Source::new(path.clone(), options.busy_timeout).with(options.caches).for_bulk(options.bulk);
        let mut connection = open_by_name(&source)?;
        if let Standing::Older(found) = migration::standing(&connection)? {
            if options.older == Older::Refuse {
                return Err(OpenError::Older { found, known: migration::known() });
            }
            drop(connection);
            migration::run_alone(&path)?;
            connection = open_by_name(&source)?;
        }
        migration::run(&mut connection)?;
        let writer = Writer::start(Slot::filled(source.clone(), Role::Writer, connection), options)?;
        let readers = Readers::start(&source, options.readers)?;
        Ok(Self(Arc::new(Engine { readers, writer, path })))
    }

    /// The database file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// Runs `work` in a durable transaction of its own; if it fails or panics, nothing of it is saved.
    async fn write<R, W>(&self, work: W) -> Stored<R>
    where
        R: Send + 'static,
        W: FnOnce(&Connection) -> Stored<R> + Send + 'static,
    {
        self.0.writer.run(work, false).await
    }

    /// As [`Self::write`], for what comes before a hash or without one: its caller does not wait for company.
    async fn write_in_haste<R, W>(&self, work: W) -> Stored<R>
    where
        R: Send + 'static,
        W: FnOnce(&Connection) -> Stored<R> + Send + 'static,
    {
        self.0.writer.run(work, true).await
    }

    /// Runs `work`, which reads a row or two; it sees everything that was acknowledged before.
    async fn glance<R, W>(&self, work: W) -> Stored<R>
    where
        R: Send + 'static,
        W: FnOnce(&Connection) -> Stored<R> + Send + 'static,
    {
        self.0.readers.run_short(work).await
    }

    /// Runs `work` on a reading connection; it sees everything that was acknowledged before.
    async fn look<R, W>(&self, work: W) -> Stored<R>
    where
        R: Send + 'static,
        W: FnOnce(&Connection) -> Stored<R> + Send + 'static,
    {
        self.0.readers.run(work).await
    }
}

/// Opens the writer's connection. From then on its lock keeps a restore away. One that ended just before has left it a
/// file that has no name any more: what would be written there would be lost.
fn open_by_name(source: &Source) -> Result<Connection, OpenError> {
    let file = connection::identity(source.path())?;
    let opened = source.open(Role::Writer);
    if connection::identity(source.path())? != file {
        return Err(OpenError::Replaced);
    }
    Ok(opened?)
}

/// Text of a database error names statements and columns and never a bound value, so it may be logged.
impl From<rusqlite::Error> for StoreFault {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::Error::{FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnType};
        let corrupt =
            matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase));
        let misshapen = matches!(
            error,
            FromSqlConversionFailure(..) | IntegralValueOutOfRange(..) | InvalidColumnType(..)
        );
        let text = format!("{error}{}", advice::of(error.sqlite_error_code()));
        if corrupt || misshapen { Self::Damaged(text) } else { Self::Backend(text) }
    }
}
