//! The audit trail: events are written once and never changed.

use countersign_domain::command::Page;
use countersign_domain::event::Event;
use countersign_domain::id::{AccountId, EventId};
use countersign_domain::identifier::TenantId;
use tokio_postgres::Row;

use super::connection::Connection;
use super::trouble::Trouble;
use super::{account, feed, shard};
use crate::door::Stored;
use crate::record::{self, EventKey};
use crate::tenant;

/// Sorts after every id, which has 16 bytes.
const END: [u8; 17] = [0xff; 17];

/// Writes events, given as columns.
pub(super) const INSERT: &str = "INSERT INTO events (account_id, id, tenant, record, shard)
    SELECT e.account_id, e.id, e.tenant, e.record, e.shard
    FROM unnest($1::bytea[], $2::bytea[], $3::text[], $4::bytea[], $5::smallint[])
    AS e (account_id, id, tenant, record, shard)";

/// Events as the columns in which they are written.
#[derive(Default)]
pub(super) struct Entries {
    pub(super) accounts: Vec<[u8; 16]>,
    pub(super) ids: Vec<[u8; 16]>,
    pub(super) tenants: Vec<String>,
    pub(super) records: Vec<Vec<u8>>,
}

impl Entries {
    pub(super) fn of(events: &[Event]) -> Stored<Self> {
        let mut entries = Self::default();
        for event in events {
            let record = record::encode_event(event)?;
            entries.push(event.account, event.id, &event.tenant, record);
        }
        Ok(entries)
    }

    pub(super) fn push(&mut self, account: AccountId, id: EventId, tenant: &TenantId, record: Vec<u8>) {
        self.accounts.push(*account.as_bytes());
        self.ids.push(*id.as_bytes());
        self.tenants.push(tenant::column(tenant).to_owned());
        self.records.push(record);
    }

    /// These too.
    pub(super) fn extend(&mut self, more: &Self) {
        self.accounts.extend_from_slice(&more.accounts);
        self.ids.extend_from_slice(&more.ids);
        self.tenants.extend_from_slice(&more.tenants);
        self.records.extend_from_slice(&more.records);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    pub(super) fn shards(&self) -> Vec<i16> {
        self.accounts.iter().map(|account| shard::of(account)).collect()
    }
}

/// Writes events, and leads them to the feed.
pub(super) async fn insert(connection: &Connection, entries: &Entries) -> Result<(), Trouble> {
    if entries.is_empty() {
        return Ok(());
    }
    let (accounts, ids) = (slices(&entries.accounts), slices(&entries.ids));
    let values: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
        [&accounts, &ids, &entries.tenants, &entries.records, &entries.shards()];
    connection.execute(INSERT, &values).await?;
    feed::send(connection, entries).await
}

/// Newest first. Those of a tenant are the newest of each shard, put in order here.
pub(super) async fn list(
    connection: &Connection,
    tenant: &TenantId,
    account: Option<AccountId>,
    page: Page<EventId>,
) -> Result<Vec<Event>, Trouble> {
    let before = page.after.as_ref().map_or(&END[..], |id| id.as_bytes());
    let (column, limit) = (tenant::column(tenant), i64::from(page.limit));
    if let Some(account) = account {
        let rows = connection
            .rows(
                "SELECT account_id, id, record FROM events WHERE account_id = $1 AND id < $2 AND tenant = $3
                 ORDER BY id DESC LIMIT $4",
                &[&&account.as_bytes()[..], &before, &column, &limit],
            )
            .await?;
        return Ok(rows.iter().map(|row| event(row, tenant)).collect::<Stored<_>>()?);
    }
    let mut events = Vec::new();
    for shard in 0..shard::SHARDS {
        let rows = connection
            .rows(
                "SELECT account_id, id, record FROM events WHERE shard = $1 AND id < $2 AND tenant = $3
                 ORDER BY id DESC LIMIT $4",
                &[&shard, &before, &column, &limit],
            )
            .await?;
        for row in &rows {
            events.push(event(row, tenant)?);
        }
    }
    events.sort_unstable_by_key(|event: &Event| core::cmp::Reverse(event.id));
    events.truncate(page.limit as usize);
    Ok(events)
}

fn event(row: &Row, tenant: &TenantId) -> Stored<Event> {
    let (account, id) = (account::id_of(row.get(0))?, EventId::from_bytes(shard::sixteen(row.get(1))?));
    record::decode_event(&EventKey { account, id, tenant: tenant.clone() }, row.get(2))
}

/// Keys as a statement takes them.
pub(super) fn slices<const N: usize>(keys: &[[u8; N]]) -> Vec<&[u8]> {
    keys.iter().map(|key| &key[..]).collect()
}
