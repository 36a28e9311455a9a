//! Data keys and the root as the database holds them: wrapped by the master key.
//!
//! Format: version byte, fingerprint of the master key (8), nonce (24), ciphertext and tag (48).

use core::fmt;

use zeroize::Zeroizing;

use crate::entropy::Entropy;
use crate::seal::envelope::{lock, unlock};
use crate::seal::keyring::KeyringError;
use crate::seal::{Key, MasterFingerprint, MasterKey};

const VERSION: u8 = 1;
const HEADER: usize = 1 + 8;

/// Numbers the data keys of a database from 1, in the order in which they were made.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DataKeyId(pub u32);

impl fmt::Display for DataKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A data key under the master key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WrappedDataKey {
    /// Which one it is. Authenticated: two rows cannot be swapped.
    pub id: DataKeyId,
    /// The wrapped bytes.
    pub wrapped: Vec<u8>,
}

/// The root of the blind indexes under the master key. A database has exactly one, for ever.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WrappedRoot {
    /// The wrapped bytes.
    pub wrapped: Vec<u8>,
}

/// What a wrapped key is for; part of what the wrapping is bound to.
#[derive(Clone, Copy)]
pub(super) enum Purpose {
    DataKey(DataKeyId),
    Root,
}

impl Purpose {
    fn context(self, header: &[u8]) -> Vec<u8> {
        let (purpose, id): (&[u8], u32) = match self {
            Self::DataKey(id) => (b"data-key", id.0),
            Self::Root => (b"root\0\0\0\0", 0),
        };
        [b"countersign/v1/wrap/", purpose, id.to_be_bytes().as_slice(), header].concat()
    }
}

/// Wraps a key.
pub(super) fn wrap(entropy: &dyn Entropy, master: &MasterKey, purpose: Purpose, key: &Key) -> Vec<u8> {
    let mut wrapped = vec![VERSION];
    wrapped.extend_from_slice(&master.fingerprint().0);
    let context = purpose.context(&wrapped);
    lock(entropy, master.wrapping(), &context, key.as_slice(), &mut wrapped);
    wrapped
}

/// Unwraps a key, and says clearly when it was wrapped by another master key.
pub(super) fn unwrap(master: &MasterKey, purpose: Purpose, wrapped: &[u8]) -> Result<Key, KeyringError> {
    let (header, locked) = wrapped.split_at_checked(HEADER).ok_or(KeyringError::Damaged)?;
    let (version, fingerprint) = header.split_at(1);
    if version != [VERSION] {
        return Err(KeyringError::Damaged);
    }
    if fingerprint != master.fingerprint().0 {
        let mut wrapped_by = [0; 8];
        wrapped_by.copy_from_slice(fingerprint);
        return Err(KeyringError::WrongMasterKey {
            wrapped_by: MasterFingerprint(wrapped_by),
            given: master.fingerprint(),
        });
    }
    let plain = unlock(master.wrapping(), &purpose.context(header), locked).ok_or(KeyringError::Damaged)?;
    let mut key = Zeroizing::new([0; 32]);
    if plain.expose().len() != key.len() {
        return Err(KeyringError::Damaged);
    }
    key.copy_from_slice(plain.expose());
    Ok(key)
}
