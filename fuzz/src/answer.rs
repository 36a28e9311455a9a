//! What must hold of every answer, whatever was asked and whoever asked.

use countersign_dialects::raw::RawResponse;
use http::header;

/// No answer is anywhere near as long; one that grows with what was sent would get here.
const LONGEST_BODY: usize = 64 * 1024;
const LONGEST_HEADERS: usize = 8 * 1024;

/// Panics unless the answer could be sent and read.
pub(crate) fn check(answer: &RawResponse) {
    let status = answer.status.as_u16();
    assert!((200..600).contains(&status), "status {status} ends no exchange");
    assert!(answer.body.len() <= LONGEST_BODY, "a body of {} bytes", answer.body.len());
    let headers: usize = answer.headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    assert!(headers <= LONGEST_HEADERS, "headers of {headers} bytes");
    if let Some(wait) = answer.headers.get(header::RETRY_AFTER) {
        let seconds = wait.to_str().ok().and_then(|text| text.parse::<u64>().ok());
        assert!(seconds.is_some_and(|seconds| seconds > 0), "Retry-After {wait:?}");
    }
    let bodiless = matches!(status, 204 | 304);
    assert!(!bodiless || answer.body.is_empty(), "a body under {status}");
    let media = answer.headers.get(header::CONTENT_TYPE).map(|value| value.to_str().expect("ASCII"));
    if answer.body.is_empty() {
        return;
    }
    let media = media.expect("a body has a media type");
    assert!(is_readable(media, &answer.body), "not {media}: {}", String::from_utf8_lossy(&answer.body));
}

/// Whether a body is what its media type says.
fn is_readable(media: &str, body: &[u8]) -> bool {
    let bare = media.split(';').next().unwrap_or_default().trim();
    match bare.rsplit(['/', '+']).next() {
        Some("json") => serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok(),
        Some("xml") => is_xml(body),
        Some("bson") => bson::Document::from_reader(body).is_ok(),
        Some("plain" | "html") => core::str::from_utf8(body).is_ok(),
        _ => false,
    }
}

fn is_xml(body: &[u8]) -> bool {
    use quick_xml::events::Event;
    let Ok(text) = core::str::from_utf8(body) else { return false };
    let mut reader = quick_xml::Reader::from_str(text);
    loop {
        match reader.read_event() {
            Ok(Event::Eof) => return true,
            Ok(_) => {}
            Err(_) => return false,
        }
    }
}
