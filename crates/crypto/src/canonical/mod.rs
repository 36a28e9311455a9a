//! The one form of a JSON text that is digested: the JSON Canonicalization Scheme (RFC 8785).
//!
//! Two texts that mean the same have the same form, in every language that has the scheme, so that a platform can check
//! what was approved from its own copy of the transaction.

pub mod intent;

use serde_json::{Number, Value};
use sha2::{Digest as _, Sha256};

use crate::strict_json::{self, NotStrict};

/// How deep objects and arrays may lie in each other. The details of a transaction need three or four.
const DEPTH: usize = 16;

/// What is made canonical: a text, or a value that was read from one already.
///
/// A value can no longer show a name that occurred twice. Whoever holds the text gives the text.
pub enum Source<'a> {
    /// A JSON text.
    Text(&'a str),
    /// A value.
    Value(&'a Value),
}

impl<'a> From<&'a str> for Source<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Source<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a Value> for Source<'a> {
    fn from(value: &'a Value) -> Self {
        Self::Value(value)
    }
}

/// The canonical form of a JSON text (`&str`) or of a value (`&Value`).
///
/// # Errors
///
/// [`NotCanonical`], without anything of what was given.
pub fn canonicalize<'a>(source: impl Into<Source<'a>>) -> Result<String, NotCanonical> {
    let read;
    let value = match source.into() {
        Source::Value(value) => value,
        Source::Text(text) => {
            read = strict_json::read(text, DEPTH)?;
            &read
        }
    };
    check(value, DEPTH)?;
    // The serializer fails only where its writer does, or at a number that is not finite, which no `Value` holds.
    serde_json_canonicalizer::to_string(value).map_err(|_| NotCanonical::Number)
}

/// SHA-256 over a canonical form.
#[must_use]
pub fn digest(canonical: &str) -> [u8; 32] {
    Sha256::digest(canonical.as_bytes()).into()
}

/// The text of a digest, as it stands in intents and receipts: base64url without padding, 43 characters.
#[must_use]
pub fn digest_text(digest: &[u8; 32]) -> String {
    data_encoding::BASE64URL_NOPAD.encode(digest)
}

/// Why a JSON text has no canonical form here.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
pub enum NotCanonical {
    /// Not JSON, or a string with half of a surrogate pair, or a number beyond a double.
    #[error("not a JSON text")]
    Json,
    /// A name occurs twice in an object.
    #[error("a name occurs twice in an object")]
    Twice,
    /// Objects and arrays lie deeper in each other than 16 levels.
    #[error("objects and arrays lie deeper in each other than {DEPTH} levels")]
    Depth,
    /// A whole number below 2^64 that would be written with other digits: two amounts would have one digest.
    #[error("a whole number that an IEEE 754 double does not give back as it was")]
    Number,
}

impl From<NotStrict> for NotCanonical {
    fn from(fault: NotStrict) -> Self {
        match fault {
            NotStrict::Json => Self::Json,
            NotStrict::Twice => Self::Twice,
            NotStrict::Deep => Self::Depth,
        }
    }
}

/// Refuses what lies too deep, and whole numbers that would become others.
fn check(value: &Value, depth: usize) -> Result<(), NotCanonical> {
    match value {
        Value::Null | Value::Bool(_) | Value::String(_) => Ok(()),
        Value::Number(number) => {
            let kept = number.is_f64() || is_small(number) || stays(number);
            if kept { Ok(()) } else { Err(NotCanonical::Number) }
        }
        Value::Array(items) => {
            let below = depth.checked_sub(1).ok_or(NotCanonical::Depth)?;
            items.iter().try_for_each(|item| check(item, below))
        }
        Value::Object(members) => {
            let below = depth.checked_sub(1).ok_or(NotCanonical::Depth)?;
            members.values().try_for_each(|member| check(member, below))
        }
    }
}

/// Whether a double holds it and all its neighbours.
fn is_small(whole: &Number) -> bool {
    whole.as_i64().is_some_and(|whole| whole.unsigned_abs() <= 1 << f64::MANTISSA_DIGITS)
}

/// Whether its canonical form has the same digits. Of those beyond 2^53 only these do that a double is written as.
fn stays(whole: &Number) -> bool {
    serde_json_canonicalizer::to_string(whole).is_ok_and(|form| form == whole.to_string())
}

#[cfg(test)]
mod tests;
