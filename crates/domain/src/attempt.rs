//! A guess, from charge to settlement. The only way in which a presented secret is ever compared.
//!
//! [`begin`] charges the guess in one durable transaction and yields a [`Ticket`]; the hash engine compares outside
//! any transaction; [`miss`], [`succeed`] or [`keep`] consumes the ticket in a second one. Whatever happens in
//! between, a crash included, the guess stays charged.

use crate::account::{Account, Credential, Scene, SecretState};
use crate::answer::Refusal;
use crate::ask::{self, Holder};
use crate::credential;
use crate::event::What;
use crate::id::AccountId;
use crate::ledger::{Closed, DAY, Gate, NoRoom};
use crate::secret::{Kind, Verifier};
use crate::time::Timestamp;

/// The right to settle one charged guess. Neither `Clone` nor `Copy`: it is consumed once.
#[derive(Debug)]
pub struct Ticket {
    account: AccountId,
    kind: Kind,
    number: u64,
    version: u64,
}

impl Ticket {
    /// Which secret was guessed at.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Version of the verifier that the guess is compared with; a new one will be the next.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.version
    }
}

/// What to do about a presented secret.
#[derive(Debug)]
pub enum Begun {
    /// The guess is charged: compare with this verifier, then settle.
    Compare(Ticket, Verifier),
    /// There is nothing to compare with. Spend the same time on a decoy, then refuse.
    Decoy(Refusal),
    /// The guess is not taken, and nothing was charged.
    Refused(Refusal),
}

/// What the right secret is presented for.
#[derive(Debug)]
pub enum Purpose {
    /// To be verified; opens a window for the holder where the state allows one.
    Verify(Option<Holder>),
    /// To be replaced by this.
    Change(Verifier),
}

/// Charges one guess at a secret.
pub fn begin(account: &mut Account, kind: Kind, scene: &Scene<'_>) -> Begun {
    let limits = scene.policy.guesses;
    let id = account.id;
    let verifier = match &account.credential(kind).state {
        SecretState::Unset => return Begun::Decoy(Refusal::NotSet),
        SecretState::Temporary { until, .. } if scene.now >= *until => {
            return Begun::Decoy(Refusal::Incorrect { remaining: None, locked_until: None });
        }
        SecretState::Active(verifier) | SecretState::Temporary { verifier, .. } => verifier.clone(),
    };
    refresh(account, kind, scene);
    let credential = account.credential_mut(kind);
    let charged = credential.ledger.charge(&limits, scene.now);
    let (version, misses) = (credential.version, credential.ledger.misses());
    match charged {
        Ok(number) => Begun::Compare(Ticket { account: id, kind, number, version }, verifier),
        Err(NoRoom::Locked { until }) => Begun::Refused(Refusal::Locked { until, misses }),
        Err(NoRoom::Busy) => Begun::Refused(Refusal::Busy),
    }
}

/// Settles a guess whose comparison failed. It stays charged.
#[allow(
    clippy::needless_pass_by_value,
    reason = "a ticket is consumed by settling it, so that it settles once"
)]
pub fn miss(account: &mut Account, ticket: Ticket, scene: &Scene<'_>) -> Refusal {
    debug_assert_eq!(ticket.account, account.id, "a ticket settles on its own account");
    let Ticket { kind, number, .. } = ticket;
    account.record(scene, What::SecretMissed(kind));
    let closed = account.credential_mut(kind).ledger.miss(number, &scene.policy.guesses, scene.now);
    act_on(account, kind, closed, scene);
    incorrect(account.credential(kind), scene)
}

/// Settles a guess whose comparison succeeded, and does what it was for. Gives the end of the window it opened.
///
/// # Errors
/// When the secret was replaced, the gate closed or the guess aged into a miss while it was being compared, the
/// success is not observable: the guess counts as a miss and nothing is done.
pub fn succeed(
    account: &mut Account,
    ticket: Ticket,
    purpose: Purpose,
    scene: &Scene<'_>,
) -> Result<Option<Timestamp>, Refusal> {
    let ticket = still_good(account, ticket, scene)?;
    let kind = ticket.kind;
    match purpose {
        Purpose::Verify(holder) => {
            account.credential_mut(kind).ledger.succeed(ticket.number);
            account.record(scene, What::SecretVerified(kind));
            let lasting = matches!(account.credential(kind).state, SecretState::Active(_));
            let holder = holder.filter(|_| kind == Kind::Payment && lasting);
            Ok(holder.and_then(|holder| ask::open_window(account, holder, scene)))
        }
        Purpose::Change(verifier) => {
            account.credential_mut(kind).ledger.succeed(ticket.number);
            credential::replace(
                account,
                kind,
                SecretState::Active(verifier),
                What::SecretChanged(kind),
                scene,
            );
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
    account.credential_mut(ticket.kind).ledger.take_back(ticket.number);
    account.record(scene, What::SecretKept(ticket.kind));
    Ok(())
}

/// Whether there is a login secret to compare a new one with, and room in the day for that question.
///
/// Asked before the old secret is compared, so that who has used up the questions gains no comparison of it either.
///
/// # Errors
/// [`Refusal::Locked`] when the day's questions are used up.
pub fn same_as_login_room(account: &Account, scene: &Scene<'_>) -> Result<Option<Verifier>, Refusal> {
    let Some(verifier) = account.login.verifier() else { return Ok(None) };
    let today = || account.same_as_login.iter().filter(|&&at| at + DAY > scene.now);
    if today().count() >= scene.policy.guesses.same_as_login_day as usize {
        return Err(Refusal::Locked { until: today().min().map(|&at| at + DAY), misses: 0 });
    }
    Ok(Some(verifier.clone()))
}

/// An operator's unlock of the login secret also makes room for one burst of these questions, no more.
pub(crate) fn unlock_same_as_login(account: &mut Account, scene: &Scene<'_>) {
    let limits = &scene.policy.guesses;
    let keep = limits.same_as_login_day.saturating_sub(limits.burst) as usize;
    account.same_as_login.sort_unstable();
    let over = account.same_as_login.len().saturating_sub(keep);
    account.same_as_login.drain(..over);
}

/// Asks whether a new secret may be compared with the login secret, and charges that question.
///
/// # Errors
/// As [`same_as_login_room`]; nothing is compared then.
pub fn begin_same_as_login(account: &mut Account, scene: &Scene<'_>) -> Result<Option<Verifier>, Refusal> {
    let verifier = same_as_login_room(account, scene)?;
    if verifier.is_some() {
        account.same_as_login.retain(|&at| at + DAY > scene.now);
        account.same_as_login.push(scene.now);
        account.record(scene, What::ComparedWithLogin);
    }
    Ok(verifier)
}

fn still_good(account: &mut Account, ticket: Ticket, scene: &Scene<'_>) -> Result<Ticket, Refusal> {
    debug_assert_eq!(ticket.account, account.id, "a ticket settles on its own account");
    refresh(account, ticket.kind, scene);
    let credential = account.credential(ticket.kind);
    let unchanged = credential.version == ticket.version;
    let waiting = credential.ledger.in_flight(ticket.number);
    if unchanged && waiting && credential.ledger.gate == Gate::Open {
        return Ok(ticket);
    }
    Err(miss(account, ticket, scene))
}

fn incorrect(credential: &Credential, scene: &Scene<'_>) -> Refusal {
    let limits = &scene.policy.guesses;
    let locked_until = match credential.ledger.gate_at(limits, scene.now) {
        Gate::Locked { until } => Some(until),
        Gate::Open | Gate::Blocked => None,
    };
    Refusal::Incorrect { remaining: Some(credential.ledger.remaining(limits, scene.now)), locked_until }
}

/// Lets time do its work on a secret's ledger, and on what a gate that closes takes with it.
pub(crate) fn refresh(account: &mut Account, kind: Kind, scene: &Scene<'_>) {
    let closed = account.credential_mut(kind).ledger.refresh(&scene.policy.guesses, scene.now);
    act_on(account, kind, closed, scene);
}

/// A gate that closes ends every window under its secret, and is told once.
fn act_on(account: &mut Account, kind: Kind, closed: Option<Closed>, scene: &Scene<'_>) {
    let Some(Closed { until }) = closed else { return };
    if kind == Kind::Payment {
        account.windows.clear();
    }
    account.record(scene, What::Locked { kind, until });
}
