//! What verification codes cost, and when there have been too many to one place.
//!
//! Whoever earns a share of what a message to some network costs (toll fraud, also called SMS pumping) asks for codes that
//! nobody will ever present. No account's limit sees that, because each account asks for few. So what is spent is added
//! up for every prefix and for the whole tenant, against caps by the hour and by the day; and where codes are delivered but
//! hardly any is verified, a breaker lets through a trickle until they are again.

mod money;
mod policy;

pub use money::Money;
pub use policy::{BreakerPolicy, Caps, NotAllowed, Price, Rate, SpendPolicy};

use crate::time::{Span, Timestamp};

/// How finely spending is remembered. Caps count whole slices, so within an hour never more is spent than the cap, and
/// a slice more than an hour may pass until there is room again.
pub const SLICE: Span = Span::from_minutes(5);

/// How long a slice is remembered after it counts no more: one reading of a clock far ahead must not make room.
const KEPT: Span = Span::from_hours(48);

/// Codes of the trickle that must have been verified before all may flow again. If time alone closed the breaker, whoever
/// waits could send another rush after each cool-down.
const HEALED: u64 = 3;

/// What is remembered of the codes to one prefix, or of all codes of a tenant.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Spending {
    /// At most three days ago, in order of time; of these the last day counts.
    pub slices: Vec<Slice>,
    /// Whether too few of them were verified.
    pub breaker: Breaker,
}

/// What was spent in one [`SLICE`] of time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Slice {
    /// When it began: a multiple of its length.
    pub began: Timestamp,
    /// What the codes that were handed over in it cost.
    pub spent: Money,
    /// How many that were.
    pub delivered: u32,
    /// Codes that were verified in it, whenever they were delivered.
    pub verified: u32,
}

/// Whether codes to a prefix flow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Breaker {
    /// They do. What was delivered and verified before `since` is not judged any more.
    Closed {
        /// When it closed again; absent where it never tripped.
        since: Option<Timestamp>,
    },
    /// Only a trickle does.
    Tripped {
        /// When it tripped.
        since: Timestamp,
        /// When it is judged by what became of the trickle.
        until: Timestamp,
        /// When the last code was let through.
        let_through: Option<Timestamp>,
    },
}

impl Default for Breaker {
    fn default() -> Self {
        Self::Closed { since: None }
    }
}

/// Why a code is not sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stopped {
    /// It would cost more than the cap leaves until then.
    Cap(Timestamp),
    /// The breaker has tripped, and the next of the trickle is due then.
    Breaker(Timestamp),
}

impl Stopped {
    /// When it is worth trying again.
    #[must_use]
    pub const fn retry_at(self) -> Timestamp {
        match self {
            Self::Cap(at) | Self::Breaker(at) => at,
        }
    }
}

/// What a breaker has just done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Turned {
    /// It tripped.
    Tripped,
    /// It stays tripped, because too little of the trickle was verified.
    Prolonged,
    /// It closed.
    Closed,
}

impl Spending {
    /// When nothing of it matters any more, if nothing is added.
    #[must_use]
    pub fn forgotten_at(now: Timestamp) -> Timestamp {
        now + Span::from_hours(24) + SLICE + KEPT
    }

    /// Whether only a trickle is let through.
    #[must_use]
    pub const fn is_tripped(&self) -> bool {
        matches!(self.breaker, Breaker::Tripped { .. })
    }

    /// Charges one code, before it is handed over.
    ///
    /// Tells what the breaker did first, and whether the code was charged or is stopped. Without a breaker's policy, as for
    /// the whole tenant, only the caps are asked.
    pub fn charge(
        &mut self,
        price: Money,
        caps: Caps,
        breaker: Option<&BreakerPolicy>,
        now: Timestamp,
    ) -> (Option<Turned>, Result<(), Stopped>) {
        self.forget_old(now);
        let turned = breaker.and_then(|policy| self.judge(policy, now));
        if let Some(retry_at) = self.over(caps, price, now) {
            return (turned, Err(Stopped::Cap(retry_at)));
        }
        if let (Some(policy), Breaker::Tripped { let_through, .. }) = (breaker, &mut self.breaker) {
            let next = let_through.map_or(now, |last| last + policy.trickle);
            // One that lies further ahead was let through by a clock that is not to be believed.
            if now < next && next <= now + policy.trickle + policy.trickle {
                return (turned, Err(Stopped::Breaker(next)));
            }
            *let_through = Some(now);
        }
        let slice = self.slice(now);
        slice.spent = slice.spent + price;
        slice.delivered = slice.delivered.saturating_add(1);
        (turned, Ok(()))
    }

    /// Gives back what was charged at that instant for a code that was not handed over. Once for each charge.
    pub fn give_back(&mut self, price: Money, charged_at: Timestamp) {
        let began = beginning(charged_at);
        if let Some(slice) = self.slices.iter_mut().find(|slice| slice.began == began) {
            slice.spent = slice.spent - price;
            slice.delivered = slice.delivered.saturating_sub(1);
        }
    }

    /// Charges what one code has cost besides its first hand-over. It is spent already, so no cap is asked.
    pub fn add(&mut self, cost: Money, now: Timestamp) {
        let slice = self.slice(now);
        slice.spent = slice.spent + cost;
    }

    /// A code was verified.
    pub fn verify(&mut self, now: Timestamp) {
        let slice = self.slice(now);
        slice.verified = slice.verified.saturating_add(1);
    }

    /// What was spent in the last `span`.
    #[must_use]
    pub fn spent(&self, span: Span, now: Timestamp) -> Money {
        self.within(span, now).map(|slice| slice.spent).fold(Money::ZERO, |sum, spent| sum + spent)
    }

    /// Slices in the future, after a clock went back, count: going back buys nothing.
    fn within(&self, span: Span, now: Timestamp) -> impl Iterator<Item = &Slice> {
        self.slices.iter().filter(move |slice| slice.began + SLICE + span > now)
    }

    /// If a cap has no room for that price: when it has.
    fn over(&self, caps: Caps, price: Money, now: Timestamp) -> Option<Timestamp> {
        let one = |span: Span, cap: Option<Money>| {
            let cap = cap?;
            let mut spent = self.spent(span, now) + price;
            let mut frees = None;
            for slice in self.within(span, now) {
                if spent <= cap {
                    break;
                }
                spent = spent - slice.spent;
                frees = Some(slice.began + SLICE + span);
            }
            // A price above the cap never fits; asking again a whole span later is as good as any answer.
            if spent > cap { Some(now + span) } else { frees }
        };
        [one(Span::from_hours(1), caps.hour), one(Span::from_hours(24), caps.day)].into_iter().flatten().max()
    }

    /// Trips the breaker, closes it or leaves it as it is.
    fn judge(&mut self, policy: &BreakerPolicy, now: Timestamp) -> Option<Turned> {
        if policy.percent == 0 {
            self.breaker = Breaker::Closed { since: None };
            return None;
        }
        match self.breaker {
            Breaker::Closed { since } => {
                let tally = self.tally(policy, since.filter(|&since| since <= now), now);
                if tally.delivered < u64::from(policy.least.max(1)) || tally.is_good(policy) {
                    return None;
                }
                let until = now + policy.cool_down;
                self.breaker = Breaker::Tripped { since: now, until, let_through: None };
                Some(Turned::Tripped)
            }
            Breaker::Tripped { until, .. } if now < until && until <= now + policy.cool_down => None,
            Breaker::Tripped { since, let_through, .. } => {
                let since = since.min(now);
                let tally = self.tally(policy, Some(since), now);
                if tally.verified >= HEALED && tally.is_good(policy) {
                    self.breaker = Breaker::Closed { since: Some(now) };
                    return Some(Turned::Closed);
                }
                let until = now + policy.cool_down;
                self.breaker = Breaker::Tripped { since, until, let_through };
                Some(Turned::Prolonged)
            }
        }
    }

    /// What became of the codes since then, and within the window. A code that may still be verified is not held against
    /// its prefix, so that a sudden rush of people is not taken for fraud.
    fn tally(&self, policy: &BreakerPolicy, since: Option<Timestamp>, now: Timestamp) -> Tally {
        let window = now - policy.window;
        let from = since.map_or(window, |since| since.max(window));
        let judged = || self.slices.iter().filter(|slice| slice.began >= from);
        let ripe = judged().filter(|slice| slice.began + SLICE + policy.code_life <= now);
        Tally {
            delivered: ripe.map(|slice| u64::from(slice.delivered)).sum(),
            verified: judged().map(|slice| u64::from(slice.verified)).sum(),
        }
    }

    fn slice(&mut self, now: Timestamp) -> &mut Slice {
        let began = beginning(now);
        let place = match self.slices.binary_search_by_key(&began, |slice| slice.began) {
            Ok(place) => place,
            Err(place) => {
                let empty = Slice { began, spent: Money::ZERO, delivered: 0, verified: 0 };
                self.slices.insert(place, empty);
                place
            }
        };
        &mut self.slices[place]
    }

    fn forget_old(&mut self, now: Timestamp) {
        self.slices.retain(|slice| now < Self::forgotten_at(slice.began));
    }
}

/// Codes that can be judged.
struct Tally {
    delivered: u64,
    verified: u64,
}

impl Tally {
    const fn is_good(&self, policy: &BreakerPolicy) -> bool {
        self.verified * 100 >= self.delivered * policy.percent as u64
    }
}

fn beginning(at: Timestamp) -> Timestamp {
    Timestamp::from_millis(at.millis() - at.millis().rem_euclid(SLICE.millis()))
}
