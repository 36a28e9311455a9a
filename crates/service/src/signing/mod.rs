//! The keys that receipts are signed with: made, taken over, rotated, published.
//!
//! A key is published before it signs: whoever verifies receipts keeps the published set for some minutes. Of all keys
//! that have been there for [`PUBLISHED_FIRST`] the newest signs, in every server on the database alike; before there is
//! one, the oldest. What another process adds is taken over within [`FRESH`]. A private key lies sealed in the store, in a
//! place that its thumbprint names, so that whoever can write there cannot have a key of their own published.

mod kept;
mod settings;

use std::sync::Arc;

use countersign_crypto::jws::{KeySet, SigningAlgorithm, SigningFault, SigningKey};
use countersign_crypto::receipt::Receipt;
use countersign_crypto::seal::Place;
use countersign_domain::answer::{Done, Reply};
use countersign_domain::secret::Sealed;
use countersign_domain::time::{Span, Timestamp};
use countersign_store::door::{Retirement, Store, StoredSigningKey};

pub(crate) use self::kept::Signers;
use self::kept::{Kept, KeptKey};
pub use self::settings::ReceiptSettings;
use crate::case::{Case, Step};
use crate::service::{Fault, Inner, Service};

/// How long a key is published before it signs: as long as the published set may be kept by others (five minutes,
/// `Cache-Control`), and [`FRESH`] until every server publishes it.
pub(crate) const PUBLISHED_FIRST: Span = Span::from_secs(360);

/// How long the keys that were read are taken for those of the store.
const FRESH: Span = Span::from_secs(30);

/// A key that signs receipts, as an operator sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SigningKeyView {
    /// Its name in tokens.
    pub id: String,
    /// What it signs with.
    pub algorithm: SigningAlgorithm,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on another key signs.
    pub retired_at: Option<Timestamp>,
    /// What it does now.
    pub duty: Duty,
}

/// What a key does at a moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Duty {
    /// It is published and will sign.
    Waits,
    /// It signs.
    Signs,
    /// It is published, so that what it signed verifies.
    Verifies,
    /// It is only kept here.
    Kept,
}

impl<S: Store> Case<S> {
    /// The key that signs receipts now.
    pub(crate) async fn signing_key(&self) -> Step<Arc<SigningKey>> {
        Ok(self.inner.signing_key().await?)
    }

    /// The public keys that verify receipts.
    pub(crate) async fn read_key_set(&self) -> Step<Done> {
        let keys = self.inner.published_keys().await?;
        Ok(Done { reply: Reply::KeySet(keys.to_jwks()), wallet: None, device: None })
    }
}

impl<S: Store> Service<S> {
    /// Signs a receipt, as a use case does.
    ///
    /// # Errors
    /// Only our own faults.
    pub async fn sign_receipt(&self, receipt: &Receipt) -> Result<String, Fault> {
        receipt.sign(&*self.inner.signing_key().await?).map_err(signing_fault)
    }

    /// Makes a key if there is none of the algorithm that is set, and takes over those of other processes.
    ///
    /// # Errors
    /// Only our own faults.
    pub async fn ready_signing_keys(&self) -> Result<(), Fault> {
        let kept = self.inner.read_signing_keys().await?;
        let algorithm = self.inner.settings().receipts.algorithm;
        if kept.newest().is_none_or(|key| key.algorithm != algorithm) {
            self.inner.add_signing_key(algorithm).await?;
        }
        Ok(())
    }

    /// Adds a key of the algorithm that is set. It signs when it has been published long enough; what the others have
    /// signed still verifies.
    ///
    /// # Errors
    /// Only our own faults.
    pub async fn rotate_signing_key(&self) -> Result<(SigningKeyView, Timestamp), Fault> {
        let added = self.inner.add_signing_key(self.inner.settings().receipts.algorithm).await?;
        let views = self.signing_keys().await?;
        let view = views.into_iter().find(|view| view.id == added.id());
        let view = view.ok_or_else(|| Fault::Keys("the key that was just added is not there".to_owned()))?;
        let signs_from =
            if view.duty == Duty::Signs { view.created_at } else { view.created_at + PUBLISHED_FIRST };
        Ok((view, signs_from))
    }

    /// Every key that ever signed receipts, the newest first.
    ///
    /// # Errors
    /// Only our own faults.
    pub async fn signing_keys(&self) -> Result<Vec<SigningKeyView>, Fault> {
        let (kept, now) = (self.inner.read_signing_keys().await?, self.now());
        let keep = self.inner.settings().receipts.publish_retired;
        Ok(kept.keys().rev().map(|key| kept.view(key, now, keep)).collect())
    }

    /// The keys that verify every receipt that was ever signed here, published or not.
    ///
    /// # Errors
    /// Only our own faults.
    pub async fn verifying_keys(&self) -> Result<KeySet, Fault> {
        let kept = self.inner.read_signing_keys().await?;
        Ok(KeySet::new(kept.keys().map(|key| key.public.clone()).collect()))
    }

    /// Re-seals the private keys that are under an older data key: how many there are, and how many those were.
    pub(crate) async fn reseal_signing_keys(&self) -> Result<(u64, u64), Fault> {
        let (mut seen, mut changed) = (0, 0);
        for key in self.inner.store.signing_keys().await? {
            let mut sealed = key.sealed.clone();
            seen += 1;
            let place = Place::SigningKey { thumbprint: key.id };
            if self.inner.reseal(&self.inner.keyring(), &place, &mut sealed)? {
                changed += u64::from(self.inner.store.reseal_signing_key(key.id, key.sealed, sealed).await?);
            }
        }
        Ok((seen, changed))
    }
}

impl<S: Store> Inner<S> {
    async fn signing_key(&self) -> Result<Arc<SigningKey>, Fault> {
        let now = self.clock.now();
        let kept = self.kept_signing_keys(now).await?;
        match kept.signer(now) {
            Some(key) => Ok(key),
            None => self.add_signing_key(self.settings().receipts.algorithm).await,
        }
    }

    /// The keys that are published now, those that sign first.
    async fn published_keys(&self) -> Result<KeySet, Fault> {
        let now = self.clock.now();
        let kept = self.kept_signing_keys(now).await?;
        Ok(kept.published(now, self.settings().receipts.publish_retired))
    }

    /// The keys, as they were read not long ago. A store that cannot be asked at the moment is no reason not to sign.
    async fn kept_signing_keys(&self, now: Timestamp) -> Result<Arc<Kept>, Fault> {
        match self.signers.kept(now, FRESH) {
            Some(kept) => Ok(kept),
            None => match (self.read_signing_keys().await, self.signers.last()) {
                (Err(_), Some(last)) => Ok(last),
                (read, _) => read,
            },
        }
    }

    /// Reads the keys and keeps them. Those that were opened before are not opened again.
    async fn read_signing_keys(&self) -> Result<Arc<Kept>, Fault> {
        let stored = self.store.signing_keys().await?;
        let (now, before) = (self.clock.now(), self.signers.last());
        let mut keys = Vec::with_capacity(stored.len());
        for stored in stored {
            let known = before.as_ref().and_then(|before| before.key(&stored.id)).cloned();
            let key = match known {
                Some(known) => Some(KeptKey { retired_at: stored.retired_at, ..known }),
                None => self.open_signing_key(stored).await?,
            };
            keys.extend(key);
        }
        Ok(self.signers.keep(Kept::new(keys, now), now))
    }

    /// Opens a key. One of an algorithm that this version does not know is left to those that do.
    async fn open_signing_key(&self, stored: StoredSigningKey) -> Result<Option<KeptKey>, Fault> {
        let StoredSigningKey { id, algorithm, sealed, created_at, retired_at, .. } = stored;
        let Some(algorithm) = SigningAlgorithm::parse(&algorithm) else { return Ok(None) };
        let private = self.unseal(&Place::SigningKey { thumbprint: id }, &sealed).await?;
        let key = SigningKey::open(algorithm, private).ok().filter(|key| key.public().thumbprint() == id);
        let key = key.ok_or_else(|| Fault::Seal("a signing key is not the one of its id".to_owned()))?;
        let public = key.public().clone();
        Ok(Some(KeptKey { id, algorithm, public, created_at, retired_at, signing: Some(Arc::new(key)) }))
    }

    async fn add_signing_key(&self, algorithm: SigningAlgorithm) -> Result<Arc<SigningKey>, Fault> {
        let kept = self.read_signing_keys().await?;
        let key = SigningKey::generate(algorithm, self.entropy.as_ref()).map_err(signing_fault)?;
        let thumbprint = key.public().thumbprint();
        let place = Place::SigningKey { thumbprint };
        let sealed: Sealed =
            self.keyring().seal(self.entropy.as_ref(), &place, key.expose_private().expose());
        // Always the newest, also if another server's clock is ahead.
        let after = kept.newest().map(|newest| newest.created_at + Span::from_millis(1));
        let created_at = self.clock.now().max(after.unwrap_or(Timestamp::from_millis(i64::MIN)));
        let stored = StoredSigningKey {
            id: thumbprint,
            algorithm: algorithm.as_str().to_owned(),
            public: key.public().to_jwk(),
            sealed,
            created_at,
            retired_at: None,
        };
        let ids = kept.keys().filter(|key| key.retired_at.is_none()).map(|key| key.id).collect();
        let retires = Retirement { ids, at: created_at + PUBLISHED_FIRST };
        self.store.add_signing_key(stored, retires).await?;
        self.read_signing_keys().await?;
        Ok(Arc::new(key))
    }
}

#[allow(clippy::needless_pass_by_value, reason = "made to be given to map_err")]
fn signing_fault(error: SigningFault) -> Fault {
    Fault::Keys(error.to_string())
}
