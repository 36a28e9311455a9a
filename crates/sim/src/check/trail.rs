//! Invariant D, and the trail: a new secret that was acknowledged is told exactly once, and one that was refused never.

use crate::record::{Answer, Record};

pub(super) fn check(record: &Record) -> Vec<String> {
    let mut broken = Vec::new();
    for (number, op) in record.ops.iter().enumerate() {
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
    broken
}
