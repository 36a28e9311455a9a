//! Whether a history kept the rules, judged from what could be seen of it and from the specification alone: nothing
//! here calls the code that it judges.

mod approvals;
mod budget;
mod facts;
mod feed;
mod guesses;
mod known;
mod questions;
mod register;
mod rests;
mod trail;
mod webhooks;

use countersign_domain::policy::Policy;
use countersign_domain::secret::Kind;

use crate::record::Record;

pub(crate) use register::possible;
pub(crate) use webhooks::word;

/// Every rule that was broken, in words; each begins with the rule's name. A webhook may have wanted to know of payments alone.
#[must_use]
pub fn all(record: &Record, policy: &Policy, payments_alone: bool) -> Vec<String> {
    let mut broken = trail::check(record);
    for (account, kind) in secrets(record) {
        broken.extend(guesses::check(record, policy, account, kind));
        broken.extend(register::check(record, &policy.guesses, account, kind));
    }
    broken.extend(questions::check(record, &policy.guesses));
    broken.extend(feed::check(record));
    broken.extend(facts::check(record));
    broken.extend(webhooks::check(record, payments_alone));
    broken.extend(approvals::check(record, &policy.payments));
    broken
}

/// Every secret that some request was about.
pub(crate) fn secrets(record: &Record) -> Vec<(usize, Kind)> {
    let mut secrets: Vec<(usize, Kind)> = Vec::new();
    for op in &record.ops {
        secrets.push((op.account, op.kind));
        secrets.extend(op.comparisons.iter().map(|comparison| (op.account, comparison.kind)));
    }
    secrets.sort_unstable();
    secrets.dedup();
    secrets
}
