//! The feed. An event's transaction writes it into the outbox; one server at a time gives places to what is there.
//!
//! Places are given in transactions that exclude each other, by the row of a lease that each of them writes first. So a later
//! place never shows before an earlier one, and a server that lost its lease gives none.

use std::collections::BTreeMap;

use countersign_domain::event::Event;
use countersign_domain::feed::{Fed, FeedEntry, FeedPlace, time_of};
use countersign_domain::id::{AccountId, EventId};
use countersign_domain::time::{Span, Timestamp};
use tokio_postgres::Row;

use super::account;
use super::connection::{Connection, Values};
use super::shard::{SHARDS, sixteen};
use super::trail::{Entries, slices};
use super::trouble::Trouble;
use crate::door::Stored;
use crate::feed::{SLACK_MS, Search};
use crate::record::{self, EventKey};
use crate::tenant;

/// Leads events to the feed, given as columns.
pub(super) const SEND: &str = "INSERT INTO outbox (shard, id, account_id, tenant)
    SELECT o.shard, o.id, o.account_id, o.tenant
    FROM unnest($1::smallint[], $2::bytea[], $3::bytea[], $4::text[]) AS o (shard, id, account_id, tenant)";

const WAITS: &str = "SELECT id FROM outbox WHERE shard = $1 LIMIT 1";
const WAITING: &str =
    "SELECT id, account_id, tenant, shard FROM outbox WHERE shard = $1 ORDER BY id LIMIT $2";
const HOLDER: &str = "SELECT holder, until FROM leases WHERE name = $1";
const HOLD: &str = "INSERT INTO leases (name, holder, until) VALUES ($1, $2, $3)
    ON CONFLICT (name) DO UPDATE SET holder = EXCLUDED.holder, until = EXCLUDED.until
    WHERE leases.until <= $4 OR leases.holder = EXCLUDED.holder OR leases.until > $5 RETURNING name";
const LAST: &str = "SELECT place FROM feed ORDER BY place DESC LIMIT 1";
const GIVE: &str =
    "INSERT INTO feed (place, account_id, id, tenant) SELECT f.place, f.account_id, f.id, f.tenant
    FROM unnest($1::bigint[], $2::bytea[], $3::bytea[], $4::text[]) AS f (place, account_id, id, tenant)";
const SENT: &str =
    "DELETE FROM outbox USING unnest($1::smallint[], $2::bytea[], $3::bytea[]) AS d (shard, id, account_id)
    WHERE outbox.shard = d.shard AND outbox.id = d.id AND outbox.account_id = d.account_id";
const FROM: &str = "SELECT place, id FROM feed WHERE place >= $1 ORDER BY place LIMIT $2";

/// Whose turn it is to give places.
const LEASE: &str = "feed";

/// How long a server keeps its turn without giving a place. One that died is followed by another after that.
const TURN: Span = Span::from_secs(10);

pub(super) async fn send(connection: &Connection, entries: &Entries) -> Result<(), Trouble> {
    let (accounts, ids) = (slices(&entries.accounts), slices(&entries.ids));
    connection.execute(SEND, &[&entries.shards(), &ids, &accounts, &entries.tenants]).await?;
    Ok(())
}

/// Gives places to what waits, unless another server does so.
pub(super) async fn arrange(
    connection: &Connection,
    node: &[u8],
    now: Timestamp,
    limit: u32,
) -> Result<u32, Trouble> {
    if !is_ours(connection, node, now).await? {
        return Ok(0);
    }
    let given = arrange_within(connection, node, now, limit).await;
    if !matches!(given, Ok(1..)) {
        connection.undo().await;
    }
    given
}

/// Whether anything waits, and nobody else is at it: asked without a lock, so that servers whose turn it is not never wait.
async fn is_ours(connection: &Connection, node: &[u8], now: Timestamp) -> Result<bool, Trouble> {
    let shards: Vec<[&(dyn tokio_postgres::types::ToSql + Sync); 1]> =
        ALL.iter().map(|shard| [shard as _]).collect();
    let holder: [&(dyn tokio_postgres::types::ToSql + Sync); 1] = [&LEASE];
    let mut work: Vec<(&'static str, Values<'_>)> = shards.iter().map(|shard| (WAITS, &shard[..])).collect();
    work.push((HOLDER, &holder));
    let mut found = connection.rows_of_each(&work).await?;
    let lease = found.pop().unwrap_or_default();
    let others = lease.first().is_some_and(|row| {
        let until = Timestamp::from_millis(row.get(1));
        row.get::<_, &[u8]>(0) != node && now < until && until <= now + TURN + TURN
    });
    Ok(!others && found.iter().any(|rows| !rows.is_empty()))
}

const ALL: [i16; SHARDS as usize] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

async fn arrange_within(
    connection: &Connection,
    node: &[u8],
    now: Timestamp,
    limit: u32,
) -> Result<u32, Trouble> {
    let each = i64::from(limit.div_ceil(u32::from(SHARDS.unsigned_abs())).max(1));
    let (until, far) = ((now + TURN).millis(), (now + TURN + TURN).millis());
    let hold: [&(dyn tokio_postgres::types::ToSql + Sync); 5] = [&LEASE, &node, &until, &now.millis(), &far];
    let shards: Vec<[&(dyn tokio_postgres::types::ToSql + Sync); 2]> =
        ALL.iter().map(|shard| [shard as _, &each as _]).collect();
    // First the lease's row: whoever else gives places waits here, and all that follows sees what they did.
    let mut work: Vec<(&'static str, Values<'_>)> = vec![(HOLD, &hold), (LAST, &[])];
    work.extend(shards.iter().map(|shard| (WAITING, &shard[..])));
    let mut found = connection.begin_with(&work).await?;
    let waiting: Vec<Row> = found.drain(2..).flatten().collect();
    let [lease, last] = &found[..] else { return Ok(0) };
    if lease.is_empty() || waiting.is_empty() {
        return Ok(0);
    }
    let mut waiting: Vec<(&[u8], &[u8], &str, i16)> =
        waiting.iter().map(|row| (row.get(0), row.get(1), row.get(2), row.get(3))).collect();
    waiting.sort_unstable();
    // Not only the next number: after a database was taken back to an earlier moment, a place that may have been seen is not
    // given to another event.
    let next =
        last.first().map_or(0, |row| row.get::<_, i64>(0)).saturating_add(1).max(FeedPlace::at(now).number());
    let places: Vec<i64> = (next..).take(waiting.len()).collect();
    let ids: Vec<&[u8]> = waiting.iter().map(|row| row.0).collect();
    let accounts: Vec<&[u8]> = waiting.iter().map(|row| row.1).collect();
    let tenants: Vec<&str> = waiting.iter().map(|row| row.2).collect();
    let from: Vec<i16> = waiting.iter().map(|row| row.3).collect();
    connection
        .commit_with(&[(GIVE, &[&places, &accounts, &ids, &tenants]), (SENT, &[&from, &ids, &accounts])])
        .await?;
    Ok(u32::try_from(waiting.len()).unwrap_or(u32::MAX))
}

/// What comes after a place. A row whose event the trail does not have tells of nothing, and counts as read.
pub(super) async fn read(connection: &Connection, after: FeedPlace, limit: u32) -> Result<Fed, Trouble> {
    let some = "SELECT place, account_id, id, tenant FROM feed WHERE place > $1 ORDER BY place LIMIT $2";
    let gone = "SELECT place FROM forgotten WHERE name = $1";
    let (after_number, limit, name) = (after.number(), i64::from(limit), "feed");
    let mut found = connection.rows_of_each(&[(some, &[&after_number, &limit]), (gone, &[&name])]).await?;
    let gone = found.pop().unwrap_or_default();
    let rows = found.pop().unwrap_or_default();
    let missed = gone.first().is_some_and(|row| after.number() < row.get::<_, i64>(0));
    // A restore that knew nothing of the present has left a place without an event, which a copy carries here.
    let told = rows.iter().filter(|row| !row.get::<_, &[u8]>(1).is_empty());
    let keys: Vec<Key> = told.map(key).collect::<Stored<_>>()?;
    let events = events(connection, keys.iter().map(|key| (key.account, key.id))).await?;
    let last = rows.last().map_or(after, |row| FeedPlace::of(row.get(0)));
    let mut entries = Vec::with_capacity(keys.len());
    for Key { place, account, id, tenant } in keys {
        let Some(bytes) = events.get(&(account, id)) else { continue };
        let tenant = tenant::of_column(&tenant)?;
        let event = record::decode_event(&EventKey { account, id, tenant }, bytes)?;
        entries.push(FeedEntry { place, event });
    }
    Ok(Fed { entries, last, missed })
}

struct Key {
    place: FeedPlace,
    account: AccountId,
    id: EventId,
    tenant: String,
}

fn key(row: &Row) -> Stored<Key> {
    let (account, id) = (account::id_of(row.get(1))?, EventId::from_bytes(sixteen(row.get(2))?));
    Ok(Key { place: FeedPlace::of(row.get(0)), account, id, tenant: row.get(3) })
}

/// Events' records by their keys.
async fn events(
    connection: &Connection,
    keys: impl Iterator<Item = (AccountId, EventId)>,
) -> Result<BTreeMap<(AccountId, EventId), Vec<u8>>, Trouble> {
    let keys: Vec<(AccountId, EventId)> = keys.collect();
    if keys.is_empty() {
        return Ok(BTreeMap::new());
    }
    let accounts: Vec<&[u8]> = keys.iter().map(|(account, _)| &account.as_bytes()[..]).collect();
    let ids: Vec<&[u8]> = keys.iter().map(|(_, id)| &id.as_bytes()[..]).collect();
    let rows = connection
        .rows(
            "SELECT e.account_id, e.id, e.record FROM unnest($1::bytea[], $2::bytea[]) AS k (account_id, id)
             JOIN events AS e ON e.account_id = k.account_id AND e.id = k.id",
            &[&accounts, &ids],
        )
        .await?;
    let mut events = BTreeMap::new();
    for row in &rows {
        let key = (account::id_of(row.get(0))?, EventId::from_bytes(sixteen(row.get(1))?));
        events.insert(key, row.get(2));
    }
    Ok(events)
}

/// One event of the default tenant's trail, if it is there.
pub(super) async fn events_of(
    connection: &Connection,
    keys: &[(AccountId, EventId)],
    tenant: &countersign_domain::identifier::TenantId,
) -> Result<BTreeMap<(AccountId, EventId), Event>, Trouble> {
    let found = events(connection, keys.iter().copied()).await?;
    let decoded = found.into_iter().map(|((account, id), bytes)| {
        let event = record::decode_event(&EventKey { account, id, tenant: tenant.clone() }, &bytes)?;
        Ok(((account, id), event))
    });
    Ok(decoded.collect::<Stored<_>>()?)
}

pub(super) async fn end(connection: &Connection) -> Result<FeedPlace, Trouble> {
    let row = connection.row(LAST, &[]).await?;
    Ok(row.map_or(FeedPlace::START, |row| FeedPlace::of(row.get(0))))
}

/// A row without an event is as old as can be.
fn time(id: &[u8]) -> i64 {
    id.try_into().map_or(i64::MIN, |id| time_of(&EventId::from_bytes(id)).millis())
}

pub(super) async fn at(connection: &Connection, since: Timestamp) -> Result<FeedPlace, Trouble> {
    let first = |from: i64| async move { connection.row(FROM, &[&from, &1_i64]).await };
    let Some(lowest) = first(0).await? else { return Ok(FeedPlace::START) };
    let mut search = Search::new(lowest.get(0), end(connection).await?.number());
    while let Some(asked) = search.ask() {
        let Some(row) = first(asked).await? else { break };
        search.tell(asked, row.get(0), time(row.get(1)) < since.millis().saturating_sub(SLACK_MS));
    }
    Ok(FeedPlace::of(search.found()))
}

/// Forgets the first places as long as they are old, but for the very last.
pub(super) async fn forget(connection: &Connection, before: Timestamp, limit: u32) -> Result<u32, Trouble> {
    let rows = connection.rows(FROM, &[&0_i64, &i64::from(limit.saturating_add(1))]).await?;
    let all_but_last = rows.iter().take(rows.len().saturating_sub(1));
    let old: Vec<i64> =
        all_but_last.take_while(|row| time(row.get(1)) < before.millis()).map(|row| row.get(0)).collect();
    let Some(last) = old.last() else { return Ok(0) };
    // First it is said that they are forgotten: who reads in between is told too much, and never too little.
    connection
        .alone(
            "INSERT INTO forgotten (name, place) VALUES ($1, $2) ON CONFLICT (name)
             DO UPDATE SET place = EXCLUDED.place WHERE forgotten.place < EXCLUDED.place",
            &[&"feed", last],
        )
        .await?;
    let gone = connection.alone("DELETE FROM feed WHERE place = ANY($1)", &[&old]).await?;
    Ok(u32::try_from(gone).unwrap_or(u32::MAX))
}
