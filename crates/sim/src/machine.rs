//! One run of the server: the real service over the real store and pool, each of which moves only when it is told to.

use core::num::NonZeroUsize;
use core::task::{Context, Poll, Waker};
use std::sync::Arc;
use std::time::Duration;

use countersign_crypto::engine::{HashPool, Params, PoolConfig, PoolStepper};
use countersign_crypto::entropy::SeededEntropy;
use countersign_crypto::seal::MasterKey;
use countersign_domain::lang::Lang;
use countersign_domain::policy::Policy;
use countersign_domain::time::Span;
use countersign_service::{Fault, Parts, ReceiptSettings, Service, Settings, upkeep};
use countersign_store::sqlite::{Options, SqliteStore, Stepper};

use crate::disk::Disk;
use crate::surroundings::{Nobody, SimulatedClock, Telephone, Watch};
use crate::vfs::{self, Mounted};

/// What outlives every run of the server.
#[derive(Clone)]
pub struct World {
    /// The server's clock.
    pub clock: Arc<SimulatedClock>,
    /// The owners' telephone.
    pub telephone: Arc<Telephone>,
    /// The tenant's numbers.
    pub policy: Policy,
    /// Places at the hash engine beyond the first.
    pub places: usize,
    /// Seeds the server's randomness, together with the number of its run.
    pub seed: u64,
}

/// A running server.
pub struct Machine {
    /// The service, as a caller has it.
    pub service: Service<SqliteStore>,
    /// Drives the store.
    pub store: Stepper,
    /// Drives the hash engine.
    pub pool: PoolStepper,
    /// Sees what the engine does.
    pub watch: Arc<Watch>,
    /// The disk it runs on.
    pub mounted: Mounted,
}

/// The master key of every history; what it protects is made up.
#[must_use]
pub fn master() -> MasterKey {
    MasterKey::generate(&SeededEntropy::new(42))
}

impl Machine {
    /// Starts the server on this disk, for the `run`-th time. The number of the disk must be free.
    ///
    /// # Errors
    /// What the server would say when it cannot start.
    pub fn start(world: &World, run: u64, number: u64, disk: Disk) -> Result<Self, String> {
        let mounted = vfs::mount(number, disk);
        let store_options = Options {
            readers: NonZeroUsize::MIN,
            batch: NonZeroUsize::MAX,
            queue: NonZeroUsize::MIN.saturating_add(255),
            busy_timeout: Duration::ZERO,
            ..Options::default()
        };
        let opened = SqliteStore::open_stepped(mounted.database(), vfs::NAME, store_options);
        let (store, mut stepper) = opened.map_err(|error| error.to_string())?;
        let entropy = Arc::new(SeededEntropy::new(world.seed.wrapping_mul(1000).wrapping_add(run)));
        let keyring = finish(&mut stepper, upkeep::open_keyring(&store, &master(), entropy.as_ref()));
        let keyring = keyring.map_err(|fault: Fault| fault.to_string())?;
        let watch = Arc::new(Watch::default());
        let config = PoolConfig {
            workers: NonZeroUsize::MIN,
            queue: world.places,
            params: Params::CHEAP,
            ceiling: Params::CHEAP,
            ..PoolConfig::new(Params::CHEAP)
        };
        let pool = HashPool::stepped(config, Some(watch.clone()), &watch.engines());
        let (pool, pool_stepper) = pool.map_err(|error| error.to_string())?;
        watch.take();
        let service = Service::new(Parts {
            store,
            master: master(),
            keyring,
            pool,
            clock: world.clock.clone(),
            entropy,
            sender: world.telephone.clone(),
            observer: Arc::new(Nobody),
            settings: settings(&world.policy),
        });
        Ok(Self { service, store: stepper, pool: pool_stepper, watch, mounted })
    }

    /// The process dies. What it leaves behind, on a disk that is not powered off.
    #[must_use]
    pub fn die(self) -> Disk {
        let left = self.mounted.disk().die();
        let Self { service, store, pool, mounted, .. } = self;
        drop((service, store, pool));
        mounted.unmount();
        left
    }

    /// The server ends in good order: the log is folded into the file, and the file closed.
    #[must_use]
    pub fn end(self) -> Disk {
        let Self { service, mut store, pool, mounted, .. } = self;
        drop((service, pool));
        store.fold();
        drop(store);
        let left = mounted.disk().clone();
        mounted.unmount();
        left
    }

    /// Carries one request out from beginning to end, with nothing beside it.
    pub fn alone<T>(&mut self, request: impl Future<Output = T>) -> T {
        let mut request = core::pin::pin!(request);
        let mut context = Context::from_waker(Waker::noop());
        loop {
            if let Poll::Ready(done) = request.as_mut().poll(&mut context) {
                return done;
            }
            self.store.commit(usize::MAX);
            while self.store.reads() > 0 {
                self.store.read();
            }
            while self.pool.waiting() > 0 {
                self.pool.perform(0);
            }
            self.watch.take();
        }
    }
}

/// Drives a future that needs the store and nothing else.
fn finish<T>(stepper: &mut Stepper, future: impl Future<Output = T>) -> T {
    let mut future = core::pin::pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(done) = future.as_mut().poll(&mut context) {
            return done;
        }
        stepper.commit(usize::MAX);
        stepper.read();
    }
}

fn settings(policy: &Policy) -> Settings {
    Settings {
        policy: policy.clone(),
        dev: false,
        app_token_life: Span::from_hours(2),
        // Longer than any history: what a key does after its life is another request.
        idempotency_life: Span::from_hours(87_600),
        brand: "Simulation".to_owned(),
        message_lang: Lang::En,
        receipts: ReceiptSettings::default(),
        outward: countersign_service::Outward::default(),
    }
}
