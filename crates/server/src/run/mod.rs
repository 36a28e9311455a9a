//! The life of a server: bind, serve, reload, drain.

mod assemble;
mod descriptors;
mod memory;
mod reload;
mod sender;
mod signals;
mod upkeep;

use core::net::SocketAddr;
use core::time::Duration;
use std::io;
use std::sync::Arc;

use countersign_crypto::engine::HashPool;
use countersign_crypto::entropy::Entropy;
use countersign_dialects::Registry;
use countersign_service::{Service, Store};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::config;
use crate::http::admin::Admin;
use crate::http::listener::{Bounds, Listener, Serving};
use crate::http::{BindError, Limits, Pipeline};
use crate::metrics::Metrics;
use crate::outward::{Courier, CourierOptions, Hub, Streams};
use crate::provider::ProviderKeys;

use descriptors::Shares;

pub use assemble::{AssembleError, Means, assemble, registry};
pub(crate) use descriptors::fewer_than as fewer_connections_than;
pub use memory::TooLittleMemory;
pub(crate) use memory::{limit_kib as memory_limit_kib, plan as memory_plan};
pub use reload::{Reload, Reloaded};
pub use sender::sender;
pub use signals::serve;

/// Everything that a server is made of, before it listens.
pub struct Site<S> {
    /// The use cases.
    pub service: Service<S>,
    /// The store, for health and metrics.
    pub store: S,
    /// The hash pool, for health and metrics.
    pub pool: HashPool,
    /// The dialects.
    pub registry: Registry,
    /// The dice, for request ids.
    pub entropy: Arc<dyn Entropy>,
    /// The counters; also the service's and the pool's observer.
    pub metrics: Arc<Metrics>,
    /// The listeners and their limits.
    pub server: config::Server,
    /// How the feed of events is followed.
    pub events: config::Events,
    /// How webhooks are told; without it they are not.
    pub courier: Option<CourierOptions>,
    /// How the keys of the OpenID provider are kept, if there is one.
    pub provider: Option<ProviderKeys>,
    /// Reads the settings again; without it a reload only renews TLS and keys.
    pub reload: Option<Reload>,
}

/// Where a server listens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bound {
    /// The public listener.
    pub public: SocketAddr,
    /// The admin listener.
    pub admin: SocketAddr,
}

/// Binds both listeners and serves them, and starts what the server does by itself.
///
/// # Errors
/// An address that cannot be had, TLS files that cannot be used, or an API document that cannot be written.
pub async fn start<S: Store>(site: Site<S>) -> Result<Running<S>, RunError> {
    let Site { service, store, pool, registry, entropy, metrics, server, events, courier, provider, reload } =
        site;
    let Shares { public, admin } = descriptors::shares(server.max_connections);
    let public = Listener::bind(server.listen, server.tls.files(), Bounds::of(&server, public))?;
    let admin = Listener::bind(server.admin_listen, server.admin_tls.files(), Bounds::of(&server, admin))?;
    let bound = Bound { public: public.address(), admin: admin.address() };
    let limits = Limits {
        body_bytes: server.max_body_bytes,
        bodies_bytes: server.body_budget_bytes,
        requests: server.max_requests,
        header_bytes: server.max_header_bytes,
        body_read: server.body_read_timeout(),
        request: server.request_timeout(),
        trusted_proxies: server.trusted_proxies.clone(),
        caller_network: server.caller_network,
        tls: public.is_tls(),
    };
    let pages = Admin::new(
        store,
        pool.clone(),
        Arc::clone(&metrics),
        Arc::clone(&entropy),
        &registry,
        admin.is_tls(),
    )
    .map_err(RunError::ApiDocument)?;
    let stop = CancellationToken::new();
    let hub = Hub::new(service.clone(), Duration::from_millis(events.poll_ms.into()));
    let streams = Streams::new(Arc::clone(&hub), service.clone(), events.streams);
    let mut outward = vec![tokio::spawn(Arc::clone(&hub).run(stop.clone()))];
    if let Some(options) = courier {
        let courier = Courier::new(service.clone(), hub, Arc::clone(&metrics), Arc::clone(&entropy), options);
        outward.push(tokio::spawn(courier.run(stop.clone())));
    }
    outward.extend(provider.map(|provider| tokio::spawn(provider.run(service.clone(), stop.clone()))));
    let pipeline = Pipeline::new(service.clone(), registry, entropy, Arc::clone(&metrics), limits, streams);
    let upkeep = tokio::spawn(upkeep::run(service.clone(), metrics, pool.clone(), stop.clone()));
    let running = Running {
        public: public.serve(pipeline.handler())?,
        admin: admin.serve(pages.handler())?,
        bound,
        drain: server.drain(),
        server,
        service,
        pipeline,
        pages,
        reload,
        stop,
        upkeep,
        outward,
        resealing: None,
    };
    Ok(running)
}

/// A server at work.
pub struct Running<S: Store> {
    bound: Bound,
    drain: Duration,
    server: config::Server,
    service: Service<S>,
    pipeline: Arc<Pipeline<S>>,
    pages: Arc<Admin<S>>,
    public: Serving,
    admin: Serving,
    reload: Option<Reload>,
    stop: CancellationToken,
    upkeep: JoinHandle<()>,
    outward: Vec<JoinHandle<()>>,
    resealing: Option<JoinHandle<()>>,
}

impl<S: Store> Running<S> {
    /// Where it listens.
    #[must_use]
    pub const fn bound(&self) -> Bound {
        self.bound
    }

    /// Its use cases, for the process's own calls.
    #[must_use]
    pub const fn service(&self) -> &Service<S> {
        &self.service
    }

    /// Ends in order: not ready any more, no new connections, requests in flight finish within the drain time, the
    /// server's own tasks stop, and with the last of them the store is let go.
    ///
    /// The admin listener stays until the end, so that whoever watches can see the drain.
    pub async fn drain(mut self) {
        let by = Instant::now() + self.drain;
        self.pages.begin_draining();
        tracing::info!(within = ?self.drain, "draining: no new connections, requests in flight finish");
        self.pipeline.end_streams();
        self.public.stop_accepting(self.drain);
        if let Err(error) = self.public.ended().await {
            tracing::error!(%error, "the public listener ended with an error");
        }
        // A client that hung up leaves its request behind, and its guess must be settled.
        if tokio::time::timeout_at(by, self.pipeline.finished()).await.is_err() {
            tracing::warn!(
                "requests were still running at the end of server.drain_s; their guesses count as misses"
            );
        }
        self.stop.cancel();
        let tasks = [Some(self.upkeep), self.resealing.take()];
        for task in tasks.into_iter().flatten().chain(self.outward) {
            let _ = task.await;
        }
        self.admin.stop_accepting(Duration::ZERO);
        if let Err(error) = self.admin.ended().await {
            tracing::error!(%error, "the admin listener ended with an error");
        }
        tracing::info!("drained");
    }

    /// Waits until a listener ends by itself, which only a failing socket makes it do.
    async fn failed(&mut self) -> RunError {
        let ended = tokio::select! {
            ended = self.public.ended() => ended,
            ended = self.admin.ended() => ended,
        };
        RunError::Socket(ended.err().unwrap_or_else(|| io::Error::other("a listener ended")))
    }
}

/// Why a server does not run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A listener cannot listen.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// A socket failed.
    #[error("a listener failed: {0}")]
    Socket(#[from] io::Error),
    /// The API document cannot be written.
    #[error("the API document cannot be written: {0}")]
    ApiDocument(serde_json::Error),
}
