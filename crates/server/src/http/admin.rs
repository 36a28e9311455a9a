//! The admin listener: metrics, health, API documents. Keep it off the internet.

use core::net::IpAddr;
use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::sync::{Arc, PoisonError, RwLock};

use axum::BoxError;
use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderValue, Method, Request, Response, StatusCode, header};
use countersign_crypto::engine::HashPool;
use countersign_crypto::entropy::Entropy;
use countersign_dialects::Registry;
use countersign_dialects::raw::RawResponse;
use countersign_service::Store;
use serde_json::json;

use super::protect::finish;
use super::request_id::Names;
use super::serving::Handler;
use super::{docs, plain, request_id};
use crate::metrics::Metrics;

/// How long the store may take to prove that it works.
const STORE_PATIENCE: Duration = Duration::from_secs(2);

const JSON: &str = "application/json";

/// The page that stands at `/`.
const INDEX: &str = r#"<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Countersign</title></head>
<body>
<h1>Countersign</h1>
<ul>
<li><a href="/docs">API documents</a> (<a href="/openapi.json">OpenAPI</a>)</li>
<li><a href="/metrics">Metrics</a></li>
<li><a href="/readyz">Readiness</a>, <a href="/livez">liveness</a></li>
</ul>
</body>
</html>
"#;

/// What the admin listener shows.
pub struct Admin<S> {
    store: S,
    pool: HashPool,
    metrics: Arc<Metrics>,
    names: Names,
    openapi: RwLock<Arc<str>>,
    draining: AtomicBool,
    tls: bool,
}

impl<S: Store> Admin<S> {
    /// Puts it together; the API document is that of `registry`.
    ///
    /// # Errors
    /// The API document cannot be written.
    pub fn new(
        store: S,
        pool: HashPool,
        metrics: Arc<Metrics>,
        entropy: Arc<dyn Entropy>,
        registry: &Registry,
        tls: bool,
    ) -> Result<Arc<Self>, serde_json::Error> {
        let openapi = RwLock::new(docs::document(registry)?.into());
        let draining = AtomicBool::new(false);
        let names = Names::new(entropy);
        Ok(Arc::new(Self { store, pool, metrics, names, openapi, draining, tls }))
    }

    /// The admin listener's handler.
    #[must_use]
    pub fn handler(self: &Arc<Self>) -> Pages<S> {
        Pages(Arc::clone(self))
    }

    /// Shows these dialects' API document from now on.
    ///
    /// # Errors
    /// The API document cannot be written; the one that was shown stays.
    pub fn put_registry(&self, registry: &Registry) -> Result<(), serde_json::Error> {
        let document = docs::document(registry)?.into();
        *self.openapi.write().unwrap_or_else(PoisonError::into_inner) = document;
        Ok(())
    }

    /// From now on this server is not ready, whatever else works.
    pub fn begin_draining(&self) {
        self.draining.store(true, Ordering::SeqCst);
    }

    async fn page(&self, path: &str, request_id: &str) -> RawResponse {
        let text = |content_type, text: &str| {
            RawResponse::new(StatusCode::OK, content_type, text.as_bytes().to_vec())
        };
        match path {
            "/" => text("text/html; charset=utf-8", INDEX),
            "/metrics" => {
                let page = self.metrics.render(&self.pool, &self.store.counts());
                text("text/plain; version=0.0.4; charset=utf-8", &page)
            }
            "/livez" => text(JSON, r#"{"status":"alive"}"#),
            "/readyz" => self.readiness().await,
            "/openapi.json" => text(JSON, &self.openapi.read().unwrap_or_else(PoisonError::into_inner)),
            "/docs" | "/docs/" => docs::file(""),
            _ => match path.strip_prefix("/docs/") {
                Some(name) => docs::file(name),
                None => {
                    plain::problem(StatusCode::NOT_FOUND, "not_found", "There is no such page.", request_id)
                }
            },
        }
    }

    /// 200 if this server should be sent requests, else 503; each check by name. A full pool sheds load by itself
    /// and is no reason to send no request at all.
    async fn readiness(&self) -> RawResponse {
        let store = self.store.clone();
        // In a task of its own: the check reads on the thread that carries it out, and a disk that hangs keeps that.
        let check = tokio::spawn(async move { store.check().await });
        let store = match tokio::time::timeout(STORE_PATIENCE, check).await {
            Ok(Ok(Ok(()))) => "ok",
            Ok(Err(_)) => {
                tracing::error!("not ready: the store's check panicked");
                "failed"
            }
            Ok(Ok(Err(fault))) => {
                tracing::error!(%fault, "not ready: the store's check failed");
                "failed"
            }
            Err(_) => {
                tracing::error!(patience = ?STORE_PATIENCE, "not ready: the store's check takes too long");
                "slow"
            }
        };
        let pool = if self.pool.counts().workers() > 0 { "ok" } else { "failed" };
        let accepting = if self.draining.load(Ordering::SeqCst) { "draining" } else { "ok" };
        // No reason to send no request: reads go on.
        let writes = if self.store.is_read_only() { "read_only" } else { "ok" };
        let ready = [store, pool, accepting].iter().all(|check| *check == "ok");
        let (status, word) =
            if ready { (StatusCode::OK, "ready") } else { (StatusCode::SERVICE_UNAVAILABLE, "not_ready") };
        let checks = json!({ "store": store, "hash_pool": pool, "accepting": accepting, "writes": writes });
        let body = json!({ "status": word, "checks": checks });
        RawResponse::new(status, JSON, body.to_string().into_bytes())
    }
}

/// The admin listener's handler.
pub struct Pages<S>(Arc<Admin<S>>);

impl<S> Clone for Pages<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S: Store> Handler for Pages<S> {
    async fn handle<B>(self, _: IpAddr, request: Request<B>) -> Response<Body>
    where
        B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<BoxError>,
    {
        let (admin, (head, _)) = (self.0, request.into_parts());
        let request_id = request_id::of(&head.headers, &admin.names);
        let response = if matches!(head.method, Method::GET | Method::HEAD) {
            admin.page(head.uri.path(), &request_id).await
        } else {
            let detail = "These pages can only be read.";
            let mut refused =
                plain::problem(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail, &request_id);
            refused.headers.insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
            refused
        };
        finish(response, &request_id, admin.tls)
    }
}
