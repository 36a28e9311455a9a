//! What can be done with an intent. Each is one decision about its account's record.

use super::standing::{Standing, is_open, pending, set, settle, standing, waiting};
use super::{Approval, Digest, Factors, Grounds, Intent, IntentState};
use super::{Details, PayeeMark, Transaction, facts};
use crate::account::{Account, Scene, SecretState};
use crate::answer::{IntentRefusal, Refusal};
use crate::ask::{self, Holder};
use crate::asking::{Basis, Why};
use crate::attempt::{self, Approves};
use crate::event::What;
use crate::id::IntentId;
use crate::secret::Kind;
use crate::time::Timestamp;

/// A transaction is to be approved, before that instant.
///
/// # Errors
/// [`Refusal::RateLimited`] while too many are open.
pub fn create(
    account: &mut Account,
    id: IntentId,
    (transaction, payee): (Transaction, PayeeMark),
    (digest, expires_at): (Digest, Timestamp),
    scene: &Scene<'_>,
) -> Result<(), Refusal> {
    let limits = scene.policy.payments.intents;
    settle(account, None, scene);
    forget(account, limits.told);
    let open = account.intents.iter().filter(|intent| is_open(intent));
    let bytes = |transaction: &Transaction| transaction.details.as_ref().map_or(0, |it| it.as_str().len());
    let held: usize = open.clone().map(|intent| bytes(&intent.transaction)).sum();
    let too_long = bytes(&transaction) > 0 && held + bytes(&transaction) > Details::MAX_OPEN_BYTES;
    if open.clone().count() >= limits.open.max(1) || too_long {
        let retry_at = open.map(|intent| intent.expires_at).min().unwrap_or(scene.now);
        return Err(Refusal::RateLimited { retry_at });
    }
    account.intents.push(Intent {
        id,
        transaction,
        digest,
        payee,
        created_at: scene.now,
        expires_at,
        state: IntentState::Pending { tries: 0 },
        refused: Vec::new(),
    });
    account.record(scene, What::IntentCreated { intent: id, digest });
    Ok(())
}

/// Approves without asking, where the policy spares the person.
///
/// # Errors
/// [`Refusal::Intent(IntentRefusal::SecretRequired)`], and whatever stands in the way of any approval.
pub fn approve_in_window(
    account: &mut Account,
    id: IntentId,
    holder: Holder,
    device_known: bool,
    scene: &Scene<'_>,
) -> Result<(), Refusal> {
    attempt::refresh(account, Kind::Payment, scene);
    settle(account, None, scene);
    let window = ask::window_age(account, holder, scene);
    let basis = facts::basis(account, pending(account, id, false, scene)?, window, device_known, scene);
    facts::still_unlocked(account, scene)?;
    // Who was given a secret, or has none, cannot be known by one presented before.
    match account.credential(Kind::Payment).state {
        SecretState::Active(_) => {}
        SecretState::Temporary { .. } => return Err(IntentRefusal::SecretRequired(Why::NoWindow).into()),
        SecretState::Unset => return Err(Refusal::NotSet),
    }
    let grounds = facts::judge(account, id, basis, None, scene)?;
    grant(account, id, grounds, basis, scene);
    Ok(())
}

/// Whether a code may be sent that approves it together with the secret.
///
/// # Errors
/// Why not: it waits for no approval, or nothing helps.
pub fn may_send_code(account: &Account, id: IntentId, scene: &Scene<'_>) -> Result<(), Refusal> {
    let basis = facts::basis(account, pending(account, id, false, scene)?, None, false, scene);
    facts::still_unlocked(account, scene)?;
    facts::grounds(&basis, Some(Factors::SecretAndCode), scene).map(drop).map_err(facts::refusal)
}

/// Whether a secret that is presented for this intent is worth comparing, with what comes along with it. `again` says
/// that the same request was charged before, and with it this intent. What is over was [settled](settle) before.
///
/// # Errors
/// Why not; nothing is to be charged then.
pub(crate) fn may_approve(
    account: &mut Account,
    Approves { intent: id, factors, holder }: Approves,
    again: bool,
    device_known: bool,
    scene: &Scene<'_>,
) -> Result<(), Refusal> {
    let intent = pending(account, id, again, scene)?;
    facts::still_unlocked(account, scene)?;
    let window = holder.and_then(|holder| ask::window_age(account, holder, scene));
    let basis = facts::basis(account, intent, window, device_known, scene);
    facts::judge(account, id, basis, Some(factors), scene).map(drop)
}

/// The right secret was presented for it.
///
/// # Errors
/// What came in between since the secret was taken for comparison; nothing changes then.
pub(crate) fn approve(
    account: &mut Account,
    Approves { intent: id, factors, holder }: Approves,
    device_known: bool,
    scene: &Scene<'_>,
) -> Result<(), Refusal> {
    settle(account, None, scene);
    let intent = waiting(account, id, scene)?;
    facts::still_unlocked(account, scene)?;
    let window = holder.and_then(|holder| ask::window_age(account, holder, scene));
    let basis = facts::basis(account, intent, window, device_known, scene);
    let grounds = facts::judge(account, id, basis, Some(factors), scene)?;
    grant(account, id, grounds, basis, scene);
    Ok(())
}

/// The platform takes it back. Once more changes nothing.
///
/// # Errors
/// Why it is too late for that.
pub fn cancel(account: &mut Account, id: IntentId, scene: &Scene<'_>) -> Result<(), Refusal> {
    settle(account, None, scene);
    let intent = super::find(account, id).ok_or(Refusal::NotFound)?;
    match standing(account, intent, scene) {
        Standing::Over(IntentRefusal::Cancelled) => Ok(()),
        Standing::Over(why) => Err(why.into()),
        Standing::Waits | Standing::Approved(_) => {
            set(account, id, IntentState::Cancelled { at: scene.now });
            account.record(scene, What::IntentCancelled(id));
            Ok(())
        }
    }
}

fn grant(account: &mut Account, id: IntentId, grounds: Grounds, basis: Basis, scene: &Scene<'_>) {
    let version = account.credential(Kind::Payment).version;
    set(account, id, IntentState::Approved(Approval { at: scene.now, version, grounds }));
    account.record(scene, What::IntentApproved { intent: id, grounds, basis });
}

/// Forgets the oldest that are over, above so many, and the details of the others: nobody approves them any more.
fn forget(account: &mut Account, told: usize) {
    for intent in account.intents.iter_mut().filter(|intent| !is_open(intent)) {
        intent.transaction.details = None;
    }
    let over = account.intents.iter().filter(|intent| !is_open(intent)).count();
    let mut too_many = over.saturating_sub(told);
    account.intents.retain(|intent| {
        let goes = too_many > 0 && !is_open(intent);
        too_many -= usize::from(goes);
        !goes
    });
}
