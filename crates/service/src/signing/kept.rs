//! The keys in memory, and which of them does what.

use core::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use countersign_crypto::jws::{KeySet, PublicKey, SigningAlgorithm, SigningKey};
use countersign_domain::time::{Span, Timestamp};

use crate::signing::{Duty, PUBLISHED_FIRST, SigningKeyView};

/// What was read of the keys, and when.
#[derive(Default)]
pub(crate) struct Signers {
    kept: RwLock<Option<Arc<Kept>>>,
    /// When they were read, or somebody began to, in milliseconds.
    read_at: AtomicI64,
}

impl Signers {
    /// What was read less than `fresh` ago. Of many who ask after that, one is told to read it anew (`None`); the others go
    /// on with what there is.
    pub(super) fn kept(&self, now: Timestamp, fresh: Span) -> Option<Arc<Kept>> {
        let last = self.last()?;
        let read_at = self.read_at.load(Ordering::Acquire);
        // A clock that was set back makes it old too.
        let old = (now.millis() - read_at).unsigned_abs() >= fresh.millis().unsigned_abs();
        let mine = old
            && self
                .read_at
                .compare_exchange(read_at, now.millis(), Ordering::AcqRel, Ordering::Acquire)
                .is_ok();
        (!mine).then_some(last)
    }

    /// What was read last, however old.
    pub(super) fn last(&self) -> Option<Arc<Kept>> {
        self.kept.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn keep(&self, kept: Kept, now: Timestamp) -> Arc<Kept> {
        let kept = Arc::new(kept);
        *self.kept.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&kept));
        self.read_at.store(now.millis(), Ordering::Release);
        kept
    }
}

/// The keys, the oldest first.
pub(super) struct Kept {
    keys: Vec<KeptKey>,
}

#[derive(Clone)]
pub(super) struct KeptKey {
    pub(super) id: [u8; 32],
    pub(super) algorithm: SigningAlgorithm,
    pub(super) public: PublicKey,
    pub(super) created_at: Timestamp,
    pub(super) retired_at: Option<Timestamp>,
    /// The private key, until another one signs.
    pub(super) signing: Option<Arc<SigningKey>>,
}

impl Kept {
    pub(super) fn new(mut keys: Vec<KeptKey>, now: Timestamp) -> Self {
        keys.sort_by_key(|key| (key.created_at, key.id));
        for key in keys.iter_mut().filter(|key| key.retired_at.is_some_and(|at| at <= now)) {
            key.signing = None;
        }
        Self { keys }
    }

    pub(super) fn keys(&self) -> impl DoubleEndedIterator<Item = &KeptKey> {
        self.keys.iter()
    }

    pub(super) fn key(&self, id: &[u8; 32]) -> Option<&KeptKey> {
        self.keys.iter().find(|key| key.id == *id)
    }

    pub(super) fn newest(&self) -> Option<&KeptKey> {
        self.keys.last()
    }

    /// The key that signs at that moment: the newest of those that were published long enough, else the oldest of all.
    pub(super) fn signer(&self, now: Timestamp) -> Option<Arc<SigningKey>> {
        self.signing(now)?.signing.clone()
    }

    fn signing(&self, now: Timestamp) -> Option<&KeptKey> {
        let mut able = self.keys.iter().filter(|key| key.signing.is_some());
        let oldest = able.clone().next();
        able.rfind(|key| key.created_at + PUBLISHED_FIRST <= now).or(oldest)
    }

    /// What is published at that moment, the newest first.
    pub(super) fn published(&self, now: Timestamp, keep_retired: Span) -> KeySet {
        let published = self.keys.iter().rev().filter(|key| self.duty(key, now, keep_retired) != Duty::Kept);
        KeySet::new(published.map(|key| key.public.clone()).collect())
    }

    pub(super) fn view(&self, key: &KeptKey, now: Timestamp, keep_retired: Span) -> SigningKeyView {
        SigningKeyView {
            id: key.public.thumbprint_text(),
            algorithm: key.algorithm,
            created_at: key.created_at,
            retired_at: key.retired_at,
            duty: self.duty(key, now, keep_retired),
        }
    }

    fn duty(&self, key: &KeptKey, now: Timestamp, keep_retired: Span) -> Duty {
        match (self.signing(now), key.retired_at) {
            (Some(signing), _) if signing.id == key.id => Duty::Signs,
            (_, Some(at)) if now >= at + keep_retired => Duty::Kept,
            (Some(signing), _) if (signing.created_at, signing.id) > (key.created_at, key.id) => {
                Duty::Verifies
            }
            _ => Duty::Waits,
        }
    }
}
