//! Gathers parameters from query and form, and wraps answers. The status is 200 whatever happened.

use countersign_domain::secret::SecretText;
use http::{Method, StatusCode};
use serde::Serialize;

use super::wire::{Envelope, WaitData};
use crate::body::{Members, malformed, media_type};
use crate::raw::{RawRequest, RawResponse};
use crate::rejection::{Fault, Invalid, Rejection};

/// Every parameter of the request. Only a POST has a form; a body of another media type is not read, because
/// clients that put everything into the query send one all the same.
pub(super) fn parameters(raw: &RawRequest) -> Result<Members, Rejection> {
    let query = match &raw.query {
        Some(query) => Members::form(query.as_bytes())?,
        None => Members::none(),
    };
    let is_form = matches!(media_type(raw).as_deref(), None | Some("application/x-www-form-urlencoded"));
    if raw.method == Method::POST && is_form {
        return query.merged(Members::form(&raw.body)?);
    }
    Ok(query)
}

/// A parameter that must be there and not empty.
pub(super) fn needed(members: &mut Members, name: &'static str) -> Result<SecretText, Rejection> {
    members
        .take(name)?
        .ok_or_else(|| Rejection::Invalid(vec![Invalid { member: name.to_owned(), fault: Fault::Required }]))
}

/// A parameter of a form that it cannot have.
pub(super) fn bad_name() -> Rejection {
    malformed("walletAddr and userId are 1 to 128 characters, none of them a control character")
}

/// Success.
pub(super) fn success<D: Serialize>(data: D) -> RawResponse {
    response(&Envelope { code: "200", data: Some(data), message: "", success: true })
}

/// An error without data.
pub(super) fn error(code: &'static str, message: &'static str) -> RawResponse {
    response(&Envelope::<()> { code, data: None, message, success: false })
}

/// An error that says how many seconds to wait; 0 where waiting does not help, and then no `Retry-After`.
pub(super) fn error_until(code: &'static str, message: &'static str, seconds: i64) -> RawResponse {
    let data = Some(WaitData { retry_after: seconds });
    let answer = response(&Envelope { code, data, message, success: false });
    if seconds > 0 { answer.retry_after(seconds) } else { answer }
}

fn response<D: Serialize>(envelope: &Envelope<D>) -> RawResponse {
    // Strings and numbers always serialize; an empty body would be the harmless end if they did not.
    let body = serde_json::to_vec(envelope).unwrap_or_default();
    RawResponse::new(StatusCode::OK, "application/json;charset=UTF-8", body)
}
