//! `countersign serve`: production.

use std::net::SocketAddr;
use std::sync::Arc;

use countersign_crypto::entropy::OsEntropy;

use crate::cli::{ConfigFile, Done, Failure, output, parts, runtime};
use crate::clock::SystemClock;
use crate::config::{Loaded, Setting, Sources};
use crate::logs::{self, LogHandle};
use crate::run::{self, Means, Reload, Reloaded};

/// Settings that are read once; a reload only says that they changed.
const AT_START: [&str; 5] = ["server.", "store.", "hash.", "codes.sender.", "log.format"];

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
    let means = Means {
        clock: Arc::new(SystemClock),
        entropy: Arc::new(OsEntropy),
        sender: run::sender(&config.codes).map_err(|error| Failure::Usage(error.to_string()))?,
        master,
        dev: false,
        reload: Some(reload(sources, settings, log, false)),
    };
    runtime()?.block_on(async {
        let store = parts::open_store(&config)?;
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

/// What SIGHUP does: reads the same sources again. `started` are the settings that the server was started with.
pub(crate) fn reload(sources: Sources, started: Vec<Setting>, log: LogHandle, dev: bool) -> Reload {
    Box::new(move || {
        let Loaded { config, settings } = sources.load().map_err(|error| error.to_string())?;
        log.reload(&config.log).map_err(|error| error.to_string())?;
        for setting in changed_too_late(&started, &settings) {
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

/// Names of settings that differ, but are read only at the start. TLS is the part of `server` that is not.
fn changed_too_late<'a>(started: &[Setting], now: &'a [Setting]) -> Vec<&'a str> {
    let late = |path: &str| AT_START.iter().any(|start| path.starts_with(start)) && !path.contains("tls.");
    let pairs = started.iter().zip(now).filter(|(old, new)| late(&new.path) && old.value != new.value);
    pairs.map(|(_, new)| new.path.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_what_a_reload_cannot_change() {
        let load = |variables: &[(&str, &str)]| {
            let environment = variables.iter().copied().collect();
            Sources { environment, ..Sources::default() }.load().map(|loaded| loaded.settings)
        };
        let started = load(&[]);
        let now = load(&[
            ("COUNTERSIGN_SERVER__LISTEN", "127.0.0.1:9"),
            ("COUNTERSIGN_LOG", "debug"),
            ("COUNTERSIGN_POLICY__GUESSES__BURST", "3"),
        ]);
        let (Ok(started), Ok(now)) = (started, now) else { panic!("both are valid") };
        assert_eq!(changed_too_late(&started, &now), ["server.listen"]);
    }
}
