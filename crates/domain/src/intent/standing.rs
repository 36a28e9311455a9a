//! How an intent stands: what is stored of it, and what time or a lost server has made of that.
//!
//! One function decides it for all who ask. What is over by time or loss alone is written down by the decision that tells
//! of it, so that a clock that is set back revives nothing.

use super::{Approval, Intent, IntentState, Stage, VoidCause};
use crate::account::{Account, Scene};
use crate::answer::{IntentRefusal, Refusal};
use crate::attempt;
use crate::event::What;
use crate::id::IntentId;
use crate::secret::Kind;

/// How an intent stands, for whoever wants to do something with it.
pub(super) enum Standing {
    /// It waits for approval.
    Waits,
    /// It may be consumed.
    Approved(Approval),
    /// It is over, and this is told of it.
    Over(IntentRefusal),
}

/// How an intent stands at the scene's instant.
pub(super) fn stage(account: &Account, intent: &Intent, scene: &Scene<'_>) -> Stage {
    let over = scene.now >= intent.expires_at;
    match intent.state {
        IntentState::Pending { .. } | IntentState::Approved(_) if over => Stage::Expired,
        IntentState::Pending { tries } if lost(account, tries, scene) => {
            Stage::Voided(scene.now, VoidCause::Guesses)
        }
        IntentState::Pending { .. } => Stage::Pending,
        IntentState::Approved(approval) => Stage::Approved(approval),
        IntentState::Consumed { approval, at } => Stage::Consumed(approval, at),
        IntentState::Cancelled { at } => Stage::Cancelled(at),
        IntentState::Voided { at, cause } => Stage::Voided(at, cause),
        IntentState::Expired { .. } => Stage::Expired,
    }
}

/// How an intent stands, and what is told of one that is over.
pub(super) fn standing(account: &Account, intent: &Intent, scene: &Scene<'_>) -> Standing {
    match stage(account, intent, scene) {
        Stage::Pending => Standing::Waits,
        Stage::Approved(approval) => Standing::Approved(approval),
        Stage::Consumed(..) => Standing::Over(IntentRefusal::Consumed),
        Stage::Cancelled(_) => Standing::Over(IntentRefusal::Cancelled),
        Stage::Expired => Standing::Over(IntentRefusal::Expired),
        Stage::Voided(_, cause) => Standing::Over(IntentRefusal::Voided(cause)),
    }
}

/// An intent that waits for approval.
pub(super) fn waiting<'a>(
    account: &'a Account,
    id: IntentId,
    scene: &Scene<'_>,
) -> Result<&'a Intent, Refusal> {
    let intent = super::find(account, id).ok_or(Refusal::NotFound)?;
    match standing(account, intent, scene) {
        Standing::Waits => Ok(intent),
        Standing::Approved(_) => Err(IntentRefusal::Approved.into()),
        Standing::Over(why) => Err(why.into()),
    }
}

/// An intent that waits for approval and bears one more try, or the same one `again`.
pub(super) fn pending<'a>(
    account: &'a Account,
    id: IntentId,
    again: bool,
    scene: &Scene<'_>,
) -> Result<&'a Intent, Refusal> {
    let intent = super::find(account, id).ok_or(Refusal::NotFound)?;
    let most = scene.policy.payments.intents.tries;
    let spent = matches!(intent.state, IntentState::Pending { tries } if tries >= most);
    match waiting(account, id, scene) {
        // The last one it bears may be right.
        Ok(_) if spent && !again => Err(Refusal::Busy),
        // It was lost with its server, and is this very one.
        Err(Refusal::Intent(IntentRefusal::Voided(_))) if spent && again => Ok(intent),
        told => told,
    }
}

/// Whether there is something that time or a lost server has ended, and that nobody has written down.
#[must_use]
pub fn unsettled(account: &Account, scene: &Scene<'_>) -> bool {
    account.intents.iter().any(|intent| is_open(intent) && ended(account, intent, scene))
}

/// Writes down what time or a lost server has ended, but for the last try of `again`, which is being made once more.
///
/// Every decision that tells of intents begins with this; whoever only looks does it where something is
/// [unsettled].
pub fn settle(account: &mut Account, again: Option<IntentId>, scene: &Scene<'_>) {
    let over = |intent: &&Intent| is_open(intent) && ended(account, intent, scene);
    let over: Vec<(IntentId, Stage)> = account
        .intents
        .iter()
        .filter(over)
        .map(|intent| (intent.id, stage(account, intent, scene)))
        .collect();
    for (id, stage) in over {
        match stage {
            Stage::Expired => set(account, id, IntentState::Expired { at: scene.now }),
            Stage::Voided(_, cause) if again != Some(id) => void(account, id, cause, scene),
            Stage::Voided(..)
            | Stage::Pending
            | Stage::Approved(_)
            | Stage::Consumed(..)
            | Stage::Cancelled(_) => {}
        }
    }
}

/// What all open intents rest on is no more. One that has run out before is expired.
pub(crate) fn void_all(account: &mut Account, cause: VoidCause, scene: &Scene<'_>) {
    let open: Vec<(IntentId, bool)> = account
        .intents
        .iter()
        .filter(|intent| is_open(intent))
        .map(|intent| (intent.id, scene.now >= intent.expires_at))
        .collect();
    for (id, over) in open {
        if over {
            set(account, id, IntentState::Expired { at: scene.now });
        } else {
            void(account, id, cause, scene);
        }
    }
}

/// As [`void_all`], and what has run out, too: what became of it since the backup is not known.
pub(crate) fn void_whatever_waits(account: &mut Account, cause: VoidCause, scene: &Scene<'_>) {
    let open: Vec<IntentId> =
        account.intents.iter().filter(|intent| is_open(intent)).map(|intent| intent.id).collect();
    for id in open {
        void(account, id, cause, scene);
    }
}

pub(super) fn void(account: &mut Account, id: IntentId, cause: VoidCause, scene: &Scene<'_>) {
    set(account, id, IntentState::Voided { at: scene.now, cause });
    account.record(scene, What::IntentVoided { intent: id, cause });
}

pub(super) fn set(account: &mut Account, id: IntentId, state: IntentState) {
    if let Some(intent) = find_mut(account, id) {
        intent.state = state;
    }
}

pub(super) fn find_mut(account: &mut Account, id: IntentId) -> Option<&mut Intent> {
    account.intents.iter_mut().find(|intent| intent.id == id)
}

/// Whether it was neither consumed nor ended, as far as that is written down.
pub(super) const fn is_open(intent: &Intent) -> bool {
    matches!(intent.state, IntentState::Pending { .. } | IntentState::Approved(_))
}

fn ended(account: &Account, intent: &Intent, scene: &Scene<'_>) -> bool {
    matches!(stage(account, intent, scene), Stage::Expired | Stage::Voided(..))
}

/// Whether all the tries that it bears were made, and the last one was lost with its server: nobody gets another.
fn lost(account: &Account, tries: u32, scene: &Scene<'_>) -> bool {
    tries >= scene.policy.payments.intents.tries && !attempt::any_in_flight(account, Kind::Payment, scene)
}
