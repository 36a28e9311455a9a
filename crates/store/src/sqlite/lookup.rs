//! What accounts are found by: rows of their own, each with the account's id.
//!
//! So that an erased account's are found, its own row has a mark for each: a byte for the table and the first four of the
//! hash. Among all rows that begin so, which are one or two, the account's id tells which it is. A session's rows
//! come and go, so these are found by an index.

use countersign_domain::id::AccountId;
use rusqlite::{Connection, OptionalExtension, params};

use crate::door::{Index, Lookup, StoreFault, Stored};

/// Bytes of a hash that are kept: 128 bits.
const KEPT: usize = 16;

/// Lets an account be found by a mobile number: the [`short`] hash and the account's id. It may be by now.
pub(super) const INSERT_MOBILE: &str = "INSERT OR IGNORE INTO mobiles (hash, account_id) VALUES (?1, ?2)";

/// Bytes of a mark.
const MARK: usize = 5;

/// First byte of a mark, `n`: it is of the table `names`.
const NAME: u8 = 0x6e;
/// First byte of a mark, `m`: it is of the table `mobiles`.
const MOBILE: u8 = 0x6d;

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
    let mut marks = Vec::with_capacity(lookups.len() * MARK);
    for lookup in lookups {
        match lookup {
            Lookup::Name(hash) => {
                let new = claim(connection, hash, id)?;
                if !new && name(connection, *hash)? != Some(id) {
                    return Err(another());
                }
                mark(&mut marks, usize::from(new), NAME, hash);
            }
            Lookup::Mobile(hash) => {
                let new =
                    connection.prepare_cached(INSERT_MOBILE)?.execute(params![short(hash), id.as_bytes()])?;
                mark(&mut marks, new, MOBILE, hash);
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

/// Forgets everything that the account is found by, and every kept answer that tells of it. Its row must still be there.
pub(super) fn forget(connection: &Connection, id: AccountId) -> Stored<()> {
    let marks: Option<Vec<u8>> = connection
        .prepare_cached("SELECT found_by FROM accounts WHERE id = ?1")?
        .query_row([id.as_bytes()], |row| row.get(0))
        .optional()?;
    for mark in marks.unwrap_or_default().chunks(MARK) {
        let statement = match mark {
            [NAME, ..] => "DELETE FROM names WHERE hash BETWEEN ?1 AND ?2 AND account_id = ?3",
            [MOBILE, ..] => "DELETE FROM mobiles WHERE hash BETWEEN ?1 AND ?2 AND account_id = ?3",
            _ => return Err(StoreFault::Damaged("what an account is found by is not readable".into())),
        };
        let (mut first, mut last) = ([0x00; KEPT], [0xff; KEPT]);
        let beginning = &mark[1..];
        first[..beginning.len()].copy_from_slice(beginning);
        last[..beginning.len()].copy_from_slice(beginning);
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

/// The marks of a new account that is found by these.
pub(super) fn marks(lookups: &[Lookup]) -> Vec<u8> {
    let mut marks = Vec::with_capacity(lookups.len() * MARK);
    for (place, lookup) in lookups.iter().enumerate() {
        // One that is named twice has one row.
        let new = usize::from(!lookups[..place].contains(lookup));
        match lookup {
            Lookup::Name(hash) => mark(&mut marks, new, NAME, hash),
            Lookup::Mobile(hash) => mark(&mut marks, new, MOBILE, hash),
            Lookup::Session(..) => {}
        }
    }
    marks
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

/// As much of a hash as is kept.
pub(super) fn short(hash: &Index) -> &[u8] {
    &hash[..KEPT]
}

/// Notes what is new among what an account is found by.
fn mark(marks: &mut Vec<u8>, new: usize, table: u8, hash: &Index) {
    if new > 0 {
        marks.push(table);
        marks.extend_from_slice(&hash[..MARK - 1]);
    }
}

fn another() -> StoreFault {
    StoreFault::Backend("another account is found by that name or session".into())
}
