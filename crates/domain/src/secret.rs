//! Memorized secrets and other values that must never be seen.
//!
//! None of these types has `Debug`, `Display` or a serializer, all are zeroed when dropped, and each has
//! exactly one method that shows what it holds: `expose`. To audit where secrets flow, search for that word.

use core::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Which of an account's memorized secrets is meant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// Opens a session (登录密码).
    Login,
    /// Asked for just before money moves (资金密码, 支付密码, 交易密码, PIN).
    Payment,
    /// Allows a look at a wallet (查询密码).
    Query,
}

impl Kind {
    /// Every kind, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::Login, Self::Payment, Self::Query];

    /// The word for this kind in the API, the database, metrics and documents.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Payment => "payment",
            Self::Query => "query",
        }
    }

    /// The kind of that name, if there is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A secret text: a presented password, a token, a key, a verification code.
///
/// Compared in constant time; the length is not hidden.
#[derive(Clone)]
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    /// Takes the text over; the caller keeps no copy.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// Shows the text. The only way to it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Length in characters (Unicode scalar values), the unit of every length rule for plain secrets.
    #[must_use]
    pub fn chars(&self) -> usize {
        self.0.chars().count()
    }

    /// Whether nothing at all was given.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl PartialEq for SecretText {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for SecretText {}

/// Secret bytes: a key, or a plaintext that was just unsealed.
#[derive(Clone)]
pub struct SecretBytes(Zeroizing<Vec<u8>>);

impl SecretBytes {
    /// Takes the bytes over; the caller keeps no copy.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Shows the bytes. The only way to them.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl PartialEq for SecretBytes {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for SecretBytes {}

/// `UPPER_MD5(secret)`: 32 upper-case hexadecimal characters of the MD5 of the secret's UTF-8 text.
///
/// Two of the five systems deliver nothing else, so it is as secret as the secret itself.
#[derive(Clone)]
pub struct LegacyDigest(Zeroizing<[u8; 32]>);

impl LegacyDigest {
    /// Accepts exactly 32 of `0-9A-F`; anything else is not a digest.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let digits: [u8; 32] = text.try_into().ok()?;
        let digits = Zeroizing::new(digits);
        digits.iter().all(|c| matches!(c, b'0'..=b'9' | b'A'..=b'F')).then(|| Self(digits))
    }

    /// Shows the 32 characters. The only way to them.
    #[must_use]
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl PartialEq for LegacyDigest {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_slice().ct_eq(other.0.as_slice()).into()
    }
}

impl Eq for LegacyDigest {}

/// A memorized secret as a caller delivered it.
#[derive(Clone)]
pub enum Presented {
    /// The text the person typed.
    Plain(SecretText),
    /// Only its `UPPER_MD5`, as `tour` and `flowmeter` deliver it.
    Digest(LegacyDigest),
}

/// What the key derivation of a verifier ran over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Input {
    /// The UTF-8 text itself.
    Plain,
    /// `UPPER_MD5` of it, so that the dialects that deliver only that can still verify.
    LegacyDigest,
}

/// Bytes under authenticated encryption; opaque to every rule. Not secret, but of no use without the keyring.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sealed(pub Vec<u8>);

/// What is stored of a memorized secret.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verifier {
    /// Counts every new secret of this account and kind, from 1. Part of what the seal is bound to.
    pub version: u64,
    /// What the key derivation ran over.
    pub input: Input,
    /// The PHC string, sealed under a data key and bound to account, kind and version.
    pub sealed: Sealed,
}
