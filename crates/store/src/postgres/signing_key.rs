//! Keys that sign receipts.

use countersign_domain::secret::Sealed;
use countersign_domain::time::Timestamp;

use super::connection::Connection;
use super::trouble::Trouble;
use crate::door::{Retirement, StoreFault, StoredSigningKey};

pub(super) async fn list(connection: &Connection) -> Result<Vec<StoredSigningKey>, Trouble> {
    let select = "SELECT id, algorithm, public, sealed, created_at, retired_at FROM signing_keys";
    let rows = connection.rows(select, &[]).await?;
    let key = |row: &tokio_postgres::Row| {
        let id = row.get::<_, &[u8]>(0).try_into();
        let id = id.map_err(|_| StoreFault::Damaged("a signing key's id is not of its length".into()))?;
        Ok(StoredSigningKey {
            id,
            algorithm: row.get(1),
            public: row.get(2),
            sealed: Sealed(row.get(3)),
            created_at: Timestamp::from_millis(row.get(4)),
            retired_at: row.get::<_, Option<i64>>(5).map(Timestamp::from_millis),
        })
    };
    Ok(rows.iter().map(key).collect::<Result<_, StoreFault>>()?)
}

/// One that is there because an earlier try has added it is written as it is: so this commit waits for what that one waited
/// for.
pub(super) async fn add(
    connection: &Connection,
    key: &StoredSigningKey,
    retires: &Retirement,
) -> Result<(), Trouble> {
    let added = add_within(connection, key, retires).await;
    if added.is_err() {
        connection.undo().await;
    }
    added
}

async fn add_within(
    connection: &Connection,
    key: &StoredSigningKey,
    retires: &Retirement,
) -> Result<(), Trouble> {
    connection
        .begin(
            "INSERT INTO signing_keys (id, algorithm, public, sealed, created_at, retired_at)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (id) DO UPDATE SET sealed = signing_keys.sealed",
            &[
                &&key.id[..],
                &key.algorithm,
                &key.public,
                &key.sealed.0,
                &key.created_at.millis(),
                &key.retired_at.map(Timestamp::millis),
            ],
        )
        .await?;
    let mut ids: Vec<&[u8]> = retires.ids.iter().map(|id| &id[..]).collect();
    ids.sort_unstable();
    connection.rows("SELECT id FROM signing_keys WHERE id = ANY($1) ORDER BY id FOR UPDATE", &[&ids]).await?;
    connection
        .execute(
            "UPDATE signing_keys SET retired_at = $2 WHERE id = ANY($1) AND retired_at IS NULL",
            &[&ids, &retires.at.millis()],
        )
        .await?;
    connection.commit().await
}

/// That it is there already, put there by an earlier try, counts as put there.
pub(super) async fn reseal(
    connection: &Connection,
    id: [u8; 32],
    old: &Sealed,
    new: &Sealed,
) -> Result<bool, Trouble> {
    let replaced = connection
        .alone(
            "UPDATE signing_keys SET sealed = $3 WHERE id = $1 AND (sealed = $2 OR sealed = $3)",
            &[&&id[..], &old.0, &new.0],
        )
        .await?;
    Ok(replaced > 0)
}
