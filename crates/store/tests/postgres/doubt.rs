//! What becomes of a commit whose answer gets lost: it is found out, and nothing is decided or charged twice.

use countersign_domain::attempt::{self, Begun, Guess};
use countersign_domain::command::Page;
use countersign_domain::identifier::TenantId;
use countersign_domain::secret::Kind;
use countersign_domain::time::Span;
use countersign_store::contract::sample::{self, account, at, id, index};
use countersign_store::door::{Claimed, Created, Lookup, Store, StoreFault};
use countersign_store::postgres::PostgresStore;
use countersign_throwaway::Server;

use crate::proxy::{Cut, Proxy};
use crate::support::{note, noted, open};

struct Place {
    proxy: Proxy,
    /// By way of the proxy.
    store: PostgresStore,
    /// By another way.
    other: PostgresStore,
}

async fn place() -> Place {
    let server = Server::shared();
    let (url, proxy) = (server.database(), Proxy::to(server.port()));
    let (store, other) = (open(&proxy.url(&url)).await, open(&url).await);
    Place { proxy, store, other }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_is_written_once() {
    let Place { proxy, store, other } = place().await;
    store.create(account(1), Vec::new(), None).await.expect("creates");
    for (number, cut) in (2..).zip([Cut::Before, Cut::After, Cut::Before, Cut::After]) {
        proxy.cut_next(cut);
        assert_eq!(note(&store, 1).await.expect("is found out"), Some(number), "{cut:?}");
        assert_eq!(noted(&other, 1).await, number, "{cut:?}");
    }
    assert_eq!(proxy.cuts(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guess_is_charged_once() {
    let Place { proxy, store, other } = place().await;
    store.create(account(1), Vec::new(), None).await.expect("creates");
    for (charged, cut) in (1..).zip([Cut::Before, Cut::After, Cut::After]) {
        proxy.cut_next(cut);
        let begun = store.update(id(1), |draft| {
            sample::with_scene(1, |scene| attempt::begin(&mut draft.account, Guess::at(Kind::Payment), scene))
        });
        assert!(matches!(begun.await, Ok(Some(Begun::Compare(..)))), "{cut:?}");
        let saved = other.read(id(1)).await.expect("reads").expect("is there");
        assert_eq!(saved.payment.ledger.charges.len(), charged, "{cut:?}");
    }
    assert_eq!(proxy.cuts(), 3);
}

/// Many decisions in one transaction: each is found out for itself.
#[tokio::test(flavor = "multi_thread")]
async fn of_many_that_share_a_lost_commit_each_is_found_out() {
    let Place { proxy, store, other } = place().await;
    for n in 0..40 {
        store.create(account(n), Vec::new(), None).await.expect("creates");
    }
    for (number, cut) in (2..).zip([Cut::Before, Cut::After]) {
        proxy.cut_next(cut);
        let tasks: Vec<_> = (0..40)
            .map(|n| {
                let store = store.clone();
                tokio::spawn(async move { note(&store, n).await })
            })
            .collect();
        for (n, task) in (0..).zip(tasks) {
            assert_eq!(task.await.expect("joins").expect("is found out"), Some(number), "{cut:?}: {n}");
            assert_eq!(noted(&other, n).await, number, "{cut:?}: {n}");
        }
    }
    assert_eq!(proxy.cuts(), 2);
}

/// Whoever has written since hides what became of it: it is refused rather than guessed at.
#[tokio::test(flavor = "multi_thread")]
async fn what_others_have_written_over_is_refused() {
    let Place { proxy, store, other } = place().await;
    store.create(account(1), Vec::new(), None).await.expect("creates");
    for (before, made) in [(1, 1), (3, 0)] {
        let cut = if made == 1 { Cut::After } else { Cut::Before };
        proxy.cut_next_and_hold(cut);
        let (cuts, doubtful) = (
            proxy.cuts(),
            tokio::spawn({
                let store = store.clone();
                async move { note(&store, 1).await }
            }),
        );
        while proxy.cuts() == cuts {
            tokio::task::yield_now().await;
        }
        assert_eq!(note(&other, 1).await.expect("writes in between"), Some(before + made + 1));
        proxy.let_in();
        let told = doubtful.await.expect("joins");
        assert!(matches!(told, Err(StoreFault::Unavailable(_))), "{cut:?}: {told:?}");
        assert_eq!(noted(&other, 1).await, before + made + 1, "{cut:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_created_and_erased_once() {
    let Place { proxy, store, other } = place().await;
    for (n, cut) in (1..).zip([Cut::Before, Cut::After]) {
        let lookups = vec![Lookup::Name(index(n)), Lookup::Mobile(index(100))];
        proxy.cut_next(cut);
        let created = store.create(account(n), lookups, None).await;
        assert_eq!(created.expect("is found out"), Created::Created, "{cut:?}");
        assert_eq!(noted(&other, n).await, 1, "{cut:?}");
        assert_eq!(other.find_name(index(n)).await.expect("finds"), Some(id(n)));
    }
    for (n, cut) in (1..).zip([Cut::Before, Cut::After]) {
        proxy.cut_next(cut);
        assert!(store.erase(id(n), |_| ()).await.expect("is found out"), "{cut:?}");
        assert!(other.read(id(n)).await.expect("reads").is_none(), "{cut:?}");
        assert_eq!(other.find_name(index(n)).await.expect("finds"), None);
    }
    assert_eq!(other.find_mobile(index(100), 9).await.expect("finds"), []);
    assert_eq!(proxy.cuts(), 4);
    let page = Page { after: None, limit: 9 };
    assert_eq!(other.accounts(TenantId::default_tenant(), page).await.expect("lists"), []);
}

/// What is a statement of its own has no commit that could be cut; one that is not repeated is refused, and counts.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_counted_is_counted_at_most_once() {
    let Place { proxy, store, other } = place().await;
    let count = |store: &PostgresStore| {
        let store = store.clone();
        async move { store.count(index(1), 2, Span::from_secs(60), at(0)).await }
    };
    proxy.cut_next(Cut::After);
    assert!(matches!(count(&store).await, Err(StoreFault::Unavailable(_))));
    proxy.cut_next(Cut::Before);
    assert!(matches!(count(&store).await, Err(StoreFault::Unavailable(_))));
    // The first was counted, the second was not.
    assert_eq!(count(&other).await.expect("counts"), Ok(()));
    assert!(count(&other).await.expect("counts").is_err());
    assert_eq!(proxy.cuts(), 2);
}

/// A claim is taken, and nonces are seen, as far as the database knows.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_claimed_by_another_server_runs_here_too() {
    let Place { store, other, .. } = place().await;
    assert_eq!(store.claim(sample::claim(1)).await.expect("claims"), Claimed::Fresh);
    assert_eq!(other.claim(sample::claim(1)).await.expect("claims"), Claimed::Running);
    assert!(store.once(index(1), at(60), at(0)).await.expect("answers"));
    assert!(!other.once(index(1), at(60), at(0)).await.expect("answers"));
}
