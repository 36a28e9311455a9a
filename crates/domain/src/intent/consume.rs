//! The one moment at which an approval is used.

use super::standing::{Standing, set, settle, standing, void};
use super::{Approval, Digest, Grounds, Intent, IntentState, VoidCause, facts};
use crate::account::{Account, Scene};
use crate::answer::{IntentRefusal, Refusal};
use crate::attempt;
use crate::event::What;
use crate::id::IntentId;
use crate::ledger::Gate;
use crate::payments;
use crate::secret::Kind;

/// The money moves now, once.
///
/// # Errors
/// Why it must not. Another digest than the approved one makes the intent void; a hold or a limit leaves it approved.
pub fn consume(
    account: &mut Account,
    id: IntentId,
    digest: Option<Digest>,
    scene: &Scene<'_>,
) -> Result<(), Refusal> {
    // A guess that nobody settled may close the gate only now, and a closed gate makes the intent void.
    attempt::refresh(account, Kind::Payment, scene);
    settle(account, None, scene);
    let intent = super::find(account, id).ok_or(Refusal::NotFound)?.clone();
    let approval = match standing(account, &intent, scene) {
        Standing::Approved(approval) => approval,
        Standing::Waits | Standing::Over(IntentRefusal::Cancelled) => {
            return Err(IntentRefusal::NotApproved.into());
        }
        Standing::Over(why) => return Err(why.into()),
    };
    if digest != Some(intent.digest) {
        void(account, id, VoidCause::DigestMismatch, scene);
        return Err(IntentRefusal::DigestMismatch.into());
    }
    if let Some(cause) = void_since(account, approval, scene) {
        void(account, id, cause, scene);
        return Err(IntentRefusal::Voided(cause).into());
    }
    still_enough(account, &intent, approval, scene)?;
    payments::count(&mut account.payments, &intent, approval.grounds, scene.now);
    set(account, id, IntentState::Consumed { approval, at: scene.now });
    account.record(scene, What::IntentConsumed { intent: id, digest: intent.digest });
    Ok(())
}

/// Why an approval is worth nothing any more. Whatever replaces or locks the secret has made it void already; asked again
/// because everything hangs on it.
fn void_since(account: &Account, approval: Approval, scene: &Scene<'_>) -> Option<VoidCause> {
    match attempt::gate(account, Kind::Payment, scene) {
        Gate::Locked { .. } | Gate::Blocked | Gate::Disabled => return Some(VoidCause::Locked),
        Gate::Open => {}
    }
    let same = account.credential(Kind::Payment).version == approval.version;
    (!same).then_some(VoidCause::SecretChanged)
}

/// Whether what was presented for it would still be enough: a hold that began after the approval counts when the money is
/// to move, and so do limits that became stricter and what was paid meanwhile. What can no longer be known, the device and
/// whose window it was, is as it was.
fn still_enough(
    account: &Account,
    intent: &Intent,
    approval: Approval,
    scene: &Scene<'_>,
) -> Result<(), Refusal> {
    let (presented, secret_at) = match approval.grounds {
        Grounds::Factors(factors) => (Some(factors), None),
        Grounds::Exempt { secret_at, .. } => (None, secret_at),
    };
    let window = secret_at.map(|at| at.until(approval.at));
    let basis = facts::basis(account, intent, window, true, scene);
    facts::grounds(&basis, presented, scene).map(drop).map_err(facts::refusal)
}
