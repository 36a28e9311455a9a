//! Answers in words, as they are kept for an idempotency key and read again.

use countersign_domain::answer::{Done, Refusal, Reply};
use countersign_domain::time::Timestamp;

use crate::client::Clients;
use crate::record::Answer;

/// What a request came to, in words.
pub(crate) fn words(outcome: Result<&Done, &Refusal>) -> String {
    let until = |at: &Timestamp| at.millis().to_string();
    match outcome {
        Ok(done) => match &done.reply {
            Reply::Verified { .. } | Reply::SessionOpened(_) => with_token("right", done),
            Reply::SecretSet | Reply::SecretChanged | Reply::SecretReset => with_token("written", done),
            Reply::SecretMadeTemporary(secret) => format!("temporary {}", secret.expose()),
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
        _ => Answer::Refused,
    }
}
