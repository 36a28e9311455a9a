//! One-time verification codes: six digits by SMS or e-mail, of which only a keyed hash is kept.

use subtle::ConstantTimeEq;

use crate::account::{Account, Scene};
use crate::answer::Refusal;
use crate::event::What;
use crate::hold::{self, HoldCause};
use crate::id::CodeId;
use crate::ledger::DAY;
use crate::secret::{Kind, Sealed};
use crate::time::{Span, Timestamp};

/// What a code is for. A code of one purpose is worth nothing for another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Purpose {
    /// A verified reset of the payment secret.
    PaymentReset,
    /// A verified reset of the login secret.
    LoginReset,
    /// A verified reset of the query secret.
    QueryReset,
    /// A new payment secret by the `tour` dialect, which also proves the login secret.
    PaymentChange,
    /// The second factor of one intent, which is named in the message and bound to the code.
    PaymentApprove,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 5] =
        [Self::PaymentReset, Self::LoginReset, Self::QueryReset, Self::PaymentChange, Self::PaymentApprove];

    /// Every purpose that a code can be asked for by an account alone.
    pub const OF_ACCOUNTS: [Self; 4] =
        [Self::PaymentReset, Self::LoginReset, Self::QueryReset, Self::PaymentChange];

    /// The word for it in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PaymentReset => "payment_reset",
            Self::LoginReset => "login_reset",
            Self::QueryReset => "query_reset",
            Self::PaymentChange => "payment_change",
            Self::PaymentApprove => "payment_approve",
        }
    }

    /// The purpose of that name, of those that a code can be asked for by an account alone.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::OF_ACCOUNTS.into_iter().find(|purpose| purpose.as_str() == text)
    }

    /// The purpose of a verified reset of that kind.
    #[must_use]
    pub const fn reset_of(kind: Kind) -> Self {
        match kind {
            Kind::Login => Self::LoginReset,
            Kind::Payment => Self::PaymentReset,
            Kind::Query => Self::QueryReset,
        }
    }
}

/// A keyed hash of a code, bound to account and purpose.
pub type CodeHash = [u8; 32];

/// A code that was sent and not yet used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Code {
    /// Its name; tells nothing of its digits.
    pub id: CodeId,
    /// What it is for.
    pub purpose: Purpose,
    /// What is stored of it.
    pub hash: CodeHash,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// From this instant it matches nothing.
    pub expires_at: Timestamp,
    /// Wrong codes presented since the first of this run of re-sends.
    pub missed: u32,
    /// Which of the account's mobiles it went to.
    pub to: u8,
}

/// What stands for a mobile number where the number must not be: a part of its keyed hash.
pub type MobileMark = [u8; 16];

/// The SIM of a number was replaced: whoever has the new one gets the codes, and that may be a thief.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SimChange {
    /// Of which number.
    pub mobile: MobileMark,
    /// When, as the carrier says; never in the future.
    pub changed_at: Timestamp,
}

/// Where a code goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Destination {
    /// The place of the mobile in the account's list.
    pub place: u8,
    /// What stands for its number.
    pub mobile: MobileMark,
}

/// The codes of one account, at most one of each purpose.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CodeBook {
    /// Codes not yet used; expired ones stay until the next, so that "expired" can be told from "wrong".
    pub live: Vec<Code>,
    /// When codes were sent, at most a day ago.
    pub sent: Vec<Timestamp>,
    /// When wrong codes were presented, at most a day ago.
    pub missed: Vec<Timestamp>,
    /// The last changes of SIM, one for each number, while they keep codes from being sent.
    pub sim_changes: Vec<SimChange>,
}

/// What to do with a code that is right.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Use {
    /// Leave it: what it is for is still being prepared.
    Look,
    /// Use it up.
    Redeem,
}

/// Puts a code in place of the one before it. The one before is worth nothing from then on.
///
/// # Errors
/// [`Refusal::RateLimited`] with the instant at which the next one may be asked for; nothing changes then.
/// `spaced` is false only under `dev`, where re-sends need not wait.
pub fn issue(
    account: &mut Account,
    id: CodeId,
    purpose: Purpose,
    hash: CodeHash,
    to: Destination,
    spaced: bool,
    scene: &Scene<'_>,
) -> Result<Code, Refusal> {
    let limits = scene.policy.codes;
    forget_old(&mut account.codes, scene);
    let before = account.codes.live.iter().find(|code| code.purpose == purpose);
    let running = before.filter(|code| scene.now < code.expires_at);
    let missed = running.map_or(0, |code| code.missed);
    let too_soon = before.filter(|_| spaced).map(|code| code.sent_at + limits.resend_after);
    let used_up = running.filter(|_| missed >= limits.attempts).map(|code| code.expires_at);
    let sent_out = day_full(&account.codes.sent, limits.per_account_day);
    let guessed_out = day_full(&account.codes.missed, limits.attempts_day);
    let new_sim = sim_wait(&account.codes, to.mobile, limits.sim_change_wait);
    let wait = [too_soon, used_up, sent_out, guessed_out, new_sim].into_iter().flatten().max();
    if let Some(retry_at) = wait.filter(|&at| scene.now < at) {
        return Err(Refusal::RateLimited { retry_at });
    }
    let expires_at = scene.now + limits.life;
    let code = Code { id, purpose, hash, sent_at: scene.now, expires_at, missed, to: to.place };
    account.codes.live.retain(|old| old.purpose != purpose);
    account.codes.live.push(code.clone());
    account.codes.sent.push(scene.now);
    account.record(scene, What::CodeIssued { code: id, purpose });
    Ok(code)
}

/// Compares a presented code. `also` is whatever else must be right, such as the mobile number: if it is not, the
/// attempt is spent as if the digits were wrong, so nobody learns which of the two was.
///
/// # Errors
/// [`Refusal::CodeIncorrect`] or [`Refusal::CodeExpired`]. A wrong code spends an attempt; an expired or absent one
/// has nothing to compare with and spends none.
pub fn present(
    account: &mut Account,
    purpose: Purpose,
    hash: &CodeHash,
    also: bool,
    then: Use,
    scene: &Scene<'_>,
) -> Result<(), Refusal> {
    let limits = scene.policy.codes;
    forget_old(&mut account.codes, scene);
    let guessed_out = day_full(&account.codes.missed, limits.attempts_day).is_some();
    let Some(code) = account.codes.live.iter_mut().find(|code| code.purpose == purpose) else {
        return Err(Refusal::CodeIncorrect { remaining: None });
    };
    if scene.now >= code.expires_at {
        return Err(Refusal::CodeExpired);
    }
    if guessed_out || code.missed >= limits.attempts {
        return Err(Refusal::CodeIncorrect { remaining: Some(0) });
    }
    if !(bool::from(code.hash.ct_eq(hash)) && also) {
        code.missed += 1;
        let remaining = Some(limits.attempts - code.missed);
        account.codes.missed.push(scene.now);
        account.record(scene, What::CodeMissed(purpose));
        return Err(Refusal::CodeIncorrect { remaining });
    }
    if then == Use::Redeem {
        account.codes.live.retain(|code| code.purpose != purpose);
        account.record(scene, What::CodeRedeemed(purpose));
    }
    Ok(())
}

/// The carrier says that a number has a new SIM. Codes that are on their way to it end, and for a while it gets no others.
/// Gives the instant from which it may get them again; absent where that has passed.
///
/// Told twice, or late, it is as if it were told once: the latest change of a number counts.
pub fn sim_changed(
    account: &mut Account,
    of: Destination,
    changed_at: Timestamp,
    scene: &Scene<'_>,
) -> Option<Timestamp> {
    let wait = scene.policy.codes.sim_change_wait;
    // A carrier's clock may be ahead of ours; a change that is to come would keep codes away for longer than the wait.
    let changed_at = changed_at.min(scene.now);
    forget_old(&mut account.codes, scene);
    let book = &mut account.codes;
    let before = book.sim_changes.iter().find(|change| change.mobile == of.mobile);
    let latest = before.map_or(changed_at, |before| before.changed_at.max(changed_at));
    book.sim_changes.retain(|change| change.mobile != of.mobile);
    if scene.now < latest + wait {
        book.sim_changes.push(SimChange { mobile: of.mobile, changed_at: latest });
        book.live.retain(|code| code.to != of.place);
    }
    account.record(scene, What::SimChanged { changed_at });
    let hold_until = changed_at + scene.policy.payments.holds.mobile_change;
    hold::begin_until(account, HoldCause::MobileChange, hold_until, scene);
    sim_wait(&account.codes, of.mobile, wait)
}

/// Mobile numbers in place of others.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewMobiles {
    /// All of them.
    pub sealed: Vec<Sealed>,
    /// Whether one of them was none of the account's before.
    pub adds: bool,
    /// For each number of before, by its place, which place it has now; `None` for one that is none of the account's any more.
    pub moved: Vec<Option<u8>>,
}

/// Puts other mobile numbers in place of all that there are. Codes on their way to numbers that go end; payments rest only
/// if a number is new, for the others can do no more than before. Changes of SIM stay known, for a number may come back.
pub fn replace_mobiles(account: &mut Account, new: NewMobiles, scene: &Scene<'_>) {
    let NewMobiles { sealed, adds, moved } = new;
    account.profile.mobiles = sealed;
    account.codes.live.retain_mut(|code| {
        let place = moved.get(usize::from(code.to)).copied().flatten();
        code.to = place.unwrap_or_default();
        place.is_some()
    });
    account.record(scene, What::MobilesChanged);
    if adds {
        hold::begin(account, HoldCause::MobileChange, scene);
    }
}

/// If codes must not go to a number because its SIM was changed: when they may again.
fn sim_wait(codes: &CodeBook, mobile: MobileMark, wait: Span) -> Option<Timestamp> {
    let change = codes.sim_changes.iter().find(|change| change.mobile == mobile)?;
    Some(change.changed_at + wait)
}

fn forget_old(codes: &mut CodeBook, scene: &Scene<'_>) {
    let now = scene.now;
    codes.sent.retain(|&at| at + DAY > now);
    codes.missed.retain(|&at| at + DAY > now);
    codes.sim_changes.retain(|change| change.changed_at + scene.policy.codes.sim_change_wait > now);
}

/// If the day's limit is reached: when there is room for one more.
pub(crate) fn day_full(times: &[Timestamp], limit: u32) -> Option<Timestamp> {
    let over = times.len().checked_sub(limit as usize)?;
    let mut times = times.to_vec();
    times.sort_unstable();
    times.get(over).map(|&at| at + DAY)
}
