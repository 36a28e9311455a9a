//! Idempotency keys: the same key with the same request gives the first answer and spends no second guess.

use countersign_crypto::seal::{BlindDomain, Place};
use countersign_domain::id::{AccountId, AppId};
use countersign_store::door::{Claim, Claimed};

use crate::Store;
use crate::service::{Fault, Service};

/// What became of an idempotency key.
pub enum Admission {
    /// The key is this request's: carry it out, then hand its answer to [`Service::remember_answer`].
    Fresh(KeyClaim),
    /// The first answer, as it was handed over.
    Answered(Vec<u8>),
    /// The first request still runs, or its outcome is not known.
    Running,
    /// The key was used for another request.
    Mismatch,
}

/// The right to answer a claimed key, once.
pub struct KeyClaim {
    index: [u8; 32],
}

impl<S: Store> Service<S> {
    /// Claims the key `key` of `app` for a request whose method, path and body are `request`. Durable.
    ///
    /// The request's fingerprint is keyed outside the database: a plain hash of a body that holds six digits could
    /// be searched.
    ///
    /// # Errors
    /// Only our own faults; nothing may be carried out then.
    pub async fn admit_key(&self, app: AppId, key: &str, request: &[&[u8]]) -> Result<Admission, Fault> {
        let keyring = self.inner.keyring();
        let index = keyring.blind(BlindDomain::Idempotency, &[app.as_bytes(), key.as_bytes()]);
        let fingerprint = keyring.blind(BlindDomain::Fingerprint, request);
        let keep = self.inner.settings().idempotency_life;
        match self.inner.store.claim(Claim { index, fingerprint, now: self.now(), keep }).await? {
            Claimed::Fresh => Ok(Admission::Fresh(KeyClaim { index })),
            Claimed::Running => Ok(Admission::Running),
            Claimed::Mismatch => Ok(Admission::Mismatch),
            Claimed::Answered(bytes) => {
                let sealed = countersign_domain::secret::Sealed(bytes);
                let answer = self.inner.unseal(&Place::Answer { index }, &sealed).await?;
                Ok(Admission::Answered(answer.expose().to_vec()))
            }
        }
    }

    /// Keeps the answer, sealed because it may show a secret once, for the next request with this key; one that tells
    /// of an account, until that is erased.
    ///
    /// # Errors
    /// Only our own faults.
    pub async fn remember_answer(
        &self,
        claim: KeyClaim,
        answer: &[u8],
        about: Option<AccountId>,
    ) -> Result<(), Fault> {
        let KeyClaim { index } = claim;
        let sealed = self.inner.keyring().seal(self.inner.entropy.as_ref(), &Place::Answer { index }, answer);
        Ok(self.inner.store.answer(index, sealed.0, about).await?)
    }

    /// Gives the key up, because nothing was charged or changed: the same request may be tried again.
    ///
    /// # Errors
    /// Only our own faults.
    pub async fn release_key(&self, claim: KeyClaim) -> Result<(), Fault> {
        Ok(self.inner.store.release(claim.index).await?)
    }
}
