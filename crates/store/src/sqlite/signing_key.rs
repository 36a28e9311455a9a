//! Keys that sign receipts.

use countersign_domain::secret::Sealed;
use countersign_domain::time::Timestamp;
use rusqlite::{Connection, Row, params};

use super::savepoint::atomically;
use crate::door::{Retirement, Stored, StoredSigningKey};

pub(super) fn list(connection: &Connection) -> Stored<Vec<StoredSigningKey>> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM signing_keys"))?;
    let rows = statement.query_map([], of_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What [`of_row`] reads.
pub(super) const COLUMNS: &str = "id, algorithm, public, sealed, created_at, retired_at";

pub(super) fn of_row(row: &Row<'_>) -> rusqlite::Result<StoredSigningKey> {
    Ok(StoredSigningKey {
        id: row.get(0)?,
        algorithm: row.get(1)?,
        public: row.get(2)?,
        sealed: Sealed(row.get(3)?),
        created_at: Timestamp::from_millis(row.get(4)?),
        retired_at: row.get::<_, Option<i64>>(5)?.map(Timestamp::from_millis),
    })
}

pub(super) fn add(connection: &Connection, key: &StoredSigningKey, retires: &Retirement) -> Stored<()> {
    atomically(connection, || {
        connection
            .prepare_cached(
                "INSERT INTO signing_keys (id, algorithm, public, sealed, created_at, retired_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (id) DO NOTHING",
            )?
            .execute(params![
                key.id,
                key.algorithm,
                key.public,
                key.sealed.0,
                key.created_at.millis(),
                key.retired_at.map(Timestamp::millis),
            ])?;
        let mut retire = connection
            .prepare_cached("UPDATE signing_keys SET retired_at = ?2 WHERE id = ?1 AND retired_at IS NULL")?;
        for id in &retires.ids {
            retire.execute(params![id, retires.at.millis()])?;
        }
        Ok(())
    })
}

pub(super) fn reseal(connection: &Connection, id: [u8; 32], old: &Sealed, new: &Sealed) -> Stored<bool> {
    let mut statement =
        connection.prepare_cached("UPDATE signing_keys SET sealed = ?3 WHERE id = ?1 AND sealed = ?2")?;
    Ok(statement.execute(params![id, old.0, new.0])? > 0)
}
