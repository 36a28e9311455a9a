//! The audit trail: events are written once and never changed.

use countersign_domain::command::Page;
use countersign_domain::event::Event;
use countersign_domain::id::{AccountId, EventId};
use countersign_domain::identifier::TenantId;
use rusqlite::{Connection, Row, Rows, params};

use super::feed;
use crate::door::Stored;
use crate::record::{self, EventKey};
use crate::tenant;

/// Sorts after every id, which has 16 bytes.
const END: [u8; 17] = [0xff; 17];

/// Writes the row of an event: its account, id, tenant and record.
pub(super) const INSERT: &str = "INSERT INTO events (account_id, id, tenant, record) VALUES (?1, ?2, ?3, ?4)";

/// Writes events and gives them their places in the feed.
pub(super) fn insert(connection: &Connection, events: &[Event]) -> Stored<()> {
    write(connection, events)?;
    feed::append(connection, events)
}

/// Writes events, and leaves it to the caller to give them places.
pub(super) fn write(connection: &Connection, events: &[Event]) -> Stored<()> {
    for event in events {
        connection.prepare_cached(INSERT)?.execute(params![
            event.account.as_bytes(),
            event.id.as_bytes(),
            tenant::column(&event.tenant),
            record::encode_event(event)?
        ])?;
    }
    Ok(())
}

/// Newest first. Each of the two questions has its own statement, so that each walks its own index.
pub(super) fn list(
    connection: &Connection,
    tenant: &TenantId,
    account: Option<AccountId>,
    page: Page<EventId>,
) -> Stored<Vec<Event>> {
    let before = page.after.as_ref().map_or(&END[..], |id| id.as_bytes());
    let column = tenant::column(tenant);
    if let Some(account) = account {
        let mut statement = connection.prepare_cached(
            "SELECT account_id, id, record FROM events WHERE account_id = ?1 AND id < ?2 AND tenant = ?3
             ORDER BY id DESC LIMIT ?4",
        )?;
        collect(statement.query(params![account.as_bytes(), before, column, page.limit])?, tenant)
    } else {
        let mut statement = connection.prepare_cached(
            "SELECT account_id, id, record FROM events WHERE tenant = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3",
        )?;
        collect(statement.query(params![column, before, page.limit])?, tenant)
    }
}

/// Columns that are read of an event, as [`of_row`] takes them.
pub(super) const COLUMNS: &str = "account_id, id, tenant, record";

/// The event of a row of [`COLUMNS`].
pub(super) fn of_row(row: &Row<'_>) -> Stored<Event> {
    let tenant = tenant::of_column(row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?)?;
    event(row, tenant, 3)
}

fn collect(mut rows: Rows<'_>, tenant: &TenantId) -> Stored<Vec<Event>> {
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        events.push(event(row, tenant.clone(), 2)?);
    }
    Ok(events)
}

fn event(row: &Row<'_>, tenant: TenantId, record: usize) -> Stored<Event> {
    let (account, id) = (AccountId::from_bytes(row.get(0)?), EventId::from_bytes(row.get(1)?));
    record::decode_event(&EventKey { account, id, tenant }, &row.get::<_, Vec<u8>>(record)?)
}
