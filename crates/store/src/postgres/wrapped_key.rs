//! Wrapped keys: useless without the master key, which is never here.

use super::connection::Connection;
use super::trouble::Trouble;
use crate::door::{StoreFault, WrappedKey};

pub(super) async fn list(connection: &Connection) -> Result<Vec<WrappedKey>, Trouble> {
    let rows = connection.rows("SELECT id, wrapped FROM keys ORDER BY id", &[]).await?;
    let key = |row: &tokio_postgres::Row| {
        let id = u32::try_from(row.get::<_, i64>(0));
        let id = id.map_err(|_| StoreFault::Damaged("a key's number is out of range".into()))?;
        Ok(WrappedKey { id, wrapped: row.get(1) })
    };
    Ok(rows.iter().map(key).collect::<Result<_, StoreFault>>()?)
}

/// One statement: all are added, or none because one of the numbers is taken by another key. Those that are there because an
/// earlier try has added them count as added, and are written as they are: so this commit waits for what that one waited for.
pub(super) async fn add(connection: &Connection, keys: &[WrappedKey]) -> Result<bool, Trouble> {
    let added = add_within(connection, keys).await;
    if !matches!(added, Ok(true)) {
        connection.undo().await;
    }
    added
}

async fn add_within(connection: &Connection, keys: &[WrappedKey]) -> Result<bool, Trouble> {
    let ids: Vec<i64> = keys.iter().map(|key| key.id.into()).collect();
    let wrapped: Vec<&[u8]> = keys.iter().map(|key| &key.wrapped[..]).collect();
    connection
        .begin(
            "INSERT INTO keys (id, wrapped) SELECT k.id, k.wrapped
             FROM unnest($1::bigint[], $2::bytea[]) AS k (id, wrapped)
             ON CONFLICT (id) DO UPDATE SET wrapped = keys.wrapped",
            &[&ids, &wrapped],
        )
        .await?;
    let there = connection.rows("SELECT id, wrapped FROM keys WHERE id = ANY($1)", &[&ids]).await?;
    let ours = |key: &&WrappedKey| {
        there
            .iter()
            .any(|row| row.get::<_, i64>(0) == i64::from(key.id) && row.get::<_, &[u8]>(1) == key.wrapped)
    };
    if !keys.iter().all(|key| ours(&key)) {
        return Ok(false);
    }
    connection.commit().await.map(|()| true)
}
