//! Login sessions. A session lives in its account's record, so ending it, or all of them, is part of a decision.

use crate::account::{Account, Scene};
use crate::ask::Holder;
use crate::event::{Actor, What};
use crate::id::SessionId;
use crate::outside;
use crate::secret::Sealed;
use crate::time::Timestamp;

/// A login session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Session {
    /// Also its HAWK id.
    pub id: SessionId,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// From this instant it proves nothing.
    pub expires_at: Timestamp,
    /// Version of the login secret that opened it.
    pub login_version: u64,
    /// The session key (会话密钥), sealed.
    pub key: Sealed,
    /// `UPPER_MD5` of the login secret that opened it, sealed; `tour` derives its cipher key from it.
    pub login_digest: Sealed,
    /// Wrong guesses that were made in it since its last right one.
    pub missed: u32,
}

/// Whether a session proves anything.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// It does.
    Live,
    /// Its time is over.
    Expired,
    /// It was ended by hand, by a newer one above the limit, or by a new login secret.
    Ended,
}

/// Adds a session that a right login secret has just opened; expired ones and the oldest above the limit go.
pub fn open(account: &mut Account, session: Session, scene: &Scene<'_>) {
    let id = session.id;
    let (live, over) =
        core::mem::take(&mut account.sessions).into_iter().partition(|old| scene.now < old.expires_at);
    account.sessions = live;
    // Only windows of these: one that we do not know may belong to a session that somebody else opened.
    let over: Vec<Session> = over;
    account.windows.retain(|window| over.iter().all(|old| window.holder != Holder::Session(old.id)));
    account.sessions.push(session);
    account.record(scene, What::SessionOpened(id));
    while account.sessions.len() > scene.policy.sessions.per_account.max(1) {
        let oldest = account.sessions[0].id;
        end(account, oldest, scene);
    }
}

/// Ends a session and its window. `false` if there is none of that id.
pub fn end(account: &mut Account, id: SessionId, scene: &Scene<'_>) -> bool {
    let before = account.sessions.len();
    account.sessions.retain(|session| session.id != id);
    if account.sessions.len() == before {
        return false;
    }
    account.windows.retain(|window| window.holder != Holder::Session(id));
    account.record(scene, What::SessionEnded(id));
    true
}

/// A guess was made in this session, if in any, and was right or wrong.
pub(crate) fn guessed(account: &mut Account, right: bool, scene: &Scene<'_>) {
    let Actor::Session(id) = scene.origin.actor else { return };
    match account.sessions.iter_mut().find(|session| session.id == id) {
        Some(session) => session.missed = if right { 0 } else { session.missed.saturating_add(1) },
        // Nothing is decided for a session of ours that has ended.
        None => outside::guessed(account, id, right, scene),
    }
}

/// Ends every session, because the login secret that opened them is no longer the right one.
pub(crate) fn end_all(account: &mut Account, scene: &Scene<'_>) {
    for id in account.sessions.iter().map(|session| session.id).collect::<Vec<_>>() {
        end(account, id, scene);
    }
}

/// Where a session of that id stands.
#[must_use]
pub fn standing(account: &Account, id: SessionId, now: Timestamp) -> Standing {
    match account.sessions.iter().find(|session| session.id == id) {
        None => Standing::Ended,
        Some(session) if now >= session.expires_at => Standing::Expired,
        Some(_) => Standing::Live,
    }
}
