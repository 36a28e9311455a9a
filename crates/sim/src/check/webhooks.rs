//! Webhooks: every event that one wants is told at least once under its id, none that did not happen, and none after it was
//! disabled but those of the batch in flight.

use std::collections::BTreeSet;

use countersign_domain::event::What;
use countersign_domain::id::EventId;

use crate::record::Record;
use crate::told::{Asked, Hook, Seen};

/// Attempts after which a message is given up.
const GIVEN_UP: usize = 10;

/// The word for the type of an event, as webhooks of histories choose them.
pub(crate) const fn word(what: &What) -> &'static str {
    match what {
        What::IntentCreated { .. }
        | What::IntentApproved { .. }
        | What::IntentConsumed { .. }
        | What::IntentCancelled(_)
        | What::IntentVoided { .. } => "payment",
        _ => "other",
    }
}

type Key = (usize, EventId);

/// Whether it may be told.
#[derive(Clone, Copy, Default)]
enum State {
    /// Perhaps.
    #[default]
    Perhaps,
    /// It is disabled for certain.
    Disabled,
    /// It is, and messages of this batch came since.
    InFlight(u32),
}

/// What is known at some moment.
#[derive(Default)]
struct Walk {
    /// Whatever has a later place is told, for certain.
    since: Option<i64>,
    state: State,
    /// What is told again for certain: after one place, up to another.
    replay: Option<(i64, i64)>,
    told: BTreeSet<Key>,
    told_again: BTreeSet<Key>,
    attempts: Vec<Key>,
}

pub(super) fn check(record: &Record, payments_alone: bool) -> Vec<String> {
    let mut walk = Walk::default();
    let mut broken: Vec<String> =
        record.hooks.iter().filter_map(|hook| walk.take(record, payments_alone, *hook)).collect();
    if record.hooks.is_empty() {
        return broken;
    }
    let unwanted: BTreeSet<Key> = record
        .fed
        .iter()
        .filter(|fed| payments_alone && word(&fed.what) != "payment")
        .map(|fed| (fed.account, fed.id))
        .collect();
    for (place, key) in whole(record).filter(|(_, key)| !unwanted.contains(key)) {
        let given_up = walk.attempts.iter().filter(|attempted| **attempted == key).count() >= GIVEN_UP;
        if walk.since.is_some_and(|since| place > since) && !walk.told.contains(&key) && !given_up {
            broken.push(format!("webhook: what is at {place} was never told"));
        }
        let again = walk.replay.is_some_and(|(after, to)| (after + 1..=to).contains(&place));
        if again && !walk.told_again.contains(&key) && !given_up {
            broken.push(format!("webhook: what is at {place} was never told again"));
        }
    }
    broken
}

/// What the feed holds at the end: a restore may have taken back what was in it once.
fn whole(record: &Record) -> impl Iterator<Item = (i64, Key)> {
    let begun = record.seen.iter().rposition(|seen| *seen == Seen::Whole).unwrap_or(record.seen.len());
    record.seen[begun..].iter().filter_map(|seen| match *seen {
        Seen::Event(place, key) => Some((place, key)),
        Seen::Gap | Seen::Resumed | Seen::Whole => None,
    })
}

impl Walk {
    /// What happened next. Why it should not have, if so.
    fn take(&mut self, record: &Record, payments_alone: bool, hook: Hook) -> Option<String> {
        match hook {
            Hook::Asked(Asked::Disable) | Hook::Unknown(Asked::Disable) => self.since = None,
            Hook::Asked(Asked::Enable) | Hook::Unknown(Asked::Enable) => self.state = State::Perhaps,
            Hook::Asked(Asked::Replay) | Hook::Unknown(Asked::Replay) => self.replay = None,
            Hook::Disabled => self.state = State::Disabled,
            Hook::Enabled(cursor) => self.since = Some(cursor),
            Hook::Replaying(after, to) => {
                self.replay = Some((after, to));
                self.told_again.clear();
            }
            Hook::NotTold => {
                let failed = self.attempts.len() > self.told.len();
                // One that takes nothing for days is disabled.
                let surely = self.since.is_some() && !failed;
                (self.since, self.replay) = (None, None);
                return surely.then(|| "webhook: it is told nothing, and is enabled".to_owned());
            }
            Hook::Restored => {
                *self = Self { attempts: core::mem::take(&mut self.attempts), ..Self::default() }
            }
            Hook::Message { batch, place, event, taken } => {
                return self.message(record, payments_alone, batch, place, event, taken);
            }
        }
        None
    }

    fn message(
        &mut self,
        record: &Record,
        payments_alone: bool,
        batch: u32,
        place: i64,
        event: Key,
        taken: bool,
    ) -> Option<String> {
        self.attempts.push(event);
        if taken {
            self.told.insert(event);
            self.told_again.insert(event);
        }
        let Some(fed) = record.fed.iter().find(|fed| (fed.account, fed.id) == event) else {
            return Some(format!("webhook: what is told at {place} did not happen"));
        };
        if payments_alone && word(&fed.what) != "payment" {
            return Some(format!("webhook: what is told at {place} is not wanted"));
        }
        match self.state {
            State::Disabled => self.state = State::InFlight(batch),
            State::InFlight(other) if other != batch => {
                return Some(format!("webhook: batch {batch} is told after it was disabled"));
            }
            State::Perhaps | State::InFlight(_) => {}
        }
        None
    }
}
