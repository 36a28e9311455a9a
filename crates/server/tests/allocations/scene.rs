//! A server without sockets: requests go straight to the public listener's handler.

use core::num::NonZeroUsize;
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use axum::body::Body;
use axum::http::request::Builder;
use axum::http::{Request, StatusCode, header};
use countersign_crypto::engine::{HashPool, Need, Params, PoolConfig, Slot};
use countersign_crypto::entropy::{Entropy, SeededEntropy};
use countersign_crypto::seal::MasterKey;
use countersign_domain::answer::Reply;
use countersign_domain::app::{AppKind, Scopes};
use countersign_domain::ask::{AskFrequency, Holder, WindowOpens};
use countersign_domain::command::{Command, NewAccount, NewSecret, Subject};
use countersign_domain::event::{Actor, Origin};
use countersign_domain::id::AccountId;
use countersign_domain::identifier::{Name, TenantId};
use countersign_domain::lang::Lang;
use countersign_domain::policy::Policy;
use countersign_domain::secret::{Kind, Presented, SecretText};
use countersign_domain::time::Span;
use countersign_server::clock::SystemClock;
use countersign_server::config::{CallerNetwork, Config};
use countersign_server::http::{Handler, Limits, Pipeline};
use countersign_server::metrics::Metrics;
use countersign_server::outward::{Hub, Streams};
use countersign_server::run::registry;
use countersign_server::senders::FakeSender;
use countersign_service::upkeep::open_keyring;
use countersign_service::{Clock, Parts, Service, Settings};
use countersign_store::sqlite::{Options, SqliteStore};
use http_body_util::BodyExt as _;
use tempfile::TempDir;
use tokio::runtime::Runtime;

const LOGIN: &str = "login-Passw0rd";

/// Often enough for every statement to be prepared and every series to be known.
const WARM_UP: usize = 3;

/// A server, a person with an open window, and an app.
pub(crate) struct Scene {
    /// The person's.
    pub(crate) account: AccountId,
    /// The access token of the person's session.
    pub(crate) token: String,
    /// The app's API key.
    pub(crate) key: String,
    pipeline: Arc<Pipeline<SqliteStore>>,
    pool: HashPool,
    runtime: Runtime,
    _directory: TempDir,
}

/// An answer, and how often memory was asked for until it was there.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Vec<u8>,
    pub(crate) allocations: u64,
}

impl Scene {
    pub(crate) fn set() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let directory = tempfile::tempdir().expect("a directory");
        let (service, pool, entropy, metrics) = runtime.block_on(service(&directory));
        let (account, token, key) = runtime.block_on(people(&service));
        let registry = registry(&Config::default().dialects, false);
        let hub = Hub::new(service.clone(), std::time::Duration::from_secs(1));
        let streams = Streams::new(hub, service.clone(), 0);
        let pipeline = Pipeline::new(service, registry, entropy, metrics, limits(), streams);
        Self { account, token, key, pipeline, pool, runtime, _directory: directory }
    }

    /// What a GET comes to when it is polled once: a path that is cheap waits for nobody.
    pub(crate) fn get(&self, path: &str, credential: &str) -> Answer {
        self.warmed_up(|| Request::get(path), credential, "")
    }

    /// As [`Self::get`], a POST of this JSON.
    pub(crate) fn post(&self, path: &str, credential: &str, body: &str) -> Answer {
        self.warmed_up(
            || Request::post(path).header(header::CONTENT_TYPE, "application/json"),
            credential,
            body,
        )
    }

    /// Every place at the hash engine.
    pub(crate) fn every_place(&self) -> Vec<Slot> {
        let place = || self.pool.reserve(Need::one(TenantId::default_tenant())).ok();
        core::iter::from_fn(place).collect()
    }

    fn warmed_up(&self, head: impl Fn() -> Builder, credential: &str, body: &str) -> Answer {
        let _inside = self.runtime.enter();
        let answer = || self.answer(head(), credential, body.to_owned());
        for _ in 0..WARM_UP {
            answer();
        }
        answer()
    }

    fn answer(&self, head: Builder, credential: &str, body: String) -> Answer {
        let head = head
            .header(header::HOST, "127.0.0.1")
            .header(header::AUTHORIZATION, format!("Bearer {credential}"));
        let mut request = Some(head.body(Body::from(body)).expect("a request"));
        let mut answer = None;
        let counted = allocation_counter::measure(|| {
            let request = request.take().expect("it is asked once");
            let from = IpAddr::V4(Ipv4Addr::LOCALHOST);
            let answering = pin!(self.pipeline.handler().handle(from, request));
            answer = match answering.poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(answer) => Some(answer),
                Poll::Pending => None,
            };
        });
        let (head, body) = answer.expect("it is answered at once").into_parts();
        let body = self.runtime.block_on(body.collect()).expect("a body").to_bytes().to_vec();
        Answer { status: head.status, body, allocations: counted.count_total }
    }
}

fn limits() -> Limits {
    Limits {
        body_bytes: 64 * 1024,
        bodies_bytes: 1 << 20,
        requests: 16,
        header_bytes: 16 * 1024,
        body_read: Duration::from_secs(10),
        request: Duration::from_secs(10),
        trusted_proxies: Vec::new(),
        caller_network: CallerNetwork::Peer,
        tls: false,
    }
}

async fn service(directory: &TempDir) -> (Service<SqliteStore>, HashPool, Arc<dyn Entropy>, Arc<Metrics>) {
    let store = SqliteStore::open(directory.path().join("cheap.db"), Options::default()).expect("a database");
    let entropy: Arc<dyn Entropy> = Arc::new(SeededEntropy::new(7));
    let clock = Arc::new(SystemClock);
    let metrics = Arc::new(Metrics::new(clock.now()));
    let config = PoolConfig { workers: NonZeroUsize::MIN, queue: 4, ..PoolConfig::new(Params::CHEAP) };
    let pool = HashPool::start(config).expect("a pool");
    let master = MasterKey::generate(entropy.as_ref());
    let keyring = open_keyring(&store, &master, entropy.as_ref()).await.expect("new keys");
    let settings = Settings {
        policy: Policy::default(),
        dev: false,
        app_token_life: Span::from_hours(2),
        idempotency_life: Span::from_hours(24),
        brand: "Cheap".to_owned(),
        message_lang: Lang::En,
        receipts: countersign_service::ReceiptSettings::default(),
        outward: countersign_service::Outward::default(),
    };
    let service = Service::new(Parts {
        store,
        master,
        keyring,
        pool: pool.clone(),
        clock,
        entropy: Arc::clone(&entropy),
        sender: Arc::new(FakeSender::default()),
        observer: Arc::clone(&metrics) as _,
        settings,
    });
    (service, pool, entropy, metrics)
}

/// An account with an open window, its session's token, and an app's key.
async fn people(service: &Service<SqliteStore>) -> (AccountId, String, String) {
    let name = || Name::parse("ann").expect("a name");
    let login = || Presented::Plain(SecretText::new(LOGIN.to_owned()));
    let secret = |presented| NewSecret { presented, chars: (6, 64), refuse_common: true };
    let payment = Presented::Plain(SecretText::new("kZ81mq".to_owned()));
    let new = NewAccount {
        username: Some(name()),
        user_id: None,
        agent: None,
        mobiles: Vec::new(),
        wallet: None,
        secrets: vec![(Kind::Login, secret(login())), (Kind::Payment, secret(payment))],
    };
    let Reply::AccountCreated(account) = done(service, Command::CreateAccount(Box::new(new))).await else {
        panic!("an account was asked for")
    };
    let open = Command::OpenSession { username: name(), login: login(), expires_in_s: None };
    let Reply::SessionOpened(session) = done(service, open).await else { panic!("a session was asked for") };
    let choose = Command::ChooseAskFrequency {
        subject: Subject::Account(account.id),
        choice: AskFrequency::Day,
        holder: Holder::Session(session.id),
        opens: WindowOpens::OnSetting,
    };
    done(service, choose).await;
    let app = Command::CreateApp { name: "till".to_owned(), kind: AppKind::Api, scopes: Scopes::all() };
    let Reply::AppCreated(_, key) = done(service, app).await else { panic!("an app was asked for") };
    (account.id, session.access_token.expose().to_owned(), key.expose().to_owned())
}

async fn done(service: &Service<SqliteStore>, command: Command) -> Reply {
    let origin =
        Origin { dialect: "test".to_owned(), actor: Actor::Server, request_id: "req_test".to_owned() };
    let done = service.execute(command, countersign_service::Context::of(origin)).await;
    done.expect("no fault").expect("no refusal").reply
}
