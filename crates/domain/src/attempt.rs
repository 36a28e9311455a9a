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
use crate::ledger::{Gate, NoRoom};
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
    let credential = account.credential_mut(kind);
    let verifier = match &credential.state {
        SecretState::Unset => return Begun::Decoy(Refusal::NotSet),
        SecretState::Temporary { until, .. } if scene.now >= *until => {
            return Begun::Decoy(Refusal::Incorrect { remaining: None, locked_until: None });
        }
        SecretState::Active(verifier) | SecretState::Temporary { verifier, .. } => verifier.clone(),
    };
    let closed = credential.ledger.refresh(&limits, scene.now);
    let charged = credential.ledger.charge(&limits, scene.now);
    let (version, misses) = (credential.version, credential.ledger.misses());
    if closed {
        lock_closed(account, kind, scene);
    }
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
    if account.credential_mut(kind).ledger.miss(number, &scene.policy.guesses, scene.now) {
        lock_closed(account, kind, scene);
    }
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

/// Asks whether a new secret may be compared with the login secret, and charges that question.
///
/// # Errors
/// [`Refusal::Locked`] when the day's questions are used up; nothing is compared then.
pub fn begin_same_as_login(account: &mut Account, scene: &Scene<'_>) -> Result<Option<Verifier>, Refusal> {
    let Some(verifier) = account.login.verifier().cloned() else { return Ok(None) };
    let day = crate::ledger::DAY;
    account.same_as_login.retain(|&at| at + day > scene.now);
    if account.same_as_login.len() >= scene.policy.guesses.same_as_login_day as usize {
        let until = account.same_as_login.iter().min().map(|&at| at + day);
        return Err(Refusal::Locked { until, misses: 0 });
    }
    account.same_as_login.push(scene.now);
    account.record(scene, What::ComparedWithLogin);
    Ok(Some(verifier))
}

fn still_good(account: &mut Account, ticket: Ticket, scene: &Scene<'_>) -> Result<Ticket, Refusal> {
    debug_assert_eq!(ticket.account, account.id, "a ticket settles on its own account");
    let credential = account.credential_mut(ticket.kind);
    credential.ledger.refresh(&scene.policy.guesses, scene.now);
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

/// What a gate that has just closed takes with it: every window under that secret.
fn lock_closed(account: &mut Account, kind: Kind, scene: &Scene<'_>) {
    let until = match account.credential(kind).ledger.gate {
        Gate::Locked { until } => Some(until),
        Gate::Open | Gate::Blocked => None,
    };
    if kind == Kind::Payment {
        account.windows.clear();
    }
    account.record(scene, What::Locked { kind, until });
}
