//! Who is let in. Rules only: no thread, no clock.
//!
//! A use case takes a place before it charges anything. It is let in if, at the pace of late, its first hash will be done
//! within the target and its last one before its own deadline; else it is turned away while that is still free. Each tenant is
//! judged by its own wait under the order of [`Fair`](super::fair::Fair): of what others have waiting only as much
//! counts as they can be served meanwhile. So a tenant that floods is turned away, and another is let in and
//! served in time. What was let in when another tenant's flood begins is served later than planned, because the
//! workers are shared from then on: with two floods after twice as long, no more; what is let in afterwards, in time.

use core::time::Duration;
use std::collections::HashMap;

use countersign_domain::identifier::TenantId;
use countersign_domain::time::Span;

use crate::engine::pace::Pace;

/// What a use case asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Need {
    /// Whose turn it takes.
    pub tenant: TenantId,
    /// How many hashes it will need, one after the other.
    pub hashes: u32,
    /// How long its caller will wait; `None` if for as long as it takes.
    pub within: Option<Span>,
}

impl Need {
    /// One hash, however long it takes.
    #[must_use]
    pub const fn one(tenant: TenantId) -> Self {
        Self { tenant, hashes: 1, within: None }
    }
}

/// Why a use case was turned away.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reason {
    /// Every place is taken.
    Full,
    /// It would not be served within the target.
    Target,
    /// It would not be served before its own deadline.
    Deadline,
}

impl Reason {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 3] = [Self::Full, Self::Target, Self::Deadline];

    /// The word for it in metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Target => "target",
            Self::Deadline => "deadline",
        }
    }
}

/// Nobody was let in. Nothing was charged, and nothing is to be learned from it about any account.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the hash pool is overloaded: {}", .reason.as_str())]
pub struct Overloaded {
    /// When it makes sense to try again, for `Retry-After`: at least a second, because callers read it in whole
    /// seconds, and at most a minute, because it is an estimate.
    pub retry_after: Span,
    /// Why.
    pub reason: Reason,
}

/// By what a [`Book`] judges.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    /// How many work at once.
    pub(super) workers: usize,
    /// The most places, whatever the estimate says.
    pub(super) capacity: usize,
    /// How long a use case may take from its place to its first hash; `None` lets only `capacity` decide.
    pub(super) target: Option<Duration>,
    /// What a usual hash costs.
    pub(super) unit: u64,
}

/// Who has a place, and how much work is owed to whom.
pub(super) struct Book {
    rules: Rules,
    tenants: HashMap<TenantId, Held>,
    taken: usize,
    /// Of the next place; places are never numbered twice.
    next: u64,
}

/// What one tenant has in hand.
#[derive(Clone, Copy, Default)]
struct Held {
    places: usize,
    owed: u64,
}

impl Book {
    pub(super) fn new(rules: Rules) -> Self {
        Self { rules, tenants: HashMap::new(), taken: 0, next: 1 }
    }

    /// Gives a place and its number, or says why not.
    pub(super) fn admit(&mut self, need: &Need, pace: Pace) -> Result<u64, Overloaded> {
        self.judge(need, pace)?;
        let cost = self.planned(need.hashes);
        let held = self.tenants.entry(need.tenant.clone()).or_default();
        held.places += 1;
        held.owed = held.owed.saturating_add(cost);
        self.taken += 1;
        self.next += 1;
        Ok(self.next - 1)
    }

    /// What was owed to a tenant turns out to be something else: a plan becomes a job, a job is done.
    pub(super) fn correct(&mut self, tenant: &TenantId, planned: u64, actual: u64) {
        if let Some(held) = self.tenants.get_mut(tenant) {
            held.owed = held.owed.saturating_sub(planned).saturating_add(actual);
        }
    }

    /// A place is given back, with what was still planned for it.
    pub(super) fn leave(&mut self, tenant: &TenantId, hashes: u32) {
        let planned = self.planned(hashes);
        self.taken = self.taken.saturating_sub(1);
        let Some(held) = self.tenants.get_mut(tenant) else { return };
        held.places = held.places.saturating_sub(1);
        held.owed = held.owed.saturating_sub(planned);
        if held.places == 0 {
            self.tenants.remove(tenant);
        }
    }

    /// What so many usual hashes cost.
    pub(super) const fn planned(&self, hashes: u32) -> u64 {
        self.rules.unit.saturating_mul(hashes as u64)
    }

    /// Places that are taken.
    pub(super) const fn taken(&self) -> usize {
        self.taken
    }

    /// Workers that nobody who has a place could need now.
    pub(super) const fn spare(&self) -> usize {
        self.rules.workers.saturating_sub(self.taken)
    }

    /// Whether there is a place now.
    pub(super) fn judge(&self, need: &Need, pace: Pace) -> Result<(), Overloaded> {
        let within = need.within.map(duration);
        if within == Some(Duration::ZERO) {
            return Err(refused(Reason::Deadline, Duration::ZERO));
        }
        let (begun, done) = self.estimate(need, pace);
        if !self.has_place_for(&need.tenant) {
            return Err(refused(Reason::Full, done / 2));
        }
        // A worker is free. Whatever the estimate says, trying is the only way to a better one: an average that is
        // too high would else turn everybody away for ever.
        if self.taken < self.rules.workers {
            return Ok(());
        }
        // By its first hash: judged by its last, a use case of several would need a wider gap than those of one ever leave,
        // and under a lasting flood nobody could change a secret. Once begun it keeps its turn, so the rest takes little.
        let target = self.rules.target.map_or(Duration::MAX, planned_within);
        if begun > target {
            return Err(refused(Reason::Target, begun.saturating_sub(target)));
        }
        match within {
            Some(within) if done > within => Err(refused(Reason::Deadline, done.saturating_sub(within))),
            Some(_) | None => Ok(()),
        }
    }

    /// Whether the bound on places has room for one more of this tenant. Beyond the bound a few places are kept for
    /// tenants that hold hardly any, so that one that floods cannot shut the door to all others.
    fn has_place_for(&self, tenant: &TenantId) -> bool {
        let Rules { capacity, .. } = self.rules;
        let kept = capacity.div_ceil(8);
        let held = self.tenants.get(tenant).map_or(0, |held| held.places);
        self.taken < capacity || (held < kept && self.taken < capacity.saturating_add(kept))
    }

    /// When the first and when the last hash of this would be done, if the order and the pace stay as they are.
    fn estimate(&self, need: &Need, pace: Pace) -> (Duration, Duration) {
        let Rules { workers, unit, .. } = self.rules;
        let workers = u64::try_from(workers).unwrap_or(u64::MAX).max(1);
        let own = self.tenants.get(&need.tenant).map_or(0, |held| held.owed);
        let cost = self.planned(need.hashes);
        // While this tenant is served that much, no other is served more, but for a quantum and a job begun.
        let most = own.saturating_add(cost).saturating_add(unit.saturating_mul(2));
        let others = self.tenants.iter().filter(|(tenant, _)| **tenant != need.tenant);
        let ahead = others.fold(own, |ahead, (_, held)| ahead.saturating_add(held.owed.min(most)));
        // Between two hashes of one use case the worker takes another's, whose end the second one has to wait for.
        let between = self.planned(need.hashes.saturating_sub(1));
        let first = (ahead / workers).saturating_add(self.planned(need.hashes.min(1)));
        (pace.time(first), pace.time((ahead / workers).saturating_add(cost).saturating_add(between)))
    }
}

/// Three quarters of the target are planned for. Under overload nearly everybody who is let in waits for as long as
/// is planned, so whatever the estimate misses, a slower hash, a commit, a busy machine, has to fit the rest.
fn planned_within(target: Duration) -> Duration {
    target / 4 * 3
}

/// The least target under which somebody may wait for one other's hash, where a hash takes so long.
pub(super) fn least_target(hash: Duration) -> Duration {
    // What planning rounds away is added.
    (hash.saturating_mul(8) / 3).saturating_add(Duration::from_nanos(4))
}

fn refused(reason: Reason, wait: Duration) -> Overloaded {
    let wait = wait.clamp(Duration::from_secs(1), Duration::from_secs(60));
    Overloaded { retry_after: Span::from_millis(u32::try_from(wait.as_millis()).unwrap_or(u32::MAX)), reason }
}

fn duration(span: Span) -> Duration {
    Duration::from_millis(u64::try_from(span.millis()).unwrap_or(0))
}

#[cfg(test)]
mod tests;
