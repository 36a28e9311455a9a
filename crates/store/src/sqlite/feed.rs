//! The feed: an event's place is given in the transaction that writes the event, because there is one writer.

use countersign_domain::event::Event;
use countersign_domain::feed::{Fed, FeedEntry, FeedPlace, time_of};
use countersign_domain::id::{AccountId, EventId};
use countersign_domain::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::savepoint::atomically;
use crate::door::Stored;
use crate::feed::{SLACK_MS, Search};
use crate::record::{self, EventKey};
use crate::tenant;

/// Gives an event the next place: its account, id and tenant.
pub(super) const APPEND: &str = "INSERT INTO feed (account_id, id, tenant) VALUES (?1, ?2, ?3)";

/// What is added to the feed first after a restore that knew nothing of what had happened since: a place later than any that
/// may have been given meanwhile, and no event.
const BEGIN_AT: &str = "INSERT INTO feed (place, account_id, id, tenant) VALUES (?1, x'', x'', '')";

/// Gives each of these events a place. Nothing but the disk can refuse it.
pub(super) fn append(connection: &Connection, events: &[Event]) -> Stored<()> {
    for event in events {
        connection.prepare_cached(APPEND)?.execute(params![
            event.account.as_bytes(),
            event.id.as_bytes(),
            tenant::column(&event.tenant)
        ])?;
    }
    Ok(())
}

/// What comes after a place. A row whose event the trail does not have tells of nothing, and counts as read.
pub(super) fn read(connection: &Connection, after: FeedPlace, limit: u32) -> Stored<Fed> {
    let mut statement = connection.prepare_cached(
        "SELECT feed.place, feed.account_id, feed.id, feed.tenant, events.record
         FROM feed LEFT JOIN events ON events.account_id = feed.account_id AND events.id = feed.id
         WHERE feed.place > ?1 ORDER BY feed.place LIMIT ?2",
    )?;
    let mut rows = statement.query(params![after.number(), limit])?;
    let (mut entries, mut last) = (Vec::new(), after);
    while let Some(row) = rows.next()? {
        let place = FeedPlace::of(row.get(0)?);
        last = place;
        let Some(bytes) = row.get::<_, Option<Vec<u8>>>(4)? else { continue };
        let tenant = tenant::of_column(row.get_ref(3)?.as_str().map_err(rusqlite::Error::from)?)?;
        let (account, id) = (AccountId::from_bytes(row.get(1)?), EventId::from_bytes(row.get(2)?));
        let event = record::decode_event(&EventKey { account, id, tenant }, &bytes)?;
        entries.push(FeedEntry { place, event });
    }
    Ok(Fed { entries, last, missed: after < forgotten(connection)? })
}

pub(super) fn end(connection: &Connection) -> Stored<FeedPlace> {
    let last = "SELECT place FROM feed ORDER BY place DESC LIMIT 1";
    let place: Option<i64> = connection.prepare_cached(last)?.query_row([], |row| row.get(0)).optional()?;
    Ok(place.map_or(FeedPlace::START, FeedPlace::of))
}

/// The first place from there on, and the time of its event.
fn first(connection: &Connection, from: i64) -> Stored<Option<(i64, i64)>> {
    let first = "SELECT place, id FROM feed WHERE place >= ?1 ORDER BY place LIMIT 1";
    let row = connection
        .prepare_cached(first)?
        .query_row([from], |row| Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?)))
        .optional()?;
    Ok(row.map(|(place, id)| (place, time(&id))))
}

/// A row without an event is as old as can be.
fn time(id: &[u8]) -> i64 {
    id.try_into().map_or(i64::MIN, |id| time_of(&EventId::from_bytes(id)).millis())
}

pub(super) fn at(connection: &Connection, since: Timestamp) -> Stored<FeedPlace> {
    let Some((lowest, _)) = first(connection, 0)? else { return Ok(FeedPlace::START) };
    let mut search = Search::new(lowest, end(connection)?.number());
    while let Some(asked) = search.ask() {
        let Some((place, time)) = first(connection, asked)? else { break };
        search.tell(asked, place, time < since.millis().saturating_sub(SLACK_MS));
    }
    Ok(FeedPlace::of(search.found()))
}

/// Gives places to what a copy from another engine has left without one.
pub(super) fn arrange(connection: &Connection, limit: u32) -> Stored<u32> {
    atomically(connection, || {
        let waiting: Vec<([u8; 16], [u8; 16], String)> = connection
            .prepare_cached("SELECT id, account_id, tenant FROM outbox ORDER BY id, account_id LIMIT ?1")?
            .query_map([limit], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect::<Result<_, _>>()?;
        for (id, account, tenant) in &waiting {
            connection.prepare_cached(APPEND)?.execute(params![account, id, tenant])?;
            connection
                .prepare_cached("DELETE FROM outbox WHERE id = ?1 AND account_id = ?2")?
                .execute(params![id, account])?;
        }
        Ok(u32::try_from(waiting.len()).unwrap_or(u32::MAX))
    })
}

/// Whether there is anything that has no place.
pub(super) fn is_arranged(connection: &Connection) -> Stored<bool> {
    Ok(connection.prepare_cached("SELECT id FROM outbox LIMIT 1")?.query([])?.next()?.is_none())
}

/// Forgets the first places as long as they are old, but for the very last.
pub(super) fn forget(connection: &Connection, before: Timestamp, limit: u32) -> Stored<u32> {
    atomically(connection, || {
        let mut rows: Vec<(i64, Vec<u8>)> = connection
            .prepare_cached("SELECT place, id FROM feed ORDER BY place LIMIT ?1")?
            .query_map([limit.saturating_add(1)], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        // One more than is forgotten: the last of all is never among them.
        rows.pop();
        let old = rows.iter().take_while(|(_, id)| time(id) < before.millis());
        let Some((last, _)) = old.last() else { return Ok(0) };
        forget_up_to(connection, *last)?;
        let gone = connection.prepare_cached("DELETE FROM feed WHERE place <= ?1")?.execute([last])?;
        Ok(u32::try_from(gone).unwrap_or(u32::MAX))
    })
}

/// More places than can have been given since a backup was made (10¹²), and fewer than a fortnight has microseconds.
const UNKNOWN: i64 = 1 << 40;

/// Goes on at a place that nobody can have seen, and tells whoever comes with an earlier one that something is missing. The clock
/// alone may have been set back, and another restore of the same backup may have begun where this one would: so there is room for
/// what was given since, and the place is drawn.
pub(super) fn begin_after_the_unknown(connection: &Connection, now: Timestamp, drawn: u64) -> Stored<()> {
    let known = end(connection)?.max(forgotten(connection)?);
    let place = FeedPlace::at(now).max(FeedPlace::of(known.number().saturating_add(UNKNOWN)));
    let drawn = i64::try_from(drawn % UNKNOWN.unsigned_abs()).unwrap_or(0);
    let place = FeedPlace::of(place.number().saturating_add(drawn));
    connection.execute(BEGIN_AT, [place.number()])?;
    forget_up_to(connection, place.number())
}

fn forget_up_to(connection: &Connection, place: i64) -> Stored<()> {
    connection
        .prepare_cached(
            "INSERT INTO forgotten (name, place) VALUES ('feed', ?1)
             ON CONFLICT (name) DO UPDATE SET place = max(place, excluded.place)",
        )?
        .execute([place])?;
    Ok(())
}

fn forgotten(connection: &Connection) -> Stored<FeedPlace> {
    let place: Option<i64> = connection
        .prepare_cached("SELECT place FROM forgotten WHERE name = 'feed'")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(place.map_or(FeedPlace::START, FeedPlace::of))
}
