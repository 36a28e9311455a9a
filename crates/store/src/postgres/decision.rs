//! Decisions that wait, are taken, and whose outcomes are told.

use std::collections::{BTreeMap, VecDeque};

use countersign_domain::id::AccountId;

use super::account;
use super::seen::Tag;
use super::trouble::caught;
use super::write::{Before, Change, Locked, Step, Write};
use crate::door::{Draft, StoreFault, Stored};

/// A decision that is asked for.
pub(super) struct Job {
    pub(super) id: AccountId,
    pub(super) decide: Decide,
}

/// Runs a decision, or is told why it is not.
pub(super) type Decide = Box<dyn FnOnce(Found<'_>) -> Option<Reply> + Send>;

/// What a decision is given.
pub(super) enum Found<'a> {
    /// The record.
    Draft(&'a mut Draft),
    /// There is no such account.
    Nobody,
    /// It is not decided at all.
    Not(StoreFault),
}

/// Tells whoever asked what came of it.
pub(super) type Reply = Box<dyn FnOnce(Stored<()>) + Send>;

/// Jobs by their accounts, each in order.
pub(super) fn by_account(jobs: Vec<Job>) -> BTreeMap<AccountId, VecDeque<Job>> {
    let mut accounts: BTreeMap<AccountId, VecDeque<Job>> = BTreeMap::new();
    for job in jobs {
        accounts.entry(job.id).or_default().push_back(job);
    }
    accounts
}

/// What the decisions about one account came to.
pub(super) struct Decided {
    pub(super) write: Write,
    pub(super) told: Vec<Reply>,
    /// Those that are still to be taken.
    pub(super) left: VecDeque<Job>,
}

/// Takes the decisions about an account, one after the other, as far as one that may meet something of others: were that one
/// refused, those after it would have been about what never was. `None` if nothing came of them and all were told so.
pub(super) fn decide(
    id: AccountId,
    jobs: VecDeque<Job>,
    locked: Option<&Locked>,
    tag: Tag,
) -> Option<Decided> {
    let Some(locked) = locked else {
        let told: Vec<Reply> =
            jobs.into_iter().filter_map(|job| caught(|| (job.decide)(Found::Nobody)).ok()?).collect();
        let write = Write::Nothing(id);
        return (!told.is_empty()).then(|| Decided { write, told, left: VecDeque::new() });
    };
    let Ok(mut account) = account::restore(id, &locked.record) else {
        refuse_damaged(id, jobs, &locked.record);
        return None;
    };
    let tenant = account.tenant.clone();
    let (mut record, mut jobs) = (locked.record.clone(), jobs);
    let (mut steps, mut told): (Vec<Step>, Vec<Reply>) = (Vec::new(), Vec::new());
    while let Some(Job { decide, .. }) = jobs.pop_front() {
        let mut draft = Draft::of(account);
        // Whoever asked hears of a panic because nobody answers any more.
        let reply = caught(|| decide(Found::Draft(&mut draft))).ok().flatten();
        let before = Before { id, tenant: &tenant, record: &record };
        let step = reply.map(|reply| (Step::of(&before, draft), reply));
        let last = match step {
            Some((Ok((step, left)), reply)) => {
                account = left;
                if let Some(after) = step.record() {
                    after.clone_into(&mut record);
                }
                let last = step.may_meet_others();
                steps.push(step);
                told.push(reply);
                last
            }
            refused => {
                if let Some((Err(fault), reply)) = refused {
                    reply(Err(fault));
                }
                // As it was before this one.
                account = account::restore(id, &record).ok()?;
                false
            }
        };
        if last {
            break;
        }
    }
    let write = Write::Account(Change::of(id, locked.seen.clone(), steps, tag));
    (!told.is_empty()).then_some(Decided { write, told, left: jobs })
}

fn refuse_damaged(id: AccountId, jobs: VecDeque<Job>, record: &[u8]) {
    for job in jobs {
        let damaged = account::restore(id, record).err();
        let fault = damaged.unwrap_or_else(|| StoreFault::Damaged("a record cannot be read".into()));
        (job.decide)(Found::Not(fault));
    }
}

/// Tells all of them the same.
pub(super) fn tell(told: Vec<Reply>, done: &Stored<()>) {
    for reply in told {
        reply(done.as_ref().map_err(again).copied());
    }
}

/// The same fault for another caller.
pub(super) fn again(fault: &StoreFault) -> StoreFault {
    match fault {
        StoreFault::Backend(why) => StoreFault::Backend(why.clone()),
        StoreFault::Damaged(why) => StoreFault::Damaged(why.clone()),
        StoreFault::Unavailable(why) => StoreFault::Unavailable(why.clone()),
        StoreFault::Superseded => StoreFault::Superseded,
        StoreFault::ReadOnly => StoreFault::ReadOnly,
        StoreFault::Closed => StoreFault::Closed,
    }
}
