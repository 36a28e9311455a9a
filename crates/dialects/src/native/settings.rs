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
    /// How a caller is told that an approval needs the secret, or a code too: by a `problem` of our own, or as `rfc9470` says.
    /// A request that prefers `step-up=rfc9470` (RFC 7240) is told so in any case.
    pub step_up: StepUp,
    /// What `acr_values` asks for where the secret is needed.
    #[schemars(length(min = 1, max = 200))]
    pub acr_secret: String,
    /// What `acr_values` asks for where the secret and a code are needed.
    #[schemars(length(min = 1, max = 200))]
    pub acr_secret_and_code: String,
    /// How persons must have logged in whose sessions an OpenID provider opens; set by section `oidc`.
    #[serde(skip)]
    pub login: LoginDemand,
}

/// How a caller is told that an approval needs more.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepUp {
    /// 403 with a problem of our own.
    #[default]
    Problem,
    /// 401 with `insufficient_user_authentication` in `WWW-Authenticate`.
    Rfc9470,
}

/// How a person must have logged in.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LoginDemand {
    /// How long ago at most, in seconds.
    pub max_age_s: Option<u32>,
    /// By which of these (`acr`); anyhow where it is empty.
    pub acr: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            enabled: true,
            device_token: DeviceToken::Header,
            common_secrets: CommonSecrets::Refuse,
            step_up: StepUp::default(),
            acr_secret: "urn:countersign:acr:secret".to_owned(),
            acr_secret_and_code: "urn:countersign:acr:secret+code".to_owned(),
            login: LoginDemand::default(),
        }
    }
}

impl Settings {
    /// The preset `strict`. The defaults already are.
    #[must_use]
    pub fn strict() -> Self {
        Self::default()
    }
}
