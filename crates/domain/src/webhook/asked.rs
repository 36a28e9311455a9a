//! What is asked about the feed and about webhooks, and what that comes to.

use crate::feed::FeedPlace;
use crate::id::{AccountId, AppId, WebhookId};
use crate::identifier::TenantId;
use crate::secret::SecretText;
use crate::time::Timestamp;
use crate::webhook::{Attempt, Delivery, Scheme, Webhook};

/// Somebody who follows the feed until they hang up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Follow {
    /// By which app: it must be there, and may read events, for as long as it follows.
    pub app: AppId,
    /// Whose events.
    pub tenant: TenantId,
    /// Only this account's.
    pub account: Option<AccountId>,
    /// Only of types with these words; all of them if empty.
    pub types: Vec<String>,
    /// What was already seen; from now on if absent.
    pub after: Option<FeedPlace>,
}

/// What is asked about webhooks.
pub enum WebhookCommand {
    /// Create one.
    Create(NewWebhook),
    /// List all of them.
    List,
    /// Read one.
    Read(WebhookId),
    /// Delete one.
    Delete(WebhookId),
    /// Tell it from now on.
    Enable(WebhookId),
    /// Tell it nothing.
    Disable(WebhookId),
    /// Give it another secret.
    Rotate(WebhookId),
    /// Tell it a part of the feed again.
    Replay {
        /// Which.
        id: WebhookId,
        /// From there on.
        from: Moment,
        /// Up to there; to the end if absent.
        to: Option<Moment>,
    },
    /// Read what was attempted lately, and what waits.
    Deliveries(WebhookId),
}

/// What a webhook is created with.
pub struct NewWebhook {
    /// Where it goes.
    pub url: String,
    /// Words of types; all of them if empty.
    pub types: Vec<String>,
    /// How it is signed.
    pub scheme: Scheme,
    /// In its owner's words.
    pub description: String,
}

/// A moment in the feed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Moment {
    /// By its place.
    Place(FeedPlace),
    /// By its time.
    Time(Timestamp),
}

/// What a command about webhooks comes to.
pub enum WebhookReply {
    /// It was created, or has another secret, which is shown once where it is one that both know.
    Created(Box<Webhook>, Option<SecretText>),
    /// It has another secret.
    Rotated(Box<Webhook>, Option<SecretText>),
    /// As it stands.
    Webhook(Box<Webhook>),
    /// It will be told again.
    Replaying(Box<Webhook>),
    /// All of them.
    Webhooks(Vec<Webhook>),
    /// What was attempted lately, the newest first, and what waits, the longest due first.
    Deliveries {
        /// Attempts.
        recent: Vec<Attempt>,
        /// What waits, or was given up.
        waiting: Vec<Delivery>,
    },
}
