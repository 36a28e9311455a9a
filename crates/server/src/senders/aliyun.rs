//! Hands codes to Alibaba Cloud's short message service: `SendSms` of Dysmsapi 2017-05-25, signed by ACS3-HMAC-SHA256.

use core::time::Duration;
use std::path::PathBuf;

use axum::body::Bytes;
use axum::http::uri::Uri;
use axum::http::{Method, Request};
use countersign_domain::secret::SecretText;
use countersign_domain::time::Timestamp;
use countersign_service::{CodeSender, Handed, Message, SendFault};
use http_body_util::Full;
use serde::Deserialize;

use super::client::{Answer, Client, callable};
use super::outcome::{self, Meaning};
use super::signing::{hash, header_lines, query, signature};
use super::templates::Templates;
use super::{SenderSetupError, Sending};

const ACTION: &str = "SendSms";
const VERSION: &str = "2017-05-25";

/// How the service is called.
pub struct AliyunOptions {
    /// Where it is: the region's endpoint.
    pub endpoint: String,
    /// Which key signs.
    pub key_id: String,
    /// That key.
    pub key: SecretText,
    /// The signature in front of each message, as it was approved.
    pub sign_name: String,
    /// What is sent; each parameter is `name={code}`.
    pub templates: Templates,
    /// How long the whole call may take.
    pub timeout: Duration,
    /// The only certificate authorities to trust (PEM); Mozilla's list where absent.
    pub ca_file: Option<PathBuf>,
}

/// Sends a template to one number at a time.
pub struct AliyunSender {
    client: Client,
    endpoint: Uri,
    host: String,
    options: AliyunOptions,
}

/// What a signature is over, besides its key.
struct Signed<'a> {
    host: &'a str,
    action: &'a str,
    version: &'a str,
    date: &'a str,
    nonce: &'a str,
    query: &'a str,
}

/// What it answers, whether or not it took the message.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Told {
    code: Option<String>,
}

impl AliyunSender {
    /// Prepares the client; connects to nothing yet.
    ///
    /// # Errors
    /// The endpoint cannot be called safely, or the authorities cannot be read.
    pub fn new(options: AliyunOptions) -> Result<Self, SenderSetupError> {
        let endpoint = callable("aliyun.endpoint", &options.endpoint)?;
        let host = endpoint.authority().map(ToString::to_string).unwrap_or_default();
        let client = Client::new("aliyun", options.ca_file.as_deref(), options.timeout)?;
        Ok(Self { client, endpoint, host, options })
    }

    fn request(&self, message: &Message) -> Result<Request<Full<Bytes>>, SendFault> {
        let params = self.template_param(message);
        let query = query(&[
            ("PhoneNumbers", number(message)),
            ("SignName", &self.options.sign_name),
            ("TemplateCode", self.options.templates.of(message.purpose)),
            ("TemplateParam", params.expose()),
        ]);
        let (date, nonce) = (rfc3339(message.sent_at), message.id.to_string());
        let signed = Signed {
            host: &self.host,
            action: ACTION,
            version: VERSION,
            date: &date,
            nonce: &nonce,
            query: &query,
        };
        let authority = self.endpoint.authority().map(ToString::to_string).unwrap_or_default();
        let scheme = self.endpoint.scheme_str().unwrap_or("https");
        Request::builder()
            .method(Method::POST)
            .uri(format!("{scheme}://{authority}/?{query}"))
            .header("host", &self.host)
            .header("x-acs-action", ACTION)
            .header("x-acs-version", VERSION)
            .header("x-acs-date", &date)
            .header("x-acs-signature-nonce", &nonce)
            .header("x-acs-content-sha256", hash(b""))
            .header("authorization", signed.authorization(&self.options.key_id, &self.options.key))
            .body(Full::default())
            .map_err(|_| SendFault::of_settings("aliyun's request cannot be built".to_owned()))
    }

    /// The template's parameters as the JSON text that it wants.
    fn template_param(&self, message: &Message) -> SecretText {
        let filled = self.options.templates.filled(message);
        let pairs = filled.iter().filter_map(|param| param.expose().split_once('='));
        let json: serde_json::Map<String, serde_json::Value> =
            pairs.map(|(name, value)| (name.to_owned(), value.into())).collect();
        SecretText::new(serde_json::Value::Object(json).to_string())
    }
}

impl CodeSender for AliyunSender {
    fn send<'a>(&'a self, message: &'a Message) -> Sending<'a> {
        Box::pin(async move { read(&self.client.call(self.request(message)?).await?) })
    }

    fn outbox(&self) -> Option<Vec<Message>> {
        None
    }
}

/// Numbers of the mainland go without their country, all others with it and without `+`.
fn number(message: &Message) -> &str {
    let digits = message.dialled.digits();
    match digits.strip_prefix("86") {
        Some(national) if national.len() == 11 => national,
        _ => digits,
    }
}

impl Signed<'_> {
    /// The value of `Authorization` for a POST without a body.
    fn authorization(&self, key_id: &str, key: &SecretText) -> String {
        let body = hash(b"");
        let headers = [
            ("host", self.host),
            ("x-acs-action", self.action),
            ("x-acs-content-sha256", &body),
            ("x-acs-date", self.date),
            ("x-acs-signature-nonce", self.nonce),
            ("x-acs-version", self.version),
        ];
        let names = headers.map(|(name, _)| name).join(";");
        let lines = header_lines(&headers);
        let canonical = format!("POST\n/\n{}\n{lines}\n{names}\n{body}", self.query);
        let to_sign = format!("ACS3-HMAC-SHA256\n{}", hash(canonical.as_bytes()));
        let signature = signature(key.expose().as_bytes(), to_sign.as_bytes());
        format!("ACS3-HMAC-SHA256 Credential={key_id},SignedHeaders={names},Signature={signature}")
    }
}

/// Reads the code of the answer; its status says less.
fn read(answer: &Answer) -> Result<Handed, SendFault> {
    let told = serde_json::from_slice::<Told>(&answer.body).ok().and_then(|told| told.code);
    outcome::outcome("aliyun", answer.status, told.as_deref(), meaning)
}

fn meaning(code: &str) -> Meaning {
    const OF_ITS_OWN: [&str; 4] = ["isp.", "Throttling", "ServiceUnavailable", "InternalError"];
    match code {
        "OK" => Meaning::Taken,
        "isv.MOBILE_NUMBER_ILLEGAL" | "isv.PHONE_NUMBER_ILLEGAL" => Meaning::OfNumber,
        _ if OF_ITS_OWN.iter().any(|family| code.starts_with(family)) => Meaning::OfItsOwn,
        _ if code.contains("BUSINESS_LIMIT") => Meaning::OfItsOwn,
        _ => Meaning::OfSettings,
    }
}

/// As it must be in the header: seconds, UTC.
fn rfc3339(at: Timestamp) -> String {
    jiff::Timestamp::from_second(at.secs()).unwrap_or(jiff::Timestamp::UNIX_EPOCH).to_string()
}

#[cfg(test)]
mod tests {
    use super::super::outcome::assert_in_doubt_where_it_may_have_been_carried_out;
    use super::*;

    #[test]
    fn signs_as_the_providers_own_example() {
        let vector: serde_json::Value =
            serde_json::from_str(include_str!("vectors/acs3.json")).expect("a vector");
        let text = |name: &str| vector[name].as_str().expect("a text");
        let pairs: Vec<(&str, &str)> = vector["query"]
            .as_object()
            .expect("a query")
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str().expect("a text")))
            .collect();
        let query = query(&pairs);
        let signed = Signed {
            host: text("host"),
            action: text("action"),
            version: text("version"),
            date: text("date"),
            nonce: text("nonce"),
            query: &query,
        };
        let key = SecretText::new(text("key").to_owned());
        assert_eq!(signed.authorization(text("key_id"), &key), text("authorization"));
    }

    #[test]
    fn the_date_has_no_parts_of_a_second() {
        assert_eq!(rfc3339(Timestamp::from_millis(1_698_315_752_987)), "2023-10-26T10:22:32Z");
    }

    #[test]
    fn what_may_have_been_carried_out_is_in_doubt() {
        let (taken, own) = (r#"{"Code":"OK"}"#, r#"{"Code":"isp.SYSTEM_ERROR"}"#);
        assert_in_doubt_where_it_may_have_been_carried_out(read, taken, own);
    }
}
