//! The service itself: its parts, its faults, and the one place that names every use case.

use std::sync::{Arc, PoisonError, RwLock};

use countersign_crypto::engine::{HashPool, Need, Params};
use countersign_crypto::entropy::Entropy;
use countersign_crypto::seal::{BlindDomain, Keyring, MasterKey};
use countersign_domain::answer::{Done, Refusal};
use countersign_domain::command::Command;
use countersign_domain::id::AccountId;
use countersign_domain::identifier::TenantId;
use countersign_domain::policy::Policy;
use countersign_domain::secret::Kind;
use countersign_domain::time::{Span, Timestamp};
use countersign_store::door::{Store, StoreFault};

use crate::case::{Case, Step, Stop, overloaded};
use crate::context::Context;
use crate::in_flight::Flights;
use crate::outward::Outward;
use crate::ports::{Clock, CodeSender, Observer, SendFault};
use crate::provider::Trusted;
use crate::remake::Remakes;
use crate::reset::Proof;
use crate::signing::{ReceiptSettings, Signers};
use crate::watches::Glances;

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
    /// Who signs receipts, for whom, and with what.
    pub receipts: ReceiptSettings,
    /// The feed and webhooks.
    pub outward: Outward,
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
    /// A verifier costs more than is ever spent here, because it was made or imported under another limit. It was not
    /// compared, and what was charged for that was given back.
    #[error(
        "the {} secret of account {account} cannot be compared: it was hashed with m={}, t={}, p={}, which is above \
         what this server verifies; give it more memory or raise hash.allowance_kib, or reset that secret",
        kind.as_str(), params.memory_kib(), params.passes(), params.lanes()
    )]
    AboveCeiling {
        /// Whose.
        account: AccountId,
        /// Which secret.
        kind: Kind,
        /// What it costs.
        params: Params,
    },
    /// The sender could not hand a code over.
    #[error(transparent)]
    Sender(#[from] SendFault),
    /// The master key is not the one that this database was made with, or its keys are damaged.
    #[error("the keys cannot be unwrapped: {0}")]
    Keys(String),
    /// The OpenID provider's keys were never fetched, or too long ago.
    #[error("the keys of the OpenID provider are not there")]
    ProviderKeys,
    /// Something sealed cannot be opened: the wrong keys, or a tampered record.
    #[error("a sealed value cannot be opened: {0}")]
    Seal(String),
}

impl Fault {
    /// What its caller is told where a fault is not one of this server: that it is worth to ask again, and when.
    #[must_use]
    pub const fn refusal(&self) -> Option<Refusal> {
        match self {
            Self::ProviderKeys | Self::Store(StoreFault::Unavailable(_)) => {
                Some(Refusal::Unavailable { retry_after_s: 2 })
            }
            Self::Store(StoreFault::ReadOnly) => Some(Refusal::ReadOnly { retry_after_s: 10 }),
            Self::Store(
                StoreFault::Backend(_) | StoreFault::Damaged(_) | StoreFault::Superseded | StoreFault::Closed,
            )
            | Self::Engine(_)
            | Self::AboveCeiling { .. }
            | Self::Sender(_)
            | Self::Keys(_)
            | Self::Seal(_) => None,
        }
    }
}

/// The use cases. Cheap to clone.
pub struct Service<S> {
    pub(crate) inner: Arc<Inner<S>>,
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
    /// What was lately seen of watches.
    pub(crate) glances: Glances,
    /// The verifiers that wait to be remade.
    pub(crate) remakes: Remakes,
    /// The guesses in flight.
    pub(crate) flights: Flights,
    /// The keys that sign receipts.
    pub(crate) signers: Signers,
    /// The OpenID provider whose tokens are taken, if any.
    pub(crate) trusted: Trusted,
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
        Self {
            inner: Arc::new(Inner {
                store,
                master,
                keyring,
                pool,
                clock,
                entropy,
                sender,
                observer,
                settings,
                glances: Glances::default(),
                remakes: Remakes::default(),
                flights: Flights::default(),
                signers: Signers::default(),
                trusted: Trusted::default(),
            }),
        }
    }

    /// The present instant, by the service's clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// Puts new settings in force for every decision that begins from now on (SIGHUP).
    pub fn put_settings(&self, settings: Settings) {
        *self.inner.settings.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(settings);
    }

    /// Remembers a proof that is good only once, durably, until it is refused anyway because it is older than `skew`.
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
        let parts: [&[u8]; 3] = [credential.as_bytes(), nonce.as_bytes(), &ts.millis().to_be_bytes()];
        let index = self.inner.keyring().blind(BlindDomain::Nonce, &parts);
        let now = self.now();
        // At least an hour, so that neither a clock that is set back nor a longer skew set later revives a proof.
        let keep = (skew + skew).max(Span::from_hours(1));
        Ok(self.inner.store.once(index, ts.max(now) + keep, now).await?)
    }

    /// Says whether a command would be refused now because the hash engine has no place for it, without taking one: to be
    /// asked before its proof or its key is written down, which costs a durable write each.
    #[must_use]
    pub fn turns_away(&self, command: &Command, deadline: Timestamp) -> Option<Refusal> {
        if !command.hashes() {
            return None;
        }
        let within = Some(self.now().until(deadline));
        let need = Need { within, ..Need::one(TenantId::default_tenant()) };
        self.inner.pool.turns_away(&need).err().map(overloaded)
    }

    /// Carries a command out. Run it to its end even if the caller hangs up.
    ///
    /// # Errors
    /// Only our own faults; a refusal is a value.
    // Says `Send` itself: the compiler cannot find that out through a store's own futures (rust-lang/rust#100013).
    pub fn execute(
        &self,
        command: Command,
        context: Context,
    ) -> impl Future<Output = Outcome> + Send + use<S> {
        let case = Case::new(Arc::clone(&self.inner), context);
        async move {
            match carry_out(&case, command).await {
                Ok(done) => Ok(Ok(done)),
                Err(Stop::Refused(refusal)) => Ok(Err(refusal)),
                Err(Stop::Fault(fault)) => Err(fault),
            }
        }
    }
}

impl<S> Inner<S> {
    pub(crate) fn settings(&self) -> Arc<Settings> {
        Arc::clone(&self.settings.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The one place that names every use case.
///
/// Those that do more than read are boxed. In one piece with the others each would take as much room as the largest of all
/// in every request, and be moved with it; beside a durable write a box costs nothing.
async fn carry_out<S: Store>(case: &Case<S>, command: Command) -> Step<Done> {
    match command {
        Command::Verify { subject, kind, presented, holder } => {
            Box::pin(case.verify(subject, kind, presented, holder)).await
        }
        Command::SetSecret { subject, kind, new, holder } => {
            Box::pin(case.set(subject, kind, new, holder)).await
        }
        Command::ChangeSecret { subject, kind, old, new } => {
            Box::pin(case.change(subject, kind, old, new)).await
        }
        Command::SetOrChangeSecret { subject, kind, old, new } => {
            Box::pin(case.set_or_change(subject, kind, old, new)).await
        }
        Command::SetPaymentByQuery { subject, query, new } => {
            Box::pin(case.set_payment_by_query(subject, query, new)).await
        }
        Command::ResetByCode { subject, kind, purpose, code, mobile, new } => {
            Box::pin(case.reset_by_code(subject, kind, Proof { purpose, code, mobile }, new)).await
        }
        Command::ResetToTemporary { subject, kind } => Box::pin(case.reset_to_temporary(subject, kind)).await,
        Command::ChooseAskFrequency { subject, choice, holder, opens } => {
            Box::pin(case.choose_ask_frequency(subject, choice, holder, opens)).await
        }
        Command::ReadAskFrequency { subject, holder } => case.read_ask_frequency(subject, holder).await,
        Command::IssueCode { subject, purpose, mobile } => {
            Box::pin(case.issue_code(subject, purpose, mobile)).await
        }
        Command::OpenSession { username, login, expires_in_s } => {
            Box::pin(case.open_session(username, login, expires_in_s)).await
        }
        Command::EndSession { session, account } => Box::pin(case.end_session(session, account)).await,
        Command::EndOwnSession(subject, id) => Box::pin(case.end_own_session(subject, id)).await,
        Command::CreateAccount(new) => Box::pin(case.create_account(*new)).await,
        Command::ReadAccount(subject, holder) => case.read_account(subject, holder).await,
        Command::FindAccounts { by, holder } => Box::pin(case.find_accounts(by, holder)).await,
        Command::EraseAccount(subject) => Box::pin(case.erase_account(subject)).await,
        Command::Unlock { subject, kind, reason, holder } => {
            Box::pin(case.unlock(subject, kind, reason, holder)).await
        }
        Command::CreateApp { name, kind, scopes } => Box::pin(case.create_app(name, kind, scopes)).await,
        Command::ListApps(page) => Box::pin(case.list_apps(page)).await,
        Command::DeleteApp(id) => Box::pin(case.delete_app(id)).await,
        Command::IssueAppToken { appid, secret } => case.issue_app_token(&appid, &secret).await,
        Command::ReadEvents { account, page } => Box::pin(case.read_events(account, page)).await,
        Command::Dev(command) => Box::pin(case.dev(&command)).await,
        Command::CreateIntent(new) => Box::pin(case.create_intent(*new)).await,
        Command::ApproveIntent { intent, presented, code, holder } => {
            Box::pin(case.approve_intent(intent, presented, code, holder)).await
        }
        Command::IssueIntentCode { intent, mobile } => Box::pin(case.issue_intent_code(intent, mobile)).await,
        Command::ConsumeIntent { intent, digest } => Box::pin(case.consume_intent(intent, digest)).await,
        Command::CancelIntent(intent) => Box::pin(case.cancel_intent(intent)).await,
        Command::ReadIntent(intent) => case.read_intent(intent).await,
        Command::ListIntents { subject, stage, page } => case.list_intents(subject, stage, page).await,
        Command::ReleaseHolds { subject, reason } => Box::pin(case.release_holds(subject, reason)).await,
        Command::NoteSimChange { subject, mobile, changed_at } => {
            Box::pin(case.note_sim_change(subject, mobile, changed_at)).await
        }
        Command::ReplaceMobiles { subject, mobiles, holder } => {
            Box::pin(case.replace_mobiles(subject, mobiles, holder)).await
        }
        Command::ReadKeySet => Box::pin(case.read_key_set()).await,
        Command::FollowEvents(follow) => Box::pin(case.follow_events(*follow)).await,
        Command::Webhook(command) => Box::pin(case.webhook(command)).await,
        Command::DisableSecret { subject, kind, reason, holder } => {
            Box::pin(case.disable_secret(subject, kind, reason, holder)).await
        }
        Command::ReadEvent(id) => Box::pin(case.read_event(id)).await,
    }
}
