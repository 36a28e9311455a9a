//! One guess at each of many accounts: what no account's own budget can see.
//!
//! Whoever tries `123456` once at every account never meets a lock. So two things are watched over a span of time: on
//! how many accounts guesses from one network missed, and on how many accounts guesses with one secret did. When
//! there are too many, guesses of callers whom nothing vouches for are slowed to a trickle, then refused, until the
//! span is over. Nothing is compared or charged for a refused one.

use crate::time::{Span, Timestamp};

/// When failures are too many to be people's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SprayPolicy {
    /// Failures are counted over this span.
    pub span: Span,
    /// Accounts on which guesses from one network missed.
    pub network: Threshold,
    /// Accounts on which guesses with one secret missed.
    pub secret: Threshold,
    /// While slowed, one guess is let through in this time.
    pub pace: Span,
}

/// Numbers of distinct accounts within the span. A number of 0 switches that step off.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Threshold {
    /// From so many on, guesses are slowed.
    pub slow: u32,
    /// From so many on, they are refused.
    pub refuse: u32,
}

impl Default for SprayPolicy {
    fn default() -> Self {
        Self {
            span: Span::from_hours(1),
            network: Threshold { slow: 30, refuse: 100 },
            secret: Threshold { slow: 1000, refuse: 3000 },
            pace: Span::from_secs(10),
        }
    }
}

/// What is remembered of one network, or of one secret.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Watch {
    /// When the span began.
    pub began: Timestamp,
    /// The accounts on which a guess missed, in order; four bytes of each account's identity are enough to count.
    pub accounts: Vec<u32>,
    /// When the last guess was let through while slowed.
    pub let_through: Option<Timestamp>,
}

/// A threshold has been reached just now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tripped {
    /// Guesses are slowed from now on.
    Slowed,
    /// Guesses are refused from now on.
    Refused,
}

impl Watch {
    /// Nothing has failed yet.
    #[must_use]
    pub const fn new(now: Timestamp) -> Self {
        Self { began: now, accounts: Vec::new(), let_through: None }
    }

    /// When the span is over and all of this may be forgotten.
    #[must_use]
    pub fn ends(&self, policy: &SprayPolicy) -> Timestamp {
        self.began + policy.span
    }

    /// A guess missed on this account. Tells of a threshold that it reached.
    pub fn miss(
        &mut self,
        account: u32,
        threshold: Threshold,
        policy: &SprayPolicy,
        now: Timestamp,
    ) -> Option<Tripped> {
        self.begin_anew(policy, now);
        let Err(place) = self.accounts.binary_search(&account) else { return None };
        // Beyond the last threshold there is nothing more to learn, and the record must not grow without end.
        let most = threshold.slow.max(threshold.refuse) as usize;
        if self.accounts.len() >= most {
            return None;
        }
        self.accounts.insert(place, account);
        match self.failed() {
            failed if failed == threshold.refuse => Some(Tripped::Refused),
            failed if failed == threshold.slow => Some(Tripped::Slowed),
            _ => None,
        }
    }

    /// Whether a guess may be made now, without letting it through. Asked of a copy that may be a moment old.
    ///
    /// # Errors
    /// When it is worth trying again.
    pub fn pace(
        &self,
        threshold: Threshold,
        policy: &SprayPolicy,
        now: Timestamp,
    ) -> Result<Pace, Timestamp> {
        if now >= self.ends(policy) {
            return Ok(Pace::Free);
        }
        if reached(threshold.refuse, self.failed()) {
            return Err(self.ends(policy));
        }
        if !reached(threshold.slow, self.failed()) {
            return Ok(Pace::Free);
        }
        let next = self.let_through.map_or(now, |last| (last + policy.pace).min(self.ends(policy)));
        if now < next { Err(next) } else { Ok(Pace::Slowed) }
    }

    /// Lets one guess through while slowed.
    ///
    /// # Errors
    /// When it is worth trying again: another was let through just before.
    pub fn let_through(
        &mut self,
        threshold: Threshold,
        policy: &SprayPolicy,
        now: Timestamp,
    ) -> Result<(), Timestamp> {
        if self.pace(threshold, policy, now)? == Pace::Slowed {
            self.let_through = Some(now);
        }
        Ok(())
    }

    // A clock that went back leaves a span that began in the future; it is over a span later, as any.
    fn begin_anew(&mut self, policy: &SprayPolicy, now: Timestamp) {
        if now >= self.ends(policy) {
            *self = Self::new(now);
        }
    }

    fn failed(&self) -> u32 {
        u32::try_from(self.accounts.len()).unwrap_or(u32::MAX)
    }
}

/// How fast guesses may come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pace {
    /// As fast as they like.
    Free,
    /// One at a time: [`Watch::let_through`] says whether this is the one.
    Slowed,
}

const fn reached(threshold: u32, failed: u32) -> bool {
    threshold > 0 && failed >= threshold
}
