//! Reads a request's body within its bounds.

use core::future::poll_fn;
use core::pin::Pin;
use core::time::Duration;

use axum::body::{Bytes, HttpBody};
use axum::http::{HeaderMap, header};

use super::room::{Budget, Share};

/// Why there is no body to go on with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum IntakeError {
    /// It is longer than the limit.
    TooLarge,
    /// It did not arrive in time.
    TooSlow,
    /// The connection broke, or the framing is wrong.
    Broken,
    /// All bodies together have no room for it.
    NoRoom,
}

/// A body and its share of the budget, which it holds for as long as it is needed.
pub(super) struct Taken {
    pub(super) body: Vec<u8>,
    pub(super) share: Share,
}

/// How much of a body that is too long is read and thrown away, in limits. A client that is still writing when the
/// answer comes often never reads it: the connection is then reset under its hands.
const DISCARDED_LIMITS: usize = 8;

/// The whole body, at most `limit` bytes of it, arriving within `within`. Each byte takes its part of the budget as
/// it arrives: nobody has said yet who is calling, and what was only announced costs nothing.
pub(super) async fn read<B: HttpBody<Data = Bytes> + Unpin>(
    headers: &HeaderMap,
    body: B,
    limit: usize,
    within: Duration,
    budget: &Budget,
) -> Result<Taken, IntakeError> {
    if announced(headers).is_some_and(|length| length > limit)
        && (is_waiting(headers) || beyond(headers, limit))
    {
        return Err(IntakeError::TooLarge);
    }
    // Of a request without a body nothing is awaited.
    if body.is_end_stream() {
        return Ok(Taken { body: Vec::new(), share: budget.share() });
    }
    tokio::time::timeout(within, collect(body, limit, budget)).await.unwrap_or(Err(IntakeError::TooSlow))
}

async fn collect<B>(mut body: B, limit: usize, budget: &Budget) -> Result<Taken, IntakeError>
where
    B: HttpBody<Data = Bytes> + Unpin,
{
    let mut taken = Some(Taken { body: Vec::new(), share: budget.share() });
    let mut total: usize = 0;
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        // Trailers mean nothing to any dialect.
        let Ok(data) = frame.map_err(|_| IntakeError::Broken)?.into_data() else { continue };
        total = total.saturating_add(data.len());
        if total > limit.saturating_mul(DISCARDED_LIMITS) {
            break;
        }
        // Once it does not fit, what was read is let go at once and the rest is thrown away as it comes.
        taken = taken.filter(|_| total <= limit).and_then(|mut taken| {
            taken.share.grow(total).then(|| {
                append(&mut taken.body, &data);
                taken
            })
        });
    }
    if total > limit { Err(IntakeError::TooLarge) } else { taken.ok_or(IntakeError::NoRoom) }
}

/// Grows by a quarter where need be. A vector by itself doubles, and would hold up to twice what the budget knows of.
fn append(body: &mut Vec<u8>, data: &[u8]) {
    if body.capacity() - body.len() < data.len() {
        body.reserve_exact(data.len().max(body.len() / 4));
    }
    body.extend_from_slice(data);
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
    use axum::body::Body;
    use axum::http::HeaderValue;

    use super::*;
    use crate::http::room::Room;

    async fn taken(headers: &HeaderMap, body: Vec<u8>) -> Result<usize, IntakeError> {
        taken_of(&Room::new(1, 1024), headers, body).await
    }

    async fn taken_of(room: &Room, headers: &HeaderMap, body: Vec<u8>) -> Result<usize, IntakeError> {
        let taken = read(headers, Body::from(body), 10, Duration::from_secs(5), room.bodies()).await;
        taken.map(|taken| taken.body.len())
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
    async fn takes_no_more_than_all_bodies_together_may() {
        let (none, room) = (HeaderMap::new(), Room::new(1, 8));
        assert_eq!(taken_of(&room, &none, vec![1; 6]).await, Ok(6));
        assert_eq!(taken_of(&room, &none, vec![1; 7]).await, Err(IntakeError::NoRoom));
        assert_eq!(taken_of(&room, &none, vec![1; 11]).await, Err(IntakeError::TooLarge));
        let body = Body::from(vec![1; 6]);
        let held = read(&none, body, 10, Duration::from_secs(5), room.bodies()).await;
        assert_eq!(taken_of(&room, &none, vec![1; 3]).await, Err(IntakeError::NoRoom));
        drop(held);
        assert_eq!(taken_of(&room, &none, vec![1; 6]).await, Ok(6));
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
