//! Names that nobody has: they lock as others do, hold nobody up, and fill no disk.

mod support;

use countersign_domain::answer::Refusal;
use countersign_domain::command::{Command, NewAccount, NewSecret, NewWallet, Subject};
use countersign_domain::id::AppId;
use countersign_domain::identifier::Name;
use countersign_domain::ledger::Ledger;
use countersign_domain::policy::Policy;
use countersign_domain::secret::Kind;
use countersign_domain::spray::{SprayPolicy, Threshold};
use countersign_domain::time::{Span, Timestamp};
use countersign_service::{Clock, Context};
use countersign_store::door::Store;
use countersign_store::sqlite::{Options, SqliteStore};
use support::{World, change, open, plain, secret};

/// Where a secret is presented for a name.
type Door = (&'static str, fn(Subject) -> Command);

const LOGIN: &str = "login-Passw0rd";

async fn spark_app(world: &World) -> AppId {
    let (name, kind) = ("spark".to_owned(), countersign_domain::app::AppKind::Spark);
    let scopes = countersign_domain::app::Scopes::NONE;
    match world.run(Command::CreateApp { name, kind, scopes }).await {
        Ok(countersign_domain::answer::Reply::AppCreated(app, _)) => app.id,
        other => panic!("no app: {:?}", other.err()),
    }
}

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

async fn wallet(world: &World, app: AppId, addr: &str, secrets: Vec<(Kind, NewSecret)>) {
    let wallet = NewWallet { app, addr: name(addr), user_id: name(&format!("u-{addr}")) };
    let (username, user_id, agent, mobiles) = (None, None, None, Vec::new());
    let new = NewAccount { username, user_id, agent, mobiles, wallet: Some(wallet), secrets };
    world.run(Command::CreateAccount(Box::new(new))).await.expect("an account");
}

/// What a person who is not proven is shown of a refusal: its sort, and when it is worth trying again.
fn shown(refusal: Option<Refusal>, now: Timestamp) -> String {
    match refusal {
        // A wrong secret, one that is not set and one of nobody are told apart only to a platform's own API key.
        Some(Refusal::Incorrect { .. } | Refusal::NotSet | Refusal::UnknownAccount) => "wrong".to_owned(),
        Some(Refusal::Locked { until: Some(until), misses }) => {
            format!("locked for {} after {misses}", now.until(until).secs_ceil())
        }
        Some(Refusal::Locked { until: None, misses }) => format!("blocked after {misses}"),
        other => format!("{other:?}"),
    }
}

/// Guesses on and on, through burst, day and lifetime, and gives every answer.
async fn history(world: &World, guess: impl Fn() -> Command) -> Vec<String> {
    let mut told = Vec::new();
    let begun = world.clock.now();
    for round in 0..12 {
        for _ in 0..7 {
            told.push(shown(world.run(guess()).await.err(), world.clock.now()));
        }
        // Into the lock, to its end, and past the day, by turns.
        world.clock.advance([300, 600, 7200, 80_000][round % 4]);
    }
    world.clock.go_to(begun);
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn every_door_answers_alike_through_burst_day_and_lifetime() {
    let world = World::new().await;
    let app = spark_app(&world).await;
    world.account("ann", &[(Kind::Login, LOGIN)]).await;
    world.account("unset", &[]).await;
    let both = vec![(Kind::Payment, secret("kZ81mq")), (Kind::Query, secret("query-1"))];
    let login = ["ann", "unset", "nobody"];
    for name in login {
        assert_eq!(
            history(&world, || open(name, "wrong1")).await,
            history(&world, || open(&format!("{name}-too-much"), "wrong1")).await,
            "{name}"
        );
    }
    let doors: [Door; 5] = [
        ("verify", |subject| Command::Verify {
            subject,
            kind: Kind::Payment,
            presented: plain("wrong1"),
            holder: None,
        }),
        ("verify-query", |subject| Command::Verify {
            subject,
            kind: Kind::Query,
            presented: plain("wrong1"),
            holder: None,
        }),
        ("change", |subject| Command::ChangeSecret {
            subject,
            kind: Kind::Payment,
            old: plain("wrong1"),
            new: secret("another1"),
        }),
        ("change-query", |subject| Command::ChangeSecret {
            subject,
            kind: Kind::Query,
            old: plain("wrong1"),
            new: secret("another1"),
        }),
        ("by-query", |subject| Command::SetPaymentByQuery {
            subject,
            query: plain("wrong1"),
            new: secret("another1"),
        }),
    ];
    for (door, command) in doors {
        wallet(&world, app, &format!("{door}-set"), both.clone()).await;
        wallet(&world, app, &format!("{door}-unset"), Vec::new()).await;
        let mut told = Vec::new();
        for who in ["set", "unset", "nobody"] {
            let addr = name(&format!("{door}-{who}"));
            told.push(
                history(&world, || command(Subject::Wallet { app, addr: Some(addr.clone()), user_id: None }))
                    .await,
            );
        }
        assert_eq!(told[0], told[1], "{door}: set and unset");
        assert_eq!(told[0], told[2], "{door}: set and nobody");
        assert!(told[0].iter().any(|told| told == "blocked after 20"), "{door}: {:?}", told[0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_are_told_the_same_and_compare_as_often() {
    let world = World::new().await;
    world.account("ann", &[(Kind::Login, LOGIN)]).await;
    world.account("unset", &[]).await;
    let mut counts = Vec::new();
    for name in ["ann", "unset", "nobody"] {
        let before = world.comparisons(Kind::Login) + world.decoys(Kind::Login);
        let mut guesses = tokio::task::JoinSet::new();
        for _ in 0..100 {
            let service = world.service.clone();
            guesses.spawn(async move {
                service
                    .execute(open(name, "wrong1"), Context::of(support::origin()))
                    .await
                    .expect("no fault")
                    .err()
            });
        }
        let told = guesses.join_all().await;
        let wrong = told.iter().filter(|told| matches!(told, Some(Refusal::Incorrect { .. }))).count();
        let unheard = |told: &&Option<Refusal>| matches!(told, Some(Refusal::Busy | Refusal::Locked { .. }));
        assert_eq!(wrong + told.iter().filter(unheard).count(), 100, "{name}: {told:?}");
        let compared = world.comparisons(Kind::Login) + world.decoys(Kind::Login) - before;
        counts.push((wrong, compared, shown(world.run(open(name, LOGIN)).await.err(), world.clock.now())));
    }
    assert_eq!(counts[0], (5, 5, "locked for 900 after 5".to_owned()));
    assert!(counts.iter().all(|count| *count == counts[0]), "{counts:?}");
    assert_eq!(
        (world.comparisons(Kind::Login), world.decoys(Kind::Login)),
        (5, 10),
        "decoys are counted as such"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_guessed_at_nobody_does_not_lock_whoever_takes_the_name() {
    let world = World::new().await;
    for _ in 0..10 {
        assert!(world.run(open("ann", LOGIN)).await.is_err());
    }
    let account = world.account("ann", &[(Kind::Login, LOGIN)]).await;
    world.run(open("ann", LOGIN)).await.expect("a session");
    for _ in 0..5 {
        assert_eq!(world.verify(account, Kind::Payment, "kZ81mq").await, Err(Refusal::NotSet));
    }
    let (subject, kind, new) = (Subject::Account(account), Kind::Payment, secret("kZ81mq"));
    world.run(Command::SetSecret { subject, kind, new, holder: None }).await.expect("set");
    world.run(change(account, kind, "kZ81mq", "kZ81mr")).await.expect("not locked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_forgets_no_name_that_nobody_has_and_time_forgets_each() {
    let world = World::new().await;
    for _ in 0..5 {
        assert!(world.run(open("nobody", LOGIN)).await.is_err());
    }
    let world = world.restart(4).await;
    assert!(matches!(world.run(open("nobody", LOGIN)).await.err(), Some(Refusal::Locked { .. })));
    world.clock.advance(30 * 24 * 3600);
    assert!(world.service.sweep().await.is_ok());
    assert_eq!(world.run(open("nobody", LOGIN)).await.err(), Some(Refusal::WRONG));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_made_up_names_is_bounded_by_its_slots_and_holds_nobody_up() {
    const SLOTS: u32 = 1 << 20;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = SqliteStore::open(folder.path().join("test.db"), Options::default()).expect("a database");
    let (now, until) = (Timestamp::from_secs(0), Timestamp::from_secs(60));
    let charge = |ledger: &mut Ledger| {
        ledger.next += 1;
        ledger.next
    };
    let mut flood = tokio::task::JoinSet::new();
    // Four names for each of 25,000 slots, as a flood of four million names would put into all of them.
    for n in 0..100_000_u32 {
        let mut index = [0; 32];
        index[..4].copy_from_slice(&(n % 25_000 + SLOTS * (n / 25_000)).to_be_bytes());
        let store = store.clone();
        flood.spawn(async move { store.at_nobody(index, until, now, charge).await.expect("charged") });
        if n % 2000 == 1999 {
            while let Some(charged) = flood.join_next().await {
                assert_eq!(charged.expect("no panic"), 2, "another name in the slot leaves nothing behind");
            }
        }
    }
    assert_eq!(store.sweep(until, u32::MAX).await.expect("swept"), 25_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_is_answered_while_made_up_names_are_guessed_at() {
    let spray = SprayPolicy {
        secret: Threshold { slow: 0, refuse: 0 },
        span: Span::from_hours(1),
        ..SprayPolicy::default()
    };
    let world = World::with(Policy { spray, ..Policy::default() }, 512).await;
    let account = world.account("ann", &[(Kind::Payment, "kZ81mq")]).await;
    let mut flood = tokio::task::JoinSet::new();
    for n in 0..400 {
        let service = world.service.clone();
        flood.spawn(async move {
            let made_up = open(&format!("made-up-{n}"), "wrong1");
            service.execute(made_up, Context::of(support::origin())).await.expect("no fault").err()
        });
    }
    for _ in 0..5 {
        world.verify(account, Kind::Payment, "kZ81mq").await.expect("the right secret, in the flood");
    }
    let told = flood.join_all().await;
    assert!(told.iter().all(|told| *told == Some(Refusal::WRONG)), "{told:?}");
    assert_eq!(world.decoys(Kind::Login), 400);
}
