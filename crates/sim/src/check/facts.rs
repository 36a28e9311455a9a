//! Facts and events: what was acknowledged has its event, once, and what was refused has none.

use std::collections::BTreeMap;

use countersign_domain::event::What;
use countersign_domain::id::IntentId;
use countersign_domain::intent::Stage;
use countersign_domain::secret::Kind;

use crate::record::{Answer, Ask, Op, Record};
use crate::told::Fed;

/// What an event tells was done, as far as a request asks for it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Fact {
    Created,
    Approved,
    Consumed,
    Cancelled,
    Proposed,
    Released,
    Unlocked,
}

pub(super) fn check(record: &Record) -> Vec<String> {
    let mut told: BTreeMap<usize, Vec<(Fact, &Fed)>> = BTreeMap::new();
    for fed in &record.fed {
        if let (Some(op), Some(fact)) = (fed.op, fact(&fed.what)) {
            told.entry(op).or_default().push((fact, fed));
        }
    }
    let mut broken = Vec::new();
    let none = Vec::new();
    for (number, op) in record.ops.iter().enumerate() {
        let told = told.get(&number).unwrap_or(&none);
        broken.extend(one(record, number, op, told));
    }
    broken.extend(keys(record, &told));
    broken.extend(stages(record));
    broken
}

/// What the events of one request may be.
fn one(record: &Record, number: usize, op: &Op, told: &[(Fact, &Fed)]) -> Option<String> {
    let asked = match op.ask {
        Ask::Create(_) => Some(Fact::Created),
        Ask::Approve(..) | Ask::ApproveByTwo(..) => Some(Fact::Approved),
        Ask::Consume(..) => Some(Fact::Consumed),
        Ask::Cancel(_) => Some(Fact::Cancelled),
        Ask::Unlock => Some(Fact::Unlocked),
        // Which of both is seen by the answer.
        Ask::Release(_) if told.iter().any(|(fact, _)| *fact == Fact::Released) => Some(Fact::Released),
        Ask::Release(_) => Some(Fact::Proposed),
        _ => None,
    };
    let done = match (op.ask, op.answer()) {
        (_, Some(Answer::Created(_) | Answer::Approved | Answer::Consumed | Answer::Released))
        | (Ask::Unlock, Some(Answer::Done)) => (1, 1),
        // Once more changes nothing; and what was cut off may have been done.
        (_, Some(Answer::Cancelled | Answer::Proposed) | None) => (0, 1),
        (_, Some(_)) => (0, 0),
    };
    let (least, most) = if op.again { (0, 0) } else { done };
    let as_asked = told.iter().all(|&(fact, fed)| {
        let released = fact != Fact::Released || op.answer().is_none_or(|answer| answer == Answer::Released);
        Some(fact) == asked && fed.account == op.account && released && same_intent(record, op, &fed.what)
    });
    let right = as_asked && (least..=most).contains(&told.len());
    let facts: Vec<Fact> = told.iter().map(|(fact, _)| *fact).collect();
    (!right).then(|| format!("A: #{number}, which ended as {:?}, is told of as {facts:?}", op.end))
}

/// Requests under one key do what they ask once, and read that they did.
fn keys(record: &Record, told: &BTreeMap<usize, Vec<(Fact, &Fed)>>) -> Vec<String> {
    let mut broken = Vec::new();
    // A restore that knew nothing of the present forgot its keys, too.
    if record.restores.iter().any(|restore| !restore.known) {
        return broken;
    }
    for (number, op) in record.ops.iter().enumerate() {
        let done: usize =
            record.under_key_of(op).filter_map(|(other, _)| told.get(&other)).map(Vec::len).sum();
        let acknowledged = matches!(
            op.answer(),
            Some(Answer::Created(_) | Answer::Approved | Answer::Consumed | Answer::Released)
        );
        if done > 1 || (op.again && acknowledged && done == 0) {
            broken.push(format!("idempotency: what #{number} was sent for is told of {done} times"));
        }
        let before =
            |&(other, _): &(usize, &Op)| told.contains_key(&other) && record.ops[other].ended < op.begun;
        let refused = matches!(
            op.answer(),
            Some(Answer::ConsumedBefore | Answer::Void | Answer::Expired | Answer::OnHold | Answer::Refused)
        );
        if refused && record.under_key_of(op).any(|other| before(&other)) {
            broken.push(format!("idempotency: #{number} does not read what was done before"));
        }
    }
    broken
}

/// How an intent stands is what was told of it last.
fn stages(record: &Record) -> Vec<String> {
    let mut broken = Vec::new();
    for (id, stage) in &record.stages {
        let mut of = record.fed.iter().filter(|fed| intent_of(&fed.what) == Some(*id)).peekable();
        // Where a restore knew nothing of the present, the last that was told may be what it took back.
        if of.peek().is_none() || record.restores.iter().any(|restore| !restore.known) {
            continue;
        }
        let told = of.map(|fed| &fed.what).next_back();
        let same = matches!(
            (stage, told),
            (Stage::Pending, Some(What::IntentCreated { .. }))
                | (Stage::Approved(_), Some(What::IntentApproved { .. }))
                | (Stage::Consumed(..), Some(What::IntentConsumed { .. }))
                | (Stage::Cancelled(_), Some(What::IntentCancelled(_)))
                | (Stage::Voided(..), Some(What::IntentVoided { .. }))
                | (Stage::Expired, Some(What::IntentCreated { .. } | What::IntentApproved { .. }))
        );
        if !same {
            broken.push(format!(
                "A: an intent is {}, and the last that was told of it is {told:?}",
                stage.name().as_str()
            ));
        }
    }
    broken
}

/// Whether the event is about the intent that was asked about.
fn same_intent(record: &Record, op: &Op, what: &What) -> bool {
    let (Ask::Approve(asked, ..)
    | Ask::ApproveByTwo(asked, ..)
    | Ask::Consume(asked, _)
    | Ask::Cancel(asked)) = op.ask
    else {
        return true;
    };
    intent_of(what) == Some(record.intents[asked as usize].id)
}

/// The intent that an event is about.
pub(super) const fn intent_of(what: &What) -> Option<IntentId> {
    match what {
        What::IntentCreated { intent, .. }
        | What::IntentApproved { intent, .. }
        | What::IntentConsumed { intent, .. }
        | What::IntentCancelled(intent)
        | What::IntentVoided { intent, .. } => Some(*intent),
        _ => None,
    }
}

const fn fact(what: &What) -> Option<Fact> {
    Some(match what {
        What::IntentCreated { .. } => Fact::Created,
        What::IntentApproved { .. } => Fact::Approved,
        What::IntentConsumed { .. } => Fact::Consumed,
        What::IntentCancelled(_) => Fact::Cancelled,
        What::HoldReleaseProposed { .. } => Fact::Proposed,
        What::HoldReleased { .. } => Fact::Released,
        What::Unlocked { kind: Kind::Payment | Kind::Login | Kind::Query, .. } => Fact::Unlocked,
        _ => return None,
    })
}
