//! Sets of keys (RFC 7517, 5).

use serde_json::Value;

use crate::jws::{JwsError, PublicKey, Typ, Unverified, Verified, jwk};
use crate::strict_json;

/// The longest text of a set, in bytes. Those of large identity providers have 2000 to 20000.
pub const LONGEST_SET: usize = 256 * 1024;

/// The most keys of a set.
pub const MOST_KEYS: usize = 128;

/// Keys that somebody publishes.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct KeySet {
    keys: Vec<PublicKey>,
}

impl KeySet {
    /// Of those keys.
    #[must_use]
    pub fn new(keys: Vec<PublicKey>) -> Self {
        Self { keys }
    }

    /// Reads a set. Keys that we could not verify with are left out, as the standard asks; secret ones too.
    ///
    /// # Errors
    ///
    /// [`NotASet`], without anything of what was read.
    pub fn parse(text: &str) -> Result<Self, NotASet> {
        if text.len() > LONGEST_SET {
            return Err(NotASet::TooLong);
        }
        let set = strict_json::read(text, jwk::DEPTH + 2).map_err(|_| NotASet::Json)?;
        let keys = set.get("keys").and_then(Value::as_array).ok_or(NotASet::Json)?;
        if keys.len() > MOST_KEYS {
            return Err(NotASet::TooLong);
        }
        let objects: Option<Vec<_>> = keys.iter().map(Value::as_object).collect();
        let keys = objects.ok_or(NotASet::Json)?;
        Ok(Self::new(keys.into_iter().filter_map(|members| PublicKey::from_members(members).ok()).collect()))
    }

    /// Writes the set.
    #[must_use]
    pub fn to_jwks(&self) -> String {
        let keys: Vec<_> = self.keys.iter().map(PublicKey::to_jwk).collect();
        format!(r#"{{"keys":[{}]}}"#, keys.join(","))
    }

    /// The keys, in the order of the set.
    #[must_use]
    pub fn keys(&self) -> &[PublicKey] {
        &self.keys
    }

    /// Verifies a token with the key that it names, or, if it names none, with the only key that is for its algorithm.
    ///
    /// # Errors
    ///
    /// [`JwsError::UnknownKey`] if there is no such key or more than one, otherwise as [`Unverified::verify`].
    pub fn verify(&self, token: &str, typ: Typ<'_>) -> Result<Verified, JwsError> {
        let unverified = Unverified::parse(token)?;
        let mut fitting = self.keys.iter().filter(|key| match unverified.key_id() {
            Some(id) => key.id() == Some(id),
            None => key.algorithms().contains(&unverified.claimed_algorithm()),
        });
        match (fitting.next(), fitting.next()) {
            (Some(key), None) => unverified.verify(key, typ),
            _ => Err(JwsError::UnknownKey),
        }
    }
}

/// Why a text is not a set of keys.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotASet {
    /// Not a JSON object with a list of objects as `keys`, or a name twice.
    #[error("not a JSON object with a list `keys` and each name once")]
    Json,
    /// More than we read.
    #[error("longer than {LONGEST_SET} bytes or more than {MOST_KEYS} keys")]
    TooLong,
}
