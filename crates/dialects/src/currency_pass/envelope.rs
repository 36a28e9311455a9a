//! Finds the token, reads bodies, and wraps answers as bare JSON, bare text or a problem.

use countersign_domain::secret::SecretText;
use http::header::{ALLOW, COOKIE};
use http::{HeaderValue, StatusCode};
use serde::Serialize;

use super::settings::Settings;
use super::wire::{ChangePass, Pass, Problem};
use crate::body::{Members, media_type};
use crate::raw::{RawRequest, RawResponse};
use crate::rejection::{Fault, Invalid, Rejection};

/// The access token: the bearer header's, else the cookie's if the settings name one.
pub(super) fn token(raw: &RawRequest, settings: &Settings) -> Option<SecretText> {
    let token = bearer(raw).or_else(|| cookie(raw, settings.cookie.as_deref()?))?;
    Some(SecretText::new(token.to_owned()))
}

/// Reads the body of bind and verify.
pub(super) fn pass(raw: &RawRequest) -> Result<Pass, Rejection> {
    let mut members = members(raw)?;
    Ok(Pass { pass: needed(&mut members, "pass")? })
}

/// Reads the body of change.
pub(super) fn change_pass(raw: &RawRequest) -> Result<ChangePass, Rejection> {
    let mut members = members(raw)?;
    Ok(ChangePass { old: needed(&mut members, "oldPass")?, new: needed(&mut members, "newPass")? })
}

/// An answer as bare JSON.
pub(super) fn json<T: Serialize>(value: &T) -> RawResponse {
    RawResponse::new(StatusCode::OK, "application/json", bytes(value))
}

/// An answer as bare text.
pub(super) fn text(text: &str) -> RawResponse {
    RawResponse::new(StatusCode::OK, "text/plain;charset=UTF-8", text.as_bytes().to_vec())
}

/// An error.
pub(super) fn problem(raw: &RawRequest, status: StatusCode, message: String) -> RawResponse {
    let problem = Problem {
        kind: "about:blank",
        title: status.canonical_reason().unwrap_or("Error"),
        status: status.as_u16(),
        path: &raw.path,
        message,
    };
    RawResponse::new(status, "application/problem+json", bytes(&problem))
}

/// With the methods that the path does have (RFC 9110, section 10.2.1).
pub(super) fn with_allow(mut response: RawResponse, methods: &[String]) -> RawResponse {
    if let Ok(value) = HeaderValue::from_str(&methods.join(", ")) {
        response.headers.insert(ALLOW, value);
    }
    response
}

/// Whether a member of that name is wrong with the request, and how.
pub(super) fn invalid(member: &str, fault: Fault) -> Rejection {
    Rejection::Invalid(vec![Invalid { member: member.to_owned(), fault }])
}

fn members(raw: &RawRequest) -> Result<Members, Rejection> {
    match media_type(raw) {
        Some(json) if json == "application/json" || is_structured_json(&json) => {}
        // A browser lets a foreign page send a body without a media type, and the cookie along with it.
        None if bearer(raw).is_some() => {}
        None => return Err(Rejection::UnsupportedMediaType(String::new())),
        Some(other) => return Err(Rejection::UnsupportedMediaType(other)),
    }
    Members::json(&raw.body)
}

fn is_structured_json(media_type: &str) -> bool {
    media_type.starts_with("application/") && media_type.ends_with("+json")
}

fn needed(members: &mut Members, name: &str) -> Result<SecretText, Rejection> {
    members.take(name)?.ok_or_else(|| invalid(name, Fault::Required))
}

fn bearer(raw: &RawRequest) -> Option<&str> {
    raw.bearer().filter(|token| !token.is_empty())
}

/// The value of that cookie (RFC 6265, section 4.2), unless a browser says that a foreign site made the request
/// (Fetch Metadata): one GET of this dialect changes state.
fn cookie<'a>(raw: &'a RawRequest, name: &str) -> Option<&'a str> {
    if raw.header("sec-fetch-site").is_some_and(|site| site.eq_ignore_ascii_case("cross-site")) {
        return None;
    }
    let texts = raw.headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = texts.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let value = pairs.find(|(given, _)| *given == name)?.1;
    let bare = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
    (!bare.is_empty()).then_some(bare)
}

fn bytes<T: Serialize>(value: &T) -> Vec<u8> {
    // Strings and numbers always serialize; an empty body would be the harmless end if they did not.
    serde_json::to_vec(value).unwrap_or_default()
}
