//! Hands codes to Tencent Cloud's short message service: `SendSms` 2021-01-11, signed by TC3-HMAC-SHA256.

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
use serde_json::json;

use super::client::{Answer, Client, callable};
use super::outcome::{self, Meaning};
use super::signing::{hash, header_lines, mac, signature};
use super::templates::Templates;
use super::{SenderSetupError, Sending};

const ACTION: &str = "SendSms";
const VERSION: &str = "2021-01-11";
const SERVICE: &str = "sms";
const JSON: &str = "application/json; charset=utf-8";

/// How the service is called.
pub struct TencentOptions {
    /// Where it is.
    pub endpoint: String,
    /// The region that it is asked in.
    pub region: String,
    /// Which key signs.
    pub key_id: String,
    /// That key.
    pub key: SecretText,
    /// The application that messages are counted under (`SmsSdkAppId`).
    pub app_id: String,
    /// The signature in front of each message, as it was approved; not needed outside the mainland.
    pub sign_name: Option<String>,
    /// What is sent; the parameters go in in their order.
    pub templates: Templates,
    /// How long the whole call may take.
    pub timeout: Duration,
    /// The only certificate authorities to trust (PEM); Mozilla's list where absent.
    pub ca_file: Option<PathBuf>,
}

/// Sends a template to one number at a time.
pub struct TencentSender {
    client: Client,
    endpoint: Uri,
    host: String,
    options: TencentOptions,
}

/// What a signature is over, besides its key.
struct Signed<'a> {
    service: &'a str,
    /// In the order of their names, in lower case as the rule wants them.
    headers: &'a [(&'a str, &'a str)],
    at: Timestamp,
    body: &'a [u8],
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Told {
    response: Response,
}

/// One of the two is there.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Response {
    error: Option<Status>,
    #[serde(default)]
    send_status_set: Vec<Status>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Status {
    code: String,
}

impl TencentSender {
    /// Prepares the client; connects to nothing yet.
    ///
    /// # Errors
    /// The endpoint cannot be called safely, or the authorities cannot be read.
    pub fn new(options: TencentOptions) -> Result<Self, SenderSetupError> {
        let endpoint = callable("tencent.endpoint", &options.endpoint)?;
        let host = endpoint.authority().map(ToString::to_string).unwrap_or_default();
        let client = Client::new("tencent", options.ca_file.as_deref(), options.timeout)?;
        Ok(Self { client, endpoint, host, options })
    }

    fn request(&self, message: &Message) -> Result<Request<Full<Bytes>>, SendFault> {
        let body = self.body(message);
        // The rule wants values in lower case; the header itself keeps its own.
        let action = ACTION.to_ascii_lowercase();
        let headers = [("content-type", JSON), ("host", &self.host), ("x-tc-action", &action)];
        let signed = Signed {
            service: SERVICE,
            headers: &headers,
            at: message.sent_at,
            body: body.expose().as_bytes(),
        };
        Request::builder()
            .method(Method::POST)
            .uri(self.endpoint.clone())
            .header("content-type", JSON)
            .header("host", &self.host)
            .header("x-tc-action", ACTION)
            .header("x-tc-version", VERSION)
            .header("x-tc-region", &self.options.region)
            .header("x-tc-timestamp", message.sent_at.secs())
            .header("authorization", signed.authorization(&self.options.key_id, &self.options.key))
            .body(Full::from(body.expose().to_owned()))
            .map_err(|_| SendFault::of_settings("tencent's request cannot be built".to_owned()))
    }

    fn body(&self, message: &Message) -> SecretText {
        let filled = self.options.templates.filled(message);
        let params: Vec<&str> = filled.iter().map(SecretText::expose).collect();
        let mut body = json!({
            "PhoneNumberSet": [format!("+{}", message.dialled.digits())],
            "SmsSdkAppId": self.options.app_id,
            "TemplateId": self.options.templates.of(message.purpose),
            "TemplateParamSet": params,
        });
        if let Some(name) = &self.options.sign_name {
            body["SignName"] = name.as_str().into();
        }
        SecretText::new(body.to_string())
    }
}

impl CodeSender for TencentSender {
    fn send<'a>(&'a self, message: &'a Message) -> Sending<'a> {
        Box::pin(async move { read(&self.client.call(self.request(message)?).await?) })
    }

    fn outbox(&self) -> Option<Vec<Message>> {
        None
    }
}

impl Signed<'_> {
    /// The value of `Authorization` for a POST.
    fn authorization(&self, key_id: &str, key: &SecretText) -> String {
        let Self { service, headers, at, body } = *self;
        let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
        let lines = header_lines(headers);
        let canonical = format!("POST\n/\n\n{lines}\n{names}\n{}", hash(body));
        let date = date(at);
        let scope = format!("{date}/{service}/tc3_request");
        let to_sign = format!("TC3-HMAC-SHA256\n{}\n{scope}\n{}", at.secs(), hash(canonical.as_bytes()));
        let of_day =
            mac(SecretText::new(format!("TC3{}", key.expose())).expose().as_bytes(), date.as_bytes());
        let of_service = mac(of_day.expose(), service.as_bytes());
        let of_request = mac(of_service.expose(), b"tc3_request");
        let signature = signature(of_request.expose(), to_sign.as_bytes());
        format!("TC3-HMAC-SHA256 Credential={key_id}/{scope}, SignedHeaders={names}, Signature={signature}")
    }
}

/// Reads what became of the only number that was sent to.
fn read(answer: &Answer) -> Result<Handed, SendFault> {
    let told = serde_json::from_slice::<Told>(&answer.body).ok().map(|told| told.response);
    let code = told.and_then(|told| {
        let status = told.error.or_else(|| told.send_status_set.into_iter().next());
        status.map(|status| status.code)
    });
    outcome::outcome("tencent", answer.status, code.as_deref(), meaning)
}

fn meaning(code: &str) -> Meaning {
    const OF_ITS_OWN: [&str; 4] =
        ["InternalError", "LimitExceeded", "RequestLimitExceeded", "ResourceUnavailable"];
    match code {
        "Ok" => Meaning::Taken,
        "InvalidParameterValue.IncorrectPhoneNumber" | "FailedOperation.PhoneNumberInBlacklist" => {
            Meaning::OfNumber
        }
        _ if OF_ITS_OWN.iter().any(|family| code.starts_with(family)) => Meaning::OfItsOwn,
        _ => Meaning::OfSettings,
    }
}

/// The day in UTC.
fn date(at: Timestamp) -> String {
    let at = jiff::Timestamp::from_second(at.secs()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    at.to_string().chars().take("2019-02-25".len()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::outcome::assert_in_doubt_where_it_may_have_been_carried_out;
    use super::*;

    #[test]
    fn signs_as_the_providers_own_example() {
        let vector: serde_json::Value =
            serde_json::from_str(include_str!("vectors/tc3.json")).expect("a vector");
        let text = |name: &str| vector[name].as_str().expect("a text");
        let headers = [("content-type", JSON), ("host", text("host"))];
        let signed = Signed {
            service: text("service"),
            headers: &headers,
            at: Timestamp::from_secs(vector["seconds"].as_i64().expect("a number")),
            body: text("body").as_bytes(),
        };
        let key = SecretText::new(text("key").to_owned());
        assert_eq!(signed.authorization(text("key_id"), &key), text("authorization"));
    }

    #[test]
    fn what_may_have_been_carried_out_is_in_doubt() {
        let own = r#"{"Response":{"Error":{"Code":"InternalError.Timeout"}}}"#;
        let taken = r#"{"Response":{"SendStatusSet":[{"Code":"Ok"}]}}"#;
        assert_in_doubt_where_it_may_have_been_carried_out(read, taken, own);
    }
}
