//! The service itself: its parts, its faults, and the one place that names every use case.

use std::sync::{Arc, RwLock};

use countersign_crypto::engine::HashPool;
use countersign_crypto::entropy::Entropy;
use countersign_crypto::seal::{Keyring, MasterKey};
use countersign_domain::answer::{Done, Refusal};
use countersign_domain::caller::{Claim, Resolution};
use countersign_domain::command::Command;
use countersign_domain::event::Origin;
use countersign_domain::policy::Policy;
use countersign_domain::time::{Span, Timestamp};
use countersign_store::door::{Store, StoreFault};

use crate::ports::{Clock, CodeSender, Observer};

/// What a service is made of.
pub struct Parts<S> {
    /// Where records live.
    pub store: S,
    /// The master key, kept so that keys which another process adds can be taken over at any time.
    pub master: MasterKey,
    /// The unwrapped keys, from [`crate::upkeep::open_keyring`].
    pub keyring: Keyring,
    /// The hash engine's pool.
    pub pool: HashPool,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The dice.
    pub entropy: Arc<dyn Entropy>,
    /// The sender of codes.
    pub sender: Arc<dyn CodeSender>,
    /// Who is told what happened.
    pub observer: Arc<dyn Observer>,
    /// What the operator may change while the server runs.
    pub settings: Settings,
}

/// What the operator may change while the server runs.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The tenant's numbers.
    pub policy: Policy,
    /// Whether this is `dev`: the clock may be moved, the outbox read, and re-sends need not wait.
    pub dev: bool,
    /// Life of a `spark` app's access token.
    pub app_token_life: Span,
    /// How long the answer to an idempotency key is kept.
    pub idempotency_life: Span,
    /// The platform's name in the text of a code message.
    pub brand: String,
    /// Language of code messages.
    pub message_lang: countersign_domain::lang::Lang,
}

/// What a command came to: done, refused, or our fault.
pub type Outcome = Result<Result<Done, Refusal>, Fault>;

/// Our fault: opaque to callers, whole in the log. Never holds anything of the request.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreFault),
    /// The hash engine failed.
    #[error("the hash engine failed: {0}")]
    Engine(String),
    /// Something sealed cannot be opened: the wrong keys, or a tampered record.
    #[error("a sealed value cannot be opened: {0}")]
    Seal(String),
}

/// The use cases. Cheap to clone.
pub struct Service<S> {
    inner: Arc<Inner<S>>,
}

pub(crate) struct Inner<S> {
    pub(crate) store: S,
    pub(crate) master: MasterKey,
    pub(crate) keyring: RwLock<Arc<Keyring>>,
    pub(crate) pool: HashPool,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) sender: Arc<dyn CodeSender>,
    pub(crate) observer: Arc<dyn Observer>,
    pub(crate) settings: RwLock<Arc<Settings>>,
}

impl<S> Clone for Service<S> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

impl<S: Store> Service<S> {
    /// Puts the parts together.
    #[must_use]
    pub fn new(parts: Parts<S>) -> Self {
        let Parts { store, master, keyring, pool, clock, entropy, sender, observer, settings } = parts;
        let (keyring, settings) = (RwLock::new(Arc::new(keyring)), RwLock::new(Arc::new(settings)));
        Self { inner: Arc::new(Inner { store, master, keyring, pool, clock, entropy, sender, observer, settings }) }
    }

    /// The present instant, by the service's clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// Puts new settings in force for every decision that begins from now on (SIGHUP).
    pub fn put_settings(&self, settings: Settings) {
        *self.inner.settings.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Arc::new(settings);
    }

    /// Who a claim turns out to be.
    ///
    /// # Errors
    /// Only our own faults; a claim that proves nothing is a value.
    pub async fn resolve(&self, claim: Claim) -> Result<Resolution, Fault> {
        unimplemented!()
    }

    /// Remembers a proof that is good only once, durably, for as long as `skew` keeps it from being refused anyway.
    /// `false` if it was seen before.
    ///
    /// # Errors
    /// Only our own faults; the request must then be refused.
    pub async fn admit_once(
        &self,
        credential: &str,
        nonce: &str,
        ts: Timestamp,
        skew: Span,
    ) -> Result<bool, Fault> {
        unimplemented!()
    }

    /// Carries a command out. Run it to its end even if the caller hangs up.
    ///
    /// # Errors
    /// Only our own faults; a refusal is a value.
    pub async fn execute(&self, command: Command, origin: Origin) -> Outcome {
        unimplemented!()
    }
}
