//! The three horizons: how much room each leaves, and when the gate closes and opens.

use super::{Charge, Closed, DAY, Fate, Gate, Ledger, count};
use crate::policy::GuessPolicy;
use crate::time::Timestamp;

impl Ledger {
    /// Turns guesses that nobody settled into misses; tells when the last of them became one.
    pub(super) fn age(&mut self, limits: &GuessPolicy, now: Timestamp) -> Option<Timestamp> {
        let old = |charge: &&mut Charge| charge.fate == Fate::InFlight && now >= charge.at + limits.in_flight;
        let aged = self.charges.iter_mut().filter(old).map(|charge| {
            charge.fate = Fate::Missed;
            charge.at + limits.in_flight
        });
        aged.max()
    }

    pub(super) fn end_lock(&mut self, now: Timestamp) {
        if let Gate::Locked { until } = self.gate
            && now >= until
        {
            self.gate = Gate::Open;
        }
    }

    pub(super) fn close_if_spent(
        &mut self,
        limits: &GuessPolicy,
        now: Timestamp,
        since: Timestamp,
    ) -> Option<Closed> {
        let waiting = self.charges.iter().any(|c| c.fate == Fate::InFlight);
        if self.gate != Gate::Open || waiting || self.room(limits, now) > 0 {
            return None;
        }
        if self.lifetime_room(limits) == 0 {
            self.gate = Gate::Blocked;
            return Some(Closed { until: None });
        }
        let burst = (self.burst_room(limits) == 0).then(|| self.next_lock(limits, since));
        let until = self.day_opens(limits, now).into_iter().chain(burst).max().unwrap_or(since);
        self.gate = Gate::Locked { until };
        Some(Closed { until: Some(until) })
    }

    /// Forgets the oldest miss of that sort; `false` if there is none.
    pub(super) fn forget_a_miss(&mut self, sort: impl Fn(&Charge) -> bool) -> bool {
        let oldest = self.charges.iter().position(|charge| charge.fate == Fate::Missed && sort(charge));
        oldest.map(|place| self.charges.remove(place)).is_some()
    }

    /// Starts the burst anew and says when its lock ends.
    fn next_lock(&mut self, limits: &GuessPolicy, since: Timestamp) -> Timestamp {
        let span = limits.lock_first.doubled(self.locks, limits.lock_max);
        self.locks = self.locks.saturating_add(1);
        self.burst_from = self.next;
        since + span
    }

    pub(super) fn room(&self, limits: &GuessPolicy, now: Timestamp) -> u32 {
        self.burst_room(limits).min(self.day_room(limits, now)).min(self.lifetime_room(limits))
    }

    pub(super) fn day_room(&self, limits: &GuessPolicy, now: Timestamp) -> u32 {
        limits.day.saturating_sub(count(self.today(now)))
    }

    fn burst_room(&self, limits: &GuessPolicy) -> u32 {
        limits.burst.saturating_sub(count(self.charges.iter().filter(|c| c.number >= self.burst_from)))
    }

    pub(super) fn lifetime_room(&self, limits: &GuessPolicy) -> u32 {
        limits.lifetime.saturating_sub(count(self.charges.iter()))
    }

    /// If the day is used up: when enough of its guesses are a day old to leave room for one.
    fn day_opens(&self, limits: &GuessPolicy, now: Timestamp) -> Option<Timestamp> {
        let mut today: Vec<Timestamp> = self.today(now).map(|c| c.at).collect();
        today.sort_unstable();
        let over = today.len().checked_sub(limits.day as usize)?;
        today.get(over).map(|&at| at + DAY)
    }

    // A clock that went back leaves charges in the future; they count, so going back buys nothing.
    fn today(&self, now: Timestamp) -> impl Iterator<Item = &Charge> {
        self.charges.iter().filter(move |c| c.at + DAY > now)
    }
}
