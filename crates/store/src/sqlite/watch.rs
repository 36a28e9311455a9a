//! Guesses at what no account holds, and over many accounts.

use countersign_domain::ledger::Ledger;
use countersign_domain::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use crate::door::{Index, Stored};
use crate::record::{self, Watched};
use crate::unknown::{BEGINNING, slot};

pub(super) fn at_nobody<R>(
    connection: &Connection,
    hash: Index,
    until: Timestamp,
    now: Timestamp,
    decide: impl FnOnce(&mut Ledger) -> R,
) -> Stored<R> {
    let mut statement = connection.prepare_cached(
        "SELECT ledger FROM unknown_names WHERE slot = ?1 AND hash = ?2 AND expires_at > ?3",
    )?;
    let slot = slot(&hash);
    let mut row: Option<Vec<u8>> =
        statement.query_row(params![slot, hash, now.millis()], |row| row.get(0)).optional()?;
    if row.is_none() {
        row =
            statement.query_row(params![BEGINNING, [0_u8; 32], now.millis()], |row| row.get(0)).optional()?;
    }
    let mut ledger = row.map_or_else(|| Ok(Ledger::default()), |bytes| record::decode_ledger(&bytes))?;
    let before = ledger.clone();
    let outcome = decide(&mut ledger);
    if ledger == before {
        return Ok(outcome);
    }
    connection
        .prepare_cached(
            "INSERT INTO unknown_names (slot, hash, ledger, expires_at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (slot) DO UPDATE SET hash = ?2, ledger = ?3, expires_at = ?4",
        )?
        .execute(params![slot, hash, record::encode_ledger(&ledger)?, until.millis()])?;
    Ok(outcome)
}

/// Lets every name that has no ledger begin with this one until then. After a restore that knew nothing of what happened
/// since the backup, a full budget would tell that nobody has the name.
pub(super) fn begin_with(connection: &Connection, ledger: &Ledger, until: Timestamp) -> Stored<()> {
    connection.execute(
        "INSERT OR REPLACE INTO unknown_names (slot, hash, ledger, expires_at) VALUES (?1, ?2, ?3, ?4)",
        params![BEGINNING, [0_u8; 32], record::encode_ledger(ledger)?, until.millis()],
    )?;
    Ok(())
}

/// A watch, or what codes cost.
pub(super) fn watch<K: Watched, R>(
    connection: &Connection,
    hash: Index,
    until: Timestamp,
    now: Timestamp,
    decide: impl FnOnce(&mut K) -> R,
) -> Stored<R> {
    let mut watch: K = read(connection, hash)?.unwrap_or_else(|| K::begin(now));
    let before = watch.clone();
    let outcome = decide(&mut watch);
    if watch != before {
        connection
            .prepare_cached(
                "INSERT INTO watches (hash, watch, expires_at) VALUES (?1, ?2, ?3)
                 ON CONFLICT (hash) DO UPDATE SET watch = ?2, expires_at = ?3",
            )?
            .execute(params![hash, watch.encode()?, until.millis()])?;
    }
    Ok(outcome)
}

pub(super) fn read<K: Watched>(connection: &Connection, hash: Index) -> Stored<Option<K>> {
    let mut statement = connection.prepare_cached("SELECT watch FROM watches WHERE hash = ?1")?;
    let row: Option<Vec<u8>> = statement.query_row([hash], |row| row.get(0)).optional()?;
    row.map(|bytes| K::decode(&bytes)).transpose()
}
