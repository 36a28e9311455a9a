//! The public listener's one handler.

use core::net::SocketAddr;
use core::time::Duration;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Response, StatusCode, Version, header};
use countersign_crypto::entropy::Entropy;
use countersign_dialects::raw::{RawRequest, RawResponse};
use countersign_dialects::rejection::Rejection;
use countersign_dialects::{Registry, Route};
use countersign_service::{Service, Store};
use tokio_util::task::TaskTracker;

use super::authority::{self, Peer};
use super::exchange::Exchange;
use super::intake::{self, IntakeError};
use super::panics::caught;
use super::protect::finish;
use super::{plain, request_id};
use crate::config::Cidr;
use crate::metrics::{Metrics, outcome};

/// Longest path and query in bytes; RFC 9110, section 4.1, asks for at least 8,000.
const LONGEST_TARGET: usize = 8192;

/// Most headers of one request.
const MOST_HEADERS: usize = 100;

/// Stands for a dialect or endpoint in metrics where there is none.
const NOWHERE: &str = "none";

/// What bounds a request.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Longest body in bytes.
    pub body_bytes: usize,
    /// Longest head in bytes.
    pub header_bytes: usize,
    /// How long the body may take to arrive.
    pub body_read: Duration,
    /// How long the answer may take. What was begun is finished all the same.
    pub request: Duration,
    /// Whose `X-Forwarded-*` headers are believed.
    pub trusted_proxies: Vec<Cidr>,
    /// Whether this listener speaks TLS.
    pub tls: bool,
}

/// Everything the handler needs.
pub struct Pipeline<S> {
    service: Service<S>,
    registry: RwLock<Arc<Registry>>,
    entropy: Arc<dyn Entropy>,
    metrics: Arc<Metrics>,
    limits: Limits,
    running: TaskTracker,
}

impl<S: Store> Pipeline<S> {
    /// Puts it together.
    #[must_use]
    pub fn new(
        service: Service<S>,
        registry: Registry,
        entropy: Arc<dyn Entropy>,
        metrics: Arc<Metrics>,
        limits: Limits,
    ) -> Arc<Self> {
        let registry = RwLock::new(Arc::new(registry));
        Arc::new(Self { service, registry, entropy, metrics, limits, running: TaskTracker::new() })
    }

    /// The public listener's routes: all of them lead to one handler.
    pub fn router(self: &Arc<Self>) -> Router {
        Router::new().fallback(handle::<S>).with_state(Arc::clone(self))
    }

    /// Puts other dialects, or the same with other settings, in force for requests that come from now on.
    pub fn put_registry(&self, registry: Registry) {
        *self.registry.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(registry);
    }

    /// Waits until every request that was begun has come to its end, also those whose clients have hung up.
    pub async fn finished(&self) {
        self.running.close();
        self.running.wait().await;
    }

    fn registry(&self) -> Arc<Registry> {
        Arc::clone(&self.registry.read().unwrap_or_else(PoisonError::into_inner))
    }
}

#[allow(clippy::disallowed_methods, reason = "latency is measured, no rule depends on it")]
async fn handle<S: Store>(
    State(pipeline): State<Arc<Pipeline<S>>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response<Body> {
    let started = Instant::now();
    let (parts, body) = request.into_parts();
    let request_id = request_id::of(&parts.headers, pipeline.entropy.as_ref());
    let response = match accept(&pipeline, peer, parts, body, &request_id).await {
        Ok(accepted) => run(&pipeline, accepted, started).await,
        Err(refused) => {
            pipeline.metrics.request(NOWHERE, NOWHERE, outcome::REJECTED, started.elapsed());
            refused
        }
    };
    finish(response, &request_id, pipeline.limits.tls)
}

/// A request that was read, and its endpoint as metrics name it.
struct Accepted {
    exchange: Arc<Exchange>,
    endpoint: &'static str,
}

/// Reads the request within its bounds and finds its dialect; the error is an answer that no dialect speaks.
async fn accept<S: Store>(
    pipeline: &Pipeline<S>,
    peer: SocketAddr,
    parts: Parts,
    body: Body,
    request_id: &str,
) -> Result<Accepted, RawResponse> {
    let limits = &pipeline.limits;
    bounded(&parts, limits)
        .map_err(|(status, code, detail)| plain::problem(status, code, detail, request_id))?;
    let registry = pipeline.registry();
    let Located { dialect, endpoint, template, params, mut rejection } = locate(&registry, &parts)
        .ok_or_else(|| {
            plain::problem(StatusCode::NOT_FOUND, "not_found", "Nothing listens to this path.", request_id)
        })?;
    let body = match intake::read(&parts.headers, body, limits.body_bytes, limits.body_read).await {
        Ok(body) => body,
        Err(IntakeError::TooLarge) => {
            rejection.get_or_insert(Rejection::BodyTooLarge(limits.body_bytes));
            Vec::new()
        }
        Err(IntakeError::TooSlow) => {
            let detail = "The body did not arrive in time. Send it without pauses.";
            return Err(closing(plain::problem(
                StatusCode::REQUEST_TIMEOUT,
                "malformed_request",
                detail,
                request_id,
            )));
        }
        Err(IntakeError::Broken) => {
            let detail = "The body is cut off or wrongly framed.";
            return Err(closing(plain::problem(
                StatusCode::BAD_REQUEST,
                "malformed_request",
                detail,
                request_id,
            )));
        }
    };
    let peer = Peer { address: peer.ip(), tls: limits.tls, trusted: &limits.trusted_proxies };
    let raw = RawRequest {
        authority: authority::of(&parts.uri, &parts.headers, peer),
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().map(str::to_owned),
        headers: parts.headers,
        body,
        endpoint,
        params,
        request_id: request_id.to_owned(),
    };
    let exchange = Arc::new(Exchange { registry, dialect, rejection, raw });
    Ok(Accepted { exchange, endpoint: template })
}

/// Lets the exchange run in a task of its own, which finishes even when the client hangs up or the answer is late:
/// a guess that was charged must be settled.
async fn run<S: Store>(pipeline: &Arc<Pipeline<S>>, accepted: Accepted, started: Instant) -> RawResponse {
    let Accepted { exchange, endpoint } = accepted;
    let task = {
        let (pipeline, exchange) = (Arc::clone(pipeline), Arc::clone(&exchange));
        async move {
            let sealed = caught(exchange.run(&pipeline.service)).await.unwrap_or_else(|| {
                tracing::error!(
                    request_id = exchange.raw.request_id,
                    dialect = exchange.dialect,
                    "a request panicked"
                );
                exchange.fault(None, pipeline.service.now())
            });
            let took = started.elapsed();
            pipeline.metrics.request(exchange.dialect, endpoint, sealed.outcome, took);
            tracing::debug!(
                request_id = exchange.raw.request_id,
                dialect = exchange.dialect,
                endpoint,
                outcome = sealed.outcome,
                status = sealed.response.status.as_u16(),
                took_ms = took.as_millis(),
                "answered"
            );
            sealed.response
        }
    };
    match tokio::time::timeout(pipeline.limits.request, pipeline.running.spawn(task)).await {
        Ok(Ok(response)) => response,
        // The task cannot panic past its net; it ends early only when the runtime itself ends.
        Ok(Err(_)) => plain::fault(&exchange.raw.request_id),
        Err(_) => {
            tracing::error!(
                request_id = exchange.raw.request_id,
                dialect = exchange.dialect,
                "a request took longer than server.request_timeout_s; it is being finished"
            );
            exchange.fault(None, pipeline.service.now()).response
        }
    }
}

/// What a request is addressed to.
struct Located {
    dialect: &'static str,
    endpoint: usize,
    template: &'static str,
    params: Vec<String>,
    rejection: Option<Rejection>,
}

/// Finds the dialect. What nobody listens to is answered by the native one; `None` if there is not even that.
fn locate(registry: &Registry, parts: &Parts) -> Option<Located> {
    match registry.route(&parts.method, parts.uri.path()) {
        Route::Found { dialect, endpoint, params } => {
            let template = dialect.endpoints()[endpoint].path;
            Some(Located { dialect: dialect.name(), endpoint, template, params, rejection: None })
        }
        Route::OtherMethods { dialect, endpoint, allowed } => {
            let template = dialect.endpoints()[endpoint].path;
            let rejection = Some(Rejection::MethodNotAllowed(allowed));
            Some(Located { dialect: dialect.name(), endpoint, template, params: Vec::new(), rejection })
        }
        Route::Nowhere => {
            let native = registry.iter().find(|dialect| dialect.name() == "native")?;
            let rejection = Some(Rejection::NotFound);
            Some(Located {
                dialect: native.name(),
                endpoint: 0,
                template: NOWHERE,
                params: Vec::new(),
                rejection,
            })
        }
    }
}

/// Whether the head is within bounds; else what to answer.
fn bounded(parts: &Parts, limits: &Limits) -> Result<(), (StatusCode, &'static str, &'static str)> {
    let target = parts.uri.path_and_query().map_or(0, |target| target.as_str().len());
    if target > LONGEST_TARGET {
        let detail = "The path and query are longer than 8192 bytes. Send parameters in the body.";
        return Err((StatusCode::URI_TOO_LONG, "malformed_request", detail));
    }
    if parts.headers.len() > MOST_HEADERS || head_bytes(&parts.headers) + target > limits.header_bytes {
        let detail =
            "The headers are too many or too long. Send fewer; cookies and tokens are the usual cause.";
        return Err((StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "malformed_request", detail));
    }
    // RFC 9112, section 3.2: exactly one `Host`, because two ends may believe different ones.
    let hosts = parts.headers.get_all(header::HOST).iter().count();
    if parts.version == Version::HTTP_11 && hosts != 1 {
        return Err((StatusCode::BAD_REQUEST, "malformed_request", "Exactly one Host header is needed."));
    }
    Ok(())
}

/// Each header with the four bytes around it, `: ` and the line's end.
fn head_bytes(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum()
}

/// Ends the connection after this answer: what is left on it is not a request.
fn closing(mut response: RawResponse) -> RawResponse {
    response.headers.insert(header::CONNECTION, header::HeaderValue::from_static("close"));
    response
}
