//! The HTTP client that senders share: one call, bounded in time and size, and whether it may have been heard.

use core::time::Duration;
use std::path::Path;
use std::sync::Arc;

use axum::body::Bytes;
use axum::http::uri::{Scheme, Uri};
use axum::http::{Request, StatusCode};
use countersign_service::SendFault;
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as Pooled;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::SenderSetupError;
use super::trust::trusted_roots;

/// The longest answer that is read. Those of providers have some hundred bytes.
const LONGEST: usize = 64 * 1024;

/// Calls one station over HTTPS. Follows no redirect.
pub(super) struct Client {
    pooled: Pooled<HttpsConnector<HttpConnector>, Full<Bytes>>,
    /// How it is called in the log.
    station: &'static str,
    timeout: Duration,
}

/// Whether a status by itself says that the request was surely not carried out: the caller's own mistake (4xx), but for one that
/// took too long (408). Whatever else is no success may come from something in between (502, 504), or of a fault after the
/// message was passed on.
pub(super) fn is_sure(status: StatusCode) -> bool {
    status.is_client_error() && status != StatusCode::REQUEST_TIMEOUT
}

/// Whether something between us and the station answered that it heard nothing of it: then its words are none of the station's.
pub(super) fn is_between(status: StatusCode) -> bool {
    matches!(status, StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT)
}

/// What a station answered. It may repeat what was sent, so it is never logged as it is.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Bytes,
}

impl Client {
    /// Prepares it; connects to nothing yet.
    ///
    /// # Errors
    /// The authorities cannot be read.
    pub(super) fn new(
        station: &'static str,
        ca_file: Option<&Path>,
        timeout: Duration,
    ) -> Result<Self, SenderSetupError> {
        let roots = trusted_roots(ca_file)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| SenderSetupError::new("ca_file", error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let connector =
            HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().build();
        let pooled = Pooled::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(30))
            .pool_max_idle_per_host(8)
            .build(connector);
        Ok(Self { pooled, station, timeout })
    }

    /// Makes one call and reads the whole answer.
    ///
    /// # Errors
    /// There is none. Where the request may have been heard all the same, the fault is in doubt.
    pub(super) async fn call(&self, request: Request<Full<Bytes>>) -> Result<Answer, SendFault> {
        let station = self.station;
        let called = async {
            let answer = self.pooled.request(request).await.map_err(|error| {
                let why = format!("{station} cannot be reached: {}", causes(&error));
                if error.is_connect() { SendFault::refused(why) } else { SendFault::in_doubt(why) }
            })?;
            let status = answer.status();
            let body = Limited::new(answer.into_body(), LONGEST).collect().await;
            let body = body.map_err(|_| SendFault::in_doubt(format!("{station}'s answer cannot be read")))?;
            Ok(Answer { status, body: body.to_bytes() })
        };
        let late = |_| SendFault::in_doubt(format!("{station} did not answer within {:?}", self.timeout));
        tokio::time::timeout(self.timeout, called).await.map_err(late)?
    }
}

/// A code in the clear must not cross a network: `http` only reaches this machine.
pub(super) fn callable(setting: &'static str, url: &str) -> Result<Uri, SenderSetupError> {
    let refused = |problem: &str| SenderSetupError::new(setting, problem);
    let uri: Uri = url.parse().map_err(|_| refused("not a URL"))?;
    let host = uri.host().ok_or_else(|| refused("names no host"))?;
    let loopback = host == "localhost"
        || host.trim_matches(['[', ']']).parse::<core::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    match uri.scheme() {
        Some(scheme) if *scheme == Scheme::HTTPS => Ok(uri),
        Some(scheme) if *scheme == Scheme::HTTP && loopback => Ok(uri),
        Some(scheme) if *scheme == Scheme::HTTP => Err(refused(
            "codes may travel by http only to this machine (127.0.0.1, ::1, localhost); use https",
        )),
        _ => Err(refused("begins with neither https:// nor http://")),
    }
}

/// An error and what caused it. Causes of a failed call are about names, sockets and certificates.
fn causes(error: &dyn core::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_leave_this_machine_only_encrypted() {
        for url in
            ["https://sms.example/codes", "http://127.0.0.1:9/x", "http://[::1]:9/", "http://localhost/"]
        {
            assert!(callable("webhook.url", url).is_ok(), "{url}");
        }
        for url in ["http://sms.example/codes", "ftp://sms.example/", "/codes", "", "http://10.0.0.1/"] {
            assert!(callable("webhook.url", url).is_err(), "{url}");
        }
    }
}
