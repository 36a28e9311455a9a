//! What can be done with an intent. Each is one decision about its account's record.

use super::{Approval, Digest, Factors, Grounds, Intent, IntentState, VoidCause};
use super::{Details, PayeeMark, Transaction};
use crate::account::{Account, Scene, SecretState};
use crate::answer::{IntentRefusal, Refusal};
use crate::ask::{self, Holder};
use crate::asking::{self, Basis, Need, Why};
use crate::attempt::{self, Approves};
use crate::event::What;
use crate::id::IntentId;
use crate::ledger::Gate;
use crate::payments;
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
    forget(account, limits.told, scene.now);
    let open = account.intents.iter().filter(|intent| open(intent, scene.now));
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
    let basis = basis(account, pending(account, id, false, scene)?, Some(holder), device_known, scene);
    still_unlocked(account, scene)?;
    // Who was given a secret, or has none, cannot be known by one presented before.
    match account.credential(Kind::Payment).state {
        SecretState::Active(_) => {}
        SecretState::Temporary { .. } => return Err(IntentRefusal::SecretRequired(Why::NoWindow).into()),
        SecretState::Unset => return Err(Refusal::NotSet),
    }
    match asking::need(&basis, &scene.policy.payments.ask) {
        Need::Nothing(why) => {
            let secret_at = basis.window.map(|age| scene.now - age);
            grant(account, id, Grounds::Exempt { why, secret_at }, basis, scene);
            Ok(())
        }
        need => Err(refused(need)),
    }
}

/// Whether a code may be sent that approves it together with the secret.
///
/// # Errors
/// Why not: it waits for no approval, or nothing helps.
pub fn may_send_code(account: &Account, id: IntentId, scene: &Scene<'_>) -> Result<(), Refusal> {
    let approves = Approves { intent: id, factors: Factors::SecretAndCode, holder: None };
    may_approve(account, approves, false, false, scene)
}

/// Whether a secret that is presented for this intent is worth comparing, with what comes along with it. `again` says
/// that the same request was charged before, and with it this intent.
///
/// # Errors
/// Why not; nothing is to be charged then.
pub(crate) fn may_approve(
    account: &Account,
    Approves { intent, factors, holder }: Approves,
    again: bool,
    device_known: bool,
    scene: &Scene<'_>,
) -> Result<(), Refusal> {
    let intent = pending(account, intent, again, scene)?;
    // A known device may still guess; but what it approved could not be consumed.
    still_unlocked(account, scene)?;
    let basis = basis(account, intent, holder, device_known, scene);
    enough(asking::need(&basis, &scene.policy.payments.ask), factors)
}

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
    let intent = waiting(account, id, scene)?;
    still_unlocked(account, scene)?;
    let basis = basis(account, intent, holder, device_known, scene);
    enough(asking::need(&basis, &scene.policy.payments.ask), factors)?;
    grant(account, id, Grounds::Factors(factors), basis, scene);
    Ok(())
}

/// The money moves now, once.
///
/// # Errors
/// Why it must not. Another digest than the approved one makes the intent void.
pub fn consume(
    account: &mut Account,
    id: IntentId,
    digest: Option<Digest>,
    scene: &Scene<'_>,
) -> Result<(), Refusal> {
    // A guess that nobody settled may close the gate only now, and a closed gate makes the intent void.
    attempt::refresh(account, Kind::Payment, scene);
    let intent = find_mut(account, id).ok_or(Refusal::NotFound)?.clone();
    let approval = match intent.state {
        IntentState::Approved(approval) if scene.now < intent.expires_at => approval,
        IntentState::Consumed { .. } => return Err(Refusal::Intent(IntentRefusal::Consumed)),
        IntentState::Voided { cause, .. } => return Err(Refusal::Intent(IntentRefusal::Voided(cause))),
        IntentState::Pending { .. } | IntentState::Approved(_) if scene.now >= intent.expires_at => {
            return Err(Refusal::Intent(IntentRefusal::Expired));
        }
        IntentState::Pending { .. } | IntentState::Approved(_) | IntentState::Cancelled { .. } => {
            return Err(Refusal::Intent(IntentRefusal::NotApproved));
        }
    };
    if digest != Some(intent.digest) {
        void(account, id, VoidCause::DigestMismatch, scene);
        return Err(Refusal::Intent(IntentRefusal::DigestMismatch));
    }
    // Whatever replaces or locks the secret has made it void already; asked again because everything hangs on it.
    let cause = match gate(account, scene) {
        Gate::Locked { .. } | Gate::Blocked => Some(VoidCause::Locked),
        Gate::Open if account.credential(Kind::Payment).version != approval.version => {
            Some(VoidCause::SecretChanged)
        }
        Gate::Open => None,
    };
    if let Some(cause) = cause {
        void(account, id, cause, scene);
        return Err(Refusal::Intent(IntentRefusal::Voided(cause)));
    }
    rests(account, &intent, scene)?;
    payments::count(&mut account.payments, &intent, approval.grounds, scene.now);
    set(account, id, IntentState::Consumed { approval, at: scene.now });
    account.record(scene, What::IntentConsumed { intent: id, digest: intent.digest });
    Ok(())
}

/// The platform takes it back. Once more changes nothing.
///
/// # Errors
/// Why it is too late for that.
pub fn cancel(account: &mut Account, id: IntentId, scene: &Scene<'_>) -> Result<(), Refusal> {
    let intent = find_mut(account, id).ok_or(Refusal::NotFound)?;
    match intent.state {
        IntentState::Cancelled { .. } => Ok(()),
        IntentState::Consumed { .. } => Err(Refusal::Intent(IntentRefusal::Consumed)),
        IntentState::Voided { cause, .. } => Err(Refusal::Intent(IntentRefusal::Voided(cause))),
        IntentState::Pending { .. } | IntentState::Approved(_) if scene.now >= intent.expires_at => {
            Err(Refusal::Intent(IntentRefusal::Expired))
        }
        IntentState::Pending { .. } | IntentState::Approved(_) => {
            intent.state = IntentState::Cancelled { at: scene.now };
            account.record(scene, What::IntentCancelled(id));
            Ok(())
        }
    }
}

/// What all open intents rest on is no more.
pub(crate) fn void_all(account: &mut Account, cause: VoidCause, scene: &Scene<'_>) {
    let open: Vec<IntentId> =
        account.intents.iter().filter(|intent| open(intent, scene.now)).map(|intent| intent.id).collect();
    for id in open {
        void(account, id, cause, scene);
    }
}

/// As [`void_all`], and what has run out, too: the clock may be set back, and it would wait again.
pub(crate) fn void_whatever_waits(account: &mut Account, cause: VoidCause, scene: &Scene<'_>) {
    let waits =
        |intent: &&Intent| matches!(intent.state, IntentState::Pending { .. } | IntentState::Approved(_));
    let waiting: Vec<IntentId> = account.intents.iter().filter(waits).map(|intent| intent.id).collect();
    for id in waiting {
        void(account, id, cause, scene);
    }
}

/// An intent that waits for approval and bears one more try, or the same one `again`.
fn pending<'a>(
    account: &'a Account,
    id: IntentId,
    again: bool,
    scene: &Scene<'_>,
) -> Result<&'a Intent, Refusal> {
    let intent = waiting(account, id, scene)?;
    let spent = matches!(intent.state, IntentState::Pending { tries } if tries >= scene.policy.payments.intents.tries);
    if again || !spent {
        Ok(intent)
    } else if attempt::any_in_flight(account, Kind::Payment) {
        // The last one it bears may be right.
        Err(Refusal::Busy)
    } else {
        // It was lost with its server: nobody gets another.
        Err(IntentRefusal::Voided(VoidCause::Guesses).into())
    }
}

/// An intent that waits for approval.
fn waiting<'a>(account: &'a Account, id: IntentId, scene: &Scene<'_>) -> Result<&'a Intent, Refusal> {
    let intent = super::find(account, id).ok_or(Refusal::NotFound)?;
    match intent.state {
        IntentState::Pending { .. } if scene.now < intent.expires_at => Ok(intent),
        IntentState::Approved(_) if scene.now < intent.expires_at => {
            Err(Refusal::Intent(IntentRefusal::Approved))
        }
        IntentState::Pending { .. } | IntentState::Approved(_) => {
            Err(Refusal::Intent(IntentRefusal::Expired))
        }
        IntentState::Consumed { .. } => Err(Refusal::Intent(IntentRefusal::Consumed)),
        IntentState::Cancelled { .. } => Err(Refusal::Intent(IntentRefusal::Cancelled)),
        IntentState::Voided { cause, .. } => Err(Refusal::Intent(IntentRefusal::Voided(cause))),
    }
}

/// The facts on which it is decided whether the person must be asked.
fn basis(
    account: &Account,
    intent: &Intent,
    holder: Option<Holder>,
    device_known: bool,
    scene: &Scene<'_>,
) -> Basis {
    let currency = intent.transaction.currency.code;
    Basis {
        currency,
        units: intent.transaction.amount.units(),
        payee_known: payments::knows(&account.payments, intent.payee, scene.now),
        device_known,
        window: holder.and_then(|holder| ask::window_age(account, holder, scene)),
        day: payments::day(account, currency, scene.now),
        hold_until: account.holds.until(scene.now),
    }
}

fn enough(need: Need, factors: Factors) -> Result<(), Refusal> {
    match need {
        Need::Nothing(_) | Need::Secret(_) => Ok(()),
        Need::TwoFactors(_) if factors == Factors::SecretAndCode => Ok(()),
        Need::TwoFactors(_) | Need::Never(_) | Need::OnHold(_) => Err(refused(need)),
    }
}

fn refused(need: Need) -> Refusal {
    match need {
        Need::Nothing(_) => Refusal::Busy,
        Need::Secret(why) => Refusal::Intent(IntentRefusal::SecretRequired(why)),
        Need::TwoFactors(why) => Refusal::Intent(IntentRefusal::CodeRequired(why)),
        Need::Never(why) => Refusal::Intent(IntentRefusal::OverLimit(why)),
        Need::OnHold(until) => Refusal::OnHold { until },
    }
}

/// A hold that began after the approval still counts when the money is to move.
fn rests(account: &Account, intent: &Intent, scene: &Scene<'_>) -> Result<(), Refusal> {
    let Some(until) = account.holds.until(scene.now) else { return Ok(()) };
    let currency = intent.transaction.currency.code;
    let most = scene.policy.payments.ask.rules(currency).on_hold_day;
    // This intent is among the day's already: it is approved.
    let over = payments::day(account, currency, scene.now).all > most;
    if over { Err(Refusal::OnHold { until }) } else { Ok(()) }
}

fn still_unlocked(account: &Account, scene: &Scene<'_>) -> Result<(), Refusal> {
    let until = match gate(account, scene) {
        Gate::Open => return Ok(()),
        Gate::Locked { until } => Some(until),
        Gate::Blocked => None,
    };
    Err(Refusal::Locked { until, misses: account.credential(Kind::Payment).ledger.misses() })
}

/// Whether the payment secret may be guessed now, by the limits of its account.
fn gate(account: &Account, scene: &Scene<'_>) -> Gate {
    let payment = account.credential(Kind::Payment);
    payment.ledger.gate_at(&attempt::account_limits(payment, scene.policy), scene.now)
}

fn grant(account: &mut Account, id: IntentId, grounds: Grounds, basis: Basis, scene: &Scene<'_>) {
    let version = account.credential(Kind::Payment).version;
    set(account, id, IntentState::Approved(Approval { at: scene.now, version, grounds }));
    account.record(scene, What::IntentApproved { intent: id, grounds, basis });
}

fn void(account: &mut Account, id: IntentId, cause: VoidCause, scene: &Scene<'_>) {
    set(account, id, IntentState::Voided { at: scene.now, cause });
    account.record(scene, What::IntentVoided { intent: id, cause });
}

fn set(account: &mut Account, id: IntentId, state: IntentState) {
    if let Some(intent) = find_mut(account, id) {
        intent.state = state;
    }
}

fn tries_mut(account: &mut Account, id: IntentId) -> Option<&mut u32> {
    match &mut find_mut(account, id)?.state {
        IntentState::Pending { tries } => Some(tries),
        IntentState::Approved(_)
        | IntentState::Consumed { .. }
        | IntentState::Cancelled { .. }
        | IntentState::Voided { .. } => None,
    }
}

fn find_mut(account: &mut Account, id: IntentId) -> Option<&mut Intent> {
    account.intents.iter_mut().find(|intent| intent.id == id)
}

fn open(intent: &Intent, now: Timestamp) -> bool {
    let open = matches!(intent.state, IntentState::Pending { .. } | IntentState::Approved(_));
    open && now < intent.expires_at
}

/// Forgets the oldest that are over, above so many, and the details of the others: nobody approves them any more.
fn forget(account: &mut Account, told: usize, now: Timestamp) {
    for intent in account.intents.iter_mut().filter(|intent| !open(intent, now)) {
        intent.transaction.details = None;
    }
    let over = account.intents.iter().filter(|intent| !open(intent, now)).count();
    let mut too_many = over.saturating_sub(told);
    account.intents.retain(|intent| {
        let goes = too_many > 0 && !open(intent, now);
        too_many -= usize::from(goes);
        !goes
    });
}
