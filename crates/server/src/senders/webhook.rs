//! Hands codes to the platform's own gateway: a signed HTTP POST, as Standard Webhooks 1.0 describes it.

use core::time::Duration;
use std::path::PathBuf;
use std::sync::Arc;

use axum::http::header::{CONTENT_TYPE, HeaderValue};
use axum::http::uri::{Scheme, Uri};
use axum::http::{Method, Request};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use countersign_domain::secret::{SecretBytes, SecretText};
use countersign_domain::time::Timestamp;
use countersign_service::{CodeSender, Message, SendFault};
use hmac::{Hmac, KeyInit, Mac};
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use serde_json::json;
use sha2::Sha256;

use super::trust::trusted_roots;
use super::{SenderSetupError, Sending};

type Body = Full<axum::body::Bytes>;

/// How the webhook is called.
pub struct WebhookOptions {
    /// Where to; `https`, or `http` to this machine.
    pub url: String,
    /// What the signature is made with.
    pub secret: WebhookSecret,
    /// How long the whole call may take.
    pub timeout: Duration,
    /// The only certificate authorities to trust (PEM); Mozilla's list where absent.
    pub ca_file: Option<PathBuf>,
}

/// The key of the signature. Has no `Debug`.
pub struct WebhookSecret(SecretBytes);

impl WebhookSecret {
    /// Reads `whsec_` and the Base64 of 24 to 64 bytes (Standard Webhooks 1.0, "Signature scheme"); text without
    /// that prefix is the key itself, at least 24 bytes of it.
    ///
    /// # Errors
    /// The key is too short or its Base64 cannot be read; the message does not repeat it.
    pub fn parse(text: &SecretText) -> Result<Self, SenderSetupError> {
        let refused = |problem: &str| SenderSetupError::new("webhook.secret", problem);
        let key = match text.expose().strip_prefix("whsec_") {
            Some(encoded) => BASE64_STANDARD.decode(encoded).map_err(|_| {
                refused("what follows `whsec_` is not Base64 (standard alphabet, with padding)")
            })?,
            None => text.expose().as_bytes().to_vec(),
        };
        let key = SecretBytes::new(key);
        if key.expose().len() < 24 {
            return Err(refused("the key is shorter than 24 bytes; make one of 32 random bytes"));
        }
        Ok(Self(key))
    }

    /// The value of `webhook-signature` for one call.
    fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(self.0.expose()).expect("HMAC takes a key of any length");
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(body);
        format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()))
    }
}

/// Posts each message as JSON to one URL. Follows no redirect, and takes any 2xx as "taken".
pub struct WebhookSender {
    client: Client<HttpsConnector<HttpConnector>, Body>,
    url: Uri,
    secret: WebhookSecret,
    timeout: Duration,
}

impl WebhookSender {
    /// Prepares the client; connects to nothing yet.
    ///
    /// # Errors
    /// The URL cannot be called safely, or the authorities cannot be read.
    pub fn new(options: WebhookOptions) -> Result<Self, SenderSetupError> {
        let url = callable(&options.url)?;
        let roots = trusted_roots(options.ca_file.as_deref())?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| SenderSetupError::new("webhook.url", error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let connector =
            HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().build();
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(30))
            .pool_max_idle_per_host(8)
            .build(connector);
        Ok(Self { client, url, secret: options.secret, timeout: options.timeout })
    }

    fn request(&self, message: &Message) -> Result<Request<Body>, SendFault> {
        let id = message.id.to_string();
        let timestamp = message.sent_at.secs();
        let body = content(message).to_string().into_bytes();
        let signature = self.secret.sign(&id, timestamp, &body);
        Request::builder()
            .method(Method::POST)
            .uri(self.url.clone())
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signature)
            .body(Full::from(body))
            .map_err(|_| SendFault("the webhook's request cannot be built".to_owned()))
    }
}

impl CodeSender for WebhookSender {
    fn send<'a>(&'a self, message: &'a Message) -> Sending<'a> {
        Box::pin(async move {
            let request = self.request(message)?;
            let answer = tokio::time::timeout(self.timeout, self.client.request(request))
                .await
                .map_err(|_| SendFault(format!("the webhook did not answer within {:?}", self.timeout)))?
                .map_err(|error| SendFault(format!("the webhook cannot be reached: {}", causes(&error))))?;
            // The answer's body is not looked at: it may repeat what was sent.
            if answer.status().is_success() {
                Ok(())
            } else {
                Err(SendFault(format!("the webhook answered with status {}", answer.status().as_u16())))
            }
        })
    }

    fn outbox(&self) -> Option<Vec<Message>> {
        None
    }
}

/// The members that a gateway gets. Its receiver must verify the signature before it believes any of them.
fn content(message: &Message) -> serde_json::Value {
    json!({
        "id": message.id.to_string(),
        "to": message.to.expose(),
        "code": message.code.expose(),
        "purpose": message.purpose.as_str(),
        "text": message.text.expose(),
        "account_id": message.account.to_string(),
        "sent_at": rfc3339(message.sent_at),
    })
}

fn rfc3339(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.millis()).unwrap_or(jiff::Timestamp::UNIX_EPOCH).to_string()
}

/// A code in the clear must not cross a network: `http` only reaches this machine.
fn callable(url: &str) -> Result<Uri, SenderSetupError> {
    let refused = |problem: &str| SenderSetupError::new("webhook.url", problem);
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
    fn signs_as_the_standards_own_example() {
        // Published with the libraries of Standard Webhooks.
        let secret = SecretText::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned());
        let secret = WebhookSecret::parse(&secret).expect("a well-formed key");
        let signature =
            secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn refuses_keys_that_can_be_guessed() {
        for text in ["", "short", "whsec_c2hvcnQ=", "whsec_***"] {
            assert!(WebhookSecret::parse(&SecretText::new(text.to_owned())).is_err(), "{text}");
        }
    }

    #[test]
    fn codes_leave_this_machine_only_encrypted() {
        for url in
            ["https://sms.example/codes", "http://127.0.0.1:9/x", "http://[::1]:9/", "http://localhost/"]
        {
            assert!(callable(url).is_ok(), "{url}");
        }
        for url in ["http://sms.example/codes", "ftp://sms.example/", "/codes", "", "http://10.0.0.1/"] {
            assert!(callable(url).is_err(), "{url}");
        }
    }
}
