//! Unwraps the members from body and Base64, and wraps answers.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use countersign_domain::secret::SecretText;
use http::header::ALLOW;
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use zeroize::Zeroizing;

use super::wire::{Envelope, FaultEnvelope, WithdrawPassword, WrongPasswords};
use crate::body::{Members, media_type};
use crate::raw::{RawRequest, RawResponse};
use crate::rejection::{Fault, Invalid, Rejection};

pub(super) const NEW: &str = "withdrawPassword";
pub(super) const OLD: &str = "withdrawPasswordOrg";

const CONTENT_TYPE: &str = "application/json;charset=UTF-8";

/// The standard alphabet (RFC 4648, section 4); clients forget the padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Reads the two members.
pub(super) fn unwrap(raw: &RawRequest) -> Result<WithdrawPassword, Rejection> {
    let form = is_form(raw)?;
    let mut members = if form { Members::form(&raw.body)? } else { Members::json(&raw.body)? };
    let new = members.take(NEW)?.ok_or_else(|| invalid(NEW, Fault::Required))?;
    let old = members.take(OLD)?;
    Ok(WithdrawPassword {
        new: decoded(NEW, &new, form)?,
        old: old.map(|old| decoded(OLD, &old, form)).transpose()?,
    })
}

/// The answer with the envelope around it.
pub(super) fn wrap(status: StatusCode, message: String, code: u32, wrong: Option<u32>) -> RawResponse {
    let data = wrong.map(|times| WrongPasswords { times });
    response(status, &Envelope { message, data, exception_code: code })
}

/// "Our fault", whose envelope has one member more.
pub(super) fn wrap_fault(message: String) -> RawResponse {
    let envelope = FaultEnvelope { message, token: (), data: (), exception_code: 0 };
    response(StatusCode::INTERNAL_SERVER_ERROR, &envelope)
}

/// With the methods that the path does have (RFC 9110, section 10.2.1).
pub(super) fn with_allow(mut response: RawResponse, methods: &[String]) -> RawResponse {
    if let Ok(value) = HeaderValue::from_str(&methods.join(", ")) {
        response.headers.insert(ALLOW, value);
    }
    response
}

fn response<T: Serialize>(status: StatusCode, envelope: &T) -> RawResponse {
    // Strings and numbers always serialize; an empty body would be the harmless end if they did not.
    RawResponse::new(status, CONTENT_TYPE, serde_json::to_vec(envelope).unwrap_or_default())
}

/// Whether the body is a form; without a media type its first character tells.
fn is_form(raw: &RawRequest) -> Result<bool, Rejection> {
    match media_type(raw).as_deref() {
        Some("application/x-www-form-urlencoded") => Ok(true),
        Some("application/json" | "text/json") => Ok(false),
        Some(other) => Err(Rejection::UnsupportedMediaType(other.to_owned())),
        None => Ok(!raw.body.trim_ascii_start().starts_with(b"{")),
    }
}

/// The text inside the Base64. In a form a `+` that was not escaped has become a space.
fn decoded(member: &str, text: &SecretText, form: bool) -> Result<SecretText, Rejection> {
    let text = Zeroizing::new(if form { text.expose().replace(' ', "+") } else { text.expose().to_owned() });
    let bytes = BASE64.decode(text.as_bytes()).map(Zeroizing::new);
    let bytes = bytes.map_err(|_| invalid(member, Fault::NotAllowed("not Base64")))?;
    let secret = core::str::from_utf8(&bytes);
    let secret = secret.map_err(|_| invalid(member, Fault::NotAllowed("not UTF-8 inside the Base64")))?;
    Ok(SecretText::new(secret.to_owned()))
}

fn invalid(member: &str, fault: Fault) -> Rejection {
    Rejection::Invalid(vec![Invalid { member: member.to_owned(), fault }])
}
