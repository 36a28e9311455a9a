//! Invariant A: an approval is consumed at most once, for the identical transaction, before it runs out, under the secret
//! that gave it, and while nothing is locked or on hold.

use countersign_domain::asking::Exemption;
use countersign_domain::event::What;
use countersign_domain::id::IntentId;

use countersign_domain::intent::{Digest, Factors, Grounds};
use countersign_domain::policy::PaymentPolicy;
use countersign_domain::secret::Kind;

use super::facts::intent_of;
use super::rests::Rests;
use crate::record::{Answer, Ask, Op, Record};
use crate::told::Fed;

/// What became of an intent so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Pending,
    Approved,
    Consumed,
    Cancelled,
    /// What it rested on is no more, since that request; it is to be told so at once.
    Ended(&'static str, Option<usize>),
    Void,
}

struct Intent {
    id: IntentId,
    digest: Digest,
    units: u128,
    expires_at: i64,
    state: State,
    /// Whether it was approved without a secret.
    unasked: bool,
}

/// Checks all that was told of payments, in the order of the feed, which is that of commits.
pub(super) fn check(record: &Record, policy: &PaymentPolicy) -> Vec<String> {
    let mut accounts: Vec<usize> = record.fed.iter().map(|fed| fed.account).collect();
    accounts.sort_unstable();
    accounts.dedup();
    let mut broken = tries(record, policy);
    broken.extend(revived(record));
    for account in accounts {
        let rests = Rests::new(record, policy, account);
        let mut walk = Walk { record, policy, rests, intents: Vec::new(), latest: 0, furthest: 0 };
        for fed in record.fed.iter().filter(|fed| fed.account == account) {
            let why = walk.take(fed);
            broken.extend(why.map(|why| format!("A: {why}: owner-{account}, {}", name(fed))));
        }
        broken.extend(walk.left_open(None).map(|why| format!("A: {why}: owner-{account}")));
    }
    broken
}

/// However many secrets are presented for one intent, no more are compared than it bears.
fn tries(record: &Record, policy: &PaymentPolicy) -> Vec<String> {
    let mut broken = Vec::new();
    for number in 0..u32::try_from(record.intents.len()).unwrap_or(0) {
        let mut keys = Vec::new();
        let mut compared = 0;
        for op in record
            .ops
            .iter()
            .filter(|op| matches!(op.ask, Ask::Approve(of, ..) | Ask::ApproveByTwo(of, ..) if of == number))
        {
            // The same secret compared again for the same request tells nothing new.
            let again = op.key.is_some_and(|key| keys.contains(&key));
            if op.comparisons.iter().any(|c| c.kind == Kind::Payment && c.made != u32::MAX) && !again {
                keys.extend(op.key);
                compared += 1;
            }
        }
        let most = policy.intents.tries;
        if compared > most {
            broken
                .push(format!("G: {compared} secrets are compared for intent {number}, which bears {most}"));
        }
    }
    broken
}

/// What one was told is over by its time stays over for whoever asks later, wherever the clock stands by then.
fn revived(record: &Record) -> Vec<String> {
    // A backup may know nothing of it.
    if !record.restores.is_empty() {
        return Vec::new();
    }
    let about = |op: &Op| match op.ask {
        Ask::Approve(of, ..) | Ask::Consume(of, _) | Ask::Cancel(of) => Some(of),
        _ => None,
    };
    let fresh = || record.ops.iter().enumerate().filter(|(_, op)| !op.again && about(op).is_some());
    let over = fresh().filter(|(_, op)| op.answer() == Some(Answer::Expired));
    let lives =
        |op: &Op| matches!(op.answer(), Some(Answer::Approved | Answer::Consumed | Answer::Cancelled));
    let revived = over.filter_map(|(told, over)| {
        let later = |&(_, op): &(usize, &Op)| op.begun > over.ended && about(op) == about(over) && lives(op);
        fresh().find(later).map(|(number, _)| (told, number))
    });
    revived
        .map(|(told, number)| format!("A: #{told} was told that it expired, and #{number} revives it"))
        .collect()
}

struct Walk<'a> {
    record: &'a Record,
    policy: &'a PaymentPolicy,
    rests: Rests<'a>,
    intents: Vec<Intent>,
    /// The step up to which the clock was looked at.
    latest: u32,
    /// The latest instant that the clock showed so far.
    furthest: i64,
}

impl Walk<'_> {
    /// What an event does. Why it should not have happened, if so.
    fn take(&mut self, fed: &Fed) -> Option<String> {
        let op = fed.op.map(|op| &self.record.ops[op]);
        self.pass(fed, op);
        let left = self.left_open(fed.op);
        let why = match (&fed.what, op) {
            (What::IntentCreated { intent, digest }, Some(op)) => self.created(*intent, *digest, op, fed.at),
            (What::IntentApproved { intent, grounds, .. }, Some(op)) => {
                self.approved(*intent, *grounds, op, fed.at)
            }
            (What::IntentConsumed { intent, digest }, Some(op)) => {
                self.consumed(*intent, *digest, op, fed.at)
            }
            (What::IntentCancelled(intent), Some(_)) => self.cancelled(*intent),
            (What::IntentVoided { intent, .. }, _) => self.voided(*intent, fed),
            (What::SecretChanged(Kind::Payment), _) => self.end("changed", fed),
            (What::SecretReset(Kind::Payment) | What::SecretMadeTemporary(Kind::Payment), _) => {
                self.end("reset", fed)
            }
            (
                What::Locked { kind: Kind::Payment, .. } | What::DeviceLocked { kind: Kind::Payment, .. },
                _,
            ) => self.end("locked", fed),
            (What::Restored { .. }, _) => self.end("restored", fed),
            (what, None) if intent_of(what).is_some() => Some("nobody asked for it".to_owned()),
            _ => None,
        };
        why.or(left).or(self.rests.take(fed))
    }

    /// Lets the clock show whatever it showed before this was committed.
    fn pass(&mut self, fed: &Fed, op: Option<&Op>) {
        let writes = op.map(|op| &op.writes[..]).unwrap_or_default();
        let (first, last) = (writes.first().map(|write| write.step), writes.last().map(|write| write.step));
        let shown = last.map_or(fed.at, |last| self.record.clock_between(self.latest.min(last), last).1);
        self.latest = self.latest.max(first.unwrap_or_default());
        self.furthest = self.furthest.max(shown).max(fed.at);
        self.rests.pass(shown.max(fed.at));
    }

    fn created(&mut self, id: IntentId, digest: Digest, op: &Op, now: i64) -> Option<String> {
        let Ask::Create(units) = op.ask else { return Some("nobody asked for that intent".to_owned()) };
        let made = self.record.intents.iter().find(|made| made.id == id);
        // Of one that nobody learned of, nobody approves anything.
        let expires_at = made.map_or(now, |made| made.expires_at.millis());
        self.intents.push(Intent {
            id,
            digest,
            units: units.into(),
            expires_at,
            state: State::Pending,
            unasked: false,
        });
        let made = made?;
        let (first, last) = self.record.clock_between(op.begun, op.ended);
        let life = self.policy.intents.life.millis();
        let same = made.digest == digest && (first + life..=last + life).contains(&expires_at);
        (!same).then(|| "another intent was acknowledged".to_owned())
    }

    fn approved(&mut self, id: IntentId, grounds: Grounds, op: &Op, now: i64) -> Option<String> {
        let (open, open_unasked) = (self.open(now), self.open_unasked(now));
        let Some(intent) = self.intents.iter_mut().find(|intent| intent.id == id) else {
            return Some("an intent that nobody made is approved".to_owned());
        };
        intent.unasked = matches!(grounds, Grounds::Exempt { .. });
        let (state, over, units) = (intent.state, now >= intent.expires_at, intent.units);
        intent.state = State::Approved;
        if state != State::Pending || over {
            return Some(format!(
                "an intent is approved that is {state:?}{}",
                if over { " and expired" } else { "" }
            ));
        }
        if let Some(why) = self.rests.forbids(now, open + units) {
            return Some(format!("an intent is approved {why}"));
        }
        let right = op.comparisons.iter().any(|c| c.kind == Kind::Payment && c.right);
        let (guess, app) = match op.ask {
            Ask::Approve(_, guess, app) => (guess, app),
            Ask::ApproveByTwo(..) if grounds == Grounds::Factors(Factors::SecretAndCode) => {
                self.rests.open(0, now);
                let sent_for = self.sent_for(op);
                return match (right, sent_for == Some(id)) {
                    (true, true) => None,
                    (false, _) => Some("an intent is approved by a code without the secret".to_owned()),
                    (_, false) => Some(format!("an intent is approved by a code for {sent_for:?}")),
                };
            }
            _ => return Some(format!("nobody asked for this approval by {grounds:?}")),
        };
        match grounds {
            Grounds::Factors(Factors::Secret) if guess.is_some() && right => {
                self.rests.open(app, now);
                let enough = self.policy.ask.others.one_factor.is_none_or(|most| units <= most);
                (!enough).then(|| "an intent is approved by the secret alone".to_owned())
            }
            Grounds::Exempt { why: Exemption::SmallAmount, .. } if guess.is_none() => {
                let why = self.rests.too_much_unasked(now, units, open_unasked)?;
                Some(format!("an intent is approved as a small amount, {why}"))
            }
            Grounds::Exempt { why: Exemption::Window, .. } if guess.is_none() => {
                let why = self.rests.asks(app, now, units, open + units)?;
                Some(format!("an intent is approved without a secret, {why}"))
            }
            Grounds::Factors(_) | Grounds::Exempt { .. } => {
                Some(format!("an intent is approved by {grounds:?}"))
            }
        }
    }

    fn consumed(&mut self, id: IntentId, digest: Digest, op: &Op, now: i64) -> Option<String> {
        let open = self.open(now);
        let Some(intent) = self.intents.iter_mut().find(|intent| intent.id == id) else {
            return Some("an intent that nobody made is consumed".to_owned());
        };
        let (state, over, units) = (intent.state, now >= intent.expires_at, intent.units);
        let (same, unasked) =
            (digest == intent.digest && matches!(op.ask, Ask::Consume(_, true)), intent.unasked);
        intent.state = State::Consumed;
        if state != State::Approved || over {
            return Some(format!(
                "an intent is consumed that is {state:?}{}",
                if over { " and expired" } else { "" }
            ));
        }
        if !same {
            return Some("an intent is consumed as another one".to_owned());
        }
        let why = self.rests.forbids(now, open);
        self.rests.spend(now, units, unasked);
        why.map(|why| format!("an intent is consumed {why}"))
    }

    fn cancelled(&mut self, id: IntentId) -> Option<String> {
        let intent = self.intents.iter_mut().find(|intent| intent.id == id);
        let Some(intent) = intent else { return Some("an intent that nobody made is cancelled".to_owned()) };
        let before = core::mem::replace(&mut intent.state, State::Cancelled);
        let open = matches!(before, State::Pending | State::Approved);
        (!open).then(|| format!("an intent is cancelled that is {before:?}"))
    }

    fn voided(&mut self, id: IntentId, by: &Fed) -> Option<String> {
        let blind = by.op.is_none() && self.by_a_blind_restore(by);
        let intent = self.intents.iter_mut().find(|intent| intent.id == id);
        let Some(intent) = intent else { return Some("an intent that nobody made is void".to_owned()) };
        let open = match intent.state {
            State::Pending | State::Approved => true,
            State::Ended(_, op) => op == by.op,
            // A backup may hold it as it was before, and nobody knows what became of it since.
            State::Consumed => blind,
            State::Cancelled | State::Void => by.op.is_none(),
        };
        if intent.state != State::Consumed {
            intent.state = State::Void;
        }
        (!open).then(|| format!("an intent is void that is {:?}", intent.state))
    }

    /// Whether that event is of a restore that knew nothing of the present, as the next event of a restore tells.
    fn by_a_blind_restore(&self, by: &Fed) -> bool {
        let later = self.record.fed.iter().filter(|fed| fed.account == by.account && fed.place > by.place);
        let mut restored = later.filter_map(|fed| match fed.what {
            What::Restored { merged } => Some((fed.place, merged)),
            _ => None,
        });
        let first = restored.next();
        let first = restored.fold(first, |least, next| least.min(Some(next)));
        first.is_none_or(|(_, merged)| !merged)
    }

    /// What all open intents rest on is no more.
    fn end(&mut self, by: &'static str, fed: &Fed) -> Option<String> {
        for intent in &mut self.intents {
            // One that has run out may be written down as such, and live again if it is not and the clock is set back; what it
            // rests on is asked again then. A restore ends it all the same: what became of it since the backup is not known.
            let waits = self.furthest < intent.expires_at || matches!(fed.what, What::Restored { .. });
            if matches!(intent.state, State::Pending | State::Approved) && waits {
                intent.state = if fed.op.is_some() { State::Ended(by, fed.op) } else { State::Void };
            }
        }
        None
    }

    /// Whether something that a request before this event ended was left open.
    fn left_open(&mut self, op: Option<usize>) -> Option<String> {
        let ended = |intent: &&mut Intent| matches!(intent.state, State::Ended(_, by) if by != op);
        let intent = self.intents.iter_mut().find(ended)?;
        let before = core::mem::replace(&mut intent.state, State::Void);
        Some(format!("an intent was left open that is {before:?}"))
    }

    /// The intent that the code was sent for which a request presents.
    fn sent_for(&self, op: &Op) -> Option<IntentId> {
        let (_, sender) = self.record.codes.iter().find(|(code, _)| Some(*code) == op.code)?;
        let Ask::IntentCode(number) = self.record.ops.get(*sender)?.ask else { return None };
        Some(self.record.intents[number as usize].id)
    }

    /// As [`Self::open`], of what was approved without a secret.
    fn open_unasked(&self, now: i64) -> u128 {
        let open =
            self.intents.iter().filter(|intent| intent.state == State::Approved && now < intent.expires_at);
        open.filter(|intent| intent.unasked).map(|intent| intent.units).sum()
    }

    /// What is approved and may still be consumed.
    fn open(&self, now: i64) -> u128 {
        let open = self
            .intents
            .iter()
            .filter(|intent| matches!(intent.state, State::Approved) && now < intent.expires_at);
        open.map(|intent| intent.units).sum()
    }
}

fn name(fed: &Fed) -> String {
    let op = fed.op.map_or_else(|| "by nobody".to_owned(), |op| format!("#{op}"));
    format!("{op} at place {}", fed.place)
}
