//! Signed texts: JSON Web Signatures in their compact form (RFC 7515), and the keys that verify them.
//!
//! | algorithm | signs | verifies | for |
//! |---|---|---|---|
//! | `EdDSA` over Ed25519 (RFC 8037) | yes | yes | receipts |
//! | `ES256` (RFC 7518) | yes | yes | receipts, where a verifier knows no Ed25519 |
//! | `RS256`, `PS256` (RFC 7518), RSA of 2048 to 8192 bits | no | yes | identity providers of others |
//!
//! A key says which algorithms it is for, and a token can only agree. There is no `none` and no HMAC. What could be read in two
//! ways is not read at all: a name twice, base64url with padding or with bits that mean nothing, anything that must be
//! understood (`crit`) and is not. Errors say which rule was broken and carry nothing of what was read.

mod algorithm;
mod compact;
mod jwk;
mod public_key;
mod sets;
mod signing_key;

pub use algorithm::{Algorithm, SigningAlgorithm};
pub use compact::{JwsError, LONGEST_TOKEN, Typ, Unverified, Verified};
pub use jwk::NotAKey;
pub use public_key::PublicKey;
pub use sets::{KeySet, LONGEST_SET, MOST_KEYS, NotASet};
pub use signing_key::{NotASigningKey, SigningFault, SigningKey};

/// Decodes base64url as JWS has it: no padding, no line breaks, and no bits beside those of the bytes, so that no two
/// texts are one signature.
fn decode(text: &str) -> Option<Vec<u8>> {
    data_encoding::BASE64URL_NOPAD.decode(text.as_bytes()).ok()
}

fn encode(bytes: &[u8]) -> String {
    data_encoding::BASE64URL_NOPAD.encode(bytes)
}

#[cfg(test)]
mod tests;
