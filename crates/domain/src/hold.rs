//! Holds: after what a thief would do first, payments rest for a while, so that the owner can notice.
//!
//! A hold ends by time. Nobody ends one alone: one operator proposes it, another one agrees.

use crate::account::{Account, Scene};
use crate::answer::Refusal;
use crate::event::{Actor, What};
use crate::time::{Span, Timestamp};

/// How long a hold is kept after its end: one reading of a clock far ahead must not forget it.
const KEPT: Span = Span::from_hours(48);

/// A time in which payments rest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hold {
    /// After what.
    pub cause: HoldCause,
    /// Since when.
    pub since: Timestamp,
    /// Payments go on from this instant.
    pub until: Timestamp,
}

/// After what payments rest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum HoldCause {
    /// A secret was reset.
    Reset,
    /// A mobile number was changed, or the card behind it.
    MobileChange,
    /// An operator has ended a lock.
    Unlock,
    /// The account came back from a backup, and nobody knows what happened to it since.
    Restore,
}

impl HoldCause {
    /// Every cause.
    pub const ALL: [Self; 4] = [Self::Reset, Self::MobileChange, Self::Unlock, Self::Restore];

    /// The word for it in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reset => "reset",
            Self::MobileChange => "mobile_change",
            Self::Unlock => "unlock",
            Self::Restore => "restore",
        }
    }
}

/// The holds of one account.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Holds {
    /// At most one of each cause.
    pub running: Vec<Hold>,
    /// Who proposed to end them, and when.
    pub release: Option<(Actor, Timestamp)>,
}

/// What a wish to end holds came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Release {
    /// Another operator has to agree until then.
    Proposed {
        /// The proposal is forgotten from then on.
        until: Timestamp,
    },
    /// Payments go on.
    Released,
}

impl Holds {
    /// Until when payments rest; `None` if they do not.
    #[must_use]
    pub fn until(&self, now: Timestamp) -> Option<Timestamp> {
        self.running.iter().map(|hold| hold.until).max().filter(|&until| now < until)
    }

    /// Those that run at that instant.
    pub fn at(&self, now: Timestamp) -> impl Iterator<Item = Hold> {
        self.running.iter().copied().filter(move |hold| now < hold.until)
    }
}

/// Begins a hold of that cause, or lengthens the one that runs. A span of zero begins none.
pub fn begin(account: &mut Account, cause: HoldCause, scene: &Scene<'_>) {
    let spans = &scene.policy.payments.holds;
    let span = match cause {
        HoldCause::Reset => spans.reset,
        HoldCause::MobileChange => spans.mobile_change,
        HoldCause::Unlock => spans.unlock,
        HoldCause::Restore => spans.restore,
    };
    if span > Span::ZERO {
        begin_until(account, cause, scene.now + span, scene);
    }
}

/// As [`begin`], until that instant; one that runs longer already is left alone.
pub fn begin_until(account: &mut Account, cause: HoldCause, until: Timestamp, scene: &Scene<'_>) {
    let holds = &mut account.holds;
    holds.running.retain(|hold| scene.now < hold.until + KEPT);
    // What one operator was about to end was not this.
    holds.release = None;
    if holds.running.iter().any(|hold| hold.cause == cause && hold.until >= until) || until <= scene.now {
        return;
    }
    holds.running.retain(|hold| hold.cause != cause);
    holds.running.push(Hold { cause, since: scene.now, until });
    account.record(scene, What::HoldBegun { cause, until });
}

/// One operator wishes to end all holds of an account. The first such wish is a proposal; the same wish of another one,
/// in time, carries it out. `since` is when the operator's key was made: one that is younger than a hold may have been made
/// to end it, by somebody who is then two.
///
/// # Errors
/// [`Refusal::NotOnHold`] where there is nothing to end, [`Refusal::KeyTooYoung`].
pub fn release(
    account: &mut Account,
    since: Timestamp,
    reason: String,
    scene: &Scene<'_>,
) -> Result<Release, Refusal> {
    if account.holds.until(scene.now).is_none() {
        return Err(Refusal::NotOnHold);
    }
    if account.holds.at(scene.now).any(|hold| since >= hold.since) {
        return Err(Refusal::KeyTooYoung);
    }
    let who = scene.origin.actor;
    let wait = scene.policy.payments.holds.release_wait;
    match account.holds.release {
        Some((first, at)) if first != who && scene.now < at + wait => {
            account.holds = Holds::default();
            account.record(scene, What::HoldReleased { reason });
            Ok(Release::Released)
        }
        Some((first, at)) if first == who && scene.now < at + wait => {
            Ok(Release::Proposed { until: at + wait })
        }
        Some(_) | None => {
            account.holds.release = Some((who, scene.now));
            account.record(scene, What::HoldReleaseProposed { reason });
            Ok(Release::Proposed { until: scene.now + wait })
        }
    }
}
