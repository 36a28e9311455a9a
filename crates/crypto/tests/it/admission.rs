//! Who is let in to the pool, whose turn it is, and what gives way. No test sleeps or measures.

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Waker};
use std::time::Duration;

use countersign_crypto::engine::{
    HashObserver, HashPool, Need, Overloaded, PoolConfig, Priority, Reason, Slot, Work,
};
use countersign_domain::identifier::TenantId;
use countersign_domain::secret::Kind;
use countersign_domain::time::Span;

use crate::pool::{Gate, config, gated, input, reserve, runtime};

fn of(pool: &HashPool, tenant: &str) -> Result<Slot, Overloaded> {
    pool.reserve(Need::one(TenantId::parse(tenant).expect("a name")))
}

#[test]
fn whoever_cannot_be_served_within_the_target_is_turned_away() {
    let pool =
        HashPool::start(PoolConfig { target: Some(Duration::ZERO), ..config(2, 100) }).expect("a pool");
    let free = (reserve(&pool).expect("a worker is free"), reserve(&pool).expect("and another"));
    let refused = reserve(&pool).err().expect("whatever a hash takes, it takes more than no time");
    assert_eq!(refused.reason, Reason::Target);
    assert_eq!(refused.retry_after, Span::from_secs(1));
    drop(free);
    assert!(reserve(&pool).is_ok());
    let refused = Reason::ALL.map(|reason| pool.counts().refused(reason));
    assert_eq!((refused, pool.counts().taken()), ([0, 1, 0], 0));
}

#[test]
fn whoever_is_too_late_is_turned_away_though_a_worker_is_free() {
    let pool = HashPool::start(config(1, 0)).expect("a pool");
    let late = Need { within: Some(Span::ZERO), ..Need::one(TenantId::default_tenant()) };
    let refused = pool.reserve(late.clone()).err().expect("nobody waits for it any more");
    assert_eq!((refused.reason, pool.counts().taken()), (Reason::Deadline, 0));
    assert!(pool.reserve(Need { within: Some(Span::from_millis(1)), ..late }).is_ok());
}

#[test]
fn a_flood_does_not_keep_another_tenant_waiting() {
    #[derive(Default)]
    struct Log(Mutex<Vec<Work>>);
    impl HashObserver for Log {
        fn observed(&self, what: Work, _took: Duration) {
            self.0.lock().expect("not poisoned").push(what);
        }
    }
    let (log, gate) = (Arc::new(Log::default()), Arc::new(Gate::default()));
    let observer: Arc<dyn HashObserver> = Arc::clone(&log) as _;
    let pool = HashPool::start_with(config(1, 9), Some(observer), &gated(&gate)).expect("a pool");
    let (begun, has_begun) = mpsc::channel();
    let (let_go, go) = mpsc::channel();
    *gate.hooks.lock().expect("not poisoned") = Some((begun, go));

    let slots: Vec<_> = (0..4).map(|_| of(&pool, "flood").expect("a place")).collect();
    let other = of(&pool, "other").expect("a place");
    let mut context = Context::from_waker(Waker::noop());
    let mut asked: Vec<_> = slots.iter().map(|slot| Box::pin(slot.decoy(Kind::Login, input("a")))).collect();
    assert!(asked[0].as_mut().poll(&mut context).is_pending());
    has_begun.recv().expect("the first begins");
    for later in &mut asked[1..] {
        assert!(later.as_mut().poll(&mut context).is_pending());
    }
    let mut asked_by_other = pin!(other.decoy(Kind::Payment, input("a")));
    assert!(asked_by_other.as_mut().poll(&mut context).is_pending());
    for _ in 0..5 {
        let_go.send(()).expect("the worker waits");
    }
    runtime().block_on(async {
        for one in asked {
            assert_eq!(one.await, Ok(()));
        }
        assert_eq!(asked_by_other.await, Ok(()));
    });
    let (flood, other) = (Work::Decoy(Kind::Login), Work::Decoy(Kind::Payment));
    assert_eq!(*log.0.lock().expect("not poisoned"), [flood, flood, other, flood, flood]);
}

#[test]
fn the_background_waits_for_a_worker_that_nobody_with_a_place_could_need() {
    let pool = HashPool::start(config(1, 1)).expect("a pool");
    let slot = reserve(&pool).expect("a place");
    let mut remade = Box::pin(pool.hash_in_background(input("a"), [0; 16]));
    let mut context = Context::from_waker(Waker::noop());
    assert!(remade.as_mut().poll(&mut context).is_pending());
    let live = runtime().block_on(slot.hash(input("b"), [0; 16]));
    assert!(live.is_ok());
    // The place is still taken, so its next hash may come at any moment.
    assert_eq!((pool.counts().background(), pool.counts().hashes()), (1, 1));
    assert!(reserve(&pool).is_ok(), "what waits in the background takes no place");
    drop(slot);
    assert!(runtime().block_on(remade).is_ok());
    assert_eq!((pool.counts().background(), pool.counts().hashes()), (0, 2));
}

#[test]
fn the_background_goes_on_beside_live_work_where_a_worker_is_idle() {
    let pool = HashPool::start(config(2, 0)).expect("a pool");
    let slot = reserve(&pool).expect("a place");
    assert!(runtime().block_on(pool.hash_in_background(input("a"), [0; 16])).is_ok());
    drop(slot);
}

#[test]
fn what_nobody_waits_for_in_the_background_is_not_computed() {
    let pool = HashPool::start(config(1, 0)).expect("a pool");
    let slot = reserve(&pool).expect("a place");
    let mut remade = Box::pin(pool.hash_in_background(input("a"), [0; 16]));
    assert!(remade.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    drop(remade);
    drop(slot);
    // The worker takes it out of the queue by itself; there is no other event to wait for.
    while pool.counts().background() > 0 {
        std::thread::yield_now();
    }
    assert_eq!(pool.counts().hashes(), 0);
}

#[test]
fn hash_threads_give_way_as_far_as_they_are_told_to() {
    let at = |nice| HashPool::start(PoolConfig { nice, ..config(2, 0) }).expect("a pool");
    assert_eq!(*at(0).priority(), Priority::Untouched);
    if cfg!(target_os = "linux") {
        assert_eq!(*at(3).priority(), Priority::Lowered(3));
    } else {
        assert!(matches!(at(3).priority(), Priority::Refused(_)));
    }
}
