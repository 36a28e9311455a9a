//! Whose guesses are counted together, and within which limits.

use crate::account::{Account, Credential, Scene, SecretState};
use crate::id::DeviceId;
use crate::ledger::{Charge, Fate, Gate, Ledger, Tag};
use crate::policy::{GuessPolicy, Policy};
use crate::secret::Kind;

/// Whose guesses are counted together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Budget {
    /// Everybody's but the known devices'.
    Account,
    /// One known device's.
    Device(DeviceId),
}

/// Whether some guess at that secret is still to be settled, whoever makes it.
pub(crate) fn any_in_flight(account: &Account, kind: Kind, scene: &Scene<'_>) -> bool {
    let credential = account.credential(kind);
    let devices = credential.devices.iter().map(|device| (Budget::Device(device.id), &device.ledger));
    devices.chain([(Budget::Account, &credential.ledger)]).any(|(budget, ledger)| {
        let life = limits(credential, budget, scene.policy).in_flight;
        let waits = |charge: &Charge| charge.fate == Fate::InFlight && scene.now < charge.at + life;
        ledger.charges.iter().any(waits)
    })
}

/// Whether that secret may be guessed at now, by the limits of its account.
pub(crate) fn gate(account: &Account, kind: Kind, scene: &Scene<'_>) -> Gate {
    let credential = account.credential(kind);
    credential.ledger.gate_at(&account_limits(credential, scene.policy), scene.now)
}

/// Whether the same request was charged for that secret before.
pub(super) fn charged_before(account: &Account, kind: Kind, tag: Option<Tag>) -> bool {
    let same = |ledger: &Ledger| ledger.charges.iter().any(|charge| charge.tag == tag);
    tag.is_some() && ledgers(account, kind).any(same)
}

fn ledgers(account: &Account, kind: Kind) -> impl Iterator<Item = &Ledger> {
    let credential = account.credential(kind);
    credential.devices.iter().map(|device| &device.ledger).chain([&credential.ledger])
}

/// Limits of guesses at what is stored now, by whom.
pub(crate) fn account_limits(credential: &Credential, policy: &Policy) -> GuessPolicy {
    limits(credential, Budget::Account, policy)
}

pub(super) fn limits(credential: &Credential, budget: Budget, policy: &Policy) -> GuessPolicy {
    match (budget, &credential.state) {
        (Budget::Device(_), _) => policy.device_guesses(),
        (Budget::Account, SecretState::Temporary { .. }) => policy.temporary_guesses(),
        (Budget::Account, SecretState::Unset | SecretState::Active(_)) => policy.guesses,
    }
}

/// The budget's ledger; the account's, where the device was forgotten since.
pub(super) fn ledger_mut(credential: &mut Credential, budget: Budget) -> &mut Ledger {
    let device = match budget {
        Budget::Account => None,
        Budget::Device(id) => credential.devices.iter_mut().find(|device| device.id == id),
    };
    device.map_or(&mut credential.ledger, |device| &mut device.ledger)
}

/// The budget that a guess is settled in: of a device that was forgotten since, the account's.
pub(super) fn still_there(credential: &Credential, budget: Budget) -> Budget {
    match budget {
        Budget::Device(id) if credential.devices.iter().any(|device| device.id == id) => budget,
        Budget::Device(_) | Budget::Account => Budget::Account,
    }
}
