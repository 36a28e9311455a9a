//! Known devices on the real store and the real pool: whose guesses stop whom, and what a token is worth.

mod support;

use countersign_domain::answer::Refusal;
use countersign_domain::command::{Command, Subject};
use countersign_domain::device::DevicePresented;
use countersign_domain::id::AccountId;
use countersign_domain::policy::{DevicePolicy, Policy};
use countersign_domain::secret::{Kind, SecretText};
use support::{World, change, from_device, open, reset, verify};

const RIGHT: &str = "kZ81mq";

/// Presents the secret on a device that wants to be known, and gives its token.
async fn token(world: &World, account: AccountId) -> Option<SecretText> {
    let known = world.ask(verify(account, Kind::Payment, RIGHT), from_device(DevicePresented::Unknown)).await;
    known.expect("the right secret").device
}

async fn verify_on(
    world: &World,
    account: AccountId,
    guess: &str,
    token: &SecretText,
) -> Result<Option<SecretText>, Refusal> {
    let device = from_device(DevicePresented::Token(token.clone()));
    world.ask(verify(account, Kind::Payment, guess), device).await.map(|done| done.device)
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_in_parallel_use_up_the_account_and_the_owner_goes_on_meanwhile() {
    let world = World::new().await;
    let account = world.account("ann", &[(Kind::Payment, RIGHT)]).await;
    let token = token(&world, account).await.expect("known");
    let before = world.comparisons(Kind::Payment);
    let mut strangers = tokio::task::JoinSet::new();
    for n in 0..100 {
        let (service, command) =
            (world.service.clone(), verify(account, Kind::Payment, &format!("wrong{n}")));
        let context = from_device(DevicePresented::Unknown);
        strangers.spawn(async move { service.execute(command, context).await.expect("no fault").err() });
    }
    for _ in 0..10 {
        verify_on(&world, account, RIGHT, &token).await.expect("the owner, while strangers guess");
    }
    let refusals = strangers.join_all().await;
    assert!(refusals.iter().all(Option::is_some));
    assert_eq!(world.comparisons(Kind::Payment) - before, 5 + 10, "five by strangers, ten by the owner");
    assert!(matches!(world.verify(account, Kind::Payment, RIGHT).await, Err(Refusal::Locked { .. })));
    let again = verify_on(&world, account, RIGHT, &token).await.expect("the owner, after the lock");
    assert!(again.is_some_and(|again| again == token), "a device keeps its token");
    let world = world.restart(3).await;
    verify_on(&world, account, RIGHT, &token).await.expect("the owner, after a restart");
    assert!(matches!(world.verify(account, Kind::Payment, RIGHT).await, Err(Refusal::Locked { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stolen_token_is_worth_its_devices_budget_however_many_use_it_at_once() {
    let world = World::new().await;
    let account = world.account("ann", &[(Kind::Payment, RIGHT)]).await;
    let stolen = token(&world, account).await.expect("known");
    let before = world.comparisons(Kind::Payment);
    let mut thieves = tokio::task::JoinSet::new();
    for n in 0..60 {
        let (service, command) =
            (world.service.clone(), verify(account, Kind::Payment, &format!("wrong{n}")));
        let context = from_device(DevicePresented::Token(stolen.clone()));
        thieves.spawn(async move { service.execute(command, context).await.expect("no fault").err() });
    }
    let told = thieves.join_all().await;
    let wrong = told.iter().filter(|told| matches!(told, Some(Refusal::Incorrect { .. }))).count();
    assert_eq!((wrong, world.comparisons(Kind::Payment) - before), (3, 3));
    let locked = verify_on(&world, account, RIGHT, &stolen).await.err();
    assert!(matches!(locked, Some(Refusal::Locked { until: Some(_), misses: 3 })), "{locked:?}");
    world.verify(account, Kind::Payment, RIGHT).await.expect("everybody else");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_not_this_accounts_is_charged_like_none_and_replaced_after_a_success() {
    let world = World::new().await;
    let ann = world.account("ann", &[(Kind::Payment, RIGHT)]).await;
    let bob = world.account("bob", &[(Kind::Payment, RIGHT)]).await;
    let (anns, bobs) = (token(&world, ann).await.expect("known"), token(&world, bob).await.expect("known"));
    let mut forged = anns.expose().to_owned();
    let last = if forged.ends_with('A') { "B" } else { "A" };
    forged.replace_range(30..31, last);
    let of_a_session = match world.run(open("ann", "no-such-secret")).await {
        Err(_) => "cst_AAAA".to_owned(),
        Ok(_) => panic!("ann has no login secret"),
    };
    let useless =
        [bobs, SecretText::new(forged), SecretText::new(of_a_session), SecretText::new(String::new())];
    for (n, token) in useless.iter().enumerate() {
        let refused = verify_on(&world, ann, "wrong1", token).await.err();
        let left = u32::try_from(4 - n).expect("small");
        assert!(
            matches!(refused, Some(Refusal::Incorrect { remaining: Some(remaining), .. }) if remaining == left),
            "token {n} is charged to the account: {refused:?}"
        );
    }
    for token in &useless {
        let given = verify_on(&world, ann, RIGHT, token).await.expect("the right secret").expect("known now");
        assert!(given != *token && given != anns, "it gets one of its own");
        verify_on(&world, ann, RIGHT, &given).await.expect("and is known by it");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_comes_with_success_only_and_only_to_who_asks() {
    let world = World::new().await;
    let account = world.account("ann", &[(Kind::Login, "login-Passw0rd"), (Kind::Payment, RIGHT)]).await;
    let asks = || from_device(DevicePresented::Unknown);
    let silent = || from_device(DevicePresented::Nothing);
    let refused = world.ask(verify(account, Kind::Payment, "wrong1"), asks()).await;
    assert!(matches!(refused.err(), Some(Refusal::Incorrect { .. })), "and that answer has no place for one");
    let quiet = world.ask(verify(account, Kind::Payment, RIGHT), silent()).await.expect("right");
    assert!(quiet.device.is_none());
    let kept = world.ask(change(account, Kind::Payment, RIGHT, "login-Passw0rd"), asks()).await;
    assert_eq!(kept.err(), Some(Refusal::SameAsLogin), "right, but nothing came of it");
    let changed = world.ask(change(account, Kind::Payment, RIGHT, "another1"), asks()).await;
    assert!(changed.expect("changed").device.is_some());
    let opened = world.ask(open("ann", "login-Passw0rd"), asks()).await;
    let of_login = opened.expect("a session").device.expect("a token");
    let elsewhere = from_device(DevicePresented::Token(of_login.clone()));
    let refused = world.ask(verify(account, Kind::Payment, "wrong1"), elsewhere).await;
    assert!(
        matches!(refused.err(), Some(Refusal::Incorrect { remaining: Some(4), .. })),
        "a device is known by secret"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_device_becomes_known_no_token_is_given() {
    let devices = DevicePolicy { per_account: 0, ..DevicePolicy::default() };
    let world = World::with(Policy { devices, ..Policy::default() }, 512).await;
    let account = world.account("ann", &[(Kind::Payment, RIGHT)]).await;
    assert!(token(&world, account).await.is_none(), "none may be known");
    let world = World::new().await;
    let account = world.account("ann", &[(Kind::Query, "first-1")]).await;
    let made = Command::ResetToTemporary { subject: Subject::Account(account), kind: Kind::Query };
    let Ok(countersign_domain::answer::Reply::SecretMadeTemporary(made)) = world.run(made).await else {
        panic!("a temporary secret")
    };
    let asks = from_device(DevicePresented::Unknown);
    let verified = world.ask(verify(account, Kind::Query, made.expose()), asks).await.expect("right");
    assert!(verified.device.is_none(), "the server made that secret up");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_makes_every_token_worthless() {
    let world = World::new().await;
    let account = world.account("ann", &[(Kind::Payment, RIGHT)]).await;
    let stolen = token(&world, account).await.expect("known");
    let code = world.code(account, countersign_domain::code::Purpose::PaymentReset).await;
    world.run(reset(account, Kind::Payment, &code, "kJ-7711")).await.expect("a reset");
    for left in (2..5).rev() {
        let refused = verify_on(&world, account, "wrong1", &stolen).await.err();
        assert!(
            matches!(refused, Some(Refusal::Incorrect { remaining: Some(n), .. }) if n == left),
            "{refused:?}"
        );
    }
}
