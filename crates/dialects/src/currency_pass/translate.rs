//! Wire to command, outcome to its answer.

use countersign_domain::answer::{Done, Refusal, Reply};
use countersign_domain::ask::{AskFrequency, AskView, Holder};
use countersign_domain::caller::{SessionCaller, Unproven};
use countersign_domain::command::{Command, NewSecret, Subject};
use countersign_domain::lang::Lang;
use countersign_domain::secret::{Kind, Presented, SecretText};
use countersign_domain::time::Timestamp;
use http::StatusCode;
use http::header::ACCEPT_LANGUAGE;

use super::envelope::{change_pass, invalid, json, pass, problem, text as bare_text, with_allow};
use super::settings::{Locked, MAX_CHARS, Settings, WindowOpens};
use super::texts::{Text, text};
use super::wire::{Call, Status};
use crate::LOCKED_FOR_GOOD_S;
use crate::raw::{RawRequest, RawResponse};
use crate::rejection::{Fault, Rejection};

/// Least length of a first secret in characters (document 002, section 1).
const BIND_MIN_CHARS: usize = 6;

/// What a call asks for.
pub(super) fn command(
    call: Call,
    raw: &RawRequest,
    person: &SessionCaller,
    settings: &Settings,
) -> Result<Command, Rejection> {
    let subject = Subject::Account(person.account);
    let holder = Holder::Session(person.session);
    let kind = Kind::Payment;
    Ok(match call {
        Call::Bind => Command::SetSecret {
            subject,
            kind,
            new: new_secret(pass(raw)?.pass, BIND_MIN_CHARS, settings),
            holder: (settings.window_opens == WindowOpens::OnSetting).then_some(holder),
        },
        Call::Change => {
            let wire = change_pass(raw)?;
            let new = new_secret(wire.new, settings.change_min_length, settings);
            Command::ChangeSecret { subject, kind, old: Presented::Plain(wire.old), new }
        }
        Call::Verify => {
            let presented = Presented::Plain(pass(raw)?.pass);
            Command::Verify { subject, kind, presented, holder: Some(holder) }
        }
        Call::Choose => {
            let choice = raw.params.first().and_then(|rate| choice(rate));
            let choice = choice.ok_or_else(|| invalid("rate", Fault::NotAllowed("1, 2 or 3")))?;
            Command::ChooseAskFrequency { subject, choice, holder, opens: settings.window_opens.into() }
        }
        Call::Status | Call::VerifyByStatus => Command::ReadAskFrequency { subject, holder },
    })
}

pub(super) fn done(
    call: Call,
    raw: &RawRequest,
    done: &Done,
    settings: &Settings,
    now: Timestamp,
) -> RawResponse {
    match &done.reply {
        Reply::Verified { hold_until, .. } => match settings.on_hold.refuses(*hold_until) {
            Some(until) => on_hold(raw, until, settings, now),
            None => json(&true),
        },
        Reply::SecretSet | Reply::SecretChanged => json(&true),
        Reply::Ask(view) => match call {
            Call::Choose => bare_text(success(view.frequency)),
            Call::Status => json(&status(view)),
            Call::VerifyByStatus => {
                let rests = settings.on_hold.refuses(view.hold_until).is_some();
                json(&(view.window_until.is_some() && !rests))
            }
            Call::Bind | Call::Change | Call::Verify => fault(raw),
        },
        // No command of this dialect comes to any of these.
        Reply::SecretReset
        | Reply::SecretMadeTemporary(_)
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
        | Reply::Webhook(_) => fault(raw),
    }
}

pub(super) fn refused(
    call: Call,
    raw: &RawRequest,
    refusal: &Refusal,
    settings: &Settings,
    now: Timestamp,
) -> RawResponse {
    match refusal {
        Refusal::Incorrect { .. } | Refusal::NotSet | Refusal::AlreadySet | Refusal::Unchanged => {
            json(&false)
        }
        Refusal::Locked { until, .. } => match settings.locked {
            Locked::False => json(&false),
            Locked::Status => locked(raw, *until, now),
        },
        Refusal::TooShort(least) => said(raw, StatusCode::BAD_REQUEST, Text::TooShort(*least)),
        Refusal::TooLong(most) => said(raw, StatusCode::BAD_REQUEST, Text::TooLong(*most)),
        Refusal::TooCommon => said(raw, StatusCode::BAD_REQUEST, Text::TooCommon),
        Refusal::SameAsLogin => said(raw, StatusCode::BAD_REQUEST, Text::SameAsLogin),
        Refusal::Busy => overloaded(raw, 1),
        Refusal::Overloaded { retry_after_s }
        | Refusal::Unavailable { retry_after_s }
        | Refusal::ReadOnly { retry_after_s } => overloaded(raw, i64::from(*retry_after_s)),
        Refusal::RateLimited { retry_at } => overloaded(raw, now.until(*retry_at).secs_ceil().max(1)),
        // The account was erased after its token was looked up.
        Refusal::UnknownAccount => unproven(call, raw, Unproven::Erased, settings),
        // No command of this dialect is refused with any of these.
        Refusal::NotFound
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
        | Refusal::Disabled => fault(raw),
        // The session ended while its request waited.
        Refusal::NoLiveSession => unproven(call, raw, Unproven::Unknown, settings),
    }
}

pub(super) fn rejected(
    call: Call,
    raw: &RawRequest,
    rejection: &Rejection,
    settings: &Settings,
) -> RawResponse {
    match rejection {
        Rejection::NoCredential => unproven(call, raw, Unproven::Unknown, settings),
        Rejection::Unproven(why) => unproven(call, raw, *why, settings),
        Rejection::Malformed(_) => said(raw, StatusCode::BAD_REQUEST, Text::Unreadable),
        Rejection::Invalid(members) => {
            let what = match members.first().map(|invalid| &invalid.fault) {
                Some(Fault::Required) => Text::Empty,
                Some(Fault::NotAllowed(_)) => Text::BadRate,
                Some(Fault::TooLong(_)) | None => Text::Unreadable,
            };
            said(raw, StatusCode::BAD_REQUEST, what)
        }
        Rejection::NotFound => said(raw, StatusCode::NOT_FOUND, Text::NotFound),
        Rejection::MethodNotAllowed(methods) => {
            with_allow(said(raw, StatusCode::METHOD_NOT_ALLOWED, Text::MethodNotAllowed), methods)
        }
        Rejection::BodyTooLarge(_) => said(raw, StatusCode::PAYLOAD_TOO_LARGE, Text::BodyTooLarge),
        Rejection::UnsupportedMediaType(_) => {
            said(raw, StatusCode::UNSUPPORTED_MEDIA_TYPE, Text::UnsupportedMediaType)
        }
        // This dialect has no scopes, no HAWK, no ciphertext and no idempotency keys.
        Rejection::Forbidden(_)
        | Rejection::OnlyByOperator(_)
        | Rejection::Hawk(_)
        | Rejection::Undecryptable
        | Rejection::Replayed
        | Rejection::IdempotencyMismatch
        | Rejection::IdempotencyRunning => fault(raw),
    }
}

pub(super) fn fault(raw: &RawRequest) -> RawResponse {
    said(raw, StatusCode::INTERNAL_SERVER_ERROR, Text::Fault)
}

fn new_secret(text: SecretText, least: usize, settings: &Settings) -> NewSecret {
    NewSecret {
        presented: Presented::Plain(text),
        chars: (least, MAX_CHARS),
        refuse_common: settings.common_secrets.refused(),
    }
}

fn choice(rate: &str) -> Option<AskFrequency> {
    AskFrequency::ALL.into_iter().find(|choice| number(*choice) == rate)
}

/// `currencyRateStatus`, also `rate`.
const fn number(frequency: AskFrequency) -> &'static str {
    match frequency {
        AskFrequency::Every => "1",
        AskFrequency::Hour => "2",
        AskFrequency::Day => "3",
    }
}

const fn success(frequency: AskFrequency) -> &'static str {
    match frequency {
        AskFrequency::Every => "successEvery",
        AskFrequency::Hour => "successHour",
        AskFrequency::Day => "successDay",
    }
}

fn status(view: &AskView) -> Status {
    Status {
        rate_expire: view.expires_at.map_or(-1, |end| view.now.until(end).secs_ceil()),
        currency_rate_status: number(view.frequency),
    }
}

/// Document 002 knows one status for everybody who is not logged in, and one for a verify whose user is gone.
fn unproven(call: Call, raw: &RawRequest, why: Unproven, settings: &Settings) -> RawResponse {
    match (why, call) {
        (Unproven::Erased, Call::Verify) => said(raw, StatusCode::NOT_FOUND, Text::UserGone),
        (Unproven::Erased | Unproven::Unknown | Unproven::Expired | Unproven::WeakLogin, _) => {
            said(raw, settings.not_logged_in_status.status(), Text::NotLoggedIn)
        }
    }
}

fn locked(raw: &RawRequest, until: Option<Timestamp>, now: Timestamp) -> RawResponse {
    let seconds = until.map(|until| now.until(until).secs_ceil().max(1));
    let answer = said(raw, StatusCode::LOCKED, Text::Locked(seconds));
    answer.retry_after(seconds.unwrap_or(LOCKED_FOR_GOOD_S))
}

/// As a lock reads: the secret is right, and yet nothing may be paid.
fn on_hold(raw: &RawRequest, until: Timestamp, settings: &Settings, now: Timestamp) -> RawResponse {
    let seconds = now.until(until).secs_ceil().max(1);
    match settings.locked {
        Locked::False => json(&false),
        Locked::Status => said(raw, StatusCode::LOCKED, Text::OnHold(seconds)).retry_after(seconds),
    }
}

fn overloaded(raw: &RawRequest, seconds: i64) -> RawResponse {
    said(raw, StatusCode::SERVICE_UNAVAILABLE, Text::Overloaded).retry_after(seconds)
}

fn said(raw: &RawRequest, status: StatusCode, what: Text) -> RawResponse {
    let header = raw.header(ACCEPT_LANGUAGE.as_str()).unwrap_or_default();
    problem(raw, status, text(what, Lang::negotiate(header, Lang::ZhCn)))
}
