//! How much may be under way at once: exchanges, and the bytes of their bodies.
//!
//! Connections are limited elsewhere, but an exchange outlives its connection, because a guess that was charged must
//! be settled. Without these two bounds, clients that send and hang up would pile up work and bodies for as long as
//! the store or the hash pool stands still.

use std::sync::Arc;

use axum::http::StatusCode;
use countersign_dialects::Answer;
use countersign_domain::answer::Refusal;
use countersign_domain::time::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::exchange::{Exchange, Sealed};
use super::panics::caught_now;
use super::plain;
use super::seldom::Seldom;
use crate::metrics::outcome;

/// The longest body in bytes that the part kept for small bodies is for. Every request of every dialect fits well.
pub(super) const SMALL: usize = 16 * 1024;

/// The part of the budget that is kept for small bodies, as a divisor.
const KEPT_PART: usize = 4;

/// Nothing was done, so the wait is only there to spread the next tries.
const SHED: Refusal = Refusal::Overloaded { retry_after_s: 1 };

/// The room there is.
pub(super) struct Room {
    exchanges: Arc<Semaphore>,
    bodies: Budget,
    told: Seldom,
}

impl Room {
    pub(super) fn new(requests: usize, body_bytes: usize) -> Self {
        let exchanges = semaphore(requests);
        Self { exchanges, bodies: Budget::new(body_bytes), told: Seldom::default() }
    }

    /// The bytes that bodies may take.
    pub(super) const fn bodies(&self) -> &Budget {
        &self.bodies
    }

    /// A place for one exchange, if there is one. It is free again when this is dropped.
    pub(super) fn place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.exchanges).try_acquire_owned().ok()
    }

    /// Turns a request away in its dialect's own words, before anybody is identified: nothing is charged.
    pub(super) fn shed(&self, exchange: &Exchange, now: Timestamp) -> Sealed {
        if let Some(times) = self.told.due() {
            tracing::warn!(
                times,
                "requests are turned away: as many as server.max_requests or server.body_budget_bytes allow are under way"
            );
        }
        refused(exchange, now)
    }
}

/// Turns a request away as overloaded, in its dialect's own words.
pub(super) fn refused(exchange: &Exchange, now: Timestamp) -> Sealed {
    {
        let response = exchange
            .registry
            .iter()
            .find(|dialect| dialect.name() == exchange.dialect)
            .and_then(|dialect| caught_now(|| dialect.seal(&exchange.raw, None, Answer::Refused(&SHED), now)))
            .unwrap_or_else(|| {
                let detail = "The server is overloaded; nothing was done. Try again.";
                plain::problem(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "overloaded",
                    detail,
                    &exchange.raw.request_id,
                )
            });
        Sealed { response, outcome: outcome::refused(&SHED), follow: None }
    }
}

/// The bytes that all bodies together may take. A part is kept for small bodies, so that a few clients with long
/// and slow ones cannot shut everybody else out.
#[derive(Clone)]
pub(super) struct Budget {
    small: Arc<Semaphore>,
    common: Arc<Semaphore>,
}

impl Budget {
    fn new(bytes: usize) -> Self {
        let kept = bytes / KEPT_PART;
        Self { small: semaphore(kept), common: semaphore(bytes - kept) }
    }

    /// A share that holds nothing yet.
    pub(super) fn share(&self) -> Share {
        Share { budget: self.clone(), small: None, common: None }
    }
}

/// What one body holds of the budget; given back when this is dropped.
pub(super) struct Share {
    budget: Budget,
    small: Option<OwnedSemaphorePermit>,
    common: Option<OwnedSemaphorePermit>,
}

impl Share {
    /// Makes this cover a body of so many bytes; `false` if the budget has no more. A body that outgrows what is
    /// small gives the kept part back.
    #[must_use]
    pub(super) fn grow(&mut self, bytes: usize) -> bool {
        let (small, common) = (held(self.small.as_ref()), held(self.common.as_ref()));
        if bytes <= SMALL {
            let more = bytes.saturating_sub(small + common);
            return take(&self.budget.small, &mut self.small, more)
                || take(&self.budget.common, &mut self.common, more);
        }
        let taken = take(&self.budget.common, &mut self.common, bytes.saturating_sub(common));
        if taken {
            self.small = None;
        }
        taken
    }
}

fn held(permit: Option<&OwnedSemaphorePermit>) -> usize {
    permit.map_or(0, OwnedSemaphorePermit::num_permits)
}

fn take(from: &Arc<Semaphore>, into: &mut Option<OwnedSemaphorePermit>, bytes: usize) -> bool {
    let Ok(permits) = u32::try_from(bytes) else { return false };
    let Ok(more) = Arc::clone(from).try_acquire_many_owned(permits) else { return false };
    match into {
        Some(permit) => permit.merge(more),
        None => *into = Some(more),
    }
    true
}

fn semaphore(permits: usize) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(permits.min(Semaphore::MAX_PERMITS)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(budget: &Budget) -> (usize, usize) {
        (budget.small.available_permits(), budget.common.available_permits())
    }

    #[test]
    fn long_bodies_leave_the_kept_part_alone() {
        let budget = Budget::new(8 * SMALL);
        let mut long = budget.share();
        assert!(long.grow(SMALL));
        assert_eq!(left(&budget), (SMALL, 6 * SMALL), "small so far");
        assert!(long.grow(6 * SMALL));
        assert_eq!(left(&budget), (2 * SMALL, 0), "outgrown, and the kept part is whole again");
        let mut other = budget.share();
        assert!(!other.grow(SMALL + 1));
        let (mut first, mut second, mut third) = (budget.share(), budget.share(), budget.share());
        assert!(first.grow(SMALL) && second.grow(SMALL));
        assert!(!third.grow(1), "every bound ends somewhere");
        drop(long);
        assert!(third.grow(1), "small bodies may take from the common part as well");
        drop((first, second, third, other));
        assert_eq!(left(&budget), (2 * SMALL, 6 * SMALL));
    }

    #[test]
    fn a_body_holds_what_has_arrived_of_it() {
        let budget = Budget::new(8 * SMALL);
        let mut share = budget.share();
        assert!(share.grow(0) && share.grow(1) && share.grow(1) && share.grow(100));
        assert_eq!(left(&budget), (2 * SMALL - 100, 6 * SMALL));
    }
}
