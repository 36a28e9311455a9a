//! The public listener's one handler.

use core::future::{Future, poll_fn};
use core::net::IpAddr;
use core::pin::pin;
use core::task::Poll;
use core::time::Duration;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use axum::BoxError;
use axum::body::{Body, Bytes, HttpBody};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Request, Response, StatusCode, header};
use countersign_crypto::entropy::Entropy;
use countersign_dialects::Registry;
use countersign_dialects::raw::{RawRequest, RawResponse};
use countersign_dialects::rejection::Rejection;
use countersign_domain::time::Span;
use countersign_service::{Service, Store};
use tokio_util::task::TaskTracker;

use super::address::{Located, NOWHERE, bounded, locate};
use super::authority::{self, Peer};
use super::exchange::{Exchange, Sealed};
use super::intake::{self, IntakeError};
use super::panics::caught;
use super::protect::finish;
use super::request_id::Names;
use super::room::{Room, Share, refused};
use super::serving::Handler;
use super::{network, plain, request_id};
use crate::config::{CallerNetwork, Cidr};
use crate::metrics::{Metrics, outcome};
use crate::outward::Streams;

/// What bounds a request.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Longest body in bytes.
    pub body_bytes: usize,
    /// Bytes that all bodies together may take.
    pub bodies_bytes: usize,
    /// Exchanges under way at once, also those whose clients are gone.
    pub requests: usize,
    /// Longest head in bytes.
    pub header_bytes: usize,
    /// How long the body may take to arrive.
    pub body_read: Duration,
    /// How long the answer may take. What was begun is finished all the same.
    pub request: Duration,
    /// Whose `X-Forwarded-*` headers are believed.
    pub trusted_proxies: Vec<Cidr>,
    /// Which address names the person's network.
    pub caller_network: CallerNetwork,
    /// Whether this listener speaks TLS.
    pub tls: bool,
}

/// Everything the handler needs.
pub struct Pipeline<S> {
    service: Service<S>,
    registry: RwLock<Arc<Registry>>,
    names: Names,
    metrics: Arc<Metrics>,
    limits: Limits,
    room: Room,
    running: TaskTracker,
    streams: Arc<Streams<S>>,
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
        streams: Arc<Streams<S>>,
    ) -> Arc<Self> {
        let registry = RwLock::new(Arc::new(registry));
        let room = Room::new(limits.requests, limits.bodies_bytes);
        let names = Names::new(entropy);
        let running = TaskTracker::new();
        Arc::new(Self { service, registry, names, metrics, limits, room, running, streams })
    }

    /// The public listener's handler.
    #[must_use]
    pub fn handler(self: &Arc<Self>) -> Public<S> {
        Public(Arc::clone(self))
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

    /// Ends every stream of events: those who follow go on with another server.
    pub fn end_streams(&self) {
        self.streams.end();
    }

    fn registry(&self) -> Arc<Registry> {
        Arc::clone(&self.registry.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The public listener's handler: dialects, and nothing else.
pub struct Public<S>(Arc<Pipeline<S>>);

impl<S> Clone for Public<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S: Store> Handler for Public<S> {
    #[allow(clippy::disallowed_methods, reason = "latency is measured, no rule depends on it")]
    async fn handle<B>(self, from: IpAddr, request: Request<B>) -> Response<Body>
    where
        B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<BoxError>,
    {
        let (pipeline, started) = (self.0, Instant::now());
        let (parts, body) = request.into_parts();
        let request_id = request_id::of(&parts.headers, &pipeline.names);
        let (response, stream) = match accept(&pipeline, from, parts, body, &request_id).await {
            Ok(accepted) => run(&pipeline, accepted, started).await,
            Err(unread) => {
                pipeline.metrics.request(NOWHERE, NOWHERE, outcome::REJECTED, started.elapsed());
                (unread, None)
            }
        };
        let mut response = finish(response, &request_id, pipeline.limits.tls);
        if let Some(stream) = stream {
            *response.body_mut() = stream;
        }
        response
    }
}

/// A request that was read, and its endpoint as metrics name it.
struct Accepted {
    exchange: Arc<Exchange>,
    endpoint: &'static str,
    /// The body's share of the budget; `None` if there was no room for it.
    share: Option<Share>,
}

/// Reads the request within its bounds and finds its dialect; the error is an answer that no dialect speaks.
async fn accept<S: Store>(
    pipeline: &Pipeline<S>,
    from: IpAddr,
    parts: Parts,
    body: impl HttpBody<Data = Bytes> + Unpin,
    request_id: &str,
) -> Result<Accepted, RawResponse> {
    let limits = &pipeline.limits;
    bounded(&parts, limits.header_bytes)
        .map_err(|(status, code, detail)| plain::problem(status, code, detail, request_id))?;
    let registry = pipeline.registry();
    let Located { dialect, endpoint, template, params, mut rejection } = locate(&registry, &parts)
        .ok_or_else(|| {
            plain::problem(StatusCode::NOT_FOUND, "not_found", "Nothing listens to this path.", request_id)
        })?;
    let bodies = pipeline.room.bodies();
    let read = intake::read(&parts.headers, body, limits.body_bytes, limits.body_read, bodies).await;
    let (body, share) = match read {
        Ok(taken) => (taken.body, Some(taken.share)),
        Err(IntakeError::TooLarge) => {
            rejection.get_or_insert(Rejection::BodyTooLarge(limits.body_bytes));
            (Vec::new(), Some(bodies.share()))
        }
        Err(IntakeError::NoRoom) => (Vec::new(), None),
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
    let peer = Peer { address: from, tls: limits.tls, trusted: &limits.trusted_proxies };
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
    let network = network::of(&raw.headers, peer, limits.caller_network);
    // A request that is answered late still runs; a second one must not carry it on before it has surely ended.
    let time = Span::from_secs(u32::try_from(limits.request.as_secs()).unwrap_or(u32::MAX));
    let (lease, deadline) = (time + time, pipeline.service.now() + time);
    let exchange = Arc::new(Exchange { registry, dialect, rejection, raw, network, lease, deadline });
    Ok(Accepted { exchange, endpoint: template, share })
}

/// Lets the exchange run to its end even when the client hangs up or the answer is late: a guess that was charged must be
/// settled.
async fn run<S: Store>(pipeline: &Arc<Pipeline<S>>, accepted: Accepted, started: Instant) -> Answered {
    let Accepted { exchange, endpoint, share } = accepted;
    let Some(held) = share.zip(pipeline.room.place()) else {
        let shed = pipeline.room.shed(&exchange, pipeline.service.now());
        pipeline.metrics.request(exchange.dialect, endpoint, shed.outcome, started.elapsed());
        return (shed.response, None);
    };
    let work = {
        let (pipeline, exchange) = (Arc::clone(pipeline), Arc::clone(&exchange));
        async move {
            let sealed = caught(pin!(exchange.run(&pipeline.service))).await.unwrap_or_else(|| {
                tracing::error!(
                    request_id = exchange.raw.request_id,
                    dialect = exchange.dialect,
                    "a request panicked"
                );
                exchange.fault(None, pipeline.service.now())
            });
            let (sealed, stream) = streamed(&pipeline, &exchange, sealed);
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
            // Held to the very end, whoever still listens: this is what bounds the work and the bodies left behind.
            drop(held);
            (sealed.response, stream)
        }
    };
    let mut work = Box::pin(work);
    // A connection that goes away takes its task with it only where that waits. So what never waits, as a read or a refusal
    // from memory, is done here in one piece; whatever has to wait goes on in a task of its own.
    if let Poll::Ready(response) = poll_fn(|cx| Poll::Ready(work.as_mut().poll(cx))).await {
        return response;
    }
    match tokio::time::timeout(pipeline.limits.request, pipeline.running.spawn(work)).await {
        Ok(Ok(response)) => response,
        // The task cannot panic past its net; it ends early only when the runtime itself ends.
        Ok(Err(_)) => (plain::fault(&exchange.raw.request_id), None),
        Err(_) => {
            tracing::error!(
                request_id = exchange.raw.request_id,
                dialect = exchange.dialect,
                "a request took longer than server.request_timeout_s; it is being finished"
            );
            (exchange.fault(None, pipeline.service.now()).response, None)
        }
    }
}

/// An answer, and what follows it event by event, if that was asked for.
type Answered = (RawResponse, Option<Body>);

/// Begins the stream that was asked for. It is no request any more: it has a place of its own, or is turned away.
fn streamed<S: Store>(
    pipeline: &Pipeline<S>,
    exchange: &Exchange,
    mut sealed: Sealed,
) -> (Sealed, Option<Body>) {
    let Some(follow) = sealed.follow.take() else { return (sealed, None) };
    match pipeline.streams.place() {
        Some(place) => (sealed, Some(pipeline.streams.open(*follow, place))),
        None => (refused(exchange, pipeline.service.now()), None),
    }
}

/// Ends the connection after this answer: what is left on it is not a request.
fn closing(mut response: RawResponse) -> RawResponse {
    response.headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}
