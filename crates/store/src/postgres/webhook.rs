//! Webhooks: one row each, and one for each message that was not taken yet.

use countersign_domain::id::WebhookId;
use countersign_domain::identifier::TenantId;
use countersign_domain::time::Timestamp;
use countersign_domain::webhook::Webhook;

use super::connection::Connection;
use super::trouble::{Trouble, caught};
use super::{claim, feed};
use crate::door::{KeptAnswer, StoreFault, Stored};
use crate::feed::{NEVER, Waiting, WebhookDraft, due_column};
use crate::record;

pub(super) async fn create(
    connection: &Connection,
    webhook: &Webhook,
    answer: Option<&KeptAnswer>,
) -> Result<(), Trouble> {
    let created = create_within(connection, webhook, answer).await;
    if created.is_err() {
        connection.undo().await;
    }
    created
}

async fn create_within(
    connection: &Connection,
    webhook: &Webhook,
    answer: Option<&KeptAnswer>,
) -> Result<(), Trouble> {
    connection
        .begin(
            "INSERT INTO webhooks (id, tenant, record) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING",
            &[&&webhook.id.as_bytes()[..], &webhook.tenant.as_str(), &record::encode_webhook(webhook)?],
        )
        .await?;
    if let Some(answer) = answer {
        claim::answer_held(connection, answer).await?;
    }
    connection.commit().await
}

pub(super) async fn read(connection: &Connection, id: WebhookId) -> Result<Option<Webhook>, Trouble> {
    let row = connection.row("SELECT record FROM webhooks WHERE id = $1", &[&&id.as_bytes()[..]]).await?;
    Ok(row.map(|row| record::decode_webhook(row.get(0))).transpose()?)
}

pub(super) async fn list(connection: &Connection, tenant: &TenantId) -> Result<Vec<Webhook>, Trouble> {
    let rows = connection
        .rows("SELECT record FROM webhooks WHERE tenant = $1 ORDER BY id", &[&tenant.as_str()])
        .await?;
    Ok(rows.iter().map(|row| record::decode_webhook(row.get(0))).collect::<Stored<_>>()?)
}

/// What a decision about a webhook came to, kept from try to try.
pub(super) struct Decided {
    before: Vec<u8>,
    after: Vec<u8>,
    draft: WebhookDraft,
}

/// Loads a webhook under a lock, runs `decide` once, and saves what it came to.
pub(super) async fn update<R, F: FnOnce(&mut WebhookDraft) -> R>(
    connection: &Connection,
    id: WebhookId,
    decide: &mut Option<F>,
    decided: &mut Option<Decided>,
    outcome: &mut Option<R>,
) -> Result<Option<R>, Trouble> {
    let updated = update_within(connection, id, decide, decided, outcome).await;
    if !matches!(updated, Ok(true)) {
        connection.undo().await;
    }
    Ok(if updated? { outcome.take() } else { None })
}

async fn update_within<R, F: FnOnce(&mut WebhookDraft) -> R>(
    connection: &Connection,
    id: WebhookId,
    decide: &mut Option<F>,
    decided: &mut Option<Decided>,
    outcome: &mut Option<R>,
) -> Result<bool, Trouble> {
    let key = &id.as_bytes()[..];
    let rows = connection.begin("SELECT record FROM webhooks WHERE id = $1 FOR UPDATE", &[&key]).await?;
    let Some(found) = rows.first().map(|row| row.get::<_, &[u8]>(0)) else { return Ok(false) };
    if let Some(decide) = decide.take() {
        let mut draft = WebhookDraft::of(record::decode_webhook(found)?);
        let tenant = draft.webhook.tenant.clone();
        let came_to = caught(|| decide(&mut draft))?;
        if draft.webhook.id != id || draft.webhook.tenant != tenant {
            return Err(StoreFault::Backend("a decision changed which webhook it is".into()).into());
        }
        let after = record::encode_webhook(&draft.webhook)?;
        *decided = Some(Decided { before: found.to_vec(), after, draft });
        *outcome = Some(came_to);
    }
    let still = |decided: &&Decided| found == decided.before || found == decided.after;
    let Some(decided) = decided.as_ref().filter(still) else {
        return Err(StoreFault::Unavailable("the webhook was changed by others meanwhile".into()).into());
    };
    write(connection, key, decided).await?;
    connection.commit().await.map(|()| true)
}

async fn write(connection: &Connection, key: &[u8], decided: &Decided) -> Result<(), Trouble> {
    let Decided { after, draft, .. } = decided;
    connection.execute("UPDATE webhooks SET record = $2 WHERE id = $1", &[&key, after]).await?;
    let done: Vec<i64> = draft.done.iter().map(|place| place.number()).collect();
    if !done.is_empty() {
        let delete = "DELETE FROM deliveries WHERE webhook_id = $1 AND place = ANY($2)";
        connection.execute(delete, &[&key, &done]).await?;
    }
    if !draft.put.is_empty() {
        let keys = vec![key; draft.put.len()];
        let places: Vec<i64> = draft.put.iter().map(|delivery| delivery.place.number()).collect();
        let due: Vec<i64> = draft.put.iter().map(|delivery| due_column(delivery.due)).collect();
        let records: Vec<Vec<u8>> = draft.put.iter().map(record::encode_delivery).collect::<Stored<_>>()?;
        connection
            .execute(
                "INSERT INTO deliveries (webhook_id, place, due, record)
                 SELECT d.webhook_id, d.place, d.due, d.record
                 FROM unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::bytea[]) AS d (webhook_id, place, due, record)
                 ON CONFLICT (webhook_id, place) DO UPDATE SET due = EXCLUDED.due, record = EXCLUDED.record",
                &[&keys, &places, &due, &records],
            )
            .await?;
    }
    if let Some(place) = draft.forget {
        let forget = "DELETE FROM deliveries WHERE webhook_id = $1 AND due = $2 AND place <= $3";
        connection.execute(forget, &[&key, &NEVER, &place.number()]).await?;
    }
    Ok(())
}

pub(super) async fn delete(connection: &Connection, id: WebhookId) -> Result<bool, Trouble> {
    let key = &id.as_bytes()[..];
    connection.alone("DELETE FROM deliveries WHERE webhook_id = $1", &[&key]).await?;
    let gone = connection.alone("DELETE FROM webhooks WHERE id = $1", &[&key]).await?;
    // What was put there in between, by a server that was telling it.
    connection.alone("DELETE FROM deliveries WHERE webhook_id = $1", &[&key]).await?;
    Ok(gone > 0)
}

pub(super) async fn deliveries(
    connection: &Connection,
    id: WebhookId,
    due: Option<Timestamp>,
    limit: u32,
) -> Result<Vec<Waiting>, Trouble> {
    let rows = connection
        .rows(
            "SELECT place, due, record FROM deliveries WHERE webhook_id = $1 AND due <= $2 ORDER BY due LIMIT $3",
            &[&&id.as_bytes()[..], &due_column(due), &i64::from(limit)],
        )
        .await?;
    let waiting = rows
        .iter()
        .map(|row| record::decode_delivery(row.get(0), row.get(1), row.get(2)))
        .collect::<Stored<Vec<_>>>()?;
    let keys: Vec<_> = waiting.iter().map(|delivery| (delivery.account, delivery.event)).collect();
    let events = feed::events_of(connection, &keys, &TenantId::default_tenant()).await?;
    let with_event = |delivery: countersign_domain::webhook::Delivery| Waiting {
        event: events.get(&(delivery.account, delivery.event)).cloned(),
        delivery,
    };
    Ok(waiting.into_iter().map(with_event).collect())
}
