//! The receipt: signed proof that a person approved one transaction.
//!
//! A compact JWS of type `receipt+jwt`. It is made from the approved intent and can be made again at any time, so nothing of it
//! is stored. What it says and does not say: `docs/receipts.md`.

mod claims;
mod method;

use countersign_domain::id::AccountId;
use countersign_domain::time::Timestamp;

pub use method::Method;

use crate::jws::{JwsError, KeySet, SigningFault, SigningKey, Typ};

/// What `typ` says. A key of receipts that one day signs something else must say something else there.
pub const TYPE: &str = "receipt+jwt";

/// What a receipt says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Receipt {
    /// Who signed (`iss`).
    pub issuer: String,
    /// For whom (`aud`): the tenant.
    pub audience: String,
    /// Who approved (`sub`).
    pub account: AccountId,
    /// Which intent (`jti`).
    pub intent: String,
    /// The digest of what the person saw, as [`crate::canonical::digest_text`] writes it.
    pub digest: String,
    /// A decimal number, as it was given.
    pub amount: String,
    /// ISO 4217, or a token of the platform.
    pub currency: String,
    /// Who is to receive it.
    pub payee: String,
    /// How the person showed who they are (`amr`). Empty if nothing was asked: then [`Self::exemption`] says why.
    pub methods: Vec<Method>,
    /// When the intent was approved (`iat`).
    pub issued: Timestamp,
    /// Until when the approval could be consumed (`exp`).
    pub expires: Timestamp,
    /// When the person last showed the secret (`auth_time`): before `issued` inside a window.
    pub authenticated: Option<Timestamp>,
    /// The rule by which the secret was not asked.
    pub exemption: Option<String>,
}

impl Receipt {
    /// Signs it. Times are whole seconds, rounded down.
    ///
    /// # Errors
    ///
    /// As [`SigningKey::sign`].
    pub fn sign(&self, key: &SigningKey) -> Result<String, SigningFault> {
        key.sign(TYPE, self.to_json().as_bytes())
    }

    /// Its claims as JSON, as they are signed.
    #[must_use]
    pub fn to_json(&self) -> String {
        claims::write(self)
    }

    /// Reads a receipt that one of the keys signed, whether it has expired or not.
    ///
    /// # Errors
    ///
    /// [`NotAReceipt`], without anything of what was read.
    pub fn verify(token: &str, keys: &KeySet) -> Result<Self, NotAReceipt> {
        let verified = keys.verify(token, Typ::Exactly(TYPE))?;
        let text = core::str::from_utf8(&verified.payload).map_err(|_| NotAReceipt::Claims)?;
        claims::read(text).ok_or(NotAReceipt::Claims)
    }

    /// Whether the approval could no longer be consumed at that moment.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        now >= self.expires
    }
}

/// Why a text is not a receipt.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotAReceipt {
    /// Not signed by one of the keys as a receipt.
    #[error(transparent)]
    Token(#[from] JwsError),
    /// Signed, but a claim is missing or is not what it must be.
    #[error("a claim is missing or malformed")]
    Claims,
}

#[cfg(test)]
mod tests;
