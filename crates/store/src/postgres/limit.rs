//! What may happen once, and what may happen so often in a span of time.

use countersign_domain::time::{Span, Timestamp};

use super::connection::{Connection, Values};
use super::shard;
use super::trouble::Trouble;
use crate::counter::Counter;
use crate::door::Index;

/// One statement, so it is one decision: the row is written exactly if it was not remembered.
pub(super) async fn once(
    connection: &Connection,
    hash: &Index,
    until: Timestamp,
    now: Timestamp,
) -> Result<bool, Trouble> {
    let written = connection
        .alone(
            "INSERT INTO once (hash, expires_at, shard) VALUES ($1, $2, $3)
             ON CONFLICT (hash) DO UPDATE SET expires_at = EXCLUDED.expires_at WHERE once.expires_at <= $4",
            &[&&hash[..], &until.millis(), &shard::of(hash), &now.millis()],
        )
        .await?;
    Ok(written > 0)
}

/// Counts one more, if there is room.
pub(super) async fn count(
    connection: &Connection,
    hash: &Index,
    limit: u32,
    span: Span,
    now: Timestamp,
) -> Result<Result<(), Timestamp>, Trouble> {
    let counted = count_within(connection, hash, limit, span, now).await;
    if !matches!(counted, Ok(Ok(()))) {
        connection.undo().await;
    }
    counted
}

async fn count_within(
    connection: &Connection,
    hash: &Index,
    limit: u32,
    span: Span,
    now: Timestamp,
) -> Result<Result<(), Timestamp>, Trouble> {
    let key = &hash[..];
    // A row that is not there cannot be locked.
    let empty: &[u8] = &[];
    let made = "INSERT INTO counters (hash, span, times, expires_at, shard) VALUES ($1, 0, $2, 0, $3)
                ON CONFLICT (hash) DO NOTHING";
    let locked = "SELECT span, times FROM counters WHERE hash = $1 FOR UPDATE";
    let rows = connection.begin_with(&[(made, &[&key, &empty, &shard::of(hash)]), (locked, &[&key])]).await?;
    let row = rows.get(1).and_then(|rows| rows.first());
    let row = row.ok_or_else(|| Trouble::Conflict("a counter was swept while it was written".into()))?;
    let mut counter = Counter::read(row.get(0), row.get(1))?;
    if let Err(frees) = counter.count(limit, span, now) {
        return Ok(Err(frees));
    }
    let written = "UPDATE counters SET span = $2, times = $3, expires_at = $4 WHERE hash = $1";
    let values: Values<'_> = &[&key, &counter.span(), &counter.times(), &counter.expires_at()];
    connection.commit_with(&[(written, values)]).await?;
    Ok(Ok(()))
}
