//! What an operator may set.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::device::DeviceToken;
use crate::setting::{CommonSecrets, OnHold, word};

/// Settings of the dialect `spark_wallet`, section `dialects.spark_wallet`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Whether the server speaks this dialect at all.
    pub enabled: bool,
    /// How a device shows that it is known: `off`, `header` or `cookie`. A known device has a small budget of guesses of
    /// its own, so that strangers do not lock its owner out. Off, because the documented callers do not know of it.
    pub device_token: DeviceToken,
    /// Whether GET is served. The document has it, but it puts secrets into URLs, which proxies and browsers log.
    pub allow_get: bool,
    /// `5001`, `400` or `401`: the `code` for an access token that is missing, unknown or expired.
    #[serde(deserialize_with = "word")]
    pub token_error_code: TokenErrorCode,
    /// `allow` or `refuse`: what becomes of a new secret that everybody tries first, such as `123456`.
    pub common_secrets: CommonSecrets,
    /// `allow` or `refuse`: what becomes of a right payment secret while payments of its account rest.
    pub on_hold: OnHold,
}

/// The `code` for an access token that is missing, unknown or expired.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub enum TokenErrorCode {
    /// As known from the original.
    #[serde(rename = "5001")]
    Known,
    /// Like every other error.
    #[serde(rename = "400")]
    BadRequest,
    /// Like the HTTP status of that meaning.
    #[serde(rename = "401")]
    Unauthorized,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            enabled: true,
            device_token: DeviceToken::Off,
            allow_get: true,
            token_error_code: TokenErrorCode::Known,
            common_secrets: CommonSecrets::Allow,
            on_hold: OnHold::Allow,
        }
    }
}

impl Settings {
    /// The preset `strict`: GET, secrets that everybody tries first and payments that rest are refused.
    #[must_use]
    pub fn strict() -> Self {
        Self {
            allow_get: false,
            common_secrets: CommonSecrets::Refuse,
            on_hold: OnHold::Refuse,
            ..Self::default()
        }
    }
}

impl TokenErrorCode {
    /// The code itself.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Known => "5001",
            Self::BadRequest => "400",
            Self::Unauthorized => "401",
        }
    }
}
