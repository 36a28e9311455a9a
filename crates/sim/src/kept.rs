//! Answers in words, as they are kept for an idempotency key and read again.

use countersign_domain::answer::{Done, IntentRefusal, Refusal, Reply};
use countersign_domain::hold::Release;
use countersign_domain::intent::Stage;
use countersign_domain::time::Timestamp;

use crate::client::Clients;
use crate::record::Answer;
use crate::told;

/// What a request came to, in words.
pub(crate) fn words(outcome: Result<&Done, &Refusal>) -> String {
    let until = |at: &Timestamp| at.millis().to_string();
    match outcome {
        Ok(done) => match &done.reply {
            Reply::Verified { .. } | Reply::SessionOpened(_) => with_token("right", done),
            Reply::SecretSet | Reply::SecretChanged | Reply::SecretReset => with_token("written", done),
            Reply::SecretMadeTemporary(secret) => format!("temporary {}", secret.expose()),
            Reply::IntentCreated(view) => told::created(view),
            Reply::Intent(view, _) => match view.stage {
                Stage::Approved(_) => "approved".to_owned(),
                Stage::Consumed(..) => "consumed".to_owned(),
                Stage::Cancelled(_) => "cancelled".to_owned(),
                Stage::Pending | Stage::Expired | Stage::Voided(..) => "another-stage".to_owned(),
            },
            Reply::Release(Release::Proposed { .. }) => "proposed".to_owned(),
            Reply::Release(Release::Released) => "released".to_owned(),
            _ => "done".to_owned(),
        },
        Err(refusal) => match refusal {
            Refusal::Incorrect { .. } => "wrong".to_owned(),
            Refusal::NotSet => "not-set".to_owned(),
            Refusal::AlreadySet => "already-set".to_owned(),
            Refusal::Locked { until: at, .. } => {
                format!("locked {}", at.as_ref().map(until).unwrap_or_default())
            }
            Refusal::Busy | Refusal::Overloaded { .. } => "busy".to_owned(),
            Refusal::RateLimited { retry_at } => format!("limited {}", until(retry_at)),
            Refusal::SameAsLogin => "same-as-login".to_owned(),
            Refusal::OnHold { .. } => "on-hold".to_owned(),
            Refusal::Intent(why) => match why {
                IntentRefusal::Consumed => "consumed-before".to_owned(),
                IntentRefusal::Voided(_) | IntentRefusal::DigestMismatch => "void".to_owned(),
                IntentRefusal::Expired => "expired".to_owned(),
                IntentRefusal::FactorsIncorrect { .. } => "wrong".to_owned(),
                IntentRefusal::SecretRequired(_) => "secret-required".to_owned(),
                _ => "refused".to_owned(),
            },
            _ => "refused".to_owned(),
        },
    }
}

/// The token that those words hold, if any.
pub(crate) fn token(words: &str) -> Option<&str> {
    words.strip_prefix("right ").or_else(|| words.strip_prefix("written "))
}

fn with_token(word: &str, done: &Done) -> String {
    done.device.as_ref().map_or_else(|| word.to_owned(), |token| format!("{word} {}", token.expose()))
}

/// Reads those words.
pub(crate) fn read(words: &str, clients: &mut Clients) -> Answer {
    let (word, rest) = words.split_once(' ').unwrap_or((words, ""));
    match word {
        "right" => Answer::Right,
        "written" => Answer::Written,
        "temporary" => Answer::Temporary(clients.shown(rest)),
        "done" => Answer::Done,
        "wrong" => Answer::Wrong,
        "not-set" => Answer::NotSet,
        "already-set" => Answer::AlreadySet,
        "locked" => Answer::Locked(rest.parse().ok()),
        "busy" => Answer::Busy,
        "limited" => Answer::Limited(rest.parse().unwrap_or_default()),
        "same-as-login" => Answer::SameAsLogin,
        "created" => Answer::Created(clients.payer.created(rest)),
        "approved" => Answer::Approved,
        "consumed" => Answer::Consumed,
        "cancelled" => Answer::Cancelled,
        "proposed" => Answer::Proposed,
        "released" => Answer::Released,
        "on-hold" => Answer::OnHold,
        "consumed-before" => Answer::ConsumedBefore,
        "void" => Answer::Void,
        "expired" => Answer::Expired,
        "secret-required" => Answer::SecretRequired,
        _ => Answer::Refused,
    }
}
