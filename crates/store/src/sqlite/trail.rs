//! The audit trail: events are written once and never changed.

use countersign_domain::command::Page;
use countersign_domain::event::Event;
use countersign_domain::id::{AccountId, EventId};
use countersign_domain::identifier::TenantId;
use rusqlite::{Connection, Rows, params};

use crate::door::Stored;
use crate::record;

/// Sorts after every id, which has 16 bytes.
const END: [u8; 17] = [0xff; 17];

pub(super) fn insert(connection: &Connection, events: &[Event]) -> Stored<()> {
    for event in events {
        connection
            .prepare_cached("INSERT INTO events (account_id, id, tenant, record) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![
                event.account.as_bytes(),
                event.id.as_bytes(),
                event.tenant.as_str(),
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
    if let Some(account) = account {
        let mut statement = connection.prepare_cached(
            "SELECT record FROM events WHERE account_id = ?1 AND id < ?2 AND tenant = ?3
             ORDER BY id DESC LIMIT ?4",
        )?;
        collect(statement.query(params![account.as_bytes(), before, tenant.as_str(), page.limit])?)
    } else {
        let mut statement = connection.prepare_cached(
            "SELECT record FROM events WHERE tenant = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3",
        )?;
        collect(statement.query(params![tenant.as_str(), before, page.limit])?)
    }
}

fn collect(mut rows: Rows<'_>) -> Stored<Vec<Event>> {
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        events.push(record::decode_event(&row.get::<_, Vec<u8>>(0)?)?);
    }
    Ok(events)
}
