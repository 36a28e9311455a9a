//! Sections `codes.sender.aliyun`, `tencent` and `twilio`: providers of messages, by their public APIs.

use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::Secret;

/// Alibaba Cloud's short message service. It sends templates that it has approved, not texts.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Aliyun {
    /// Where it is: the endpoint of the region.
    #[schemars(length(min = 1, max = 2048))]
    pub endpoint: String,
    /// Id of the access key; give its user the right to send messages and no other.
    #[schemars(length(min = 1, max = 128))]
    pub access_key_id: Option<String>,
    /// That access key.
    pub access_key_secret: Option<Secret>,
    /// The approved signature in front of each message.
    #[schemars(length(min = 1, max = 64))]
    pub sign_name: Option<String>,
    /// Template of every purpose that `templates` does not name, such as `SMS_123456789`.
    #[schemars(length(min = 1, max = 64))]
    pub template: Option<String>,
    /// Templates by purpose, and by `codes.language` where a text names one: `payment_reset SMS_123`,
    /// `login_reset en SMS_456`.
    pub templates: Vec<String>,
    /// The templates' variables, each `name=text`; `{code}` and `{minutes}` stand for the code and how long it is valid,
    /// `{amount}`, `{currency}` and `{payee}` for the payment that it approves. Variables that name a payment are left out of
    /// all other messages.
    pub params: Vec<String>,
    /// Characters that a payee has in a message at most; a longer one is cut, and ends in `…`.
    #[schemars(range(min = 2, max = 100))]
    pub payee_chars: usize,
    /// File with the only certificate authorities to trust, PEM; Mozilla's list where it is not set.
    pub ca_file: Option<PathBuf>,
    /// Seconds until an unanswered call has failed.
    #[schemars(range(min = 1, max = 60))]
    pub timeout_s: u32,
}

/// Tencent Cloud's short message service. It sends templates that it has approved, not texts.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Tencent {
    /// Where it is.
    #[schemars(length(min = 1, max = 2048))]
    pub endpoint: String,
    /// The region that it is asked in.
    #[schemars(length(min = 1, max = 64))]
    pub region: String,
    /// Id of the key.
    #[schemars(length(min = 1, max = 128))]
    pub secret_id: Option<String>,
    /// That key.
    pub secret_key: Option<Secret>,
    /// The application that messages are counted under (`SmsSdkAppId`).
    #[schemars(length(min = 1, max = 64))]
    pub app_id: Option<String>,
    /// The approved signature in front of each message; needed for numbers of mainland China.
    #[schemars(length(min = 1, max = 64))]
    pub sign_name: Option<String>,
    /// Template of every purpose that `templates` does not name, such as `1234567`.
    #[schemars(length(min = 1, max = 64))]
    pub template: Option<String>,
    /// Templates by purpose, and by `codes.language` where a text names one: `payment_reset 123`, `login_reset en 456`.
    pub templates: Vec<String>,
    /// What fills the templates' places, in their order; `{code}` and `{minutes}` stand for the code and how long it is
    /// valid, `{amount}`, `{currency}` and `{payee}` for the payment that it approves. What names a payment is left out of all
    /// other messages. There must be as many as the templates have places.
    pub params: Vec<String>,
    /// Characters that a payee has in a message at most; a longer one is cut, and ends in `…`.
    #[schemars(range(min = 2, max = 100))]
    pub payee_chars: usize,
    /// File with the only certificate authorities to trust, PEM; Mozilla's list where it is not set.
    pub ca_file: Option<PathBuf>,
    /// Seconds until an unanswered call has failed.
    #[schemars(range(min = 1, max = 60))]
    pub timeout_s: u32,
}

/// Twilio's messages. It sends the text that persons read.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Twilio {
    /// Where it is.
    #[schemars(length(min = 1, max = 2048))]
    pub endpoint: String,
    /// SID of the account, `AC…`.
    #[schemars(length(min = 1, max = 64))]
    pub account_sid: Option<String>,
    /// SID of an API key, `SK…`; without it the account itself is the user.
    #[schemars(length(min = 1, max = 64))]
    pub key_sid: Option<String>,
    /// Secret of the API key, or the account's token.
    pub key_secret: Option<Secret>,
    /// Whom messages are from: a number, a name, or a messaging service `MG…`.
    #[schemars(length(min = 1, max = 64))]
    pub from: Option<String>,
    /// File with the only certificate authorities to trust, PEM; Mozilla's list where it is not set.
    pub ca_file: Option<PathBuf>,
    /// Seconds until an unanswered call has failed.
    #[schemars(range(min = 1, max = 60))]
    pub timeout_s: u32,
}

impl Default for Aliyun {
    fn default() -> Self {
        Self {
            endpoint: "https://dysmsapi.aliyuncs.com".to_owned(),
            access_key_id: None,
            access_key_secret: None,
            sign_name: None,
            template: None,
            templates: Vec::new(),
            params: vec!["code={code}".to_owned()],
            payee_chars: 35,
            ca_file: None,
            timeout_s: 5,
        }
    }
}

impl Default for Tencent {
    fn default() -> Self {
        Self {
            endpoint: "https://sms.tencentcloudapi.com".to_owned(),
            region: "ap-guangzhou".to_owned(),
            secret_id: None,
            secret_key: None,
            app_id: None,
            sign_name: None,
            template: None,
            templates: Vec::new(),
            params: vec!["{code}".to_owned()],
            payee_chars: 6,
            ca_file: None,
            timeout_s: 5,
        }
    }
}

impl Default for Twilio {
    fn default() -> Self {
        Self {
            endpoint: "https://api.twilio.com".to_owned(),
            account_sid: None,
            key_sid: None,
            key_secret: None,
            from: None,
            ca_file: None,
            timeout_s: 5,
        }
    }
}

/// Longest time until a provider has answered.
pub(crate) const fn timeout(seconds: u32) -> Duration {
    Duration::from_secs(seconds as u64)
}
