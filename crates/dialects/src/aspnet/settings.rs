//! The words that both dialects' settings use.

use std::borrow::Cow;

use countersign_crypto::legacy::Profile;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// One way to encrypt a new secret: key derivation and mode, as in `sha256+ecb`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CipherProfile(Profile);

impl CipherProfile {
    /// Every profile, the likeliest first.
    #[must_use]
    pub fn all() -> Vec<Self> {
        Profile::ALL.into_iter().map(Self).collect()
    }

    pub(crate) fn profiles(list: &[Self]) -> Vec<Profile> {
        list.iter().map(|profile| profile.0).collect()
    }
}

impl TryFrom<String> for CipherProfile {
    type Error = UnknownProfile;

    fn try_from(text: String) -> Result<Self, UnknownProfile> {
        Profile::parse(&text).map(Self).ok_or(UnknownProfile)
    }
}

impl From<CipherProfile> for String {
    fn from(profile: CipherProfile) -> Self {
        profile.0.to_string()
    }
}

impl JsonSchema for CipherProfile {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "CipherProfile".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names = Profile::ALL.map(|profile| profile.to_string());
        json_schema!({ "type": "string", "enum": names })
    }
}

/// A text that names no profile.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UnknownProfile;

impl std::fmt::Display for UnknownProfile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a cipher profile is a key derivation and a mode, such as `sha256+ecb`")
    }
}

impl std::error::Error for UnknownProfile {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_reads_back_and_an_unknown_one_does_not() {
        let list = serde_json::to_string(&CipherProfile::all()).expect("strings");
        assert!(list.starts_with("[\"sha256+ecb\",\"sha256+cbc_zero_iv\""));
        let back: Vec<CipherProfile> = serde_json::from_str(&list).expect("what was written");
        assert_eq!(back, CipherProfile::all());
        assert!(serde_json::from_str::<CipherProfile>("\"md5+ecb\"").is_err());
    }
}
