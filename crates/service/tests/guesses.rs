//! Invariant G on the real store and the real pool: what is counted is what the hash engine compared.

mod support;

use countersign_crypto::engine::Need;
use countersign_crypto::legacy::upper_md5;
use countersign_domain::answer::{Refusal, Reply};
use countersign_domain::code::Purpose;
use countersign_domain::command::{Command, NewSecret, Subject};
use countersign_domain::common::ContextWords;
use countersign_domain::identifier::{Name, TenantId};
use countersign_domain::policy::{Policy, Preset};
use countersign_domain::secret::{Kind, Presented};
use countersign_domain::time::Span;
use countersign_service::{Clock, Context};
use support::{World, change, plain, reset, secret, verify};

#[tokio::test(flavor = "multi_thread")]
async fn three_hundred_parallel_guesses_compare_five_times_and_the_right_one_comes_too_late() {
    let world = World::new().await;
    let account = world.account("ann", &[(Kind::Payment, "kZ81mq")]).await;
    let before = world.comparisons(Kind::Payment);
    let mut running = tokio::task::JoinSet::new();
    for n in 0..300 {
        let service = world.service.clone();
        let guess = if n == 200 { "kZ81mq".to_owned() } else { format!("wrong{n}") };
        let command = match n % 3 {
            0 => verify(account, Kind::Payment, &guess),
            1 => change(account, Kind::Payment, &guess, "another1"),
            _ => Command::SetOrChangeSecret {
                subject: Subject::Account(account),
                kind: Kind::Payment,
                old: Some(plain(&guess)),
                new: secret("another1"),
            },
        };
        running.spawn(async move {
            (n, service.execute(command, Context::of(support::origin())).await.expect("no fault"))
        });
        // Let the first ones be charged, so that the right one really is late.
        if n == 100 {
            while world.comparisons(Kind::Payment) < before + 5 {
                tokio::task::yield_now().await;
            }
        }
    }
    while let Some(joined) = running.join_next().await {
        let (n, outcome) = joined.expect("no panic");
        let Err(refusal) = outcome else { panic!("guess {n} got through") };
        let incorrect = matches!(refusal, Refusal::Incorrect { .. });
        let unheard = matches!(refusal, Refusal::Locked { .. } | Refusal::Busy | Refusal::Overloaded { .. });
        assert!(unheard || (incorrect && n != 200), "guess {n}: {refusal:?}");
    }
    assert_eq!(world.comparisons(Kind::Payment) - before, 5);
    assert!(matches!(world.verify(account, Kind::Payment, "kZ81mq").await, Err(Refusal::Locked { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sixteen_who_hold_one_code_one_succeeds() {
    let world = World::new().await;
    let account = world.account("ann", &[(Kind::Payment, "kZ81mq")]).await;
    let code = world.code(account, Purpose::PaymentReset).await;
    let mut running = tokio::task::JoinSet::new();
    for n in 0..16 {
        let (service, command) =
            (world.service.clone(), reset(account, Kind::Payment, &code, &format!("fresh-{n}-x")));
        running.spawn(async move {
            (n, service.execute(command, Context::of(support::origin())).await.expect("no fault").is_ok())
        });
    }
    let mut winners = Vec::new();
    while let Some(joined) = running.join_next().await {
        let (n, won) = joined.expect("no panic");
        if won {
            winners.push(n);
        }
    }
    assert_eq!(winners.len(), 1, "{winners:?}");
    world
        .verify(account, Kind::Payment, &format!("fresh-{}-x", winners[0]))
        .await
        .expect("the winner's secret");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_buys_no_guess() {
    let mut world = World::new().await;
    let account = world.account("ann", &[(Kind::Payment, "kZ81mq")]).await;
    for seed in 2..4 {
        for _ in 0..2 {
            assert!(matches!(
                world.verify(account, Kind::Payment, "nope00").await,
                Err(Refusal::Incorrect { .. })
            ));
        }
        world = world.restart(seed).await;
    }
    assert!(matches!(world.verify(account, Kind::Payment, "nope00").await, Err(Refusal::Incorrect { .. })));
    let locked = world.verify(account, Kind::Payment, "kZ81mq").await;
    assert!(matches!(locked, Err(Refusal::Locked { misses: 5, .. })), "{locked:?}");
    world.clock.advance(15 * 60);
    world.verify(account, Kind::Payment, "kZ81mq").await.expect("the lock has ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_unset_and_wrong_cost_one_comparison_each() {
    let world = World::new().await;
    let set = world.account("ann", &[(Kind::Payment, "kZ81mq")]).await;
    let unset = world.account("bob", &[]).await;
    let nobody = countersign_domain::id::AccountId::from_bytes([9; 16]);
    let cases = [(set, 1, 0), (unset, 0, 1), (nobody, 0, 1)];
    for (account, real, decoy) in cases {
        let before = world.pool.counts();
        assert!(world.verify(account, Kind::Payment, "wrong1").await.is_err());
        let after = world.pool.counts();
        assert_eq!(after.real(Kind::Payment) - before.real(Kind::Payment), real);
        assert_eq!(after.decoy(Kind::Payment) - before.decoy(Kind::Payment), decoy);
    }
    for username in ["ann", "nobody"] {
        let open = Command::OpenSession {
            username: Name::parse(username).expect("a name"),
            login: plain("x"),
            expires_in_s: None,
        };
        let refused = world.run(open).await.err();
        assert_eq!(refused, Some(Refusal::WRONG), "{username}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_nobody_has_locks_as_one_that_somebody_has() {
    let world = World::new().await;
    world.account("ann", &[(Kind::Login, "login-Passw0rd")]).await;
    world.account("unset", &[]).await;
    for username in ["ann", "unset", "nobody"] {
        let open = || Command::OpenSession {
            username: Name::parse(username).expect("a name"),
            login: plain("wrong1"),
            expires_in_s: None,
        };
        for _ in 0..5 {
            assert!(matches!(world.run(open()).await, Err(Refusal::Incorrect { remaining: None, .. })));
        }
        assert!(
            matches!(world.run(open()).await, Err(Refusal::Locked { until: Some(_), misses: 5 })),
            "{username}"
        );
        world.clock.advance(15 * 60);
        assert!(matches!(world.run(open()).await, Err(Refusal::Incorrect { .. })), "{username}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_pool_refuses_before_anything_is_charged() {
    let world = World::with(countersign_domain::policy::Policy::default(), 0).await;
    let account = world.account("ann", &[(Kind::Payment, "kZ81mq")]).await;
    let need = || Need::one(TenantId::default_tenant());
    let taken: Vec<_> = core::iter::from_fn(|| world.pool.reserve(need()).ok()).collect();
    assert!(matches!(world.verify(account, Kind::Payment, "wrong1").await, Err(Refusal::Overloaded { .. })));
    // Also before anything is written down for it; and only where there would be something to hash.
    let deadline = world.clock.now() + Span::from_secs(30);
    let turned_away = |command: &Command| world.service.turns_away(command, deadline);
    let guess = verify(account, Kind::Payment, "wrong1");
    assert!(matches!(turned_away(&guess), Some(Refusal::Overloaded { .. })));
    assert_eq!(turned_away(&Command::EraseAccount(Subject::Account(account))), None);
    drop(taken);
    assert_eq!(turned_away(&guess), None);
    let refused = world.verify(account, Kind::Payment, "wrong1").await;
    assert!(matches!(refused, Err(Refusal::Incorrect { remaining: Some(4), .. })), "{refused:?}");
}

/// What a refusal must be.
type Expected = fn(&Refusal) -> bool;

#[tokio::test(flavor = "multi_thread")]
async fn what_compares_nothing_spends_nothing() {
    let world = World::new().await;
    let account = world.account("ann", &[(Kind::Login, "login-Passw0rd"), (Kind::Payment, "kZ81mq")]).await;
    let subject = || Subject::Account(account);
    let (kind, new) = (Kind::Payment, || secret("another1"));
    let without_old = Command::SetOrChangeSecret { subject: subject(), kind, old: None, new: new() };
    let spent_nothing: Vec<(Command, Expected)> = vec![
        (without_old, |r| matches!(r, Refusal::Incorrect { remaining: None, .. })),
        (Command::SetSecret { subject: subject(), kind, new: new(), holder: None }, |r| {
            *r == Refusal::AlreadySet
        }),
        (change(account, kind, "wrong1", "short"), |r| *r == Refusal::TooShort(6)),
        (change(account, kind, "wrong1", "123456"), |r| *r == Refusal::TooCommon),
        (change(account, kind, "wrong1", "wrong1"), |r| *r == Refusal::Unchanged),
    ];
    let before = world.comparisons(kind);
    for (command, expected) in spent_nothing {
        let refusal = world.run(command).await.err().expect("refused");
        assert!(expected(&refusal), "{refusal:?}");
    }
    assert_eq!(world.comparisons(kind), before);
    assert_eq!(
        world.run(change(account, kind, "kZ81mq", "login-Passw0rd")).await.err(),
        Some(Refusal::SameAsLogin)
    );
    let left = world.verify(account, kind, "wrong1").await;
    assert!(matches!(left, Err(Refusal::Incorrect { remaining: Some(4), .. })), "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_word_of_the_context_is_refused_as_what_everybody_tries() {
    let context_words = ContextWords::new(["Acme"]).expect("long enough");
    let world = World::with(Policy { context_words, ..Policy::default() }, 512).await;
    let account = world.account("ann", &[(Kind::Login, "login-Passw0rd")]).await;
    let set = |presented, refuse_common| Command::SetSecret {
        subject: Subject::Account(account),
        kind: Kind::Payment,
        new: NewSecret { presented, chars: (4, 64), refuse_common },
        holder: None,
    };
    let digest = Presented::Digest(upper_md5(b"ACME"));
    for refused in [set(plain("my-aCme-2026"), true), set(digest, true)] {
        assert_eq!(world.run(refused).await.err(), Some(Refusal::TooCommon));
    }
    assert!(world.run(set(plain("my-aCme-2026"), false)).await.is_ok(), "where common secrets are taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn under_psd2_the_sixth_guess_is_not_compared_until_the_person_is_led_out() {
    let world = World::with(Policy { guesses: Preset::Psd2.limits(), ..Policy::default() }, 512).await;
    let account = world.account("ann", &[(Kind::Payment, "kZ81mq")]).await;
    let before = world.comparisons(Kind::Payment);
    for _ in 0..5 {
        let wrong = world.verify(account, Kind::Payment, "wrong1").await;
        assert!(matches!(wrong, Err(Refusal::Incorrect { .. })), "{wrong:?}");
    }
    for days in [0, 1, 400] {
        world.clock.go_to(world.service.now() + Span::from_hours(24 * days));
        let sixth = world.verify(account, Kind::Payment, "kZ81mq").await;
        assert!(matches!(sixth, Err(Refusal::Locked { .. })), "after {days} days: {sixth:?}");
        assert_eq!(world.comparisons(Kind::Payment) - before, 5, "it is not compared");
    }
    let code = world.code(account, Purpose::PaymentReset).await;
    world.run(reset(account, Kind::Payment, &code, "kJ-7711")).await.expect("led out by a code");
    world.verify(account, Kind::Payment, "kJ-7711").await.expect("the new secret");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_eleventh_question_about_the_login_secret_is_not_answered() {
    let world = World::new().await;
    let account = world.account("ann", &[(Kind::Login, "login-Passw0rd"), (Kind::Payment, "kZ81mq")]).await;
    for _ in 0..10 {
        let asked = world.run(change(account, Kind::Payment, "kZ81mq", "login-Passw0rd")).await;
        assert_eq!(asked.err(), Some(Refusal::SameAsLogin));
    }
    let before = (world.comparisons(Kind::Login), world.comparisons(Kind::Payment));
    let asked = world.run(change(account, Kind::Payment, "kZ81mq", "login-Passw0rd")).await.err();
    assert!(matches!(asked, Some(Refusal::Locked { .. })), "{asked:?}");
    assert_eq!(
        (world.comparisons(Kind::Login), world.comparisons(Kind::Payment)),
        before,
        "nothing is compared"
    );
    let again = Command::SetOrChangeSecret {
        subject: Subject::Account(account),
        kind: Kind::Payment,
        old: Some(plain("kZ81mq")),
        new: secret("kZ81mq"),
    };
    world.run(again).await.expect("the same secret again is no question about the login secret");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_by_code_ends_the_lock_and_the_code() {
    let world = World::new().await;
    let account = world.account("ann", &[(Kind::Payment, "kZ81mq")]).await;
    for _ in 0..5 {
        assert!(world.verify(account, Kind::Payment, "wrong1").await.is_err());
    }
    let code = world.code(account, Purpose::PaymentReset).await;
    assert!(matches!(
        world.run(reset(account, Kind::Payment, &code, "kJ-7711")).await,
        Ok(Reply::SecretReset)
    ));
    world.verify(account, Kind::Payment, "kJ-7711").await.expect("the new secret, at once");
    let again = world.run(reset(account, Kind::Payment, &code, "kJ-7712")).await;
    assert_eq!(again.err(), Some(Refusal::CodeIncorrect { remaining: None }));
}
