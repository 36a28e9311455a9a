//! What a restored backup may not forget.
//!
//! A backup is the past: guesses made since it was taken are not in it, codes used since are live in it, sessions ended
//! since are open in it. Restoring must not give any of that back.

use core::cmp::Reverse;

use crate::account::{Account, Credential, Question, Scene, SecretState};
use crate::ask::AskState;
use crate::attempt;
use crate::code::CodeBook;
use crate::event::What;
use crate::hold::{self, Hold, HoldCause};
use crate::intent::{self, VoidCause};
use crate::ledger::{DAY, Ledger};
use crate::outside;
use crate::payments::{Payee, Payments, Sum};
use crate::policy::GuessPolicy;
use crate::secret::Kind;
use crate::time::Timestamp;

/// So many events an account is taken to have made since a backup of which nothing else is known. Their names may have been
/// told to others, and a clock that was set back could give them again.
const EVENTS_UNKNOWN: u32 = 1 << 20;

/// Makes an account taken from a backup safe to use again. `present` is its record as it was until the restore, if that
/// could be read: then the stricter of both counts, in every budget. If it could not, a single guess is left in each, so
/// that the owner goes on and a stranger gains next to nothing; a success brings the rest back.
#[must_use]
pub fn restored(mut backup: Account, present: Option<&Account>, scene: &Scene<'_>) -> Account {
    // First, so that no event made from here on has the name of one that was made since the backup.
    backup.events_made = match present {
        Some(present) => backup.events_made.max(present.events_made),
        None => backup.events_made.wrapping_add(EVENTS_UNKNOWN),
    };
    // First of all: a gate that closes now voids what waits, and what became of an intent since is told by the present alone.
    if let Some(present) = present {
        backup.intents.clone_from(&present.intents);
    }
    for kind in Kind::ALL {
        attempt::refresh(&mut backup, kind, scene);
        let limits = attempt::account_limits(backup.credential(kind), scene.policy);
        let credential = backup.credential_mut(kind);
        match present {
            Some(present) => stricter(credential, present.credential(kind), scene),
            // What is not set was not guessed at, here or since.
            None if credential.verifier().is_none() => {}
            None => {
                credential.ledger.doubt(&limits, scene.now);
                credential.devices.clear();
            }
        }
        one_time(credential, present.map(|present| present.credential(kind)), scene.now);
        renumber(credential, present.map(|present| present.credential(kind)));
        // What both copies hold together may be more than the budget: then the gate closes now, and is told of.
        attempt::refresh(&mut backup, kind, scene);
    }
    let asked = match present {
        Some(present) => union(&times(&backup.same_as_login), &times(&present.same_as_login)),
        None => vec![scene.now; scene.policy.guesses.same_as_login_day as usize],
    };
    // The login secret may be another one by now, so that a request that asks again asks something new.
    backup.same_as_login = asked.into_iter().map(|at| Question { at, tag: None }).collect();
    match present {
        Some(present) => codes_stay_counted(&mut backup.codes, &present.codes),
        None => codes_in_doubt(&mut backup.codes, scene),
    }
    // A session that has ended since must not live again; a secret that must be asked again must be asked.
    let still_open = |id| present.is_some_and(|present| present.sessions.iter().any(|open| open.id == id));
    backup.sessions.retain(|session| still_open(session.id));
    backup.windows.clear();
    backup.outside = outside::worse(&backup.outside, present.map_or(&[], |present| &present.outside));
    if let Some(present) = present {
        backup.payments = stricter_payments(&backup.payments, &present.payments);
        backup.holds.running = longer_holds(&backup.holds.running, &present.holds.running);
    } else {
        backup.payments.payees.clear();
        // A hold that began since is not in it, nor is what was approved of the day's sums.
        hold::begin(&mut backup, HoldCause::Restore, scene);
    }
    backup.holds.release = None;
    // What was approved then may have been consumed since.
    intent::void_whatever_waits(&mut backup, VoidCause::Restored, scene);
    backup.ask = asked_more(backup.ask, present.map(|present| present.ask));
    backup.restored_at = Some(scene.now);
    backup.record(scene, What::Restored { merged: present.is_some() });
    backup
}

/// The ledger of a name that nobody has, taken from a backup. `None` stands for a present that could not be read.
#[must_use]
pub fn restored_nobody(mut backup: Ledger, present: Option<&Ledger>, scene: &Scene<'_>) -> Ledger {
    let limits = &scene.policy.guesses;
    // Nobody has windows that a closed gate would end, and no audit trail.
    let _ = backup.refresh(limits, scene.now);
    if let Some(present) = present {
        return backup.stricter(&aged(present, limits, scene));
    }
    backup.doubt(limits, scene.now);
    backup
}

fn stricter(credential: &mut Credential, present: &Credential, scene: &Scene<'_>) {
    let limits = attempt::account_limits(present, scene.policy);
    let ledger = core::mem::take(&mut credential.ledger);
    credential.ledger = ledger.stricter(&aged(&present.ledger, &limits, scene));
    // Devices of the present alone are known by successes under a secret that is no longer there. Those of the backup
    // alone are unknown again since: replaced by a reset, pushed out, or blocked.
    let known = core::mem::take(&mut credential.devices);
    credential.devices = known
        .into_iter()
        .filter_map(|mut device| {
            let other = present.devices.iter().find(|other| other.id == device.id)?;
            let limits = scene.policy.device_guesses();
            device.ledger = device.ledger.stricter(&aged(&other.ledger, &limits, scene));
            device.seen_at = device.seen_at.min(other.seen_at);
            Some(device)
        })
        .collect();
}

/// The present's ledger as it is now. A lock that both copies come to together must begin now; it would begin, and be over,
/// in the past if a guess of the present aged into a miss only afterwards.
fn aged(present: &Ledger, limits: &GuessPolicy, scene: &Scene<'_>) -> Ledger {
    let mut ledger = present.clone();
    let _ = ledger.refresh(limits, scene.now);
    ledger
}

/// A secret that the server made up is for one use, as a code is. One that may have been replaced since matches nothing.
fn one_time(credential: &mut Credential, present: Option<&Credential>, now: Timestamp) {
    let SecretState::Temporary { verifier, until } = &mut credential.state else { return };
    *until = match present.map(|present| &present.state) {
        Some(SecretState::Temporary { verifier: other, until: end }) if other.version == verifier.version => {
            (*until).min(*end)
        }
        Some(SecretState::Unset | SecretState::Active(_) | SecretState::Temporary { .. }) | None => {
            (*until).min(now)
        }
    };
}

/// Takes a number that no secret of either copy ever had, so that nothing made or compared under one of the present,
/// which had the backup's number or a later one, can count for this. The verifier keeps its own: it is sealed to it.
fn renumber(credential: &mut Credential, present: Option<&Credential>) {
    credential.version = credential.version.max(present.map_or(0, |present| present.version)) + 1;
}

/// A code that was used since the backup would be good again, and one of the present may have gone to a number that the
/// restored record does not have. So none is good, but what was presented wrongly stays counted.
fn codes_stay_counted(codes: &mut CodeBook, present: &CodeBook) {
    codes.live.clone_from(&present.live);
    // No keyed hash comes out as this.
    codes.live.iter_mut().for_each(|code| code.hash = [0; 32]);
    codes.sent = union(&codes.sent, &present.sent);
    codes.missed = union(&codes.missed, &present.missed);
    codes.sim_changes.extend(&present.sim_changes);
    // Of one number the latest counts.
    codes.sim_changes.sort_by_key(|change| (change.mobile, Reverse(change.changed_at)));
    codes.sim_changes.dedup_by_key(|change| change.mobile);
}

/// The greater of both sums, and only payees that both remember.
fn stricter_payments(backup: &Payments, present: &Payments) -> Payments {
    let mut sums = backup.sums.clone();
    for &theirs in &present.sums {
        let same = |ours: &&mut Sum| {
            (ours.hour, ours.currency, ours.factors) == (theirs.hour, theirs.currency, theirs.factors)
        };
        match sums.iter_mut().find(same) {
            Some(ours) => ours.units = ours.units.max(theirs.units),
            None => sums.push(theirs),
        }
    }
    let known = |payee: &&Payee| present.payees.iter().any(|other| other.mark == payee.mark);
    Payments { payees: backup.payees.iter().filter(known).copied().collect(), sums }
}

/// Of each cause the hold that ends last.
fn longer_holds(backup: &[Hold], present: &[Hold]) -> Vec<Hold> {
    let all = || backup.iter().chain(present);
    let longest = |cause| all().filter(|hold| hold.cause == cause).max_by_key(|hold| hold.until);
    HoldCause::ALL.into_iter().filter_map(longest).copied().collect()
}

/// All but one of the day's wrong codes count as presented.
fn codes_in_doubt(codes: &mut CodeBook, scene: &Scene<'_>) {
    codes.live.clear();
    codes.missed.retain(|&at| at + DAY > scene.now);
    let most = scene.policy.codes.attempts_day.saturating_sub(1) as usize;
    codes.missed.resize(most.max(codes.missed.len()), scene.now);
}

/// The choice under which the secret is asked more often.
fn asked_more(backup: AskState, present: Option<AskState>) -> AskState {
    let Some(present) = present else { return AskState::Every };
    match (backup.until(), present.until()) {
        (None, _) | (_, None) => AskState::Every,
        // Where only one was chosen, or counts, nobody knows that the other one would have been.
        (Some(until), Some(end)) => {
            let unchosen = [backup, present].iter().any(|state| matches!(state, AskState::Unchosen { .. }));
            let (earlier, until) = if end < until { (present, end) } else { (backup, until) };
            let counts = backup.counts() && present.counts();
            match earlier {
                AskState::Eased { chosen, .. } if !unchosen => AskState::Eased { chosen, until, counts },
                _ => AskState::Unchosen { until },
            }
        }
    }
}

fn times(questions: &[Question]) -> Vec<Timestamp> {
    questions.iter().map(|asked| asked.at).collect()
}

/// Times that either copy remembers. A time that both have so often is the same fact; one copy may have it more often.
fn union(ours: &[Timestamp], theirs: &[Timestamp]) -> Vec<Timestamp> {
    let mut all = ours.to_vec();
    let mut known = ours.to_vec();
    for &time in theirs {
        match known.iter().position(|&at| at == time) {
            Some(place) => drop(known.swap_remove(place)),
            None => all.push(time),
        }
    }
    all.sort_unstable();
    all
}
