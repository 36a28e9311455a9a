//! Outcome to answer, as far as both dialects agree. No wildcard arm: a new outcome must be thought about here.

use countersign_crypto::hawk::HawkError;
use countersign_domain::answer::{Done, Refusal, Reply};
use countersign_domain::time::Timestamp;

use crate::LOCKED_FOR_GOOD_S;
use crate::aspnet::{Text, Voice};
use crate::raw::RawResponse;
use crate::rejection::Rejection;

/// A command that was carried out. Both dialects ask for nothing but a reset, so any other reply is our fault.
pub(crate) fn done(voice: &Voice<'_>, done: &Done) -> RawResponse {
    match &done.reply {
        Reply::SecretReset => voice.done(),
        Reply::Verified { .. }
        | Reply::SecretSet
        | Reply::SecretChanged
        | Reply::SecretMadeTemporary(_)
        | Reply::Ask(_)
        | Reply::CodeIssued { .. }
        | Reply::SessionOpened(_)
        | Reply::Gone
        | Reply::Unlocked(_)
        | Reply::AccountCreated(_)
        | Reply::Account(_)
        | Reply::Accounts(_)
        | Reply::AppCreated(..)
        | Reply::Apps(_)
        | Reply::AppToken { .. }
        | Reply::Events(_)
        | Reply::Clock(_)
        | Reply::Outbox(_)
        | Reply::IntentCreated(_)
        | Reply::Intent(..)
        | Reply::Intents(_)
        | Reply::Release(_)
        | Reply::SimChangeNoted { .. }
        | Reply::KeySet(_)
        | Reply::Following(_)
        | Reply::Event(_)
        | Reply::Webhook(_) => voice.fault(),
    }
}

/// A business result that is not success.
pub(crate) fn refused(voice: &Voice<'_>, refusal: &Refusal, now: Timestamp) -> RawResponse {
    match refusal {
        Refusal::UnknownAccount
        | Refusal::NoMobile
        | Refusal::CodeIncorrect { .. }
        | Refusal::CodeExpired => voice.result(Text::CodeIncorrect),
        Refusal::NoLiveSession => voice.result(Text::NoLiveSession),
        Refusal::Locked { until, .. } => {
            let wait = until.map_or(LOCKED_FOR_GOOD_S, |until| now.until(until).secs_ceil());
            voice.result(Text::Locked).retry_after(wait)
        }
        Refusal::RateLimited { retry_at } => {
            voice.result(Text::TooMany).retry_after(now.until(*retry_at).secs_ceil())
        }
        Refusal::TooShort(_)
        | Refusal::TooLong(_)
        | Refusal::TooCommon
        | Refusal::SameAsLogin
        | Refusal::Unchanged => voice.result(Text::AgainstPolicy),
        Refusal::Busy => voice.overloaded(1),
        Refusal::Overloaded { retry_after_s }
        | Refusal::Unavailable { retry_after_s }
        | Refusal::ReadOnly { retry_after_s } => voice.overloaded(i64::from(*retry_after_s)),
        Refusal::NotSet
        | Refusal::DigestNotAccepted
        // Nothing of what follows can come of a reset.
        | Refusal::NotFound
        | Refusal::AlreadySet
        | Refusal::Incorrect { .. }
        | Refusal::IdentifierTaken(_)
        | Refusal::WalletConflict
        | Refusal::AppSecretIncorrect
        | Refusal::UnknownApp
        | Refusal::DevOnly
        | Refusal::Intent(_)
        | Refusal::OnHold { .. }
        | Refusal::NotOnHold
        | Refusal::KeyTooYoung
        | Refusal::UrlNotAllowed(_)
        | Refusal::TooManyWebhooks(_)
        | Refusal::Disabled => voice.result(Text::NotPossible),
    }
}

/// A malformed or unproven request.
pub(crate) fn rejected(voice: &Voice<'_>, rejection: &Rejection) -> RawResponse {
    match rejection {
        Rejection::NotFound => voice.not_found(),
        Rejection::MethodNotAllowed(allowed) => voice.method_not_allowed(allowed),
        Rejection::BodyTooLarge(_) => voice.too_large(),
        Rejection::UnsupportedMediaType(media) => voice.unsupported(media),
        Rejection::Hawk(error) => voice.unauthorized(&error.www_authenticate()),
        Rejection::Replayed => voice.unauthorized(&HawkError::Replay.www_authenticate()),
        Rejection::NoCredential
        | Rejection::Unproven(_)
        | Rejection::Forbidden(_)
        | Rejection::OnlyByOperator(_) => voice.unauthorized(&HawkError::Missing.www_authenticate()),
        Rejection::Malformed(_) => voice.malformed(),
        Rejection::Invalid(faults) => voice.invalid(faults),
        Rejection::Undecryptable => voice.result(Text::Undecryptable),
        // Neither dialect has idempotency keys.
        Rejection::IdempotencyMismatch | Rejection::IdempotencyRunning => voice.fault(),
    }
}
