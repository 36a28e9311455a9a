//! A verifier above the ceiling is not compared, and what was charged for that is given back: no secret locks without a
//! single comparison.

mod support;

use countersign_crypto::engine::Params;
use countersign_domain::answer::{Refusal, Reply};
use countersign_domain::command::{Command, Subject};
use countersign_domain::id::AccountId;
use countersign_domain::secret::Kind;
use countersign_service::{Context, Fault};
use support::{APP, World, change, origin, verify};

const LOGIN: &str = "login-Passw0rd";
const RIGHT: &str = "kZ81mq";

fn costlier() -> Params {
    Params::new(16, 2, 1).expect("parameters")
}

async fn fault(world: &World, command: Command) -> Fault {
    match world.service.execute(command, Context::of(origin())).await {
        Err(fault) => fault,
        Ok(outcome) => panic!("answered: {:?}", outcome.err()),
    }
}

async fn remaining(world: &World, account: AccountId, kind: Kind) -> u32 {
    match world.run(Command::ReadAccount(Subject::Account(account), APP)).await {
        Ok(Reply::Account(view)) => {
            view.secrets.iter().find(|secret| secret.kind == kind).expect("is told").remaining
        }
        other => panic!("not read: {:?}", other.err()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_above_the_ceiling_never_locks_and_is_no_comparison() {
    let world = World::new().await.restart_with(costlier()).await;
    let account = world.account("ann", &[(Kind::Payment, RIGHT)]).await;
    assert!(matches!(
        world.verify(account, Kind::Payment, "wrong1").await,
        Err(Refusal::Incorrect { remaining: Some(4), .. })
    ));
    let world = world.restart_with_the_lowest_ceiling().await;
    for (guess, times) in [(RIGHT, 12), ("wrong2", 12)] {
        for _ in 0..times {
            let told = fault(&world, verify(account, Kind::Payment, guess)).await;
            assert!(
                matches!(told, Fault::AboveCeiling { account: of, kind: Kind::Payment, params }
                    if of == account && params == costlier()),
                "{told}"
            );
            let words = told.to_string();
            for part in [&account.to_string(), "payment", "m=16, t=2, p=1", "hash.allowance_kib"] {
                assert!(words.contains(part), "{words}");
            }
            assert!(!words.contains("argon2id") && !words.contains(guess), "{words}");
        }
    }
    assert_eq!((world.comparisons(Kind::Payment), world.decoys(Kind::Payment)), (0, 24));
    assert_eq!(remaining(&world, account, Kind::Payment).await, 4, "what was compared before stays charged");
    let world = world.restart_with(costlier()).await;
    world.verify(account, Kind::Payment, RIGHT).await.expect("right, where it can be compared");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_secret_above_the_ceiling_spends_neither_questions_nor_guesses() {
    let world = World::new().await;
    let account = world.account("ann", &[(Kind::Login, LOGIN), (Kind::Payment, RIGHT)]).await;
    let world = world.restart_with(costlier()).await;
    world.run(change(account, Kind::Login, LOGIN, "another-Passw0rd")).await.expect("changes");
    let world = world.restart_with_the_lowest_ceiling().await;
    for _ in 0..12 {
        let told = fault(&world, change(account, Kind::Payment, RIGHT, "mQ83bv")).await;
        assert!(matches!(told, Fault::AboveCeiling { kind: Kind::Login, .. }), "{told}");
    }
    assert_eq!(world.comparisons(Kind::Login), 0);
    assert_eq!(remaining(&world, account, Kind::Payment).await, 5);
    let world = world.restart_with(costlier()).await;
    world.run(change(account, Kind::Payment, RIGHT, "mQ83bv")).await.expect("there is room for the question");
}
