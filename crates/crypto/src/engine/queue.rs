//! What the callers and the workers share: who has a place, the jobs that wait, and the order in which they are done.
//!
//! Live jobs go in the order of [`Fair`]. What is remade in the background is begun only where no live job waits and
//! no place is taken whose job could need the worker meanwhile.

use core::time::Duration;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use countersign_domain::identifier::TenantId;
use tokio::sync::OwnedMutexGuard;

use crate::engine::admission::{Book, Need, Overloaded, Reason, Rules};
use crate::engine::fair::Fair;
use crate::engine::pace::Pace;
use crate::engine::worker::{Shared, Task};

/// One piece of work.
pub(super) struct Job {
    pub(super) task: Task,
    /// What it costs.
    pub(super) cost: u64,
    /// The place it occupies; `None` in the background.
    pub(super) place: Option<OwnedMutexGuard<Place>>,
    /// When it began to wait.
    pub(super) since: Instant,
    /// Counts the jobs of this queue.
    arrival: u64,
}

impl Job {
    pub(super) const fn new(
        task: Task,
        cost: u64,
        place: Option<OwnedMutexGuard<Place>>,
        since: Instant,
    ) -> Self {
        Self { task, cost, place, since, arrival: 0 }
    }
}

/// A use case's place, given back when it is dropped.
pub(super) struct Place {
    shared: Arc<Shared>,
    tenant: TenantId,
    number: u64,
    /// Hashes that were planned for it and have not become jobs.
    hashes: u32,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.shared.queue.leave(&self.tenant, self.hashes);
    }
}

/// The places, the jobs and the pace.
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    book: Book,
    pace: Pace,
    live: Fair<Job>,
    background: VecDeque<Job>,
    /// Background jobs that are being done.
    underway: usize,
    refused: [u64; 3],
    arrivals: u64,
    ended: bool,
}

/// A reading of the queue.
pub(super) struct Reading {
    pub(super) waiting: usize,
    pub(super) background: usize,
    pub(super) taken: usize,
    pub(super) refused: [u64; 3],
}

impl Queue {
    pub(super) fn new(rules: Rules, pace: Pace) -> Self {
        let state = State {
            book: Book::new(rules),
            pace,
            live: Fair::new(rules.unit),
            background: VecDeque::new(),
            underway: 0,
            refused: [0; 3],
            arrivals: 0,
            ended: false,
        };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    /// Takes a place, or refuses at once.
    pub(super) fn admit(shared: &Arc<Shared>, need: Need) -> Result<Place, Overloaded> {
        let mut state = shared.queue.lock();
        let pace = state.pace;
        match state.book.admit(&need, pace) {
            Ok(number) => {
                let Need { tenant, hashes, .. } = need;
                Ok(Place { shared: Arc::clone(shared), tenant, number, hashes })
            }
            Err(overloaded) => {
                state.refused[overloaded.reason as usize] += 1;
                Err(overloaded)
            }
        }
    }

    /// Refuses as [`Self::admit`] would now, without taking a place.
    pub(super) fn judge(&self, need: &Need) -> Result<(), Overloaded> {
        let mut state = self.lock();
        let pace = state.pace;
        let judged = state.book.judge(need, pace);
        if let Err(overloaded) = &judged {
            state.refused[overloaded.reason as usize] += 1;
        }
        judged
    }

    /// Lets a job wait for a worker: by its place's turn, or in the background if it has none.
    pub(super) fn push(&self, mut job: Job) {
        let mut state = self.lock();
        state.arrivals += 1;
        job.arrival = state.arrivals;
        match job.place.as_mut() {
            None => state.background.push_back(job),
            Some(place) => {
                let planned = if place.hashes > 0 { state.book.planned(1) } else { 0 };
                place.hashes = place.hashes.saturating_sub(1);
                let (tenant, number, cost) = (place.tenant.clone(), place.number, job.cost);
                state.book.correct(&tenant, planned, cost);
                state.live.push(&tenant, number, cost, job);
            }
        }
        drop(state);
        self.changed.notify_one();
    }

    /// Waits for the next job; `None` once the queue has ended and no live job is left. What waits in the background
    /// then is given up: its caller sees that the pool has ended.
    pub(super) fn pop(&self) -> Option<Job> {
        let mut state = self.lock();
        loop {
            if let Some(job) = state.live.pop().or_else(|| state.next_in_background()) {
                return Some(job);
            }
            if state.ended {
                let given_up = core::mem::take(&mut state.background);
                drop(state);
                drop(given_up);
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// A job was done, or nobody waited for it any more. `took` is how long it took, if it was done.
    pub(super) fn done(&self, cost: u64, place: Option<&Place>, took: Option<Duration>) {
        let mut state = self.lock();
        if let Some(took) = took {
            state.pace = state.pace.after(cost, took);
        }
        match place {
            Some(place) => state.book.correct(&place.tenant, cost, 0),
            None => state.underway = state.underway.saturating_sub(1),
        }
    }

    /// No more jobs will come; live ones in the queue are still done.
    pub(super) fn end(&self) {
        self.lock().ended = true;
        self.changed.notify_all();
    }

    pub(super) fn read(&self) -> Reading {
        let state = self.lock();
        Reading {
            waiting: state.live.len(),
            background: state.background.len() + state.underway,
            taken: state.book.taken(),
            refused: state.refused,
        }
    }

    /// Jobs that wait, live and in the background.
    #[cfg(feature = "stepped")]
    pub(super) fn len(&self) -> usize {
        let state = self.lock();
        state.live.len() + state.background.len()
    }

    /// Takes the job that came as the `nth` of those that wait out of the queue, whoever's turn it is.
    #[cfg(feature = "stepped")]
    pub(super) fn take(&self, nth: usize) -> Option<Job> {
        let mut state = self.lock();
        let mut arrivals: Vec<u64> = state.background.iter().map(|job| job.arrival).collect();
        arrivals.extend(state.live.iter().map(|job| job.arrival));
        arrivals.sort_unstable();
        let arrival = *arrivals.get(nth)?;
        if let Some(at) = state.background.iter().position(|job| job.arrival == arrival) {
            state.underway += 1;
            return state.background.remove(at);
        }
        state.live.take(|job| job.arrival == arrival)
    }

    fn leave(&self, tenant: &TenantId, hashes: u32) {
        let mut state = self.lock();
        state.book.leave(tenant, hashes);
        let somebody_waits = !state.background.is_empty();
        drop(state);
        if somebody_waits {
            self.changed.notify_one();
        }
    }

    /// Nothing panics while it holds this lock but for a sum that overflows, which no sum here can.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn next_in_background(&mut self) -> Option<Job> {
        if self.ended || self.book.spare() <= self.underway {
            return None;
        }
        let job = self.background.pop_front()?;
        self.underway += 1;
        Some(job)
    }
}

/// The words of [`Reason`] number the counters of refusals.
const _: () = assert!(Reason::ALL.len() == 3);
