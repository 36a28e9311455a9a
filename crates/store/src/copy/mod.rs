//! Everything from one store to another, of either engine: rows are the same bytes in both.
//!
//! Tables are read whole, in the order of their keys, and written in that order in batches that are durable one after the
//! other, so the target itself says how far a copy is. Whoever goes on with one reads the source from the beginning, sums
//! it, and writes what comes after the target's last row. Each table is then read back, and has to have the same sum: that
//! also tells of a source that has changed in between.
//!
//! | module | what it is |
//! |---|---|
//! | `table` | the tables, and what of them is the same in every engine |
//! | `batch` | rows on their way, and their checksum |
//! | `end` | one end of a copy, whichever engine it has |
//! | `error` | why something was not copied, or is not the same |
//!
//! No key is needed: what is sealed stays sealed, and nothing is taken apart.

pub(crate) mod batch;
pub(crate) mod end;
mod error;
pub(crate) mod table;

use std::path::PathBuf;

use crate::door::StoreFault;
use crate::postgres;
use batch::{Batch, Sum};
use end::{End, Reading};
use error::{BEGIN_AGAIN, ONE_CHANGED};
pub use error::{CopyError, Difference};
use table::{TABLES, Table};

/// A store.
#[derive(Clone)]
pub enum Place {
    /// The embedded engine's file.
    Sqlite(PathBuf),
    /// A database of its own.
    Postgres(Box<postgres::Options>),
}

/// What was copied, or compared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Copied {
    /// What each table holds, in both.
    pub tables: Vec<Contents>,
    /// Rows that an earlier copy, which was not finished, had written.
    pub found: u64,
}

/// What a table holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Contents {
    /// Its name.
    pub table: &'static str,
    /// How many rows it has.
    pub rows: u64,
    /// SHA-256 over all its rows in the order of the key, the same in every engine.
    pub sum: [u8; 32],
}

/// How far it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// The table that is at work.
    pub table: &'static str,
    /// What is done with it.
    pub stage: Stage,
    /// Rows that were read, of all tables, at both ends.
    pub done: u64,
    /// Of so many.
    pub of: u64,
}

/// What is done with a table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// It is copied.
    Copying,
    /// It is read back, or compared.
    Checking,
}

/// Is told how far it is.
pub type Watcher<'a> = &'a mut dyn FnMut(Progress);

/// Whether a copy was begun at a target before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Holder {
    /// It is empty.
    First,
    /// There may be rows of an earlier copy.
    Again,
}

/// Copies everything to an empty place, or goes on with a copy to it that was not finished. Servers can use it when this
/// returns, and not before.
///
/// # Errors
/// [`CopyError`]. What was written stays, for the next try.
pub async fn copy(from: &Place, to: &Place, watcher: Watcher<'_>) -> Result<Copied, CopyError> {
    let source = End::source(from).await?;
    let Some((target, holder)) = End::target(to).await? else {
        drop(source);
        return compare(from, to, watcher).await;
    };
    let mut work = Work { watcher, done: 0, of: 0 };
    work.count(&source).await?;
    let mut copied = Copied { tables: Vec::new(), found: 0 };
    for table in &TABLES {
        let last = match holder {
            Holder::First => None,
            Holder::Again => target.last(table).await.map_err(CopyError::Target)?,
        };
        let (read, found) = work.copy(&source, &target, table, last).await?;
        copied.found += found;
        let written = work.sum(target.read(table), table).await.map_err(CopyError::Target)?;
        if read != written {
            return Err(CopyError::Differ(Box::new(Difference {
                one: read,
                other: written,
                advice: BEGIN_AGAIN,
            })));
        }
        copied.tables.push(read);
    }
    target.finish().await?;
    Ok(copied)
}

/// Compares what two stores hold at this moment.
///
/// # Errors
/// [`CopyError::Differ`] names the first table that is not the same; or one of them cannot be read.
pub async fn compare(from: &Place, to: &Place, watcher: Watcher<'_>) -> Result<Copied, CopyError> {
    let (source, target) = (End::present(from).await?, End::present(to).await?);
    let mut work = Work { watcher, done: 0, of: 0 };
    work.count(&source).await?;
    let mut copied = Copied { tables: Vec::new(), found: 0 };
    for table in &TABLES {
        let [one, other] = work.sum_both(source.read(table), target.read(table), table).await?;
        if one != other {
            return Err(CopyError::Differ(Box::new(Difference { one, other, advice: ONE_CHANGED })));
        }
        copied.tables.push(one);
    }
    Ok(copied)
}

struct Work<'a> {
    watcher: Watcher<'a>,
    done: u64,
    of: u64,
}

impl Work<'_> {
    /// Counts what there is to do: every row is read at both ends.
    async fn count(&mut self, source: &End) -> Result<(), CopyError> {
        for table in &TABLES {
            self.of += 2 * source.count(table).await.map_err(CopyError::Source)?;
        }
        Ok(())
    }

    /// Copies the rows of a table that come after `last`; what the source holds, and how many rows were there.
    async fn copy(
        &mut self,
        source: &End,
        target: &End,
        table: &'static Table,
        mut last: Option<Vec<u8>>,
    ) -> Result<(Contents, u64), CopyError> {
        let (mut sum, mut found, mut reading) = (Sum::of(table), 0, source.read(table));
        while let Some(batch) = reading.next().await.map_err(CopyError::Source)? {
            sum.add(&batch);
            let rows = rows_of(&batch);
            let batch = match last.take() {
                None => batch,
                Some(key) => {
                    let rest = batch.after(table, &key);
                    if rest.is_none() {
                        last = Some(key);
                    }
                    let rest = rest.unwrap_or_default();
                    found += rows - rows_of(&rest);
                    rest
                }
            };
            if !batch.is_empty() {
                target.write(table, batch).await.map_err(CopyError::Target)?;
            }
            self.did(table, Stage::Copying, rows);
        }
        // The target's last row is not in the source.
        if last.is_some() {
            return Err(CopyError::Changed(table.name));
        }
        Ok((contents(table, sum), found))
    }

    async fn sum(&mut self, mut reading: Reading, table: &'static Table) -> Result<Contents, StoreFault> {
        let mut sum = Sum::of(table);
        while let Some(batch) = reading.next().await? {
            sum.add(&batch);
            self.did(table, Stage::Checking, rows_of(&batch));
        }
        Ok(contents(table, sum))
    }

    /// Sums the same table of both ends, batch by batch in turns, while both are read.
    async fn sum_both(
        &mut self,
        mut source: Reading,
        mut target: Reading,
        table: &'static Table,
    ) -> Result<[Contents; 2], CopyError> {
        let mut sums = [Sum::of(table), Sum::of(table)];
        loop {
            let one = source.next().await.map_err(CopyError::Source)?;
            let other = target.next().await.map_err(CopyError::Target)?;
            if one.is_none() && other.is_none() {
                return Ok(sums.map(|sum| contents(table, sum)));
            }
            for (sum, batch) in sums.iter_mut().zip([one, other]) {
                let Some(batch) = batch else { continue };
                sum.add(&batch);
                self.did(table, Stage::Checking, rows_of(&batch));
            }
        }
    }

    fn did(&mut self, table: &'static Table, stage: Stage, rows: u64) {
        self.done += rows;
        (self.watcher)(Progress { table: table.name, stage, done: self.done, of: self.of.max(self.done) });
    }
}

fn rows_of(batch: &Batch) -> u64 {
    u64::try_from(batch.len()).unwrap_or(u64::MAX)
}

fn contents(table: &Table, sum: Sum) -> Contents {
    let (rows, sum) = sum.end();
    Contents { table: table.name, rows, sum }
}

/// A checksum as it is told.
#[must_use]
pub fn hex(sum: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(value.into(), 16).unwrap_or_default();
    sum.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
