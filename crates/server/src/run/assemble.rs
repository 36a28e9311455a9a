//! Puts a server together from its settings. The one place that knows every dialect, every sender and every store.

use core::time::Duration;
use std::sync::Arc;

use countersign_crypto::engine::{
    HashPool, PoolConfig, Priority, SelfCheckFailed, StartError, engines_within, self_check,
};
use countersign_crypto::entropy::Entropy;
use countersign_crypto::seal::MasterKey;
use countersign_dialects::{Dialect, Registry};
use countersign_service::upkeep::open_keyring;
use countersign_service::{Clock, CodeSender, Fault, Parts, Service, Store};
use countersign_store::door::StoreFault;

use super::memory::{self, TooLittleMemory};
use super::{Reload, Site};
use crate::config::{Admission, Config, Dialects, NoCost, StoreKind};
use crate::metrics::Metrics;
use crate::outward::CourierOptions;
use crate::provider::{KeySource, ProviderKeys};
use crate::senders::SenderSetupError;

/// What a server needs of the world besides its settings.
pub struct Means {
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The dice.
    pub entropy: Arc<dyn Entropy>,
    /// What counts what happens.
    pub metrics: Arc<Metrics>,
    /// The sender of codes.
    pub sender: Arc<dyn CodeSender>,
    /// The master key.
    pub master: MasterKey,
    /// Whether this is `dev`.
    pub dev: bool,
    /// Reads the settings again on SIGHUP.
    pub reload: Option<Reload>,
}

/// Opens the keys in an opened store, checks the hash engines against each other, and starts the pool.
///
/// # Errors
/// Whatever of that fails.
pub async fn assemble<S: Store>(config: &Config, store: S, means: Means) -> Result<Site<S>, AssembleError> {
    let Means { clock, entropy, metrics, sender, master, dev, reload } = means;
    self_check()?;
    let pool = config.pool()?;
    let plan = memory::plan(config, &pool)?;
    plan.tell();
    let pool = PoolConfig { ceiling: plan.ceiling, ..pool };
    let engines = engines_within(&pool, plan.memory());
    let pool = HashPool::start_with(pool, Some(Arc::clone(&metrics) as _), &engines)?;
    if let Priority::Refused(why) = pool.priority() {
        tracing::warn!(why, "admission.hash_nice has no effect: hash threads run like all others");
    }
    too_low(&config.admission, &pool);
    let keyring = open_keyring(&store, &master, entropy.as_ref()).await?;
    let service = Service::new(Parts {
        store: store.clone(),
        master,
        keyring,
        pool: pool.clone(),
        clock,
        entropy: Arc::clone(&entropy),
        sender,
        observer: Arc::clone(&metrics) as _,
        settings: config.service_settings(dev),
    });
    service.bound_remakes(config.admission.remakes);
    // Nobody is kept from verifying secrets because nothing can be signed.
    match service.ready_signing_keys().await {
        Ok(()) | Err(Fault::Store(StoreFault::ReadOnly)) => {}
        Err(fault) => {
            tracing::error!(%fault, "no key is ready to sign receipts; it is tried again with each of them");
        }
    }
    let provider = provider(config, &service)?;
    let registry = registry(&config.dialects, dev);
    let (server, events) = (config.server.clone(), config.events.clone());
    let (webhooks, alone) = (&config.webhooks, config.store.kind == StoreKind::Sqlite);
    let courier = webhooks
        .deliver
        .then(|| CourierOptions::new(webhooks.concurrency, webhooks.ca_file.as_deref(), alone));
    let courier = courier.transpose()?;
    Ok(Site { service, store, pool, registry, entropy, metrics, server, events, courier, provider, reload })
}

/// Takes the tokens of the OpenID provider that is set, and says how its keys are kept.
fn provider<S: Store>(
    config: &Config,
    service: &Service<S>,
) -> Result<Option<ProviderKeys>, SenderSetupError> {
    let oidc = &config.oidc;
    let Some(trusted) = oidc.provider(config.policy().sessions.life_max) else { return Ok(None) };
    service.trust(trusted);
    let keys = |source| ProviderKeys {
        source,
        refresh: Duration::from_secs(oidc.refresh_s.into()),
        keep: Duration::from_secs(oidc.keep_s.into()),
    };
    Ok(KeySource::of(oidc)?.map(keys))
}

/// A target that leaves nobody time to wait turns callers away while the server has room for them.
fn too_low(admission: &Admission, pool: &HashPool) {
    let (target, least) = (Duration::from_millis(admission.target_ms.into()), pool.least_target());
    if target < least {
        tracing::warn!(
            target_ms = admission.target_ms,
            first_hash_ms = pool.first_hash().as_millis(),
            "under admission.target_ms nobody may wait for another's hash, because three quarters of it are planned \
             for: only who finds a thread free is let in, and all others are told overloaded; set it to {} or more, or \
             choose a cheaper hash.preset (`countersign bench hash` measures them)",
            least.as_millis() + 1
        );
    }
}

/// Every dialect that is on, in the order in which they are asked. The native API comes first: what nobody listens
/// to is answered by it.
#[must_use]
pub fn registry(dialects: &Dialects, dev: bool) -> Registry {
    let Dialects { native, oas, tour, currency_pass, spark_wallet, flowmeter } = dialects.clone();
    let mut on: Vec<Box<dyn Dialect>> = Vec::new();
    if native.enabled {
        on.push(Box::new(countersign_dialects::native::Native::new(native, dev)));
    }
    if oas.enabled {
        on.push(Box::new(countersign_dialects::oas::Oas::new(oas)));
    }
    if tour.enabled {
        on.push(Box::new(countersign_dialects::tour::Tour::new(tour)));
    }
    if currency_pass.enabled {
        on.push(Box::new(countersign_dialects::currency_pass::CurrencyPass::new(currency_pass)));
    }
    if spark_wallet.enabled {
        on.push(Box::new(countersign_dialects::spark_wallet::SparkWallet::new(spark_wallet)));
    }
    if flowmeter.enabled {
        on.push(Box::new(countersign_dialects::flowmeter::Flowmeter::new(flowmeter)));
    }
    Registry::new(on)
}

/// Why a server cannot be put together.
#[derive(Debug, thiserror::Error)]
pub enum AssembleError {
    /// Section `hash` names no cost.
    #[error(transparent)]
    Cost(#[from] NoCost),
    /// The process may not have the memory that hashing needs.
    #[error(transparent)]
    Memory(#[from] TooLittleMemory),
    /// The hash engines disagree, or are wrong.
    #[error(transparent)]
    SelfCheck(#[from] SelfCheckFailed),
    /// The hash pool cannot start.
    #[error(transparent)]
    Pool(#[from] StartError),
    /// The keys cannot be unwrapped.
    #[error(transparent)]
    Keys(#[from] Fault),
    /// Webhooks cannot be told.
    #[error(transparent)]
    Webhooks(#[from] SenderSetupError),
}
