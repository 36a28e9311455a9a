//! What a configuration becomes: the database, the keys.

use core::num::NonZeroUsize;
use std::fs::DirBuilder;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use countersign_crypto::engine::{EngineChoice, HashPool, Params, PoolConfig, self_check};
use countersign_crypto::entropy::OsEntropy;
use countersign_crypto::seal::MasterKey;
use countersign_domain::code::Purpose;
use countersign_domain::secret::Kind;
use countersign_domain::spray::Tripped;
use countersign_service::upkeep::open_keyring;
use countersign_service::{Observer, Parts, Service, Watched};
use countersign_store::sqlite::{Options, SqliteStore};

use crate::cli::{Failure, durable};
use crate::clock::SystemClock;
use crate::config::{Config, StoreKind};
use crate::senders::NoSender;

/// Opens the database, creating it or bringing it up to date. Blocks.
///
/// # Errors
/// The directory or the database cannot be used, or a newer server wrote it.
pub fn open_store(config: &Config) -> Result<SqliteStore, Failure> {
    open_store_with(config, Options::default())
}

fn open_store_with(config: &Config, mut options: Options) -> Result<SqliteStore, Failure> {
    let StoreKind::Sqlite = config.store.kind;
    create_private(&config.store.path)?;
    let path = config.store.database();
    options.gathering.delay = Duration::from_micros(config.store.commit_delay_us.into());
    SqliteStore::open(&path, options).map_err(|error| Failure::Failed(format!("{}: {error}", path.display())))
}

/// The master key.
///
/// # Errors
/// It is not set, or what was set is none.
pub fn master_key(config: &Config) -> Result<MasterKey, Failure> {
    let key = config.master_key().map_err(|error| Failure::Usage(format!("keys.master_key: {error}")))?;
    key.ok_or_else(|| {
        Failure::Usage(
            "there is no master key. Everything in the database is sealed under it, and it is kept outside.\n\
             For a new database, make one:   countersign keygen --out master.key\n\
             Then name the file:             COUNTERSIGN_KEYS__MASTER_KEY_FILE=master.key\n\
             or in the configuration file:   [keys] master_key_file = \"master.key\"\n\
             or give the key itself:         COUNTERSIGN_KEYS__MASTER_KEY"
                .to_owned(),
        )
    })
}

/// A service for subcommands that present no secret: it can look after keys and apps, beside a running server.
///
/// # Errors
/// The database or its keys cannot be opened.
pub(crate) async fn offline_service(config: &Config) -> Result<Service<SqliteStore>, Failure> {
    let pool = PoolConfig {
        workers: NonZeroUsize::MIN,
        queue: 0,
        params: Params::CHEAP,
        ceiling: Params::CHEAP,
        choice: EngineChoice::Reference,
        // Nobody else works in this process.
        target: None,
        nice: 0,
    };
    service_with(config, pool, Options::default()).await
}

/// A service for an import: it can also hash new secrets, as the server would, for a database that is there, and its store
/// is one that writes much.
///
/// # Errors
/// As [`existing_service`]; or the numbers of section `hash` do not fit together.
pub(crate) async fn importing_service(
    config: &Config,
) -> Result<(Service<SqliteStore>, PoolConfig), Failure> {
    let pool = config.pool().map_err(|error| Failure::Usage(format!("hash: {error}")))?;
    self_check().map_err(|error| Failure::failed(&error))?;
    expect_database(config)?;
    let options = Options { bulk: true, ..Options::default() };
    Ok((service_with(config, pool, options).await?, pool))
}

async fn service_with(
    config: &Config,
    pool: PoolConfig,
    options: Options,
) -> Result<Service<SqliteStore>, Failure> {
    let master = master_key(config)?;
    let store = open_store_with(config, options)?;
    let keyring = open_keyring(&store, &master, &OsEntropy).await.map_err(|error| Failure::failed(&error))?;
    Ok(Service::new(Parts {
        store,
        master,
        keyring,
        pool: HashPool::start(pool).map_err(|error| Failure::failed(&error))?,
        clock: Arc::new(SystemClock),
        entropy: Arc::new(OsEntropy),
        sender: Arc::new(NoSender),
        observer: Arc::new(Unobserved),
        settings: config.service_settings(false),
    }))
}

/// The same for a database that is there. A missing one is not made: success about a new one would mislead.
///
/// # Errors
/// As [`offline_service`]; or there is no database.
pub(crate) async fn existing_service(config: &Config) -> Result<Service<SqliteStore>, Failure> {
    expect_database(config)?;
    offline_service(config).await
}

fn expect_database(config: &Config) -> Result<(), Failure> {
    let path = config.store.database();
    if path.exists() {
        return Ok(());
    }
    Err(Failure::Failed(format!("there is no database at {}; see store.path", path.display())))
}

/// Creates a directory that only its owner can enter, so that it outlives a power cut. One that is there stays as it
/// is.
pub(crate) fn create_private(path: &Path) -> Result<(), Failure> {
    let missing: Vec<&Path> = path.ancestors().take_while(|path| !path.exists()).collect();
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let created = builder.create(path).and_then(|()| missing.into_iter().try_for_each(durable::keep_name));
    created.map_err(|error| {
        Failure::Failed(format!("the directory {} cannot be created: {error}", path.display()))
    })
}

/// Nobody watches a subcommand that makes no guess.
struct Unobserved;

impl Observer for Unobserved {
    fn guess_charged(&self, _: Kind) {}
    fn locked(&self, _: Kind) {}
    fn refused_locked(&self, _: Kind) {}
    fn spray_tripped(&self, _: Watched, _: Tripped) {}
    fn spray_refused(&self, _: Watched) {}
    fn common_secret(&self, _: Kind, _: bool) {}
    fn code_sent(&self, _: Purpose, _: bool) {}
}
