//! The compact form: three texts in base64url with dots between them (RFC 7515, 3.1 and 5.2).

use serde_json::{Map, Value};

use crate::jws::{Algorithm, PublicKey, decode};
use crate::strict_json;

/// The longest token that is looked at, in bytes. A receipt has about 700, an access token of a large provider 4096.
pub const LONGEST_TOKEN: usize = 16 * 1024;

/// The longest header before it is decoded. It names a key and a type.
const LONGEST_HEADER: usize = 4 * 1024;

/// A header holds a certificate chain at the most.
const DEPTH: usize = 4;

/// A token that is well formed, about which nothing else is known yet.
pub struct Unverified<'a> {
    algorithm: Algorithm,
    key_id: Option<String>,
    typ: Option<String>,
    signed: &'a str,
    payload: &'a str,
    signature: Vec<u8>,
}

/// A token whose signature is right.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verified {
    /// What was signed.
    pub payload: Vec<u8>,
    /// What it was verified with.
    pub algorithm: Algorithm,
}

/// Which types of token (`typ`, RFC 7515, 4.1.9) are taken, so that one is not mistaken for another that the same key signed.
#[derive(Clone, Copy, Debug)]
pub enum Typ<'a> {
    /// This one, and it must be said.
    Exactly(&'a str),
    /// One of these, or none said: ID tokens of most providers say nothing.
    OneOfOrNone(&'a [&'a str]),
}

impl<'a> Unverified<'a> {
    /// Takes a token apart.
    ///
    /// # Errors
    ///
    /// [`JwsError`] for everything that is wrong without knowing a key.
    pub fn parse(token: &'a str) -> Result<Self, JwsError> {
        if token.len() > LONGEST_TOKEN {
            return Err(JwsError::TooLong);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(JwsError::Form)?;
        let (header, payload) = signed.split_once('.').ok_or(JwsError::Form)?;
        if header.len() > LONGEST_HEADER {
            return Err(JwsError::TooLong);
        }
        let signature = decode(signature).filter(|bytes| !bytes.is_empty()).ok_or(JwsError::Form)?;
        let header = decode(header).and_then(|bytes| String::from_utf8(bytes).ok()).ok_or(JwsError::Form)?;
        let Ok(Value::Object(header)) = strict_json::read(&header, DEPTH) else {
            return Err(JwsError::Header);
        };
        // We understand no extension, `b64` of RFC 7797 included, and an empty or malformed list is forbidden.
        if header.contains_key("crit") {
            return Err(JwsError::Critical);
        }
        let name = header.get("alg").and_then(Value::as_str).ok_or(JwsError::Header)?;
        Ok(Self {
            algorithm: Algorithm::parse(name).ok_or(JwsError::Algorithm)?,
            key_id: optional(&header, "kid")?,
            typ: optional(&header, "typ")?,
            signed,
            payload,
            signature,
        })
    }

    /// The key that the token names (`kid`). Nothing says yet that this is true.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// The algorithm that the token names. It decides nothing: the key does.
    #[must_use]
    pub const fn claimed_algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Verifies it. Keys and certificates in the header (`jwk`, `x5c`, and addresses of such) are never looked at.
    ///
    /// # Errors
    ///
    /// [`JwsError::Algorithm`] if the key is not for that algorithm, [`JwsError::Type`] if it is a token of another type,
    /// [`JwsError::Signature`] if somebody else signed it or something else was signed.
    pub fn verify(self, key: &PublicKey, typ: Typ<'_>) -> Result<Verified, JwsError> {
        if !key.algorithms().contains(&self.algorithm) {
            return Err(JwsError::Algorithm);
        }
        if !typ.takes(self.typ.as_deref()) {
            return Err(JwsError::Type);
        }
        let payload = decode(self.payload).ok_or(JwsError::Form)?;
        if !key.verifies(self.algorithm, self.signed.as_bytes(), &self.signature) {
            return Err(JwsError::Signature);
        }
        Ok(Verified { payload, algorithm: self.algorithm })
    }
}

impl Typ<'_> {
    fn takes(self, said: Option<&str>) -> bool {
        match (self, said) {
            (Self::Exactly(wanted), Some(said)) => is_type(said, wanted),
            (Self::Exactly(_), None) => false,
            (Self::OneOfOrNone(wanted), Some(said)) => wanted.iter().any(|wanted| is_type(said, wanted)),
            (Self::OneOfOrNone(_), None) => true,
        }
    }
}

/// A media type in any case; `application/` may be left out (RFC 7515, 4.1.9).
fn is_type(said: &str, wanted: &str) -> bool {
    const PREFIX: &str = "application/";
    let short = match said.get(..PREFIX.len()) {
        Some(prefix) if prefix.eq_ignore_ascii_case(PREFIX) => &said[PREFIX.len()..],
        _ => said,
    };
    short.eq_ignore_ascii_case(wanted)
}

fn optional(header: &Map<String, Value>, name: &str) -> Result<Option<String>, JwsError> {
    match header.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(JwsError::Header),
    }
}

/// Why a token is not to be trusted. Nothing of the token is in it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
pub enum JwsError {
    /// Longer than we look at.
    #[error("longer than {LONGEST_TOKEN} bytes, or its header longer than {LONGEST_HEADER}")]
    TooLong,
    /// Not three texts in base64url with dots between them.
    #[error("not three parts in base64url")]
    Form,
    /// The header is not an object with each name once, or a member of it is not a text.
    #[error("the header is malformed")]
    Header,
    /// Something must be understood that we do not understand.
    #[error("the header asks for an extension")]
    Critical,
    /// An algorithm that we do not have, or that is not the key's.
    #[error("not the algorithm of the key")]
    Algorithm,
    /// A token of another type.
    #[error("a token of another type")]
    Type,
    /// No such key.
    #[error("signed with a key that is not known here")]
    UnknownKey,
    /// The signature is not the key's over this text.
    #[error("the signature is wrong")]
    Signature,
}
