//! One request being carried out: the settings, keys and origin that hold for it from beginning to end.

use std::sync::{Arc, OnceLock};

use countersign_crypto::engine::{EngineFault, Need, Overloaded, Phc, Slot};
use countersign_crypto::entropy::Draw;
use countersign_crypto::seal::{Keyring, Place, SealError};
use countersign_domain::account::{Account, Scene};
use countersign_domain::answer::{Done, Refusal};
use countersign_domain::caller::Network;
use countersign_domain::device::DevicePresented;
use countersign_domain::event::{Actor, Counted, Origin};
use countersign_domain::id::AccountId;
use countersign_domain::identifier::TenantId;
use countersign_domain::ledger::Tag;
use countersign_domain::outside::{self, Token};
use countersign_domain::secret::{Sealed, SecretBytes, SecretText};
use countersign_domain::session::{self, Standing};
use countersign_domain::time::Timestamp;
use countersign_store::door::{AtWork, Draft, KeptAnswer, Store, StoreFault};

use crate::context::{Context, Seen};
use crate::idempotency::KeyClaim;
use crate::service::{Fault, Inner, Settings};

/// One request being carried out.
pub(crate) struct Case<S> {
    pub(crate) inner: Arc<Inner<S>>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) tenant: TenantId,
    pub(crate) origin: Origin,
    /// The network that the person is in, where it is known.
    pub(crate) network: Option<Network>,
    /// What the request says of the person's device.
    pub(crate) device: DevicePresented,
    /// The request's idempotency key.
    pub(crate) key: Option<KeyClaim>,
    /// When its caller stops waiting.
    pub(crate) deadline: Option<Timestamp>,
    /// Tells the store that more is to be written, once there is a place at the engine.
    at_work: OnceLock<AtWork>,
    /// What was read of the caller when the request was resolved.
    pub(crate) seen: Seen,
}

/// Why a use case ends early.
pub(crate) enum Stop {
    /// An expected business result.
    Refused(Refusal),
    /// Our fault.
    Fault(Fault),
}

/// What a request is answered with.
type Told<'a> = Result<&'a Done, &'a Refusal>;

/// What a step of a use case gives.
pub(crate) type Step<T> = Result<T, Stop>;

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Another who carries the same request out is no fault: this one is told to ask again, and then reads the answer.
impl From<StoreFault> for Stop {
    fn from(fault: StoreFault) -> Self {
        match fault {
            StoreFault::Superseded => Self::Refused(Refusal::Busy),
            StoreFault::Backend(_)
            | StoreFault::Damaged(_)
            | StoreFault::Unavailable(_)
            | StoreFault::ReadOnly
            | StoreFault::Closed => Self::Fault(Fault::Store(fault)),
        }
    }
}

impl From<EngineFault> for Stop {
    fn from(fault: EngineFault) -> Self {
        Self::Fault(Fault::Engine(fault.to_string()))
    }
}

impl<S> Case<S> {
    /// A request of the default tenant.
    pub(crate) fn new(inner: Arc<Inner<S>>, context: Context) -> Self {
        let settings = inner.settings();
        let Context { origin, network, device, key, deadline, seen } = context;
        let (tenant, at_work) = (TenantId::default_tenant(), OnceLock::new());
        Self { inner, settings, tenant, origin, network, device, key, deadline, at_work, seen }
    }
}

impl<S: Store> Case<S> {
    /// The present instant.
    pub(crate) fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// Decides about one account in one durable transaction, and tells the observer of what was decided.
    /// Refuses with [`Refusal::NoLiveSession`] if the caller's session has ended meanwhile.
    ///
    /// The time is read inside, when it is this decision's turn, so that decisions and their times agree in order.
    pub(crate) async fn decide<R, F>(&self, account: AccountId, decision: F) -> Step<R>
    where
        R: Send + 'static,
        F: FnOnce(&mut Draft, &Scene<'_>) -> R + Send + 'static,
    {
        let (inner, settings, origin) =
            (Arc::clone(&self.inner), Arc::clone(&self.settings), self.origin.clone());
        let (claim, token) = (self.key.as_ref().map(KeyClaim::held), self.seen.token());
        let decided = self.inner.store.update(account, move |draft| {
            draft.claim = claim;
            let scene = Scene { now: inner.clock.now(), policy: &settings.policy, origin: &origin };
            if !still_proven(&draft.account, token, &scene) {
                return Err(Refusal::NoLiveSession);
            }
            let outcome = decision(draft, &scene);
            Ok((outcome, counted(&draft.account)))
        });
        let (outcome, counted) = decided.await?.ok_or(Refusal::UnknownAccount)??;
        for what in counted {
            self.inner.observer.counted(what);
        }
        Ok(outcome)
    }

    /// As [`Self::decide`], for the decision that ends the request. What it comes to is kept as the answer to the
    /// request's key, in the same transaction.
    pub(crate) async fn conclude<F>(&self, account: AccountId, decision: F) -> Step<Done>
    where
        F: FnOnce(&mut Draft, &Scene<'_>) -> Result<Done, Refusal> + Send + 'static,
    {
        self.decide_and_answer(account, decision, |outcome| Some(outcome.as_ref())).await
    }

    /// As [`Self::conclude`], for a decision that ends the request only if it refuses.
    pub(crate) async fn go_on_if<R, F>(&self, account: AccountId, decision: F) -> Step<R>
    where
        R: Send + 'static,
        F: FnOnce(&mut Draft, &Scene<'_>) -> Result<R, Refusal> + Send + 'static,
    {
        self.decide_and_answer(account, decision, |outcome| outcome.as_ref().err().map(Err)).await
    }

    async fn decide_and_answer<R, F>(
        &self,
        account: AccountId,
        decision: F,
        told: fn(&Result<R, Refusal>) -> Option<Told<'_>>,
    ) -> Step<R>
    where
        R: Send + 'static,
        F: FnOnce(&mut Draft, &Scene<'_>) -> Result<R, Refusal> + Send + 'static,
    {
        let Some(key) = self.key.clone() else { return Ok(self.decide(account, decision).await??) };
        let inner = Arc::clone(&self.inner);
        let decided = self.decide(account, move |draft, scene| {
            let outcome = decision(draft, scene);
            draft.answer = told(&outcome).and_then(|told| inner.kept_answer(&key, told, scene.now));
            (outcome, draft.answer.is_some().then_some(key))
        });
        let (outcome, kept) = decided.await?;
        // Only now is it durable.
        kept.inspect(KeyClaim::was_kept);
        Ok(outcome?)
    }

    /// Ends the request with a refusal that is decided in one durable transaction, as [`Self::conclude`].
    pub(crate) async fn refuse<F>(&self, account: AccountId, decision: F) -> Stop
    where
        F: FnOnce(&mut Draft, &Scene<'_>) -> Refusal + Send + 'static,
    {
        match self.conclude(account, |draft, scene| Err(decision(draft, scene))).await {
            Err(stop) => stop,
            Ok(_) => unreachable!("what only refuses is never done"),
        }
    }

    /// What this request's guesses are charged under, so that it is charged once however often it comes.
    pub(crate) fn tag(&self) -> Option<Tag> {
        self.key.as_ref().map(KeyClaim::tag)
    }

    /// The answer to the request's key, for a store's call that saves it together with what it does.
    pub(crate) fn answer(&self, done: &Done) -> Option<KeptAnswer> {
        self.key.as_ref().and_then(|key| self.inner.kept_answer(key, Ok(done), self.now()))
    }

    /// That answer is durable now.
    pub(crate) fn answer_kept(&self) {
        self.key.iter().for_each(KeyClaim::was_kept);
    }

    /// Reads one account without deciding anything.
    pub(crate) async fn read(&self, account: AccountId) -> Step<Account> {
        Ok(self.inner.store.read(account).await?.ok_or(Refusal::UnknownAccount)?)
    }

    /// Looks at an account through the eyes of the present settings and instant.
    pub(crate) fn look<R>(&self, look: impl FnOnce(&Scene<'_>) -> R) -> R {
        look(&Scene { now: self.now(), policy: &self.settings.policy, origin: &self.origin })
    }

    /// A place at the hash engine for so many hashes, taken before anything is charged.
    pub(crate) fn reserve(&self, hashes: u32) -> Step<Slot> {
        let within = self.deadline.map(|deadline| self.now().until(deadline));
        let need = Need { tenant: self.tenant.clone(), hashes, within };
        let slot = self.inner.pool.reserve(need).map_err(overloaded)?;
        self.at_work.get_or_init(|| self.inner.store.at_work());
        Ok(slot)
    }

    pub(crate) fn keyring(&self) -> Arc<Keyring> {
        self.inner.keyring()
    }

    pub(crate) fn seal(&self, place: &Place, plaintext: &[u8]) -> Sealed {
        self.keyring().seal(self.inner.entropy.as_ref(), place, plaintext)
    }

    /// Opens a sealed value; takes over the keys that another process has added, if it is under one of those.
    pub(crate) async fn unseal(&self, place: &Place, sealed: &Sealed) -> Result<SecretBytes, Fault> {
        self.inner.unseal(place, sealed).await
    }

    /// Opens a verifier.
    pub(crate) async fn phc(&self, place: &Place, sealed: &Sealed) -> Result<Phc, Fault> {
        let text = text_of(&self.unseal(place, sealed).await?)?;
        Phc::parse(text).map_err(|_| Fault::Seal("a verifier is not a PHC string".to_owned()))
    }

    /// Does what a decision about an account costs, durable write and all, and decides nothing, so that an account that
    /// does not exist answers no faster.
    pub(crate) async fn blank_write(&self) -> Step<()> {
        let nobody = AccountId::from_bytes(Draw::array(self.inner.entropy.as_ref()));
        Ok(self.inner.store.update(nobody, |_| ()).await.map(drop)?)
    }
}

impl<S: Store> Inner<S> {
    pub(crate) fn keyring(&self) -> Arc<Keyring> {
        Arc::clone(&self.keyring.read().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    pub(crate) async fn unseal(&self, place: &Place, sealed: &Sealed) -> Result<SecretBytes, Fault> {
        match self.keyring().open(place, sealed) {
            Err(SealError::UnknownKey(_)) => {
                self.reload_keys().await?;
                self.keyring().open(place, sealed).map_err(sealed_fault)
            }
            opened => opened.map_err(sealed_fault),
        }
    }
}

pub(crate) fn overloaded(full: Overloaded) -> Refusal {
    let retry_after_s = u32::try_from(full.retry_after.secs_ceil()).unwrap_or(u32::MAX).max(1);
    Refusal::Overloaded { retry_after_s }
}

/// The UTF-8 text of an unsealed value.
pub(crate) fn text_of(bytes: &SecretBytes) -> Result<SecretText, Fault> {
    let text = core::str::from_utf8(bytes.expose()).map_err(|_| Fault::Seal("not a text".to_owned()))?;
    Ok(SecretText::new(text.to_owned()))
}

#[allow(clippy::needless_pass_by_value, reason = "made to be given to map_err")]
pub(crate) fn sealed_fault(error: SealError) -> Fault {
    Fault::Seal(error.to_string())
}

/// Whether the session that asked is still live: what was ended while its request waited must not take effect.
fn still_proven(account: &Account, token: Option<Token>, scene: &Scene<'_>) -> bool {
    match (scene.origin.actor, token) {
        (Actor::Session(id), Some(token)) => {
            token.session == id && outside::standing(account, &token, scene.now) == Standing::Live
        }
        (Actor::Session(id), None) => session::standing(account, id, scene.now) == Standing::Live,
        (Actor::Nobody | Actor::App(_) | Actor::Server, _) => true,
    }
}

fn counted(account: &Account) -> Vec<Counted> {
    account.fresh_events.iter().filter_map(|event| event.what.counted()).collect()
}
