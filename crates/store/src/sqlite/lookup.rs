//! What accounts are found by: rows of their own, each with the account's id, by which an erased account's are found.

use countersign_domain::id::AccountId;
use rusqlite::{Connection, OptionalExtension, params};

use crate::door::{Index, Lookup, StoreFault, Stored};

/// The first place of the list at which another account has the name.
pub(super) fn taken(connection: &Connection, id: AccountId, lookups: &[Lookup]) -> Stored<Option<usize>> {
    for (place, lookup) in lookups.iter().enumerate() {
        if let Lookup::Name(hash) = lookup
            && name(connection, *hash)?.is_some_and(|owner| owner != id)
        {
            return Ok(Some(place));
        }
    }
    Ok(None)
}

/// Adds them to what the account is found by. What it is found by already stays; a session gets its new end.
///
/// A name or a session of another account is a fault: the rows before it are left for the caller to take back.
pub(super) fn insert(connection: &Connection, id: AccountId, lookups: &[Lookup]) -> Stored<()> {
    for lookup in lookups {
        let owned = match lookup {
            Lookup::Name(hash) => connection
                .prepare_cached(
                    "INSERT INTO names (hash, account_id) VALUES (?1, ?2) ON CONFLICT (hash)
                     DO UPDATE SET account_id = ?2 WHERE account_id = ?2",
                )?
                .execute(params![hash, id.as_bytes()])?,
            Lookup::Mobile(hash) => {
                connection
                    .prepare_cached("INSERT OR IGNORE INTO mobiles (hash, account_id) VALUES (?1, ?2)")?
                    .execute(params![hash, id.as_bytes()])?;
                1
            }
            Lookup::Session(hash, expires_at) => connection
                .prepare_cached(
                    "INSERT INTO sessions (hash, account_id, expires_at) VALUES (?1, ?2, ?3) ON CONFLICT (hash)
                     DO UPDATE SET expires_at = ?3 WHERE account_id = ?2",
                )?
                .execute(params![hash, id.as_bytes(), expires_at.millis()])?,
        };
        if owned == 0 {
            return Err(StoreFault::Backend("another account is found by that name or session".into()));
        }
    }
    Ok(())
}

/// Forgets everything that the account is found by, and every kept answer that tells of it.
pub(super) fn forget(connection: &Connection, id: AccountId) -> Stored<()> {
    for statement in [
        "DELETE FROM names WHERE account_id = ?1",
        "DELETE FROM mobiles WHERE account_id = ?1",
        "DELETE FROM sessions WHERE account_id = ?1",
        // The key stays claimed: its request must not run again because of what happened later.
        "UPDATE idempotency SET answer = NULL, account_id = NULL, leased_until = expires_at WHERE account_id = ?1",
    ] {
        connection.prepare_cached(statement)?.execute([id.as_bytes()])?;
    }
    Ok(())
}

pub(super) fn name(connection: &Connection, hash: Index) -> Stored<Option<AccountId>> {
    owner(connection, "SELECT account_id FROM names WHERE hash = ?1", hash)
}

pub(super) fn session(connection: &Connection, hash: Index) -> Stored<Option<AccountId>> {
    owner(connection, "SELECT account_id FROM sessions WHERE hash = ?1", hash)
}

pub(super) fn mobile(connection: &Connection, hash: Index, limit: u32) -> Stored<Vec<AccountId>> {
    let mut statement = connection
        .prepare_cached("SELECT account_id FROM mobiles WHERE hash = ?1 ORDER BY account_id LIMIT ?2")?;
    let rows = statement.query_map(params![hash, limit], |row| row.get(0).map(AccountId::from_bytes))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn owner(connection: &Connection, statement: &str, hash: Index) -> Stored<Option<AccountId>> {
    let mut statement = connection.prepare_cached(statement)?;
    Ok(statement.query_row([hash], |row| row.get(0).map(AccountId::from_bytes)).optional()?)
}
