//! Sessions that an OpenID provider opened. Nothing of them is kept but what must outlive a request: that one was ended here,
//! and that guesses missed in it. So they cost an account nothing while all goes well, and both are part of the decision
//! that they belong to.

use crate::account::{Account, Scene};
use crate::answer::Refusal;
use crate::ask::Holder;
use crate::event::What;
use crate::id::SessionId;
use crate::session::Standing;
use crate::time::Timestamp;

/// The most sessions of which something is remembered.
pub const MOST: usize = 32;

/// What a token says of its session. It was found true.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Token {
    /// The session, by a name that we made for it.
    pub session: SessionId,
    /// When the provider issued the token.
    pub issued_at: Timestamp,
    /// From this instant it proves nothing.
    pub expires_at: Timestamp,
}

/// What is remembered of a session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Remembered {
    /// Which.
    pub session: SessionId,
    /// When it is forgotten. No token that was issued by then is good for longer.
    pub until: Timestamp,
    /// What happened.
    pub what: Mark,
}

/// What happened in a session that somebody else opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mark {
    /// So many guesses were wrong since the last right one.
    Missed(u32),
    /// It was ended here.
    Ended,
}

/// Whether a token's session proves anything. None that was issued before a restore does: it may have been ended since the
/// backup was made.
#[must_use]
pub fn standing(account: &Account, token: &Token, now: Timestamp) -> Standing {
    let ended = find(account, token.session).is_some_and(|known| known.what == Mark::Ended);
    let restored = account.restored_at.is_some_and(|at| token.issued_at <= at);
    if now >= token.expires_at {
        Standing::Expired
    } else if ended || restored {
        Standing::Ended
    } else {
        Standing::Live
    }
}

/// Ends a session and its window here, whatever its provider thinks.
///
/// # Errors
/// [`Refusal::RateLimited`] while as many are remembered as may be: to forget one that was ended would open it again.
pub fn end(account: &mut Account, session: SessionId, scene: &Scene<'_>) -> Result<(), Refusal> {
    forget(account, scene.now);
    if find(account, session).is_none() && account.outside.len() >= MOST {
        // Of guesses that missed, rather those are forgotten: nothing vouches for anybody while the list is full.
        let missed = account.outside.iter().position(|known| known.what != Mark::Ended);
        let Some(place) = missed else {
            let retry_at = account.outside.iter().map(|known| known.until).min().unwrap_or(scene.now);
            return Err(Refusal::RateLimited { retry_at });
        };
        account.outside.remove(place);
    }
    put(account, session, Mark::Ended, scene);
    account.windows.retain(|window| window.holder != Holder::Session(session));
    account.record(scene, What::SessionEnded(session));
    Ok(())
}

/// A guess was made in a session that is not ours.
pub(crate) fn guessed(account: &mut Account, session: SessionId, right: bool, scene: &Scene<'_>) {
    forget(account, scene.now);
    let known = find(account, session).map(|known| known.what);
    match (known, right) {
        (Some(Mark::Ended), _) | (None, true) => {}
        (Some(Mark::Missed(_)), true) => account.outside.retain(|known| known.session != session),
        (Some(Mark::Missed(missed)), false) => {
            put(account, session, Mark::Missed(missed.saturating_add(1)), scene);
        }
        (None, false) if account.outside.len() < MOST => put(account, session, Mark::Missed(1), scene),
        (None, false) => {}
    }
}

/// Whether all guesses in it were right so far. Of none while as many are remembered as may be: one more that missed could
/// not be told from it.
pub(crate) fn vouches(account: &Account, session: SessionId, now: Timestamp) -> bool {
    let remembered = account.outside.iter().filter(|known| now < known.until);
    remembered.count() < MOST && find(account, session).is_none()
}

/// What both copies of a record remember, the worse of each session, those that were ended first.
pub(crate) fn worse(backup: &[Remembered], present: &[Remembered]) -> Vec<Remembered> {
    let mut all: Vec<Remembered> = backup.iter().chain(present).copied().collect();
    all.sort_by_key(|known| (known.what != Mark::Ended, core::cmp::Reverse(known.until)));
    let mut kept: Vec<Remembered> = Vec::new();
    for known in all {
        if kept.len() < MOST && kept.iter().all(|other| other.session != known.session) {
            kept.push(known);
        }
    }
    kept
}

fn find(account: &Account, session: SessionId) -> Option<&Remembered> {
    account.outside.iter().find(|known| known.session == session)
}

fn put(account: &mut Account, session: SessionId, what: Mark, scene: &Scene<'_>) {
    account.outside.retain(|known| known.session != session);
    let until = scene.now + scene.policy.sessions.life_max;
    account.outside.push(Remembered { session, until, what });
}

fn forget(account: &mut Account, now: Timestamp) {
    account.outside.retain(|known| now < known.until);
}
