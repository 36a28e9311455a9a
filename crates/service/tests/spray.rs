//! One guess at each of many accounts, on the real store and pool: slowed, then refused, and nothing charged for it.

mod support;

use core::sync::atomic::Ordering;

use countersign_domain::answer::{Refusal, Reply};
use countersign_domain::command::{Command, Subject};
use countersign_domain::device::DevicePresented;
use countersign_domain::event::{Actor, Origin};
use countersign_domain::id::AccountId;
use countersign_domain::policy::Policy;
use countersign_domain::secret::Kind;
use countersign_domain::spray::{SprayPolicy, Threshold, Tripped};
use countersign_domain::time::Span;
use countersign_service::{Clock, Context, Watched};
use support::{World, from_address, from_device, open, plain, verify};

const RIGHT: &str = "kZ81mq";
const OFF: Threshold = Threshold { slow: 0, refuse: 0 };
const FEW: Threshold = Threshold { slow: 3, refuse: 5 };

async fn world(network: Threshold, secret: Threshold) -> World {
    let (span, pace) = (Span::from_hours(1), Span::from_secs(10));
    let spray = SprayPolicy { span, network, secret, pace };
    World::with(Policy { spray, ..Policy::default() }, 512).await
}

async fn accounts(world: &World, count: u32) -> Vec<AccountId> {
    let mut accounts = Vec::new();
    for n in 0..count {
        accounts.push(world.account(&format!("person-{n}"), &[(Kind::Payment, RIGHT)]).await);
    }
    accounts
}

async fn guess(world: &World, account: AccountId, secret: &str, address: &str) -> Option<Refusal> {
    world.ask(verify(account, Kind::Payment, secret), from_address(address)).await.err()
}

/// How long the caller is told to wait, in seconds.
fn wait(world: &World, refusal: Option<Refusal>) -> i64 {
    match refusal {
        Some(Refusal::RateLimited { retry_at }) => world.clock.now().until(retry_at).secs_ceil(),
        other => panic!("not slowed or refused: {other:?}"),
    }
}

/// Comparisons and decoys of every kind.
fn hashes(world: &World) -> u64 {
    Kind::ALL.iter().map(|&kind| world.comparisons(kind) + world.decoys(kind)).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_fails_on_many_accounts_is_slowed_then_refused_and_then_free_again() {
    let world = world(FEW, OFF).await;
    let all = accounts(&world, 8).await;
    let (address, neighbour, elsewhere) = ("203.0.113.7", "203.0.113.250", "198.51.100.7");
    for &account in &all[..3] {
        assert!(matches!(guess(&world, account, "wrong1", address).await, Some(Refusal::Incorrect { .. })));
    }
    // Slowed: the first goes through, the next must wait, also from another address of the network and if it is right.
    assert!(matches!(guess(&world, all[3], "wrong1", address).await, Some(Refusal::Incorrect { .. })));
    let before = hashes(&world);
    assert_eq!(wait(&world, guess(&world, all[4], "wrong1", neighbour).await), 10);
    assert_eq!(wait(&world, guess(&world, all[4], RIGHT, address).await), 10);
    assert_eq!(hashes(&world), before, "nothing was compared");
    assert_eq!(guess(&world, all[4], RIGHT, elsewhere).await, None, "another network");
    world.clock.advance(10);
    assert!(matches!(guess(&world, all[4], "wrong1", address).await, Some(Refusal::Incorrect { .. })));
    // Five accounts: refused until the hour is over, however long one waits before.
    for (seconds, left) in [(10, 3580), (1000, 2580), (2000, 580)] {
        world.clock.advance(seconds);
        let before = hashes(&world);
        assert_eq!(wait(&world, guess(&world, all[5], RIGHT, address).await), left);
        assert_eq!(wait(&world, world.ask(open("nobody", "x"), from_address(address)).await.err()), left);
        assert_eq!(hashes(&world), before);
    }
    let told = world.observer.tripped.lock().expect("not poisoned").clone();
    assert_eq!(told, [(Watched::Network, Tripped::Slowed), (Watched::Network, Tripped::Refused)]);
    assert_eq!(world.observer.spray_refused.load(Ordering::SeqCst), 8);
    world.clock.advance(580);
    assert!(matches!(
        guess(&world, all[5], "wrong1", address).await,
        Some(Refusal::Incorrect { remaining: Some(4), .. })
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_fails_on_many_accounts_is_refused_from_every_network() {
    let world = world(OFF, FEW).await;
    let all = accounts(&world, 8).await;
    for (n, &account) in all[..5].iter().enumerate() {
        let address = format!("203.0.{n}.7");
        assert!(matches!(guess(&world, account, "123456", &address).await, Some(Refusal::Incorrect { .. })));
        world.clock.advance(10);
    }
    let before = hashes(&world);
    assert_eq!(wait(&world, guess(&world, all[5], "123456", "198.51.100.7").await), 3550);
    let nameless = world.run(verify(all[5], Kind::Payment, "123456")).await.err();
    assert_eq!(wait(&world, nameless), 3550, "also where no network is known");
    let login = world.run(open("person-5", "123456")).await.err();
    assert_eq!(wait(&world, login), 3550, "also as another kind of secret");
    assert_eq!(hashes(&world), before);
    assert_eq!(guess(&world, all[5], RIGHT, "198.51.100.7").await, None, "another secret");
    let told = world.observer.tripped.lock().expect("not poisoned").clone();
    assert_eq!(told, [(Watched::Secret, Tripped::Slowed), (Watched::Secret, Tripped::Refused)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_nobody_has_and_secrets_that_are_not_set_count_and_are_slowed_like_others() {
    let world = world(FEW, OFF).await;
    world.account("unset", &[]).await;
    world.account("ann", &[(Kind::Login, "login-Passw0rd")]).await;
    let ask = async |name: &str| world.ask(open(name, "wrong1"), from_address("203.0.113.7")).await.err();
    for name in ["nobody-1", "unset", "ann"] {
        assert_eq!(ask(name).await, Some(Refusal::WRONG), "{name}");
    }
    for name in ["unset", "ann", "nobody-1"] {
        let before = hashes(&world);
        assert_eq!(ask(name).await, Some(Refusal::WRONG), "{name} is let through once");
        assert_eq!(wait(&world, ask(name).await), 10, "{name}");
        assert_eq!(hashes(&world), before + 1, "{name}");
        world.clock.advance(10);
    }
    for (name, left) in [("nobody-2", 4), ("nobody-3", 5)] {
        assert_eq!(ask(name).await, Some(Refusal::WRONG), "{left}");
        world.clock.advance(10);
    }
    for name in ["unset", "ann", "nobody-1", "nobody-9"] {
        assert_eq!(wait(&world, ask(name).await), 3550, "{name}");
    }
}

async fn session(world: &World, username: &str) -> Origin {
    match world.run(open(username, "login-Passw0rd")).await {
        Ok(Reply::SessionOpened(opened)) => Origin { actor: Actor::Session(opened.id), ..support::origin() },
        other => panic!("no session: {:?}", other.err()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_vouched_for_goes_on_and_takes_nobodys_place() {
    let world = world(FEW, OFF).await;
    let secrets = [(Kind::Login, "login-Passw0rd"), (Kind::Payment, RIGHT)];
    let (clean, missed) = (world.account("clean", &secrets).await, world.account("missed", &secrets).await);
    let device = world.account("device", &secrets).await;
    let (by_clean, by_missed) = (session(&world, "clean").await, session(&world, "missed").await);
    let known = from_device(DevicePresented::Unknown);
    let token = world.ask(verify(device, Kind::Payment, RIGHT), known).await.expect("right").device;
    let at = |context: Context| Context { network: from_address("203.0.113.7").network, ..context };
    let own = world.ask(verify(missed, Kind::Payment, "wrong1"), Context::of(by_missed.clone())).await;
    assert!(own.is_err());
    let strangers = accounts(&world, 6).await;
    for &account in &strangers[..3] {
        assert!(guess(&world, account, "wrong1", "203.0.113.7").await.is_some());
    }
    for _ in 0..3 {
        let vouched = [
            (clean, Context::of(by_clean.clone())),
            (device, from_device(DevicePresented::Token(token.clone().expect("known")))),
        ];
        for (account, context) in vouched {
            world.ask(verify(account, Kind::Payment, RIGHT), at(context)).await.expect("vouched for");
        }
    }
    // None of those has taken the place that the first stranger finds now.
    assert!(matches!(
        guess(&world, strangers[3], "wrong1", "203.0.113.7").await,
        Some(Refusal::Incorrect { .. })
    ));
    world.clock.advance(10);
    assert!(matches!(
        guess(&world, strangers[4], "wrong1", "203.0.113.7").await,
        Some(Refusal::Incorrect { .. })
    ));
    let refused = world.ask(verify(missed, Kind::Payment, RIGHT), at(Context::of(by_missed))).await;
    assert_eq!(wait(&world, refused.err()), 3590, "a session with a wrong guess vouches for nothing");
    let unknown =
        world.ask(verify(device, Kind::Payment, RIGHT), at(from_device(DevicePresented::Unknown))).await;
    assert_eq!(wait(&world, unknown.err()), 3590, "a device that is not known vouches for nothing");
    let clean_again =
        world.ask(verify(clean, Kind::Payment, "wrong1"), at(Context::of(by_clean.clone()))).await;
    assert!(matches!(clean_again.err(), Some(Refusal::Incorrect { remaining: Some(4), .. })));
    let now_missed = world.ask(verify(clean, Kind::Payment, RIGHT), at(Context::of(by_clean))).await;
    assert_eq!(wait(&world, now_missed.err()), 3590, "its first wrong guess was its last");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_and_a_second_process_remember_what_was_watched() {
    let world = world(FEW, OFF).await;
    let all = accounts(&world, 7).await;
    let beside = world.beside().await;
    for (n, &account) in all[..5].iter().enumerate() {
        let process = if n % 2 == 0 { &world } else { &beside };
        assert!(matches!(
            guess(process, account, "wrong1", "203.0.113.7").await,
            Some(Refusal::Incorrect { .. })
        ));
        // What another process has seen may be a moment late.
        world.clock.advance(10);
    }
    for process in [&world, &beside] {
        assert_eq!(wait(process, guess(process, all[5], RIGHT, "203.0.113.7").await), 3550);
    }
    drop(beside);
    let world = world.restart(8).await;
    assert_eq!(wait(&world, guess(&world, all[5], RIGHT, "203.0.113.7").await), 3550);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_overshoot_by_no_more_than_were_in_flight() {
    const AT_ONCE: usize = 16;
    let world = world(Threshold { slow: 0, refuse: 20 }, OFF).await;
    let all = accounts(&world, 200).await;
    let before = hashes(&world);
    let places = std::sync::Arc::new(tokio::sync::Semaphore::new(AT_ONCE));
    let mut spray = tokio::task::JoinSet::new();
    for &account in &all {
        let (service, places) = (world.service.clone(), places.clone());
        spray.spawn(async move {
            let _place = places.acquire().await.expect("open");
            let guess = verify(account, Kind::Payment, "wrong1");
            service.execute(guess, from_address("203.0.113.7")).await.expect("no fault").err()
        });
    }
    let told = spray.join_all().await;
    let compared = told.iter().filter(|told| matches!(told, Some(Refusal::Incorrect { .. }))).count();
    assert_eq!(hashes(&world) - before, compared as u64);
    assert!((20..20 + AT_ONCE).contains(&compared), "{compared} compared");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_one_a_pace_is_let_through() {
    let world = world(Threshold { slow: 3, refuse: 0 }, OFF).await;
    let all = accounts(&world, 60).await;
    for &account in &all[..3] {
        assert!(guess(&world, account, "wrong1", "203.0.113.7").await.is_some());
    }
    for round in 0..3 {
        let before = hashes(&world);
        let mut spray = tokio::task::JoinSet::new();
        for &account in &all[3..] {
            let (service, guess) = (world.service.clone(), verify(account, Kind::Payment, "wrong1"));
            spray.spawn(async move {
                service.execute(guess, from_address("203.0.113.7")).await.expect("no fault").err()
            });
        }
        let told = spray.join_all().await;
        let wrong = told.iter().filter(|told| matches!(told, Some(Refusal::Incorrect { .. }))).count();
        assert_eq!((wrong, hashes(&world) - before), (1, 1), "round {round}");
        world.clock.advance(10);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn thresholds_of_0_watch_nothing() {
    let world = world(OFF, OFF).await;
    for n in 0..150 {
        let refused = world.ask(open(&format!("made-up-{n}"), "123456"), from_address("203.0.113.7")).await;
        assert_eq!(refused.err(), Some(Refusal::WRONG));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_entry_that_compares_a_secret_is_refused() {
    let world = world(Threshold { slow: 0, refuse: 1 }, OFF).await;
    let all = accounts(&world, 2).await;
    assert!(guess(&world, all[0], "wrong1", "203.0.113.7").await.is_some());
    let subject = || Subject::Account(all[1]);
    let (kind, new) = (Kind::Payment, || support::secret("another1"));
    let entries = [
        verify(all[1], kind, RIGHT),
        support::change(all[1], kind, RIGHT, "another1"),
        Command::SetOrChangeSecret { subject: subject(), kind, old: Some(plain(RIGHT)), new: new() },
        open("person-1", "login-Passw0rd"),
    ];
    let before = hashes(&world);
    for entry in entries {
        assert_eq!(wait(&world, world.ask(entry, from_address("203.0.113.7")).await.err()), 3600);
    }
    assert_eq!(hashes(&world), before);
    world.run(verify(all[1], kind, RIGHT)).await.expect("nothing of it was done");
}
