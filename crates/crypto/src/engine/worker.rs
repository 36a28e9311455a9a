//! The worker threads and the queue before them.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use countersign_domain::secret::{Kind, SecretBytes};
use tokio::sync::{OwnedMutexGuard, OwnedSemaphorePermit, oneshot};

use crate::engine::counts::Counters;
use crate::engine::{Engine, EngineError, EngineMaker, HashObserver, Params, Phc, Work};

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

/// One piece of work, with the place it occupies.
pub(super) struct Job {
    pub(super) task: Task,
    pub(super) place: OwnedMutexGuard<OwnedSemaphorePermit>,
}

pub(super) enum Task {
    Compare { kind: Kind, phc: Phc, input: SecretBytes, reply: Reply<bool> },
    Decoy { kind: Kind, input: SecretBytes, reply: Reply<()> },
    Hash { input: SecretBytes, salt: [u8; 16], reply: Reply<Phc> },
}

/// Jobs in the order in which they came. Never longer than there are places, because every job holds one.
#[derive(Default)]
pub(super) struct Queue {
    state: Mutex<QueueState>,
    changed: Condvar,
}

#[derive(Default)]
struct QueueState {
    jobs: VecDeque<Job>,
    ended: bool,
}

impl Queue {
    pub(super) fn push(&self, job: Job) {
        self.lock().jobs.push_back(job);
        self.changed.notify_one();
    }

    pub(super) fn len(&self) -> usize {
        self.lock().jobs.len()
    }

    /// No more jobs will come; what is in the queue is still done.
    pub(super) fn end(&self) {
        self.lock().ended = true;
        self.changed.notify_all();
    }

    /// Waits for the next job; `None` once the queue has ended and is empty.
    fn pop(&self) -> Option<Job> {
        let waiting = |state: &mut QueueState| state.jobs.is_empty() && !state.ended;
        let mut state = self.changed.wait_while(self.lock(), waiting).unwrap_or_else(PoisonError::into_inner);
        state.jobs.pop_front()
    }

    /// Takes the job at `place` out of the queue, without waiting.
    #[cfg(feature = "stepped")]
    pub(super) fn take(&self, place: usize) -> Option<Job> {
        self.lock().jobs.remove(place)
    }

    /// Nothing panics while it holds this lock, and a list of jobs cannot be half changed anyway.
    fn lock(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the workers share with the pool.
pub(super) struct Shared {
    pub(super) queue: Queue,
    pub(super) counters: Counters,
    pub(super) params: Params,
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
        while let Some(Job { task, place }) = self.shared.queue.pop() {
            self.perform(task, place);
        }
    }

    /// The place is given back before the result is sent: whoever has the result may count on it.
    pub(super) fn perform(&mut self, task: Task, place: OwnedMutexGuard<OwnedSemaphorePermit>) {
        match task {
            // Nobody waits any more, so nothing could be observed, and nothing needs to be computed.
            Task::Compare { reply, .. } if reply.is_closed() => {}
            Task::Decoy { reply, .. } if reply.is_closed() => {}
            Task::Hash { reply, .. } if reply.is_closed() => {}
            Task::Compare { kind, phc, input, reply } => {
                let result =
                    self.guarded(Work::Compare(kind), |engine, _| engine.verify(&phc, input.expose()));
                drop(place);
                let _ = reply.send(result);
            }
            Task::Decoy { kind, input, reply } => {
                let result = self.guarded(Work::Decoy(kind), |engine, shared| {
                    engine.verify(&shared.decoy, input.expose()).map(|_| ())
                });
                drop(place);
                let _ = reply.send(result);
            }
            Task::Hash { input, salt, reply } => {
                let result = self
                    .guarded(Work::Hash, |engine, shared| engine.hash(input.expose(), &salt, &shared.params));
                drop(place);
                let _ = reply.send(result);
            }
        }
    }

    /// Computes, counts and measures. A panic costs this one piece of work and the engine, which may be in
    /// any state; the next piece gets a new one.
    #[allow(clippy::disallowed_methods, reason = "the latency of the pool is measured here and nowhere else")]
    fn guarded<T>(
        &mut self,
        work: Work,
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
            shared.counters.took(took);
            if let Some(observer) = &shared.observer {
                observer.observed(work, took);
            }
            Ok::<_, EngineError>((engine, result))
        }));
        let result = match outcome {
            Ok(Ok((engine, result))) => {
                self.engine = Some(engine);
                result.map_err(EngineFault::Engine)
            }
            Ok(Err(error)) => Err(EngineFault::Engine(error)),
            Err(_payload) => Err(EngineFault::Panicked),
        };
        if result.is_err() {
            shared.counters.faulted();
        }
        result
    }
}
