//! Idempotency keys: the same key with the same request gives the first answer and spends no second guess.

use countersign_domain::id::AppId;

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
    /// # Errors
    /// Only our own faults; nothing may be carried out then.
    pub async fn admit_key(&self, app: AppId, key: &str, request: &[&[u8]]) -> Result<Admission, Fault> {
        unimplemented!()
    }

    /// Keeps the answer, sealed, for the next request with this key.
    ///
    /// # Errors
    /// Only our own faults.
    pub async fn remember_answer(&self, claim: KeyClaim, answer: &[u8]) -> Result<(), Fault> {
        unimplemented!()
    }

    /// Gives the key up, because nothing was charged or changed: the same request may be tried again.
    ///
    /// # Errors
    /// Only our own faults.
    pub async fn release_key(&self, claim: KeyClaim) -> Result<(), Fault> {
        unimplemented!()
    }
}
