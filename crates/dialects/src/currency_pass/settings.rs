//! What an operator may set.

use countersign_domain::ask;
use http::StatusCode;
use schemars::JsonSchema;
use serde::de::{Error, Unexpected};
use serde::{Deserialize, Deserializer, Serialize};

use crate::device::DeviceToken;
use crate::setting::{CommonSecrets, OnHold, word};

/// Greatest length of a secret in characters (document 002, section 1).
pub(super) const MAX_CHARS: usize = 16;

/// Settings of the dialect `currency_pass`, section `dialects.currency_pass`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Whether the server speaks this dialect at all.
    pub enabled: bool,
    /// How a device shows that it is known: `off`, `header` or `cookie`. A known device has a small budget of guesses of
    /// its own, so that strangers do not lock its owner out. Off, because the documented callers do not know of it.
    pub device_token: DeviceToken,
    /// Name of a cookie that carries the access token where there is no `Authorization: Bearer` header; none if
    /// absent. Give that cookie `SameSite=Lax` or `Strict`, because one GET of this dialect changes state; the
    /// server itself only turns away what a browser marks as cross-site, and bodies that are not declared as JSON.
    pub cookie: Option<String>,
    /// `500` or `401`: the status for a caller who is not logged in. The document says 500.
    #[serde(deserialize_with = "word")]
    pub not_logged_in_status: NotLoggedIn,
    /// `on_verify` or `on_setting`: whether only a successful verify opens a window in which the secret need not be
    /// asked, or also the choice of an ask frequency itself. With `on_setting` a stolen session can skip the secret.
    pub window_opens: WindowOpens,
    /// `423` or `false`: what a caller hears while the secret is locked. `false` reads like a wrong secret.
    #[serde(deserialize_with = "word")]
    pub locked: Locked,
    /// Least length in characters of a secret set by `change`, 1 to 16. The document's own example has 5; `bind`
    /// always needs 6.
    #[serde(deserialize_with = "length")]
    #[schemars(range(min = 1, max = 16))]
    pub change_min_length: usize,
    /// `allow` or `refuse`: what becomes of a new secret that everybody tries first, such as `123456`.
    pub common_secrets: CommonSecrets,
    /// `allow` or `refuse`: what becomes of a right payment secret, and of an open window, while payments of its account rest.
    pub on_hold: OnHold,
}

/// The status for a caller who is not logged in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub enum NotLoggedIn {
    /// As the document says.
    #[serde(rename = "500")]
    InternalServerError,
    /// As RFC 9110 says.
    #[serde(rename = "401")]
    Unauthorized,
}

/// What a caller hears while the secret is locked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub enum Locked {
    /// 423 (RFC 4918, section 11.3) with a problem and `Retry-After`.
    #[serde(rename = "423")]
    Status,
    /// 200 with `false`.
    #[serde(rename = "false")]
    False,
}

/// What opens a window.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WindowOpens {
    /// A successful verify while the state is 2 or 3.
    OnVerify,
    /// Also the choice of state 2 or 3, and the first secret, after which the state is 2.
    OnSetting,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            enabled: true,
            device_token: DeviceToken::Off,
            cookie: None,
            not_logged_in_status: NotLoggedIn::InternalServerError,
            window_opens: WindowOpens::OnVerify,
            locked: Locked::Status,
            change_min_length: 5,
            common_secrets: CommonSecrets::Allow,
            on_hold: OnHold::Allow,
        }
    }
}

impl Settings {
    /// The preset `strict`: a changed secret needs 6 characters like a first one, and secrets that everybody tries
    /// first are refused, as are payments that rest.
    #[must_use]
    pub fn strict() -> Self {
        Self {
            change_min_length: 6,
            common_secrets: CommonSecrets::Refuse,
            on_hold: OnHold::Refuse,
            ..Self::default()
        }
    }
}

impl NotLoggedIn {
    /// The status itself.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        match self {
            Self::InternalServerError => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
        }
    }
}

impl From<WindowOpens> for ask::WindowOpens {
    fn from(setting: WindowOpens) -> Self {
        match setting {
            WindowOpens::OnVerify => Self::OnVerify,
            WindowOpens::OnSetting => Self::OnSetting,
        }
    }
}

fn length<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    let chars = usize::deserialize(deserializer)?;
    if (1..=MAX_CHARS).contains(&chars) {
        return Ok(chars);
    }
    Err(D::Error::invalid_value(Unexpected::Unsigned(chars as u64), &"a length from 1 to 16"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Option<Settings> {
        serde_json::from_str(json).ok()
    }

    #[test]
    fn words_that_look_like_numbers_are_read_either_way() {
        let as_words = read(r#"{"locked":"false","not_logged_in_status":"401"}"#).expect("settings");
        let as_they_look = read(r#"{"locked":false,"not_logged_in_status":401}"#).expect("settings");
        assert_eq!(as_words, as_they_look);
        assert_eq!(as_words.locked, Locked::False);
        assert_eq!(read(r#"{"locked":423}"#), Some(Settings::default()));
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for json in
            [r#"{"locked":true}"#, r#"{"change_min_length":17}"#, r#"{"change_min_length":0}"#, r#"{"x":1}"#]
        {
            assert_eq!(read(json), None, "{json}");
        }
    }
}
