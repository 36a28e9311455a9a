//! Reads a request's body within its bounds.

use core::future::poll_fn;
use core::pin::Pin;
use core::time::Duration;

use axum::body::{Body, HttpBody};
use axum::http::{HeaderMap, header};

/// Why there is no body to go on with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum IntakeError {
    /// It is longer than the limit.
    TooLarge,
    /// It did not arrive in time.
    TooSlow,
    /// The connection broke, or the framing is wrong.
    Broken,
}

/// How much of a body that is too long is read and thrown away, in limits. A client that is still writing when the
/// answer comes often never reads it: the connection is then reset under its hands.
const DISCARDED_LIMITS: usize = 8;

/// The whole body, at most `limit` bytes of it, arriving within `within`.
pub(super) async fn read(
    headers: &HeaderMap,
    body: Body,
    limit: usize,
    within: Duration,
) -> Result<Vec<u8>, IntakeError> {
    if announced(headers).is_some_and(|length| length > limit)
        && (is_waiting(headers) || beyond(headers, limit))
    {
        return Err(IntakeError::TooLarge);
    }
    tokio::time::timeout(within, collect(body, limit)).await.unwrap_or(Err(IntakeError::TooSlow))
}

async fn collect(mut body: Body, limit: usize) -> Result<Vec<u8>, IntakeError> {
    let mut bytes = Vec::with_capacity(usize::try_from(body.size_hint().lower()).unwrap_or(limit).min(limit));
    let mut total = 0;
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        // Trailers mean nothing to any dialect.
        let Ok(data) = frame.map_err(|_| IntakeError::Broken)?.into_data() else { continue };
        total += data.len();
        if total > limit.saturating_mul(DISCARDED_LIMITS) {
            break;
        }
        if total <= limit {
            bytes.extend_from_slice(&data);
        } else {
            bytes = Vec::new();
        }
    }
    if total > limit { Err(IntakeError::TooLarge) } else { Ok(bytes) }
}

fn announced(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Whether the client sends the body only when told to (RFC 9110, section 10.1.1).
fn is_waiting(headers: &HeaderMap) -> bool {
    headers.get(header::EXPECT).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"))
}

fn beyond(headers: &HeaderMap, limit: usize) -> bool {
    announced(headers).is_some_and(|length| length > limit.saturating_mul(DISCARDED_LIMITS))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    async fn taken(headers: &HeaderMap, body: Vec<u8>) -> Result<usize, IntakeError> {
        read(headers, Body::from(body), 10, Duration::from_secs(5)).await.map(|bytes| bytes.len())
    }

    #[tokio::test]
    async fn takes_up_to_the_limit_and_not_a_byte_more() {
        let none = HeaderMap::new();
        assert_eq!(taken(&none, vec![]).await, Ok(0));
        assert_eq!(taken(&none, vec![1; 10]).await, Ok(10));
        assert_eq!(taken(&none, vec![1; 11]).await, Err(IntakeError::TooLarge));
        assert_eq!(taken(&none, vec![1; 500]).await, Err(IntakeError::TooLarge));
    }

    #[tokio::test]
    async fn answers_at_once_when_waiting_for_it_is_useless() {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("81"));
        assert_eq!(taken(&headers, vec![]).await, Err(IntakeError::TooLarge));
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("11"));
        headers.insert(header::EXPECT, HeaderValue::from_static("100-continue"));
        assert_eq!(taken(&headers, vec![]).await, Err(IntakeError::TooLarge));
    }
}
