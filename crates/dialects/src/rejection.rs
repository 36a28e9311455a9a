//! A request that is malformed or unproven. Nothing was charged, nothing was looked at but the request itself.

use countersign_crypto::hawk::HawkError;
use countersign_domain::app::Scope;
use countersign_domain::caller::Unproven;

/// Why a request is turned away at the door.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Rejection {
    /// No such endpoint or record name in the path.
    NotFound,
    /// The path is known, the method is not; these are.
    MethodNotAllowed(Vec<String>),
    /// The body is longer than this many bytes.
    BodyTooLarge(usize),
    /// The body's media type is not one that this endpoint reads; as sent, without parameters.
    UnsupportedMediaType(String),
    /// There is no token, key or header where one is needed.
    NoCredential,
    /// There is one, and it proves nothing.
    Unproven(Unproven),
    /// The caller is known, but lacks this scope.
    Forbidden(Scope),
    /// The caller would give another this scope, which only an operator gives.
    OnlyByOperator(Scope),
    /// HAWK failed.
    Hawk(HawkError),
    /// The request cannot be read, or a member has the wrong type. In a few plain words, without any of its content.
    Malformed(String),
    /// Members are missing or out of range.
    Invalid(Vec<Invalid>),
    /// A ciphertext that no key on offer opens.
    Undecryptable,
    /// The same request was seen before.
    Replayed,
    /// The idempotency key was used for another request.
    IdempotencyMismatch,
    /// A request with this idempotency key runs, or its outcome is not known.
    IdempotencyRunning,
}

impl Rejection {
    /// Whether it says that the request bears no good HAWK proof: then there is nobody to sign an answer for, and no proof
    /// that is used up.
    #[must_use]
    pub const fn is_without_proof(&self) -> bool {
        matches!(
            self,
            Self::Hawk(
                HawkError::Missing
                    | HawkError::Malformed(_)
                    | HawkError::UnknownCredentials
                    | HawkError::BadMac
            )
        )
    }
}

/// One member that is missing or out of range.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Invalid {
    /// The member's name as the dialect writes it.
    pub member: String,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What is wrong with a member.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fault {
    /// It is needed and absent or empty.
    Required,
    /// It is longer than this many of the dialect's units.
    TooLong(usize),
    /// It is not one of the values or forms that are taken; in a few plain words.
    NotAllowed(&'static str),
}
