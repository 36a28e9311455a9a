//! Headers of every answer, and the step from a sealed answer to one that axum sends.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, header};
use countersign_dialects::raw::RawResponse;

use super::request_id::REQUEST_ID;

/// Nothing in an API answer may run, load or be framed.
const API_POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// One year, in seconds: the least that counts as lasting (RFC 6797, section 6.1.1).
const STRICT_TRANSPORT: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Adds what protects an answer from caches, sniffing, framing and, over TLS, from downgrade. A stricter or looser
/// content policy that is already there stays, and so does what is said to caches of something public.
pub(super) fn protect(headers: &mut HeaderMap, tls: bool) {
    const FIXED: [(HeaderName, HeaderValue); 3] = [
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    ];
    headers.extend(FIXED);
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(API_POLICY);
    headers.remove(header::SERVER);
    if tls {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, STRICT_TRANSPORT);
    }
}

/// The answer for the wire.
pub(super) fn finish(raw: RawResponse, request_id: &str, tls: bool) -> Response<Body> {
    let mut response = Response::new(Body::from(raw.body));
    *response.status_mut() = raw.status;
    *response.headers_mut() = raw.headers;
    protect(response.headers_mut(), tls);
    // A request id is visible ASCII, so this never fails.
    if let Ok(value) = HeaderValue::from_str(request_id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use super::*;

    #[test]
    fn every_answer_is_protected_and_named() {
        let plain = finish(RawResponse::empty(StatusCode::OK), "req_1", false);
        assert_eq!(plain.headers()[header::CACHE_CONTROL], "no-store");
        assert_eq!(plain.headers()[header::X_FRAME_OPTIONS], "DENY");
        assert_eq!(plain.headers()[REQUEST_ID], "req_1");
        assert!(!plain.headers().contains_key(header::STRICT_TRANSPORT_SECURITY));
        assert!(!plain.headers().contains_key(header::SERVER));
        let over_tls = finish(RawResponse::empty(StatusCode::OK), "req_1", true);
        assert!(over_tls.headers().contains_key(header::STRICT_TRANSPORT_SECURITY));
    }
}
