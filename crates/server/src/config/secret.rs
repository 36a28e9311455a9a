//! A setting that must never be seen.

use std::borrow::Cow;

use countersign_domain::secret::SecretText;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};

/// What stands in the place of a secret wherever settings are shown.
pub const MASK: &str = "***";

/// A secret setting: a key, a password. Has neither `Debug` nor `Serialize`; zeroed when dropped.
///
/// In the schema it is `writeOnly`, and by that mark every other part of this module knows it as a secret.
#[derive(Clone)]
pub struct Secret(SecretText);

impl Secret {
    /// Takes the text over.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(SecretText::new(text))
    }

    /// The secret itself.
    #[must_use]
    pub fn text(&self) -> &SecretText {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

impl JsonSchema for Secret {
    fn schema_name() -> Cow<'static, str> {
        "Secret".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "writeOnly": true })
    }
}
