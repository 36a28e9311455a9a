//! One message on its way. The name is looked up once, every address is held against the rules, and the connection goes to an
//! address that passed: there is no second look-up that could tell something else. Nobody is followed elsewhere, and no
//! proxy is asked.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER, USER_AGENT};
use axum::http::uri::Uri;
use axum::http::{HeaderMap, Method, Request};
use countersign_crypto::webhook::Signer;
use countersign_domain::time::{Span, Timestamp};
use countersign_domain::webhook::Answered;
use countersign_domain::webhook::guard::{Rules, Target};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::ClientConfig;
use tokio::net::{TcpStream, lookup_host};
use tower_service::Service;

type Body = Full<axum::body::Bytes>;

/// The longest that an attempt may take, from the look-up to the end of the answer.
const PATIENCE: Duration = Duration::from_secs(15);

/// The longest answer that is read, so that its connection can be used again. What is in it interests nobody.
const ANSWER_BYTES: usize = 16 * 1024;

/// The longest head of an answer.
const HEAD_BYTES: usize = 16 * 1024;

/// Calls one endpoint.
pub(super) struct Caller {
    client: Client<HttpsConnector<Vetted>, Body>,
    uri: Uri,
    target: Arc<Target>,
    rules: Arc<Rules>,
}

/// What is sent.
pub(super) struct Message<'a> {
    pub(super) id: String,
    pub(super) body: Vec<u8>,
    pub(super) signers: &'a [Signer],
    /// When the attempt is made.
    pub(super) at: Timestamp,
}

impl Caller {
    /// Of a URL; `None` if it may not be called by these rules.
    pub(super) fn new(url: &str, rules: Rules, tls: ClientConfig) -> Option<Self> {
        let target = Arc::new(rules.admit_url(url).ok()?);
        let (uri, rules) = (url.parse().ok()?, Arc::new(rules));
        let vetted = Vetted { target: Arc::clone(&target), rules: Arc::clone(&rules) };
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .wrap_connector(vetted);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(30))
            .http1_max_buf_size(HEAD_BYTES)
            .build(connector);
        Some(Self { client, uri, target, rules })
    }

    /// Sends a message, and says what was answered.
    pub(super) async fn call(&self, message: Message<'_>) -> Answered {
        let none = Answered { status: None, retry_after: None };
        // The rules may be others than when the URL was stored.
        if self.target.address().is_some_and(|address| self.rules.admit(&self.target, address).is_err()) {
            return none;
        }
        let at = message.at;
        let Some(request) = self.request(message) else { return none };
        let answered = async {
            let answer = self.client.request(request).await.ok()?;
            let (parts, body) = answer.into_parts();
            // Only what is short: a connection with more on it is closed.
            let _ = Limited::new(body, ANSWER_BYTES).collect().await;
            Some(Answered {
                status: Some(parts.status.as_u16()),
                retry_after: retry_after(&parts.headers, at),
            })
        };
        tokio::time::timeout(PATIENCE, answered).await.ok().flatten().unwrap_or(none)
    }

    fn request(&self, message: Message<'_>) -> Option<Request<Body>> {
        let Message { id, body, signers, at } = message;
        let signatures: Vec<String> =
            signers.iter().map(|signer| signer.sign(&id, at.secs(), &body)).collect();
        Request::builder()
            .method(Method::POST)
            .uri(self.uri.clone())
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .header(USER_AGENT, HeaderValue::from_static(concat!("countersign/", env!("CARGO_PKG_VERSION"))))
            .header("webhook-id", id)
            .header("webhook-timestamp", at.secs())
            .header("webhook-signature", signatures.join(" "))
            .body(Full::from(body))
            .ok()
    }
}

/// `Retry-After`: seconds, or a date (RFC 9110, section 10.2.3).
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Span> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u32>() {
        return Some(Span::from_secs(seconds));
    }
    let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    Some(now.until(Timestamp::from_millis(at.as_millisecond())))
}

/// Connects to addresses that pass.
#[derive(Clone)]
struct Vetted {
    target: Arc<Target>,
    rules: Arc<Rules>,
}

impl Service<Uri> for Vetted {
    type Response = TokioIo<TcpStream>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<TokioIo<TcpStream>>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        // Not what the URI says, which is the same, but what was read and held against the rules.
        let Self { target, rules } = self.clone();
        Box::pin(async move {
            let addresses = addresses(&target).await?;
            let passed = addresses.into_iter().filter(|address| rules.admit(&target, address.ip()).is_ok());
            let mut last = io::Error::new(io::ErrorKind::PermissionDenied, "no address that may be called");
            for address in passed {
                match TcpStream::connect(address).await {
                    Ok(stream) => {
                        // Messages are small and written whole. It fails only on a connection that is gone.
                        let _ = stream.set_nodelay(true);
                        return Ok(TokioIo::new(stream));
                    }
                    Err(error) => last = error,
                }
            }
            Err(last)
        })
    }
}

async fn addresses(target: &Target) -> io::Result<Vec<SocketAddr>> {
    let literal = |address: IpAddr| vec![SocketAddr::new(address, target.port)];
    match target.address() {
        Some(address) => Ok(literal(address)),
        None => Ok(lookup_host((target.host.as_str(), target.port)).await?.collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = Timestamp::from_secs(784_111_777);
        let asked = |text: &'static str| {
            let headers = [(RETRY_AFTER, HeaderValue::from_static(text))].into_iter().collect();
            retry_after(&headers, now)
        };
        assert_eq!(asked("120"), Some(Span::from_secs(120)));
        assert_eq!(asked("Sun, 06 Nov 1994 08:50:37 GMT"), Some(Span::from_secs(60)));
        assert_eq!(asked("Sun, 06 Nov 1994 08:00:00 GMT"), Some(Span::ZERO));
        for text in ["", "soon", "-1", "1.5", "99999999999"] {
            assert_eq!(asked(text), None, "{text}");
        }
    }
}
