//! Webhooks: one row each, and one for each message that was not taken yet.

use countersign_domain::event::Event;
use countersign_domain::id::WebhookId;
use countersign_domain::identifier::TenantId;
use countersign_domain::time::Timestamp;
use countersign_domain::webhook::{Delivery, Webhook};
use rusqlite::{Connection, OptionalExtension, params};

use super::savepoint::atomically;
use super::{claim, trail};
use crate::door::{KeptAnswer, StoreFault, Stored};
use crate::feed::{NEVER, Waiting, WebhookDraft, due_column};
use crate::record;

pub(super) fn create(connection: &Connection, webhook: &Webhook, answer: Option<&KeptAnswer>) -> Stored<()> {
    let record = record::encode_webhook(webhook)?;
    atomically(connection, || {
        connection
            .prepare_cached("INSERT INTO webhooks (id, tenant, record) VALUES (?1, ?2, ?3)")?
            .execute(params![webhook.id.as_bytes(), webhook.tenant.as_str(), record])?;
        answer.map_or(Ok(()), |answer| claim::answer_held(connection, answer))
    })
}

pub(super) fn read(connection: &Connection, id: WebhookId) -> Stored<Option<Webhook>> {
    let mut statement = connection.prepare_cached("SELECT record FROM webhooks WHERE id = ?1")?;
    let found =
        statement.query_row([id.as_bytes()], |row| Ok(record::decode_webhook(row.get_ref(0)?.as_blob()?)));
    found.optional()?.transpose()
}

pub(super) fn list(connection: &Connection, tenant: &TenantId) -> Stored<Vec<Webhook>> {
    let mut statement =
        connection.prepare_cached("SELECT record FROM webhooks WHERE tenant = ?1 ORDER BY id")?;
    let mut rows = statement.query([tenant.as_str()])?;
    let mut webhooks = Vec::new();
    while let Some(row) = rows.next()? {
        webhooks.push(record::decode_webhook(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)?);
    }
    Ok(webhooks)
}

pub(super) fn update<R>(
    connection: &Connection,
    id: WebhookId,
    decide: impl FnOnce(&mut WebhookDraft) -> R,
) -> Stored<Option<R>> {
    let Some(webhook) = read(connection, id)? else { return Ok(None) };
    let before = webhook.clone();
    let mut draft = WebhookDraft::of(webhook);
    let outcome = decide(&mut draft);
    let WebhookDraft { webhook, put, done, forget } = draft;
    if webhook.id != id || webhook.tenant != before.tenant {
        return Err(StoreFault::Backend("a decision changed which webhook it is".into()));
    }
    atomically(connection, || {
        let key = id.as_bytes();
        if webhook != before {
            connection
                .prepare_cached("UPDATE webhooks SET record = ?2 WHERE id = ?1")?
                .execute(params![key, record::encode_webhook(&webhook)?])?;
        }
        for place in &done {
            connection
                .prepare_cached("DELETE FROM deliveries WHERE webhook_id = ?1 AND place = ?2")?
                .execute(params![key, place.number()])?;
        }
        for delivery in &put {
            connection
                .prepare_cached(
                    "INSERT OR REPLACE INTO deliveries (webhook_id, place, due, record) VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute(params![
                    key,
                    delivery.place.number(),
                    due_column(delivery.due),
                    record::encode_delivery(delivery)?
                ])?;
        }
        if let Some(place) = forget {
            connection
                .prepare_cached("DELETE FROM deliveries WHERE webhook_id = ?1 AND due = ?2 AND place <= ?3")?
                .execute(params![key, NEVER, place.number()])?;
        }
        Ok(())
    })?;
    Ok(Some(outcome))
}

pub(super) fn delete(connection: &Connection, id: WebhookId) -> Stored<bool> {
    atomically(connection, || {
        connection
            .prepare_cached("DELETE FROM deliveries WHERE webhook_id = ?1")?
            .execute([id.as_bytes()])?;
        Ok(connection.prepare_cached("DELETE FROM webhooks WHERE id = ?1")?.execute([id.as_bytes()])? > 0)
    })
}

pub(super) fn deliveries(
    connection: &Connection,
    id: WebhookId,
    due: Option<Timestamp>,
    limit: u32,
) -> Stored<Vec<Waiting>> {
    let by = due_column(due);
    let mut statement = connection.prepare_cached(
        "SELECT place, due, record FROM deliveries WHERE webhook_id = ?1 AND due <= ?2 ORDER BY due LIMIT ?3",
    )?;
    let mut rows = statement.query(params![id.as_bytes(), by, limit])?;
    let mut waiting = Vec::new();
    while let Some(row) = rows.next()? {
        let bytes = row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?;
        let delivery = record::decode_delivery(row.get(0)?, row.get(1)?, bytes)?;
        waiting.push(Waiting { event: event(connection, &delivery)?, delivery });
    }
    Ok(waiting)
}

fn event(connection: &Connection, delivery: &Delivery) -> Stored<Option<Event>> {
    let select = format!("SELECT {} FROM events WHERE account_id = ?1 AND id = ?2", trail::COLUMNS);
    let mut statement = connection.prepare_cached(&select)?;
    let mut rows = statement.query(params![delivery.account.as_bytes(), delivery.event.as_bytes()])?;
    rows.next()?.map(trail::of_row).transpose()
}
