//! `countersign serve`: production.

use std::net::SocketAddr;
use std::sync::Arc;

use countersign_crypto::entropy::OsEntropy;
use countersign_domain::secret::SecretText;
use countersign_service::Clock as _;

use crate::cli::records::Records;
use crate::cli::{ConfigFile, Done, Failure, output, parts, runtime};
use crate::clock::SystemClock;
use crate::config::{Config, Loaded, Secret, Setting, Sources};
use crate::logs::{self, LogHandle};
use crate::metrics::Metrics;
use crate::run::{self, Means, Reload, Reloaded};

/// Settings that are read once; a reload only says that they changed.
const AT_START: [&str; 8] =
    ["server.", "store.", "keys.", "hash.", "admission.", "codes.sender.", "log.format", "oidc."];

/// Run in production.
#[derive(clap::Args)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    file: ConfigFile,
    /// Address and port of the public listener.
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// Address and port of the admin listener.
    #[arg(long, value_name = "ADDRESS:PORT")]
    admin_listen: Option<SocketAddr>,
}

pub(crate) fn run(args: &ServeArgs) -> Done {
    let sources = Sources { flags: listen_flags(args.listen, args.admin_listen), ..args.file.sources() };
    let Loaded { config, settings } = sources.load()?;
    let master = parts::master_key(&config)?;
    let log = start_log(&config.log)?;
    let metrics = Arc::new(Metrics::new(SystemClock.now()));
    let sender =
        run::sender(&config, Arc::clone(&metrics) as _).map_err(|error| Failure::Usage(error.to_string()))?;
    runtime()?.block_on(async {
        let store = parts::open_store(&config).await?;
        let means = Means {
            clock: Arc::new(SystemClock),
            entropy: Arc::new(OsEntropy),
            metrics,
            sender,
            master,
            dev: false,
            reload: Some(reload(sources, Started::of(&config, settings), log, store.clone(), false)),
        };
        let site = run::assemble(&config, store, means).await.map_err(|error| Failure::failed(&error))?;
        let ready =
            |bound: run::Bound| tracing::info!(public = %bound.public, admin = %bound.admin, "serving");
        run::serve(site, ready).await.map_err(|error| Failure::failed(&error))
    })
}

/// Starts the log of a server.
pub(crate) fn start_log(log: &crate::config::Log) -> Result<LogHandle, Failure> {
    crate::http::quiet_panics();
    logs::start(log, output::colours()).map_err(|error| Failure::Usage(error.to_string()))
}

/// What the server was started with.
pub(crate) struct Started {
    settings: Vec<Setting>,
    secrets: Secrets,
}

/// The secrets among what is read only at the start. They are masked among the settings, so a change of one does
/// not show there.
type Secrets = [(&'static str, Option<SecretText>); 5];

impl Started {
    /// What was loaded.
    pub(crate) fn of(config: &Config, settings: Vec<Setting>) -> Self {
        Self { settings, secrets: secrets(config) }
    }
}

fn secrets(config: &Config) -> Secrets {
    let sender = &config.codes.sender;
    let text = |secret: &Option<Secret>| secret.as_ref().map(|secret| secret.text().clone());
    [
        ("keys.master_key", text(&config.keys.master_key)),
        ("codes.sender.webhook.secret", text(&sender.webhook.secret)),
        ("codes.sender.smtp.password", text(&sender.smtp.password)),
        ("store.postgres.url", text(&config.store.postgres.url)),
        ("store.postgres.password", text(&config.store.postgres.password)),
    ]
}

/// What SIGHUP does: reads the same sources again. The log's filter and the gate before the records it sets itself.
pub(crate) fn reload(
    sources: Sources,
    started: Started,
    log: LogHandle,
    records: Records,
    dev: bool,
) -> Reload {
    Box::new(move || {
        let Loaded { config, settings } = sources.load().map_err(|error| error.to_string())?;
        log.reload(&config.log).map_err(|error| error.to_string())?;
        if records.is_closed() != config.store.read_only {
            tracing::warn!(read_only = config.store.read_only, "whether anything is written has changed");
        }
        records.close(config.store.read_only);
        for setting in changed_too_late(&started, &config, &settings) {
            tracing::warn!(setting, "this setting has changed; it takes effect with the next start");
        }
        Ok(Reloaded {
            settings: config.service_settings(dev),
            registry: run::registry(&config.dialects, dev),
            server: config.server,
        })
    })
}

/// What the two flags that `serve` and `dev` share set.
pub(crate) fn listen_flags(
    listen: Option<SocketAddr>,
    admin_listen: Option<SocketAddr>,
) -> Vec<(&'static str, &'static str, String)> {
    let flags =
        [("server.listen", "--listen", listen), ("server.admin_listen", "--admin-listen", admin_listen)];
    flags.into_iter().filter_map(|(path, flag, value)| Some((path, flag, value?.to_string()))).collect()
}

/// Names of settings that differ, but are read only at the start. TLS is the part of `server` that is not, and whether
/// anything is written that of `store`.
fn changed_too_late<'a>(started: &Started, config: &Config, now: &'a [Setting]) -> Vec<&'a str> {
    let at_once = |path: &str| path.contains("tls.") || path == "store.read_only";
    let late = |path: &str| AT_START.iter().any(|start| path.starts_with(start)) && !at_once(path);
    let secrets = secrets(config);
    let secret =
        |path: &str| started.secrets.iter().zip(&secrets).any(|(old, new)| new.0 == path && old.1 != new.1);
    let changed = |old: &Setting, new: &Setting| old.value != new.value || secret(&new.path);
    let pairs = started.settings.iter().zip(now).filter(|(old, new)| late(&new.path) && changed(old, new));
    pairs.map(|(_, new)| new.path.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(variables: &[(&str, &str)]) -> Loaded {
        let environment = variables.iter().copied().collect();
        let loaded = Sources { environment, ..Sources::default() }.load();
        loaded.unwrap_or_else(|error| panic!("{error}"))
    }

    fn late(before: &[(&str, &str)], after: &[(&str, &str)]) -> Vec<String> {
        let (Loaded { config, settings }, now) = (load(before), load(after));
        let started = Started::of(&config, settings);
        changed_too_late(&started, &now.config, &now.settings).into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn tells_what_a_reload_cannot_change() {
        let now = [
            ("COUNTERSIGN_SERVER__LISTEN", "127.0.0.1:9"),
            ("COUNTERSIGN_LOG", "debug"),
            ("COUNTERSIGN_STORE__READ_ONLY", "true"),
            ("COUNTERSIGN_POLICY__GUESSES__BURST", "3"),
        ];
        assert_eq!(late(&[], &now), ["server.listen"]);
    }

    #[test]
    fn tells_that_a_secret_has_changed_although_it_is_masked() {
        let (first, second) = ("A".repeat(43), format!("B{}", "A".repeat(42)));
        let key = |key| [("COUNTERSIGN_KEYS__MASTER_KEY", key), ("COUNTERSIGN_LOG", "info")];
        assert_eq!(late(&[], &key(&first)), ["keys.master_key"]);
        assert_eq!(late(&key(&first), &key(&second)), ["keys.master_key"]);
        assert!(late(&key(&first), &key(&first)).is_empty());
    }
}
