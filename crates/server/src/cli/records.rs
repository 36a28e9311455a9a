//! Opens the database, of whichever kind it is.

use std::num::NonZeroUsize;
use std::time::Duration;

use countersign_crypto::entropy::{Draw, OsEntropy};
use countersign_store::postgres::{self, Durability, PostgresStore};
use countersign_store::sqlite::{self, SqliteStore};
use countersign_store::{AnyStore, Gate};

use crate::cli::{Failure, parts};
use crate::config::{Config, StoreKind, SynchronousCommit};
use crate::http::tls;

/// Where this program's records live: either engine, behind a gate that an operator may close for writes.
pub type Records = Gate<AnyStore>;

/// Opens the database: `sqlite` says how an embedded one is used, and of either whether one of an older version is brought
/// up to date.
pub(crate) async fn open(config: &Config, sqlite: sqlite::Options) -> Result<Records, Failure> {
    let store = match config.store.kind {
        StoreKind::Sqlite => AnyStore::Sqlite(embedded(config, sqlite)?),
        StoreKind::Postgres => {
            let older = match sqlite.older {
                sqlite::Older::Update => postgres::Older::Expand,
                sqlite::Older::Refuse => postgres::Older::Refuse,
            };
            let opened = PostgresStore::open(postgres::Options { older, ..shared(config)? }).await;
            AnyStore::Postgres(opened.map_err(|error| Failure::failed(&error))?)
        }
    };
    Ok(Gate::new(store, config.store.read_only))
}

/// The embedded database. Blocks.
pub(crate) fn embedded(config: &Config, mut options: sqlite::Options) -> Result<SqliteStore, Failure> {
    parts::create_private(&config.store.path)?;
    let path = config.store.database();
    options.gathering.delay = delay(config);
    SqliteStore::open(&path, options).map_err(|error| Failure::Failed(format!("{}: {error}", path.display())))
}

/// How the database that many servers share is reached.
pub(crate) fn shared(config: &Config) -> Result<postgres::Options, Failure> {
    let settings = &config.store.postgres;
    let url =
        settings.url.as_ref().ok_or_else(|| Failure::Usage("store.postgres.url is not set".to_owned()))?;
    let own = settings.client_cert.as_deref().zip(settings.client_key.as_deref());
    let tls = settings.ca.as_deref().map(|ca| tls::client_config(ca, own)).transpose();
    let usual = postgres::Options::new(url.text().clone(), OsEntropy.array());
    let options = postgres::Options {
        password: settings.password.as_ref().map(|password| password.text().clone()),
        tls: tls.map_err(|error| Failure::Usage(format!("store.postgres: {error}")))?,
        durability: durability(settings.synchronous_commit),
        require_standby: settings.require_standby,
        writers: some(settings.writers),
        connections: some(settings.connections),
        batch: some(settings.batch),
        statement_timeout: settings.statement_timeout(),
        connect_timeout: settings.connect_timeout(),
        patience: settings.patience(),
        ..usual
    };
    let gathering = sqlite::Gathering { delay: delay(config), ..options.gathering };
    Ok(postgres::Options { gathering, ..options })
}

/// Makes sure that there is a database to work on; a command that would make one by mistake is refused. Whether there is one
/// at another machine is known when it is opened.
pub(crate) fn expect_database(config: &Config) -> Result<(), Failure> {
    let path = config.store.database();
    if config.store.kind == StoreKind::Postgres || path.exists() {
        return Ok(());
    }
    Err(Failure::Failed(format!("there is no database at {}; see store.path", path.display())))
}

fn delay(config: &Config) -> Duration {
    Duration::from_micros(config.store.commit_delay_us.into())
}

const fn durability(least: SynchronousCommit) -> Durability {
    match least {
        SynchronousCommit::Off => Durability::Off,
        SynchronousCommit::Local => Durability::Local,
        SynchronousCommit::RemoteWrite => Durability::RemoteWrite,
        SynchronousCommit::On => Durability::On,
        SynchronousCommit::RemoteApply => Durability::RemoteApply,
    }
}

/// The settings' own bounds keep zero out.
fn some(number: usize) -> NonZeroUsize {
    NonZeroUsize::new(number).unwrap_or(NonZeroUsize::MIN)
}
