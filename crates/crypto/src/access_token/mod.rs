//! Access tokens that an OpenID provider signs: JSON Web Tokens as RFC 9068 profiles them.
//!
//! A token is taken for what its issuer says of its holder, and for nothing else: it must be signed by one of the issuer's
//! keys, with an allowed algorithm, be of the right type, come from this issuer, be meant for us, and be good at this
//! moment. What could be read in two ways is not read at all. Errors say which rule was broken and carry nothing of the token.

mod claims;

use countersign_domain::time::{Span, Timestamp};
use sha2::{Digest as _, Sha256};

use crate::jws::{Algorithm, JwsError, KeySet, Typ};

/// What a provider's tokens must say to be taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TokenRules {
    /// Exactly what `iss` must be.
    pub issuer: String,
    /// What `aud` must be, or have among others.
    pub audience: String,
    /// With what a token may be signed.
    pub algorithms: Vec<Algorithm>,
    /// Which types are taken.
    pub typ: TokenType,
    /// Whom tokens may be made for (`azp`, or `client_id`); anybody where it is empty.
    pub clients: Vec<String>,
    /// The claim that names the account.
    pub account_claim: String,
    /// The claim that names the session at the provider, where it is there.
    pub session_claim: String,
    /// How much the provider's clock may differ from ours.
    pub skew: Span,
    /// The longest that a token is good after it was issued, whatever it says itself.
    pub life_max: Span,
    /// How long ago the person may have logged in (`auth_time`).
    pub max_age: Option<Span>,
    /// How the person may have logged in (`acr`); anyhow where it is empty.
    pub acr: Vec<String>,
}

/// Which types of token are taken (`typ`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TokenType {
    /// `at+jwt`, which only access tokens say (RFC 9068, 2.1).
    AccessToken,
    /// Also `JWT` and none, for providers that are older than that.
    Any,
}

/// What a token says that is good now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proof {
    /// Whose account, as the provider calls it.
    pub account: String,
    /// Whose token, as the provider calls them (`sub`).
    pub subject: String,
    /// Which session at the provider.
    pub session: SessionName,
    /// When the token was issued.
    pub issued_at: Timestamp,
    /// From when on it proves nothing.
    pub expires_at: Timestamp,
    /// Whether the person logged in as [`TokenRules::max_age`] and [`TokenRules::acr`] ask.
    pub login_suffices: bool,
}

/// By what the provider's session is known again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SessionName {
    /// The claim that is set for it: all tokens of the session say the same.
    Claim(String),
    /// The token's own id (`jti`): each token is a session.
    Token(String),
    /// What was signed, hashed: each token is a session.
    Digest([u8; 32]),
}

impl TokenRules {
    /// Reads a token that one of the keys signed.
    ///
    /// # Errors
    ///
    /// [`NotProof`], [`NotProof::Expired`] only if nothing else is wrong.
    pub fn read(&self, token: &str, keys: &KeySet, now: Timestamp) -> Result<Proof, NotProof> {
        let typ = match self.typ {
            TokenType::AccessToken => Typ::Exactly(ACCESS_TOKEN),
            TokenType::Any => Typ::OneOfOrNone(&[ACCESS_TOKEN, "JWT"]),
        };
        let verified = keys.verify(token, typ)?;
        if !self.algorithms.contains(&verified.algorithm) {
            return Err(NotProof::Token(JwsError::Algorithm));
        }
        let signed = token.rsplit_once('.').map_or(token, |(signed, _)| signed);
        let text = core::str::from_utf8(&verified.payload).map_err(|_| NotProof::Claims)?;
        claims::read(self, text, Sha256::digest(signed.as_bytes()).into(), now)
    }
}

/// `typ` of access tokens, without `application/`.
const ACCESS_TOKEN: &str = "at+jwt";

/// Whether a text can only be such a token: three parts with dots between them. Nothing that we issue has a dot.
#[must_use]
pub fn looks_like_one(token: &str) -> bool {
    token.bytes().filter(|byte| *byte == b'.').count() == 2
}

/// Why a token proves nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotProof {
    /// Not signed by one of the keys, or not as the rules ask.
    #[error(transparent)]
    Token(#[from] JwsError),
    /// A claim is missing or malformed, or it is a token of another kind.
    #[error("a claim is missing or malformed")]
    Claims,
    /// Another issuer.
    #[error("of another issuer")]
    Issuer,
    /// Meant for somebody else.
    #[error("for another audience")]
    Audience,
    /// Made for a client that is not allowed, or for one of several audiences without saying which client.
    #[error("made for another client")]
    Client,
    /// Not good yet, or issued in the future.
    #[error("not good yet")]
    NotYet,
    /// Good once.
    #[error("expired")]
    Expired,
}

#[cfg(test)]
mod tests;
