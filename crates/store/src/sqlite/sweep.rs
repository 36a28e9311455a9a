//! What has expired is forgotten, a bounded number of rows at a time; and whether the store works at all.

use countersign_domain::time::Timestamp;
use rusqlite::{Connection, params};

use super::savepoint::atomically;
use crate::door::Stored;

/// One for each table with an end, oldest first by its index, so a sweep never walks what is still good.
const SWEEPS: [&str; 6] = [
    "DELETE FROM sessions WHERE hash IN
     (SELECT hash FROM sessions WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)",
    "DELETE FROM once WHERE hash IN
     (SELECT hash FROM once WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)",
    "DELETE FROM counters WHERE hash IN
     (SELECT hash FROM counters WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)",
    "DELETE FROM idempotency WHERE hash IN
     (SELECT hash FROM idempotency WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)",
    "DELETE FROM unknown_names WHERE slot IN
     (SELECT slot FROM unknown_names WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)",
    "DELETE FROM watches WHERE hash IN
     (SELECT hash FROM watches WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)",
];

/// Forgets at most `limit` rows and says how many.
pub(super) fn sweep(connection: &Connection, now: Timestamp, limit: u32) -> Stored<u32> {
    atomically(connection, || {
        SWEEPS.iter().try_fold(0_u32, |forgotten, statement| {
            let more =
                connection.prepare_cached(statement)?.execute(params![now.millis(), limit - forgotten])?;
            Ok(forgotten + u32::try_from(more).unwrap_or(u32::MAX))
        })
    })
}

/// Writes a row, so that the commit has something to make durable.
pub(super) fn beat(connection: &Connection) -> Stored<()> {
    connection.prepare_cached("UPDATE pulse SET beats = beats + 1 WHERE id = 1")?.execute([])?;
    Ok(())
}

/// Reads that row.
pub(super) fn feel(connection: &Connection) -> Stored<()> {
    connection.prepare_cached("SELECT beats FROM pulse WHERE id = 1")?.query_row([], |_| Ok(()))?;
    Ok(())
}
