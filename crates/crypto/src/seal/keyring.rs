//! The keyring: every unwrapped data key, and the operations on them.
//!
//! Seal format: version byte, data key id (`u32`, big-endian), nonce (24), ciphertext and tag. The first five
//! bytes and the place are authenticated with it.

use std::collections::BTreeMap;

use countersign_domain::secret::{Sealed, SecretBytes};

use crate::entropy::Entropy;
use crate::seal::blind::BlindKeys;
use crate::seal::envelope::{lock, unlock};
use crate::seal::wrap::{Purpose, unwrap, wrap};
use crate::seal::{
    BlindDomain, DataKeyId, Key, MasterFingerprint, MasterKey, Place, WrappedDataKey, WrappedRoot, fresh_key,
};

const VERSION: u8 = 1;
const HEADER: usize = 1 + 4;

/// Bytes that hold what a seal is bound to, so that one allocation is enough.
const USUAL_CONTEXT: usize = 128;

/// The keys of one database, in the clear, in memory only. The newest data key seals; every one opens.
#[derive(Clone)]
pub struct Keyring {
    master: MasterFingerprint,
    blind: BlindKeys,
    data: BTreeMap<DataKeyId, Key>,
    current: DataKeyId,
}

impl Keyring {
    /// The keys of a new database. Store both wrapped keys before anything is sealed.
    #[must_use]
    pub fn create(entropy: &dyn Entropy, master: &MasterKey) -> (Self, WrappedRoot, WrappedDataKey) {
        let root = fresh_key(entropy);
        let wrapped_root = WrappedRoot { wrapped: wrap(entropy, master, Purpose::Root, &root) };
        let current = DataKeyId(1);
        let (key, wrapped_key) = new_data_key(entropy, master, current);
        let data = BTreeMap::from([(current, key)]);
        (
            Self { master: master.fingerprint(), blind: BlindKeys::new(root), data, current },
            wrapped_root,
            wrapped_key,
        )
    }

    /// Unwraps the keys of an existing database.
    ///
    /// # Errors
    ///
    /// [`KeyringError::WrongMasterKey`] if another master key wrapped them, [`KeyringError::Damaged`] if a
    /// wrapped key is not what was stored, [`KeyringError::NoDataKey`] if there is none.
    pub fn unwrap(
        master: &MasterKey,
        keys: &[WrappedDataKey],
        root: &WrappedRoot,
    ) -> Result<Self, KeyringError> {
        let blind = BlindKeys::new(unwrap(master, Purpose::Root, &root.wrapped)?);
        let data = keys
            .iter()
            .map(|key| Ok((key.id, unwrap(master, Purpose::DataKey(key.id), &key.wrapped)?)))
            .collect::<Result<BTreeMap<_, _>, KeyringError>>()?;
        let current = *data.keys().next_back().ok_or(KeyringError::NoDataKey)?;
        Ok(Self { master: master.fingerprint(), blind, data, current })
    }

    /// A keyring with one more data key, which is the current one from then on.
    ///
    /// Store the wrapped key durably **before** using the new keyring: a value sealed under a key that was
    /// lost in a crash never opens again. Other nodes learn of it by [`SealError::UnknownKey`] and reload.
    ///
    /// # Errors
    ///
    /// [`KeyringError::WrongMasterKey`] if the master key is not the one that wraps the others, or
    /// [`KeyringError::NoIdLeft`].
    pub fn rotate(
        &self,
        entropy: &dyn Entropy,
        master: &MasterKey,
    ) -> Result<(Self, WrappedDataKey), KeyringError> {
        if master.fingerprint() != self.master {
            return Err(KeyringError::WrongMasterKey {
                wrapped_by: self.master,
                given: master.fingerprint(),
            });
        }
        let current = DataKeyId(self.current.0.checked_add(1).ok_or(KeyringError::NoIdLeft)?);
        let (key, wrapped) = new_data_key(entropy, master, current);
        let mut rotated = self.clone();
        rotated.data.insert(current, key);
        rotated.current = current;
        Ok((rotated, wrapped))
    }

    /// The same keys under a new master key. Replace every stored wrapped key in one transaction; only then
    /// does the old master key become useless. Nothing that is sealed changes.
    #[must_use]
    pub fn rewrap(
        &self,
        entropy: &dyn Entropy,
        master: &MasterKey,
    ) -> (Self, WrappedRoot, Vec<WrappedDataKey>) {
        let root = WrappedRoot { wrapped: wrap(entropy, master, Purpose::Root, self.blind.root()) };
        let keys = self
            .data
            .iter()
            .map(|(&id, key)| WrappedDataKey {
                id,
                wrapped: wrap(entropy, master, Purpose::DataKey(id), key),
            })
            .collect();
        (Self { master: master.fingerprint(), ..self.clone() }, root, keys)
    }

    /// The data key that seals.
    #[must_use]
    pub const fn current(&self) -> DataKeyId {
        self.current
    }

    /// Every data key, oldest first.
    pub fn ids(&self) -> impl Iterator<Item = DataKeyId> + '_ {
        self.data.keys().copied()
    }

    /// Seals a value to its place under the current data key.
    #[must_use]
    pub fn seal(&self, entropy: &dyn Entropy, place: &Place, plaintext: &[u8]) -> Sealed {
        let mut sealed = vec![VERSION];
        sealed.extend_from_slice(&self.current.0.to_be_bytes());
        let context = context(&sealed, place);
        lock(entropy, &self.data[&self.current], &context, plaintext, &mut sealed);
        Sealed(sealed)
    }

    /// Opens a value at its place.
    ///
    /// # Errors
    ///
    /// [`SealError::UnknownKey`] if it was sealed under a data key that this keyring does not hold: another
    /// node may have rotated, so reload the wrapped keys and try once more. [`SealError::Tampered`] if it was
    /// sealed elsewhere, or is not what was sealed.
    pub fn open(&self, place: &Place, sealed: &Sealed) -> Result<SecretBytes, SealError> {
        let id = self.key_of(sealed).ok_or(SealError::Tampered)?;
        let key = self.data.get(&id).ok_or(SealError::UnknownKey(id))?;
        let (header, locked) = sealed.0.split_at_checked(HEADER).ok_or(SealError::Tampered)?;
        unlock(key, &context(header, place), locked).ok_or(SealError::Tampered)
    }

    /// The data key a value says it was sealed under, held or not; `None` if it is not a seal at all.
    #[must_use]
    pub fn key_of(&self, sealed: &Sealed) -> Option<DataKeyId> {
        match sealed.0.first_chunk::<HEADER>()? {
            [VERSION, id @ ..] => Some(DataKeyId(u32::from_be_bytes(*id))),
            _ => None,
        }
    }

    /// Whether a value should be sealed anew: it is under a data key other than the current one.
    #[must_use]
    pub fn is_stale(&self, sealed: &Sealed) -> bool {
        self.key_of(sealed) != Some(self.current)
    }

    /// The same value under the current data key; `None` if it does not open or is under that key already.
    #[must_use]
    pub fn reseal(&self, entropy: &dyn Entropy, place: &Place, sealed: &Sealed) -> Option<Sealed> {
        if !self.is_stale(sealed) {
            return None;
        }
        let plaintext = self.open(place, sealed).ok()?;
        Some(self.seal(entropy, place, plaintext.expose()))
    }

    /// The blind index of these parts: the same for the same parts and domain as long as the database lives,
    /// and of no use to anyone without the root.
    #[must_use]
    pub fn blind(&self, domain: BlindDomain, parts: &[&[u8]]) -> [u8; 32] {
        self.blind.index(domain, parts)
    }
}

/// Why the keys of a database could not be had.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum KeyringError {
    /// They are under another master key.
    #[error("the keys are wrapped by master key {wrapped_by}, but {given} was given")]
    WrongMasterKey {
        /// The master key that is needed.
        wrapped_by: MasterFingerprint,
        /// The master key that was given.
        given: MasterFingerprint,
    },
    /// A wrapped key was changed, cut or exchanged.
    #[error("a wrapped key is damaged")]
    Damaged,
    /// There is no data key.
    #[error("the database holds no data key")]
    NoDataKey,
    /// 2^32 data keys were made.
    #[error("no number is left for another data key")]
    NoIdLeft,
}

/// Why a sealed value did not open.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SealError {
    /// Sealed under a data key that is not in the keyring.
    #[error("sealed under data key {0}, which is not in the keyring")]
    UnknownKey(DataKeyId),
    /// Sealed for another place, or changed since.
    #[error("the sealed value is damaged, or belongs elsewhere")]
    Tampered,
}

fn new_data_key(entropy: &dyn Entropy, master: &MasterKey, id: DataKeyId) -> (Key, WrappedDataKey) {
    let key = fresh_key(entropy);
    let wrapped = wrap(entropy, master, Purpose::DataKey(id), &key);
    (key, WrappedDataKey { id, wrapped })
}

fn context(header: &[u8], place: &Place) -> Vec<u8> {
    let mut context = Vec::with_capacity(USUAL_CONTEXT);
    context.extend_from_slice(b"countersign/v1/seal/");
    context.extend_from_slice(header);
    place.encode(&mut context);
    context
}
