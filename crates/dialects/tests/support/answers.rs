//! What is sealed, by the words that a vector's `"answer"` uses: a name and its arguments, parted by spaces.
//!
//! Times are seconds from the vector's `now`; `-` stands for an absent value.

use countersign_dialects::Answer;
use countersign_dialects::rejection::Rejection;
use countersign_domain::answer::{Done, Refusal, Reply};
use countersign_domain::ask::{AskFrequency, AskView};
use countersign_domain::identifier::{Name, Wallet};
use countersign_domain::secret::SecretText;
use countersign_domain::time::{Span, Timestamp};

use super::callers::APP;

/// An answer that owns what it tells.
pub(crate) enum Told {
    /// A command was carried out.
    Done(Box<Done>),
    /// It was refused.
    Refused(Refusal),
    /// The request was turned away, by the dialect or by the server before it.
    Rejected(Rejection),
    /// Our fault.
    Fault,
}

impl Told {
    /// As the dialects take it.
    pub(crate) fn answer(&self) -> Answer<'_> {
        match self {
            Self::Done(done) => Answer::Done(done),
            Self::Refused(refusal) => Answer::Refused(refusal),
            Self::Rejected(rejection) => Answer::Rejected(rejection),
            Self::Fault => Answer::Fault,
        }
    }
}

/// The answer of that name.
///
/// # Panics
/// If there is none.
pub(crate) fn told(text: &str, now: Timestamp) -> Told {
    let words: Vec<&str> = text.split(' ').collect();
    let (name, args) = words.split_first().expect("a name");
    let done = |reply| Told::Done(Box::new(Done { reply, wallet: Some(wallet()), device: None }));
    match *name {
        "Fault" => Told::Fault,
        "BodyTooLarge" => Told::Rejected(Rejection::BodyTooLarge(number(args, 0))),
        "NotFoundPath" => Told::Rejected(Rejection::NotFound),
        "Replayed" => Told::Rejected(Rejection::Replayed),
        "IdempotencyMismatch" => Told::Rejected(Rejection::IdempotencyMismatch),
        "IdempotencyRunning" => Told::Rejected(Rejection::IdempotencyRunning),
        _ => match reply(name, args, now) {
            Some(reply) => done(reply),
            None => Told::Refused(refusal(name, args, now)),
        },
    }
}

fn reply(name: &str, args: &[&str], now: Timestamp) -> Option<Reply> {
    Some(match name {
        "Verified" => Reply::Verified { fresh_until: later(args, 0, now), hold_until: later(args, 1, now) },
        "SecretSet" => Reply::SecretSet,
        "SecretChanged" => Reply::SecretChanged,
        "SecretReset" => Reply::SecretReset,
        "SecretMadeTemporary" => Reply::SecretMadeTemporary(SecretText::new(args[0].to_owned())),
        "Ask" => Reply::Ask(AskView {
            frequency: AskFrequency::parse(args[0]).expect("an ask frequency"),
            expires_at: later(args, 1, now),
            window_until: later(args, 2, now),
            hold_until: later(args, 3, now),
            now,
        }),
        "AppToken" => Reply::AppToken {
            token: SecretText::new(args[0].to_owned()),
            expires_at: later(args, 1, now).expect("a life"),
        },
        "Gone" => Reply::Gone,
        _ => return super::intents::reply(name, args, now).or_else(|| super::native::reply(name, args, now)),
    })
}

fn refusal(name: &str, args: &[&str], now: Timestamp) -> Refusal {
    match name {
        "UnknownAccount" => Refusal::UnknownAccount,
        "NotFound" => Refusal::NotFound,
        "UnknownApp" => Refusal::UnknownApp,
        "NotSet" => Refusal::NotSet,
        "AlreadySet" => Refusal::AlreadySet,
        "Incorrect" => Refusal::Incorrect {
            remaining: optional(args, 0),
            locked_until: later(args, 1, now),
            last_guess_left: args.get(2).is_some(),
        },
        "Locked" => Refusal::Locked { until: later(args, 0, now), misses: optional(args, 1).unwrap_or(0) },
        "Busy" => Refusal::Busy,
        "Overloaded" => Refusal::Overloaded { retry_after_s: optional(args, 0).unwrap_or(1) },
        "Unavailable" => Refusal::Unavailable { retry_after_s: optional(args, 0).unwrap_or(1) },
        "ReadOnly" => Refusal::ReadOnly { retry_after_s: optional(args, 0).unwrap_or(1) },
        "TooShort" => Refusal::TooShort(number(args, 0)),
        "TooLong" => Refusal::TooLong(number(args, 0)),
        "TooCommon" => Refusal::TooCommon,
        "SameAsLogin" => Refusal::SameAsLogin,
        "Unchanged" => Refusal::Unchanged,
        "DigestNotAccepted" => Refusal::DigestNotAccepted,
        "CodeIncorrect" => Refusal::CodeIncorrect { remaining: optional(args, 0) },
        "CodeExpired" => Refusal::CodeExpired,
        "RateLimited" => Refusal::RateLimited { retry_at: later(args, 0, now).expect("an instant") },
        "NoMobile" => Refusal::NoMobile,
        "IdentifierTaken" => Refusal::IdentifierTaken("username"),
        "UrlNotAllowed" => Refusal::UrlNotAllowed(super::webhooks::denied(args.first())),
        "TooManyWebhooks" => Refusal::TooManyWebhooks(50),
        "WalletConflict" => Refusal::WalletConflict,
        "AppSecretIncorrect" => Refusal::AppSecretIncorrect,
        "NoLiveSession" => Refusal::NoLiveSession,
        "DevOnly" => Refusal::DevOnly,
        "OnHold" => Refusal::OnHold { until: later(args, 0, now).expect("an instant") },
        "NotOnHold" => Refusal::NotOnHold,
        "Disabled" => Refusal::Disabled,
        "KeyTooYoung" => Refusal::KeyTooYoung,
        _ if super::intents::refusal(name, args).is_some() => {
            Refusal::Intent(super::intents::refusal(name, args).expect("there is one"))
        }
        _ => panic!("there is no answer {name}: add it to tests/support/answers.rs"),
    }
}

/// The wallet that every command was about: document 003's.
fn wallet() -> Wallet {
    Wallet {
        app: APP,
        addr: Name::parse("4ed93afd-47bf-43cb-8fd9-ed8ed3c7affe").expect("an address"),
        user_id: Name::parse("1009273874782617600").expect("an id"),
    }
}

fn optional(args: &[&str], place: usize) -> Option<u32> {
    args.get(place).filter(|text| **text != "-").map(|text| text.parse().expect("a number or -"))
}

fn number(args: &[&str], place: usize) -> usize {
    args[place].parse().expect("a number")
}

/// Whole or thousandth seconds from `now`.
pub(crate) fn later(args: &[&str], place: usize, now: Timestamp) -> Option<Timestamp> {
    let text = args.get(place).filter(|text| **text != "-")?;
    let (seconds, thousandths) = text.split_once('.').unwrap_or((text, "0"));
    let millis =
        seconds.parse::<u32>().expect("seconds") * 1000 + thousandths.parse::<u32>().expect("thousandths");
    Some(now + Span::from_millis(millis))
}
