//! One end of a copy, whichever engine it has.

use tokio::sync::mpsc;

use super::batch::Batch;
use super::table::Table;
use super::{CopyError, Holder, Place};
use crate::door::{StoreFault, Stored};
use crate::{postgres, sqlite};

/// Batches that are read while another is written.
const AHEAD: usize = 3;

/// One end of a copy.
pub(super) enum End {
    Sqlite(sqlite::rows::Rows),
    Postgres(postgres::rows::Rows),
}

/// Asks whichever it is.
macro_rules! ask {
    ($end:expr, $method:ident($($value:expr),*)) => {
        match $end {
            End::Sqlite(rows) => rows.$method($($value),*).await,
            End::Postgres(rows) => rows.$method($($value),*).await,
        }
    };
}

impl End {
    /// What is copied from. It does not change from now on, or what changes is not seen.
    pub(super) async fn source(place: &Place) -> Result<Self, CopyError> {
        match place {
            Place::Sqlite(path) => sqlite::rows::Rows::source(path).map(Self::Sqlite),
            Place::Postgres(options) => postgres::rows::Rows::present(options).await.map(Self::Postgres),
        }
    }

    /// What there is at this moment.
    pub(super) async fn present(place: &Place) -> Result<Self, CopyError> {
        match place {
            Place::Sqlite(path) => sqlite::rows::Rows::present(path).map(Self::Sqlite),
            Place::Postgres(options) => postgres::rows::Rows::present(options).await.map(Self::Postgres),
        }
    }

    /// What is copied to, and who copied there before; `None` if that copy only had to be given its name.
    pub(super) async fn target(place: &Place) -> Result<Option<(Self, Holder)>, CopyError> {
        match place {
            Place::Sqlite(path) => {
                Ok(sqlite::rows::Rows::target(path)?.map(|(rows, holder)| (Self::Sqlite(rows), holder)))
            }
            Place::Postgres(options) => {
                let (rows, holder) = postgres::rows::Rows::target(options).await?;
                Ok(Some((Self::Postgres(rows), holder)))
            }
        }
    }

    /// How many rows a table has.
    pub(super) async fn count(&self, table: &'static Table) -> Stored<u64> {
        ask!(self, count(table))
    }

    /// Reads a whole table in the order of its key.
    pub(super) fn read(&self, table: &'static Table) -> Reading {
        match self {
            Self::Sqlite(rows) => rows.read(table),
            Self::Postgres(rows) => rows.read(table),
        }
    }

    /// The key of the last row of a table.
    pub(super) async fn last(&self, table: &'static Table) -> Stored<Option<Vec<u8>>> {
        ask!(self, last(table))
    }

    /// Writes rows that are not there yet: one durable transaction.
    pub(super) async fn write(&self, table: &'static Table, batch: Batch) -> Stored<()> {
        ask!(self, write(table, batch))
    }

    /// Makes what was copied a database that a server can use.
    pub(super) async fn finish(self) -> Result<(), CopyError> {
        ask!(self, finish())
    }
}

/// A table that is being read. To drop it ends that.
pub(crate) struct Reading {
    batches: mpsc::Receiver<Stored<Option<Batch>>>,
    ended: bool,
}

/// Where a table that is read goes: batches, and `None` after the last. A reader that ends without it has failed.
pub(crate) type Batches = mpsc::Sender<Stored<Option<Batch>>>;

impl Reading {
    /// A table that is about to be read, and where it goes.
    pub(crate) fn begin() -> (Batches, Self) {
        let (sender, batches) = mpsc::channel(AHEAD);
        (sender, Self { batches, ended: false })
    }

    /// The next rows; `None` after the last.
    pub(super) async fn next(&mut self) -> Stored<Option<Batch>> {
        if self.ended {
            return Ok(None);
        }
        match self.batches.recv().await {
            Some(Ok(Some(batch))) => Ok(Some(batch)),
            Some(Ok(None)) => {
                self.ended = true;
                Ok(None)
            }
            Some(Err(fault)) => Err(fault),
            None => Err(StoreFault::Backend("a table was not read to its end".into())),
        }
    }
}
