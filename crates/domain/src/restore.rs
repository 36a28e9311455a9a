//! What a restored backup may not forget.
//!
//! A backup is the past: guesses made since it was taken are not in it, codes used since are live in it, sessions ended
//! since are open in it. Restoring must not give any of that back.

use crate::account::{Account, Credential, Question, Scene};
use crate::attempt;
use crate::event::What;
use crate::ledger::Ledger;
use crate::secret::Kind;

/// Makes an account taken from a backup safe to use again. `present` is its record as it was until the restore, if that
/// could be read: then the stricter of both counts, in every budget. If it could not, a single guess is left in each, so
/// that the owner goes on and a stranger gains next to nothing; a success brings the rest back.
#[must_use]
pub fn restored(mut backup: Account, present: Option<&Account>, scene: &Scene<'_>) -> Account {
    for kind in Kind::ALL {
        attempt::refresh(&mut backup, kind, scene);
        let limits = attempt::account_limits(backup.credential(kind), scene.policy);
        let credential = backup.credential_mut(kind);
        match present {
            Some(present) => stricter(credential, present.credential(kind)),
            None if credential.verifier().is_none() => {}
            None => {
                credential.ledger.doubt(&limits, scene.now);
                credential.devices.clear();
            }
        }
    }
    backup.same_as_login = match present {
        Some(present) => union(&backup.same_as_login, &present.same_as_login),
        None => vec![Question { at: scene.now, tag: None }; scene.policy.guesses.same_as_login_day as usize],
    };
    keep_codes_used_up(&mut backup, present, scene);
    // A session that has ended since must not live again; a secret that must be asked again must be asked.
    let still_open = |id| present.is_some_and(|present| present.sessions.iter().any(|open| open.id == id));
    backup.sessions.retain(|session| still_open(session.id));
    backup.windows.clear();
    backup.events_made = backup.events_made.max(present.map_or(0, |present| present.events_made));
    backup.restored_at = Some(scene.now);
    backup.record(scene, What::Restored { merged: present.is_some() });
    backup
}

fn stricter(credential: &mut Credential, present: &Credential) {
    let ledger = core::mem::take(&mut credential.ledger);
    credential.ledger = ledger.stricter(&present.ledger);
    // Devices of the present are known by successes under the present secret; the backup may hold another.
    credential.devices.retain(|device| present.devices.iter().any(|other| other.id == device.id));
    for device in &mut credential.devices {
        let other = present.devices.iter().find(|other| other.id == device.id);
        let ledger = core::mem::take(&mut device.ledger);
        device.ledger = other.map_or_else(Ledger::default, |other| ledger.stricter(&other.ledger));
    }
}

/// A code that was used since the backup would be good again, so none is.
fn keep_codes_used_up(backup: &mut Account, present: Option<&Account>, scene: &Scene<'_>) {
    backup.codes.live.clear();
    if let Some(present) = present {
        backup.codes.sent = union(&backup.codes.sent, &present.codes.sent);
        backup.codes.missed = union(&backup.codes.missed, &present.codes.missed);
    } else {
        let most = scene.policy.codes.attempts_day.saturating_sub(1) as usize;
        backup.codes.missed.resize(most.max(backup.codes.missed.len()), scene.now);
    }
}

/// Times that either copy remembers; the same instant in both is the same fact.
fn union<T: Copy + Ord>(ours: &[T], theirs: &[T]) -> Vec<T> {
    let mut all: Vec<T> = theirs.iter().copied().filter(|time| !ours.contains(time)).collect();
    all.extend_from_slice(ours);
    all.sort_unstable();
    all
}
