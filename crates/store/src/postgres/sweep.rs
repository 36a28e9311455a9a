//! What has expired is forgotten, a bounded number of rows at a time and by one server at a time; and whether the store works
//! at all.

use countersign_domain::time::{Span, Timestamp};

use super::connection::Connection;
use super::shard::SHARDS;
use super::trouble::Trouble;

/// One for each table with an end, oldest first by its index, so a sweep never walks what is still good. What has an end
/// is asked twice: of a row that is written again while the sweep waits for it, only the outer question is asked again.
const SWEEPS: [&str; 6] = [
    "DELETE FROM sessions WHERE expires_at <= $2 AND hash IN (SELECT s.hash FROM sessions AS s
     WHERE s.shard = $1 AND s.expires_at <= $2 ORDER BY s.expires_at LIMIT $3)",
    "DELETE FROM once WHERE expires_at <= $2 AND hash IN (SELECT s.hash FROM once AS s
     WHERE s.shard = $1 AND s.expires_at <= $2 ORDER BY s.expires_at LIMIT $3)",
    "DELETE FROM counters WHERE expires_at <= $2 AND hash IN (SELECT s.hash FROM counters AS s
     WHERE s.shard = $1 AND s.expires_at <= $2 ORDER BY s.expires_at LIMIT $3)",
    "DELETE FROM idempotency WHERE expires_at <= $2 AND hash IN (SELECT s.hash FROM idempotency AS s
     WHERE s.shard = $1 AND s.expires_at <= $2 ORDER BY s.expires_at LIMIT $3)",
    "DELETE FROM unknown_names WHERE expires_at <= $2 AND slot IN (SELECT s.slot FROM unknown_names AS s
     WHERE s.shard = $1 AND s.expires_at <= $2 ORDER BY s.expires_at LIMIT $3)",
    "DELETE FROM watches WHERE expires_at <= $2 AND hash IN (SELECT s.hash FROM watches AS s
     WHERE s.shard = $1 AND s.expires_at <= $2 ORDER BY s.expires_at LIMIT $3)",
];

/// How long a server keeps the lease without taking it again. One that died is followed by another after that.
const LEASE: Span = Span::from_secs(60);

/// Takes a lease, or keeps it; whether this server has it now. By the callers' clock: two that disagree may both sweep,
/// which does no harm.
pub(super) async fn lease(
    connection: &Connection,
    name: &str,
    holder: &[u8],
    now: Timestamp,
) -> Result<bool, Trouble> {
    let taken = connection
        .alone(
            "INSERT INTO leases (name, holder, until) VALUES ($1, $2, $3)
             ON CONFLICT (name) DO UPDATE SET holder = EXCLUDED.holder, until = EXCLUDED.until
             WHERE leases.until <= $4 OR leases.holder = EXCLUDED.holder OR leases.until > $5",
            &[&name, &holder, &(now + LEASE).millis(), &now.millis(), &(now + LEASE + LEASE).millis()],
        )
        .await?;
    Ok(taken > 0)
}

/// Forgets at most `limit` rows and says how many.
pub(super) async fn sweep(connection: &Connection, now: Timestamp, limit: u32) -> Result<u32, Trouble> {
    let mut forgotten = 0_u32;
    for statement in SWEEPS {
        for shard in 0..SHARDS {
            if forgotten >= limit {
                return Ok(forgotten);
            }
            let rest = i64::from(limit - forgotten);
            let more = connection.alone(statement, &[&shard, &now.millis(), &rest]).await?;
            forgotten += u32::try_from(more).unwrap_or(u32::MAX);
        }
    }
    Ok(forgotten)
}

/// Writes a row, so that the commit has something to make durable.
pub(super) async fn beat(connection: &Connection) -> Result<(), Trouble> {
    connection.alone("UPDATE pulse SET beats = beats + 1 WHERE id = 1", &[]).await?;
    Ok(())
}
