//! A guess, from charge to settlement. The only way in which a presented secret is ever compared.
//!
//! [`begin`] charges the guess in one durable transaction and yields a [`Ticket`]; the hash engine compares outside
//! any transaction; [`miss`], [`succeed`] or [`keep`] consumes the ticket in a second one. Whatever happens in
//! between, a crash included, the guess stays charged. Only where it is known that no comparison was made is it given
//! back ([`give_back`]).

mod budget;
mod question;
mod settle;
mod unmade;

use crate::account::{Account, Scene, SecretState};
use crate::answer::Refusal;
use crate::ask::Holder;
use crate::device::{self, DeviceClaim};
use crate::event::{Actor, What};
use crate::id::{AccountId, DeviceId, IntentId};
use crate::intent::{self, Factors, VoidCause};
use crate::ledger::{Closed, Gate, Ledger, NoRoom, Tag};
use crate::outside;
use crate::policy::GuessPolicy;
use crate::secret::{Kind, Verifier};
use crate::time::Timestamp;
use budget::{Budget, charged_before, ledger_mut, limits};
pub(crate) use budget::{account_limits, any_in_flight, gate};
pub(crate) use question::unlock_same_as_login;
pub use question::{begin_same_as_login, same_as_login_room, take_back_question};
pub use settle::{keep, miss, succeed};
pub use unmade::give_back;

/// A guess about to be charged.
#[derive(Clone, Copy, Debug)]
pub struct Guess {
    /// Which secret is guessed at.
    pub kind: Kind,
    /// What the request says of the device it comes from.
    pub device: DeviceClaim,
    /// The request, where it can come again as the same one.
    pub tag: Option<Tag>,
    /// What it is to approve, if anything.
    pub approves: Option<Approves>,
}

/// What a guess is to approve.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Approves {
    /// Which intent.
    pub intent: IntentId,
    /// What is presented for it, if the secret is right.
    pub factors: Factors,
    /// Whose window it opens, as a verification does. Whether one was open already is written down with the approval.
    pub holder: Option<Holder>,
}

impl Guess {
    /// A guess of which nothing more is known.
    #[must_use]
    pub const fn at(kind: Kind) -> Self {
        Self { kind, device: DeviceClaim::Absent, tag: None, approves: None }
    }
}

/// The right to settle one charged guess. Neither `Clone` nor `Copy`: it is consumed once.
#[derive(Debug)]
pub struct Ticket {
    account: AccountId,
    kind: Kind,
    budget: Budget,
    device: DeviceClaim,
    approves: Option<Approves>,
    number: u64,
    /// Whether the same request had been charged before, and moved that charge.
    again: bool,
    version: u64,
}

impl Ticket {
    /// Which secret was guessed at.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Version of the credential when the guess was charged; a new verifier will be the next.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// The device that a success makes known.
    #[must_use]
    pub const fn device(&self) -> Option<DeviceId> {
        self.device.id()
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
    /// To approve the intent that it was charged for.
    Approve,
}

/// Whether something vouches for who makes this guess: a known device, or a session whose guesses were all right so
/// far. Such a guess is taken however many others are refused for failing on too many accounts.
#[must_use]
pub fn vouched(account: &Account, guess: &Guess, scene: &Scene<'_>) -> bool {
    let credential = account.credential(guess.kind);
    let known = device::known(credential, guess.device, &scene.policy.devices, scene.now).is_some();
    // What strangers did at the account says nothing of the session.
    let all_right = |id| match account.sessions.iter().find(|session| session.id == id) {
        Some(session) => session.missed == 0,
        None => outside::vouches(account, id, scene.now),
    };
    known || matches!(scene.origin.actor, Actor::Session(id) if all_right(id))
}

/// Charges one guess at a secret.
pub fn begin(account: &mut Account, guess: Guess, scene: &Scene<'_>) -> Begun {
    let (id, kind) = (account.id, guess.kind);
    let verifier = match &account.credential(kind).state {
        SecretState::Unset => return Begun::Decoy(Refusal::NotSet),
        SecretState::Temporary { until, .. } if scene.now >= *until => return Begun::Decoy(Refusal::WRONG),
        SecretState::Active(verifier) | SecretState::Temporary { verifier, .. } => verifier.clone(),
    };
    refresh(account, kind, scene);
    if let Some(approves) = guess.approves {
        let known = device_known(account, guess.device, scene);
        let again = charged_before(account, kind, guess.tag);
        intent::settle(account, again.then_some(approves.intent), scene);
        if let Err(refusal) = intent::may_approve(account, approves, again, known, scene) {
            return Begun::Refused(refusal);
        }
    }
    let credential = account.credential_mut(kind);
    let known = device::known(credential, guess.device, &scene.policy.devices, scene.now);
    let budget = known.map_or(Budget::Account, Budget::Device);
    let (limits, version) = (limits(credential, budget, scene.policy), credential.version);
    let ledger = ledger_mut(credential, budget);
    let charges = ledger.charges.len();
    match ledger.charge(&limits, guess.tag, scene.now) {
        Ok(number) => {
            // Numbers are the secret's, not the device's: one that is forgotten and known again must not take a guess
            // of before for its own.
            let (next, again) = (ledger.next, ledger.charges.len() == charges);
            credential.ledger.next = credential.ledger.next.max(next);
            let Guess { device, approves, .. } = guess;
            if let Some(Approves { intent, .. }) = approves.filter(|_| !again) {
                intent::charge_try(account, intent);
            }
            let ticket = Ticket { account: id, kind, budget, device, approves, number, again, version };
            Begun::Compare(ticket, verifier)
        }
        Err(no_room) => Begun::Refused(no_room_for(ledger, no_room)),
    }
}

/// Charges one guess at a name that nobody has, or at a secret that is not set, as [`begin`] would.
///
/// # Errors
/// As for a name that somebody has; nothing is charged then.
pub fn begin_at_nobody(ledger: &mut Ledger, tag: Option<Tag>, scene: &Scene<'_>) -> Result<u64, Refusal> {
    let limits = &scene.policy.guesses;
    // Nobody has windows that a closed gate would end, and no audit trail.
    let _ = ledger.refresh(limits, scene.now);
    ledger.charge(limits, tag, scene.now).map_err(|no_room| no_room_for(ledger, no_room))
}

/// Settles a guess at a name that nobody has, as [`miss`] would.
pub fn miss_at_nobody(ledger: &mut Ledger, number: u64, scene: &Scene<'_>) -> Refusal {
    let limits = &scene.policy.guesses;
    let _ = ledger.miss(number, limits, scene.now);
    incorrect(ledger, limits, scene.now)
}

/// Whether the payment secret was presented on that device before.
#[must_use]
pub fn device_known(account: &Account, device: DeviceClaim, scene: &Scene<'_>) -> bool {
    device::known(&account.payment, device, &scene.policy.devices, scene.now).is_some()
}

fn no_room_for(ledger: &Ledger, no_room: NoRoom) -> Refusal {
    match no_room {
        NoRoom::Locked { until } => Refusal::Locked { until, misses: ledger.misses() },
        NoRoom::Busy => Refusal::Busy,
    }
}

fn incorrect(ledger: &Ledger, limits: &GuessPolicy, now: Timestamp) -> Refusal {
    let locked_until = match ledger.gate_at(limits, now) {
        Gate::Locked { until } => Some(until),
        Gate::Open | Gate::Blocked | Gate::Disabled => None,
    };
    Refusal::Incorrect {
        remaining: Some(ledger.remaining(limits, now)),
        locked_until,
        last_guess_left: ledger.remaining_ever(limits) == 1,
    }
}

/// Lets time do its work on a secret's ledgers, and on what a gate that closes takes with it.
pub(crate) fn refresh(account: &mut Account, kind: Kind, scene: &Scene<'_>) {
    let devices = account.credential(kind).devices.iter().map(|device| Budget::Device(device.id));
    let budgets: Vec<Budget> = devices.chain([Budget::Account]).collect();
    for budget in budgets {
        let credential = account.credential_mut(kind);
        let limits = limits(credential, budget, scene.policy);
        let closed = ledger_mut(credential, budget).refresh(&limits, scene.now);
        act_on(account, kind, budget, closed, scene);
    }
}

/// A gate that closes ends every window under its secret, and is told once.
fn act_on(account: &mut Account, kind: Kind, budget: Budget, closed: Option<Closed>, scene: &Scene<'_>) {
    let Some(Closed { until }) = closed else { return };
    if kind == Kind::Payment {
        account.windows.clear();
        intent::void_all(account, VoidCause::Locked, scene);
    }
    match budget {
        Budget::Account => account.record(scene, What::Locked { kind, until }),
        Budget::Device(id) => {
            if until.is_none() {
                device::forget(account.credential_mut(kind), id);
            }
            account.record(scene, What::DeviceLocked { kind, until });
        }
    }
}
