//! A whole server in this process, on free ports of this machine.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use countersign_crypto::engine::{HashPool, Params, PoolConfig};
use countersign_crypto::entropy::{Entropy, SeededEntropy};
use countersign_crypto::seal::MasterKey;
use countersign_dialects::Registry;
use countersign_domain::lang::Lang;
use countersign_domain::policy::Policy;
use countersign_domain::time::Span;
use countersign_server::clock::SystemClock;
use countersign_server::config::Server;
use countersign_server::metrics::Metrics;
use countersign_server::run::{Bound, Reload, Running, Site, start};
use countersign_server::senders::FakeSender;
use countersign_service::upkeep::open_keyring;
use countersign_service::{Clock, Parts, ReceiptSettings, Service, Settings};
use countersign_store::sqlite::{Options, SqliteStore};
use tempfile::TempDir;

use crate::probe::{Keeper, Probe};

/// A running server, the gate of its dialect, and its directory, which must outlive it.
pub(crate) struct Scene {
    pub(crate) running: Running<SqliteStore>,
    pub(crate) at: Bound,
    pub(crate) keeper: Keeper,
    directory: TempDir,
}

impl Scene {
    /// The store's file.
    pub(crate) fn database(&self) -> PathBuf {
        self.directory.path().join(DATABASE)
    }
}

const DATABASE: &str = "probe.db";

/// Starts one with these limits.
pub(crate) async fn scene(server: Server) -> Scene {
    with_reload(server, None).await
}

/// The same, with a reload.
pub(crate) async fn with_reload(server: Server, reload: Option<Reload>) -> Scene {
    let (probe, keeper) = Probe::new("hello");
    let (site, directory) = site(server, Registry::new(vec![probe]), reload).await;
    let running = start(site).await.expect("free ports on this machine");
    Scene { at: running.bound(), running, keeper, directory }
}

/// The usual limits, on free ports.
pub(crate) fn server() -> Server {
    let free = "127.0.0.1:0".parse().expect("an address");
    Server { listen: free, admin_listen: free, ..Server::default() }
}

pub(crate) fn settings() -> Settings {
    Settings {
        policy: Policy::default(),
        dev: false,
        app_token_life: Span::from_hours(2),
        idempotency_life: Span::from_hours(24),
        brand: "Probe".to_owned(),
        message_lang: Lang::En,
        receipts: ReceiptSettings::default(),
        outward: countersign_service::Outward::default(),
    }
}

/// The parts of a server with a store of its own.
pub(crate) async fn site(
    server: Server,
    registry: Registry,
    reload: Option<Reload>,
) -> (Site<SqliteStore>, TempDir) {
    let directory = tempfile::tempdir().expect("a directory");
    let store =
        SqliteStore::open(directory.path().join(DATABASE), Options::default()).expect("a new database");
    let entropy: Arc<dyn Entropy> = Arc::new(SeededEntropy::new(7));
    let clock = Arc::new(SystemClock);
    let metrics = Arc::new(Metrics::new(clock.now()));
    let config =
        PoolConfig { workers: NonZeroUsize::MIN, queue: 4, target: None, ..PoolConfig::new(Params::CHEAP) };
    let pool = HashPool::start_observed(config, Arc::clone(&metrics) as _).expect("a pool");
    let master = MasterKey::generate(entropy.as_ref());
    let keyring = open_keyring(&store, &master, entropy.as_ref()).await.expect("new keys");
    let service = Service::new(Parts {
        store: store.clone(),
        master,
        keyring,
        pool: pool.clone(),
        clock,
        entropy: Arc::clone(&entropy),
        sender: Arc::new(FakeSender::default()),
        observer: Arc::clone(&metrics) as _,
        settings: settings(),
    });
    let (events, courier) = (countersign_server::config::Events::default(), None);
    let provider = None;
    (
        Site { service, store, pool, registry, entropy, metrics, server, events, courier, provider, reload },
        directory,
    )
}
