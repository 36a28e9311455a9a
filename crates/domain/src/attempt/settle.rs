//! A guess is settled: its ticket is consumed, and what it was for is done, or not.

use super::budget::{Budget, ledger_mut, limits, still_there};
use super::{Approves, Purpose, Ticket, act_on, device_known, incorrect, no_room_for, refresh};
use crate::account::{Account, Scene, SecretState};
use crate::answer::Refusal;
use crate::ask;
use crate::credential::{self, How};
use crate::device;
use crate::event::What;
use crate::intent;
use crate::ledger::{Gate, NoRoom};
use crate::secret::Kind;
use crate::session;
use crate::time::Timestamp;

/// Settles a guess whose comparison failed. It stays charged.
#[allow(
    clippy::needless_pass_by_value,
    reason = "a ticket is consumed by settling it, so that it settles once"
)]
pub fn miss(account: &mut Account, ticket: Ticket, scene: &Scene<'_>) -> Refusal {
    session::guessed(account, false, scene);
    account.record(scene, What::SecretMissed(ticket.kind));
    stay_charged(account, &ticket, scene);
    if let Some(Approves { intent, .. }) = ticket.approves {
        intent::missed(account, intent, scene);
    }
    let credential = account.credential_mut(ticket.kind);
    let budget = still_there(credential, ticket.budget);
    let limits = limits(credential, budget, scene.policy);
    let mut refusal = incorrect(ledger_mut(credential, budget), &limits, scene.now);
    if let Refusal::Incorrect { last_guess_left, .. } = &mut refusal {
        // A device that uses up its own budget is unknown from then on; the secret is not blocked by it.
        *last_guess_left &= budget == Budget::Account;
        if *last_guess_left {
            account.record(scene, What::LastGuessLeft(ticket.kind));
        }
    }
    refusal
}

/// Settles a guess whose comparison succeeded, and does what it was for. Gives the end of the window it opened.
///
/// # Errors
/// When the secret was replaced, the gate closed or the guess aged into a miss while it was being compared, the
/// success is not observable: the guess stays charged and nothing is done. A secret that was replaced is told to be
/// wrong, which it is by now; otherwise nothing is told of it.
pub fn succeed(
    account: &mut Account,
    ticket: Ticket,
    purpose: Purpose,
    scene: &Scene<'_>,
) -> Result<Option<Timestamp>, Refusal> {
    let ticket = still_good(account, ticket, scene)?;
    let kind = ticket.kind;
    if let Some(approves) = ticket.approves {
        let known = device_known(account, ticket.device, scene);
        if let Err(refusal) = intent::approve(account, approves, known, scene) {
            return Err(take_back(account, &ticket, refusal, scene));
        }
    }
    session::guessed(account, true, scene);
    let credential = account.credential_mut(kind);
    ledger_mut(credential, ticket.budget).succeed(ticket.number);
    let lasting = matches!(credential.state, SecretState::Active(_));
    if let Some(id) = ticket.device.id().filter(|_| lasting && scene.policy.devices.per_account > 0) {
        device::remember(account, kind, id, scene);
    }
    match purpose {
        Purpose::Verify(holder) => {
            account.record(scene, What::SecretVerified(kind));
            let holder = holder.filter(|_| kind == Kind::Payment && lasting);
            Ok(holder.and_then(|holder| ask::open_window(account, holder, scene)))
        }
        Purpose::Approve => {
            let holder = ticket.approves.and_then(|approves| approves.holder).filter(|_| lasting);
            Ok(holder.and_then(|holder| ask::open_window(account, holder, scene)))
        }
        Purpose::Change(verifier) => {
            credential::replace(account, kind, SecretState::Active(verifier), How::Changed, scene);
            Ok(None)
        }
    }
}

/// Settles a right guess whose change was refused for another reason: the guess is taken back and refills nothing.
///
/// # Errors
/// As [`succeed`].
pub fn keep(account: &mut Account, ticket: Ticket, scene: &Scene<'_>) -> Result<(), Refusal> {
    let ticket = still_good(account, ticket, scene)?;
    take_back(account, &ticket, (), scene);
    Ok(())
}

/// Takes a right guess back that came to nothing, and gives on why.
fn take_back<R>(account: &mut Account, ticket: &Ticket, why: R, scene: &Scene<'_>) -> R {
    ledger_mut(account.credential_mut(ticket.kind), ticket.budget).take_back(ticket.number);
    account.record(scene, What::SecretKept(ticket.kind));
    why
}

fn still_good(account: &mut Account, ticket: Ticket, scene: &Scene<'_>) -> Result<Ticket, Refusal> {
    debug_assert_eq!(ticket.account, account.id, "a ticket settles on its own account");
    refresh(account, ticket.kind, scene);
    let credential = account.credential_mut(ticket.kind);
    if credential.version != ticket.version {
        return Err(miss(account, ticket, scene));
    }
    let there = still_there(credential, ticket.budget) == ticket.budget;
    let ledger = ledger_mut(credential, ticket.budget);
    if there && ledger.in_flight(ticket.number) && ledger.gate == Gate::Open {
        return Ok(ticket);
    }
    account.record(scene, What::SecretMissed(ticket.kind));
    Err(stay_charged(account, &ticket, scene).unwrap_or(Refusal::Busy))
}

/// Leaves a guess charged in whatever budget there is for it; the refusal is of one that meets a closed gate now.
pub(super) fn stay_charged(account: &mut Account, ticket: &Ticket, scene: &Scene<'_>) -> Option<Refusal> {
    debug_assert_eq!(ticket.account, account.id, "a ticket settles on its own account");
    let credential = account.credential_mut(ticket.kind);
    let budget = still_there(credential, ticket.budget);
    // Where the budget is another one by now, no charge has this number: it is charged anew.
    let number = if budget == ticket.budget { ticket.number } else { 0 };
    let limits = limits(credential, budget, scene.policy);
    let ledger = ledger_mut(credential, budget);
    let closed = ledger.miss(number, &limits, scene.now);
    let locked = match ledger.gate {
        Gate::Open => None,
        Gate::Locked { until } => Some(no_room_for(ledger, NoRoom::Locked { until: Some(until) })),
        Gate::Blocked | Gate::Disabled => Some(no_room_for(ledger, NoRoom::Locked { until: None })),
    };
    act_on(account, ticket.kind, budget, closed, scene);
    locked
}
