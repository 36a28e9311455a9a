//! Idempotency keys on the real store and pool: one key, one guess, one answer, wherever the first request died.

mod support;

use core::future::poll_fn;
use core::task::Poll;

use countersign_domain::answer::{Refusal, Reply};
use countersign_domain::code::Purpose;
use countersign_domain::command::{Command, NewAccount, Page, Subject};
use countersign_domain::device::DevicePresented;
use countersign_domain::event::What;
use countersign_domain::id::{AccountId, AppId};
use countersign_domain::identifier::Name;
use countersign_domain::policy::{CodePolicy, Policy};
use countersign_domain::secret::{Kind, SecretText};
use countersign_domain::time::Span;
use countersign_service::{Admission, Clock};
use support::keyed::{LIVES, Told, send};
use support::{World, change, open, reset, secret, verify};

const RIGHT: &str = "kZ81mq";
const LOGIN: &str = "login-Passw0rd";

/// A request that is sent again under the same key until it is answered.
struct Row {
    name: &'static str,
    command: fn(&Prepared) -> Command,
    /// How its answer begins.
    answer: &'static str,
    /// What the trail tells of it, once.
    event: fn(&What) -> bool,
    /// Guesses at the payment and the login secret that are left afterwards.
    left: (u32, u32),
}

/// An account with a locked query secret and a code under way.
struct Prepared {
    account: AccountId,
    username: String,
    code: SecretText,
}

async fn prepared(world: &World, n: &str) -> Prepared {
    let username = format!("person-{n}");
    let account = world.account(&username, &[(Kind::Login, LOGIN), (Kind::Payment, RIGHT)]).await;
    let code = world.code(account, Purpose::PaymentReset).await;
    Prepared { account, username, code }
}

const ROWS: [Row; 10] = [
    Row {
        name: "verify-wrong",
        command: |p| verify(p.account, Kind::Payment, "wrong1"),
        answer: "Incorrect { remaining: Some(4)",
        event: |what| matches!(what, What::SecretMissed(Kind::Payment)),
        left: (4, 5),
    },
    Row {
        name: "verify-right",
        command: |p| verify(p.account, Kind::Payment, RIGHT),
        answer: "verified",
        event: |what| matches!(what, What::SecretVerified(Kind::Payment)),
        left: (5, 5),
    },
    Row {
        name: "change",
        command: |p| change(p.account, Kind::Payment, RIGHT, "another1"),
        answer: "changed",
        event: |what| matches!(what, What::SecretChanged(Kind::Payment)),
        left: (5, 5),
    },
    Row {
        name: "change-wrong",
        command: |p| change(p.account, Kind::Payment, "wrong1", "another1"),
        answer: "Incorrect { remaining: Some(4)",
        event: |what| matches!(what, What::SecretMissed(Kind::Payment)),
        left: (4, 5),
    },
    Row {
        name: "change-to-login",
        command: |p| change(p.account, Kind::Payment, RIGHT, LOGIN),
        answer: "SameAsLogin",
        event: |what| matches!(what, What::ComparedWithLogin),
        left: (5, 5),
    },
    Row {
        name: "reset",
        command: |p| reset(p.account, Kind::Payment, &p.code, "another1"),
        answer: "reset",
        event: |what| matches!(what, What::SecretReset(Kind::Payment)),
        left: (5, 5),
    },
    Row {
        name: "reset-wrong",
        command: |p| {
            let wrong = if p.code.expose() == "000000" { "000001" } else { "000000" };
            reset(p.account, Kind::Payment, &SecretText::new(wrong.to_owned()), "another1")
        },
        answer: "CodeIncorrect { remaining: Some(4)",
        event: |what| matches!(what, What::CodeMissed(Purpose::PaymentReset)),
        left: (5, 5),
    },
    Row {
        name: "set",
        command: |p| {
            let (subject, new) = (Subject::Account(p.account), secret("query-1"));
            Command::SetSecret { subject, kind: Kind::Query, new, holder: None }
        },
        answer: "set",
        event: |what| matches!(what, What::SecretSet(Kind::Query)),
        left: (5, 5),
    },
    Row {
        name: "session",
        command: |p| open(&p.username, LOGIN),
        answer: "opened cst_",
        event: |what| matches!(what, What::SessionOpened(_)),
        left: (5, 5),
    },
    Row {
        name: "session-wrong",
        command: |p| open(&p.username, "wrong1"),
        answer: "Incorrect { remaining: None",
        event: |what| matches!(what, What::SecretMissed(Kind::Login)),
        left: (5, 4),
    },
];

async fn told_by_the_trail(world: &World, account: AccountId, event: fn(&What) -> bool) -> usize {
    let page = Page { after: None, limit: 100 };
    match world.run(Command::ReadEvents { account: Some(account), page }).await {
        Ok(Reply::Events(trail)) => trail.items.iter().filter(|one| event(&one.what)).count(),
        other => panic!("no trail: {:?}", other.err()),
    }
}

/// Guesses left, found out by making one at each.
async fn left(world: &World, account: AccountId) -> (u32, u32) {
    let mut left = [0, 0];
    for (left, kind) in left.iter_mut().zip([Kind::Payment, Kind::Login]) {
        match world.verify(account, kind, "never-right").await {
            Err(Refusal::Incorrect { remaining: Some(after), .. }) => *left = after + 1,
            other => panic!("not compared: {other:?}"),
        }
    }
    (left[0], left[1])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_died_at_any_step_is_carried_on_under_the_same_charge_and_answered_once() {
    let codes = CodePolicy { per_mobile_day: u32::MAX, ..CodePolicy::default() };
    let world = World::with(Policy { codes, ..Policy::default() }, 512).await;
    let mut died = 0;
    for row in ROWS {
        for step in 0.. {
            let key = format!("{}-{step}", row.name);
            let person = prepared(&world, &key).await;
            let ask = |dies_at| send(&world, &key, "body", (row.command)(&person), dies_at);
            let first = ask(step).await;
            let now = ask(LIVES).await;
            if first == Told::Died {
                died += 1;
                let settled = matches!(&now, Told::Again(_));
                assert!(settled || now == Told::Running, "{key}: {now:?}");
                world.clock.advance(65);
            }
            let second = ask(LIVES).await;
            assert!(second.text().starts_with(row.answer), "{key}: {second:?}");
            if let Told::Again(text) | Told::First(text) = now {
                assert_eq!(second, Told::Again(text), "{key}: answered before");
            }
            assert_eq!(ask(LIVES).await, Told::Again(second.text().to_owned()), "{key}: and again");
            assert_eq!(send(&world, &key, "other", (row.command)(&person), LIVES).await, Told::Mismatch);
            assert_eq!(
                told_by_the_trail(&world, person.account, row.event).await,
                1,
                "{key}: it happened once"
            );
            assert_eq!(left(&world, person.account).await, row.left, "{key}");
            if first != Told::Died {
                assert!(step > 1, "{key} has steps to die at");
                break;
            }
        }
    }
    assert!(died > 30, "{died} requests died");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_was_created_before_its_request_died_is_not_created_again() {
    let world = World::new().await;
    for step in 0.. {
        let (key, username) = (format!("create-{step}"), Name::parse(&format!("made-{step}")));
        let create = || {
            let (user_id, agent, wallet) = (None, None, None);
            let (mobiles, secrets) = (Vec::new(), vec![(Kind::Payment, secret(RIGHT))]);
            let username = username.clone();
            Command::CreateAccount(Box::new(NewAccount {
                username,
                user_id,
                agent,
                mobiles,
                wallet,
                secrets,
            }))
        };
        let first = send(&world, &key, "body", create(), step).await;
        world.clock.advance(65);
        let again = send(&world, &key, "body", create(), LIVES).await;
        assert!(again.text().starts_with("created"), "{key}: {again:?}");
        if let Told::First(text) = first {
            assert_eq!(again, Told::Again(text));
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unlock_that_died_is_one_unlock() {
    let world = World::new().await;
    for step in 0.. {
        let key = format!("unlock-{step}");
        let person = prepared(&world, &key).await;
        for _ in 0..5 {
            assert!(world.verify(person.account, Kind::Payment, "wrong1").await.is_err());
        }
        let unlock = || {
            let (subject, reason) = (Subject::Account(person.account), "asked on the phone".to_owned());
            Command::Unlock { subject, kind: Kind::Payment, reason, holder: support::APP }
        };
        let first = send(&world, &key, "body", unlock(), step).await;
        world.clock.advance(65);
        let again = send(&world, &key, "body", unlock(), LIVES).await;
        assert!(again.text().starts_with("unlocked"), "{key}: {again:?}");
        let unlocked = |what: &What| matches!(what, What::Unlocked { .. });
        assert_eq!(told_by_the_trail(&world, person.account, unlocked).await, 1, "{key}");
        if first != Told::Died {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sixteen_at_once_under_one_key_one_guesses() {
    let world = World::new().await;
    let other = world.beside().await;
    for (round, guess) in ["wrong1", RIGHT, "wrong2"].into_iter().enumerate() {
        let person = prepared(&world, &format!("{round}")).await;
        let before = world.comparisons(Kind::Payment) + other.comparisons(Kind::Payment);
        let key = format!("key-{round}");
        let requests = (0..16).map(|n| {
            let process = if n % 2 == 0 { &world } else { &other };
            send(process, &key, guess, verify(person.account, Kind::Payment, guess), LIVES)
        });
        let mut told = Vec::new();
        let mut requests: Vec<_> = requests.map(Box::pin).collect();
        poll_fn(|task| {
            requests.retain_mut(|request| match request.as_mut().poll(task) {
                Poll::Ready(one) => {
                    told.push(one);
                    false
                }
                Poll::Pending => true,
            });
            if requests.is_empty() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        let after = world.comparisons(Kind::Payment) + other.comparisons(Kind::Payment);
        assert_eq!(after - before, 1, "round {round}");
        let firsts: Vec<&Told> = told.iter().filter(|told| matches!(told, Told::First(_))).collect();
        assert_eq!(firsts.len(), 1, "{told:?}");
        let (first, again) = (firsts[0].text(), Told::Again(firsts[0].text().to_owned()));
        assert!(told.iter().all(|told| matches!(told, Told::First(_) | Told::Running) || *told == again));
        for process in [&world, &other] {
            let again = send(process, &key, guess, verify(person.account, Kind::Payment, guess), LIVES).await;
            assert_eq!(
                again,
                Told::Again(first.to_owned()),
                "by either process, its device's token included"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_whose_life_is_over_guesses_anew_where_that_could_tell_something_new() {
    let world = World::new().await;
    let person = prepared(&world, "ann").await;
    let guess = |secret: &'static str| {
        send(&world, "key", secret, verify(person.account, Kind::Payment, secret), LIVES)
    };
    assert!(guess("another1").await.text().starts_with("Incorrect { remaining: Some(4)"));
    // The owner, from a known device, so that nothing is refunded to the account.
    let known = support::from_device(DevicePresented::Unknown);
    let token = world.ask(verify(person.account, Kind::Payment, RIGHT), known).await.expect("right").device;
    assert!(world.verify(person.account, Kind::Payment, "wrong1").await.is_err());
    world.clock.advance(24 * 3600);
    assert!(guess("wrong2").await.text().starts_with("Incorrect { remaining: Some(3)"), "another body");
    world.clock.advance(24 * 3600);
    let on_device = support::from_device(DevicePresented::Token(token.expect("known")));
    let changed = change(person.account, Kind::Payment, RIGHT, "wrong-2-x");
    world.ask(changed, on_device).await.expect("changed");
    let (before, again) = (world.comparisons(Kind::Payment), guess("wrong2").await);
    assert!(again.text().starts_with("Incorrect { remaining: Some(2)"), "another secret: {again:?}");
    assert_eq!(world.comparisons(Kind::Payment), before + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_about_the_login_secret_is_a_new_one_after_that_was_changed() {
    let world = World::new().await;
    let person = prepared(&world, "ann").await;
    let ask = || send(&world, "key", "body", change(person.account, Kind::Payment, RIGHT, LOGIN), LIVES);
    assert_eq!(ask().await, Told::First("SameAsLogin".to_owned()));
    world.run(change(person.account, Kind::Login, LOGIN, "login-Passw0rd2")).await.expect("changed");
    world.clock.advance(24 * 3600 - 1);
    assert_eq!(ask().await, Told::Again("SameAsLogin".to_owned()));
    world.clock.advance(1);
    let again = ask().await;
    assert!(again.text().starts_with("changed"), "it is another secret now: {again:?}");
    let asked = |what: &What| matches!(what, What::ComparedWithLogin);
    assert_eq!(told_by_the_trail(&world, person.account, asked).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_not_free_while_its_request_may_be_at_work_however_short_answers_are_kept() {
    let world = World::new().await;
    let admit = async || {
        let (app, lease) = (AppId::from_bytes([1; 16]), Span::from_hours(48));
        world.service.admit_key(app, "key", &[b"body"], lease).await.expect("no fault")
    };
    assert!(matches!(admit().await, Admission::Fresh(_)));
    // Longer than an answer is kept.
    world.clock.advance(25 * 3600);
    world.service.sweep().await.expect("swept");
    assert!(matches!(admit().await, Admission::Running));
    world.clock.advance(23 * 3600);
    assert!(matches!(admit().await, Admission::Fresh(_)), "it carries on");
}
