//! Keys that receipts are signed with, as they lie in the database.

use countersign_domain::secret::Sealed;
use countersign_domain::time::Timestamp;

/// A key that signs, or did once. What its texts mean the store does not know.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredSigningKey {
    /// The thumbprint of its public key.
    pub id: [u8; 32],
    /// What it signs with.
    pub algorithm: String,
    /// The public key.
    pub public: String,
    /// The private key.
    pub sealed: Sealed,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on another key signs, once one is there.
    pub retired_at: Option<Timestamp>,
}

/// Keys that another replaces.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Retirement {
    /// Which keys; one that has an end already keeps it.
    pub ids: Vec<[u8; 32]>,
    /// From when on they do not sign.
    pub at: Timestamp,
}
