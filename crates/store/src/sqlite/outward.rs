//! The part of the door that leads outside, each call handed to the writer or to a reader.

use countersign_domain::feed::{Fed, FeedPlace};
use countersign_domain::id::WebhookId;
use countersign_domain::identifier::TenantId;
use countersign_domain::time::Timestamp;
use countersign_domain::webhook::Webhook;

use super::{SqliteStore, feed, webhook};
use crate::door::{KeptAnswer, Stored};
use crate::feed::{Feed, Waiting, WebhookDraft};

impl Feed for SqliteStore {
    async fn feed(&self, after: FeedPlace, limit: u32) -> Stored<Fed> {
        self.look(move |connection| feed::read(connection, after, limit)).await
    }

    async fn feed_end(&self) -> Stored<FeedPlace> {
        self.glance(feed::end).await
    }

    async fn feed_at(&self, time: Timestamp) -> Stored<FeedPlace> {
        self.look(move |connection| feed::at(connection, time)).await
    }

    async fn arrange(&self, _now: Timestamp, limit: u32) -> Stored<u32> {
        if self.glance(feed::is_arranged).await? {
            return Ok(0);
        }
        self.write_in_haste(move |connection| feed::arrange(connection, limit)).await
    }

    async fn forget_feed(&self, before: Timestamp, limit: u32) -> Stored<u32> {
        self.write_in_haste(move |connection| feed::forget(connection, before, limit)).await
    }

    async fn create_webhook(&self, webhook: Webhook, answer: Option<KeptAnswer>) -> Stored<()> {
        self.write_in_haste(move |connection| webhook::create(connection, &webhook, answer.as_ref())).await
    }

    async fn webhook(&self, id: WebhookId) -> Stored<Option<Webhook>> {
        self.glance(move |connection| webhook::read(connection, id)).await
    }

    async fn webhooks(&self, tenant: TenantId) -> Stored<Vec<Webhook>> {
        self.look(move |connection| webhook::list(connection, &tenant)).await
    }

    async fn update_webhook<R, F>(&self, id: WebhookId, decide: F) -> Stored<Option<R>>
    where
        R: Send + 'static,
        F: FnOnce(&mut WebhookDraft) -> R + Send + 'static,
    {
        self.write(move |connection| webhook::update(connection, id, decide)).await
    }

    async fn delete_webhook(&self, id: WebhookId) -> Stored<bool> {
        self.write_in_haste(move |connection| webhook::delete(connection, id)).await
    }

    async fn deliveries(&self, id: WebhookId, due: Option<Timestamp>, limit: u32) -> Stored<Vec<Waiting>> {
        self.look(move |connection| webhook::deliveries(connection, id, due, limit)).await
    }
}
