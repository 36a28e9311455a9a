//! What accounts are found by: rows of their own, each with the account's id.
//!
//! An account's own row has a [mark](crate::mark) for each of its names and mobile numbers.

use std::collections::BTreeSet;

use countersign_domain::id::AccountId;

use super::connection::Connection;
use super::trouble::Trouble;
use super::{account, shard};
use crate::door::{Index, Lookup, Stored};
use crate::mark::{Marked, mark, ranges, short, without_mobiles};

/// Gives names to accounts, and says to whom.
pub(super) const INSERT_NAMES: &str = "INSERT INTO names (hash, account_id)
    SELECT n.hash, n.account_id FROM unnest($1::bytea[], $2::bytea[]) AS n (hash, account_id)
    ON CONFLICT (hash) DO NOTHING RETURNING hash";

/// Lets accounts be found by mobile numbers.
pub(super) const INSERT_MOBILES: &str = "INSERT INTO mobiles (hash, account_id)
    SELECT m.hash, m.account_id FROM unnest($1::bytea[], $2::bytea[]) AS m (hash, account_id)
    ON CONFLICT (hash, account_id) DO NOTHING RETURNING hash";

/// Whose names these are.
pub(super) const OWNERS: &str = "SELECT hash, account_id FROM names WHERE hash = ANY($1)";

/// What another account is found by already.
pub(super) enum Met {
    /// The name at this place of the list.
    Name(usize),
    /// A session.
    Session,
}

/// Adds them to what the account is found by. What it is found by already stays; a session gets its new end. Gives the
/// marks of what is new, or what another account has: the rows beside it are left for the caller to take back.
pub(super) async fn add(
    connection: &Connection,
    id: AccountId,
    lookups: &[Lookup],
) -> Result<Result<Vec<u8>, Met>, Trouble> {
    let mut marks = Vec::new();
    if let Err(place) = add_names(connection, id, lookups, &mut marks).await? {
        return Ok(Err(Met::Name(place)));
    }
    add_mobiles(connection, id, lookups, &mut marks).await?;
    for lookup in lookups {
        if let Lookup::Session(hash, expires_at) = lookup {
            let owned = connection
                .execute(
                    "INSERT INTO sessions (hash, account_id, expires_at, shard) VALUES ($1, $2, $3, $4)
                     ON CONFLICT (hash) DO UPDATE SET expires_at = EXCLUDED.expires_at
                     WHERE sessions.account_id = EXCLUDED.account_id",
                    &[&&hash[..], &&id.as_bytes()[..], &expires_at.millis(), &shard::of(hash)],
                )
                .await?;
            if owned == 0 {
                return Ok(Err(Met::Session));
            }
        }
    }
    Ok(Ok(marks))
}

async fn add_names(
    connection: &Connection,
    id: AccountId,
    lookups: &[Lookup],
    marks: &mut Vec<u8>,
) -> Result<Result<(), usize>, Trouble> {
    // In the order of their keys, so that two who take several never wait for each other.
    let names: BTreeSet<&[u8]> = lookups.iter().filter_map(name_of).map(short).collect();
    if names.is_empty() {
        return Ok(Ok(()));
    }
    let names: Vec<&[u8]> = names.into_iter().collect();
    let ids = vec![&id.as_bytes()[..]; names.len()];
    let new = connection.rows(INSERT_NAMES, &[&names, &ids]).await?;
    let new: BTreeSet<&[u8]> = new.iter().map(|row| row.get(0)).collect();
    if new.len() < names.len() {
        let rows = connection.rows(OWNERS, &[&names]).await?;
        let others: BTreeSet<&[u8]> =
            rows.iter().filter(|row| row.get::<_, &[u8]>(1) != id.as_bytes()).map(|row| row.get(0)).collect();
        let taken = lookups
            .iter()
            .position(|lookup| name_of(lookup).is_some_and(|hash| others.contains(short(hash))));
        if let Some(place) = taken {
            return Ok(Err(place));
        }
    }
    note(lookups, &new, name_of, marks);
    Ok(Ok(()))
}

async fn add_mobiles(
    connection: &Connection,
    id: AccountId,
    lookups: &[Lookup],
    marks: &mut Vec<u8>,
) -> Result<(), Trouble> {
    let mobiles: BTreeSet<&[u8]> = lookups.iter().filter_map(mobile_of).map(short).collect();
    if mobiles.is_empty() {
        return Ok(());
    }
    let mobiles: Vec<&[u8]> = mobiles.into_iter().collect();
    let ids = vec![&id.as_bytes()[..]; mobiles.len()];
    let new = connection.rows(INSERT_MOBILES, &[&mobiles, &ids]).await?;
    note(lookups, &new.iter().map(|row| row.get(0)).collect(), mobile_of, marks);
    Ok(())
}

/// Notes the marks of those whose rows are new, each once.
fn note(
    lookups: &[Lookup],
    new: &BTreeSet<&[u8]>,
    hash_of: fn(&Lookup) -> Option<&Index>,
    marks: &mut Vec<u8>,
) {
    for (place, lookup) in lookups.iter().enumerate() {
        let is_new = hash_of(lookup).is_some_and(|hash| new.contains(short(hash)));
        if is_new && !lookups[..place].contains(lookup) {
            mark(marks, lookup);
        }
    }
}

const fn name_of(lookup: &Lookup) -> Option<&Index> {
    match lookup {
        Lookup::Name(hash) => Some(hash),
        Lookup::Mobile(_) | Lookup::Session(..) => None,
    }
}

const fn mobile_of(lookup: &Lookup) -> Option<&Index> {
    match lookup {
        Lookup::Mobile(hash) => Some(hash),
        Lookup::Name(_) | Lookup::Session(..) => None,
    }
}

/// Lets the account be found by these mobile numbers no longer. Its row is locked.
pub(super) async fn forget_mobiles(
    connection: &Connection,
    id: AccountId,
    forgotten: &[Index],
) -> Result<(), Trouble> {
    let owner = &id.as_bytes()[..];
    let mut gone = Vec::new();
    for hash in forgotten {
        let deleted = "DELETE FROM mobiles WHERE hash = $1 AND account_id = $2";
        if connection.execute(deleted, &[&short(hash), &owner]).await? > 0 {
            gone.push(*hash);
        }
    }
    let row = connection.row("SELECT found_by FROM accounts WHERE id = $1", &[&owner]).await?;
    let left = row.map(|row| without_mobiles(row.get(0), &gone));
    connection.execute("UPDATE accounts SET found_by = $2 WHERE id = $1", &[&owner, &left]).await?;
    Ok(())
}

/// Forgets everything that the account is found by, and every kept answer that tells of it.
pub(super) async fn forget(connection: &Connection, id: AccountId, found_by: &[u8]) -> Result<(), Trouble> {
    let owner = &id.as_bytes()[..];
    for (table, first, last) in ranges(found_by)? {
        let statement = match table {
            Marked::Names => "DELETE FROM names WHERE hash BETWEEN $1 AND $2 AND account_id = $3",
            Marked::Mobiles => "DELETE FROM mobiles WHERE hash BETWEEN $1 AND $2 AND account_id = $3",
        };
        connection.execute(statement, &[&&first[..], &&last[..], &owner]).await?;
    }
    for statement in [
        "DELETE FROM sessions WHERE account_id = $1",
        // The key stays claimed: its request must not run again because of what happened later.
        "UPDATE idempotency SET answer = NULL, account_id = NULL, leased_until = expires_at WHERE account_id = $1",
    ] {
        connection.execute(statement, &[&owner]).await?;
    }
    Ok(())
}

pub(super) async fn mobile(
    connection: &Connection,
    hash: &Index,
    limit: u32,
) -> Result<Vec<AccountId>, Trouble> {
    let rows = connection
        .rows(
            "SELECT account_id FROM mobiles WHERE hash = $1 ORDER BY account_id LIMIT $2",
            &[&short(hash), &i64::from(limit)],
        )
        .await?;
    Ok(rows.iter().map(|row| account::id_of(row.get(0))).collect::<Stored<_>>()?)
}

/// Both kinds of name as a statement takes them, for many accounts at once.
pub(super) fn columns(pairs: &[([u8; 16], AccountId)]) -> (Vec<&[u8]>, Vec<&[u8]>) {
    (
        pairs.iter().map(|(hash, _)| &hash[..]).collect(),
        pairs.iter().map(|(_, id)| &id.as_bytes()[..]).collect(),
    )
}
