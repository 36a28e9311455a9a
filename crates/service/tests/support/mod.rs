//! A whole service on a real database in a temporary folder, with a clock that tests move.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses its own part")]

pub mod keyed;

use core::future::Future;
use core::num::NonZeroUsize;
use core::pin::Pin;
use core::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use countersign_crypto::engine::{HashPool, Params, PoolConfig};
use countersign_crypto::entropy::SeededEntropy;
use countersign_crypto::seal::MasterKey;
use countersign_domain::account::Scene;
use countersign_domain::answer::{Done, Refusal, Reply};
use countersign_domain::ask::Holder;
use countersign_domain::caller::Network;
use countersign_domain::calling::Prefix;
use countersign_domain::code::Purpose;
use countersign_domain::command::{Command, NewAccount, NewSecret, Subject};
use countersign_domain::device::DevicePresented;
use countersign_domain::event::{Actor, Origin};
use countersign_domain::id::{AccountId, AppId};
use countersign_domain::identifier::{Mobile, Name};
use countersign_domain::lang::Lang;
use countersign_domain::policy::Policy;
use countersign_domain::secret::{Kind, Presented, SecretText};
use countersign_domain::spend::Money;
use countersign_domain::spray::Tripped;
use countersign_domain::time::{Span, Timestamp};
use countersign_service::{
    Clock, CodeSender, CodeStop, Context, Handed, Message, Observer, Parts, ReceiptSettings, Remade,
    SendFault, Service, Settings, Watched, upkeep,
};
use countersign_store::sqlite::restore::{Request, restore};
use countersign_store::sqlite::{Options, SqliteStore, backup};
use tempfile::TempDir;

pub const APP: Holder = Holder::App(AppId::from_bytes([3; 16]));

pub struct World {
    pub service: Service<SqliteStore>,
    pub pool: HashPool,
    pub clock: Arc<TestClock>,
    pub sender: Arc<Outbox>,
    pub folder: Arc<TempDir>,
    pub observer: Arc<Counted>,
    policy: Policy,
    seed: u64,
}

pub struct TestClock(AtomicI64);

impl TestClock {
    /// Sets the clock, also back.
    pub fn go_to(&self, at: Timestamp) {
        self.0.store(at.millis(), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }

    fn advance(&self, seconds: u32) -> Option<Timestamp> {
        self.0.fetch_add(i64::from(seconds) * 1000, Ordering::SeqCst);
        Some(self.now())
    }
}

/// [`Outbox::broken`]: the gateway does not answer in time.
pub const IN_DOUBT: u32 = 2;
/// [`Outbox::broken`]: the gateway never answers, and nobody stops waiting.
pub const NEVER: u32 = 3;

#[derive(Default)]
pub struct Outbox {
    pub sent: Mutex<Vec<Message>>,
    pub broken: AtomicU32,
    /// How many messages it never answers to.
    pub hanging: AtomicU32,
}

impl CodeSender for Outbox {
    fn send<'a>(
        &'a self,
        message: &'a Message,
    ) -> Pin<Box<dyn Future<Output = Result<Handed, SendFault>> + Send + 'a>> {
        Box::pin(async move {
            match self.broken.load(Ordering::SeqCst) {
                0 => {}
                IN_DOUBT => return Err(SendFault::in_doubt("the gateway did not answer".to_owned())),
                NEVER => {
                    self.hanging.fetch_add(1, Ordering::SeqCst);
                    core::future::pending::<()>().await;
                }
                _ => return Err(SendFault::refused("the gateway is down".to_owned())),
            }
            self.sent.lock().expect("not poisoned").push(message.clone());
            Ok(Handed::ONCE)
        })
    }

    fn outbox(&self) -> Option<Vec<Message>> {
        Some(self.sent.lock().expect("not poisoned").clone())
    }
}

/// What the service told of sprays and of verifiers that are remade.
#[derive(Default)]
pub struct Counted {
    pub tripped: Mutex<Vec<(Watched, Tripped)>>,
    pub spray_refused: AtomicU32,
    pub remade: Mutex<Vec<Remade>>,
    pub stopped: Mutex<Vec<(String, CodeStop)>>,
    pub spent: Mutex<Money>,
}

impl Observer for Counted {
    fn guess_charged(&self, _: Kind) {}
    fn counted(&self, _: countersign_domain::event::Counted) {}
    fn refused_locked(&self, _: Kind) {}
    fn spray_tripped(&self, watch: Watched, tripped: Tripped) {
        self.tripped.lock().expect("not poisoned").push((watch, tripped));
    }
    fn spray_refused(&self, _: Watched) {
        self.spray_refused.fetch_add(1, Ordering::SeqCst);
    }
    fn common_secret(&self, _: Kind, _: bool) {}
    fn code_sent(&self, _: Purpose, _: bool) {}
    fn code_stopped(&self, prefix: &Prefix, why: CodeStop) {
        self.stopped.lock().expect("not poisoned").push((prefix.to_string(), why));
    }
    fn code_spent(&self, _: &Prefix, cost: Money) {
        let mut spent = self.spent.lock().expect("not poisoned");
        *spent = *spent + cost;
    }
    fn verifier_remade(&self, what: Remade) {
        self.remade.lock().expect("not poisoned").push(what);
    }
}

impl World {
    pub async fn new() -> Self {
        Self::with(Policy::default(), 512).await
    }

    pub async fn with(policy: Policy, queue: usize) -> Self {
        let folder = Arc::new(tempfile::tempdir().expect("a temporary folder"));
        let clock = Arc::new(TestClock(AtomicI64::new(1_800_000_000_000)));
        Self::open(folder, clock, policy, queue, 1).await
    }

    /// Starts again on the same folder and at the same time, as after a restart.
    pub async fn restart(self, seed: u64) -> Self {
        let Self { service, pool, clock, folder, policy, .. } = self;
        drop((service, pool));
        Self::open(folder, clock, policy, 512, seed).await
    }

    /// Backs up, starts nothing, restores, and starts again: as an operator would.
    pub async fn restore(self) -> Self {
        let folder = Arc::clone(&self.folder);
        let (database, backup) = (folder.path().join("test.db"), folder.path().join("backup"));
        backup::create(&database, &backup, &mut |_| ()).expect("backs up");
        let Self { service, pool, clock, seed, policy, .. } = self;
        drop((service, pool));
        let origin = origin();
        let scene = Scene { now: clock.now(), policy: &policy, origin: &origin };
        let request = Request {
            backup: &backup,
            database: &database,
            without_present: false,
            clock_behind: false,
            drawn: seed,
        };
        restore(request, &scene, &|_| Ok(()), &mut |_| ()).expect("restores");
        Self::open(folder, clock, policy, 512, seed + 1).await
    }

    /// Starts again with other hash parameters.
    pub async fn restart_with(self, params: Params) -> Self {
        let Self { service, pool, clock, folder, seed, policy, .. } = self;
        drop((service, pool));
        Self::open_with(folder, clock, policy, seed + 1, pool_of(512, params)).await
    }

    /// Starts again with the cheapest hash parameters and verifies nothing that costs more.
    pub async fn restart_with_the_lowest_ceiling(self) -> Self {
        let Self { service, pool: before, clock, folder, seed, policy, .. } = self;
        drop((service, before));
        let config = PoolConfig { ceiling: Params::CHEAP, ..pool_of(512, Params::CHEAP) };
        Self::open_with(folder, clock, policy, seed + 1, config).await
    }

    /// A second process on the same folder, as the command line beside a running server.
    pub async fn beside(&self) -> Self {
        let (folder, clock, policy) = (self.folder.clone(), self.clock.clone(), self.policy.clone());
        Self::open(folder, clock, policy, 512, self.seed + 99).await
    }

    async fn open(
        folder: Arc<TempDir>,
        clock: Arc<TestClock>,
        policy: Policy,
        queue: usize,
        seed: u64,
    ) -> Self {
        Self::open_with(folder, clock, policy, seed, pool_of(queue, Params::CHEAP)).await
    }

    async fn open_with(
        folder: Arc<TempDir>,
        clock: Arc<TestClock>,
        policy: Policy,
        seed: u64,
        config: PoolConfig,
    ) -> Self {
        let store = SqliteStore::open(folder.path().join("test.db"), Options::default()).expect("a database");
        let entropy = Arc::new(SeededEntropy::new(seed));
        let master = MasterKey::generate(&SeededEntropy::new(42));
        let keyring = upkeep::open_keyring(&store, &master, entropy.as_ref()).await.expect("keys");
        let pool = HashPool::start(config).expect("a pool");
        let sender = Arc::new(Outbox::default());
        let observer = Arc::new(Counted::default());
        let settings = settings(policy.clone());
        let service = Service::new(Parts {
            store,
            master,
            keyring,
            pool: pool.clone(),
            clock: clock.clone(),
            entropy,
            sender: sender.clone(),
            observer: observer.clone(),
            settings,
        });
        Self { service, pool, clock, sender, folder, observer, policy, seed }
    }

    pub async fn run(&self, command: Command) -> Result<Reply, Refusal> {
        self.done(command).await.map(|done| done.reply)
    }

    pub async fn done(&self, command: Command) -> Result<Done, Refusal> {
        self.ask(command, Context::of(origin())).await
    }

    pub async fn ask(&self, command: Command, context: Context) -> Result<Done, Refusal> {
        self.service.execute(command, context).await.expect("no fault of ours")
    }

    /// An account with these first secrets.
    pub async fn account(&self, username: &str, secrets: &[(Kind, &str)]) -> AccountId {
        self.account_at(username, &["13812345678"], secrets).await
    }

    /// An account with these mobile numbers and first secrets.
    pub async fn account_at(&self, username: &str, mobiles: &[&str], secrets: &[(Kind, &str)]) -> AccountId {
        let new = NewAccount {
            username: Name::parse(username),
            user_id: None,
            agent: None,
            mobiles: mobiles.iter().filter_map(|mobile| Mobile::parse(mobile)).collect(),
            wallet: None,
            secrets: secrets.iter().map(|(kind, text)| (*kind, secret(text))).collect(),
        };
        match self.run(Command::CreateAccount(Box::new(new))).await {
            Ok(Reply::AccountCreated(view)) => view.id,
            other => panic!("no account: {:?}", other.err()),
        }
    }

    pub async fn verify(
        &self,
        account: AccountId,
        kind: Kind,
        guess: &str,
    ) -> Result<Option<Timestamp>, Refusal> {
        match self.run(verify(account, kind, guess)).await? {
            Reply::Verified { fresh_until, .. } => Ok(fresh_until),
            _ => panic!("verify answers with Verified"),
        }
    }

    pub async fn code(&self, account: AccountId, purpose: Purpose) -> SecretText {
        let issue = Command::IssueCode { subject: Subject::Account(account), purpose, mobile: None };
        self.run(issue).await.expect("a code");
        self.sender.outbox().expect("kept").last().expect("sent").code.clone()
    }

    pub fn comparisons(&self, kind: Kind) -> u64 {
        self.pool.counts().real(kind)
    }

    pub fn decoys(&self, kind: Kind) -> u64 {
        self.pool.counts().decoy(kind)
    }
}

fn pool_of(queue: usize, params: Params) -> PoolConfig {
    let workers = NonZeroUsize::new(2).expect("two");
    // How long a hash takes is no part of these tests.
    PoolConfig { workers, queue, target: None, nice: 0, ..PoolConfig::new(params) }
}

pub fn settings(policy: Policy) -> Settings {
    Settings {
        policy,
        dev: false,
        app_token_life: Span::from_hours(2),
        idempotency_life: Span::from_hours(24),
        brand: "Test".to_owned(),
        message_lang: Lang::En,
        receipts: ReceiptSettings::default(),
        outward: countersign_service::Outward::default(),
    }
}

pub fn origin() -> Origin {
    Origin { dialect: "test".to_owned(), actor: Actor::Nobody, request_id: "r".to_owned() }
}

pub fn plain(text: &str) -> Presented {
    Presented::Plain(SecretText::new(text.to_owned()))
}

pub fn secret(text: &str) -> NewSecret {
    NewSecret { presented: plain(text), chars: (6, 64), refuse_common: true }
}

pub fn verify(account: AccountId, kind: Kind, guess: &str) -> Command {
    Command::Verify { subject: Subject::Account(account), kind, presented: plain(guess), holder: Some(APP) }
}

pub fn change(account: AccountId, kind: Kind, old: &str, new: &str) -> Command {
    Command::ChangeSecret { subject: Subject::Account(account), kind, old: plain(old), new: secret(new) }
}

pub fn reset(account: AccountId, kind: Kind, code: &SecretText, new: &str) -> Command {
    let (subject, purpose) = (Subject::Account(account), Purpose::reset_of(kind));
    Command::ResetByCode { subject, kind, purpose, code: code.clone(), mobile: None, new: secret(new) }
}

pub fn open(username: &str, login: &str) -> Command {
    let username = Name::parse(username).expect("a name");
    Command::OpenSession { username, login: plain(login), expires_in_s: Some(3600) }
}

/// A request from a person at this address.
pub fn from_address(address: &str) -> Context {
    let network = Some(Network::of(address.parse().expect("an address")));
    Context { network, ..Context::of(origin()) }
}

/// A request from a device that brings this.
pub fn from_device(device: DevicePresented) -> Context {
    Context { device, ..Context::of(origin()) }
}
