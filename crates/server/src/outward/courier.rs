//! A task for each webhook that this server tells.

use core::time::Duration;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use countersign_crypto::entropy::{Draw, Entropy};
use countersign_domain::id::WebhookId;
use countersign_domain::time::Timestamp;
use countersign_domain::webhook::{Webhook, WebhookState};
use countersign_service::{Service, Store};
use rustls::ClientConfig;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::hub::Hub;
use super::worker::{HOLD, Worker};
use crate::metrics::Metrics;
use crate::senders::{SenderSetupError, trusted_roots};

/// So often it is asked which webhooks there are.
const LOOK: Duration = Duration::from_secs(1);

/// What a courier needs besides the service.
pub struct CourierOptions {
    /// Messages under way to one webhook at once.
    pub concurrency: usize,
    /// How endpoints are believed.
    pub tls: ClientConfig,
    /// Whether no other server has this store: then what a killed process held is taken over at once.
    pub alone: bool,
}

impl CourierOptions {
    /// Trusts Mozilla's list of authorities, or only those in `ca_file`.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn new(concurrency: usize, ca_file: Option<&Path>, alone: bool) -> Result<Self, SenderSetupError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| SenderSetupError::new("webhooks", error.to_string()))?
            .with_root_certificates(trusted_roots(ca_file)?)
            .with_no_client_auth();
        Ok(Self { concurrency, tls, alone })
    }
}

/// A webhook that is told here.
struct Told {
    task: JoinHandle<()>,
    /// Tells the task that its owner has asked for something else.
    changed: Arc<Notify>,
    asked: Option<Asked>,
}

/// What its owner has asked for, as far as whoever tells it must know at once.
#[derive(PartialEq, Eq)]
pub(super) struct Asked {
    told: bool,
    secret: u32,
    replays: u32,
}

impl Asked {
    pub(super) fn of(webhook: &Webhook) -> Self {
        Self {
            told: webhook.state == WebhookState::Enabled,
            secret: webhook.signing.version,
            replays: webhook.progress.replays,
        }
    }
}

/// Whether that server is to tell a webhook: somebody wants to be told, and no other server does it. By the rule that decides
/// who holds it, or nobody would ask to hold what everybody may.
fn is_for(webhook: &Webhook, node: [u8; 8], now: Timestamp) -> bool {
    webhook.state == WebhookState::Enabled && !webhook.is_held_by_another(node, now, HOLD)
}

/// Tells webhooks.
pub struct Courier<S> {
    pub(super) service: Service<S>,
    pub(super) hub: Arc<Hub<S>>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) entropy: Arc<dyn Entropy>,
    pub(super) options: CourierOptions,
    /// This process, as the store knows who tells what.
    pub(super) node: [u8; 8],
    /// Of each webhook that is told here, the time of the oldest event that it was not told yet.
    oldest: Mutex<HashMap<WebhookId, Timestamp>>,
}

impl<S: Store> Courier<S> {
    /// Puts it together.
    #[must_use]
    pub fn new(
        service: Service<S>,
        hub: Arc<Hub<S>>,
        metrics: Arc<Metrics>,
        entropy: Arc<dyn Entropy>,
        options: CourierOptions,
    ) -> Arc<Self> {
        let node = if options.alone { [0; 8] } else { entropy.array() };
        Arc::new(Self { service, hub, metrics, entropy, options, node, oldest: Mutex::default() })
    }

    /// Works until it is told to stop; what is under way then is finished, or told again by another.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let mut workers: HashMap<WebhookId, Told> = HashMap::new();
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while stop.run_until_cancelled(looks.tick()).await.is_some() {
            workers.retain(|_, told| !told.task.is_finished());
            self.look(&mut workers, &stop).await;
            self.metrics.webhook_lag(self.lag());
        }
        for told in workers.into_values() {
            let _ = told.task.await;
        }
    }

    /// Begins to tell those that nobody here tells yet.
    async fn look(self: &Arc<Self>, workers: &mut HashMap<WebhookId, Told>, stop: &CancellationToken) {
        // While the store is away the workers say so.
        let Ok(webhooks) = self.service.told_webhooks().await else { return };
        let enabled = webhooks.iter().filter(|webhook| webhook.state == WebhookState::Enabled).count();
        self.metrics.webhooks(enabled, webhooks.len() - enabled);
        let now = self.service.now();
        for (id, told) in workers.iter_mut() {
            // Of one that was deleted nothing is asked any more.
            let asked = webhooks.iter().find(|webhook| webhook.id == *id).map(Asked::of);
            if told.asked != asked {
                told.asked = asked;
                told.changed.notify_one();
            }
        }
        for webhook in webhooks.iter().filter(|webhook| is_for(webhook, self.node, now)) {
            workers.entry(webhook.id).or_insert_with(|| {
                let asked = Some(Asked::of(webhook));
                let changed = Arc::new(Notify::new());
                let worker = Worker::new(Arc::clone(self), webhook.id, Arc::clone(&changed));
                let task = tokio::spawn(worker.run(stop.clone()));
                Told { task, changed, asked }
            });
        }
    }

    /// Notes how far behind a webhook is; `None` if it was told everything, or is told here no more.
    pub(super) fn note_oldest(&self, id: WebhookId, oldest: Option<Timestamp>) {
        let mut all = self.oldest.lock().unwrap_or_else(PoisonError::into_inner);
        match oldest {
            Some(at) => drop(all.insert(id, at)),
            None => drop(all.remove(&id)),
        }
    }

    /// How long ago the oldest event was that somebody was not told yet.
    fn lag(&self) -> Duration {
        let all = self.oldest.lock().unwrap_or_else(PoisonError::into_inner);
        let oldest = all.values().min().copied();
        let lag = oldest.map_or(0, |oldest| oldest.until(self.service.now()).millis());
        Duration::from_millis(lag.unsigned_abs())
    }
}

#[cfg(test)]
mod tests {
    use countersign_domain::identifier::TenantId;
    use countersign_domain::secret::Sealed;
    use countersign_domain::time::Span;
    use countersign_domain::webhook::{Disabled, Progress, Scheme, Signing};

    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
    const SELF: [u8; 8] = [1; 8];
    const OTHER: [u8; 8] = [2; 8];

    #[test]
    fn what_another_server_tells_is_left_to_it_unless_its_clock_was_far_ahead() {
        let ahead = |seconds| NOW + Span::from_secs(seconds);
        for (held, expected) in [
            (None, true),
            (Some((SELF, ahead(30))), true),
            (Some((OTHER, ahead(30))), false),
            (Some((OTHER, ahead(60))), false),
            (Some((OTHER, ahead(61))), true),
            (Some((OTHER, ahead(86_400))), true),
            (Some((OTHER, NOW)), true),
        ] {
            let mut webhook = webhook();
            webhook.progress.held = held;
            assert_eq!(is_for(&webhook, SELF, NOW), expected, "{held:?}");
            assert_eq!(webhook.hold(SELF, NOW, HOLD), expected, "whoever asks for it gets it: {held:?}");
        }
        let disabled = WebhookState::Disabled { at: NOW, why: Disabled::Asked };
        assert!(!is_for(&Webhook { state: disabled, ..webhook() }, SELF, NOW));
    }

    fn webhook() -> Webhook {
        Webhook {
            id: WebhookId::from_bytes([1; 16]),
            tenant: TenantId::default_tenant(),
            url: "https://shop.example/".to_owned(),
            types: Vec::new(),
            description: String::new(),
            created_at: NOW,
            signing: Signing {
                scheme: Scheme::V1,
                current: Sealed(Vec::new()),
                version: 1,
                public: None,
                previous: Vec::new(),
            },
            state: WebhookState::Enabled,
            progress: Progress::default(),
        }
    }
}
