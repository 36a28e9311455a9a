//! Whole tables, for a copy: read in the order of the key, and written many rows at once.
//!
//! What is copied from is read in one transaction, which sees one moment of it. A row of `copies` says that a copy into
//! this database is under way; until it is gone no server serves from it.

use std::collections::BTreeSet;
use std::io::Cursor;
use std::sync::Arc;
use std::time::Duration;

use countersign_domain::time::Timestamp;
use futures_util::SinkExt;
use tokio::sync::Mutex;
use tokio_postgres::types::{FromSql, ToSql, Type};
use tokio_postgres::{CopyInSink, Row, Statement};

use super::connection::Connection;
use super::source::Source;
use super::trouble::Trouble;
use super::{Older, OpenError, Options, bulk, migration};
use crate::copy::batch::{Batch, ROWS, columns, key_of};
use crate::copy::end::{Batches, Reading};
use crate::copy::table::{Kind, TABLES, Table};
use crate::copy::{CopyError, Holder};
use crate::door::{StoreFault, Stored};

/// The longest that one statement may take: many rows are read or written by one.
const PATIENCE: Duration = Duration::from_secs(120);

/// One end of a copy.
pub(crate) struct Rows {
    connection: Arc<Connection>,
    holder: Vec<u8>,
    /// The months of the trail that have a part of their own, by their first days.
    months: Mutex<BTreeSet<String>>,
}

impl Rows {
    /// A database that is read as it is at this moment, however long that takes.
    pub(crate) async fn present(options: &Options) -> Result<Self, CopyError> {
        let rows = Self::connect(options).await?;
        migration::open(&rows.connection, options, Older::Refuse).await.map_err(|error| opening(&error))?;
        if rows.copies().await.map_err(CopyError::Source)? > 0 {
            return Err(CopyError::Unfinished("the database that is copied from".into()));
        }
        let begun = rows.connection.run("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY").await;
        begun.map_err(|trouble| CopyError::Source(trouble.into_fault()))?;
        Ok(rows)
    }

    /// What is copied to, and whether a copy was begun there before. Whoever copied there until now is kept from going on.
    pub(crate) async fn target(options: &Options) -> Result<(Self, Holder), CopyError> {
        let rows = Self::connect(options).await?;
        migration::open(&rows.connection, options, Older::Expand).await.map_err(|error| opening(&error))?;
        let begun = rows.copies().await.map_err(CopyError::Target)? > 0;
        if !begun {
            for table in &TABLES {
                if rows.last(table).await.map_err(CopyError::Target)?.is_some() {
                    return Err(CopyError::Holds(table.name));
                }
            }
        }
        let held = rows
            .connection
            .alone(
                "INSERT INTO copies (name, holder) VALUES ('store', $1)
                 ON CONFLICT (name) DO UPDATE SET holder = EXCLUDED.holder",
                &[&rows.holder],
            )
            .await;
        held.map_err(|trouble| CopyError::Target(trouble.into_fault()))?;
        Ok((rows, if begun { Holder::Again } else { Holder::First }))
    }

    async fn connect(options: &Options) -> Result<Self, CopyError> {
        let options = Options { statement_timeout: PATIENCE, ..options.clone() };
        let source = Source::new(&options).map_err(|error| opening(&error))?;
        let connection =
            source.connect().await.map_err(|trouble| CopyError::Open(trouble.into_fault().to_string()))?;
        // What is read waits for what is written, for as long as that takes.
        let patient = connection.run("SET idle_in_transaction_session_timeout = 0").await;
        patient.map_err(|trouble| CopyError::Open(trouble.into_fault().to_string()))?;
        // A page is to be found by the key, not sorted out of everything. Not every database knows the word.
        let _ = connection.run("SET enable_sort = off").await;
        Ok(Self { connection: Arc::new(connection), holder: options.node.to_vec(), months: Mutex::default() })
    }

    async fn copies(&self) -> Stored<i64> {
        migration::copies(&self.connection).await.map_err(Trouble::into_fault)
    }

    /// How many rows a table has.
    pub(crate) async fn count(&self, table: &Table) -> Stored<u64> {
        let counted = async {
            let count = self.statement(&format!("SELECT count(*) FROM {}", table.name)).await?;
            query(&self.connection, &count, &[]).await
        };
        let rows = counted.await.map_err(Trouble::into_fault)?;
        Ok(rows.first().map_or(0, |row| row.get::<_, i64>(0)).unsigned_abs())
    }

    /// Reads a whole table in the order of its key.
    pub(crate) fn read(&self, table: &'static Table) -> Reading {
        let (sender, reading) = Reading::begin();
        let connection = Arc::clone(&self.connection);
        tokio::spawn(async move {
            if let Err(trouble) = read_all(&connection, table, &sender).await {
                // Whoever does not listen any more has given up.
                let _ = sender.send(Err(trouble.into_fault())).await;
            }
        });
        reading
    }

    /// The key of the last row of a table.
    pub(crate) async fn last(&self, table: &Table) -> Stored<Option<Vec<u8>>> {
        let select =
            format!("SELECT {} FROM {} ORDER BY {} LIMIT 1", table.key(), table.name, table.key_backwards());
        let found = async {
            let select = self.statement(&select).await?;
            query(&self.connection, &select, &[]).await
        };
        let rows = found.await.map_err(Trouble::into_fault)?;
        let batch = batch_of(&rows)?;
        Ok(batch.rows().next().map(<[u8]>::to_vec))
    }

    /// Writes rows that are not there yet: one durable transaction. It is refused if another copy has begun since.
    pub(crate) async fn write(&self, table: &'static Table, batch: Batch) -> Stored<()> {
        if table.name == "events" {
            self.make_months(&batch).await?;
        }
        let written = self.write_within(table, &batch).await;
        if written.is_err() {
            self.connection.undo().await;
        }
        written.map_err(Trouble::into_fault)
    }

    async fn write_within(&self, table: &'static Table, batch: &Batch) -> Result<(), Trouble> {
        let holder = "SELECT holder FROM copies WHERE name = 'store' FOR UPDATE";
        let held = self.connection.begin(holder, &[]).await?;
        if held.first().is_none_or(|row| row.get::<_, &[u8]>(0) != self.holder) {
            return Err(StoreFault::Backend("another copy into this database has begun since".into()).into());
        }
        let names = [&[table.columns().as_str()], bulk::engines_own(table)].concat().join(", ");
        let copy = format!("COPY {} ({names}) FROM STDIN WITH BINARY", table.name);
        let copy = self.statement(&copy).await?;
        let bytes = Cursor::new(bulk::bytes(table, batch));
        self.connection
            .in_time(async {
                let sink: CopyInSink<Cursor<Vec<u8>>> = self.connection.client().copy_in(&copy).await?;
                let mut sink = Box::pin(sink);
                sink.send(bytes).await?;
                sink.as_mut().finish().await
            })
            .await?;
        self.connection.commit().await
    }

    /// Makes the parts of the trail that these events belong into: what is there when a part is to be made keeps it from
    /// being made.
    async fn make_months(&self, batch: &Batch) -> Stored<()> {
        let mut made = self.months.lock().await;
        let ids = batch.rows().filter_map(|row| columns(row).nth(1).flatten());
        let times: BTreeSet<i64> = ids.filter_map(day_of).collect();
        for day in times {
            let at = Timestamp::from_millis(day * DAY);
            if let Some(name) = migration::month_of(at)
                && made.len() < MONTHS
                && !made.contains(&name)
            {
                migration::make_month(&self.connection, at).await.map_err(Trouble::into_fault)?;
                made.insert(name);
            }
        }
        Ok(())
    }

    /// Lets servers use what was copied.
    pub(crate) async fn finish(self) -> Result<(), CopyError> {
        for table in &TABLES {
            // It is told what it holds, so that it need not guess how to find it. Without that it guesses.
            let _ = self.connection.run(&format!("ANALYZE {}", table.name)).await;
        }
        let gone = self
            .connection
            .alone("DELETE FROM copies WHERE name = 'store' AND holder = $1", &[&self.holder])
            .await
            .map_err(|trouble| CopyError::Target(trouble.into_fault()))?;
        if gone == 1 {
            return Ok(());
        }
        Err(CopyError::Target(StoreFault::Backend("another copy into this database has begun since".into())))
    }

    async fn statement(&self, sql: &str) -> Result<Statement, Trouble> {
        self.connection.in_time(self.connection.client().prepare(sql)).await
    }
}

/// The most months that get a part of their own. Events of more are not ours to wonder about.
const MONTHS: usize = 240;
/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// The day of an event: its id begins with 6 bytes of milliseconds.
fn day_of(id: &[u8]) -> Option<i64> {
    let millis = id.first_chunk::<6>()?.iter().fold(0_i64, |millis, byte| millis << 8 | i64::from(*byte));
    Some(millis / DAY)
}

fn opening(error: &OpenError) -> CopyError {
    CopyError::Open(error.to_string())
}

async fn query(
    connection: &Connection,
    statement: &Statement,
    values: &[&(dyn ToSql + Sync)],
) -> Result<Vec<Row>, Trouble> {
    connection.in_time(connection.client().query(statement, values)).await
}

/// Page after page, each found by the key of the last row before it.
async fn read_all(connection: &Connection, table: &Table, sender: &Batches) -> Result<(), Trouble> {
    let (columns, name, key) = (table.columns(), table.name, table.key());
    let first = format!("SELECT {columns} FROM {name} ORDER BY {key} LIMIT {ROWS}");
    let places = (1..=table.key).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ");
    let next = format!("SELECT {columns} FROM {name} WHERE ({key}) > ({places}) ORDER BY {key} LIMIT {ROWS}");
    let prepare = |sql: String| async move { connection.in_time(connection.client().prepare(&sql)).await };
    let mut rows = query(connection, &prepare(first).await?, &[]).await?;
    let next = prepare(next).await?;
    loop {
        let batch = batch_of(&rows)?;
        let (len, last) = (batch.len(), batch.rows().next_back().map(|row| key_of(row, table).to_vec()));
        if sender.send(Ok(Some(batch))).await.is_err() {
            return Ok(());
        }
        let Some(last) = last.filter(|_| len == ROWS) else {
            // Whoever does not listen any more has given up.
            let _ = sender.send(Ok(None)).await;
            return Ok(());
        };
        let values = key_values(table, &last)?;
        let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(|value| &**value as _).collect();
        rows = query(connection, &next, &values).await?;
    }
}

type Value = Box<dyn ToSql + Sync + Send>;

/// The columns of a key as a statement takes them.
fn key_values(table: &Table, key: &[u8]) -> Stored<Vec<Value>> {
    let value = |(bytes, (_, kind)): (Option<&[u8]>, &(&str, Kind))| -> Option<Value> {
        match (bytes?, kind) {
            (bytes, Kind::Bytes) => Some(Box::new(bytes.to_vec())),
            (bytes, Kind::Text) => Some(Box::new(String::from_utf8(bytes.to_vec()).ok()?)),
            (bytes, Kind::Number) => Some(Box::new(i64::from_be_bytes(bytes.try_into().ok()?))),
        }
    };
    let values: Option<Vec<Value>> = columns(key).zip(table.key_columns()).map(value).collect();
    values.ok_or_else(|| StoreFault::Damaged(format!("a key of {} is not what it should be", table.name)))
}

/// A column as the server sent it.
struct Sent<'a>(&'a [u8]);

impl<'a> FromSql<'a> for Sent<'a> {
    fn from_sql(_: &Type, bytes: &'a [u8]) -> Result<Self, Box<dyn core::error::Error + Sync + Send>> {
        Ok(Self(bytes))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

fn batch_of(rows: &[Row]) -> Stored<Batch> {
    let mut batch = Batch::default();
    for row in rows {
        for n in 0..row.len() {
            let column: Option<Sent<'_>> =
                row.try_get(n).map_err(|error| StoreFault::Damaged(error.to_string()))?;
            batch.push(column.map(|sent| sent.0))?;
        }
        batch.end_row();
    }
    Ok(batch)
}
