//! `countersign dev`: on this machine only, with a demo tenant and nothing to set up.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use countersign_crypto::entropy::OsEntropy;
use countersign_crypto::seal::MasterKey;
use countersign_domain::secret::SecretText;
use countersign_service::Clock as _;

use crate::cli::dev_clock::KeptClock;
use crate::cli::dev_lines::Lines;
use crate::cli::serve::{Started, listen_flags, reload, start_log};
use crate::cli::{Done, Failure, keygen, output, parts, runtime};
use crate::config::{Config, Environment, Loaded, Sources};
use crate::metrics::Metrics;
use crate::run::{self, Means};
use crate::senders::FakeSender;

/// Where `dev` keeps everything unless told otherwise.
const DATA: &str = "./countersign-data";

/// Run on this machine only, with a demo tenant and nothing to set up.
#[derive(clap::Args)]
pub struct DevArgs {
    /// Directory for everything; created with what is missing in it [default: ./countersign-data].
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Address and port of the public listener.
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// Address and port of the admin listener.
    #[arg(long, value_name = "ADDRESS:PORT")]
    admin_listen: Option<SocketAddr>,
    /// Print one line of JSON instead of words.
    #[arg(long)]
    json: bool,
}

/// Runs until it is told to end.
///
/// # Errors
/// Settings that are not valid, an address that is not this machine's own, or a server that cannot start.
pub fn run(args: &DevArgs) -> Done {
    let sources = sources(args);
    let Loaded { config, settings } = sources.load()?;
    for listen in [config.server.listen, config.server.admin_listen] {
        loopback(listen)?;
    }
    let log = start_log(&config.log)?;
    // The clock and the master key are there also where the records are not.
    parts::create_private(&config.store.path)?;
    let clock = KeptClock::in_folder(&config.store.path).map_err(|error| Failure::failed(&error))?;
    let json = args.json;
    runtime()?.block_on(async {
        let store = parts::open_store(&config).await?;
        let means = Means {
            metrics: Arc::new(Metrics::new(clock.now())),
            clock: Arc::new(clock),
            entropy: Arc::new(OsEntropy),
            sender: Arc::new(FakeSender::default()),
            master: master_key(&config)?,
            dev: true,
            reload: Some(reload(sources, Started::of(&config, settings), log, store.clone(), true)),
        };
        let site = run::assemble(&config, store, means).await.map_err(|error| Failure::failed(&error))?;
        let demo = site.service.seed_demo().await.map_err(|error| Failure::failed(&error))?;
        let ready = |bound: run::Bound| {
            let lines = Lines { demo: &demo, bound, data: &config.store.path };
            let text = if json { lines.json() } else { lines.text() };
            // Nobody reading is no reason to end: the server serves all the same.
            let _ = output::data(&text);
        };
        run::serve(site, ready).await.map_err(|error| Failure::failed(&error))
    })
}

fn sources(args: &DevArgs) -> Sources {
    let mut flags = listen_flags(args.listen, args.admin_listen);
    flags.extend(args.data.as_ref().map(|data| ("store.path", "--data", data.display().to_string())));
    // The fake sender sends nothing, so nothing costs, and codes that a test leaves alone are no fraud.
    let free = [("policy.spend.price_elsewhere", "0"), ("policy.spend.breaker_percent", "0")];
    let free = free.map(|(path, value)| (path, value.to_owned()));
    let base = [("store.path", DATA.to_owned())].into_iter().chain(free).collect();
    Sources { file: None, environment: Environment::of_process(), flags, base, command: "dev" }
}

/// The demo's credentials are printed and its codes can be read, so nobody else may reach it.
fn loopback(listen: SocketAddr) -> Done {
    if listen.ip().is_loopback() {
        return Ok(());
    }
    Err(Failure::Usage(format!(
        "dev listens on this machine only, and {listen} is not a loopback address; for others, use `countersign serve`"
    )))
}

/// The configured master key, or the one beside the data, made when it is missing.
fn master_key(config: &Config) -> Result<MasterKey, Failure> {
    let configured =
        config.master_key().map_err(|error| Failure::Usage(format!("keys.master_key: {error}")))?;
    if let Some(key) = configured {
        return Ok(key);
    }
    let path = config.store.path.join("master.key");
    match fs::read_to_string(&path) {
        Ok(text) => {
            let text = SecretText::new(text.trim_end().to_owned());
            MasterKey::parse(&text).map_err(|error| Failure::Failed(format!("{}: {error}", path.display())))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => make_master_key(&path),
        Err(error) => Err(Failure::Failed(format!("{} cannot be read: {error}", path.display()))),
    }
}

fn make_master_key(path: &Path) -> Result<MasterKey, Failure> {
    let key = MasterKey::generate(&OsEntropy);
    keygen::write_new(path, &key.expose_text())?;
    Ok(key)
}
