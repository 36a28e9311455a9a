//! What codes cost: caps over many accounts and servers, charged before, given back once, and refused without telling why.

mod support;

use std::sync::atomic::Ordering;

use countersign_domain::answer::{Refusal, Reply};
use countersign_domain::calling::Prefix;
use countersign_domain::code::Purpose;
use countersign_domain::command::{Command, Subject};
use countersign_domain::id::AccountId;
use countersign_domain::policy::{CodePolicy, Policy};
use countersign_domain::secret::Kind;
use countersign_domain::spend::{BreakerPolicy, Caps, Money, Price, SpendPolicy};
use countersign_domain::time::Span;
use countersign_service::{CodeStop, Context};
use support::{IN_DOUBT, NEVER, World, origin, reset};

const CENT: Money = Money::from_millionths(10_000);

fn prefix(text: &str) -> Prefix {
    Prefix::parse(text).expect("a prefix")
}

/// Every code costs a cent; so many may be sent to one prefix, and so many in all, in an hour.
fn policy(to_one: u32, in_all: u32) -> Policy {
    let hour = |most: u32| Caps { hour: Some(CENT.times(most)), day: None };
    let breaker = BreakerPolicy { percent: 0, ..SpendPolicy::default().breaker };
    let spend = SpendPolicy {
        price_elsewhere: CENT,
        tenant: hour(in_all),
        each_prefix: hour(to_one),
        breaker,
        ..SpendPolicy::default()
    };
    let codes = CodePolicy { per_mobile_day: 1000, per_account_day: 1000, ..CodePolicy::default() };
    Policy { spend, codes, ..Policy::default() }
}

fn issue(account: AccountId, purpose: Purpose) -> Command {
    Command::IssueCode { subject: Subject::Account(account), purpose, mobile: None }
}

async fn is_sent(world: &World, account: AccountId, purpose: Purpose) -> bool {
    match world.run(issue(account, purpose)).await {
        Ok(Reply::CodeIssued { .. }) => true,
        Err(Refusal::RateLimited { .. }) => false,
        other => panic!("neither sent nor limited: {:?}", other.err()),
    }
}

/// Accounts, each with a number of its own that begins so.
async fn accounts(world: &World, beginning: &str, count: u32) -> Vec<AccountId> {
    let mut accounts = Vec::new();
    for n in 0..count {
        let name = format!("person-{}-{n}", beginning.len());
        accounts.push(world.account_at(&name, &[&format!("{beginning}{n:04}")], &[]).await);
    }
    accounts
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_over_many_accounts_and_two_servers_stops_at_the_caps() {
    let one = World::with(policy(15, 20), 512).await;
    let two = one.beside().await;
    let victims = accounts(&one, "+9617012", 24).await;
    let others = accounts(&one, "138123400", 8).await;
    let storm = victims.iter().enumerate().map(|(n, account)| {
        let (world, account) = (if n % 2 == 0 { &one } else { &two }, *account);
        is_sent(world, account, Purpose::LoginReset)
    });
    let sent = futures_all(storm).await;
    assert_eq!(sent, 15, "what one prefix may cost, whichever server was asked");
    let sent = futures_all(others.iter().map(|account| is_sent(&two, *account, Purpose::LoginReset))).await;
    assert_eq!(sent, 5, "what is left of what all may cost");
    let told = |world: &World| world.observer.stopped.lock().expect("not poisoned").clone();
    let why: Vec<_> = told(&one).into_iter().chain(told(&two)).collect();
    let count = |of: CodeStop| why.iter().filter(|(_, why)| *why == of).count();
    assert_eq!((count(CodeStop::PrefixCap), count(CodeStop::TenantCap)), (9, 3));
    assert!(why.iter().all(|(prefix, _)| prefix == "+961" || prefix == "+86"), "{why:?}");
    // A restart forgets nothing, and an hour later there is room again.
    drop(two);
    let again = one.restart(7).await;
    assert!(!is_sent(&again, victims[0], Purpose::QueryReset).await);
    again.clock.go_to(again.service.now() + Span::from_minutes(65));
    assert!(is_sent(&again, victims[0], Purpose::QueryReset).await);
}

/// How many of them say yes; they run one beside the other.
async fn futures_all(all: impl Iterator<Item = impl Future<Output = bool>>) -> usize {
    let mut waiting: Vec<_> = all.map(Box::pin).collect();
    let mut yes = 0;
    std::future::poll_fn(move |context| {
        waiting.retain_mut(|one| match one.as_mut().poll(context) {
            std::task::Poll::Ready(is) => {
                yes += usize::from(is);
                false
            }
            std::task::Poll::Pending => true,
        });
        if waiting.is_empty() { std::task::Poll::Ready(yes) } else { std::task::Poll::Pending }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_handed_over_is_given_back_and_what_may_have_been_is_not() {
    let world = World::with(policy(1, 100), 512).await;
    let people = accounts(&world, "138123400", 4).await;
    world.sender.broken.store(1, Ordering::SeqCst);
    let command = issue(people[0], Purpose::LoginReset);
    assert!(world.service.execute(command, Context::of(origin())).await.is_err(), "the gateway is down");
    world.sender.broken.store(IN_DOUBT, Ordering::SeqCst);
    let command = issue(people[1], Purpose::LoginReset);
    assert!(world.service.execute(command, Context::of(origin())).await.is_err(), "it does not answer");
    world.sender.broken.store(0, Ordering::SeqCst);
    assert!(!is_sent(&world, people[2], Purpose::LoginReset).await, "the one in doubt is charged");
    assert_eq!(*world.observer.spent.lock().expect("not poisoned"), CENT);
}

#[tokio::test(flavor = "multi_thread")]
async fn across_a_crash_nothing_is_given_back() {
    let world = World::with(policy(1, 100), 512).await;
    let people = accounts(&world, "138123400", 3).await;
    world.sender.broken.store(NEVER, Ordering::SeqCst);
    let command = issue(people[0], Purpose::LoginReset);
    let sending = tokio::spawn(world.service.execute(command, Context::of(origin())));
    while world.sender.hanging.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    sending.abort();
    assert!(sending.await.is_err_and(|error| error.is_cancelled()), "the server dies while it waits");
    let again = world.restart(7).await;
    for _ in 0..2 {
        assert!(!is_sent(&again, people[1], Purpose::LoginReset).await);
    }
    again.clock.go_to(again.service.now() + Span::from_minutes(65));
    assert!(is_sent(&again, people[1], Purpose::LoginReset).await);
    assert!(!is_sent(&again, people[2], Purpose::LoginReset).await, "and only one");
}

#[tokio::test(flavor = "multi_thread")]
async fn places_that_get_no_code_and_caps_read_the_same() {
    let mut policy = policy(1, 100);
    policy.spend.prices = vec![Price { prefix: prefix("+1876"), price: CENT }];
    let world = World::with(policy, 512).await;
    let satellite = world.account_at("at-sea", &["+870773111111"], &[]).await;
    assert!(!is_sent(&world, satellite, Purpose::LoginReset).await);
    let jamaica = accounts(&world, "+1876555", 2).await;
    let elsewhere = world.account_at("in-the-states", &["+1 415 555 0100"], &[]).await;
    assert!(is_sent(&world, jamaica[0], Purpose::LoginReset).await);
    assert!(!is_sent(&world, jamaica[1], Purpose::LoginReset).await);
    assert!(is_sent(&world, elsewhere, Purpose::LoginReset).await, "another prefix has a sum of its own");
    let stopped = world.observer.stopped.lock().expect("not poisoned").clone();
    let expected = [("+870", CodeStop::NotAllowed), ("+1876", CodeStop::PrefixCap)];
    assert_eq!(stopped, expected.map(|(prefix, why)| (prefix.to_owned(), why)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prefix_whose_codes_nobody_verifies_gets_a_trickle_and_others_flow() {
    let mut policy = policy(10_000, 20_000);
    let breaker = SpendPolicy::default().breaker;
    policy.spend.breaker = BreakerPolicy { least: 5, percent: 20, ..breaker };
    let world = World::with(policy, 512).await;
    let bad = accounts(&world, "+9617012", 9).await;
    let good = accounts(&world, "138123400", 9).await;
    for account in &bad[..6] {
        assert!(is_sent(&world, *account, Purpose::LoginReset).await);
    }
    for account in &good[..6] {
        let code = world.code(*account, Purpose::LoginReset).await;
        world.run(reset(*account, Kind::Login, &code, "another-1")).await.expect("is reset");
    }
    // Until codes cannot be verified any more, none is held against its prefix.
    assert!(is_sent(&world, bad[6], Purpose::LoginReset).await);
    world.clock.go_to(world.service.now() + Span::from_minutes(10));
    assert!(is_sent(&world, bad[7], Purpose::LoginReset).await, "the first of the trickle");
    assert!(!is_sent(&world, bad[8], Purpose::LoginReset).await);
    for account in &good[6..] {
        assert!(is_sent(&world, *account, Purpose::LoginReset).await);
    }
    let stopped = world.observer.stopped.lock().expect("not poisoned").clone();
    assert_eq!(stopped, [("+961".to_owned(), CodeStop::Breaker)]);
}

/// Budgets of one account hold over purposes, re-sends, servers and restarts.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_sent_ten_codes_a_day_however_they_are_asked_for() {
    let one = World::new().await;
    let two = one.beside().await;
    let account = one.account("asked-often", &[]).await;
    let mut sent = 0;
    for round in 0..8 {
        for (n, purpose) in Purpose::ALL.into_iter().enumerate() {
            let world = if (round + n) % 2 == 0 { &one } else { &two };
            sent += u32::from(is_sent(world, account, purpose).await);
        }
        one.clock.go_to(one.service.now() + Span::from_minutes(2));
    }
    assert_eq!(sent, 10);
    drop(two);
    let again = one.restart(7).await;
    assert!(!is_sent(&again, account, Purpose::LoginReset).await);
}

/// As many wrong codes as an account has, over purposes, re-sends, servers and a restart.
#[tokio::test(flavor = "multi_thread")]
async fn twenty_wrong_codes_a_day_are_compared_however_they_are_presented() {
    let codes = CodePolicy { per_mobile_day: 1000, per_account_day: 1000, ..CodePolicy::default() };
    let one = World::with(Policy { codes, ..Policy::default() }, 512).await;
    let two = one.beside().await;
    let account = one.account("guessed-at", &[]).await;
    let wrong = countersign_domain::secret::SecretText::new("not it".to_owned());
    let mut compared = 0;
    for round in 0..8 {
        for kind in [Kind::Login, Kind::Query] {
            let _ = one.run(issue(account, Purpose::reset_of(kind))).await;
            for n in 0..6 {
                let world = if (round + n) % 2 == 0 { &one } else { &two };
                match world.run(reset(account, kind, &wrong, "another-1")).await.err() {
                    // Nothing was left to compare with once none remained before this one.
                    Some(Refusal::CodeIncorrect { remaining: Some(_) }) => compared += 1,
                    Some(Refusal::CodeExpired | Refusal::CodeIncorrect { remaining: None }) => {}
                    other => panic!("{other:?}"),
                }
            }
        }
        one.clock.go_to(one.service.now() + Span::from_minutes(6));
    }
    let missed = missed(&one, account).await;
    assert_eq!(missed, 20, "of {compared} that were presented while there was a code");
    drop(two);
    let again = one.restart(7).await;
    assert!(!is_sent(&again, account, Purpose::LoginReset).await);
}

/// How many wrong codes the trail of an account tells of.
async fn missed(world: &World, account: AccountId) -> usize {
    let page = countersign_domain::command::Page { after: None, limit: 200 };
    let read = world.run(Command::ReadEvents { account: Some(account), page }).await;
    let Ok(Reply::Events(events)) = read else { panic!("no events") };
    let is_miss = |what: &_| matches!(what, countersign_domain::event::What::CodeMissed(_));
    events.items.iter().filter(|event| is_miss(&event.what)).count()
}
