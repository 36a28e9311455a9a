//! The part of the door that leads outside, each call a transaction of its own.

use countersign_domain::feed::{Fed, FeedPlace};
use countersign_domain::id::WebhookId;
use countersign_domain::identifier::TenantId;
use countersign_domain::time::Timestamp;
use countersign_domain::webhook::Webhook;

use super::door::{try_to, try_to_write};
use super::{PostgresStore, feed, webhook};
use crate::door::{KeptAnswer, Stored};
use crate::feed::{Feed, Waiting, WebhookDraft};

impl Feed for PostgresStore {
    async fn feed(&self, after: FeedPlace, limit: u32) -> Stored<Fed> {
        try_to!(self, again, |connection| feed::read(&connection, after, limit))
    }

    async fn feed_end(&self) -> Stored<FeedPlace> {
        try_to!(self, again, |connection| feed::end(&connection))
    }

    async fn feed_at(&self, time: Timestamp) -> Stored<FeedPlace> {
        try_to!(self, again, |connection| feed::at(&connection, time))
    }

    async fn arrange(&self, now: Timestamp, limit: u32) -> Stored<u32> {
        // What was done in doubt is done, or still waits: the next try finds out.
        try_to!(self, again, |connection| feed::arrange(&connection, &self.0.node, now, limit))
    }

    async fn forget_feed(&self, before: Timestamp, limit: u32) -> Stored<u32> {
        try_to!(self, again, |connection| feed::forget(&connection, before, limit))
    }

    async fn create_webhook(&self, webhook: Webhook, answer: Option<KeptAnswer>) -> Stored<()> {
        try_to_write!(self, once_more, |connection| webhook::create(&connection, &webhook, answer.as_ref()))
    }

    async fn webhook(&self, id: WebhookId) -> Stored<Option<Webhook>> {
        try_to!(self, again, |connection| webhook::read(&connection, id))
    }

    async fn webhooks(&self, tenant: TenantId) -> Stored<Vec<Webhook>> {
        try_to!(self, again, |connection| webhook::list(&connection, &tenant))
    }

    async fn update_webhook<R, F>(&self, id: WebhookId, decide: F) -> Stored<Option<R>>
    where
        R: Send + 'static,
        F: FnOnce(&mut WebhookDraft) -> R + Send + 'static,
    {
        let (mut decide, mut decided, mut outcome) = (Some(decide), None, None);
        try_to_write!(self, again, |connection| webhook::update(
            &connection,
            id,
            &mut decide,
            &mut decided,
            &mut outcome
        ))
    }

    async fn delete_webhook(&self, id: WebhookId) -> Stored<bool> {
        try_to_write!(self, again, |connection| webhook::delete(&connection, id))
    }

    async fn deliveries(&self, id: WebhookId, due: Option<Timestamp>, limit: u32) -> Stored<Vec<Waiting>> {
        try_to!(self, again, |connection| webhook::deliveries(&connection, id, due, limit))
    }
}
