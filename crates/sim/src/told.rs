//! What was told of payments and by the feed, as the checker is told it.

use countersign_domain::event::What;
use countersign_domain::id::{EventId, IntentId};
use countersign_domain::intent::{Digest, IntentView};
use countersign_domain::time::Timestamp;

/// An intent that was acknowledged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Made {
    /// Whose.
    pub account: usize,
    /// Its id.
    pub id: IntentId,
    /// What was digested.
    pub digest: Digest,
    /// From when on it is worth nothing.
    pub expires_at: Timestamp,
}

/// An event that the feed told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fed {
    /// Its place.
    pub place: i64,
    /// Its id.
    pub id: EventId,
    /// Whose.
    pub account: usize,
    /// By which request, if it was one of the history's.
    pub op: Option<usize>,
    /// When it was decided, by the server's clock, in milliseconds.
    pub at: i64,
    /// What was decided.
    pub what: What,
}

/// What a reader of the feed was given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Seen {
    /// An event of an account at a place.
    Event(i64, (usize, EventId)),
    /// That something may be missing; it begins again.
    Gap,
    /// Nothing: it goes on from a place.
    Resumed,
    /// It reads all that there is, from the beginning.
    Whole,
}

/// The words for a new intent.
pub(crate) fn created(view: &IntentView) -> String {
    let digest = view.digest.0.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    format!("created {} {digest} {}", view.id, view.expires_at.millis())
}

/// Reads what follows the first of those words; nobody's intent yet.
pub(crate) fn read_created(words: &str) -> Option<Made> {
    let mut words = words.split(' ');
    let id = IntentId::parse(words.next()?)?;
    let hex = words.next()?;
    let mut digest = [0; 32];
    for (place, byte) in digest.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(2 * place..2 * place + 2)?, 16).ok()?;
    }
    let expires_at = Timestamp::from_millis(words.next()?.parse().ok()?);
    Some(Made { account: 0, id, digest: Digest(digest), expires_at })
}
