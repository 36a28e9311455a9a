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

/// The most sessions of which something is remembered: four logouts a day for a month, at 26 bytes each.
pub const MOST: usize = 128;

/// What a token says of its session. It was found true.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Token {
    /// The session, by a name that we made for it.
    pub session: SessionId,
    /// When the provider issued the token at the earliest: by its clock, less what that may be ahead of ours.
    pub issued_at: Timestamp,
    /// From this instant it proves nothing.
    pub expires_at: Timestamp,
    /// Until when the session must be remembered if it is ended now: the provider may go on to issue tokens for it. Not before
    /// [`Self::expires_at`].
    pub remember_until: Timestamp,
}

/// What is remembered of a session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Remembered {
    /// Which.
    pub session: SessionId,
    /// When it is forgotten.
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
    let ended =
        find(account, token.session).is_some_and(|known| known.what == Mark::Ended && now < known.until);
    let restored = account.restored_at.is_some_and(|at| token.issued_at <= at);
    if now >= token.expires_at {
        Standing::Expired
    } else if ended || restored {
        Standing::Ended
    } else {
        Standing::Live
    }
}

/// Ends a token's session and its window here, whatever its provider thinks.
///
/// # Errors
/// [`Refusal::RateLimited`] while as many are remembered as may be: to forget one that was ended would open it again.
pub fn end(account: &mut Account, token: &Token, scene: &Scene<'_>) -> Result<(), Refusal> {
    end_until(account, token.session, token.remember_until, scene)
}

/// As [`end`], by the session's name alone. `until` is when the last token ends that its provider may have issued by now.
///
/// # Errors
/// As [`end`]; [`Refusal::NotFound`] for one that was ended already.
pub fn end_named(
    account: &mut Account,
    session: SessionId,
    until: Timestamp,
    scene: &Scene<'_>,
) -> Result<(), Refusal> {
    match find(account, session) {
        Some(known) if known.what == Mark::Ended && scene.now < known.until => Err(Refusal::NotFound),
        Some(_) | None => end_until(account, session, until, scene),
    }
}

fn end_until(
    account: &mut Account,
    session: SessionId,
    until: Timestamp,
    scene: &Scene<'_>,
) -> Result<(), Refusal> {
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
    put(account, Remembered { session, until, what: Mark::Ended });
    account.windows.retain(|window| window.holder != Holder::Session(session));
    account.record(scene, What::SessionEnded(session));
    Ok(())
}

/// A guess was made in a session that is not ours.
pub(crate) fn guessed(account: &mut Account, session: SessionId, right: bool, scene: &Scene<'_>) {
    forget(account, scene.now);
    let known = find(account, session).map(|known| known.what);
    let until = scene.now + scene.policy.sessions.life_max;
    match (known, right) {
        (Some(Mark::Missed(_)), true) => account.outside.retain(|known| known.session != session),
        (Some(Mark::Missed(missed)), false) => {
            put(account, Remembered { session, until, what: Mark::Missed(missed.saturating_add(1)) });
        }
        (None, false) if account.outside.len() < MOST => {
            put(account, Remembered { session, until, what: Mark::Missed(1) });
        }
        (Some(Mark::Ended) | None, _) => {}
    }
}

/// Whether all guesses in it were right so far. Of none while as many are remembered as may be: one more that missed could
/// not be told from it.
pub(crate) fn vouches(account: &Account, session: SessionId, now: Timestamp) -> bool {
    let remembered = || account.outside.iter().filter(|known| now < known.until);
    remembered().count() < MOST && remembered().all(|known| known.session != session)
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

fn put(account: &mut Account, worse: Remembered) {
    account.outside.retain(|known| known.session != worse.session);
    account.outside.push(worse);
}

fn forget(account: &mut Account, now: Timestamp) {
    account.outside.retain(|known| now < known.until);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Profile;
    use crate::event::{Actor, Origin};
    use crate::id::AccountId;
    use crate::identifier::TenantId;
    use crate::policy::Policy;
    use crate::session;

    const ONE: SessionId = SessionId::from_bytes([1; 16]);

    fn named(number: usize) -> SessionId {
        SessionId::from_bytes([u8::try_from(2 + number).expect("few"); 16])
    }

    /// What `f` does to a new account, at that second, in the session [`ONE`].
    fn at<R>(second: i64, account: &mut Account, f: impl FnOnce(&mut Account, &Scene<'_>) -> R) -> R {
        let (policy, origin) = (Policy::default(), origin());
        f(account, &Scene { now: Timestamp::from_secs(second), policy: &policy, origin: &origin })
    }

    fn origin() -> Origin {
        Origin { dialect: "test".to_owned(), actor: Actor::Session(ONE), request_id: "r".to_owned() }
    }

    fn account() -> Account {
        let (policy, origin) = (Policy::default(), origin());
        let scene = Scene { now: Timestamp::from_secs(0), policy: &policy, origin: &origin };
        Account::new(AccountId::from_bytes([9; 16]), TenantId::default_tenant(), Profile::default(), &scene)
    }

    fn token() -> Token {
        let at = Timestamp::from_secs;
        Token { session: ONE, issued_at: at(0), expires_at: at(300), remember_until: at(900) }
    }

    #[test]
    fn what_was_ended_is_remembered_for_as_long_as_its_token_says() {
        let mut ann = account();
        at(3, &mut ann, |ann, scene| end(ann, &token(), scene)).expect("ended");
        let fresh =
            Token { issued_at: Timestamp::from_secs(800), expires_at: Timestamp::from_secs(1100), ..token() };
        assert_eq!(standing(&ann, &fresh, Timestamp::from_secs(899)), Standing::Ended);
        at(900, &mut ann, |ann, scene| guessed(ann, named(0), false, scene));
        assert_eq!(standing(&ann, &fresh, Timestamp::from_secs(900)), Standing::Live);
        assert_eq!(standing(&ann, &fresh, Timestamp::from_secs(1100)), Standing::Expired);
    }

    #[test]
    fn what_was_ended_by_its_name_is_ended_for_every_token_and_once() {
        let mut ann = account();
        let until = Timestamp::from_secs(900);
        at(3, &mut ann, |ann, scene| end_named(ann, ONE, until, scene)).expect("ended");
        assert_eq!(standing(&ann, &token(), Timestamp::from_secs(4)), Standing::Ended);
        assert_eq!(at(4, &mut ann, |ann, scene| end_named(ann, ONE, until, scene)), Err(Refusal::NotFound));
        let other = Token { session: named(1), ..token() };
        assert_eq!(standing(&ann, &other, Timestamp::from_secs(4)), Standing::Live);
    }

    #[test]
    fn misses_are_remembered_until_a_right_guess_and_no_longer_than_a_token_lives() {
        let mut ann = account();
        assert!(vouches(&ann, ONE, Timestamp::from_secs(1)));
        at(1, &mut ann, |ann, scene| session::guessed(ann, false, scene));
        at(2, &mut ann, |ann, scene| session::guessed(ann, false, scene));
        assert_eq!(find(&ann, ONE).map(|known| known.what), Some(Mark::Missed(2)));
        assert!(!vouches(&ann, ONE, Timestamp::from_secs(3)));
        at(3, &mut ann, |ann, scene| session::guessed(ann, true, scene));
        assert!(vouches(&ann, ONE, Timestamp::from_secs(3)) && ann.outside.is_empty());
        at(4, &mut ann, |ann, scene| session::guessed(ann, false, scene));
        let life = Policy::default().sessions.life_max.millis() / 1000;
        at(4 + life, &mut ann, |ann, scene| guessed(ann, named(0), false, scene));
        assert!(find(&ann, ONE).is_none(), "forgotten with its last token");
    }

    #[test]
    fn nothing_vouches_while_no_more_can_be_remembered_and_ending_takes_the_place_of_a_miss() {
        let mut ann = account();
        for number in 0..MOST {
            at(1, &mut ann, |ann, scene| guessed(ann, named(number), false, scene));
        }
        assert!(!vouches(&ann, ONE, Timestamp::from_secs(2)));
        at(2, &mut ann, |ann, scene| guessed(ann, ONE, false, scene));
        assert_eq!(ann.outside.len(), MOST);
        assert_eq!(at(3, &mut ann, |ann, scene| end(ann, &token(), scene)), Ok(()));
        assert_eq!(ann.outside.len(), MOST);
        at(4, &mut ann, |ann, scene| guessed(ann, ONE, true, scene));
        assert_eq!(find(&ann, ONE).map(|known| known.what), Some(Mark::Ended), "no guess opens it again");
    }

    #[test]
    fn of_two_copies_the_worse_is_kept() {
        let of = |session, what| Remembered { session, until: Timestamp::from_secs(9), what };
        let backup = [of(ONE, Mark::Missed(1)), of(named(1), Mark::Ended)];
        let present = [of(ONE, Mark::Ended), of(named(2), Mark::Missed(3))];
        let kept = worse(&backup, &present);
        assert_eq!(kept.len(), 3);
        assert!(kept.contains(&of(ONE, Mark::Ended)) && kept.contains(&of(named(2), Mark::Missed(3))));
    }
}
