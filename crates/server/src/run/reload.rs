//! SIGHUP: settings, dialects, TLS and keys anew, while requests go on. What is wrong changes nothing.

use countersign_dialects::Registry;
use countersign_service::{Settings, Store};

use super::Running;
use crate::config;

/// Reads the settings again, and puts what belongs to the process as a whole (the log filter) in force itself.
/// The error is for the log.
pub type Reload = Box<dyn Fn() -> Result<Reloaded, String> + Send + Sync>;

/// What a reload may change.
pub struct Reloaded {
    /// What the service is told.
    pub settings: Settings,
    /// The dialects.
    pub registry: Registry,
    /// The listeners; only their TLS files are looked at, because a socket cannot be moved.
    pub server: config::Server,
}

impl<S: Store> Running<S> {
    /// Puts new settings in force for requests that begin from now on. Each part that is wrong keeps what it had,
    /// and says why in the log.
    pub async fn reload(&mut self) {
        match self.reload.as_ref().map(|reload| reload()) {
            Some(Ok(Reloaded { settings, registry, server })) => {
                self.service.put_settings(settings);
                if let Err(error) = self.pages.put_registry(&registry) {
                    tracing::error!(%error, "not reloaded: the API document in force stays");
                }
                self.pipeline.put_registry(registry);
                self.server = server;
                tracing::info!("settings reloaded");
            }
            Some(Err(problem)) => tracing::error!(problem, "not reloaded: the settings in force stay"),
            None => {}
        }
        for (serving, tls, section) in [
            (&self.public, &self.server.tls, "server.tls"),
            (&self.admin, &self.server.admin_tls, "server.admin_tls"),
        ] {
            if let Err(error) = serving.reload_tls(tls.files()) {
                tracing::error!(%error, section, "not reloaded: the certificate in force stays");
            }
        }
        match self.service.reload_keys().await {
            Ok(()) => self.reseal(),
            Err(fault) => tracing::error!(%fault, "not reloaded: the keys in force stay"),
        }
        if let Err(fault) = self.service.ready_signing_keys().await {
            tracing::error!(%fault, "not reloaded: the keys that sign receipts stay");
        }
    }

    /// Re-seals in the background whatever is still under an older key. One run at a time.
    pub fn reseal(&mut self) {
        if self.resealing.as_ref().is_some_and(|task| !task.is_finished()) {
            return;
        }
        let (service, stop) = (self.service.clone(), self.stop.clone());
        self.resealing = Some(tokio::spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                resealed = service.reseal(|_| {}) => match resealed {
                    Ok(resealed) if resealed.changed > 0 => {
                        tracing::info!(seen = resealed.seen, changed = resealed.changed, "sealed anew under the newest key");
                    }
                    Ok(_) => {}
                    Err(fault) => tracing::error!(%fault, "not everything is sealed under the newest key; the next start or SIGHUP goes on"),
                },
            }
        }));
    }
}
