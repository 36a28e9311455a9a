//! Several requests about one secret at once: who is right is not told to come back, and no guess is won by waiting.

mod support;

use countersign_domain::answer::{Refusal, Reply};
use countersign_domain::id::AccountId;
use countersign_domain::secret::Kind;
use countersign_service::Context;
use support::{World, verify};

const RIGHT: &str = "kZ81mq";

/// More than a burst has room for; few enough that nobody can be overtaken as often as one may ask again.
const AT_ONCE: usize = 12;

async fn at_once(
    world: &World,
    guesses: impl Iterator<Item = (AccountId, &'static str)>,
) -> Vec<Result<Reply, Refusal>> {
    let mut running = tokio::task::JoinSet::new();
    for (account, guess) in guesses {
        let service = world.service.clone();
        running.spawn(async move {
            let asked =
                service.execute(verify(account, Kind::Payment, guess), Context::of(support::origin()));
            asked.await.expect("no fault").map(|done| done.reply)
        });
    }
    running.join_all().await
}

#[tokio::test(flavor = "multi_thread")]
async fn twelve_who_are_right_at_once_are_all_told_so() {
    let world = World::new().await;
    let account = world.account("ann", &[(Kind::Payment, RIGHT)]).await;
    let before = world.comparisons(Kind::Payment);
    for told in at_once(&world, core::iter::repeat_n((account, RIGHT), AT_ONCE)).await {
        assert!(told.is_ok(), "{:?}", told.err());
    }
    assert_eq!(world.comparisons(Kind::Payment) - before, AT_ONCE as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twelve_who_are_wrong_at_once_five_are_compared_and_the_others_see_the_lock() {
    let world = World::new().await;
    let account = world.account("ann", &[(Kind::Payment, RIGHT)]).await;
    let before = world.comparisons(Kind::Payment);
    let told = at_once(&world, core::iter::repeat_n((account, "wrong1"), AT_ONCE)).await;
    let incorrect = told.iter().filter(|told| matches!(told, Err(Refusal::Incorrect { .. }))).count();
    let locked = told.iter().filter(|told| matches!(told, Err(Refusal::Locked { .. }))).count();
    assert_eq!((incorrect, locked), (5, AT_ONCE - 5), "nobody is told to come back at once");
    assert_eq!(world.comparisons(Kind::Payment) - before, 5);
    assert!(matches!(world.verify(account, Kind::Payment, RIGHT).await, Err(Refusal::Locked { .. })));
}
