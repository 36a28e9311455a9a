//! Guesses that were made for one intent: it bears a few wrong ones, besides what they cost its account.

use super::standing::{find_mut, void};
use super::{Intent, IntentState, VoidCause};
use crate::account::{Account, Scene};
use crate::id::IntentId;

/// Counts a guess that was just charged for it.
pub(crate) fn charge_try(account: &mut Account, id: IntentId) {
    if let Some(tries) = tries_mut(account, id) {
        *tries = tries.saturating_add(1);
    }
}

/// Counts one less: it was never compared.
pub(crate) fn give_back_try(account: &mut Account, id: IntentId) {
    if let Some(tries) = tries_mut(account, id) {
        *tries = tries.saturating_sub(1);
    }
}

/// A secret that was presented for it was wrong. The last one that it bears makes it void.
pub(crate) fn missed(account: &mut Account, id: IntentId, scene: &Scene<'_>) {
    let most = scene.policy.payments.intents.tries;
    let spent = |intent: &Intent| matches!(intent.state, IntentState::Pending { tries } if tries >= most);
    if super::find(account, id).is_some_and(spent) {
        void(account, id, VoidCause::Guesses, scene);
    }
}

fn tries_mut(account: &mut Account, id: IntentId) -> Option<&mut u32> {
    match &mut find_mut(account, id)?.state {
        IntentState::Pending { tries } => Some(tries),
        IntentState::Approved(_)
        | IntentState::Consumed { .. }
        | IntentState::Cancelled { .. }
        | IntentState::Voided { .. }
        | IntentState::Expired { .. } => None,
    }
}
