//! What an operator may set.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::device::DeviceToken;
use crate::setting::CommonSecrets;

/// Settings of the dialect `oas`, section `dialects.oas`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Whether the server speaks this dialect at all.
    pub enabled: bool,
    /// How a device shows that it is known: `off`, `header` or `cookie`. A known device has a small budget of guesses of
    /// its own, so that strangers do not lock its owner out. Off, because the documented callers do not know of it.
    pub device_token: DeviceToken,
    /// `allow` or `refuse`: what becomes of a new secret that everybody tries first, such as `123456`.
    pub common_secrets: CommonSecrets,
}

impl Default for Settings {
    fn default() -> Self {
        Self { enabled: true, device_token: DeviceToken::Off, common_secrets: CommonSecrets::Allow }
    }
}

impl Settings {
    /// The preset `strict`: secrets that everybody tries first are refused.
    #[must_use]
    pub fn strict() -> Self {
        Self { common_secrets: CommonSecrets::Refuse, ..Self::default() }
    }
}
