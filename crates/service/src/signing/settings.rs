//! What an operator says about receipts.

use countersign_crypto::jws::SigningAlgorithm;
use countersign_domain::identifier::TenantId;
use countersign_domain::time::Span;

/// What an operator says about receipts.
#[derive(Clone, Debug)]
pub struct ReceiptSettings {
    /// What new keys sign with.
    pub algorithm: SigningAlgorithm,
    /// Who signs (`iss`).
    pub issuer: String,
    /// For whom (`aud`), where it is not the tenant's name.
    pub audience: Option<String>,
    /// How long a key that another has replaced is published.
    pub publish_retired: Span,
}

impl ReceiptSettings {
    /// For whom receipts of that tenant are.
    #[must_use]
    pub fn audience<'a>(&'a self, tenant: &'a TenantId) -> &'a str {
        self.audience.as_deref().unwrap_or(tenant.as_str())
    }
}

impl Default for ReceiptSettings {
    fn default() -> Self {
        Self {
            algorithm: SigningAlgorithm::default(),
            issuer: "countersign".to_owned(),
            audience: None,
            // Longer than the 13 months within which a payer may dispute a payment (PSD2, article 71).
            publish_retired: Span::from_hours(400 * 24),
        }
    }
}
