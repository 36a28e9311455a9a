//! What becomes of each table when a backup comes back. `main` is a copy of the backup and becomes the new database;
//! `present`, where there is one, is the database as it was until now.
//!
//! | table | what stays |
//! |---|---|
//! | `accounts` | the backup's, each by the rule of `domain::restore`; none that was erased since |
//! | `names`, `mobiles` | those of these accounts |
//! | `sessions` | of both, so that the holder of one that ended is told so |
//! | `events` | of both: no entry of the trail is ever lost |
//! | `apps` | the present's: a credential that was deleted stays deleted, one that was made keeps working |
//! | `once`, `counters` | of both, with the later end |
//! | `idempotency` | of both, the present's first; no answer about an account that is not there |
//! | `keys` | of both |
//! | `unknown_names` | of both, the stricter |
//! | `watches`, also of what codes cost | of both, the present's first |
//! | `signing_keys` | of both, the present's first: what either has signed still verifies, and what was retired stays so |
//! | `feed`, `outbox`, `forgotten` | the present's: no place is given twice; without it a later one than any that was seen |
//! | `webhooks`, `deliveries` | the present's, as `apps`: none that was deleted comes back, nobody is told again |
//! | `pulse`, `blanks` | the backup's: neither tells of anything |

use countersign_domain::account::{Account, Scene};
use countersign_domain::event::{Event, What};
use countersign_domain::id::{AccountId, EventId};
use countersign_domain::ledger::Ledger;
use countersign_domain::restore::{restored, restored_nobody};
use rusqlite::{Connection, OptionalExtension, params};

use super::backup::{Progress, ROWS, Stage, Watcher, number};
use super::restore::{RestoreError, Restored};
use super::trail::COLUMNS;
use super::{feed, limit, lookup, trail, watch};
use crate::door::{StoreFault, Stored};
use crate::record;

/// Tables of which both copies' rows stay, or the present's alone.
const BOTH: &str = "
    INSERT OR IGNORE INTO main.keys SELECT * FROM present.keys;
    INSERT OR IGNORE INTO main.events SELECT * FROM present.events;
    INSERT OR REPLACE INTO main.signing_keys SELECT * FROM present.signing_keys;
    DELETE FROM main.apps;
    INSERT INTO main.apps SELECT * FROM present.apps;
    DELETE FROM main.feed;
    INSERT INTO main.feed SELECT * FROM present.feed ORDER BY place;
    DELETE FROM main.outbox;
    INSERT INTO main.outbox SELECT * FROM present.outbox;
    DELETE FROM main.forgotten;
    INSERT INTO main.forgotten SELECT * FROM present.forgotten;
    DELETE FROM main.webhooks;
    INSERT INTO main.webhooks SELECT * FROM present.webhooks;
    DELETE FROM main.deliveries;
    INSERT INTO main.deliveries SELECT * FROM present.deliveries;
    INSERT INTO main.once (hash, expires_at) SELECT hash, expires_at FROM present.once WHERE true
        ON CONFLICT (hash) DO UPDATE SET expires_at = max(expires_at, excluded.expires_at);
    INSERT OR REPLACE INTO main.idempotency SELECT * FROM present.idempotency;
    INSERT OR REPLACE INTO main.watches SELECT * FROM present.watches;
    INSERT OR IGNORE INTO main.sessions SELECT * FROM present.sessions;";

/// What belongs to accounts that are not there.
const NOBODYS: &str = "
    DELETE FROM main.sessions WHERE account_id NOT IN (SELECT id FROM main.accounts);
    UPDATE main.idempotency SET answer = NULL, account_id = NULL, leased_until = expires_at
        WHERE account_id IS NOT NULL AND account_id NOT IN (SELECT id FROM main.accounts);";

/// Turns `main` into what the restored database holds. `drawn` is a random number, another one at each restore.
pub(super) fn merge(
    connection: &Connection,
    present: bool,
    scene: &Scene<'_>,
    drawn: u64,
    watcher: Watcher<'_>,
) -> Result<Restored, RestoreError> {
    if present {
        if let Some(id) = different_key(connection)? {
            return Err(RestoreError::Keys(id));
        }
        rename_events(connection)?;
        connection.execute_batch(BOTH)?;
        counters(connection)?;
    } else {
        feed::begin_after_the_unknown(connection, scene.now, drawn)?;
    }
    unknown_names(connection, present, scene)?;
    let restored = accounts(connection, present, scene, drawn, watcher)?;
    connection.execute_batch(NOBODYS)?;
    Ok(restored)
}

fn accounts(
    connection: &Connection,
    present: bool,
    scene: &Scene<'_>,
    drawn: u64,
    watcher: Watcher<'_>,
) -> Stored<Restored> {
    let of = number(connection, "SELECT count(*) FROM main.accounts")?;
    let (mut outcome, mut done) = (Restored::default(), 0);
    let mut after: Vec<u8> = Vec::new();
    loop {
        watcher(Progress { stage: Stage::Merging, done, of });
        let page = page(connection, &after)?;
        let Some((last, _)) = page.last() else { break };
        after.clone_from(last);
        for (id, bytes) in &page {
            let mut backup = record::decode_account(bytes)?;
            if id != backup.id.as_bytes() {
                return Err(StoreFault::Damaged("an account has another one's record".into()));
            }
            done += 1;
            let now = if present { now(connection, backup.id)? } else { None };
            if now.is_none() && present && was_erased(connection, backup.id)? {
                lookup::forget(connection, backup.id)?;
                connection.execute("DELETE FROM main.accounts WHERE id = ?1", [id])?;
                outcome.erased += 1;
                continue;
            }
            let counted = if now.is_some() { &mut outcome.merged } else { &mut outcome.doubted };
            *counted += 1;
            if now.is_none() {
                // Another restore of the same backup may name its events by the numbers that follow.
                backup.events_made = backup.events_made.wrapping_add(u32::try_from(drawn >> 44).unwrap_or(0));
            }
            save(connection, restored(backup, now.as_ref(), scene))?;
        }
    }
    if present {
        let newer = "SELECT count(*) FROM present.accounts WHERE id NOT IN (SELECT id FROM main.accounts)";
        outcome.left_out = number(connection, newer)?;
    }
    Ok(outcome)
}

fn page(connection: &Connection, after: &[u8]) -> Stored<Vec<(Vec<u8>, Vec<u8>)>> {
    let mut statement = connection
        .prepare_cached("SELECT id, record FROM main.accounts WHERE id > ?1 ORDER BY id LIMIT ?2")?;
    let rows = statement.query_map(params![after, ROWS], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn now(connection: &Connection, id: AccountId) -> Stored<Option<Account>> {
    let mut statement = connection.prepare_cached("SELECT record FROM present.accounts WHERE id = ?1")?;
    let record: Option<Vec<u8>> = statement.query_row([id.as_bytes()], |row| row.get(0)).optional()?;
    record.map(|record| record::decode_account(&record)).transpose()
}

/// Whether the trail says so: an account that is simply not there may have been lost by an earlier restore.
fn was_erased(connection: &Connection, id: AccountId) -> Stored<bool> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM present.events WHERE account_id = ?1 ORDER BY id DESC"
    ))?;
    let mut rows = statement.query([id.as_bytes()])?;
    while let Some(row) = rows.next()? {
        if trail::of_row(row)?.what == What::AccountErased {
            return Ok(true);
        }
    }
    Ok(false)
}

fn save(connection: &Connection, mut account: Account) -> Stored<()> {
    let events = core::mem::take(&mut account.fresh_events);
    connection
        .prepare_cached("UPDATE main.accounts SET record = ?2 WHERE id = ?1")?
        .execute(params![account.id.as_bytes(), record::encode_account(&account)?])?;
    trail::insert(connection, &events)
}

fn different_key(connection: &Connection) -> Stored<Option<u32>> {
    let different = "SELECT id FROM main.keys JOIN present.keys AS theirs USING (id)
                     WHERE main.keys.wrapped <> theirs.wrapped ORDER BY id LIMIT 1";
    Ok(connection.query_row(different, [], |row| row.get(0)).optional()?)
}

/// Two histories that parted at a restore without the present may have given one name to two events. The backup's gets
/// another, so that both stay.
fn rename_events(connection: &Connection) -> Stored<()> {
    let mut statement = connection.prepare(
        "SELECT account_id, id, ours.tenant, ours.record
         FROM main.events AS ours JOIN present.events AS theirs USING (account_id, id)
         WHERE ours.record <> theirs.record",
    )?;
    let mut rows = statement.query([])?;
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        events.push(trail::of_row(row)?);
    }
    for event in events {
        connection.execute(
            "DELETE FROM main.events WHERE account_id = ?1 AND id = ?2",
            params![event.account.as_bytes(), event.id.as_bytes()],
        )?;
        if let Some(free) = free_name(connection, &event)? {
            // It was told long ago, where it was: it gets no place.
            trail::write(connection, &[free])?;
        }
    }
    Ok(())
}

/// The event under the next name that neither history has given away; nothing if the present already holds it under such a
/// name, because the same backup came back before.
fn free_name(connection: &Connection, event: &Event) -> Stored<Option<Event>> {
    let mut renamed = event.clone();
    let mut id = *event.id.as_bytes();
    loop {
        // The bytes that only tell of whose account it is.
        id[15] = id[15].wrapping_add(1);
        renamed.id = EventId::from_bytes(id);
        let under = |table| -> Stored<Option<Event>> {
            let select = format!("SELECT {COLUMNS} FROM {table}.events WHERE account_id = ?1 AND id = ?2");
            let mut statement = connection.prepare_cached(&select)?;
            let mut rows = statement.query(params![event.account.as_bytes(), id])?;
            rows.next()?.map(trail::of_row).transpose()
        };
        match (under("main")?, under("present")?) {
            (None, None) => return Ok(Some(renamed)),
            (_, Some(theirs)) if theirs == renamed => return Ok(None),
            _ => {}
        }
    }
}

fn counters(connection: &Connection) -> Stored<()> {
    let mut statement = connection.prepare("SELECT hash FROM present.counters")?;
    let hashes = statement.query_map([], |row| row.get(0))?.collect::<Result<Vec<[u8; 32]>, _>>()?;
    for hash in hashes {
        let merged = limit::load(connection, "main", hash)?.with(limit::load(connection, "present", hash)?);
        limit::save(connection, hash, &merged)?;
    }
    Ok(())
}

fn unknown_names(connection: &Connection, present: bool, scene: &Scene<'_>) -> Stored<()> {
    if !present {
        let mut statement = connection.prepare("SELECT slot, ledger FROM main.unknown_names")?;
        let rows = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<Vec<(i64, Vec<u8>)>, _>>()?;
        for (slot, bytes) in rows {
            let ledger = restored_nobody(record::decode_ledger(&bytes)?, None, scene);
            connection
                .prepare_cached("UPDATE main.unknown_names SET ledger = ?2 WHERE slot = ?1")?
                .execute(params![slot, record::encode_ledger(&ledger)?])?;
        }
        let first = restored_nobody(Ledger::default(), None, scene);
        return watch::begin_with(connection, &first, scene.now + scene.policy.unknown_name_life);
    }
    let mut statement = connection.prepare(
        "SELECT theirs.slot, ours.ledger, theirs.ledger FROM present.unknown_names AS theirs
         JOIN main.unknown_names AS ours USING (slot, hash)",
    )?;
    let rows = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<Vec<(i64, Vec<u8>, Vec<u8>)>, _>>()?;
    connection
        .execute_batch("INSERT OR REPLACE INTO main.unknown_names SELECT * FROM present.unknown_names")?;
    for (slot, ours, theirs) in rows {
        let theirs = record::decode_ledger(&theirs)?;
        let ledger = restored_nobody(record::decode_ledger(&ours)?, Some(&theirs), scene);
        connection
            .prepare_cached("UPDATE main.unknown_names SET ledger = ?2 WHERE slot = ?1")?
            .execute(params![slot, record::encode_ledger(&ledger)?])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::super::migration;

    /// A table that nobody thought of would come back as it was in the backup, and rewind whatever it counts.
    #[test]
    fn no_table_is_forgotten() {
        let mut connection = Connection::open_in_memory().expect("opens");
        migration::run(&mut connection).expect("makes the tables");
        let mut statement = connection
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
            .expect("prepares");
        let tables = statement.query_map([], |row| row.get::<_, String>(0)).expect("lists");
        let page = include_str!("merge.rs");
        let (about, _) = page.split_once("use ").expect("the page about it comes first");
        for table in tables {
            let table = table.expect("a name");
            assert!(about.contains(&format!("`{table}`")), "nothing is said of {table}");
        }
    }
}
