//! Secrets that the server made up, and resets that come to nothing: neither is a way to more guesses.

mod support;

use countersign_domain::answer::{Refusal, Reply};
use countersign_domain::code::Purpose;
use countersign_domain::command::{Command, Subject};
use countersign_domain::id::AccountId;
use countersign_domain::policy::Policy;
use countersign_domain::secret::{Kind, SecretText};
use countersign_service::Clock;
use support::{World, change, reset};

const DAY_S: u32 = 24 * 3600;

/// A code, a new secret, and how the reset is refused.
type Attempt<'a> = (&'a SecretText, &'a str, fn(&Refusal) -> bool);

async fn make_temporary(world: &World, account: AccountId) -> SecretText {
    let make = Command::ResetToTemporary { subject: Subject::Account(account), kind: Kind::Query };
    match world.run(make).await {
        Ok(Reply::SecretMadeTemporary(secret)) => secret,
        other => panic!("no temporary secret: {:?}", other.err()),
    }
}

async fn miss(world: &World, account: AccountId) -> Result<(), Refusal> {
    match world.verify(account, Kind::Query, "wrong1").await {
        Err(Refusal::Incorrect { .. }) => Ok(()),
        Err(refusal) => Err(refusal),
        Ok(_) => panic!("that was not it"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_temporary_secret_has_five_guesses_in_all_and_then_only_another_reset_helps() {
    let policy =
        Policy { temporary_life: countersign_domain::time::Span::from_hours(24 * 60), ..Policy::default() };
    let world = World::with(policy, 512).await;
    let account = world.account("ann", &[(Kind::Query, "query-1")]).await;
    let made = make_temporary(&world, account).await;
    for _ in 0..5 {
        miss(&world, account).await.expect("compared");
    }
    for _ in 0..30 {
        let blocked = world.verify(account, Kind::Query, made.expose()).await;
        assert_eq!(blocked, Err(Refusal::Locked { until: None, misses: 5 }));
        let replaced = world.run(change(account, Kind::Query, made.expose(), "another1")).await;
        assert_eq!(
            replaced.err(),
            Some(Refusal::Locked { until: None, misses: 5 }),
            "nor may it be replaced"
        );
        world.clock.advance(DAY_S);
    }
    let made = make_temporary(&world, account).await;
    world.verify(account, Kind::Query, made.expose()).await.expect("after another reset");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_number_of_guesses_is_the_settings_and_never_more_than_any_secrets() {
    for (setting, allowed) in [(1, 1), (3, 3), (5, 5), (50, 5)] {
        let world = World::with(Policy { temporary_guesses: setting, ..Policy::default() }, 512).await;
        let account = world.account("ann", &[(Kind::Query, "query-1")]).await;
        make_temporary(&world, account).await;
        let before = world.comparisons(Kind::Query);
        while miss(&world, account).await.is_ok() {}
        assert_eq!(world.comparisons(Kind::Query) - before, allowed, "with {setting}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_temporary_secret_ends_with_its_life_and_is_worth_no_more_guesses_then() {
    let world = World::new().await;
    let account = world.account("ann", &[(Kind::Query, "query-1")]).await;
    let made = make_temporary(&world, account).await;
    world.clock.advance(DAY_S - 1);
    world.verify(account, Kind::Query, made.expose()).await.expect("in its last second");
    world.clock.advance(1);
    let before = world.comparisons(Kind::Query);
    assert_eq!(world.verify(account, Kind::Query, made.expose()).await, Err(Refusal::WRONG));
    assert_eq!(world.comparisons(Kind::Query), before, "there is nothing to compare with");
    let replaced = world.run(change(account, Kind::Query, made.expose(), "another1")).await;
    assert_eq!(replaced.err(), Some(Refusal::WRONG));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_replaces_a_temporary_secret_has_the_budget_of_any_other() {
    let world = World::new().await;
    let account = world.account("ann", &[(Kind::Query, "query-1")]).await;
    let made = make_temporary(&world, account).await;
    miss(&world, account).await.expect("compared");
    world.run(change(account, Kind::Query, made.expose(), "another1")).await.expect("replaced");
    for _ in 0..5 {
        miss(&world, account).await.expect("compared");
    }
    assert!(matches!(miss(&world, account).await, Err(Refusal::Locked { until: Some(_), misses: 5 })));
    world.clock.advance(DAY_S);
    world.verify(account, Kind::Query, "another1").await.expect("a lock that ends by time");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_that_is_not_completed_refills_nothing() {
    let world = World::new().await;
    let secrets = [(Kind::Login, "login-Passw0rd"), (Kind::Payment, "kZ81mq")];
    let account = world.account("ann", &secrets).await;
    for _ in 0..4 {
        assert!(world.verify(account, Kind::Payment, "wrong1").await.is_err());
    }
    let code = world.code(account, Purpose::PaymentReset).await;
    let wrong = SecretText::new(if code.expose() == "000000" { "000001" } else { "000000" }.to_owned());
    let attempts: [Attempt<'_>; 4] = [
        (&wrong, "another1", |refusal| matches!(refusal, Refusal::CodeIncorrect { remaining: Some(4) })),
        (&code, "short", |refusal| matches!(refusal, Refusal::TooShort(_))),
        (&code, "123456", |refusal| matches!(refusal, Refusal::TooCommon)),
        (&code, "login-Passw0rd", |refusal| matches!(refusal, Refusal::SameAsLogin)),
    ];
    for (code, new, expected) in attempts {
        let refusal = world.run(reset(account, Kind::Payment, code, new)).await.err().expect("refused");
        assert!(expected(&refusal), "{new}: {refusal:?}");
    }
    let last = world.verify(account, Kind::Payment, "wrong1").await;
    assert!(matches!(last, Err(Refusal::Incorrect { remaining: Some(0), .. })), "{last:?}");
    assert!(matches!(world.verify(account, Kind::Payment, "kZ81mq").await, Err(Refusal::Locked { .. })));
    let refused = world.run(reset(account, Kind::Payment, &code, "login-Passw0rd")).await;
    assert_eq!(refused.err(), Some(Refusal::SameAsLogin), "the code is still good, and the lock still there");
    assert!(matches!(world.verify(account, Kind::Payment, "kZ81mq").await, Err(Refusal::Locked { .. })));
    world.run(reset(account, Kind::Payment, &code, "kJ-7711")).await.expect("completed");
    for left in (2..5).rev() {
        let missed = world.verify(account, Kind::Payment, "wrong1").await;
        assert!(
            matches!(missed, Err(Refusal::Incorrect { remaining: Some(n), .. }) if n == left),
            "{missed:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_for_one_secret_resets_no_other_and_tells_of_no_lock() {
    let world = World::new().await;
    let account = world.account("ann", &[(Kind::Payment, "kZ81mq"), (Kind::Query, "query-1")]).await;
    for _ in 0..5 {
        assert!(world.verify(account, Kind::Payment, "wrong1").await.is_err());
    }
    let code = world.code(account, Purpose::QueryReset).await;
    let refused = world.run(reset(account, Kind::Payment, &code, "kJ-7711")).await;
    assert_eq!(refused.err(), Some(Refusal::CodeIncorrect { remaining: None }));
    world.run(reset(account, Kind::Query, &code, "query-2")).await.expect("what it was sent for");
    assert!(matches!(world.verify(account, Kind::Payment, "kZ81mq").await, Err(Refusal::Locked { .. })));
}
