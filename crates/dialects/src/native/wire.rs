//! What goes over the wire: bodies and queries in, answers out.

use countersign_domain::time::Timestamp;

pub(super) mod accounts;
pub(super) mod answers;
pub(super) mod events;
pub(super) mod holds;
pub(super) mod intents;
pub(super) mod new_account;
pub(super) mod problem;
pub(super) mod queries;
pub(super) mod requests;
pub(super) mod schemas;
pub(super) mod values;
pub(super) mod webhooks;

/// An instant in UTC with milliseconds (RFC 3339, section 5.6); one beyond the year 9999 is written as its end.
pub(super) fn rfc3339(at: Timestamp) -> String {
    let end = if at.millis() < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
    format!("{:.3}", jiff::Timestamp::from_millisecond(at.millis()).unwrap_or(end))
}
