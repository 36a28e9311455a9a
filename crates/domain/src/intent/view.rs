//! What a caller may know of an intent.

use super::standing::stage;
use super::{Approval, Digest, Intent, Transaction, VoidCause};
use crate::account::{Account, Scene};
use crate::id::IntentId;
use crate::time::Timestamp;

/// An intent as it stands at one instant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IntentView {
    /// Its identity.
    pub id: IntentId,
    /// What it is about.
    pub transaction: Transaction,
    /// What was digested.
    pub digest: Digest,
    /// When it was created.
    pub created_at: Timestamp,
    /// From this instant it can be neither approved nor consumed.
    pub expires_at: Timestamp,
    /// How it stands.
    pub stage: Stage,
    /// Until when payments of its account rest, if they do.
    pub hold_until: Option<Timestamp>,
}

/// How an intent stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// It waits for approval.
    Pending,
    /// It may be consumed.
    Approved(Approval),
    /// It was consumed.
    Consumed(Approval, Timestamp),
    /// It was taken back.
    Cancelled(Timestamp),
    /// Its time ran out before it was consumed.
    Expired,
    /// What it rested on has changed.
    Voided(Timestamp, VoidCause),
}

impl Stage {
    /// The words for all of them in the API.
    pub const WORDS: [&'static str; 6] =
        ["pending", "approved", "consumed", "cancelled", "expired", "voided"];

    /// The word for it in the API.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved(_) => "approved",
            Self::Consumed(..) => "consumed",
            Self::Cancelled(_) => "cancelled",
            Self::Expired => "expired",
            Self::Voided(..) => "voided",
        }
    }
}

/// The intent of that id, if the account has it.
#[must_use]
pub fn find(account: &Account, id: IntentId) -> Option<&Intent> {
    account.intents.iter().find(|intent| intent.id == id)
}

/// The intent of that id as it stands, if the account has it.
#[must_use]
pub fn view(account: &Account, id: IntentId, scene: &Scene<'_>) -> Option<IntentView> {
    find(account, id).map(|intent| seen(account, intent, scene))
}

/// All intents that are told of, newest first.
#[must_use]
pub fn list(account: &Account, scene: &Scene<'_>) -> Vec<IntentView> {
    account.intents.iter().rev().map(|intent| seen(account, intent, scene)).collect()
}

fn seen(account: &Account, intent: &Intent, scene: &Scene<'_>) -> IntentView {
    IntentView {
        id: intent.id,
        transaction: intent.transaction.clone(),
        digest: intent.digest,
        created_at: intent.created_at,
        expires_at: intent.expires_at,
        stage: stage(account, intent, scene),
        hold_until: account.holds.until(scene.now),
    }
}
