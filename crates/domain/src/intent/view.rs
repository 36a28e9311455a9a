//! What a caller may know of an intent.

use super::standing::stage;
use super::{Approval, Digest, Intent, Transaction, VoidCause};
use crate::account::{Account, Scene};
use crate::answer::{Listed, Refusal};
use crate::command::Page;
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

/// Which of the stages it is, without what belongs to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StageName {
    /// [`Stage::Pending`].
    Pending,
    /// [`Stage::Approved`].
    Approved,
    /// [`Stage::Consumed`].
    Consumed,
    /// [`Stage::Cancelled`].
    Cancelled,
    /// [`Stage::Expired`].
    Expired,
    /// [`Stage::Voided`].
    Voided,
}

impl Stage {
    /// Which it is.
    #[must_use]
    pub const fn name(&self) -> StageName {
        match self {
            Self::Pending => StageName::Pending,
            Self::Approved(_) => StageName::Approved,
            Self::Consumed(..) => StageName::Consumed,
            Self::Cancelled(_) => StageName::Cancelled,
            Self::Expired => StageName::Expired,
            Self::Voided(..) => StageName::Voided,
        }
    }

    /// The word for it in the API.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        self.name().as_str()
    }
}

impl StageName {
    /// Every one.
    pub const ALL: [Self; 6] =
        [Self::Pending, Self::Approved, Self::Consumed, Self::Cancelled, Self::Expired, Self::Voided];

    /// The word for it in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Consumed => "consumed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Voided => "voided",
        }
    }

    /// The one of that word, if there is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|name| name.as_str() == text)
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

/// A part of the intents that are told of, newest first; of those that stand so now, where one stage is asked for.
///
/// # Errors
/// [`Refusal::NotFound`] where the intent that was seen last is not told of any more, so that nobody knows what came after it.
pub fn list(
    account: &Account,
    only: Option<StageName>,
    page: &Page<IntentId>,
    scene: &Scene<'_>,
) -> Result<Listed<IntentView>, Refusal> {
    let newest_first = || account.intents.iter().rev();
    let from = match page.after {
        Some(last) => 1 + newest_first().position(|intent| intent.id == last).ok_or(Refusal::NotFound)?,
        None => 0,
    };
    let views = newest_first().skip(from).map(|intent| seen(account, intent, scene));
    let mut asked = views.filter(|view| only.is_none_or(|only| view.stage.name() == only));
    let items = asked.by_ref().take(page.limit as usize).collect();
    Ok(Listed { items, has_more: asked.next().is_some() })
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
