//! Readers of one value each: from JSON to a type that is well formed because it exists.

use countersign_domain::app::Scope;
use countersign_domain::identifier::{Mobile, Name};
use countersign_domain::secret::SecretText;
use countersign_domain::time::Timestamp;

use crate::native::json::Json;
use crate::native::members::{Bad, Read};
use crate::native::texts::fault;
use crate::rejection::Fault;

/// Longest secret or code that is presented, in characters: far more than any that can be set, so that a longer one
/// is no guess but a mistake.
pub(in crate::native) const PRESENTED_MAX: usize = 1024;

/// The life of a session that a caller may ask for: a minute to thirty days, in seconds.
pub(in crate::native) const SESSION_LIFE_S: (u32, u32) = (1, 2_592_000);
/// The life of an intent that a platform may ask for: a second to a day.
pub(in crate::native) const INTENT_LIFE_S: (u32, u32) = (1, 86_400);
/// An amount in characters: eighteen digits, a point, eighteen more.
pub(in crate::native) const AMOUNT_MAX: usize = 37;
/// How far the clock moves in one step under `dev`: at most ten years, in seconds.
pub(in crate::native) const CLOCK_STEP_S: (u32, u32) = (0, 315_576_000);
/// How many items of a list are given at once; without `limit`, [`LIMIT_USUAL`].
pub(in crate::native) const LIMIT: (u32, u32) = (1, 200);
/// How many items are given to a caller that names no `limit`.
pub(in crate::native) const LIMIT_USUAL: u32 = 50;
/// An operator's reason for an unlock, in characters; it stays in the audit trail for good.
pub(in crate::native) const REASON_MAX: usize = 200;
/// An app's name, in characters.
pub(in crate::native) const APP_NAME_MAX: usize = 100;

/// A secret, code or token that is presented for comparison.
pub(super) fn presented(json: Json) -> Read<SecretText> {
    let text = secret(json)?;
    match text.chars() {
        0 => Err(Bad::Value(Fault::Required)),
        1..=PRESENTED_MAX => Ok(text),
        _ => Err(Bad::Value(Fault::TooLong(PRESENTED_MAX))),
    }
}

/// A new secret. Its length is a rule of its own, with its own answers.
pub(in crate::native) fn secret(json: Json) -> Read<SecretText> {
    let Json::Text(text) = json else { return Err(Bad::Type("a string")) };
    Ok(text)
}

/// A username, user id or wallet address.
pub(super) fn name(json: Json) -> Read<Name> {
    let text = secret(json)?;
    let fault = match text.chars() {
        0 => Fault::Required,
        1..=Name::MAX_CHARS => Fault::NotAllowed(fault::CONTROL),
        _ => Fault::TooLong(Name::MAX_CHARS),
    };
    Name::parse(text.expose()).ok_or(Bad::Value(fault))
}

/// A text for people, of at most `most` characters, that says something.
pub(super) fn prose(most: usize) -> impl FnOnce(Json) -> Read<String> {
    move |json| {
        let text = secret(json)?;
        let fault = match text.chars() {
            _ if text.expose().trim().is_empty() => Fault::Required,
            long if long > most => Fault::TooLong(most),
            _ if text.expose().chars().any(char::is_control) => Fault::NotAllowed(fault::CONTROL),
            _ => return Ok(text.expose().to_owned()),
        };
        Err(Bad::Value(fault))
    }
}

/// A mobile number.
pub(super) fn mobile(json: Json) -> Read<Mobile> {
    Mobile::parse(secret(json)?.expose()).ok_or(Bad::Value(Fault::NotAllowed(fault::NO_MOBILE)))
}

/// An instant, in any offset (RFC 3339).
pub(super) fn time(json: Json) -> Read<Timestamp> {
    let read = secret(json)?.expose().parse::<jiff::Timestamp>();
    read.map(|at| Timestamp::from_millis(at.as_millisecond()))
        .map_err(|_| Bad::Value(Fault::NotAllowed(fault::NO_TIME)))
}

/// One of a few words, which `words` lists.
pub(in crate::native) fn word<T>(
    parse: impl FnOnce(&str) -> Option<T>,
    words: &'static str,
) -> impl FnOnce(Json) -> Read<T> {
    move |json| parse(secret(json)?.expose()).ok_or(Bad::Value(Fault::NotAllowed(words)))
}

/// A scope.
pub(super) fn scope(json: Json) -> Read<Scope> {
    word(Scope::parse, fault::SCOPES)(json)
}

/// An id of one kind of record.
pub(super) fn id<T>(parse: impl FnOnce(&str) -> Option<T>) -> impl FnOnce(Json) -> Read<T> {
    word(parse, fault::NO_ID)
}

/// A whole number within bounds.
pub(super) fn number(least: u32, most: u32) -> impl FnOnce(Json) -> Read<u32> {
    move |json| match json {
        Json::Integer(number) => within(number, least, most),
        Json::Huge => Err(Bad::Value(Fault::NotAllowed(fault::OUT_OF_RANGE))),
        Json::Null | Json::Bool(_) | Json::Fraction(_) | Json::Text(_) | Json::List(_) | Json::Object(_) => {
            Err(Bad::Type("a whole number"))
        }
    }
}

/// A whole number within bounds, as a query spells it.
pub(super) fn spelled_number(least: u32, most: u32) -> impl FnOnce(Json) -> Read<u32> {
    move |json| within(integral(json)?, least, most)
}

/// A 64-bit integer, or a text that spells one in decimal digits.
pub(super) fn integral(json: Json) -> Read<i64> {
    match json {
        Json::Integer(number) => Ok(number),
        Json::Huge => Err(Bad::Value(Fault::NotAllowed(fault::OUT_OF_RANGE))),
        Json::Text(text) => {
            let digits = text.expose().strip_prefix('-').unwrap_or(text.expose());
            if digits.is_empty() || !digits.bytes().all(|c| c.is_ascii_digit()) {
                return Err(Bad::Value(Fault::NotAllowed(fault::NO_INTEGER)));
            }
            text.expose().parse().map_err(|_| Bad::Value(Fault::NotAllowed(fault::OUT_OF_RANGE)))
        }
        Json::Null | Json::Bool(_) | Json::Fraction(_) | Json::List(_) | Json::Object(_) => {
            Err(Bad::Type("a whole number"))
        }
    }
}

fn within(number: i64, least: u32, most: u32) -> Read<u32> {
    u32::try_from(number)
        .ok()
        .filter(|number| (least..=most).contains(number))
        .ok_or(Bad::Value(Fault::NotAllowed(fault::OUT_OF_RANGE)))
}
