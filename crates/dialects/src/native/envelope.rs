//! Proves the caller and unwraps the request; wraps the answer.

use std::collections::BTreeMap;

use core::net::IpAddr;

use countersign_domain::app::Scope;
use countersign_domain::caller::{AppCaller, Caller, Claim, Resolution, SessionCaller, Unproven};
use countersign_domain::secret::SecretText;
use http::{HeaderValue, Method, StatusCode, header};
use serde::Serialize;

use super::calls::{Entry, Proof};
use super::json::Json;
use super::members::Members;
use super::texts::fault;
use crate::body::media_type;
use crate::raw::{RawRequest, RawResponse};
use crate::rejection::{Fault, Invalid, Rejection};

/// The header whose value makes a POST or PUT happen once.
pub(super) const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// The header in which a platform names the address of the person that it calls for.
pub(super) const CLIENT_ADDRESS: &str = "Countersign-Client-Address";

/// How every API key begins, and no access token.
const API_KEY: &str = "csk_";

/// Who was proven to call.
pub(super) enum Proven {
    /// An app that has the call's scope.
    App(AppCaller),
    /// A person, by a live session.
    Session(SessionCaller),
    /// Nobody, for a call that is everybody's.
    Nobody,
}

/// Who claims to call.
///
/// # Errors
/// [`Rejection::NoCredential`].
pub(super) fn claim(raw: &RawRequest, entry: &Entry) -> Result<Claim, Rejection> {
    if entry.proof == Proof::Nothing {
        return Ok(Claim::Nobody);
    }
    let token = raw.bearer().filter(|token| !token.is_empty()).ok_or(Rejection::NoCredential)?;
    let token = SecretText::new(token.to_owned());
    Ok(match entry.proof {
        Proof::Key(_) | Proof::AnyKey => Claim::ApiKey(token),
        Proof::KeyOrOwner(_) if token.expose().starts_with(API_KEY) => Claim::ApiKey(token),
        Proof::AccessToken | Proof::KeyOrOwner(_) => Claim::AccessToken(token),
        Proof::Nothing => Claim::Nobody,
    })
}

/// Tests what the claim came to against what the call needs.
///
/// # Errors
/// [`Rejection::Unproven`] or [`Rejection::Forbidden`].
pub(super) fn prove(entry: &Entry, caller: &Resolution) -> Result<Proven, Rejection> {
    match (entry.proof, caller) {
        (Proof::Nothing, _) => Ok(Proven::Nobody),
        (_, Err(unproven)) => Err(Rejection::Unproven(*unproven)),
        (Proof::Key(scope) | Proof::KeyOrOwner(scope), Ok(Caller::App(app))) => allow(app, scope),
        (Proof::AnyKey, Ok(Caller::App(app))) => Ok(Proven::App(app.clone())),
        (Proof::AccessToken | Proof::KeyOrOwner(_), Ok(Caller::Session(session))) => {
            Ok(Proven::Session(session.clone()))
        }
        (
            Proof::Key(_) | Proof::AnyKey | Proof::AccessToken | Proof::KeyOrOwner(_),
            Ok(
                Caller::Nobody
                | Caller::Session(_)
                | Caller::Sessions(_)
                | Caller::App(_)
                | Caller::HawkApp { .. },
            ),
        ) => Err(Rejection::Unproven(Unproven::Unknown)),
    }
}

fn allow(app: &AppCaller, scope: Scope) -> Result<Proven, Rejection> {
    if app.scopes.allow(scope) { Ok(Proven::App(app.clone())) } else { Err(Rejection::Forbidden(scope)) }
}

/// The members of a JSON body. A body without a media type is taken for JSON (RFC 9110, section 8.3, leaves that to
/// the reader); any other media type is not, so that a form posted by mistake is told what is wrong.
///
/// # Errors
/// [`Rejection::UnsupportedMediaType`] or [`Rejection::Malformed`].
pub(super) fn body(raw: &RawRequest) -> Result<Members, Rejection> {
    let json = media_type(raw).is_none_or(|given| {
        given == "application/json" || (given.starts_with("application/") && given.ends_with("+json"))
    });
    let charset = raw.header(header::CONTENT_TYPE.as_str()).and_then(|given| parameter(given, "charset"));
    if !json || charset.is_some_and(|charset| !charset.eq_ignore_ascii_case("utf-8")) {
        return Err(Rejection::UnsupportedMediaType(media_type(raw).unwrap_or_default()));
    }
    Json::parse(&raw.body).and_then(Members::of_json)
}

/// The members of a body that may also be absent.
///
/// # Errors
/// As [`body`].
pub(super) fn body_if_any(raw: &RawRequest) -> Result<Members, Rejection> {
    if raw.body.is_empty() { Members::of_json(Json::Object(BTreeMap::new())) } else { body(raw) }
}

/// The value of a media type's parameter, without its quotes.
fn parameter<'a>(media_type: &'a str, name: &str) -> Option<&'a str> {
    let mut parameters = media_type.split(';').skip(1).filter_map(|part| part.split_once('='));
    let (_, value) = parameters.find(|(given, _)| given.trim().eq_ignore_ascii_case(name))?;
    Some(value.trim().trim_matches('"'))
}

/// The caller's idempotency key, on a POST or PUT.
///
/// # Errors
/// [`Rejection::Invalid`] if there is one that is not 1 to 255 visible ASCII characters, or two.
pub(super) fn idempotency_key(raw: &RawRequest) -> Result<Option<String>, Rejection> {
    let mut given = raw.headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(first) = given.next().filter(|_| matches!(raw.method, Method::POST | Method::PUT)) else {
        return Ok(None);
    };
    let bytes = first.as_bytes();
    let visible = (1..=255).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic);
    match first.to_str() {
        Ok(key) if visible && given.next().is_none() => Ok(Some(key.to_owned())),
        Ok(_) | Err(_) => Err(Rejection::Invalid(vec![Invalid {
            member: IDEMPOTENCY_KEY.to_owned(),
            fault: Fault::NotAllowed(fault::NO_KEY),
        }])),
    }
}

/// The address of the person that the caller says it calls for, on a call where that matters. A person who calls cannot be
/// asked where from: the connection tells.
///
/// # Errors
/// [`Rejection::Invalid`] if there is one that is no IP address, or two.
pub(super) fn client_address(
    raw: &RawRequest,
    entry: &Entry,
    proven: &Proven,
) -> Result<Option<IpAddr>, Rejection> {
    let mut given = raw.headers.get_all(CLIENT_ADDRESS).iter();
    let asked = entry.call.can_miss() && matches!(proven, Proven::App(_));
    let Some(first) = given.next().filter(|_| asked) else { return Ok(None) };
    match first.to_str().ok().and_then(|text| text.parse().ok()) {
        Some(address) if given.next().is_none() => Ok(Some(address)),
        Some(_) | None => Err(Rejection::Invalid(vec![Invalid {
            member: CLIENT_ADDRESS.to_owned(),
            fault: Fault::NotAllowed(fault::NO_ADDRESS),
        }])),
    }
}

/// An answer with a JSON body.
pub(super) fn json<T: Serialize>(status: StatusCode, body: &T) -> RawResponse {
    wrap(status, "application/json", body)
}

/// An answer with a body of that JSON media type.
pub(super) fn wrap<T: Serialize>(status: StatusCode, media_type: &'static str, body: &T) -> RawResponse {
    // Every answer has texts, numbers and lists only, so that writing it into memory cannot fail.
    RawResponse::new(status, media_type, serde_json::to_vec(body).unwrap_or_default())
}

/// The answer with one more header, if its value is one.
pub(super) fn with_header(mut answer: RawResponse, name: header::HeaderName, value: &str) -> RawResponse {
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers.insert(name, value);
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_parameters_of_a_media_type() {
        assert_eq!(parameter("application/json; charset=UTF-8", "charset"), Some("UTF-8"));
        assert_eq!(parameter("application/json;x=1; Charset=\"utf-8\"", "charset"), Some("utf-8"));
        assert_eq!(parameter("application/json", "charset"), None);
    }
}
