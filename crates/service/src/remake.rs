//! Verifiers that are remade after a success, with today's parameters and in today's form.
//!
//! The success is answered first. What is to be remade then waits here with the secret, in memory only, bounded, and
//! zeroed when it is dropped: who finds no room is remade after a later success. A change of the secret meanwhile makes
//! it void.

use core::sync::atomic::{AtomicUsize, Ordering};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use countersign_crypto::engine::{Phc, is_current};
use countersign_crypto::entropy::Draw;
use countersign_crypto::input::new_input;
use countersign_crypto::seal::Place;
use countersign_domain::account::Credential;
use countersign_domain::id::AccountId;
use countersign_domain::secret::{Input, Kind, Presented, Sealed, SecretBytes, Verifier};
use countersign_store::door::Store;
use tokio::sync::Notify;

use crate::case::Case;
use crate::ports::Remade;
use crate::service::{Fault, Inner, Service};

/// The most that wait, where nothing else is said: at the default parameters a few seconds of an idle core.
const MOST: usize = 256;

/// The most bytes of secrets that wait. Any that a person types is far shorter than its share.
const MOST_BYTES: usize = 64 * 1024;

/// What a right secret makes possible where something about its verifier is stale.
pub(crate) enum Renewal {
    /// Only the key that it is sealed under.
    Reseal(Reseal),
    /// What it was made of, or with.
    Remake(Remake),
}

/// The same verifier under the newest key.
pub(crate) struct Reseal {
    was: Verifier,
    sealed: Sealed,
}

/// A verifier that is to be remade.
pub(crate) struct Remake {
    account: AccountId,
    kind: Kind,
    was: Verifier,
    form: Input,
    input: SecretBytes,
}

/// The verifiers that wait to be remade.
pub(crate) struct Remakes {
    waiting: Mutex<VecDeque<Remake>>,
    came: Notify,
    most: AtomicUsize,
}

impl Renewal {
    /// What is done with the success, and what after it.
    pub(crate) fn now_or_later(self) -> (Option<Reseal>, Option<Remake>) {
        match self {
            Self::Reseal(reseal) => (Some(reseal), None),
            Self::Remake(remake) => (None, Some(remake)),
        }
    }
}

impl Reseal {
    /// Puts it in place, in the transaction of the success: a microsecond, and no transaction of its own.
    pub(crate) fn put(self, credential: &mut Credential) {
        if let Some(verifier) = credential.verifier_mut()
            && *verifier == self.was
        {
            verifier.sealed = self.sealed;
        }
    }
}

impl<S: Store> Case<S> {
    /// What is stale about a verifier that a presented secret was right for; `None` if nothing is.
    pub(crate) fn renewal(
        &self,
        account: AccountId,
        kind: Kind,
        was: Verifier,
        phc: &Phc,
        right: &Presented,
    ) -> Option<Renewal> {
        let (form, input) = new_input(right, self.settings.policy.input);
        if form != was.input || !is_current(phc, &self.inner.pool.params()) {
            return Some(Renewal::Remake(Remake { account, kind, was, form, input }));
        }
        self.keyring().is_stale(&was.sealed).then(|| {
            let place = Place::Verifier { account, kind, version: was.version };
            let sealed = self.seal(&place, phc.expose().as_bytes());
            Renewal::Reseal(Reseal { was, sealed })
        })
    }
}

impl<S: Store> Service<S> {
    /// Bounds how many verifiers may wait to be remade; those that wait already may be more.
    pub fn bound_remakes(&self, most: usize) {
        self.inner.remakes.most.store(most, Ordering::Relaxed);
    }

    /// Remakes the next verifier that waits for it, or waits for one. Nobody waits for the result; the hash is made when
    /// nobody else needs the worker.
    ///
    /// # Errors
    /// Only our own faults; the verifier stays as it was, and is remade after a later success.
    // Says `Send` itself, as `execute` does.
    pub fn remake_next(&self) -> impl Future<Output = Result<(), Fault>> + Send + use<S> {
        let inner = Arc::clone(&self.inner);
        async move {
            let stale = inner.remakes.next().await;
            let outcome = inner.remake(stale).await;
            inner.observer.verifier_remade(*outcome.as_ref().unwrap_or(&Remade::Failed));
            outcome.map(drop)
        }
    }
}

impl<S: Store> Inner<S> {
    /// Lets a verifier wait to be remade, unless too many do.
    pub(crate) fn remake_later(&self, remake: Remake) {
        let queued = self.remakes.offer(remake);
        self.observer.verifier_remade(if queued { Remade::Queued } else { Remade::Dropped });
    }

    async fn remake(&self, remake: Remake) -> Result<Remade, Fault> {
        let Remake { account, kind, was, form, input } = remake;
        let made = self.pool.hash_in_background(input, self.entropy.array()).await;
        let phc = made.map_err(|fault| Fault::Engine(fault.to_string()))?;
        let version = was.version;
        let place = Place::Verifier { account, kind, version };
        let sealed = self.keyring().seal(self.entropy.as_ref(), &place, phc.expose().as_bytes());
        let replaced = self.store.update(account, move |draft| {
            match draft.account.credential_mut(kind).verifier_mut() {
                // Not one bit of it has changed, so it is of the secret that was right.
                Some(verifier) if *verifier == was => {
                    *verifier = Verifier { version, input: form, sealed };
                    true
                }
                Some(_) | None => false,
            }
        });
        Ok(if replaced.await? == Some(true) { Remade::Done } else { Remade::Superseded })
    }
}

impl Remakes {
    /// `false` if there is no room. One account's secret waits once: a person in a hurry leaves room for others.
    fn offer(&self, remake: Remake) -> bool {
        let mut waiting = self.lock();
        let same = |other: &Remake| other.account == remake.account && other.kind == remake.kind;
        let others = waiting.iter().filter(|other| !same(other));
        let (count, bytes) = others.fold((0, remake.input.expose().len()), |(count, bytes), other| {
            (count + 1, bytes + other.input.expose().len())
        });
        let room = count < self.most.load(Ordering::Relaxed) && bytes <= MOST_BYTES;
        if let Some(other) = waiting.iter_mut().find(|other| same(other)) {
            // One of the two is dropped: the older one, or this one if it is too long.
            if room {
                *other = remake;
            }
            return false;
        }
        if room {
            waiting.push_back(remake);
            drop(waiting);
            self.came.notify_one();
        }
        room
    }

    async fn next(&self) -> Remake {
        loop {
            // Asked for before looking, so that what comes in between is not missed.
            let came = self.came.notified();
            if let Some(remake) = self.lock().pop_front() {
                return remake;
            }
            came.await;
        }
    }

    /// Nothing panics while it holds this lock, and a list cannot be half changed anyway.
    fn lock(&self) -> MutexGuard<'_, VecDeque<Remake>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Remakes {
    fn default() -> Self {
        Self { waiting: Mutex::default(), came: Notify::new(), most: AtomicUsize::new(MOST) }
    }
}
