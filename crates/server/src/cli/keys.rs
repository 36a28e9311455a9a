//! `countersign keys`: the keys inside the database.

use std::io::{IsTerminal, stderr};
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Subcommand};
use countersign_crypto::engine::{EngineChoice, HashPool, Params, PoolConfig};
use countersign_crypto::entropy::OsEntropy;
use countersign_domain::code::Purpose;
use countersign_domain::secret::Kind;
use countersign_service::upkeep::open_keyring;
use countersign_service::{Observer, Parts, Service};
use countersign_store::sqlite::SqliteStore;
use indicatif::{ProgressBar, ProgressDrawTarget};

use crate::cli::output::{self, OutputFormat};
use crate::cli::{ConfigFile, Done, Failure, parts, runtime};
use crate::clock::SystemClock;
use crate::config::Config;
use crate::senders::NoSender;

/// Manage the keys inside the database.
#[derive(Args)]
pub(crate) struct KeysArgs {
    #[command(subcommand)]
    command: KeysCommand,
}

#[derive(Subcommand)]
enum KeysCommand {
    /// Add a data key and re-seal everything under it. May run beside a running server.
    Rotate(RotateArgs),
}

#[derive(Args)]
struct RotateArgs {
    #[command(flatten)]
    file: ConfigFile,
    /// Form of the output.
    #[arg(long, value_enum, default_value_t)]
    output: OutputFormat,
}

pub(crate) fn run(args: &KeysArgs) -> Done {
    let KeysCommand::Rotate(args) = &args.command;
    let config = args.file.sources().load()?.config;
    runtime()?.block_on(rotate(&config, args.output))
}

async fn rotate(config: &Config, form: OutputFormat) -> Done {
    let service = service(config).await?;
    let key = service.rotate_key().await.map_err(|error| Failure::failed(&error))?;
    let bar = bar();
    let resealed = service.reseal(|so_far| bar.set_position(so_far.seen)).await;
    bar.finish_and_clear();
    let resealed = resealed.map_err(|error| {
        Failure::Failed(format!("data key {key} was added, but re-sealing stopped: {error}. Run it again."))
    })?;
    output::tell("Send SIGHUP to every running server, so that it seals under the new key as well.");
    output::data(&match form {
        OutputFormat::Table => {
            format!("data key {key}: {} of {} records re-sealed", resealed.changed, resealed.seen)
        }
        OutputFormat::Json => {
            serde_json::json!({ "data_key": key, "seen": resealed.seen, "resealed": resealed.changed })
                .to_string()
        }
    })
}

/// A service that can look after keys, and nothing else: nobody presents a secret to it.
async fn service(config: &Config) -> Result<Service<SqliteStore>, Failure> {
    let master = parts::master_key(config)?;
    let path = config.store.database();
    if !path.exists() {
        // Opening would make a new database, with new keys, and report success about it.
        return Err(Failure::Failed(format!("there is no database at {}; see store.path", path.display())));
    }
    let store = parts::open_store(config)?;
    let keyring = open_keyring(&store, &master, &OsEntropy).await.map_err(|error| Failure::failed(&error))?;
    let pool = PoolConfig {
        workers: core::num::NonZeroUsize::MIN,
        queue: 0,
        params: Params::CHEAP,
        ceiling: Params::CHEAP,
        choice: EngineChoice::Reference,
    };
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

fn bar() -> ProgressBar {
    // No animation into a file: a log is read line by line.
    let target =
        if stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(None, target).with_message("records re-sealed");
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

/// Nobody watches a subcommand that makes no guess.
struct Unobserved;

impl Observer for Unobserved {
    fn guess_charged(&self, _: Kind) {}
    fn locked(&self, _: Kind) {}
    fn refused_locked(&self, _: Kind) {}
    fn common_secret(&self, _: Kind, _: bool) {}
    fn code_sent(&self, _: Purpose, _: bool) {}
}
