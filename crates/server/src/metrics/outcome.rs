//! The words for how a request ended, as metrics and the request log use them.

use countersign_domain::answer::{IntentRefusal, Refusal};

/// It was done.
pub const DONE: &str = "done";
/// The first answer to its idempotency key was given again.
pub const REPEATED: &str = "repeated";
/// It was malformed or unproven.
pub const REJECTED: &str = "rejected";
/// Our fault.
pub const FAULT: &str = "fault";

/// The word for a refusal.
#[must_use]
pub const fn refused(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::UnknownAccount => "unknown_account",
        Refusal::UnknownApp => "unknown_app",
        Refusal::NotFound => "not_found",
        Refusal::NotSet => "not_set",
        Refusal::AlreadySet => "already_set",
        Refusal::Incorrect { .. } => "incorrect",
        Refusal::Locked { .. } => "locked",
        Refusal::Busy => "busy",
        Refusal::Overloaded { .. } => "overloaded",
        Refusal::Unavailable { .. } => "unavailable",
        Refusal::ReadOnly { .. } => "read_only",
        Refusal::TooShort(_) => "too_short",
        Refusal::TooLong(_) => "too_long",
        Refusal::TooCommon => "too_common",
        Refusal::SameAsLogin => "same_as_login",
        Refusal::Unchanged => "unchanged",
        Refusal::DigestNotAccepted => "digest_not_accepted",
        Refusal::CodeIncorrect { .. } => "code_incorrect",
        Refusal::CodeExpired => "code_expired",
        Refusal::RateLimited { .. } => "rate_limited",
        Refusal::NoMobile => "no_mobile",
        Refusal::IdentifierTaken(_) => "identifier_taken",
        Refusal::WalletConflict => "wallet_conflict",
        Refusal::AppSecretIncorrect => "app_secret_incorrect",
        Refusal::NoLiveSession => "no_live_session",
        Refusal::DevOnly => "dev_only",
        Refusal::Intent(refusal) => of_intent(*refusal),
        Refusal::OnHold { .. } => "on_hold",
        Refusal::KeyTooYoung => "key_too_young",
        Refusal::NotOnHold => "not_on_hold",
        Refusal::UrlNotAllowed(_) => "url_not_allowed",
        Refusal::TooManyWebhooks(_) => "too_many_webhooks",
        Refusal::Disabled => "disabled",
    }
}

const fn of_intent(refusal: IntentRefusal) -> &'static str {
    match refusal {
        IntentRefusal::Consumed => "intent_consumed",
        IntentRefusal::Voided(_) => "intent_voided",
        IntentRefusal::NotApproved => "intent_not_approved",
        IntentRefusal::Approved => "intent_already_approved",
        IntentRefusal::Cancelled => "intent_cancelled",
        IntentRefusal::Expired => "intent_expired",
        IntentRefusal::DigestMismatch => "digest_mismatch",
        IntentRefusal::SecretRequired(_) => "secret_required",
        IntentRefusal::CodeRequired(_) => "code_required",
        IntentRefusal::FactorsIncorrect { .. } => "factors_incorrect",
        IntentRefusal::OverLimit(_) => "limit_exceeded",
        IntentRefusal::UnknownCurrency => "unknown_currency",
        IntentRefusal::NotAnAmount(_) => "not_an_amount",
    }
}
