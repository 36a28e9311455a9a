//! Idempotency keys: the same key with the same request gives the first answer and spends no second guess.
//!
//! The answer is written in the transaction that does what the request is for, so there is no moment at which one is
//! there without the other. A request that died before that has had no effect but, perhaps, a charged guess; whoever
//! sends it again after the lease carries it on under the same charge, which is found by the key's [`Tag`].

use core::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

use countersign_crypto::seal::{BlindDomain, Place};
use countersign_domain::answer::{Done, Refusal};
use countersign_domain::id::{AppId, SessionId};
use countersign_domain::ledger::Tag;
use countersign_domain::time::{Span, Timestamp};
use countersign_store::door::{Claim, Claimed, HeldClaim, KeptAnswer};

use crate::Store;
use crate::service::{Fault, Inner, Service};

/// How long a guess may be charged after its key was claimed.
const SLACK: Span = Span::from_secs(5);

/// What became of an idempotency key.
pub enum Admission {
    /// The key is this request's: give it to [`Service::execute`], then to [`Service::settle_key`].
    Fresh(ClaimedKey),
    /// The first answer, as it was handed over.
    Answered(Vec<u8>),
    /// The first request still runs, or ran a moment ago.
    Running,
    /// The key was used for another request.
    Mismatch,
}

/// Who chose an idempotency key: another's same key is another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeyOwner([u8; 16]);

impl From<AppId> for KeyOwner {
    fn from(app: AppId) -> Self {
        Self(*app.as_bytes())
    }
}

impl From<SessionId> for KeyOwner {
    fn from(session: SessionId) -> Self {
        Self(*session.as_bytes())
    }
}

/// Writes an answer as the caller will read it.
pub type Wording = Arc<dyn Fn(Result<&Done, &Refusal>, Timestamp) -> Vec<u8> + Send + Sync>;

/// A key that was claimed for a request.
#[derive(Clone, Copy)]
pub struct ClaimedKey {
    held: HeldClaim,
    tag: Tag,
}

/// A claimed key, and how its answer will read.
#[derive(Clone)]
pub struct KeyClaim {
    key: ClaimedKey,
    wording: Wording,
    kept: Arc<AtomicBool>,
}

impl ClaimedKey {
    /// With the words in which its answer is kept.
    #[must_use]
    pub fn worded(self, wording: Wording) -> KeyClaim {
        KeyClaim { key: self, wording, kept: Arc::new(AtomicBool::new(false)) }
    }
}

impl KeyClaim {
    /// Whether an answer was written together with what the request did. If not, words that were found for one in a
    /// transaction are of something that did not happen.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        self.kept.load(Ordering::Acquire)
    }

    /// What its guess is charged under.
    pub(crate) const fn tag(&self) -> Tag {
        self.key.tag
    }

    /// The claim under which everything of this request is decided.
    pub(crate) const fn held(&self) -> HeldClaim {
        self.key.held
    }

    /// The answer was written together with what the request did.
    pub(crate) fn was_kept(&self) {
        self.kept.store(true, Ordering::Release);
    }
}

impl<S: Store> Inner<S> {
    /// The answer to a key, sealed because it may show a secret once. `None` where the same request must be free to try
    /// again: nothing was charged or changed.
    pub(crate) fn kept_answer(
        &self,
        claim: &KeyClaim,
        outcome: Result<&Done, &Refusal>,
        now: Timestamp,
    ) -> Option<KeptAnswer> {
        if outcome.is_err_and(Refusal::is_for_now) {
            return None;
        }
        let (held, about) = (claim.key.held, outcome.ok().and_then(|done| done.reply.about()));
        let answer = (claim.wording)(outcome, now);
        let sealed =
            self.keyring().seal(self.entropy.as_ref(), &Place::Answer { index: held.index }, &answer);
        Some(KeptAnswer { claim: held, sealed: sealed.0, about })
    }
}

impl<S: Store> Service<S> {
    /// Claims the key `key` of `owner` for a request whose method, path and body are `request`, for as long as `lease`.
    /// Durable.
    ///
    /// The request's fingerprint is keyed outside the database: a plain hash of a body that holds six digits could
    /// be searched.
    ///
    /// # Errors
    /// Only our own faults; nothing may be carried out then.
    pub async fn admit_key(
        &self,
        owner: impl Into<KeyOwner>,
        key: &str,
        request: &[&[u8]],
        lease: Span,
    ) -> Result<Admission, Fault> {
        let keyring = self.inner.keyring();
        let index = keyring.blind(BlindDomain::Idempotency, &[&owner.into().0, key.as_bytes()]);
        let fingerprint = keyring.blind(BlindDomain::Fingerprint, request);
        let settings = self.inner.settings();
        // A guess that somebody left behind is a miss by then, so whoever carries on need not wait for it.
        let lease = lease.max(settings.policy.guesses.in_flight + SLACK);
        // However short answers are kept: while somebody may be at work, nobody else is.
        let (keep, now) = (settings.idempotency_life.max(lease), self.now());
        let leased_until = now + lease;
        match self.inner.store.claim(Claim { index, fingerprint, now, lease, keep }).await? {
            Claimed::Fresh => {
                // Of key and body: another body under the same key, after its life, is another guess.
                let tag = keyring.blind(BlindDomain::Idempotency, &[b"tag", &index, &fingerprint]);
                let tag = Tag(core::array::from_fn(|i| tag[i]));
                Ok(Admission::Fresh(ClaimedKey { held: HeldClaim { index, leased_until }, tag }))
            }
            Claimed::Running => Ok(Admission::Running),
            Claimed::Mismatch => Ok(Admission::Mismatch),
            Claimed::Answered(bytes) => {
                let sealed = countersign_domain::secret::Sealed(bytes);
                let answer = self.inner.unseal(&Place::Answer { index }, &sealed).await?;
                Ok(Admission::Answered(answer.expose().to_vec()))
            }
        }
    }

    /// Keeps the answer of a request that was carried out, unless that was done together with what it did; or gives its
    /// key up, because nothing was charged or changed. A request that came to a fault of ours keeps its key until the
    /// lease is over.
    ///
    /// # Errors
    /// Only our own faults.
    pub async fn settle_key(&self, claim: &KeyClaim, outcome: Result<&Done, &Refusal>) -> Result<(), Fault> {
        if claim.is_kept() {
            return Ok(());
        }
        match self.inner.kept_answer(claim, outcome, self.now()) {
            Some(answer) => Ok(self.inner.store.answer(answer).await?),
            None => Ok(self.inner.store.release(claim.key.held).await?),
        }
    }
}
