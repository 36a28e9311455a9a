//! A request whose key was taken over while it was at work: what it was about to answer did not happen.

mod support;

use core::future::poll_fn;
use core::pin::pin;
use core::sync::atomic::{AtomicU32, Ordering};
use core::task::Poll;
use std::sync::Arc;

use countersign_domain::command::{Command, Subject};
use countersign_domain::id::AppId;
use countersign_domain::secret::Kind;
use countersign_domain::time::Span;
use countersign_service::{Admission, ClaimedKey, Clock, Context};
use support::World;

async fn claimed(world: &World, key: &str) -> Option<ClaimedKey> {
    let admitted = world.service.admit_key(AppId::from_bytes([1; 16]), key, &[], Span::from_secs(60)).await;
    match admitted.expect("no fault") {
        Admission::Fresh(claim) => Some(claim),
        Admission::Answered(_) | Admission::Running | Admission::Mismatch => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_was_worded_and_not_saved_is_known_as_such() {
    let world = World::new().await;
    let mut worded_in_vain = 0;
    for step in 0..20 {
        let key = format!("key-{step}");
        let account = world.account(&format!("ann-{step}"), &[(Kind::Payment, "kZ81mq")]).await;
        let said = Arc::new(AtomicU32::new(0));
        let wording = Arc::clone(&said);
        let claim = claimed(&world, &key).await.expect("nobody has it").worded(Arc::new(move |_, _| {
            wording.fetch_add(1, Ordering::SeqCst);
            Vec::new()
        }));
        let (subject, reason) = (Subject::Account(account), "asked".to_owned());
        let unlock = Command::Unlock { subject, kind: Kind::Payment, reason, holder: support::APP };
        let context = Context { key: Some(claim.clone()), ..Context::of(support::origin()) };
        let mut work = pin!(world.service.execute(unlock, context));
        let mut early = None;
        for _ in 0..step {
            if early.is_none() {
                early = poll_fn(|task| match work.as_mut().poll(task) {
                    Poll::Ready(outcome) => Poll::Ready(Some(outcome)),
                    Poll::Pending => Poll::Ready(None),
                })
                .await;
            }
        }
        world.clock.advance(70);
        let taken_over = claimed(&world, &key).await.is_some();
        let outcome = match early {
            Some(outcome) => outcome,
            None => work.await,
        };
        let saved = outcome.expect("no fault").is_ok();
        assert_eq!(claim.is_kept(), saved, "{step}");
        assert!(!(saved && taken_over), "{step}: it is answered, so nobody takes it over");
        worded_in_vain += u32::from(!saved && said.load(Ordering::SeqCst) > 0);
    }
    assert!(worded_in_vain > 0, "no request was taken over while it was at work");
}
