//! What an operator may set of the native API.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::device::DeviceToken;
use crate::setting::CommonSecrets;

/// Settings of the native API (section `dialects.native`).
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Whether the native API answers at all. Without it nobody can create accounts or sessions over HTTP.
    pub enabled: bool,
    /// What becomes of a new secret that everybody tries first, such as `123456`.
    pub common_secrets: CommonSecrets,
    /// How a device shows that it is known: `off`, `header` or `cookie`. A known device has a small budget of guesses of
    /// its own, so that strangers do not lock its owner out.
    pub device_token: DeviceToken,
}

impl Default for Settings {
    fn default() -> Self {
        Self { enabled: true, device_token: DeviceToken::Header, common_secrets: CommonSecrets::Refuse }
    }
}

impl Settings {
    /// The preset `strict`. The defaults already are.
    #[must_use]
    pub fn strict() -> Self {
        Self::default()
    }
}
