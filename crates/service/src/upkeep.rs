//! What the server does by itself, in small steps: forgetting what has expired, re-sealing under a new key.

use countersign_crypto::seal::{Keyring, MasterKey};

use crate::Store;
use crate::service::{Fault, Service};

/// How far re-sealing has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Resealed {
    /// Accounts and apps looked at.
    pub seen: u64,
    /// Those that had a seal under an older key.
    pub changed: u64,
}

/// Unwraps the store's keys, or makes them if the database is new.
///
/// # Errors
/// A wrong master key, damaged keys or a failing store.
pub async fn open_keyring<S: Store>(
    store: &S,
    master: &MasterKey,
    entropy: &dyn crate::Entropy,
) -> Result<Keyring, Fault> {
    unimplemented!()
}

impl<S: Store> Service<S> {
    /// Forgets what has expired; `true` if there may be more to forget.
    ///
    /// # Errors
    /// Only our own faults.
    pub async fn sweep(&self) -> Result<bool, Fault> {
        unimplemented!()
    }

    /// Adds a data key, under which everything is sealed from now on.
    ///
    /// # Errors
    /// A wrong master key or a failing store.
    pub async fn rotate_key(&self) -> Result<u32, Fault> {
        unimplemented!()
    }

    /// Takes over keys that another process has added.
    ///
    /// # Errors
    /// A wrong master key, damaged keys or a failing store.
    pub async fn reload_keys(&self) -> Result<(), Fault> {
        unimplemented!()
    }

    /// Re-seals everything that is under an older key, one account a transaction, telling `progress` now and then.
    ///
    /// # Errors
    /// Only our own faults; what was re-sealed stays so, and the rest can be done later.
    pub async fn reseal(&self, progress: impl Fn(Resealed) + Send) -> Result<Resealed, Fault> {
        unimplemented!()
    }
}
