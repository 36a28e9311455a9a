//! Wire to command, outcome to its answer.

use countersign_domain::answer::{Done, Refusal, Reply};
use countersign_domain::caller::{SessionCaller, Unproven};
use countersign_domain::command::{Command, NewSecret, Subject};
use countersign_domain::lang::Lang;
use countersign_domain::secret::{Kind, Presented};
use countersign_domain::time::Timestamp;
use http::StatusCode;

use super::envelope::{with_allow, wrap, wrap_fault};
use super::settings::Settings;
use super::texts::{self, Text, text};
use super::wire::WithdrawPassword;
use crate::LOCKED_FOR_GOOD_S;
use crate::raw::RawResponse;
use crate::rejection::{Fault, Invalid, Rejection};

/// Least and greatest length in characters (`WIRE.md`; document 000 names none).
const CHARS: (usize, usize) = (6, 64);

const NO_CODE: u32 = 0;
const LOCKED: u32 = 10_102;
const TOKEN_EXPIRED: u32 = 90_003;
const NO_TOKEN: u32 = 90_004;
const TOKEN_UNKNOWN: u32 = 90_005;

/// The one thing that can be asked: set, or change by the old secret.
pub(super) fn command(person: &SessionCaller, wire: WithdrawPassword, settings: &Settings) -> Command {
    Command::SetOrChangeSecret {
        subject: Subject::Account(person.account),
        kind: Kind::Payment,
        old: wire.old.map(Presented::Plain),
        new: NewSecret {
            presented: Presented::Plain(wire.new),
            chars: CHARS,
            refuse_common: settings.common_secrets.refused(),
        },
    }
}

pub(super) fn done(done: &Done, lang: Lang) -> RawResponse {
    match &done.reply {
        Reply::SecretSet | Reply::SecretChanged => plain(StatusCode::OK, Text::Done, lang),
        // No command of this dialect comes to any of these.
        Reply::Verified { .. }
        | Reply::SecretReset
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
        | Reply::Webhook(_) => fault(lang),
    }
}

pub(super) fn refused(refusal: &Refusal, lang: Lang, now: Timestamp) -> RawResponse {
    match refusal {
        Refusal::Incorrect { .. } => about_account(text(Text::Incorrect, lang).to_owned()),
        Refusal::Locked { until, misses } => locked(*until, *misses, lang, now),
        Refusal::TooShort(least) => about_account(texts::too_short(*least, lang)),
        Refusal::TooLong(most) => about_account(texts::too_long(*most, lang)),
        Refusal::TooCommon => about_account(text(Text::TooCommon, lang).to_owned()),
        Refusal::SameAsLogin => about_account(text(Text::SameAsLogin, lang).to_owned()),
        Refusal::Unchanged => about_account(text(Text::Unchanged, lang).to_owned()),
        Refusal::Busy => overloaded(1, lang),
        Refusal::Overloaded { retry_after_s }
        | Refusal::Unavailable { retry_after_s }
        | Refusal::ReadOnly { retry_after_s } => overloaded(i64::from(*retry_after_s), lang),
        Refusal::RateLimited { retry_at } => overloaded(now.until(*retry_at).secs_ceil().max(1), lang),
        // The account was erased after its token was looked up.
        Refusal::UnknownAccount | Refusal::NoLiveSession => unproven(Unproven::Unknown, lang),
        // No command of this dialect is refused with any of these.
        Refusal::NotFound
        | Refusal::NotSet
        | Refusal::AlreadySet
        | Refusal::DigestNotAccepted
        | Refusal::CodeIncorrect { .. }
        | Refusal::CodeExpired
        | Refusal::NoMobile
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
        | Refusal::Disabled => fault(lang),
    }
}

pub(super) fn rejected(rejection: &Rejection, lang: Lang) -> RawResponse {
    match rejection {
        Rejection::NoCredential => {
            wrap(StatusCode::UNAUTHORIZED, text(Text::NoToken, lang).to_owned(), NO_TOKEN, None)
        }
        Rejection::Unproven(unproven_by) => unproven(*unproven_by, lang),
        Rejection::Malformed(_) => about_account(text(Text::Unreadable, lang).to_owned()),
        Rejection::Invalid(members) => about_account(text(invalid(members), lang).to_owned()),
        Rejection::NotFound => plain(StatusCode::NOT_FOUND, Text::NotFound, lang),
        Rejection::MethodNotAllowed(methods) => {
            with_allow(plain(StatusCode::METHOD_NOT_ALLOWED, Text::MethodNotAllowed, lang), methods)
        }
        Rejection::BodyTooLarge(_) => plain(StatusCode::PAYLOAD_TOO_LARGE, Text::BodyTooLarge, lang),
        Rejection::UnsupportedMediaType(_) => {
            plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, Text::UnsupportedMediaType, lang)
        }
        // This dialect has no scopes, no HAWK, no ciphertext and no idempotency keys.
        Rejection::Forbidden(_)
        | Rejection::OnlyByOperator(_)
        | Rejection::Hawk(_)
        | Rejection::Undecryptable
        | Rejection::Replayed
        | Rejection::IdempotencyMismatch
        | Rejection::IdempotencyRunning => fault(lang),
    }
}

pub(super) fn fault(lang: Lang) -> RawResponse {
    wrap_fault(text(Text::Fault, lang).to_owned())
}

fn plain(status: StatusCode, what: Text, lang: Lang) -> RawResponse {
    wrap(status, text(what, lang).to_owned(), NO_CODE, None)
}

/// 411 is what document 000 answers for everything that is wrong with the secrets themselves (賬戶相關錯誤訊息).
fn about_account(message: String) -> RawResponse {
    wrap(StatusCode::LENGTH_REQUIRED, message, NO_CODE, None)
}

fn unproven(unproven: Unproven, lang: Lang) -> RawResponse {
    let (what, code) = match unproven {
        // Whoever logs in again is served, as with one that has expired.
        Unproven::Expired | Unproven::WeakLogin => (Text::TokenExpired, TOKEN_EXPIRED),
        Unproven::Unknown | Unproven::Erased => (Text::TokenUnknown, TOKEN_UNKNOWN),
    };
    wrap(StatusCode::REQUEST_TIMEOUT, text(what, lang).to_owned(), code, None)
}

fn locked(until: Option<Timestamp>, misses: u32, lang: Lang, now: Timestamp) -> RawResponse {
    let seconds = until.map(|until| now.until(until).secs_ceil().max(1));
    let answer = wrap(StatusCode::LENGTH_REQUIRED, texts::locked(seconds, lang), LOCKED, Some(misses));
    answer.retry_after(seconds.unwrap_or(LOCKED_FOR_GOOD_S))
}

fn overloaded(seconds: i64, lang: Lang) -> RawResponse {
    plain(StatusCode::SERVICE_UNAVAILABLE, Text::Fault, lang).retry_after(seconds)
}

fn invalid(members: &[Invalid]) -> Text {
    match members.first().map(|invalid| &invalid.fault) {
        Some(Fault::Required) => Text::Missing,
        Some(Fault::NotAllowed(_)) => Text::NotBase64,
        Some(Fault::TooLong(_)) | None => Text::Unreadable,
    }
}
