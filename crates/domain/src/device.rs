//! Devices on which the right secret was presented before.
//!
//! A known device has a small budget of its own, beside the account's. So a stranger who uses up the account's budget
//! does not lock the owner out, and the owner's success on a known device gives the stranger no new guesses: each
//! success refunds only the budget that it was charged to.

use crate::account::{Account, Credential, Scene};
use crate::event::What;
use crate::id::DeviceId;
use crate::ledger::Ledger;
use crate::policy::DevicePolicy;
use crate::secret::{Kind, SecretText};
use crate::time::Timestamp;

/// A device, as one secret of one account knows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Device {
    /// Named by the token that the device keeps.
    pub id: DeviceId,
    /// When the right secret was last presented on it.
    pub seen_at: Timestamp,
    /// What guesses from it have cost.
    pub ledger: Ledger,
}

/// What a request says of the device it comes from, before anything is believed.
#[derive(Clone, Default)]
pub enum DevicePresented {
    /// Nothing.
    #[default]
    Nothing,
    /// That it wants to be known.
    Unknown,
    /// A token that may once have been issued to it.
    Token(SecretText),
}

/// What a request says of the device it comes from. Its token was found to be ours and for this account.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum DeviceClaim {
    /// Nothing.
    #[default]
    Absent,
    /// It asks to be known from its next success on, by this new name.
    New(DeviceId),
    /// It was given this name before; it may have been forgotten since.
    Named(DeviceId),
}

impl DeviceClaim {
    /// The name it has, or would have.
    #[must_use]
    pub const fn id(self) -> Option<DeviceId> {
        match self {
            Self::Absent => None,
            Self::New(id) | Self::Named(id) => Some(id),
        }
    }
}

/// The device of that name, if it is known now.
pub(crate) fn known(
    credential: &Credential,
    claim: DeviceClaim,
    policy: &DevicePolicy,
    now: Timestamp,
) -> Option<DeviceId> {
    let DeviceClaim::Named(id) = claim else { return None };
    let device = credential.devices.iter().find(|device| device.id == id)?;
    // The policy may allow fewer by now than it did when they became known: the ones seen last stay.
    let seen_later = credential.devices.iter().filter(|other| other.seen_at > device.seen_at).count();
    (now < device.seen_at + policy.life && seen_later < policy.per_account).then_some(id)
}

/// Knows a device from now on: the right secret was presented on it.
pub(crate) fn remember(account: &mut Account, kind: Kind, id: DeviceId, scene: &Scene<'_>) {
    let DevicePolicy { per_account, life, .. } = scene.policy.devices;
    let credential = account.credential_mut(kind);
    let (next, devices) = (credential.ledger.next, &mut credential.devices);
    devices.retain(|device| device.id == id || scene.now < device.seen_at + life);
    if let Some(device) = devices.iter_mut().find(|device| device.id == id) {
        device.seen_at = scene.now;
        return;
    }
    devices.push(Device { id, seen_at: scene.now, ledger: Ledger { next, ..Ledger::default() } });
    devices.sort_by_key(|device| device.seen_at);
    let over = devices.len().saturating_sub(per_account);
    devices.drain(..over);
    account.record(scene, What::DeviceRemembered(kind));
}

/// Forgets a device: it has guessed too often.
pub(crate) fn forget(credential: &mut Credential, id: DeviceId) {
    credential.devices.retain(|device| device.id != id);
}
