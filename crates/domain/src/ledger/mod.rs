//! The guess ledger: what one secret's guesses have cost so far.
//!
//! Every guess is charged, durably, before its comparison is made, and is kept until a success refunds it. All
//! three horizons are views of that one list, so no counter can disagree with another. The list is bounded by the
//! lifetime limit: a guess that would make it longer is not charged.

mod horizon;
mod merge;

use crate::policy::GuessPolicy;
use crate::time::{Span, Timestamp};

/// A day, the middle horizon. Not a calendar day: any 24 hours.
pub const DAY: Span = Span::from_hours(24);

/// One guess that was charged and not refunded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Charge {
    /// Its place in the history of this secret's guesses; never used twice.
    pub number: u64,
    /// When it was charged.
    pub at: Timestamp,
    /// What became of it.
    pub fate: Fate,
    /// The request it was charged for, where that can come again as the same one.
    pub tag: Option<Tag>,
}

/// Names a request that carries an idempotency key: the first half of the key's keyed hash. The same request is
/// charged once, however often it comes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Tag(pub [u8; 16]);

/// What became of a charged guess. A success leaves the ledger, so it needs no word here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// Its comparison may be running, here or on another node.
    InFlight,
    /// It missed, or nobody came back to settle it in time.
    Missed,
}

/// Whether guesses are taken at all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Gate {
    /// As long as the ledger has room.
    Open,
    /// Not before this instant.
    Locked {
        /// When guesses are taken again.
        until: Timestamp,
    },
    /// Not before a verified reset or an operator's unlock: the lifetime horizon is used up.
    Blocked,
    /// Not before a verified reset: the secret is known to be compromised.
    Disabled,
}

/// The gate has closed just now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Closed {
    /// When it opens again; absent when time does not open it.
    pub until: Option<Timestamp>,
}

/// Why a guess is not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoRoom {
    /// The budget is used up; `until` is absent when time alone does not help.
    Locked {
        /// When guesses are taken again.
        until: Option<Timestamp>,
    },
    /// Only guesses still in flight stand in the way; one of them may yet be refunded.
    Busy,
}

/// Charges of one secret, and the gate that they close.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ledger {
    /// Number of the next guess, from 1.
    pub next: u64,
    /// The burst horizon counts charges with this number or a later one.
    pub burst_from: u64,
    /// How many locks there were since the last success; each doubles the next.
    pub locks: u32,
    /// Whether guesses are taken.
    pub gate: Gate,
    /// Every charge that was not refunded, by number.
    pub charges: Vec<Charge>,
}

impl Default for Ledger {
    fn default() -> Self {
        Self { next: 1, burst_from: 1, locks: 0, gate: Gate::Open, charges: Vec::new() }
    }
}

impl Ledger {
    /// Charges one guess and gives its number, or says why there is no room. [`Self::refresh`] comes first.
    ///
    /// A request that was charged before, and whose guess nobody settled in time, moves that charge to now instead of
    /// adding one: it presents the same secret, so comparing it again tells nothing that the first comparison had not
    /// told. It must find room like any other, because what it was charged to may be over; and it takes a new number, so
    /// that whoever still holds the old one settles nothing with it.
    ///
    /// # Errors
    /// [`NoRoom`] when a horizon is used up, or the same request is still being compared; nothing is charged then.
    pub fn charge(&mut self, limits: &GuessPolicy, tag: Option<Tag>, now: Timestamp) -> Result<u64, NoRoom> {
        match self.gate {
            Gate::Locked { until } => return Err(NoRoom::Locked { until: Some(until) }),
            Gate::Blocked | Gate::Disabled => return Err(NoRoom::Locked { until: None }),
            Gate::Open => {}
        }
        let before = self.charges.iter().position(|charge| tag.is_some() && charge.tag == tag);
        if before.is_some_and(|place| self.charges[place].fate == Fate::InFlight) {
            return Err(NoRoom::Busy);
        }
        let before = before.map(|place| (place, self.charges.remove(place)));
        if self.room(limits, now) == 0 {
            if let Some((place, charge)) = before {
                self.charges.insert(place, charge);
            }
            return Err(NoRoom::Busy);
        }
        // Later, never earlier: a clock that went back must not take a guess out of the day.
        let at = before.map_or(now, |(_, charge)| charge.at.max(now));
        Ok(self.push(at, Fate::InFlight, tag))
    }

    /// Settles guess `number` as a miss, and tells of the gate if that closed it.
    ///
    /// A guess that had aged into a miss may have been refunded before its comparison ended. Its result is observed
    /// now, after the refill, so it is charged now, as a new one.
    pub fn miss(&mut self, number: u64, limits: &GuessPolicy, now: Timestamp) -> Option<Closed> {
        if let Some(charge) = self.charges.iter_mut().find(|charge| charge.number == number) {
            charge.fate = Fate::Missed;
        } else {
            self.charge_miss(now);
        }
        self.refresh(limits, now)
    }

    /// The secret is another one now: a request that was charged before and comes again is another guess.
    pub(crate) fn forget_requests(&mut self) {
        self.charges.iter_mut().for_each(|charge| charge.tag = None);
    }

    /// Whether guess `number` is still waiting to be settled.
    #[must_use]
    pub fn in_flight(&self, number: u64) -> bool {
        self.charges.iter().any(|c| c.number == number && c.fate == Fate::InFlight)
    }

    /// Settles guess `number` as the right one and refunds every miss before it.
    ///
    /// Guesses with a later number stay charged: a success never wipes a wrong guess that raced it. Guesses still
    /// in flight stay too, whatever their number, because their results will be seen after this refill.
    pub fn succeed(&mut self, number: u64) {
        self.charges.retain(|c| c.number > number || (c.number < number && c.fate == Fate::InFlight));
        self.burst_from = 1;
        self.locks = 0;
    }

    /// Takes back guess `number` alone: its secret was right, but what it was for did not happen.
    pub fn take_back(&mut self, number: u64) {
        self.charges.retain(|c| c.number != number);
    }

    /// A verified reset: every settled miss is forgiven and the gate opens.
    ///
    /// Guesses in flight stay charged; they were made at the old secret, but their results will be seen.
    pub fn refill(&mut self) {
        self.charges.retain(|c| c.fate == Fate::InFlight);
        self.burst_from = 1;
        self.locks = 0;
        self.gate = Gate::Open;
    }

    /// An operator's unlock: opens the gate with one burst of room, no more than that in any horizon.
    pub fn unlock(&mut self, limits: &GuessPolicy, now: Timestamp) {
        self.gate = Gate::Open;
        self.burst_from = self.next;
        let burst = limits.burst.min(limits.day).min(limits.lifetime);
        // Today's misses first, because only they make room in the day. Never more than one burst of them: after a clock
        // went back, more misses may count for today than a day has, and each that is forgotten is a guess.
        for _ in 0..burst {
            let full = self.day_room(limits, now) < burst;
            if !full || !self.forget_a_miss(|charge| charge.at + DAY > now) {
                break;
            }
        }
        // Whatever the lifetime still lacks is taken from the oldest, which count for nothing else. That may be more than
        // a burst where the policy has become stricter since, and still leaves no more room than one.
        while self.lifetime_room(limits) < burst && self.forget_a_miss(|_| true) {}
    }

    /// How many guesses could be charged before time alone no longer helps.
    #[must_use]
    pub fn remaining_ever(&self, limits: &GuessPolicy) -> u32 {
        match self.gate {
            Gate::Blocked | Gate::Disabled => 0,
            Gate::Open | Gate::Locked { .. } => self.lifetime_room(limits),
        }
    }

    /// How many guesses could be charged now. Zero while the gate is closed.
    #[must_use]
    pub fn remaining(&self, limits: &GuessPolicy, now: Timestamp) -> u32 {
        let mut seen = self.clone();
        let _ = seen.refresh(limits, now);
        match seen.gate {
            Gate::Open => seen.room(limits, now),
            Gate::Locked { .. } | Gate::Blocked | Gate::Disabled => 0,
        }
    }

    /// The gate as it stands at `now`, with locks that have ended open again.
    #[must_use]
    pub fn gate_at(&self, limits: &GuessPolicy, now: Timestamp) -> Gate {
        let mut seen = self.clone();
        let _ = seen.refresh(limits, now);
        seen.gate
    }

    /// How many guesses missed since the last refill.
    #[must_use]
    pub fn misses(&self) -> u32 {
        count(self.charges.iter().filter(|c| c.fate == Fate::Missed))
    }

    /// Lets time do its work: guesses nobody settled become misses, a used-up budget closes the gate, a lock ends.
    /// Tells of the gate if it closed just now; the caller must act on that, for the windows that it takes with it.
    #[must_use]
    pub fn refresh(&mut self, limits: &GuessPolicy, now: Timestamp) -> Option<Closed> {
        let aged_at = self.age(limits, now);
        self.end_lock(now);
        // A lock by age begins when the last guess aged, not when somebody happens to look; but not before the last guess
        // was charged, or a clock that went back and forth would let it be over before it began.
        let charged = self.charges.iter().map(|charge| charge.at).max();
        let since = aged_at.map_or(now, |aged| charged.map_or(aged, |charged| aged.max(charged)));
        let closed = self.close_if_spent(limits, now, since);
        self.end_lock(now);
        closed
    }

    fn charge_miss(&mut self, now: Timestamp) {
        self.push(now, Fate::Missed, None);
    }

    /// Adds a charge and gives its number.
    fn push(&mut self, at: Timestamp, fate: Fate, tag: Option<Tag>) -> u64 {
        let number = self.next;
        self.next += 1;
        self.charges.push(Charge { number, at, fate, tag });
        number
    }
}

fn count<'a>(charges: impl Iterator<Item = &'a Charge>) -> u32 {
    u32::try_from(charges.count()).unwrap_or(u32::MAX)
}
