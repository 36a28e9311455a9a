//! The hash pool: as many threads as cores, one arena each, and a bounded number of places.
//!
//! A use case takes a place **before** it charges anything, so that a full pool sheds load while refusing is
//! still free. Whoever has a place is served: its jobs can wait, but not be turned away.

use core::num::NonZeroUsize;
use core::time::Duration;
use std::sync::Arc;
use std::thread::Builder;
use std::time::Instant;

use countersign_domain::secret::{Kind, SecretBytes};
use countersign_domain::time::Span;
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore, oneshot};

use crate::engine::counts::Counters;
use crate::engine::worker::{Job, Queue, Reply, Shared, Task, Worker};
use crate::engine::{Counts, Engine, EngineChoice, EngineError, EngineFault, HashObserver, Params, Phc};

/// Makes a worker's engine, at the start and again after a panic.
pub type EngineMaker = Arc<dyn Fn() -> Result<Box<dyn Engine>, EngineError> + Send + Sync>;

/// How a pool is set up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PoolConfig {
    /// Threads. More than there are cores add latency and nothing else.
    pub workers: NonZeroUsize,
    /// Places beyond one for each worker.
    pub queue: usize,
    /// The parameters of new hashes and of the decoy.
    pub params: Params,
    /// The costliest string that is verified.
    pub ceiling: Params,
    /// Which implementation computes.
    pub choice: EngineChoice,
}

impl PoolConfig {
    /// One worker for each core, and a queue of 64 for each worker: with the default parameters about half a
    /// second of waiting, which is as long as a person at a till should.
    #[must_use]
    pub fn new(params: Params) -> Self {
        let workers = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Self {
            workers,
            queue: workers.get().saturating_mul(64),
            params,
            ceiling: Params::CEILING,
            choice: EngineChoice::default(),
        }
    }
}

/// A running pool. Clones share it; when the last clone and the last [`Slot`] are gone, its threads end.
#[derive(Clone)]
pub struct HashPool(Arc<Pool>);

struct Pool {
    shared: Arc<Shared>,
    places: Arc<Semaphore>,
    workers: usize,
    capacity: usize,
}

impl HashPool {
    /// Starts the threads, takes the memory and makes the decoy.
    ///
    /// # Errors
    ///
    /// [`StartError`] if an engine or a thread cannot be had.
    pub fn start(config: PoolConfig) -> Result<Self, StartError> {
        Self::start_with(config, None, &maker(config))
    }

    /// As [`Self::start`], with someone who is told of every piece of work.
    ///
    /// # Errors
    ///
    /// As [`Self::start`].
    pub fn start_observed(config: PoolConfig, observer: Arc<dyn HashObserver>) -> Result<Self, StartError> {
        Self::start_with(config, Some(observer), &maker(config))
    }

    /// As [`Self::start`], with engines of the caller's own making; for tests and simulation.
    ///
    /// # Errors
    ///
    /// As [`Self::start`].
    pub fn start_with(
        config: PoolConfig,
        observer: Option<Arc<dyn HashObserver>>,
        make: &EngineMaker,
    ) -> Result<Self, StartError> {
        // From here on dropping the pool, also by an error below, ends the threads already running.
        let (pool, workers) = Self::prepare(config, observer, make)?;
        for (number, worker) in workers.into_iter().enumerate() {
            Builder::new().name(format!("hash-{number}")).spawn(move || worker.run())?;
        }
        Ok(pool)
    }

    /// A pool, and its workers, whom somebody has still to drive.
    #[allow(clippy::disallowed_methods, reason = "the first hash gives the moving average its first value")]
    pub(super) fn prepare(
        config: PoolConfig,
        observer: Option<Arc<dyn HashObserver>>,
        make: &EngineMaker,
    ) -> Result<(Self, Vec<Worker>), StartError> {
        let workers = config.workers.get();
        let mut engines = (0..workers).map(|_| make()).collect::<Result<Vec<_>, _>>()?;
        let counters = Counters::default();
        let begun = Instant::now();
        let decoy = make_decoy(&mut engines, &config.params)?;
        counters.took(begun.elapsed());
        let shared =
            Arc::new(Shared { queue: Queue::default(), counters, params: config.params, decoy, observer });
        let capacity = workers.saturating_add(config.queue).min(Semaphore::MAX_PERMITS);
        let places = Arc::new(Semaphore::new(capacity));
        let pool = Self(Arc::new(Pool { shared: Arc::clone(&shared), places, workers, capacity }));
        let worker =
            |engine| Worker { shared: Arc::clone(&shared), make: Arc::clone(make), engine: Some(engine) };
        Ok((pool, engines.into_iter().map(worker).collect()))
    }

    /// Takes a place for one use case, or refuses at once. Do this before charging a guess.
    ///
    /// # Errors
    ///
    /// [`Overloaded`] if every place is taken; nothing has happened then.
    pub fn reserve(&self) -> Result<Slot, Overloaded> {
        match Arc::clone(&self.0.places).try_acquire_owned() {
            Ok(place) => Ok(Slot { pool: self.clone(), place: Arc::new(Mutex::new(place)) }),
            Err(_) => Err(Overloaded { retry_after: self.drained_after() }),
        }
    }

    /// The counters now.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = Counts {
            real: [0; 3],
            decoys: [0; 3],
            hashes: 0,
            faults: 0,
            waiting: self.0.shared.queue.len(),
            workers: self.0.workers,
            taken: self.taken(),
            capacity: self.0.capacity,
        };
        self.0.shared.counters.fill(&mut counts);
        counts
    }

    /// The parameters of new hashes and of the decoy.
    #[must_use]
    pub fn params(&self) -> Params {
        self.0.shared.params
    }

    fn taken(&self) -> usize {
        self.0.capacity - self.0.places.available_permits()
    }

    /// How long the work of all taken places will last, at the pace of late. At least a second, because
    /// callers read it in whole seconds, and at most a minute, because it is a guess.
    fn drained_after(&self) -> Span {
        let rounds = u32::try_from(self.taken().div_ceil(self.0.workers)).unwrap_or(u32::MAX);
        let wait = self.0.shared.counters.average().saturating_mul(rounds);
        let wait = wait.clamp(Duration::from_secs(1), Duration::from_secs(60));
        Span::from_millis(u32::try_from(wait.as_millis()).unwrap_or(u32::MAX))
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.queue.end();
    }
}

/// A use case's place in the pool, given back when it is dropped. One piece of work at a time: a second waits
/// for the first, so that a place never stands for more than one job.
pub struct Slot {
    pool: HashPool,
    place: Arc<Mutex<OwnedSemaphorePermit>>,
}

impl Slot {
    /// Compares an input with a verifier. `Ok(false)` is a miss.
    ///
    /// If the future is dropped, the comparison may or may not be made; nobody learns its result.
    ///
    /// # Errors
    ///
    /// [`EngineFault`]: neither a miss nor a success.
    pub async fn compare(&self, kind: Kind, verifier: &Phc, input: SecretBytes) -> Result<bool, EngineFault> {
        let phc = verifier.clone();
        self.submit(|reply| Task::Compare { kind, phc, input, reply }).await
    }

    /// Costs what [`Self::compare`] costs with a verifier of the current parameters, and tells nothing: for
    /// an account that does not exist, and for a secret that is not set.
    ///
    /// # Errors
    ///
    /// [`EngineFault`], as a comparison would: else a fault would tell who exists.
    pub async fn decoy(&self, kind: Kind, input: SecretBytes) -> Result<(), EngineFault> {
        self.submit(|reply| Task::Decoy { kind, input, reply }).await
    }

    /// Makes a new verifier with the pool's parameters. The salt must be fresh from the CSPRNG.
    ///
    /// # Errors
    ///
    /// [`EngineFault`]: nothing was made.
    pub async fn hash(&self, input: SecretBytes, salt: [u8; 16]) -> Result<Phc, EngineFault> {
        self.submit(|reply| Task::Hash { input, salt, reply }).await
    }

    async fn submit<T>(&self, task: impl FnOnce(Reply<T>) -> Task) -> Result<T, EngineFault> {
        // The job takes the place along: if this future is dropped, the place stays taken until the job is
        // done.
        let place = Arc::clone(&self.place).lock_owned().await;
        let (reply, result) = oneshot::channel();
        self.pool.0.shared.queue.push(Job { task: task(reply), place });
        result.await.unwrap_or(Err(EngineFault::Ended))
    }
}

/// Every place is taken. Nothing was charged, and nothing is to be learned from it about any account.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the hash pool is full")]
pub struct Overloaded {
    /// When it makes sense to try again, for `Retry-After`.
    pub retry_after: Span,
}

/// Why a pool could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An engine could not be made.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A thread could not be started.
    #[error("no thread for a hash worker: {0}")]
    Thread(#[from] std::io::Error),
}

fn maker(config: PoolConfig) -> EngineMaker {
    Arc::new(move || config.choice.build(&config.params, &config.ceiling))
}

/// The result of a comparison with the decoy is never looked at, so it need not be a secret.
fn make_decoy(engines: &mut [Box<dyn Engine>], params: &Params) -> Result<Phc, EngineError> {
    let engine = engines.first_mut().ok_or(EngineError::OutOfMemory)?;
    engine.hash(b"countersign decoy", b"countersign salt", params)
}
