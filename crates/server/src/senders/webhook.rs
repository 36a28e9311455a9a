//! Hands codes to the platform's own gateway: a signed HTTP POST, as Standard Webhooks 1.0 describes it.

use core::time::Duration;
use std::path::PathBuf;

use axum::body::Bytes;
use axum::http::header::{CONTENT_TYPE, HeaderValue};
use axum::http::uri::Uri;
use axum::http::{Method, Request};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use countersign_domain::secret::{SecretBytes, SecretText};
use countersign_domain::time::Timestamp;
use countersign_service::{CodeSender, Handed, Message, SendFault};
use hmac::{Hmac, KeyInit, Mac};
use http_body_util::Full;
use serde_json::json;
use sha2::Sha256;

use super::client::{Client, callable, is_sure};
use super::{SenderSetupError, Sending};

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

/// Posts each message as JSON to one URL. Follows no redirect, and takes any 2xx as "taken", and 4xx but 408 as
/// "surely not".
pub struct WebhookSender {
    client: Client,
    url: Uri,
    secret: WebhookSecret,
}

impl WebhookSender {
    /// Prepares the client; connects to nothing yet.
    ///
    /// # Errors
    /// The URL cannot be called safely, or the authorities cannot be read.
    pub fn new(options: WebhookOptions) -> Result<Self, SenderSetupError> {
        let url = callable("webhook.url", &options.url)?;
        let client = Client::new("the webhook", options.ca_file.as_deref(), options.timeout)?;
        Ok(Self { client, url, secret: options.secret })
    }

    fn request(&self, message: &Message) -> Result<Request<Full<Bytes>>, SendFault> {
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
            .map_err(|_| SendFault::refused("the webhook's request cannot be built".to_owned()))
    }
}

impl CodeSender for WebhookSender {
    fn send<'a>(&'a self, message: &'a Message) -> Sending<'a> {
        Box::pin(async move {
            let answer = self.client.call(self.request(message)?).await?;
            // The answer's body is not looked at: it may repeat what was sent.
            if answer.status.is_success() {
                Ok(Handed::ONCE)
            } else {
                let why = format!("the webhook answered with status {}", answer.status.as_u16());
                Err(if is_sure(answer.status) { SendFault::refused(why) } else { SendFault::in_doubt(why) })
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
        "dialled": format!("+{}", message.dialled.digits()),
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
}
