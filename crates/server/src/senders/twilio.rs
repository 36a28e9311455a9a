//! Hands codes to Twilio: `Messages.json` of its API 2010-04-01, with Basic authentication.

use core::time::Duration;
use std::path::PathBuf;

use axum::body::Bytes;
use axum::http::uri::Uri;
use axum::http::{Method, Request, StatusCode};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use countersign_domain::secret::SecretText;
use countersign_service::{CodeSender, Handed, Message, SendFault};
use http_body_util::Full;
use serde::Deserialize;

use super::client::{Answer, Client, callable, is_between, is_sure};
use super::signing::query;
use super::{SenderSetupError, Sending};

/// How the service is called.
pub struct TwilioOptions {
    /// Where it is.
    pub endpoint: String,
    /// The account that messages are sent under.
    pub account_sid: String,
    /// Which key proves it: an API key's SID, or the account's own.
    pub key_sid: Option<String>,
    /// That key's secret, or the account's token.
    pub key: SecretText,
    /// Whom messages are from: a number, a name, or a messaging service (`MG…`).
    pub from: String,
    /// How long the whole call may take.
    pub timeout: Duration,
    /// The only certificate authorities to trust (PEM); Mozilla's list where absent.
    pub ca_file: Option<PathBuf>,
}

/// Sends a text to one number at a time.
pub struct TwilioSender {
    client: Client,
    url: Uri,
    options: TwilioOptions,
}

/// What it answers where it did not take the message.
#[derive(Deserialize)]
struct Told {
    code: Option<u32>,
}

/// Codes that say that this number takes no message, whoever sends it: not a number (21211, 21217, 21421), not one for
/// messages (21614, 21635), or its owner wants none (21610).
const OF_NUMBER: [u32; 6] = [21211, 21217, 21421, 21610, 21614, 21635];

impl TwilioSender {
    /// Prepares the client; connects to nothing yet.
    ///
    /// # Errors
    /// The endpoint cannot be called safely, or the authorities cannot be read.
    pub fn new(options: TwilioOptions) -> Result<Self, SenderSetupError> {
        callable("twilio.endpoint", &options.endpoint)?;
        let plain = options.account_sid.bytes().all(|c| c.is_ascii_alphanumeric());
        let refused = || SenderSetupError::new("twilio.account_sid", "not an account's SID");
        let url = format!(
            "{}/2010-04-01/Accounts/{}/Messages.json",
            options.endpoint.trim_end_matches('/'),
            options.account_sid
        );
        let url = url.parse().ok().filter(|_| plain).ok_or_else(refused)?;
        let client = Client::new("twilio", options.ca_file.as_deref(), options.timeout)?;
        Ok(Self { client, url, options })
    }

    fn request(&self, message: &Message) -> Result<Request<Full<Bytes>>, SendFault> {
        let to = format!("+{}", message.dialled.digits());
        let from = if self.options.from.starts_with("MG") { "MessagingServiceSid" } else { "From" };
        let form = SecretText::new(query(&[
            ("To", &to),
            (from, &self.options.from),
            ("Body", message.text.expose()),
        ]));
        let user = self.options.key_sid.as_ref().unwrap_or(&self.options.account_sid);
        let proof = SecretText::new(format!("{user}:{}", self.options.key.expose()));
        Request::builder()
            .method(Method::POST)
            .uri(self.url.clone())
            .header("content-type", "application/x-www-form-urlencoded")
            .header("authorization", format!("Basic {}", BASE64_STANDARD.encode(proof.expose())))
            .body(Full::from(form.expose().to_owned()))
            .map_err(|_| SendFault::of_settings("twilio's request cannot be built".to_owned()))
    }
}

impl CodeSender for TwilioSender {
    fn send<'a>(&'a self, message: &'a Message) -> Sending<'a> {
        Box::pin(async move { outcome(&self.client.call(self.request(message)?).await?) })
    }

    fn outbox(&self) -> Option<Vec<Message>> {
        None
    }
}

/// Reads the status, and where it is a refusal the code of it.
fn outcome(answer: &Answer) -> Result<Handed, SendFault> {
    if answer.status.is_success() {
        return Ok(Handed::ONCE);
    }
    let told = serde_json::from_slice::<Told>(&answer.body).ok().and_then(|told| told.code);
    // Its codes have five digits; a longer number could be anything.
    let code = told.filter(|code| *code < 100_000);
    let status = answer.status.as_u16();
    let why = match code {
        Some(code) => format!("twilio answered with status {status}, error {code}"),
        None => format!("twilio answered with status {status}"),
    };
    Err(match answer.status {
        StatusCode::TOO_MANY_REQUESTS => SendFault::refused(why),
        status if is_between(status) || code.is_none() && !is_sure(status) => SendFault::in_doubt(why),
        status if status.is_server_error() => SendFault::refused(why),
        _ if code.is_some_and(|code| OF_NUMBER.contains(&code)) => SendFault::of_number(why),
        _ => SendFault::of_settings(why),
    })
}

#[cfg(test)]
mod tests {
    use countersign_service::SendCure;

    use super::*;

    #[test]
    fn a_refusal_says_what_to_do_about_it() {
        let outcome = |status: u16, body: &'static str| {
            let status = StatusCode::from_u16(status).expect("a status");
            outcome(&Answer { status, body: Bytes::from_static(body.as_bytes()) })
                .map_err(|fault| (fault.cure, fault.hand_overs))
        };
        assert_eq!(outcome(201, r#"{"sid":"SM1"}"#), Ok(Handed::ONCE));
        for (status, body, cure, hand_overs) in [
            (400, r#"{"code":21211}"#, SendCure::None, 0),
            (400, r#"{"code":21610}"#, SendCure::None, 0),
            (400, r#"{"code":21408}"#, SendCure::Settings, 0),
            (401, r#"{"code":20003}"#, SendCure::Settings, 0),
            (404, "", SendCure::Settings, 0),
            (408, "", SendCure::Another, 1),
            (429, r#"{"code":20429}"#, SendCure::Another, 0),
            (500, r#"{"code":20500}"#, SendCure::Another, 0),
            (500, "<html>", SendCure::Another, 1),
            (502, r#"{"code":20500}"#, SendCure::Another, 1),
            (503, "<html>", SendCure::Another, 1),
            (504, "", SendCure::Another, 1),
        ] {
            assert_eq!(outcome(status, body), Err((cure, hand_overs)), "{status} {body}");
        }
    }
}
