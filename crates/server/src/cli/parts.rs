//! What a configuration becomes: the database, the keys.

use core::num::NonZeroUsize;
use std::fs::DirBuilder;
use std::path::Path;
use std::sync::Arc;

use countersign_crypto::engine::{EngineChoice, HashPool, Params, PoolConfig, self_check};
use countersign_crypto::entropy::OsEntropy;
use countersign_crypto::seal::MasterKey;
use countersign_domain::code::Purpose;
use countersign_domain::event::Counted;
use countersign_domain::secret::Kind;
use countersign_domain::spray::Tripped;
use countersign_service::upkeep::open_keyring;
use countersign_service::{Observer, Parts, Service, Watched};
use countersign_store::sqlite::{Caches, Older, Options};

use crate::cli::records::{self, Records, expect_database};
use crate::cli::{Failure, durable};
use crate::clock::SystemClock;
use crate::config::Config;
use crate::run::memory_plan;
use crate::senders::NoSender;

/// Opens the database for a server: creates what is missing, or brings it up to date as far as older servers that have it
/// open can live with it.
///
/// # Errors
/// The memory is too little to serve, the database cannot be used or reached, a newer server wrote it, or an older one that
/// still has it open.
pub async fn open_store(config: &Config) -> Result<Records, Failure> {
    let plan = memory_plan(config, &pool(config)?).map_err(|error| Failure::failed(&error))?;
    records::open(config, Options { caches: plan.caches, ..Options::default() }).await
}

fn pool(config: &Config) -> Result<PoolConfig, Failure> {
    config.pool().map_err(|error| Failure::Usage(format!("hash: {error}")))
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
pub(crate) async fn offline_service(config: &Config) -> Result<Service<Records>, Failure> {
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
pub(crate) async fn importing_service(config: &Config) -> Result<(Service<Records>, PoolConfig), Failure> {
    let pool = pool(config)?;
    let plan = memory_plan(config, &pool).map_err(|error| Failure::Usage(error.to_string()))?;
    // Whoever runs a command waits for all of it.
    let pool = PoolConfig { ceiling: plan.ceiling, target: None, ..pool };
    self_check().map_err(|error| Failure::failed(&error))?;
    expect_database(config)?;
    let options = Options { bulk: true, caches: bulk_caches(plan.caches), ..Options::default() };
    Ok((service_with(config, pool, options).await?, pool))
}

/// An import falls anywhere into a database of many accounts, so where memory is not scarce it keeps more of it.
fn bulk_caches(planned: Caches) -> Caches {
    if planned == Caches::default() { Caches { writer_kib: 512 * 1024, ..planned } } else { planned }
}

async fn service_with(
    config: &Config,
    pool: PoolConfig,
    options: Options,
) -> Result<Service<Records>, Failure> {
    let master = master_key(config)?;
    // A command beside a server must not change the schema under it.
    let store = records::open(config, Options { older: Older::Refuse, ..options }).await?;
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
pub(crate) async fn existing_service(config: &Config) -> Result<Service<Records>, Failure> {
    expect_database(config)?;
    offline_service(config).await
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
    fn counted(&self, _: Counted) {}
    fn refused_locked(&self, _: Kind) {}
    fn spray_tripped(&self, _: Watched, _: Tripped) {}
    fn spray_refused(&self, _: Watched) {}
    fn common_secret(&self, _: Kind, _: bool) {}
    fn code_sent(&self, _: Purpose, _: bool) {}
}
