//! Answers that no dialect can speak: the request was not even read far enough to know which one to ask.

use axum::http::StatusCode;
use countersign_dialects::raw::RawResponse;
use serde_json::json;

/// A problem (RFC 9457) in the form of the native API.
pub(super) fn problem(status: StatusCode, code: &str, detail: &str, request_id: &str) -> RawResponse {
    let body = json!({
        "type": "about:blank",
        "title": status.canonical_reason().unwrap_or("Error"),
        "status": status.as_u16(),
        "detail": detail,
        "code": code,
        "request_id": request_id,
    });
    RawResponse::new(status, "application/problem+json", body.to_string().into_bytes())
}

/// Our fault, where even the dialect cannot say so.
pub(super) fn fault(request_id: &str) -> RawResponse {
    let detail = "The server failed. Its log says why, under this request's id.";
    problem(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", detail, request_id)
}
