//! Wire to command, outcome to its answer.

use countersign_domain::answer::{Done, Refusal, Reply};
use countersign_domain::command::{Command, NewSecret, Subject};
use countersign_domain::id::AppId;
use countersign_domain::identifier::Name;
use countersign_domain::secret::{Kind, Presented, SecretText};
use countersign_domain::time::Timestamp;
use zeroize::Zeroizing;

use super::envelope::{bad_name, error, error_until, needed, success};
use super::settings::Settings;
use super::wire::{AccessData, Call, ShownOnce, WalletData};
use crate::LOCKED_FOR_GOOD_S;
use crate::body::Members;
use crate::raw::RawResponse;
use crate::rejection::Rejection;

/// Least and greatest length in characters (`WIRE.md`; document 003 names none).
const CHARS: (usize, usize) = (6, 64);

const ERROR: &str = "400";
const SYSTEM_ERROR: &str = "505";

const PARAMETER: &str = "1001:参数错误";
const METHOD: &str = "1001:不支持该请求方法";
const TOKEN: &str = "3007:The input accessToken is not right or expired.";
const APP_SECRET: &str = "31001:appid及appsecret验证失败";
const INCORRECT: &str = "32038:密码不匹配";
const LOCKED: &str = "32050:密码已锁定";
const ALREADY_SET: &str = "32051:支付密码已设置";
const ON_HOLD: &str = "32053:支付已暂停";
const POLICY: &str = "32052:密码不符合规则";
const SYSTEM: &str = "系统异常";

/// What a call about a wallet asks for.
pub(super) fn wallet_command(
    call: Call,
    app: AppId,
    mut members: Members,
    settings: &Settings,
) -> Result<Command, Rejection> {
    let subject = subject(app, &mut members)?;
    let new = |text| NewSecret {
        presented: Presented::Plain(text),
        chars: CHARS,
        refuse_common: settings.common_secrets.refused(),
    };
    let mut secret = |name| needed(&mut members, name);
    Ok(match call {
        Call::ModifyPassword => Command::ChangeSecret {
            subject,
            kind: Kind::Query,
            old: Presented::Plain(secret("oldPassword")?),
            new: new(secret("newPassword")?),
        },
        Call::UpdatePayPassword => Command::ChangeSecret {
            subject,
            kind: Kind::Payment,
            old: Presented::Plain(secret("oldPayPassword")?),
            new: new(secret("newPayPassword")?),
        },
        Call::ValidPassword => verify(subject, Kind::Query, secret("password")?),
        Call::ValidPayPassword => verify(subject, Kind::Payment, secret("payPassword")?),
        Call::SetPayPassword => Command::SetPaymentByQuery {
            subject,
            query: Presented::Plain(secret("password")?),
            new: new(secret("payPassword")?),
        },
        Call::ResetPassword => Command::ResetToTemporary { subject, kind: Kind::Query },
        Call::ResetPayPassword => Command::ResetToTemporary { subject, kind: Kind::Payment },
        // It is about no wallet; `access_command` reads it.
        Call::Access => return Err(Rejection::NotFound),
    })
}

/// What `/v1/app/access` asks for.
pub(super) fn access_command(mut members: Members) -> Result<Command, Rejection> {
    let appid = needed(&mut members, "appid")?.expose().to_owned();
    Ok(Command::IssueAppToken { appid, secret: needed(&mut members, "appsecret")? })
}

pub(super) fn done(done: &Done, settings: &Settings, now: Timestamp) -> RawResponse {
    match &done.reply {
        Reply::Verified { hold_until, .. } => match settings.on_hold.refuses(*hold_until) {
            Some(until) => error_until(ERROR, ON_HOLD, now.until(until).secs_ceil().max(1)),
            None => wallet(done, None),
        },
        Reply::SecretSet | Reply::SecretChanged => wallet(done, None),
        Reply::SecretMadeTemporary(secret) => wallet(done, Some(shown_once(secret))),
        Reply::AppToken { token, expires_at } => {
            // Rounded down: a client that trusts the number must never use a token too long.
            let expires_in = now.until(*expires_at).millis() / 1000;
            success(AccessData { access_token: shown_once(token), expires_in })
        }
        // No command of this dialect comes to any of these.
        Reply::SecretReset
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
        | Reply::Webhook(_) => fault(),
    }
}

pub(super) fn refused(call: Call, refusal: &Refusal, now: Timestamp) -> RawResponse {
    match refusal {
        Refusal::Incorrect { .. } => error(ERROR, INCORRECT),
        // Another app's wallet, one that does not exist and one without a secret read like a wrong secret.
        Refusal::UnknownAccount | Refusal::NotSet if call.presents_secret() => error(ERROR, INCORRECT),
        Refusal::UnknownAccount | Refusal::NotSet | Refusal::WalletConflict => error(ERROR, PARAMETER),
        Refusal::Locked { until, .. } => error_until(
            ERROR,
            LOCKED,
            until.map_or(LOCKED_FOR_GOOD_S, |until| now.until(until).secs_ceil().max(1)),
        ),
        Refusal::AlreadySet => error(ERROR, ALREADY_SET),
        Refusal::TooShort(_)
        | Refusal::TooLong(_)
        | Refusal::TooCommon
        | Refusal::SameAsLogin
        | Refusal::Unchanged => error(ERROR, POLICY),
        Refusal::AppSecretIncorrect => error(ERROR, APP_SECRET),
        Refusal::Busy => error_until(SYSTEM_ERROR, SYSTEM, 1),
        Refusal::Overloaded { retry_after_s }
        | Refusal::Unavailable { retry_after_s }
        | Refusal::ReadOnly { retry_after_s } => {
            error_until(SYSTEM_ERROR, SYSTEM, i64::from(*retry_after_s).max(1))
        }
        Refusal::RateLimited { retry_at } => {
            error_until(SYSTEM_ERROR, SYSTEM, now.until(*retry_at).secs_ceil().max(1))
        }
        // No command of this dialect is refused with any of these.
        Refusal::NotFound
        | Refusal::UnknownApp
        | Refusal::DigestNotAccepted
        | Refusal::CodeIncorrect { .. }
        | Refusal::CodeExpired
        | Refusal::NoMobile
        | Refusal::IdentifierTaken(_)
        | Refusal::NoLiveSession
        | Refusal::DevOnly
        | Refusal::Intent(_)
        | Refusal::OnHold { .. }
        | Refusal::NotOnHold
        | Refusal::KeyTooYoung
        | Refusal::UrlNotAllowed(_)
        | Refusal::TooManyWebhooks(_)
        | Refusal::Disabled => fault(),
    }
}

pub(super) fn rejected(rejection: &Rejection, settings: &Settings) -> RawResponse {
    match rejection {
        Rejection::NoCredential | Rejection::Unproven(_) => error(settings.token_error_code.as_str(), TOKEN),
        Rejection::MethodNotAllowed(_) => error(ERROR, METHOD),
        Rejection::Malformed(_)
        | Rejection::Invalid(_)
        | Rejection::NotFound
        | Rejection::BodyTooLarge(_)
        | Rejection::UnsupportedMediaType(_) => error(ERROR, PARAMETER),
        // This dialect has no scopes, no HAWK, no ciphertext and no idempotency keys.
        Rejection::Forbidden(_)
        | Rejection::OnlyByOperator(_)
        | Rejection::Hawk(_)
        | Rejection::Undecryptable
        | Rejection::Replayed
        | Rejection::IdempotencyMismatch
        | Rejection::IdempotencyRunning => fault(),
    }
}

pub(super) fn fault() -> RawResponse {
    error(SYSTEM_ERROR, SYSTEM)
}

/// The wallet by one name or by both.
fn subject(app: AppId, members: &mut Members) -> Result<Subject, Rejection> {
    let mut name = |member| {
        let text = members.take(member)?;
        text.map(|text| Name::parse(text.expose()).ok_or_else(bad_name)).transpose()
    };
    let (addr, user_id) = (name("walletAddr")?, name("userId")?);
    if addr.is_none() && user_id.is_none() {
        return Err(bad_name());
    }
    Ok(Subject::Wallet { app, addr, user_id })
}

fn verify(subject: Subject, kind: Kind, text: SecretText) -> Command {
    Command::Verify { subject, kind, presented: Presented::Plain(text), holder: None }
}

fn wallet(done: &Done, new_pwd: Option<ShownOnce>) -> RawResponse {
    done.wallet.as_ref().map_or_else(fault, |wallet| {
        success(WalletData { wallet_addr: wallet.addr.as_str(), new_pwd, user_id: wallet.user_id.as_str() })
    })
}

fn shown_once(secret: &SecretText) -> ShownOnce {
    ShownOnce(Zeroizing::new(secret.expose().to_owned()))
}
