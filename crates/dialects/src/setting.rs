//! Settings that several dialects have, and how a setting's word is read.

use countersign_domain::time::Timestamp;
use schemars::JsonSchema;
use serde::de::value::StringDeserializer;
use serde::de::{Error, IntoDeserializer, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// What becomes of a new secret that everybody tries first, such as `123456`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CommonSecrets {
    /// It is taken: the documents' own examples use such secrets.
    #[default]
    Allow,
    /// It is refused as against the policy.
    Refuse,
}

/// What becomes of a right payment secret while payments of its account rest, after a reset for example.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnHold {
    /// It is right, as ever: the documented callers know of no holds, and the platform asks for them by its own API.
    #[default]
    Allow,
    /// The caller hears when payments go on, in the dialect's own form.
    Refuse,
}

impl OnHold {
    /// Until when a caller is refused, if it is.
    pub(crate) fn refuses(self, hold_until: Option<Timestamp>) -> Option<Timestamp> {
        hold_until.filter(|_| self == Self::Refuse)
    }
}

impl CommonSecrets {
    /// Whether such a secret is refused.
    #[must_use]
    pub const fn refused(self) -> bool {
        matches!(self, Self::Refuse)
    }
}

/// Reads a word that looks like a number or a truth value, such as `"423"` or `"false"`.
///
/// Environment variables and careless TOML deliver such a word as the thing it looks like.
pub(crate) fn word<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let text: StringDeserializer<D::Error> = deserializer.deserialize_any(Word)?.into_deserializer();
    T::deserialize(text)
}

struct Word;

impl Visitor<'_> for Word {
    type Value = String;

    fn expecting(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("a word")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<String, E> {
        Ok(value.to_string())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<String, E> {
        Ok(value.to_string())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<String, E> {
        Ok(value.to_string())
    }
}
