//! A request with an idempotency key that came too fast: nothing was done, so its key is free again.

mod support;

use std::sync::Arc;

use countersign_domain::answer::Refusal;
use countersign_domain::id::AppId;
use countersign_domain::policy::Policy;
use countersign_domain::secret::Kind;
use countersign_domain::spray::{SprayPolicy, Threshold};
use countersign_domain::time::Span;
use countersign_service::{Admission, Clock, Context};
use support::{World, verify};

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_came_too_fast_may_come_again_under_its_key_when_it_was_told_to() {
    let (secret, pace) = (Threshold { slow: 1, refuse: 9 }, Span::from_secs(10));
    let spray = SprayPolicy { secret, pace, ..SprayPolicy::default() };
    let world = World::with(Policy { spray, ..Policy::default() }, 512).await;
    let ann = world.account("ann", &[(Kind::Payment, "kZ81mq")]).await;
    // The first trips the watch, the second takes the first place in the trickle.
    for _ in 0..2 {
        let missed = world.verify(ann, Kind::Payment, "wrong1").await;
        assert!(matches!(missed, Err(Refusal::Incorrect { .. })), "{missed:?}");
    }
    let send = async || {
        let admitted = world.service.admit_key(AppId::from_bytes([1; 16]), "key", &[], Span::from_secs(60));
        let claim = match admitted.await.expect("no fault") {
            Admission::Fresh(claim) => {
                claim.worded(Arc::new(|outcome, _| format!("{:?}", outcome.err()).into()))
            }
            Admission::Answered(bytes) => return String::from_utf8(bytes).expect("text"),
            Admission::Running | Admission::Mismatch => panic!("nobody else has the key"),
        };
        let context = Context { key: Some(claim.clone()), ..Context::of(support::origin()) };
        let outcome = world.service.execute(verify(ann, Kind::Payment, "wrong1"), context).await;
        let outcome = outcome.expect("no fault");
        world.service.settle_key(&claim, outcome.as_ref()).await.expect("no fault");
        format!("{:?}", outcome.err())
    };
    assert!(send().await.starts_with("Some(RateLimited"));
    world.clock.advance(10);
    let told = send().await;
    assert!(told.starts_with("Some(Incorrect { remaining: Some(2)"), "{told}");
    assert_eq!(send().await, told, "that is kept");
    assert!(matches!(
        world.verify(ann, Kind::Payment, "other1").await,
        Err(Refusal::Incorrect { remaining: Some(1), .. })
    ));
}
