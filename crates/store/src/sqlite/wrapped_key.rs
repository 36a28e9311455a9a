//! Wrapped keys: useless without the master key, which is never here.

use rusqlite::{Connection, params};

use super::savepoint::atomically;
use crate::door::{Stored, WrappedKey};

pub(super) fn list(connection: &Connection) -> Stored<Vec<WrappedKey>> {
    list_of(connection, "main")
}

/// Those of an attached database.
pub(super) fn list_of(connection: &Connection, schema: &str) -> Stored<Vec<WrappedKey>> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT id, wrapped FROM {schema}.keys ORDER BY id"))?;
    let rows = statement.query_map([], |row| Ok(WrappedKey { id: row.get(0)?, wrapped: row.get(1)? }))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn add(connection: &Connection, keys: &[WrappedKey]) -> Stored<bool> {
    let mut taken = connection.prepare_cached("SELECT EXISTS (SELECT 1 FROM keys WHERE id = ?1)")?;
    for key in keys {
        if taken.query_row([key.id], |row| row.get(0))? {
            return Ok(false);
        }
    }
    atomically(connection, || {
        let mut insert = connection.prepare_cached("INSERT INTO keys (id, wrapped) VALUES (?1, ?2)")?;
        for key in keys {
            insert.execute(params![key.id, key.wrapped])?;
        }
        Ok(true)
    })
}
