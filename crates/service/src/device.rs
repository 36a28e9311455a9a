//! The token that makes a device known: ours, for one account, and stored nowhere.

use countersign_crypto::entropy::Draw;
use countersign_crypto::seal::Keyring;
use countersign_domain::device::{DeviceClaim, DevicePresented};
use countersign_domain::id::{AccountId, DeviceId};
use countersign_domain::secret::SecretText;
use countersign_store::door::Store;

use crate::case::Case;
use crate::token::DeviceToken;

impl<S: Store> Case<S> {
    /// What the request says of its device, believed as far as it can be proven. A token that is not ours, or another
    /// account's, is that of a device which wants to be known.
    pub(crate) fn device_claim(&self, account: AccountId) -> DeviceClaim {
        let new = || DeviceClaim::New(DeviceId::from_bytes(self.inner.entropy.array()));
        match &self.device {
            DevicePresented::Nothing => DeviceClaim::Absent,
            DevicePresented::Unknown => new(),
            DevicePresented::Token(token) => match DeviceToken::read(&self.keyring(), token) {
                Some(token) if token.account == account => DeviceClaim::Named(token.device),
                Some(_) | None => new(),
            },
        }
    }
}

/// What a device keeps, to be known by.
pub(crate) fn token(keyring: &Keyring, account: AccountId, device: DeviceId) -> SecretText {
    DeviceToken { account, device }.issue(keyring)
}
