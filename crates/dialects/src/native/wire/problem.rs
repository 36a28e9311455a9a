//! Problem details (RFC 9457).

use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::schemas;

/// The media type of every error.
pub(in crate::native) const PROBLEM_JSON: &str = "application/problem+json";

/// What went wrong, for people and for machines.
#[derive(Serialize, ToSchema)]
#[schema(as = native::Problem)]
pub(in crate::native) struct Problem {
    /// A name for the kind of problem that never changes: `urn:countersign:problem:` and `code`.
    #[serde(rename = "type")]
    #[schema(schema_with = schemas::problem_type)]
    pub(in crate::native) kind: String,
    /// A few words, in the language that `Accept-Language` prefers of `en`, `zh-CN` and `zh-TW`.
    pub(in crate::native) title: &'static str,
    /// The HTTP status.
    #[schema(schema_with = schemas::status)]
    pub(in crate::native) status: u16,
    /// One sentence, in the same language.
    pub(in crate::native) detail: String,
    /// The word to decide by.
    #[schema(schema_with = schemas::problem_code)]
    pub(in crate::native) code: &'static str,
    /// The request's id, as in the header `X-Request-Id` and in the operator's log.
    pub(in crate::native) request_id: String,
    /// Guesses left before a lock, or attempts left at a code.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schemas::count)]
    pub(in crate::native) remaining_attempts: Option<u32>,
    /// Always true where it is there: one more wrong secret blocks it, until it is reset.
    #[serde(skip_serializing_if = "is_false")]
    #[schema(required = false)]
    pub(in crate::native) last_guess_left: bool,
    /// When guesses are taken again; absent when only a reset or an operator helps.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schemas::time)]
    pub(in crate::native) locked_until: Option<String>,
    /// When payments go on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schemas::time)]
    pub(in crate::native) hold_until: Option<String>,
    /// Why the person must be asked, why more is needed, or why an intent is void, in one word.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub(in crate::native) reason: Option<&'static str>,
    /// How long to wait before trying again, in seconds, as in `Retry-After`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schemas::count)]
    pub(in crate::native) retry_after_s: Option<i64>,
    /// Which members are meant.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub(in crate::native) errors: Vec<MemberError>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
const fn is_false(truth: &bool) -> bool {
    !*truth
}

/// One member that is missing, out of range or not taken.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = native::MemberError)]
pub(in crate::native) struct MemberError {
    /// The member, parameter or header; `outer.inner` inside an object, `list[0]` inside a list.
    pub(in crate::native) member: String,
    /// The word to decide by: `required`, `too_long`, `not_allowed`, `out_of_range`, `unknown_member`, or the
    /// problem's own code.
    pub(in crate::native) code: &'static str,
    /// A few words in the language of the problem.
    pub(in crate::native) detail: String,
}

/// Every kind of problem.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::native) enum ProblemCode {
    MalformedRequest,
    InvalidParameter,
    SecretTooShort,
    SecretTooLong,
    SecretTooCommon,
    SecretSameAsLogin,
    SecretUnchanged,
    IdempotencyMismatch,
    Unauthenticated,
    Forbidden,
    SecretIncorrect,
    CodeIncorrect,
    NotFound,
    MethodNotAllowed,
    SecretNotSet,
    SecretAlreadySet,
    IdentifierTaken,
    IdempotencyConflict,
    CodeExpired,
    BodyTooLarge,
    UnsupportedMediaType,
    SecretLocked,
    RateLimited,
    InternalError,
    Overloaded,
    Unavailable,
    ReadOnly,
    IntentConsumed,
    IntentVoided,
    IntentNotApproved,
    IntentAlreadyApproved,
    IntentCancelled,
    DigestMismatch,
    NotOnHold,
    IntentExpired,
    SecretRequired,
    CodeRequired,
    LimitExceeded,
    PaymentsOnHold,
    FactorsIncorrect,
    KeyTooYoung,
    WebhookLimit,
    InsufficientUserAuthentication,
    SecretDisabled,
}

impl ProblemCode {
    /// Every code.
    pub(in crate::native) const ALL: [Self; 44] = [
        Self::MalformedRequest,
        Self::InvalidParameter,
        Self::SecretTooShort,
        Self::SecretTooLong,
        Self::SecretTooCommon,
        Self::SecretSameAsLogin,
        Self::SecretUnchanged,
        Self::IdempotencyMismatch,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::SecretIncorrect,
        Self::CodeIncorrect,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::SecretNotSet,
        Self::SecretAlreadySet,
        Self::IdentifierTaken,
        Self::IdempotencyConflict,
        Self::CodeExpired,
        Self::BodyTooLarge,
        Self::UnsupportedMediaType,
        Self::SecretLocked,
        Self::RateLimited,
        Self::InternalError,
        Self::Overloaded,
        Self::Unavailable,
        Self::ReadOnly,
        Self::IntentConsumed,
        Self::IntentVoided,
        Self::IntentNotApproved,
        Self::IntentAlreadyApproved,
        Self::IntentCancelled,
        Self::DigestMismatch,
        Self::NotOnHold,
        Self::IntentExpired,
        Self::SecretRequired,
        Self::CodeRequired,
        Self::LimitExceeded,
        Self::PaymentsOnHold,
        Self::FactorsIncorrect,
        Self::KeyTooYoung,
        Self::WebhookLimit,
        Self::InsufficientUserAuthentication,
        Self::SecretDisabled,
    ];

    /// The word on the wire. It never changes.
    pub(in crate::native) const fn as_str(self) -> &'static str {
        match self {
            Self::MalformedRequest => "malformed_request",
            Self::InvalidParameter => "invalid_parameter",
            Self::SecretTooShort => "secret_too_short",
            Self::SecretTooLong => "secret_too_long",
            Self::SecretTooCommon => "secret_too_common",
            Self::SecretSameAsLogin => "secret_same_as_login",
            Self::SecretUnchanged => "secret_unchanged",
            Self::IdempotencyMismatch => "idempotency_mismatch",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::SecretIncorrect => "secret_incorrect",
            Self::CodeIncorrect => "code_incorrect",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::SecretNotSet => "secret_not_set",
            Self::SecretAlreadySet => "secret_already_set",
            Self::IdentifierTaken => "identifier_taken",
            Self::IdempotencyConflict => "idempotency_conflict",
            Self::CodeExpired => "code_expired",
            Self::BodyTooLarge => "body_too_large",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::SecretLocked => "secret_locked",
            Self::RateLimited => "rate_limited",
            Self::InternalError => "internal_error",
            Self::Overloaded => "overloaded",
            Self::Unavailable => "unavailable",
            Self::ReadOnly => "read_only",
            Self::IntentConsumed => "intent_consumed",
            Self::IntentVoided => "intent_voided",
            Self::IntentNotApproved => "intent_not_approved",
            Self::IntentAlreadyApproved => "intent_already_approved",
            Self::IntentCancelled => "intent_cancelled",
            Self::DigestMismatch => "digest_mismatch",
            Self::NotOnHold => "not_on_hold",
            Self::IntentExpired => "intent_expired",
            Self::SecretRequired => "secret_required",
            Self::CodeRequired => "code_required",
            Self::LimitExceeded => "limit_exceeded",
            Self::PaymentsOnHold => "payments_on_hold",
            Self::FactorsIncorrect => "factors_incorrect",
            Self::KeyTooYoung => "key_too_young",
            Self::WebhookLimit => "webhook_limit",
            Self::SecretDisabled => "secret_disabled",
            // As RFC 9470, section 3, calls it.
            Self::InsufficientUserAuthentication => "insufficient_user_authentication",
        }
    }

    /// The status that it is answered with.
    pub(in crate::native) const fn status(self) -> StatusCode {
        match self {
            Self::MalformedRequest => StatusCode::BAD_REQUEST,
            Self::InvalidParameter
            | Self::SecretTooShort
            | Self::SecretTooLong
            | Self::SecretTooCommon
            | Self::SecretSameAsLogin
            | Self::SecretUnchanged
            | Self::IdempotencyMismatch => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Unauthenticated | Self::InsufficientUserAuthentication => StatusCode::UNAUTHORIZED,
            Self::Forbidden
            | Self::SecretIncorrect
            | Self::CodeIncorrect
            | Self::SecretRequired
            | Self::CodeRequired
            | Self::LimitExceeded
            | Self::FactorsIncorrect
            | Self::KeyTooYoung => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::SecretNotSet
            | Self::SecretAlreadySet
            | Self::IdentifierTaken
            | Self::IdempotencyConflict
            | Self::IntentConsumed
            | Self::IntentVoided
            | Self::IntentNotApproved
            | Self::IntentAlreadyApproved
            | Self::IntentCancelled
            | Self::DigestMismatch
            | Self::NotOnHold
            | Self::WebhookLimit
            | Self::SecretDisabled => StatusCode::CONFLICT,
            Self::CodeExpired | Self::IntentExpired => StatusCode::GONE,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::SecretLocked | Self::PaymentsOnHold => StatusCode::LOCKED,
            Self::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            Self::InternalError => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Overloaded | Self::Unavailable | Self::ReadOnly => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}
