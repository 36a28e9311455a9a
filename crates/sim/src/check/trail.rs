//! Invariant D, and the trail: a new secret that was acknowledged is told exactly once, and one that was refused never.

use std::collections::BTreeMap;

use countersign_domain::event::What;
use countersign_domain::intent::{Factors, Grounds};

use crate::record::{Answer, Op, Record};

pub(super) fn check(record: &Record) -> Vec<String> {
    let mut broken = Vec::new();
    for (number, op) in record.ops.iter().enumerate().filter(|(_, op)| !op.again) {
        let told: Vec<_> = record.told.iter().filter(|told| told.op == number).collect();
        let written = matches!(op.answer(), Some(Answer::Written | Answer::Temporary(_)));
        let right = if op.unknown() { told.len() <= 1 } else { told.len() == usize::from(written) };
        if !right {
            broken.push(format!(
                "D: the trail tells {} times of #{number}, which ended as {:?}",
                told.len(),
                op.end
            ));
        }
        if told.iter().any(|told| (told.account, told.kind) != (op.account, op.kind)) {
            broken.push(format!("D: the trail tells of another secret than that of #{number}"));
        }
        if op.answer() == Some(Answer::Right) && !record.verified.contains(&(number, op.kind)) {
            broken.push(format!("D: the trail does not tell of #{number}, which was right"));
        }
    }
    broken.extend(codes(record));
    broken.extend(record.ops.iter().enumerate().filter_map(|(number, op)| key(record, number, op)));
    broken
}

/// A code is used once, whatever backup comes back.
fn codes(record: &Record) -> Vec<String> {
    let mut used = BTreeMap::new();
    let mut broken = Vec::new();
    let reset = record.told.iter().map(|told| told.op);
    let by_two = |what: &What| {
        matches!(what, What::IntentApproved { grounds: Grounds::Factors(Factors::SecretAndCode), .. })
    };
    let approved = record.fed.iter().filter(|fed| by_two(&fed.what)).filter_map(|fed| fed.op);
    for op in reset.chain(approved) {
        let Some(code) = record.ops[op].code else { continue };
        if let Some(before) = used.insert(code, op) {
            broken.push(format!("code: #{before} and #{op} are done by the same code"));
        }
    }
    broken
}

/// A request that was sent again under its key reads what it did, and does nothing twice.
fn key(record: &Record, number: usize, op: &Op) -> Option<String> {
    let same: Vec<usize> = record.under_key_of(op).map(|(other, _)| other).collect();
    // A restore that knew nothing of the present forgot its keys, too.
    let forgotten = |epoch: usize| record.restores[..epoch].iter().filter(|restore| !restore.known).count();
    let lost = |number: usize| forgotten(record.epoch(record.ops[number].begun));
    if same.iter().any(|&other| lost(other) != lost(number)) {
        return None;
    }
    let told = record.told.iter().filter(|told| same.contains(&told.op)).count();
    let written = matches!(op.answer(), Some(Answer::Written | Answer::Temporary(_)));
    let verified = same.iter().any(|&other| record.verified.contains(&(other, op.kind)));
    let answered = op.answer().is_some_and(|answer| answer != Answer::Busy);
    if told > 1
        || (op.again && written && told == 0)
        || (op.again && op.answer() == Some(Answer::Right) && !verified)
    {
        return Some(format!("idempotency: the trail tells {told} times what #{number} was sent for"));
    }
    (answered && !written && told_before(record, &same, op))
        .then(|| format!("idempotency: #{number} does not read what was done before"))
}

fn told_before(record: &Record, same: &[usize], op: &Op) -> bool {
    let ended = |number: usize| record.ops[number].ended < op.begun;
    record.told.iter().any(|told| same.contains(&told.op) && ended(told.op))
}
