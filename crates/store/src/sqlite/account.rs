//! Accounts: one row each, loaded and saved whole.

use std::hint::black_box;
use std::mem;

use countersign_domain::account::Account;
use countersign_domain::command::Page;
use countersign_domain::event::Event;
use countersign_domain::id::AccountId;
use countersign_domain::identifier::TenantId;
use countersign_domain::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::savepoint::{atomically, one_then_sure};
use super::{claim, feed, limit, lookup, trail};
use crate::door::{Created, Draft, Index, KeptAnswer, Lookup, StoreFault, Stored};
use crate::{record, tenant};

pub(super) fn create(
    connection: &Connection,
    mut account: Account,
    lookups: &[Lookup],
    answer: Option<&KeptAnswer>,
) -> Stored<Created> {
    if let Some(place) = lookup::taken(connection, account.id, lookups)? {
        return Ok(Created::Taken(place));
    }
    let events = mem::take(&mut account.fresh_events);
    let record = record::encode_account(&account)?;
    atomically(connection, || {
        insert(connection, &account, &record, lookups)?;
        trail::insert(connection, &events)?;
        answer.map_or(Ok(()), |answer| claim::answer_held(connection, answer))?;
        Ok(Created::Created)
    })
}

/// Writes the row of an account: its id, tenant, marks and record.
pub(super) const INSERT: &str = "INSERT INTO accounts (id, tenant, found_by, record) VALUES (?1, ?2, ?3, ?4)";

/// Writes the row of a new account, and those by which it is found.
pub(super) fn insert(
    connection: &Connection,
    account: &Account,
    record: &[u8],
    lookups: &[Lookup],
) -> Stored<()> {
    let found_by = lookup::insert(connection, account.id, lookups)?;
    connection.prepare_cached(INSERT)?.execute(params![
        account.id.as_bytes(),
        tenant::column(&account.tenant),
        found_by,
        record
    ])?;
    Ok(())
}

/// How many rows are written over and over where there is nothing to update: so many of each kind.
const BLANKS: u16 = 1024;

/// About as long as a place in the feed.
const FEED_ROW: usize = 40;

/// What is not there takes as long as what is: the same statement finds the next record, which is read in its place.
pub(super) fn read(connection: &Connection, id: AccountId) -> Stored<Option<Account>> {
    let mut statement =
        connection.prepare_cached("SELECT id, record FROM accounts WHERE id >= ?1 ORDER BY id LIMIT 1")?;
    // Read where it lies: it is not copied before it is taken apart.
    let found = statement.query_row([id.as_bytes()], |row| {
        let (found, record) = (row.get_ref(0)?.as_blob()?, row.get_ref(1)?.as_blob()?);
        if found == id.as_bytes() {
            return Ok(restore(id, record).map(Some));
        }
        take_apart(record);
        Ok(Ok(None))
    });
    if let Some(read) = found.optional()? {
        return read;
    }
    // Beyond the last record; of a random id, that is rare.
    neighbour(connection, id)?;
    Ok(None)
}

/// Runs `decide` before anything is written, so a panic in it has nothing to take back.
pub(super) fn update<R>(
    connection: &Connection,
    id: AccountId,
    decide: impl FnOnce(&mut Draft) -> R,
) -> Stored<Option<R>> {
    let Some(before) = load(connection, id)? else {
        update_nothing(connection, id)?;
        return Ok(None);
    };
    let account = restore(id, &before)?;
    let tenant = account.tenant.clone();
    let mut draft = Draft::of(account);
    let outcome = decide(&mut draft);
    let Draft { mut account, lookups, forgotten, claim, answer } = draft;
    claim.map_or(Ok(()), |claim| claim::held(connection, &claim))?;
    if account.id != id || account.tenant != tenant {
        return Err(StoreFault::Backend("a decision changed whose record it is".into()));
    }
    let events = mem::take(&mut account.fresh_events);
    let after = record::encode_account(&account)?;
    let record = (after != before).then_some(after);
    let found_by = FoundBy { lookups: &lookups, forgotten: &forgotten };
    save(connection, id, record.as_deref(), &found_by, &events, answer.as_ref())?;
    Ok(Some(outcome))
}

pub(super) fn erase(connection: &Connection, id: AccountId, last: impl FnOnce(&mut Account)) -> Stored<bool> {
    let Some(mut account) = read(connection, id)? else { return Ok(false) };
    last(&mut account);
    atomically(connection, || {
        trail::insert(connection, &account.fresh_events)?;
        lookup::forget(connection, id)?;
        connection.prepare_cached("DELETE FROM accounts WHERE id = ?1")?.execute([id.as_bytes()])?;
        Ok(true)
    })
}

pub(super) fn list(
    connection: &Connection,
    tenant: &TenantId,
    page: Page<AccountId>,
) -> Stored<Vec<Account>> {
    // Nothing sorts before the empty key.
    let after = page.after.as_ref().map_or(&[][..], |id| id.as_bytes());
    let mut statement = connection.prepare_cached(
        "SELECT id, record FROM accounts WHERE tenant = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
    )?;
    let mut rows = statement.query(params![tenant::column(tenant), after, page.limit])?;
    let mut accounts = Vec::new();
    while let Some(row) = rows.next()? {
        accounts.push(restore(AccountId::from_bytes(row.get(0)?), &row.get::<_, Vec<u8>>(1)?)?);
    }
    Ok(accounts)
}

/// How what an account is found by changes.
struct FoundBy<'a> {
    lookups: &'a [Lookup],
    forgotten: &'a [Index],
}

/// Writes what there is to write; a savepoint only where several rows could be left half done. The commonest change is a
/// record and one event, and needs none: the event can be refused, its place and the record that was just read cannot.
fn save(
    connection: &Connection,
    id: AccountId,
    record: Option<&[u8]>,
    found_by: &FoundBy<'_>,
    events: &[Event],
    answer: Option<&KeptAnswer>,
) -> Stored<()> {
    let write_record = || record.map_or(Ok(()), |record| overwrite(connection, id, record));
    let FoundBy { lookups, forgotten } = found_by;
    if lookups.is_empty() && forgotten.is_empty() && answer.is_none() && events.len() <= 1 {
        let write_rest = || feed::append(connection, events).and_then(|()| write_record());
        return one_then_sure(connection, || trail::write(connection, events), write_rest);
    }
    atomically(connection, || {
        write_record()?;
        lookup::forget_mobiles(connection, id, forgotten)?;
        lookup::add(connection, id, lookups)?;
        trail::insert(connection, events)?;
        answer.map_or(Ok(()), |answer| claim::answer_held(connection, answer))
    })
}

fn overwrite(connection: &Connection, id: AccountId, record: &[u8]) -> Stored<()> {
    connection
        .prepare_cached("UPDATE accounts SET record = ?2 WHERE id = ?1")?
        .execute(params![id.as_bytes(), record])?;
    Ok(())
}

/// Writes as much as an update does where there is nothing to update: a row as long as a record, one as long as an event's
/// place in the feed, and in place of an event one that the next sweep takes away.
fn update_nothing(connection: &Connection, id: AccountId) -> Stored<()> {
    let Some(record) = neighbour(connection, id)? else { return Ok(()) };
    let [a, b, ..] = *id.as_bytes();
    let slot = u16::from_be_bytes([a, b]) % BLANKS;
    let mut hash = [0; 32];
    hash[..16].copy_from_slice(id.as_bytes());
    let long_ago = Timestamp::from_millis(0);
    let write_blank = |slot: u16, length: usize| {
        connection
            .prepare_cached("INSERT OR REPLACE INTO blanks (slot, record) VALUES (?1, zeroblob(?2))")?
            .execute(params![slot, i64::try_from(length).unwrap_or_default()])?;
        Ok(())
    };
    let write_blanks = || write_blank(BLANKS + slot, FEED_ROW).and_then(|()| write_blank(slot, record.len()));
    one_then_sure(connection, || limit::once(connection, hash, long_ago, long_ago).map(drop), write_blanks)
}

/// Reads the first record after an id, or the first of all, and takes it apart.
fn neighbour(connection: &Connection, id: AccountId) -> Stored<Option<Vec<u8>>> {
    let next = "SELECT record FROM accounts WHERE id > ?1 ORDER BY id LIMIT 1";
    let first = &[][..];
    for after in [id.as_bytes().as_slice(), first] {
        let found: Option<Vec<u8>> =
            connection.prepare_cached(next)?.query_row([after], |row| row.get(0)).optional()?;
        if let Some(record) = found {
            take_apart(&record);
            return Ok(Some(record));
        }
    }
    Ok(None)
}

/// Whether that can be done is not asked: one damaged record must not tell of all that are not there.
fn take_apart(record: &[u8]) {
    black_box(record::decode_account(record)).ok();
}

fn load(connection: &Connection, id: AccountId) -> Stored<Option<Vec<u8>>> {
    let mut statement = connection.prepare_cached("SELECT record FROM accounts WHERE id = ?1")?;
    Ok(statement.query_row([id.as_bytes()], |row| row.get(0)).optional()?)
}

/// A record under another account's key would lend it that one's secrets.
fn restore(id: AccountId, record: &[u8]) -> Stored<Account> {
    let account = record::decode_account(record)?;
    if account.id == id {
        Ok(account)
    } else {
        Err(StoreFault::Damaged("it is under another account's key".into()))
    }
}
