//! Stale verifiers: a success is answered first, and its verifier renewed without a guess, a lock or a new version.

mod support;

use countersign_crypto::engine::Params;
use countersign_crypto::legacy::upper_md5;
use countersign_domain::answer::Refusal;
use countersign_domain::command::{Command, Subject};
use countersign_domain::id::AccountId;
use countersign_domain::policy::Policy;
use countersign_domain::secret::{Input, Kind, Presented, Verifier};
use countersign_service::{Remade, Settings, Store};
use countersign_store::sqlite::{Options, SqliteStore};
use support::{World, change, open, settings};

const RIGHT: &str = "kZ81mq";

/// A world whose hashes cost more than those of the secrets in it, and one of its accounts.
async fn costlier() -> (World, AccountId) {
    let world = World::new().await;
    let account = world.account("ann", &[(Kind::Login, "login-Passw0rd"), (Kind::Payment, RIGHT)]).await;
    (world.restart_with(Params::new(16, 2, 1).expect("parameters")).await, account)
}

async fn stored(world: &World, account: AccountId) -> Verifier {
    let store =
        SqliteStore::open(world.folder.path().join("test.db"), Options::default()).expect("a database");
    let record = store.read(account).await.expect("reads").expect("is there");
    record.payment.verifier().expect("is set").clone()
}

fn remade(world: &World) -> Vec<Remade> {
    std::mem::take(&mut *world.observer.remade.lock().expect("not poisoned"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_success_is_answered_first_and_its_verifier_remade_afterwards() {
    let (world, account) = costlier().await;
    let before = stored(&world, account).await;
    assert!(world.verify(account, Kind::Payment, "wrong1").await.is_err());
    assert_eq!(remade(&world), [], "who is not right changes nothing");
    world.verify(account, Kind::Payment, RIGHT).await.expect("right");
    assert_eq!((remade(&world), world.pool.counts().hashes()), (vec![Remade::Queued], 0));
    assert!(stored(&world, account).await == before);
    assert!(world.verify(account, Kind::Payment, "wrong1").await.is_err());
    let compared = world.comparisons(Kind::Payment);
    world.service.remake_next().await.expect("remade");
    let after = stored(&world, account).await;
    assert!(after.version == before.version && after.input == before.input && after.sealed != before.sealed);
    assert_eq!((remade(&world), world.pool.counts().hashes()), (vec![Remade::Done], 1));
    assert_eq!(world.comparisons(Kind::Payment), compared);
    let left = world.verify(account, Kind::Payment, "wrong1").await;
    assert!(
        matches!(left, Err(Refusal::Incorrect { remaining: Some(3), .. })),
        "no budget is touched: {left:?}"
    );
    world.verify(account, Kind::Payment, RIGHT).await.expect("right");
    assert_eq!(remade(&world), [], "it is not stale any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_renews_the_login_secret_too() {
    let (world, _) = costlier().await;
    world.run(open("ann", "login-Passw0rd")).await.expect("a session");
    assert_eq!(remade(&world), [Remade::Queued]);
    world.service.remake_next().await.expect("remade");
    world.run(open("ann", "login-Passw0rd")).await.expect("another");
    assert_eq!(remade(&world), [Remade::Done]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_in_between_makes_it_void() {
    let (world, account) = costlier().await;
    world.verify(account, Kind::Payment, RIGHT).await.expect("right");
    world.run(change(account, Kind::Payment, RIGHT, "Wq72nb")).await.expect("changed");
    let changed = stored(&world, account).await;
    world.service.remake_next().await.expect("nothing to do");
    assert_eq!(remade(&world), [Remade::Queued, Remade::Superseded]);
    assert!(stored(&world, account).await == changed);
    world.verify(account, Kind::Payment, "Wq72nb").await.expect("the new one");
    assert!(world.verify(account, Kind::Payment, RIGHT).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn as_many_wait_as_may_and_the_next_success_tries_again() {
    let (world, ann) = costlier().await;
    let world = world.restart(5).await;
    let bob = world.account("bob", &[(Kind::Payment, RIGHT)]).await;
    let world = world.restart_with(Params::new(16, 2, 1).expect("parameters")).await;
    world.service.bound_remakes(1);
    for account in [ann, ann, bob] {
        world.verify(account, Kind::Payment, RIGHT).await.expect("right");
    }
    assert_eq!(remade(&world), [Remade::Queued, Remade::Dropped, Remade::Dropped]);
    world.service.remake_next().await.expect("remade");
    for account in [ann, bob] {
        world.verify(account, Kind::Payment, RIGHT).await.expect("right");
    }
    assert_eq!(remade(&world), [Remade::Done, Remade::Queued]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_form_is_taken_over_where_the_text_is_known() {
    let world = World::new().await;
    let account = world.account("ann", &[(Kind::Payment, RIGHT)]).await;
    let digest = || Command::Verify {
        subject: Subject::Account(account),
        kind: Kind::Payment,
        presented: Presented::Digest(upper_md5(RIGHT.as_bytes())),
        holder: None,
    };
    assert!(stored(&world, account).await.input == Input::LegacyDigest);
    let policy = Policy { input: Input::Plain, ..Policy::default() };
    world.service.put_settings(Settings { policy, ..settings(Policy::default()) });
    world.run(digest()).await.expect("right");
    assert_eq!(remade(&world), [], "of a digest no other form can be made");
    world.verify(account, Kind::Payment, RIGHT).await.expect("right");
    world.service.remake_next().await.expect("remade");
    assert_eq!(remade(&world), [Remade::Queued, Remade::Done]);
    assert!(stored(&world, account).await.input == Input::Plain);
    world.verify(account, Kind::Payment, RIGHT).await.expect("right");
    assert_eq!(world.run(digest()).await.err(), Some(Refusal::DigestNotAccepted));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_seal_is_renewed_with_the_success_and_without_a_hash() {
    let world = World::new().await;
    let account = world.account("ann", &[(Kind::Payment, RIGHT)]).await;
    let (before, hashes) = (stored(&world, account).await, world.pool.counts().hashes());
    world.service.rotate_key().await.expect("a key");
    assert!(world.verify(account, Kind::Payment, "wrong1").await.is_err());
    assert!(stored(&world, account).await == before);
    world.verify(account, Kind::Payment, RIGHT).await.expect("right");
    let after = stored(&world, account).await;
    assert!(after.sealed != before.sealed && after.version == before.version);
    world.verify(account, Kind::Payment, RIGHT).await.expect("right");
    assert!(stored(&world, account).await == after);
    assert_eq!((remade(&world), world.pool.counts().hashes()), (vec![], hashes));
}
