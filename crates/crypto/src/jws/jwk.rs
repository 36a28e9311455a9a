//! One key as JSON (RFC 7517).

use core::fmt::Write as _;

use serde_json::{Map, Value};

use crate::jws::public_key::Material;
use crate::jws::{Algorithm, PublicKey, decode};
use crate::strict_json;

/// A key has no members inside members but lists.
pub(super) const DEPTH: usize = 4;

/// The longest name of a key; the usual ones have 20 to 80 characters.
const LONGEST_ID: usize = 256;

impl PublicKey {
    /// Reads a public key. `use`, `key_ops` and `alg`, where they are given, must let it verify.
    ///
    /// # Errors
    ///
    /// [`NotAKey`], without anything of what was read.
    pub fn parse_jwk(text: &str) -> Result<Self, NotAKey> {
        match strict_json::read(text, DEPTH) {
            Ok(Value::Object(members)) => Self::from_members(&members),
            _ => Err(NotAKey::Json),
        }
    }

    /// Writes it with its name, its algorithm and what it is for.
    #[must_use]
    pub fn to_jwk(&self) -> String {
        let mut out = self.required_members();
        out.pop();
        for (name, value) in [("kid", self.id()), ("alg", self.only_algorithm()), ("use", Some("sig"))] {
            if let Some(value) = value {
                let _ = write!(out, r#","{name}":{}"#, Value::from(value));
            }
        }
        out.push('}');
        out
    }

    fn only_algorithm(&self) -> Option<&'static str> {
        match self.algorithms() {
            [only] => Some(only.as_str()),
            _ => None,
        }
    }

    pub(super) fn from_members(members: &Map<String, Value>) -> Result<Self, NotAKey> {
        if ["d", "p", "q", "dp", "dq", "qi", "oth", "k"].iter().any(|name| members.contains_key(*name)) {
            return Err(NotAKey::Private);
        }
        let material = match (text(members, "kty")?, members.get("crv").and_then(Value::as_str)) {
            ("OKP", Some("Ed25519")) => Material::Ed25519(number(members, "x")?),
            ("EC", Some("P-256")) => Material::P256 { x: number(members, "x")?, y: number(members, "y")? },
            ("RSA", _) => rsa(members)?,
            _ => return Err(NotAKey::Unsupported),
        };
        let mut key = Self { material, only: None, id: id(members)? };
        key.only = only(members, &key)?;
        let purpose = members.get("use").is_none_or(|purpose| purpose == "sig");
        let operations = members.get("key_ops").is_none_or(|all| {
            all.as_array().is_some_and(|all| all.iter().any(|operation| operation == "verify"))
        });
        if purpose && operations { Ok(key) } else { Err(NotAKey::Purpose) }
    }
}

/// Why something is not a key that we verify with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotAKey {
    /// Not a JSON object, or a name twice in it.
    #[error("not a JSON object with each name once")]
    Json,
    /// A private or secret key, which has no business here. Whoever shows it has given it away.
    #[error("a private key where a public one belongs")]
    Private,
    /// Another type, curve, algorithm or size.
    #[error("not a key for EdDSA (Ed25519), ES256, or RS256 and PS256 of 2048 to 8192 bits")]
    Unsupported,
    /// Not for signatures.
    #[error("not a key that is for verifying signatures")]
    Purpose,
    /// A member is missing or is not what it must be.
    #[error("a member of the key is missing or malformed")]
    Member,
}

fn text<'a>(members: &'a Map<String, Value>, name: &str) -> Result<&'a str, NotAKey> {
    members.get(name).and_then(Value::as_str).ok_or(NotAKey::Member)
}

/// A number of exactly that many bytes.
fn number<const N: usize>(members: &Map<String, Value>, name: &str) -> Result<[u8; N], NotAKey> {
    decode(text(members, name)?).and_then(|bytes| bytes.try_into().ok()).ok_or(NotAKey::Member)
}

fn id(members: &Map<String, Value>) -> Result<Option<String>, NotAKey> {
    match members.get("kid") {
        None => Ok(None),
        Some(Value::String(id)) if id.len() <= LONGEST_ID => Ok(Some(id.clone())),
        Some(_) => Err(NotAKey::Member),
    }
}

fn only(members: &Map<String, Value>, key: &PublicKey) -> Result<Option<Algorithm>, NotAKey> {
    let Some(name) = members.get("alg") else { return Ok(None) };
    let named = Algorithm::parse(name.as_str().ok_or(NotAKey::Member)?).ok_or(NotAKey::Unsupported)?;
    if key.algorithms().contains(&named) { Ok(Some(named)) } else { Err(NotAKey::Unsupported) }
}

/// RFC 7518, 6.3.1: both numbers big-endian without leading zeros. An exponent of 1 would verify anything, an even one nothing.
fn rsa(members: &Map<String, Value>) -> Result<Material, NotAKey> {
    let [n, e] = [text(members, "n")?, text(members, "e")?].map(|text| decode(text).ok_or(NotAKey::Member));
    let (n, e) = (n?, e?);
    let (Some(&first), Some(1..), Some(&last)) = (n.first(), e.first(), e.last()) else {
        return Err(NotAKey::Member);
    };
    let bits = n.len() * 8 - first.leading_zeros() as usize;
    if first == 0 || last % 2 == 0 {
        return Err(NotAKey::Member);
    }
    // An exponent of more than 32 bits only makes verifying slow.
    if !(2048..=8192).contains(&bits) || e == [1] || e.len() > 4 {
        return Err(NotAKey::Unsupported);
    }
    Ok(Material::Rsa { n, e })
}
