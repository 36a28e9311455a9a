//! Apps, keys, sweeping and health.

use countersign_domain::app::{App, AppProof, Scopes};
use countersign_domain::command::Page;
use countersign_domain::id::AppId;
use countersign_domain::identifier::TenantId;
use countersign_domain::ledger::Ledger;
use countersign_domain::secret::Sealed;
use countersign_domain::spray::Watch;
use countersign_domain::time::Span;

use super::sample::{self, account, at, id, index};
use crate::door::{Claim, Claimed, Lookup, Store, WrappedKey};

/// New or changed, listed by id within their tenant, gone when deleted.
pub async fn apps_are_stored_listed_and_deleted<S: Store>(store: S) {
    assert!(store.app(app(1).id).await.expect("reads").is_none());
    for n in [3, 1, 2] {
        store.create_app(app(n), None).await.expect("stores");
    }
    let other = App { tenant: sample::tenant("other"), ..app(4) };
    store.create_app(other, None).await.expect("stores");
    let renamed = App { name: "renamed".into(), proof: AppProof::Hawk(Sealed(vec![1, 2, 3])), ..app(2) };
    let rename = {
        let renamed = renamed.clone();
        move |app: &mut App| *app = renamed
    };
    assert!(store.update_app(app(2).id, rename).await.expect("stores"));
    store.create_app(app(2), None).await.expect("leaves the one that is there");
    assert_eq!(store.app(app(2).id).await.expect("reads"), Some(renamed.clone()));
    let list = |after, limit| store.apps(TenantId::default_tenant(), Page { after, limit });
    assert_eq!(list(None, 2).await.expect("lists"), [app(1), renamed]);
    assert_eq!(list(Some(app(2).id), 2).await.expect("lists"), [app(3)]);
    assert!(store.delete_app(app(1).id).await.expect("deletes"));
    assert!(!store.delete_app(app(1).id).await.expect("answers"));
    let revive = |app: &mut App| app.name = "revived".into();
    assert!(!store.update_app(app(1).id, revive).await.expect("does not bring it back"));
    assert!(store.app(app(1).id).await.expect("reads").is_none());
}

/// One key an id; none in a new database; all of a call or none, and never one in place of another.
pub async fn keys_are_added_and_never_replaced<S: Store>(store: S) {
    assert_eq!(store.keys().await.expect("reads"), []);
    let key = |id, byte| WrappedKey { id, wrapped: vec![byte; 60] };
    assert!(store.add_keys(vec![key(1, 1), key(0, 2)]).await.expect("stores"));
    assert!(store.add_keys(vec![key(u32::MAX, 4)]).await.expect("stores"));
    assert!(!store.add_keys(vec![key(2, 5), key(1, 3)]).await.expect("answers"));
    let mut keys = store.keys().await.expect("reads");
    keys.sort_by_key(|key| key.id);
    assert_eq!(keys, [key(0, 2), key(1, 1), key(u32::MAX, 4)]);
}

/// One of each kind that expires then, one of each that does not, and the names and records that never do.
pub async fn a_sweep_forgets_only_what_expired<S: Store>(store: S) {
    for (n, end) in [(1, 60), (2, 61)] {
        let keep = Span::from_secs(u32::try_from(end).expect("a span"));
        let found_by =
            vec![Lookup::Name(index(n)), Lookup::Mobile(index(n)), Lookup::Session(index(n), at(end))];
        store.create(account(n), found_by, None).await.expect("creates");
        assert!(store.once(index(n), at(end), at(0)).await.expect("answers"));
        assert_eq!(store.count(index(n), 1, keep, at(0)).await.expect("counts"), Ok(()));
        let claim = Claim { lease: keep, keep, ..sample::claim(n) };
        assert_eq!(store.claim(claim).await.expect("claims"), Claimed::Fresh);
        let charge = |ledger: &mut Ledger| ledger.next += 1;
        store.at_nobody(index(n), at(end), at(0), charge).await.expect("charges");
        let miss = |watch: &mut Watch| watch.accounts.push(1);
        store.watch(index(n), at(end), at(0), miss).await.expect("watches");
    }
    assert_eq!(store.sweep(at(60), 100).await.expect("sweeps"), 6);
    assert_eq!(store.sweep(at(60), 100).await.expect("sweeps"), 0);
    assert_eq!(store.find_session(index(1)).await.expect("finds"), None);
    assert_eq!(store.find_session(index(2)).await.expect("finds"), Some(id(2)));
    for n in [1, 2] {
        assert_eq!(store.find_name(index(n)).await.expect("finds"), Some(id(n)));
        assert_eq!(store.find_mobile(index(n), 10).await.expect("finds"), [id(n)]);
        assert!(store.read(id(n)).await.expect("reads").is_some());
    }
    assert!(!store.once(index(2), at(99), at(60)).await.expect("answers"));
    assert!(store.count(index(2), 1, Span::from_secs(61), at(60)).await.expect("counts").is_err());
    let claim = Claim { now: at(60), keep: Span::from_secs(60), ..sample::claim(2) };
    assert_eq!(store.claim(claim).await.expect("claims"), Claimed::Running);
    assert!(store.read_watch(index(1)).await.expect("reads").is_none());
    assert!(store.read_watch(index(2)).await.expect("reads").is_some());
    let next = |ledger: &mut Ledger| ledger.next;
    assert_eq!(store.at_nobody(index(2), at(61), at(60), next).await.expect("reads"), 2);
}

/// The number of rows tells whether there may be more.
pub async fn a_sweep_forgets_at_most_its_limit<S: Store>(store: S) {
    for n in 0..5 {
        assert!(store.once(index(n), at(10), at(0)).await.expect("answers"));
        assert_eq!(store.count(index(n), 1, Span::from_secs(10), at(0)).await.expect("counts"), Ok(()));
    }
    for expected in [4, 4, 2, 0] {
        assert_eq!(store.sweep(at(10), 4).await.expect("sweeps"), expected);
    }
}

/// A store that works says so, and its counts only grow.
pub async fn a_check_passes_and_work_is_counted<S: Store>(store: S) {
    let before = store.counts();
    store.check().await.expect("works");
    for n in 0..3 {
        store.create(account(n), Vec::new(), None).await.expect("creates");
    }
    let after = store.counts();
    assert!(after.transactions >= before.transactions + 3);
    assert!(after.commits > before.commits);
    assert_eq!(after.batch_sizes.iter().sum::<u64>(), after.commits);
    assert_eq!(after.queued, 0);
}

fn app(n: u32) -> App {
    App {
        id: AppId::from_bytes(sample::bytes(n)),
        tenant: TenantId::default_tenant(),
        name: format!("app {n}"),
        scopes: Scopes::usual(),
        created_at: at(0),
        proof: AppProof::Api([9; 32]),
    }
}
