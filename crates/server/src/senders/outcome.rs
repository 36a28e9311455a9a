//! What became of a message, for providers that say it by a word of their own; the status says less.

use axum::http::StatusCode;
use countersign_service::{Handed, SendFault};

use super::client::{is_between, is_sure};

/// What a provider's word means.
pub(super) enum Meaning {
    /// It took the message.
    Taken,
    /// This number takes none.
    OfNumber,
    /// A fault or a limit of its own, which another provider does not have.
    OfItsOwn,
    /// Anything else, such as a wrong key, signature or template.
    OfSettings,
}

/// What became of the message that the provider answered so, with that word or none that can be read.
pub(super) fn outcome(
    provider: &'static str,
    status: StatusCode,
    told: Option<&str>,
    meaning: fn(&str) -> Meaning,
) -> Result<Handed, SendFault> {
    let why = format!("{provider} answered {} with status {}", word(told), status.as_u16());
    Err(match told.map(meaning) {
        Some(Meaning::Taken) => return Ok(Handed::ONCE),
        _ if is_between(status) => SendFault::in_doubt(why),
        Some(Meaning::OfNumber) => SendFault::of_number(why),
        Some(Meaning::OfItsOwn) => SendFault::refused(why),
        Some(Meaning::OfSettings) => SendFault::of_settings(why),
        None if is_sure(status) => SendFault::refused(why),
        None => SendFault::in_doubt(why),
    })
}

/// A provider's word for what went wrong, if it can be nothing else: letters, dots and underscores. Whatever has a digit
/// could be a number or a code.
fn word(text: Option<&str>) -> &str {
    let plain = |c: u8| c.is_ascii_alphabetic() || matches!(c, b'.' | b'_' | b'-');
    match text {
        Some(text) if (1..=80).contains(&text.len()) && text.bytes().all(plain) => text,
        _ => "an unreadable word",
    }
}

/// Asserts what a provider's `outcome` makes of each status: `taken` and `own` are its answers that it took the message, and
/// that it has a fault of its own.
#[cfg(test)]
pub(super) fn assert_in_doubt_where_it_may_have_been_carried_out(
    outcome: fn(&super::client::Answer) -> Result<Handed, SendFault>,
    taken: &'static str,
    own: &'static str,
) {
    for (status, body, expected) in [
        (200, taken, Ok(1)),
        (200, own, Err(0)),
        (500, own, Err(0)),
        (403, "<html>", Err(0)),
        (200, "<html>", Err(1)),
        (302, "", Err(1)),
        (408, "", Err(1)),
        (500, "<html>", Err(1)),
        (502, own, Err(1)),
        (503, "", Err(1)),
        (504, own, Err(1)),
    ] {
        let status = StatusCode::from_u16(status).expect("a status");
        let told =
            outcome(&super::client::Answer { status, body: axum::body::Bytes::from_static(body.as_bytes()) });
        let told = told.map(|handed| handed.hand_overs).map_err(|fault| fault.hand_overs);
        assert_eq!(told, expected, "{status} {body}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_provider_says_reaches_the_log_only_as_a_plain_word() {
        assert_eq!(word(Some("isv.MOBILE_NUMBER_ILLEGAL")), "isv.MOBILE_NUMBER_ILLEGAL");
        for text in [None, Some(""), Some("code 123456"), Some("13812345678"), Some("a\nb")] {
            assert_eq!(word(text), "an unreadable word");
        }
    }
}
