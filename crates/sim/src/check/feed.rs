//! The feed: every event has one place, in the order of commits, and whoever resumes misses none.

use std::collections::{BTreeMap, BTreeSet};

use super::budget::Place;
use crate::record::Record;
use crate::told::Seen;

pub(super) fn check(record: &Record) -> Vec<String> {
    let mut broken = places(record);
    broken.extend(order(record));
    broken
}

/// What readers were given.
fn places(record: &Record) -> Vec<String> {
    let mut broken = Vec::new();
    let (mut at, mut of) = (BTreeMap::new(), BTreeMap::new());
    // What was told before the last complete reading, and what that one told.
    let (mut before, mut whole) = (BTreeSet::new(), BTreeSet::new());
    let mut complete = false;
    for seen in &record.seen {
        match *seen {
            Seen::Event(place, event) => {
                if *at.entry(place).or_insert(event) != event {
                    broken.push(format!("feed: place {place} is that of two events"));
                }
                let known = *of.entry(event).or_insert(place);
                if known != place {
                    broken.push(format!("feed: an event is told at {known} and at {place}"));
                }
                if complete && !before.contains(&event) {
                    broken.push(format!("feed: who resumed was never told what is at {place}"));
                }
                if complete {
                    whole.insert(event);
                } else {
                    before.insert(event);
                }
            }
            Seen::Whole => {
                (complete, whole) = (true, BTreeSet::new());
            }
            Seen::Gap | Seen::Resumed => complete = false,
        }
    }
    let trail: BTreeSet<_> = record.trail.iter().copied().collect();
    if trail.len() != record.trail.len() {
        broken.push("feed: the trail tells an event twice".to_owned());
    }
    // What a restore took back and another one brought again has been told in its time.
    for (account, _) in trail.difference(&whole).filter(|event| !before.contains(event)) {
        broken.push(format!("feed: an event of owner-{account} is in the trail and not in the feed"));
    }
    // A restore that knew nothing of the present takes events back.
    let lost = if record.restores.iter().all(|restore| restore.known) { &before } else { &whole };
    for (account, _) in lost.difference(&trail) {
        broken.push(format!("feed: an event of owner-{account} was told and is not in the trail"));
    }
    broken
}

/// No later place holds an earlier commit of the same account.
fn order(record: &Record) -> Vec<String> {
    let mut latest: BTreeMap<usize, (Place, usize)> = BTreeMap::new();
    let mut broken = Vec::new();
    for fed in &record.fed {
        let Some(op) = fed.op else { continue };
        let writes = &record.ops[op].writes;
        let (Some(first), Some(last)) = (writes.first(), writes.last()) else {
            broken.push(format!("feed: #{op} is told of and never wrote"));
            continue;
        };
        let (first, last) = ((first.step, first.place), (last.step, last.place));
        let (before, other) = latest.get(&fed.account).copied().unwrap_or_default();
        if last < before {
            broken.push(format!("feed: #{op} was committed before #{other} and is told after it"));
        }
        if first > before {
            latest.insert(fed.account, (first, op));
        }
    }
    broken
}
