//! A request and an answer as bytes, before any dialect has read them and after it has spoken.

use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

/// A request as it came over the wire, size-limited, its endpoint already found.
///
/// Has no `Debug`: path, query, headers and body may all carry secrets.
pub struct RawRequest {
    /// The method.
    pub method: Method,
    /// The path as sent, still percent-encoded.
    pub path: String,
    /// The query as sent, without `?`; `None` where there is no `?`.
    pub query: Option<String>,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, at most as long as the server's limit.
    pub body: Vec<u8>,
    /// Which of the dialect's endpoints this is: a place in [`crate::Dialect::endpoints`].
    pub endpoint: usize,
    /// What stands in the place of each `{name}` of the endpoint's path, percent-decoded, in order.
    pub params: Vec<String>,
    /// The request's id, as in its answer and in the log.
    pub request_id: String,
    /// What the caller believes our scheme, host and port to be; part of what HAWK signs.
    pub authority: Authority,
}

/// Host and port as the caller addressed us.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Authority {
    /// Host name or address, without port.
    pub host: String,
    /// Port, the scheme's own if none was given.
    pub port: u16,
}

impl RawRequest {
    /// A header's value, if it is there once and is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The token of an `Authorization: Bearer` header (RFC 6750, section 2.1); the scheme in any case.
    #[must_use]
    pub fn bearer(&self) -> Option<&str> {
        let (scheme, token) = self.header(header::AUTHORIZATION.as_str())?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
    }

    /// Path and query as sent, the resource that HAWK signs.
    #[must_use]
    pub fn resource(&self) -> String {
        self.query.as_ref().map_or_else(|| self.path.clone(), |query| format!("{}?{query}", self.path))
    }
}

/// The media type of events that come as they happen (WHATWG HTML, section 9.2).
pub const STREAM: &str = "text/event-stream";

/// Headers of a usual answer together with those that the server adds: room for them is taken once.
const USUAL_HEADERS: usize = 12;

/// An answer, ready for the wire. The server adds security headers and the request id.
pub struct RawResponse {
    /// The status.
    pub status: StatusCode,
    /// Headers that this dialect decides.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl RawResponse {
    /// An answer with a body of that media type.
    #[must_use]
    pub fn new(status: StatusCode, content_type: &'static str, body: Vec<u8>) -> Self {
        let mut answer = Self { body, ..Self::empty(status) };
        answer.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        answer
    }

    /// An answer with nothing in it.
    #[must_use]
    pub fn empty(status: StatusCode) -> Self {
        Self { status, headers: HeaderMap::with_capacity(USUAL_HEADERS), body: Vec::new() }
    }

    /// With `Retry-After` in seconds (RFC 9110, section 10.2.3), at least 1.
    #[must_use]
    pub fn retry_after(mut self, seconds: i64) -> Self {
        self.headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        self
    }
}
