//! Events as they leave the server by themselves: in a stream, and in webhooks. Both have the words of `GET /v1/events`.

use countersign_domain::event::Event;
use countersign_domain::feed::FeedPlace;
use serde::Serialize;

use super::wire::events::{Details, ShownEvent, type_of};
use super::wire::rfc3339;

/// The word for an event's type.
#[must_use]
pub const fn type_word(event: &Event) -> &'static str {
    type_of(&event.what)
}

/// One event of a stream (WHATWG HTML, section 9.2): its place, its type and the same JSON as in the list.
#[must_use]
pub fn stream_event(place: FeedPlace, event: &Event) -> Vec<u8> {
    // It has texts, numbers and lists only, so that writing it cannot fail; JSON has no line break in it.
    let data = serde_json::to_string(&ShownEvent::from(event)).unwrap_or_default();
    format!("id: {place}\nevent: {}\ndata: {data}\n\n", type_word(event)).into_bytes()
}

/// Tells whoever follows that there may have been events before the next one which are not there any more. From `place` on
/// nothing is missing.
#[must_use]
pub fn stream_gap(place: FeedPlace) -> Vec<u8> {
    format!("id: {place}\nevent: gap\ndata: {{\"after\":\"{place}\"}}\n\n").into_bytes()
}

/// What shows that the stream is alive.
pub const STREAM_HEARTBEAT: &[u8] = b":\n\n";

/// The body of a webhook's message: what happened, when, and to whom, by ids alone. Who wants to know more asks for it.
#[must_use]
pub fn webhook_body(event: &Event) -> Vec<u8> {
    let Details { code_id, session_id, intent_id, .. } = Details::from(&event.what);
    let (id, account_id) = (event.id.to_string(), event.account.to_string());
    let ids = Ids { id, account_id, code_id, session_id, intent_id };
    let body = Body { kind: type_word(event), timestamp: rfc3339(event.at), data: ids };
    serde_json::to_vec(&body).unwrap_or_default()
}

#[derive(Serialize)]
struct Body {
    #[serde(rename = "type")]
    kind: &'static str,
    timestamp: String,
    data: Ids,
}

#[derive(Serialize)]
struct Ids {
    id: String,
    account_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    code_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    intent_id: Option<String>,
}

#[cfg(test)]
mod tests {
    use countersign_domain::event::{Actor, Origin, What};
    use countersign_domain::id::{AccountId, EventId};
    use countersign_domain::identifier::TenantId;
    use countersign_domain::secret::Kind;
    use countersign_domain::time::Timestamp;

    use super::*;

    fn event() -> Event {
        Event {
            id: EventId::from_bytes([1; 16]),
            account: AccountId::from_bytes([2; 16]),
            tenant: TenantId::default_tenant(),
            at: Timestamp::from_millis(1_700_000_000_123),
            origin: Origin { dialect: "native".into(), actor: Actor::Nobody, request_id: "req\n1".into() },
            what: What::SecretVerified(Kind::Payment),
        }
    }

    #[test]
    fn a_message_has_ids_and_nothing_else() {
        let body = String::from_utf8(webhook_body(&event())).expect("text");
        let expected = r#"{"type":"secret_verified","timestamp":"2023-11-14T22:13:20.123Z","data":{"id":"evt_01040g2081040g2081040g2081","account_id":"acct_02081040g2081040g2081040g2"}}"#;
        assert_eq!(body, expected);
    }

    #[test]
    fn a_line_break_cannot_make_another_event_of_a_stream() {
        let text = String::from_utf8(stream_event(FeedPlace::of(7), &event())).expect("text");
        assert!(text.starts_with("id: 7\nevent: secret_verified\ndata: {"), "{text}");
        assert_eq!(text.matches('\n').count(), 4, "three lines and an empty one: {text}");
    }
}
