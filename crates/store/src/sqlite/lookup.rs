//! What accounts are found by: rows of their own, each with the account's id.
//!
//! An account's own row has a [mark](crate::mark) for each of its names and mobile numbers.

use countersign_domain::id::AccountId;
use rusqlite::{Connection, OptionalExtension, params};

use crate::door::{Index, Lookup, Stored};
use crate::mark::{Marked, another, mark, ranges, short, without_mobiles};

/// Lets an account be found by a mobile number: the [`short`] hash and the account's id. It may be by now.
pub(super) const INSERT_MOBILE: &str = "INSERT OR IGNORE INTO mobiles (hash, account_id) VALUES (?1, ?2)";

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

/// Adds them to what the account is found by. What it is found by already stays; a session gets its new end. Gives the
/// marks of what is new, for the account's own row.
///
/// A name or a session of another account is a fault: the rows before it are left for the caller to take back.
pub(super) fn insert(connection: &Connection, id: AccountId, lookups: &[Lookup]) -> Stored<Vec<u8>> {
    let mut marks = Vec::new();
    for lookup in lookups {
        match lookup {
            Lookup::Name(hash) => {
                let new = claim(connection, hash, id)?;
                if !new && name(connection, *hash)? != Some(id) {
                    return Err(another());
                }
                if new {
                    mark(&mut marks, lookup);
                }
            }
            Lookup::Mobile(hash) => {
                let new =
                    connection.prepare_cached(INSERT_MOBILE)?.execute(params![short(hash), id.as_bytes()])?;
                if new > 0 {
                    mark(&mut marks, lookup);
                }
            }
            Lookup::Session(hash, expires_at) => {
                let owned = connection
                    .prepare_cached(
                        "INSERT INTO sessions (hash, account_id, expires_at) VALUES (?1, ?2, ?3) ON CONFLICT (hash)
                         DO UPDATE SET expires_at = ?3 WHERE account_id = ?2",
                    )?
                    .execute(params![hash, id.as_bytes(), expires_at.millis()])?;
                if owned == 0 {
                    return Err(another());
                }
            }
        }
    }
    Ok(marks)
}

/// As [`insert`], for an account whose row is there.
pub(super) fn add(connection: &Connection, id: AccountId, lookups: &[Lookup]) -> Stored<()> {
    let marks = insert(connection, id, lookups)?;
    if !marks.is_empty() {
        connection
            .prepare_cached("UPDATE accounts SET found_by = CAST(found_by || ?2 AS BLOB) WHERE id = ?1")?
            .execute(params![id.as_bytes(), marks])?;
    }
    Ok(())
}

/// Lets the account be found by these mobile numbers no longer. Its row must be there.
pub(super) fn forget_mobiles(connection: &Connection, id: AccountId, forgotten: &[Index]) -> Stored<()> {
    if forgotten.is_empty() {
        return Ok(());
    }
    let mut gone = Vec::new();
    for hash in forgotten {
        let deleted = connection
            .prepare_cached("DELETE FROM mobiles WHERE hash = ?1 AND account_id = ?2")?
            .execute(params![short(hash), id.as_bytes()])?;
        if deleted > 0 {
            gone.push(*hash);
        }
    }
    let marks: Vec<u8> = connection
        .prepare_cached("SELECT found_by FROM accounts WHERE id = ?1")?
        .query_row([id.as_bytes()], |row| row.get(0))?;
    connection
        .prepare_cached("UPDATE accounts SET found_by = ?2 WHERE id = ?1")?
        .execute(params![id.as_bytes(), without_mobiles(&marks, &gone)])?;
    Ok(())
}

/// Forgets everything that the account is found by, and every kept answer that tells of it. Its row must still be there.
pub(super) fn forget(connection: &Connection, id: AccountId) -> Stored<()> {
    let marks: Option<Vec<u8>> = connection
        .prepare_cached("SELECT found_by FROM accounts WHERE id = ?1")?
        .query_row([id.as_bytes()], |row| row.get(0))
        .optional()?;
    for (table, first, last) in ranges(&marks.unwrap_or_default())? {
        let statement = match table {
            Marked::Names => "DELETE FROM names WHERE hash BETWEEN ?1 AND ?2 AND account_id = ?3",
            Marked::Mobiles => "DELETE FROM mobiles WHERE hash BETWEEN ?1 AND ?2 AND account_id = ?3",
        };
        connection.prepare_cached(statement)?.execute(params![first, last, id.as_bytes()])?;
    }
    for statement in [
        "DELETE FROM sessions WHERE account_id = ?1",
        // The key stays claimed: its request must not run again because of what happened later.
        "UPDATE idempotency SET answer = NULL, account_id = NULL, leased_until = expires_at WHERE account_id = ?1",
    ] {
        connection.prepare_cached(statement)?.execute([id.as_bytes()])?;
    }
    Ok(())
}

/// Gives a name to an account; whether nobody had it.
pub(super) fn claim(connection: &Connection, hash: &Index, id: AccountId) -> Stored<bool> {
    let new = connection
        .prepare_cached("INSERT OR IGNORE INTO names (hash, account_id) VALUES (?1, ?2)")?
        .execute(params![short(hash), id.as_bytes()])?;
    Ok(new > 0)
}

/// Takes a name back from an account, if it has it.
pub(super) fn unclaim(connection: &Connection, hash: &Index, id: AccountId) -> Stored<()> {
    connection
        .prepare_cached("DELETE FROM names WHERE hash = ?1 AND account_id = ?2")?
        .execute(params![short(hash), id.as_bytes()])?;
    Ok(())
}

pub(super) fn name(connection: &Connection, hash: Index) -> Stored<Option<AccountId>> {
    owner(connection, "SELECT account_id FROM names WHERE hash = ?1", short(&hash))
}

pub(super) fn session(connection: &Connection, hash: Index) -> Stored<Option<AccountId>> {
    owner(connection, "SELECT account_id FROM sessions WHERE hash = ?1", &hash)
}

pub(super) fn mobile(connection: &Connection, hash: Index, limit: u32) -> Stored<Vec<AccountId>> {
    let mut statement = connection
        .prepare_cached("SELECT account_id FROM mobiles WHERE hash = ?1 ORDER BY account_id LIMIT ?2")?;
    let rows =
        statement.query_map(params![short(&hash), limit], |row| row.get(0).map(AccountId::from_bytes))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn owner(connection: &Connection, statement: &str, hash: &[u8]) -> Stored<Option<AccountId>> {
    let mut statement = connection.prepare_cached(statement)?;
    Ok(statement.query_row([hash], |row| row.get(0).map(AccountId::from_bytes)).optional()?)
}
