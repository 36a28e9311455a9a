//! What may happen once, and what may happen so often in a span of time.

use countersign_domain::time::{Span, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use crate::counter::Counter;
use crate::door::{Index, Stored};

/// One statement, so it is one decision: the row is written exactly if it was not remembered.
pub(super) fn once(connection: &Connection, hash: Index, until: Timestamp, now: Timestamp) -> Stored<bool> {
    let written = connection
        .prepare_cached(
            "INSERT INTO once (hash, expires_at) VALUES (?1, ?2) ON CONFLICT (hash)
             DO UPDATE SET expires_at = ?2 WHERE expires_at <= ?3",
        )?
        .execute(params![hash, until.millis(), now.millis()])?;
    Ok(written > 0)
}

/// Counts one more, if there is room.
pub(super) fn count(
    connection: &Connection,
    hash: Index,
    limit: u32,
    span: Span,
    now: Timestamp,
) -> Stored<Result<(), Timestamp>> {
    let mut counter = load(connection, "main", hash)?;
    if let Err(frees) = counter.count(limit, span, now) {
        return Ok(Err(frees));
    }
    save(connection, hash, &counter)?;
    Ok(Ok(()))
}

pub(super) fn load(connection: &Connection, schema: &str, hash: Index) -> Stored<Counter> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT span, times FROM {schema}.counters WHERE hash = ?1"))?;
    let row: Option<(i64, Vec<u8>)> =
        statement.query_row([hash], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    row.map_or_else(|| Ok(Counter::default()), |(span, times)| Counter::read(span, &times))
}

pub(super) fn save(connection: &Connection, hash: Index, counter: &Counter) -> Stored<()> {
    connection
        .prepare_cached(
            "INSERT INTO counters (hash, span, times, expires_at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (hash)
             DO UPDATE SET span = ?2, times = ?3, expires_at = ?4",
        )?
        .execute(params![hash, counter.span(), counter.times(), counter.expires_at()])?;
    Ok(())
}
