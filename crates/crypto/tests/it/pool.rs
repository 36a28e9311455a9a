//! The hash pool. No test sleeps: a gate in the engine holds a worker exactly where a test wants it.

use std::future::Future;
use std::num::NonZeroUsize;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Waker};
use std::time::Duration;

use countersign_crypto::engine::{
    Class, Engine, EngineChoice, EngineError, EngineFault, EngineMaker, HashObserver, HashPool, Need,
    Overloaded, Params, Phc, PoolConfig, Reason, Slot, Work,
};
use countersign_domain::identifier::TenantId;
use countersign_domain::secret::{Kind, SecretBytes};
use countersign_domain::time::Span;

pub(crate) fn config(workers: usize, queue: usize) -> PoolConfig {
    PoolConfig {
        workers: NonZeroUsize::new(workers).expect("some"),
        queue,
        params: Params::CHEAP,
        ceiling: Params::CEILING,
        choice: EngineChoice::Fast,
        // How long a hash takes is no part of these tests.
        target: None,
        nice: 0,
    }
}

pub(crate) fn reserve(pool: &HashPool) -> Result<Slot, Overloaded> {
    pool.reserve(Need::one(TenantId::default_tenant()))
}

pub(crate) fn input(text: &str) -> SecretBytes {
    SecretBytes::new(text.as_bytes().to_vec())
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().expect("a runtime")
}

/// Reports each comparison as it begins, and goes on when it is let go. `panic` makes it panic instead.
struct Gated {
    engine: Box<dyn Engine>,
    gate: Arc<Gate>,
}

#[derive(Default)]
pub(crate) struct Gate {
    pub(crate) hooks: Mutex<Option<(mpsc::Sender<()>, mpsc::Receiver<()>)>>,
    panic: AtomicBool,
    made: AtomicUsize,
}

impl Engine for Gated {
    fn hash(&mut self, input: &[u8], salt: &[u8; 16], params: &Params) -> Result<Phc, EngineError> {
        self.engine.hash(input, salt, params)
    }

    fn verify(&mut self, phc: &Phc, input: &[u8]) -> Result<bool, EngineError> {
        assert!(!self.gate.panic.swap(false, Ordering::SeqCst), "the engine was told to panic");
        if let Some((begun, go)) = &*self.gate.hooks.lock().expect("not poisoned") {
            begun.send(()).expect("the test listens");
            go.recv().expect("the test lets go");
        }
        self.engine.verify(phc, input)
    }
}

pub(crate) fn gated(gate: &Arc<Gate>) -> EngineMaker {
    let gate = Arc::clone(gate);
    Arc::new(move || {
        gate.made.fetch_add(1, Ordering::SeqCst);
        let engine = EngineChoice::Fast.build(&Params::CHEAP, &Params::CEILING)?;
        Ok(Box::new(Gated { engine, gate: Arc::clone(&gate) }))
    })
}

#[test]
fn right_inputs_match_and_wrong_ones_do_not() {
    let pool = HashPool::start(config(2, 2)).expect("a pool");
    runtime().block_on(async {
        let slot = reserve(&pool).expect("a place");
        let phc = slot.hash(input("123456"), [3; 16]).await.expect("hashes");
        assert_eq!(slot.compare(Kind::Payment, &phc, input("123456")).await, Ok(true));
        assert_eq!(slot.compare(Kind::Payment, &phc, input("123457")).await, Ok(false));
        assert_eq!(slot.compare(Kind::Login, &phc, input("")).await, Ok(false));
        assert_eq!(slot.decoy(Kind::Query, input("123456")).await, Ok(()));
    });
    let counts = pool.counts();
    assert_eq!(Kind::ALL.map(|kind| counts.real(kind)), [1, 2, 0]);
    assert_eq!(Kind::ALL.map(|kind| counts.decoy(kind)), [0, 0, 1]);
    assert_eq!((counts.hashes(), counts.faults(), counts.taken()), (1, 0, 0));
    assert_eq!((counts.workers(), counts.waiting(), counts.capacity()), (2, 0, 4));
}

#[test]
fn refuses_at_capacity_and_loses_nothing() {
    let pool = HashPool::start(config(1, 2)).expect("a pool");
    let slots: Vec<_> = (0..3).map(|_| reserve(&pool).expect("a place")).collect();
    let refused = reserve(&pool).err().expect("full");
    assert!(refused.retry_after >= Span::from_secs(1));
    assert_eq!((refused.reason, pool.counts().refused(Reason::Full)), (Reason::Full, 1));
    assert_eq!((pool.counts().taken(), pool.counts().real(Kind::Payment)), (3, 0));

    let runtime = runtime();
    let phc = runtime.block_on(slots[0].hash(input("a"), [0; 16])).expect("hashes");
    let tasks: Vec<_> = slots
        .into_iter()
        .map(|slot| {
            let phc = phc.clone();
            runtime.spawn(async move { slot.compare(Kind::Payment, &phc, input("a")).await })
        })
        .collect();
    for task in tasks {
        assert_eq!(runtime.block_on(task).expect("no panic"), Ok(true));
    }
    assert_eq!(pool.counts().real(Kind::Payment), 3);
    assert!(reserve(&pool).is_ok());
}

#[test]
fn counts_are_exact_under_many_callers() {
    let pool = HashPool::start(config(2, 6)).expect("a pool");
    let runtime = runtime();
    let phc = runtime.block_on(reserve(&pool).expect("a place").hash(input("a"), [0; 16])).expect("hashes");
    let callers: Vec<_> = (0..200)
        .map(|_| {
            let (pool, phc) = (pool.clone(), phc.clone());
            runtime.spawn(async move {
                match reserve(&pool) {
                    Ok(slot) => slot.compare(Kind::Payment, &phc, input("a")).await.map(u64::from),
                    Err(_overloaded) => Ok(0),
                }
            })
        })
        .collect();
    let served: u64 = callers
        .into_iter()
        .map(|caller| runtime.block_on(caller).expect("no panic").expect("no fault"))
        .sum();
    assert!(served > 0);
    assert_eq!(pool.counts().real(Kind::Payment), served);
    assert_eq!((pool.counts().taken(), pool.counts().waiting()), (0, 0));
}

#[test]
fn a_panic_costs_one_comparison_and_not_the_pool() {
    let gate = Arc::new(Gate::default());
    let pool = HashPool::start_with(config(1, 1), None, &gated(&gate)).expect("a pool");
    runtime().block_on(async {
        let slot = reserve(&pool).expect("a place");
        let phc = slot.hash(input("a"), [0; 16]).await.expect("hashes");
        gate.panic.store(true, Ordering::SeqCst);
        assert_eq!(slot.compare(Kind::Payment, &phc, input("a")).await, Err(EngineFault::Panicked));
        assert_eq!(slot.compare(Kind::Payment, &phc, input("a")).await, Ok(true));
        gate.panic.store(true, Ordering::SeqCst);
        assert_eq!(slot.decoy(Kind::Payment, input("a")).await, Err(EngineFault::Panicked));
        assert_eq!(slot.compare(Kind::Payment, &phc, input("b")).await, Ok(false));
    });
    let counts = pool.counts();
    assert_eq!((counts.real(Kind::Payment), counts.decoy(Kind::Payment), counts.faults()), (3, 1, 2));
    // One at the start, one after each panic.
    assert_eq!(gate.made.load(Ordering::SeqCst), 3);
}

#[test]
fn an_engine_that_cannot_be_had_again_is_a_fault_each_time() {
    let gate = Arc::new(Gate::default());
    let sound = gated(&gate);
    let counter = Arc::clone(&gate);
    let once: EngineMaker = Arc::new(move || {
        if counter.made.load(Ordering::SeqCst) == 0 { sound() } else { Err(EngineError::OutOfMemory) }
    });
    let pool = HashPool::start_with(config(1, 0), None, &once).expect("a pool");
    runtime().block_on(async {
        let slot = reserve(&pool).expect("a place");
        gate.panic.store(true, Ordering::SeqCst);
        assert_eq!(slot.decoy(Kind::Payment, input("a")).await, Err(EngineFault::Panicked));
        for _ in 0..2 {
            let fault = slot.decoy(Kind::Payment, input("a")).await;
            assert_eq!(fault, Err(EngineFault::Engine(EngineError::OutOfMemory)));
        }
    });
    assert_eq!((pool.counts().decoy(Kind::Payment), pool.counts().faults()), (1, 3));
}

#[test]
fn a_caller_that_hangs_up_keeps_its_place_until_the_work_is_done() {
    let gate = Arc::new(Gate::default());
    let pool = HashPool::start_with(config(1, 0), None, &gated(&gate)).expect("a pool");
    let runtime = runtime();
    let phc = runtime.block_on(reserve(&pool).expect("a place").hash(input("a"), [0; 16])).expect("hashes");
    let (begun, has_begun) = mpsc::channel();
    let (let_go, go) = mpsc::channel();
    *gate.hooks.lock().expect("not poisoned") = Some((begun, go));

    let slot = reserve(&pool).expect("a place");
    let caller = runtime.spawn(async move { slot.compare(Kind::Payment, &phc, input("a")).await });
    has_begun.recv().expect("the comparison begins");
    caller.abort();
    assert!(runtime.block_on(caller).is_err_and(|error| error.is_cancelled()));
    assert!(reserve(&pool).is_err(), "the worker is still busy with it");
    assert_eq!(pool.counts().real(Kind::Payment), 1);

    let_go.send(()).expect("the worker waits");
    // The worker gives the place back by itself; there is no other event to wait for.
    while reserve(&pool).is_err() {
        std::thread::yield_now();
    }
}

#[test]
fn a_place_never_stands_for_two_jobs() {
    let gate = Arc::new(Gate::default());
    let pool = HashPool::start_with(config(1, 0), None, &gated(&gate)).expect("a pool");
    let (begun, has_begun) = mpsc::channel();
    let (let_go, go) = mpsc::channel();
    *gate.hooks.lock().expect("not poisoned") = Some((begun, go));

    let slot = reserve(&pool).expect("a place");
    let mut first = pin!(slot.decoy(Kind::Payment, input("a")));
    let mut second = pin!(slot.decoy(Kind::Payment, input("a")));
    let mut context = Context::from_waker(Waker::noop());
    assert!(first.as_mut().poll(&mut context).is_pending());
    assert!(second.as_mut().poll(&mut context).is_pending());
    has_begun.recv().expect("the first begins");
    assert_eq!(pool.counts().waiting(), 0, "the second is not in the queue yet");

    let_go.send(()).expect("the worker waits");
    let_go.send(()).expect("the worker will wait again");
    runtime().block_on(async {
        assert_eq!(first.await, Ok(()));
        assert_eq!(second.await, Ok(()));
    });
    assert_eq!(pool.counts().decoy(Kind::Payment), 2);
}

#[test]
fn threads_end_with_the_last_handle() {
    let gate = Arc::new(Gate::default());
    let pool = HashPool::start_with(config(3, 1), None, &gated(&gate)).expect("a pool");
    let slot = reserve(&pool).expect("a place");
    drop(pool);
    let phc = runtime().block_on(slot.hash(input("a"), [0; 16]));
    assert!(phc.is_ok(), "a slot keeps the pool alive");
    drop(slot);
    // Each worker's engine holds the gate; when only this handle is left, they are gone.
    while Arc::strong_count(&gate) > 1 {
        std::thread::yield_now();
    }
}

#[test]
fn an_observer_sees_every_piece_of_work() {
    #[derive(Default)]
    struct Log(Mutex<Vec<Work>>, Mutex<Vec<Class>>);
    impl HashObserver for Log {
        fn observed(&self, what: Work, took: Duration) {
            assert!(took > Duration::ZERO);
            self.0.lock().expect("not poisoned").push(what);
        }

        fn waited(&self, class: Class, _waited: Duration) {
            self.1.lock().expect("not poisoned").push(class);
        }
    }
    let log = Arc::new(Log::default());
    let observer: Arc<dyn HashObserver> = Arc::clone(&log) as _;
    let pool = HashPool::start_observed(config(1, 0), observer).expect("a pool");
    runtime().block_on(async {
        let slot = reserve(&pool).expect("a place");
        let phc = slot.hash(input("a"), [0; 16]).await.expect("hashes");
        slot.compare(Kind::Login, &phc, input("b")).await.expect("no fault");
        slot.decoy(Kind::Payment, input("b")).await.expect("no fault");
        drop(slot);
        pool.hash_in_background(input("a"), [0; 16]).await.expect("hashes");
    });
    let seen = log.0.lock().expect("not poisoned");
    assert_eq!(*seen, [Work::Hash, Work::Compare(Kind::Login), Work::Decoy(Kind::Payment), Work::Hash]);
    let classes = log.1.lock().expect("not poisoned");
    assert_eq!(*classes, [Class::Live, Class::Live, Class::Live, Class::Background]);
}
