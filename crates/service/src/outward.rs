//! What leaves the server by itself: the feed that streams read, and the webhooks that are told of it. Whoever carries it
//! outside asks here.

use countersign_crypto::webhook::Signer;
use countersign_domain::answer::{Done, Reply};
use countersign_domain::app::Scope;
use countersign_domain::feed::{Fed, FeedPlace};
use countersign_domain::id::{AppId, WebhookId};
use countersign_domain::identifier::TenantId;
use countersign_domain::time::{Span, Timestamp};
use countersign_domain::webhook::asked::Follow;
use countersign_domain::webhook::guard::Rules;
use countersign_domain::webhook::{Answered, Attempt, Delivery, Disabled, Progress, Webhook, WebhookState};
use countersign_store::door::{Store, Waiting};

use crate::case::{Case, Step};
use crate::service::{Fault, Service};
use crate::webhooks::{seals, signer};

/// Events that get their places at once, and how often, before somebody begins to follow.
const ARRANGE: u32 = 512;
const ARRANGED: u32 = 8;

/// What of the settings is about the feed and webhooks.
#[derive(Clone, Debug)]
pub struct Outward {
    /// How long the feed is kept.
    pub feed_life: Span,
    /// The most webhooks that a tenant may have.
    pub webhooks: u32,
    /// Where they may go.
    pub rules: Rules,
}

impl Default for Outward {
    fn default() -> Self {
        Self { feed_life: Span::from_hours(7 * 24), webhooks: 50, rules: Rules::default() }
    }
}

/// A webhook that this server may tell now, and what signs its messages.
pub struct Held {
    /// The record.
    pub webhook: Webhook,
    /// The newest first.
    pub signers: Vec<Signer>,
}

/// What was told, and what came of it.
pub struct Told {
    /// How far the feed was told.
    pub cursor: Option<FeedPlace>,
    /// How far what was to be told again was: the number of that replay, and the place.
    pub replayed: Option<(u32, FeedPlace)>,
    /// The attempts that were made.
    pub attempts: Vec<(Attempt, Answered)>,
    /// What is to be tried again, or was given up.
    pub put: Vec<Delivery>,
    /// What waited and does not any more.
    pub done: Vec<FeedPlace>,
    /// For how long the webhook is held from now on.
    pub hold: Span,
}

/// What became of a report.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Noted {
    /// It was written down. This is how far the webhook is now: its owner may have asked for something else meanwhile.
    Kept(Progress),
    /// It was, and the webhook is told nothing from now on.
    Disabled(Disabled),
    /// Another server tells it by now, or nobody does because it was disabled or deleted: nothing was written down, and what
    /// was told may be told again.
    Lost,
}

impl<S: Store> Case<S> {
    /// From where somebody follows the feed.
    pub(crate) async fn follow_events(&self, asked: Follow) -> Step<Done> {
        let after = match asked.after {
            Some(after) => Some(after),
            None => Some(self.feed_now().await?),
        };
        let follow = Follow { tenant: self.tenant.clone(), after, ..asked };
        Ok(Done { reply: Reply::Following(Box::new(follow)), wallet: None, device: None })
    }
}

impl<S: Store> Case<S> {
    /// The end of the feed as it is now. What was committed before gets its place first, unless another server is at it; then
    /// what was committed in the last moments may come after it.
    pub(crate) async fn feed_now(&self) -> Step<FeedPlace> {
        for _ in 0..ARRANGED {
            if self.inner.store.arrange(self.now(), ARRANGE).await? == 0 {
                break;
            }
        }
        Ok(self.inner.store.feed_end().await?)
    }
}

impl<S: Store> Service<S> {
    /// A part of the feed.
    ///
    /// # Errors
    /// Only our own faults.
    pub async fn feed(&self, after: FeedPlace, limit: u32) -> Result<Fed, Fault> {
        Ok(self.inner.store.feed(after, limit).await?)
    }

    /// The last place that was given.
    ///
    /// # Errors
    /// Only our own faults.
    pub async fn feed_end(&self) -> Result<FeedPlace, Fault> {
        Ok(self.inner.store.feed_end().await?)
    }

    /// Gives places in the feed to events that have none; says to how many.
    ///
    /// # Errors
    /// Only our own faults.
    pub async fn arrange(&self, limit: u32) -> Result<u32, Fault> {
        Ok(self.inner.store.arrange(self.now(), limit).await?)
    }

    /// Whether that app may still read events.
    ///
    /// # Errors
    /// Only our own faults.
    pub async fn may_follow(&self, app: AppId) -> Result<bool, Fault> {
        Ok(self.inner.store.app(app).await?.is_some_and(|app| app.scopes.allow(Scope::EventsRead)))
    }

    /// Where webhooks may go.
    #[must_use]
    pub fn outbound_rules(&self) -> Rules {
        self.inner.settings().outward.rules.clone()
    }

    /// The webhooks that are told of events.
    ///
    /// # Errors
    /// Only our own faults.
    pub async fn told_webhooks(&self) -> Result<Vec<Webhook>, Fault> {
        Ok(self.inner.store.webhooks(TenantId::default_tenant()).await?)
    }

    /// Takes, or keeps, the right to tell a webhook for a while. `None` if another server has it, or it is told nothing.
    ///
    /// # Errors
    /// Only our own faults.
    pub async fn hold_webhook(
        &self,
        id: WebhookId,
        node: [u8; 8],
        span: Span,
    ) -> Result<Option<Held>, Fault> {
        let now = self.now();
        // What was given up can only be told again as long as the feed has it.
        let before = now - self.inner.settings().outward.feed_life;
        let forget = self.inner.store.feed_at(before).await?;
        let held = self
            .inner
            .store
            .update_webhook(id, move |draft| {
                let told = draft.webhook.state == WebhookState::Enabled;
                if !told || !draft.webhook.hold(node, now, span) {
                    return None;
                }
                draft.forget = Some(forget);
                Some(draft.webhook.clone())
            })
            .await?;
        let Some(webhook) = held.flatten() else { return Ok(None) };
        let mut signers = Vec::new();
        for (place, sealed) in seals(&webhook, now) {
            let secret = self.inner.unseal(&place, sealed).await?;
            signers.push(signer(webhook.signing.scheme, &secret)?);
        }
        Ok(Some(Held { webhook, signers }))
    }

    /// What waits for a webhook and is due, at most `limit`.
    ///
    /// # Errors
    /// Only our own faults.
    pub async fn due(&self, id: WebhookId, limit: u32) -> Result<Vec<Waiting>, Fault> {
        Ok(self.inner.store.deliveries(id, Some(self.now()), limit).await?)
    }

    /// Writes down what was told, in one durable transaction.
    ///
    /// # Errors
    /// Only our own faults: then what was told may be told again.
    pub async fn note_told(&self, id: WebhookId, node: [u8; 8], told: Told) -> Result<Noted, Fault> {
        let now = self.now();
        let noted = self.inner.store.update_webhook(id, move |draft| {
            if !draft.webhook.is_told_by(node) {
                return Noted::Lost;
            }
            let Told { cursor, replayed, attempts, put, done, hold } = told;
            draft.webhook.hold(node, now, hold);
            draft.webhook.told(cursor, replayed);
            (draft.put, draft.done) = (put, done);
            match draft.webhook.note(&attempts, now) {
                Some(why) => Noted::Disabled(why),
                None => Noted::Kept(draft.webhook.progress.clone()),
            }
        });
        Ok(noted.await?.unwrap_or(Noted::Lost))
    }

    /// Lets another server tell a webhook.
    ///
    /// # Errors
    /// Only our own faults: another server then waits until it is no longer held.
    pub async fn let_webhook_go(&self, id: WebhookId, node: [u8; 8]) -> Result<(), Fault> {
        let let_go = self.inner.store.update_webhook(id, move |draft| {
            if draft.webhook.is_held_by(node) {
                draft.webhook.progress.held = None;
            }
        });
        Ok(let_go.await.map(drop)?)
    }

    /// Forgets what of the feed is older than it is kept; `true` if there may be more.
    pub(crate) async fn forget_feed(&self, now: Timestamp, limit: u32) -> Result<bool, Fault> {
        let before = now - self.inner.settings().outward.feed_life;
        Ok(self.inner.store.forget_feed(before, limit).await? >= limit)
    }
}
