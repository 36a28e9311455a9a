//! Section `receipts`: how approved intents are proven to others.

use countersign_crypto::jws::SigningAlgorithm;
use countersign_domain::time::Span;
use countersign_service::ReceiptSettings;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How approved intents are proven to others ([receipts.md](receipts.md)).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Receipts {
    /// What new keys sign with. A server that starts, or is sent SIGHUP, and finds that the newest key is for another one makes a
    /// key for this one, which signs six minutes later.
    pub algorithm: ReceiptAlgorithm,
    /// Who signs: `iss` of a receipt.
    #[schemars(length(min = 1, max = 255))]
    pub issuer: String,
    /// For whom: `aud` of a receipt. The tenant's name where it is not set.
    #[schemars(length(min = 1, max = 255))]
    pub audience: Option<String>,
    /// Days that the public key of one that was replaced stays at `/.well-known/jwks.json`. In the database it stays for good, so that
    /// `countersign receipt verify` knows it.
    #[schemars(range(min = 1, max = 36_500))]
    pub publish_retired_days: u32,
}

/// What keys sign with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum ReceiptAlgorithm {
    /// Ed25519 (RFC 8037).
    #[default]
    #[serde(rename = "EdDSA")]
    EdDsa,
    /// ECDSA over P-256 with SHA-256 (RFC 7518), for verifiers that know no Ed25519.
    #[serde(rename = "ES256")]
    Es256,
}

impl Receipts {
    /// The settings as the service takes them.
    #[must_use]
    pub fn to_service(&self) -> ReceiptSettings {
        ReceiptSettings {
            algorithm: match self.algorithm {
                ReceiptAlgorithm::EdDsa => SigningAlgorithm::EdDsa,
                ReceiptAlgorithm::Es256 => SigningAlgorithm::Es256,
            },
            issuer: self.issuer.clone(),
            audience: self.audience.clone(),
            publish_retired: Span::from_hours(self.publish_retired_days.saturating_mul(24)),
        }
    }
}

/// The defaults are the service's own, so that the two can never differ.
impl Default for Receipts {
    fn default() -> Self {
        let service = ReceiptSettings::default();
        let days = service.publish_retired.secs_ceil() / 86_400;
        Self {
            algorithm: ReceiptAlgorithm::default(),
            issuer: service.issuer,
            audience: service.audience,
            publish_retired_days: u32::try_from(days).unwrap_or(u32::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_the_services_own() {
        let (ours, theirs) = (Receipts::default().to_service(), ReceiptSettings::default());
        assert_eq!(format!("{ours:?}"), format!("{theirs:?}"));
    }
}
