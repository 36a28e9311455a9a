//! Keeps the keys of the OpenID provider: fetched at the start, every so often, and when a token names one that is not known.

mod fetch;

use core::time::Duration;

use countersign_crypto::jws::KeySet;
use countersign_service::{Service, Store};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub use fetch::KeySource;

/// Between two fetches at least. Tokens that name keys which do not exist cost their makers nothing.
const AGAIN: Duration = Duration::from_secs(10);

/// After a first fetch that failed; twice as long after each further one, up to [`AGAIN`] while there are no keys.
const FIRST_RETRY: Duration = Duration::from_millis(500);

/// How a provider's keys are kept.
pub struct ProviderKeys {
    /// Where they come from.
    pub source: KeySource,
    /// How often they are fetched.
    pub refresh: Duration,
    /// How long those are good that cannot be fetched again.
    pub keep: Duration,
}

impl ProviderKeys {
    /// Works until it is told to stop.
    pub(crate) async fn run<S: Store>(self, service: Service<S>, stop: CancellationToken) {
        let mut kept = Kept { since: None, failures: 0 };
        while let Some(wait) = stop.run_until_cancelled(self.round(&service, &mut kept)).await {
            let pause = async {
                let wanted = async {
                    // What was wanted while nobody waited is wanted still.
                    tokio::time::sleep(AGAIN).await;
                    service.provider_keys_wanted().await;
                };
                if wait <= AGAIN {
                    tokio::time::sleep(wait).await;
                } else {
                    let _ = tokio::time::timeout(wait, wanted).await;
                }
            };
            if stop.run_until_cancelled(pause).await.is_none() {
                break;
            }
        }
    }

    /// Fetches once, and says how long to wait.
    async fn round<S: Store>(&self, service: &Service<S>, kept: &mut Kept) -> Duration {
        match self.source.fetch().await {
            Ok(keys) => {
                kept.tell(&keys);
                service.put_provider_keys(Some(keys));
                *kept = Kept { since: Some(Instant::now()), failures: 0 };
                self.refresh
            }
            Err(why) => {
                kept.failures = kept.failures.saturating_add(1);
                let too_old = kept.since.is_some_and(|since| since.elapsed() >= self.keep);
                if too_old {
                    kept.since = None;
                    service.put_provider_keys(None);
                }
                tracing::warn!(%why, too_old, failures = kept.failures, "the keys of the OpenID provider could not be fetched");
                let slower = FIRST_RETRY.saturating_mul(1 << kept.failures.min(8));
                slower.min(if kept.since.is_some() { self.refresh } else { AGAIN })
            }
        }
    }
}

/// What is known of the keys that are in force.
struct Kept {
    /// When they were fetched; `None` while there are none.
    since: Option<Instant>,
    /// How often they could not be fetched since.
    failures: u32,
}

impl Kept {
    fn tell(&self, keys: &KeySet) {
        let keys = keys.keys().len();
        if keys == 0 {
            tracing::warn!("the OpenID provider publishes no key that verifies tokens here");
        } else if self.since.is_none() || self.failures > 0 {
            tracing::info!(keys, "the keys of the OpenID provider are here");
        }
    }
}
