//! The hash pool: as many threads as cores, one arena each, and a bounded number of places.
//!
//! A use case takes a place **before** it charges anything, so that a full pool sheds load while refusing is
//! still free. Whoever has a place is served: its jobs can wait, but not be turned away.

use core::num::NonZeroUsize;
use core::time::Duration;
use std::sync::{Arc, mpsc};
use std::thread::Builder;
use std::time::Instant;

use crate::engine::admission::{Rules, least_target};
use crate::engine::counts::Counters;
use crate::engine::pace::{Pace, cost_of};
use crate::engine::queue::Queue;
use crate::engine::worker::{Shared, Worker};
use crate::engine::{
    Counts, Engine, EngineChoice, EngineError, HashObserver, Need, Overloaded, Params, Phc, Priority, Slot,
    priority,
};

/// Makes a worker's engine, at the start and again after a panic.
pub type EngineMaker = Arc<dyn Fn() -> Result<Box<dyn Engine>, EngineError> + Send + Sync>;

/// How a pool is set up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PoolConfig {
    /// Threads. More than there are cores add latency and nothing else.
    pub workers: NonZeroUsize,
    /// Places beyond one for each worker, at the very most.
    pub queue: usize,
    /// How long a use case may take from its place to its first hash. How many places there are follows from it and
    /// from how long a hash takes; `None` lets only `queue` decide.
    pub target: Option<Duration>,
    /// By how many steps of `nice` the threads give way to others.
    pub nice: u8,
    /// The parameters of new hashes and of the decoy.
    pub params: Params,
    /// The costliest string that is verified.
    pub ceiling: Params,
    /// Which implementation computes.
    pub choice: EngineChoice,
}

impl PoolConfig {
    /// The longest queue for each worker, where nothing else is said: with the default parameters more than the target
    /// ever lets in, and few enough that their requests fit the memory.
    pub const QUEUE: usize = 512;
    /// The target, where nothing else is said: as long as a person's train of thought bears (Nielsen, "Usability
    /// Engineering", 1993: one second).
    pub const TARGET: Duration = Duration::from_secs(1);
    /// The steps of `nice`, where nothing else is said.
    pub const NICE: u8 = 0;

    /// One worker for each core, and the defaults above.
    #[must_use]
    pub fn new(params: Params) -> Self {
        let workers = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Self {
            workers,
            queue: workers.get().saturating_mul(Self::QUEUE),
            target: Some(Self::TARGET),
            nice: Self::NICE,
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
    workers: usize,
    capacity: usize,
    priority: Priority,
    /// How long the first hash took.
    first: Duration,
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
        let (mut pool, workers) = Self::prepare(config, observer, make)?;
        let (told, priorities) = mpsc::channel();
        for (number, worker) in workers.into_iter().enumerate() {
            let told = told.clone();
            let work = move || {
                // Nobody listens only if the pool is being given up again.
                let _ = told.send(priority::lower(config.nice));
                drop(told);
                worker.run();
            };
            Builder::new().name(format!("hash-{number}")).spawn(work)?;
        }
        drop(told);
        let refused = |priority: &Priority| matches!(priority, Priority::Refused(_));
        let mut priorities: Vec<Priority> = priorities.iter().collect();
        let told = priorities.iter().position(refused).unwrap_or(0);
        if let Some(inner) = Arc::get_mut(&mut pool.0)
            && told < priorities.len()
        {
            inner.priority = priorities.swap_remove(told);
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
        let begun = Instant::now();
        let decoy = make_decoy(&mut engines, &config.params)?;
        let unit = cost_of(&config.params);
        let first = begun.elapsed();
        let pace = Pace::default().after(unit, first);
        let capacity = workers.saturating_add(config.queue);
        let queue = Queue::new(Rules { workers, capacity, target: config.target, unit }, pace);
        let counters = Counters::default();
        let PoolConfig { params, ceiling, .. } = config;
        let shared = Arc::new(Shared { queue, counters, params, ceiling, decoy, observer });
        let priority = Priority::Untouched;
        let pool = Self(Arc::new(Pool { shared: Arc::clone(&shared), workers, capacity, priority, first }));
        let worker =
            |engine| Worker { shared: Arc::clone(&shared), make: Arc::clone(make), engine: Some(engine) };
        Ok((pool, engines.into_iter().map(worker).collect()))
    }

    /// Takes a place for one use case, or refuses at once. Do this before charging a guess.
    ///
    /// # Errors
    ///
    /// [`Overloaded`] if it would not be served in time; nothing has happened then.
    pub fn reserve(&self, need: Need) -> Result<Slot, Overloaded> {
        Queue::admit(&self.0.shared, need).map(|place| Slot::new(self.clone(), place))
    }

    /// Says whether [`Self::reserve`] would refuse now, and takes no place. For a request that has to pay for something
    /// before it may take one: what is refused then is counted as refused.
    ///
    /// # Errors
    ///
    /// As [`Self::reserve`].
    pub fn turns_away(&self, need: &Need) -> Result<(), Overloaded> {
        self.queue().judge(need)
    }

    /// The counters now.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let queue = self.queue().read();
        let mut counts = Counts {
            real: [0; 3],
            decoys: [0; 3],
            hashes: 0,
            faults: 0,
            waiting: queue.waiting,
            background: queue.background,
            workers: self.0.workers,
            taken: queue.taken,
            capacity: self.0.capacity,
            refused: queue.refused,
        };
        self.0.shared.counters.fill(&mut counts);
        counts
    }

    /// The parameters of new hashes and of the decoy.
    #[must_use]
    pub fn params(&self) -> Params {
        self.0.shared.params
    }

    /// Whether a verifier of these parameters is compared here at all; else [`Slot::compare`] ends in a fault.
    #[must_use]
    pub fn verifies(&self, params: &Params) -> bool {
        self.0.shared.ceiling.admits(params)
    }

    /// How long the first hash took, which was made at the start.
    #[must_use]
    pub fn first_hash(&self) -> Duration {
        self.0.first
    }

    /// The least [`PoolConfig::target`] under which somebody may wait for one other's hash, if all take as long as the
    /// first. Under a lower one only who finds a thread free is let in.
    #[must_use]
    pub fn least_target(&self) -> Duration {
        least_target(self.0.first)
    }

    /// Whether the threads run at the priority that was asked for.
    #[must_use]
    pub fn priority(&self) -> &Priority {
        &self.0.priority
    }

    pub(super) fn queue(&self) -> &Queue {
        &self.0.shared.queue
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.queue.end();
    }
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
