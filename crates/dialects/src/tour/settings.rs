//! What an operator may set about `tour`.

use countersign_domain::time::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::CommonSecrets;
use crate::aspnet::hawk::Rules;
use crate::aspnet::settings::CipherProfile;
use crate::device::DeviceToken;

/// Settings of the dialect `tour`, section `dialects.tour`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Whether the server speaks this dialect at all.
    pub enabled: bool,
    /// How a device shows that it is known: `off`, `header` or `cookie`. A known device has a small budget of guesses of
    /// its own, so that strangers do not lock its owner out. Off, because the documented callers do not know of it.
    pub device_token: DeviceToken,
    /// What stands before the point in every key of `ModelState`: the name of the original's parameter. Empty for
    /// keys without one.
    pub model_prefix: String,
    /// How callers may encrypt the new secret, tried in this order: a key derivation (`sha256`, `hmac_sha256_self`,
    /// `hmac_sha256_empty_message`, `hmac_sha256_empty_key`), `+`, and a mode (`ecb`, `cbc_zero_iv`, `cbc_key_iv`).
    /// Only the exact structure of a digest is accepted, so a long list is safe.
    pub cipher_profiles: Vec<CipherProfile>,
    /// Whether a request without a HAWK header is refused. Without one, only the ciphertext proves the session.
    pub require_hawk: bool,
    /// `session_key_and_login_digest` or `session_key`: what the HAWK key of a session is.
    pub hawk_key: HawkKey,
    /// Whether a HAWK MAC by SHA-1 is taken beside SHA-256.
    pub hawk_sha1: bool,
    /// How many seconds a caller's clock may be off for HAWK.
    pub hawk_skew_s: u32,
    /// The host that callers sign with HAWK, where a proxy changes it; by default the one that they address.
    pub hawk_host: Option<String>,
    /// The port that callers sign with HAWK, where a proxy changes it; by default the one that they address.
    pub hawk_port: Option<u16>,
    /// `allow` or `refuse`: what becomes of a new secret that everybody tries first, such as `123456`.
    pub common_secrets: CommonSecrets,
}

/// What the HAWK key of a session is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HawkKey {
    /// The session key followed by `UPPER_MD5` of the login secret, as real callers have it.
    SessionKeyAndLoginDigest,
    /// The session key alone.
    SessionKey,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            enabled: true,
            device_token: DeviceToken::Off,
            model_prefix: "parm".to_owned(),
            cipher_profiles: CipherProfile::all(),
            require_hawk: false,
            hawk_key: HawkKey::SessionKeyAndLoginDigest,
            hawk_sha1: false,
            hawk_skew_s: 60,
            hawk_host: None,
            hawk_port: None,
            common_secrets: CommonSecrets::Allow,
        }
    }
}

impl Settings {
    /// The preset `strict`: secrets that everybody tries first are refused.
    #[must_use]
    pub fn strict() -> Self {
        Self { common_secrets: CommonSecrets::Refuse, ..Self::default() }
    }

    pub(super) fn hawk(&self) -> Rules<'_> {
        Rules {
            sha1: self.hawk_sha1,
            skew: Span::from_secs(self.hawk_skew_s),
            host: self.hawk_host.as_deref(),
            port: self.hawk_port,
        }
    }
}
