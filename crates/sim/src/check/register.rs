//! Linearizability of setting, changing, verifying and resetting one secret, after Wing and Gong (1993): is there an
//! order of the requests, each at some instant between its beginning and its end, that explains every answer?

use std::collections::BTreeSet;

use countersign_domain::policy::GuessPolicy;
use countersign_domain::secret::Kind;

use crate::client::is_temporary;
use crate::record::{Answer, Ask, End, Op, Record, UNKNOWN};
use crate::template::first_secret;

/// What a request saw of a secret or did to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Effect {
    Is(u32),
    IsNot(u32),
    IsSet,
    /// From this one to that.
    Swap(u32, u32),
    /// The first one; from this one, if there is one.
    SetOrSwap(Option<u32>, u32),
    Put(u32),
}

struct Item {
    op: usize,
    begun: u32,
    ended: u32,
    effect: Effect,
}

pub(super) fn check(record: &Record, limits: &GuessPolicy, account: usize, kind: Kind) -> Option<String> {
    possible(record, limits, account, kind).is_empty().then(|| {
        let items = items(record, limits, account, kind);
        let told: Vec<String> = items.iter().map(|item| format!("#{} {:?}", item.op, item.effect)).collect();
        format!("linearizability: no order explains owner-{account} {kind}: {}", told.join(", "))
    })
}

/// What the secret may be at the end; nothing if no order explains the answers.
///
/// A restore sets the secret to what it was when the backup was taken. Every request is over by then.
pub(crate) fn possible(record: &Record, limits: &GuessPolicy, account: usize, kind: Kind) -> BTreeSet<u32> {
    let items = items(record, limits, account, kind);
    let of = |epoch: usize| items.iter().filter(move |item| record.epoch(item.begun) == epoch);
    let all = |epoch: usize| of(epoch).map(|item| (item, true)).collect::<Vec<_>>();
    let mut first = vec![BTreeSet::from([first_secret(account, kind)])];
    for (epoch, restore) in record.restores.iter().enumerate() {
        if ends(&all(epoch), &first[epoch]).is_empty() {
            return BTreeSet::new();
        }
        let then = record.epoch(restore.taken);
        let held: Vec<_> = of(then).filter_map(|item| held(record, item, restore.taken)).collect();
        first.push(ends(&held, &first[then]));
    }
    ends(&all(record.restores.len()), &first[record.restores.len()])
}

/// Whether a request is part of what a backup of that step holds, and if so, whether certainly.
fn held<'a>(record: &Record, item: &'a Item, taken: u32) -> Option<(&'a Item, bool)> {
    let mut writes = record.ops[item.op].writes.iter().map(|write| write.step < taken).peekable();
    if item.ended < taken {
        return Some((item, true));
    }
    if item.effect.looks() || writes.peek().is_none() {
        return None;
    }
    let (some, all) = writes.fold((false, true), |(some, all), held| (some || held, all && held));
    some.then_some((item, all))
}

/// What the secret may be after these requests, each of which must have taken place or may have, if it was one of `first`
/// before.
fn ends(items: &[(&Item, bool)], first: &BTreeSet<u32>) -> BTreeSet<u32> {
    let mut search = Search { items, seen: BTreeSet::new(), ends: BTreeSet::new() };
    for &state in first {
        search.from(vec![false; items.len()], state);
    }
    search.ends
}

struct Search<'a> {
    items: &'a [(&'a Item, bool)],
    seen: BTreeSet<(Vec<bool>, u32)>,
    ends: BTreeSet<u32>,
}

impl Search<'_> {
    fn from(&mut self, mut done: Vec<bool>, state: u32) {
        // A request that only looks and sees what is there can always be placed at once.
        loop {
            let seen = self.next(&done).find(|&place| self.items[place].0.effect.holds(state));
            let Some(place) = seen else { break };
            done[place] = true;
        }
        if !self.seen.insert((done.clone(), state)) {
            return;
        }
        if self.items.iter().zip(&done).all(|(&(_, needed), &done)| done || !needed) {
            self.ends.insert(state);
        }
        let places: Vec<usize> = self.next(&done).collect();
        for place in places {
            if let Some(after) = self.items[place].0.effect.applied(state) {
                let mut done = done.clone();
                done[place] = true;
                self.from(done, after);
            }
        }
    }

    /// Those that may come next: nothing that is still to be placed had ended before they began.
    fn next<'b>(&'b self, done: &'b [bool]) -> impl Iterator<Item = usize> + 'b {
        let left = || self.items.iter().zip(done).enumerate().filter(|(_, (_, done))| !**done);
        let needed = left().filter(|(_, ((_, needed), _))| *needed);
        let first_end = needed.map(|(_, ((item, _), _))| item.ended).min().unwrap_or(u32::MAX);
        left().filter(move |(_, ((item, _), _))| item.begun <= first_end).map(|(place, _)| place)
    }
}

impl Effect {
    /// Whether this does nothing to the secret.
    const fn looks(self) -> bool {
        matches!(self, Self::Is(_) | Self::IsNot(_) | Self::IsSet)
    }

    /// Whether this only looks, and sees what is there.
    fn holds(self, state: u32) -> bool {
        match self {
            Self::Is(secret) => state == secret,
            Self::IsNot(secret) => state != secret,
            Self::IsSet => state != 0,
            Self::Swap(..) | Self::SetOrSwap(..) | Self::Put(_) => false,
        }
    }

    /// What the secret is after this, if it can happen now.
    fn applied(self, state: u32) -> Option<u32> {
        match self {
            Self::Is(_) | Self::IsNot(_) | Self::IsSet => None,
            Self::Swap(old, new) => (state == old).then_some(new),
            Self::SetOrSwap(old, new) => (state == 0 || Some(state) == old).then_some(new),
            Self::Put(new) => Some(new),
        }
    }
}

fn items(record: &Record, limits: &GuessPolicy, account: usize, kind: Kind) -> Vec<Item> {
    let mut items = Vec::new();
    for (number, op) in record.ops.iter().enumerate().filter(|(_, op)| op.account == account) {
        let effect = match (op.kind == kind, op.unknown()) {
            (true, false) => answered(record, limits, op),
            (true, true) if record.told.iter().any(|told| told.op == number && told.kind == kind) => {
                shown_again(record, op).or_else(|| written(op.ask))
            }
            (false, false) if kind == Kind::Query => answered_by_query(record, limits, op),
            _ => None,
        };
        // What a failing disk kept from being answered may take effect until the file is read again.
        let ended = if op.end == End::Fault { u32::MAX } else { op.ended };
        // A kept answer is true of any instant since the first request with this key; what was done is told of that. One
        // that is older than a restore may be true of nothing since.
        let same = record.under_key_of(op).map(|(_, other)| other.begun).filter(|_| op.again);
        let begun = same.min().unwrap_or(op.begun);
        let same_epoch = record.epoch(begun) == record.epoch(op.begun);
        let effect = effect.filter(|effect| !op.again || (effect.looks() && same_epoch));
        items.extend(effect.map(|effect| Item { op: number, begun, ended, effect }));
    }
    items
}

fn answered(record: &Record, limits: &GuessPolicy, op: &Op) -> Option<Effect> {
    use Effect::{Is, IsNot, IsSet, Put};
    Some(match (op.ask, op.answer()?) {
        (Ask::Verify(guess) | Ask::Login(guess), Answer::Right)
        | (Ask::Approve(_, Some(guess), _) | Ask::ApproveByTwo(_, guess, _), Answer::Approved) => Is(guess),
        (Ask::Change(old, _) | Ask::SetOrChange(Some(old), _), Answer::SameAsLogin) => {
            // Of a first secret nothing was compared but the new one.
            return op.comparisons.iter().any(|c| c.kind == op.kind && c.right).then_some(Is(old));
        }
        (
            Ask::Verify(guess)
            | Ask::Login(guess)
            | Ask::Change(guess, _)
            | Ask::SetOrChange(Some(guess), _)
            | Ask::Approve(_, Some(guess), _),
            Answer::Wrong,
        ) => {
            return (!excused(record, limits, op, guess)).then_some(IsNot(guess));
        }
        (Ask::SetOrChange(None, _), Answer::Wrong) | (Ask::Set(_) | Ask::ByQuery(..), Answer::AlreadySet) => {
            IsSet
        }
        (Ask::Verify(_) | Ask::Change(..) | Ask::Approve(..) | Ask::ApproveByTwo(..), Answer::NotSet) => {
            Is(0)
        }
        (ask, Answer::Written) => return written(ask),
        (Ask::Temporary, Answer::Temporary(secret)) => Put(secret),
        _ => return None,
    })
}

/// The temporary secret that a request made and did not live to show: a later one with the same key was shown it.
fn shown_again(record: &Record, op: &Op) -> Option<Effect> {
    record.under_key_of(op).find_map(|(_, same)| match same.answer() {
        Some(Answer::Temporary(secret)) => Some(Effect::Put(secret)),
        _ => None,
    })
}

fn answered_by_query(record: &Record, limits: &GuessPolicy, op: &Op) -> Option<Effect> {
    let Ask::ByQuery(query, _) = op.ask else { return None };
    Some(match op.answer()? {
        Answer::Written | Answer::AlreadySet | Answer::SameAsLogin => Effect::Is(query),
        Answer::Wrong if !excused(record, limits, op, query) => Effect::IsNot(query),
        Answer::NotSet => Effect::Is(0),
        _ => return None,
    })
}

fn written(ask: Ask) -> Option<Effect> {
    Some(match ask {
        Ask::Change(old, new) => Effect::Swap(old, new),
        Ask::SetOrChange(old, new) => Effect::SetOrSwap(old, new),
        Ask::Set(new) | Ask::ByQuery(_, new) => Effect::SetOrSwap(None, new),
        Ask::Reset(new, _) => Effect::Put(new),
        Ask::Temporary => Effect::Put(UNKNOWN),
        Ask::Verify(_)
        | Ask::Login(_)
        | Ask::Code
        | Ask::Unlock
        | Ask::Stranger(_)
        | Ask::Create(_)
        | Ask::Approve(..)
        | Ask::IntentCode(_)
        | Ask::ApproveByTwo(..)
        | Ask::Consume(..)
        | Ask::Cancel(_)
        | Ask::Choose(_)
        | Ask::Release(_) => return None,
    })
}

/// Whether a right secret may be told wrong: when its time was over, or when its guess had aged into a miss.
fn excused(record: &Record, limits: &GuessPolicy, op: &Op, guess: u32) -> bool {
    let aged = op.writes.first().is_some_and(|charge| {
        record.clock_between(charge.step, op.ended).1 >= charge.clock + limits.in_flight.millis()
    });
    is_temporary(guess) || aged
}
