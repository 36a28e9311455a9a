//! Many callers at once: every decision alone, and exactly one winner where there is one prize.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use countersign_domain::attempt::{self, Begun, Guess};
use countersign_domain::code::{self, Destination, Purpose, Use};
use countersign_domain::command::Page;
use countersign_domain::event::What;
use countersign_domain::id::CodeId;
use countersign_domain::identifier::TenantId;
use countersign_domain::ledger::Fate;
use countersign_domain::policy::{GuessPolicy, Policy};
use countersign_domain::secret::Kind;

use super::sample::{self, account, id, index};
use crate::door::{Created, Lookup, Store};

/// 200 increments at once: each ran exactly once, none was lost, and each saw all before it.
pub async fn updates_of_one_account_run_one_after_another<S: Store>(store: S) {
    store.create(account(1), Vec::new(), None).await.expect("creates");
    let runs = Arc::new(AtomicU32::new(0));
    let seen = at_once(200, |_| {
        let (store, runs) = (store.clone(), Arc::clone(&runs));
        async move {
            let outcome = store.update(id(1), move |draft| {
                runs.fetch_add(1, Ordering::Relaxed);
                sample::with_scene(1, |scene| draft.account.record(scene, What::ComparedWithLogin));
                draft.account.events_made
            });
            outcome.await.expect("updates").expect("is there")
        }
    })
    .await;
    assert_eq!(runs.load(Ordering::Relaxed), 200);
    let mut seen = seen;
    seen.sort_unstable();
    assert_eq!(seen, (2..=201).collect::<Vec<_>>());
    assert_eq!(store.read(id(1)).await.expect("reads").map(|a| a.events_made), Some(201));
    let page = Page { after: None, limit: 300 };
    let trail = store.events(TenantId::default_tenant(), Some(id(1)), page).await.expect("reads");
    assert_eq!(trail.len(), 201);
}

/// Invariant A: a code is redeemed by one of 16 callers who hold it.
pub async fn of_many_who_redeem_a_code_one_wins<S: Store>(store: S) {
    store.create(account(1), Vec::new(), None).await.expect("creates");
    let to = Destination { place: 0, mobile: [3; 16] };
    let issued = store.update(id(1), move |draft| {
        let code = CodeId::from_bytes([1; 16]);
        sample::with_scene(0, |scene| {
            code::issue(&mut draft.account, code, Purpose::PaymentReset, [7; 32], to, true, scene)
        })
    });
    assert!(matches!(issued.await, Ok(Some(Ok(_)))));
    let redeemed = at_once(16, |_| {
        let store = store.clone();
        async move {
            let presented = store.update(id(1), |draft| {
                let (account, purpose) = (&mut draft.account, Purpose::PaymentReset);
                sample::with_scene(1, |scene| {
                    code::present(account, purpose, &[7; 32], true, Use::Redeem, scene)
                })
            });
            presented.await.expect("updates").expect("is there").is_ok()
        }
    })
    .await;
    assert_eq!(winners(&redeemed), 1);
    let saved = store.read(id(1)).await.expect("reads").expect("is there");
    assert!(saved.codes.live.is_empty());
}

/// Invariant G: the last guess of the budget is charged to one of 16 callers.
pub async fn of_many_who_want_the_last_guess_one_gets_it<S: Store>(store: S) {
    store.create(account(1), Vec::new(), None).await.expect("creates");
    let charged = at_once(16, |_| {
        let store = store.clone();
        async move {
            let policy =
                Policy { guesses: GuessPolicy { burst: 1, ..GuessPolicy::default() }, ..Policy::default() };
            let begun = store.update(id(1), move |draft| {
                let account = &mut draft.account;
                sample::with_scene_under(&policy, 1, |scene| {
                    attempt::begin(account, Guess::at(Kind::Payment), scene)
                })
            });
            matches!(begun.await, Ok(Some(Begun::Compare(..))))
        }
    })
    .await;
    assert_eq!(winners(&charged), 1);
    let saved = store.read(id(1)).await.expect("reads").expect("is there");
    let fates: Vec<Fate> = saved.payment.ledger.charges.iter().map(|charge| charge.fate).collect();
    assert_eq!(fates, [Fate::InFlight]);
}

/// And the name finds the winner.
pub async fn of_many_who_create_the_same_name_one_wins<S: Store>(store: S) {
    let created = at_once(16, |n| {
        let store = store.clone();
        async move {
            let name = vec![Lookup::Mobile(index(2)), Lookup::Name(index(1))];
            store.create(account(n), name, None).await.expect("answers") == Created::Created
        }
    })
    .await;
    assert_eq!(winners(&created), 1);
    let winner = created.iter().position(|&won| won).and_then(|n| u32::try_from(n).ok()).map(id);
    assert_eq!(store.find_name(index(1)).await.expect("finds"), winner);
    assert_eq!(store.find_mobile(index(2), 20).await.expect("finds"), Vec::from_iter(winner));
}

/// By any handle and any reader, however busy the writer is.
pub async fn an_acknowledged_write_is_seen_by_every_later_read<S: Store>(store: S) {
    let faithful = at_once(16, |n| {
        let store = store.clone();
        async move {
            store.create(account(n), vec![Lookup::Name(index(n))], None).await.expect("creates");
            for made in 2..=20 {
                let updated = store.update(id(n), |draft| draft.account.events_made += 1).await;
                assert_eq!(updated.expect("updates"), Some(()));
                let (read, found) = (store.read(id(n)).await, store.find_name(index(n)).await);
                assert_eq!(read.expect("reads").map(|account| account.events_made), Some(made));
                assert_eq!(found.expect("finds"), Some(id(n)));
            }
            true
        }
    })
    .await;
    assert_eq!(winners(&faithful), 16);
}

/// A caller that hangs up may or may not have been carried out, but as a whole, and nobody else notices.
pub async fn a_caller_who_goes_away_changes_nothing_for_the_others<S: Store>(store: S) {
    store.create(account(1), Vec::new(), None).await.expect("creates");
    let note = |store: S| async move {
        let noted = store.update(id(1), |draft| {
            sample::with_scene(1, |scene| draft.account.record(scene, What::ComparedWithLogin));
        });
        noted.await.expect("updates")
    };
    let patient: Vec<_> = (0..50).map(|_| tokio::spawn(note(store.clone()))).collect();
    for hasty in (0..50).map(|_| tokio::spawn(note(store.clone()))).collect::<Vec<_>>() {
        hasty.abort();
    }
    for task in patient {
        assert_eq!(task.await.expect("joins"), Some(()));
    }
    // Decisions are queued in order, so whatever the others left in the queue is done before this one.
    store.update(id(1), |_| ()).await.expect("updates");
    let made = store.read(id(1)).await.expect("reads").expect("is there").events_made;
    let page = Page { after: None, limit: 200 };
    let trail = store.events(TenantId::default_tenant(), Some(id(1)), page).await.expect("reads");
    assert!((51..=101).contains(&made), "{made}");
    assert_eq!(trail.len(), made as usize);
}

/// Runs `count` of them at once and gives their outcomes in order.
pub(super) async fn at_once<R, F>(count: u32, call: impl Fn(u32) -> F) -> Vec<R>
where
    R: Send + 'static,
    F: Future<Output = R> + Send + 'static,
{
    let tasks: Vec<_> = (0..count).map(|n| tokio::spawn(call(n))).collect();
    let mut outcomes = Vec::with_capacity(tasks.len());
    for task in tasks {
        outcomes.push(task.await.expect("joins"));
    }
    outcomes
}

/// How many of them won.
pub(super) fn winners(outcomes: &[bool]) -> usize {
    outcomes.iter().filter(|&&won| won).count()
}
