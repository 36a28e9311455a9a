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

/// What a webhook's owner asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Asked {
    /// To tell it nothing.
    Disable,
    /// To tell it what happens from now on.
    Enable,
    /// To tell it once more what was at a place and after it.
    Replay,
}

/// What happened about the webhook, in order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hook {
    /// Its owner asks for something.
    Asked(Asked),
    /// Nobody knows whether it was done.
    Unknown(Asked),
    /// It is disabled.
    Disabled,
    /// It is enabled, and told what comes after that place.
    Enabled(i64),
    /// It is told again what comes after the first place, up to the second.
    Replaying(i64, i64),
    /// Who wanted to tell it learned that it is told nothing.
    NotTold,
    /// A restore that knew nothing of the present brought it back as it was.
    Restored,
    /// A message came to its endpoint.
    Message {
        /// With which batch.
        batch: u32,
        /// The event's place, as who told it knew.
        place: i64,
        /// The event, and whose.
        event: (usize, EventId),
        /// Whether it was taken.
        taken: bool,
    },
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
