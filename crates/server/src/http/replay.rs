//! Answers as bytes, to be kept for their idempotency key. The service seals them: they may hold new credentials.

use axum::http::{HeaderName, HeaderValue, StatusCode};
use countersign_dialects::raw::RawResponse;

/// The first byte of a kept answer; another one is another layout.
const LAYOUT: u8 = 1;

/// Layout, status, number of headers, each header with its lengths in front, then the body.
pub(super) fn to_bytes(response: &RawResponse) -> Vec<u8> {
    let mut bytes = vec![LAYOUT];
    bytes.extend(response.status.as_u16().to_be_bytes());
    bytes.extend(length(response.headers.len()));
    for (name, value) in &response.headers {
        bytes.extend(length(name.as_str().len()));
        bytes.extend(name.as_str().as_bytes());
        bytes.extend(length(value.len()));
        bytes.extend(value.as_bytes());
    }
    bytes.extend(&response.body);
    bytes
}

/// The answer that was kept; `None` if these bytes are not one.
pub(super) fn from_bytes(bytes: &[u8]) -> Option<RawResponse> {
    let (&layout, mut rest) = bytes.split_first()?;
    if layout != LAYOUT {
        return None;
    }
    let (status, after) = rest.split_first_chunk::<2>()?;
    rest = after;
    let mut response = RawResponse::empty(StatusCode::from_u16(u16::from_be_bytes(*status)).ok()?);
    for _ in 0..take_length(&mut rest)? {
        let name = HeaderName::from_bytes(take(&mut rest)?).ok()?;
        let value = HeaderValue::from_bytes(take(&mut rest)?).ok()?;
        response.headers.append(name, value);
    }
    response.body = rest.to_vec();
    Some(response)
}

/// No answer of ours has a header near 4 `GiB`, or as many.
fn length(length: usize) -> [u8; 4] {
    u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes()
}

fn take_length(rest: &mut &[u8]) -> Option<usize> {
    let (length, after) = rest.split_first_chunk::<4>()?;
    *rest = after;
    usize::try_from(u32::from_be_bytes(*length)).ok()
}

fn take<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = take_length(rest)?;
    let (taken, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_comes_back_byte_for_byte() {
        let answer =
            RawResponse::new(StatusCode::CREATED, "application/json", b"{\"id\":\"app_1\"}".to_vec())
                .retry_after(7);
        let bytes = to_bytes(&answer);
        let back = from_bytes(&bytes).expect("a kept answer");
        assert_eq!((back.status, &back.headers, &back.body), (answer.status, &answer.headers, &answer.body));
        for end in 0..bytes.len() - answer.body.len() {
            assert!(from_bytes(&bytes[..end]).is_none(), "{end}");
        }
        assert!(from_bytes(&[2, 0, 200, 0, 0, 0, 0]).is_none());
    }
}
