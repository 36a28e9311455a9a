//! Wrapped keys: useless without the master key, which is never here.

use rusqlite::{Connection, params};

use crate::door::{Stored, WrappedKey};

pub(super) fn list(connection: &Connection) -> Stored<Vec<WrappedKey>> {
    let mut statement = connection.prepare_cached("SELECT id, wrapped FROM keys ORDER BY id")?;
    let rows = statement.query_map([], |row| Ok(WrappedKey { id: row.get(0)?, wrapped: row.get(1)? }))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn put(connection: &Connection, key: &WrappedKey) -> Stored<()> {
    connection
        .prepare_cached(
            "INSERT INTO keys (id, wrapped) VALUES (?1, ?2) ON CONFLICT (id)
             DO UPDATE SET wrapped = excluded.wrapped",
        )?
        .execute(params![key.id, key.wrapped])?;
    Ok(())
}
