//! The worker threads.

use core::time::Duration;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use countersign_domain::secret::{Kind, SecretBytes};
use tokio::sync::{OwnedMutexGuard, oneshot};

use crate::engine::counts::Counters;
use crate::engine::queue::{Job, Place, Queue};
use crate::engine::{Class, Engine, EngineError, EngineMaker, HashObserver, Params, Phc, Work};

/// Why a piece of work has no result. A fault of ours: the caller may neither treat it as a miss nor as a
/// success, and whatever was charged for it stays charged.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EngineFault {
    /// The engine could not compute.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The engine panicked. The worker went on with a new one.
    #[error("the hash engine panicked")]
    Panicked,
    /// The pool ended before the work was done.
    #[error("the hash pool has ended")]
    Ended,
}

/// Where a result goes.
pub(super) type Reply<T> = oneshot::Sender<Result<T, EngineFault>>;

pub(super) enum Task {
    Compare { kind: Kind, phc: Phc, input: SecretBytes, reply: Reply<bool> },
    Decoy { kind: Kind, input: SecretBytes, reply: Reply<()> },
    Hash { input: SecretBytes, salt: [u8; 16], reply: Reply<Phc> },
}

/// What the workers share with the pool.
pub(super) struct Shared {
    pub(super) queue: Queue,
    pub(super) counters: Counters,
    pub(super) params: Params,
    pub(super) ceiling: Params,
    pub(super) decoy: Phc,
    pub(super) observer: Option<Arc<dyn HashObserver>>,
}

/// One thread with one engine.
pub(super) struct Worker {
    pub(super) shared: Arc<Shared>,
    pub(super) make: EngineMaker,
    /// None after a panic, until the next job.
    pub(super) engine: Option<Box<dyn Engine>>,
}

impl Worker {
    /// Works until the queue ends.
    pub(super) fn run(mut self) {
        while let Some(job) = self.shared.queue.pop() {
            self.perform(job);
        }
    }

    pub(super) fn perform(&mut self, job: Job) {
        let Job { task, cost, place, since, .. } = job;
        let seat = Seat { cost, place };
        match task {
            // Nobody waits any more, so nothing could be observed, and nothing needs to be computed.
            Task::Compare { reply, .. } if reply.is_closed() => self.leave(seat, None),
            Task::Decoy { reply, .. } if reply.is_closed() => self.leave(seat, None),
            Task::Hash { reply, .. } if reply.is_closed() => self.leave(seat, None),
            Task::Compare { kind, phc, input, reply } => {
                self.waited(&seat, since);
                let result =
                    self.guarded(Work::Compare(kind), seat, |engine, _| engine.verify(&phc, input.expose()));
                let _ = reply.send(result);
            }
            Task::Decoy { kind, input, reply } => {
                self.waited(&seat, since);
                let result = self.guarded(Work::Decoy(kind), seat, |engine, shared| {
                    engine.verify(&shared.decoy, input.expose()).map(|_| ())
                });
                let _ = reply.send(result);
            }
            Task::Hash { input, salt, reply } => {
                self.waited(&seat, since);
                let result = self.guarded(Work::Hash, seat, |engine, shared| {
                    engine.hash(input.expose(), &salt, &shared.params)
                });
                let _ = reply.send(result);
            }
        }
    }

    /// Computes, counts and measures. A panic costs this one piece of work and the engine, which may be in
    /// any state; the next piece gets a new one.
    ///
    /// The place is given back before the result is known to anybody: whoever has the result may count on it.
    #[allow(clippy::disallowed_methods, reason = "the latency of the pool is measured here and nowhere else")]
    fn guarded<T>(
        &mut self,
        work: Work,
        seat: Seat,
        compute: impl FnOnce(&mut dyn Engine, &Shared) -> Result<T, EngineError>,
    ) -> Result<T, EngineFault> {
        let (engine, make, shared) = (self.engine.take(), &self.make, &*self.shared);
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let mut engine = match engine {
                Some(engine) => engine,
                None => make()?,
            };
            shared.counters.begun(work);
            let begun = Instant::now();
            let result = compute(engine.as_mut(), shared);
            let took = begun.elapsed();
            if let Some(observer) = &shared.observer {
                observer.observed(work, took);
            }
            Ok::<_, EngineError>((engine, result, took))
        }));
        let (result, took) = match outcome {
            Ok(Ok((engine, result, took))) => {
                self.engine = Some(engine);
                // What was refused before it was computed says nothing of how long computing takes.
                let took = result.is_ok().then_some(took);
                (result.map_err(EngineFault::Engine), took)
            }
            Ok(Err(error)) => (Err(EngineFault::Engine(error)), None),
            Err(_payload) => (Err(EngineFault::Panicked), None),
        };
        if result.is_err() {
            self.shared.counters.faulted();
        }
        self.leave(seat, took);
        result
    }

    fn waited(&self, seat: &Seat, since: Instant) {
        if let Some(observer) = &self.shared.observer {
            let class = if seat.place.is_some() { Class::Live } else { Class::Background };
            observer.waited(class, since.elapsed());
        }
    }

    fn leave(&self, seat: Seat, took: Option<Duration>) {
        self.shared.queue.done(seat.cost, seat.place.as_deref(), took);
        drop(seat.place);
    }
}

/// What a job occupies while it is done.
struct Seat {
    cost: u64,
    place: Option<OwnedMutexGuard<Place>>,
}
