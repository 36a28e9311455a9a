//! What accounts are found by.

use super::sample::{account, at, id, index};
use crate::door::{Lookup, Store};

/// One account a name; the same hash as a mobile or a session is another thing.
pub async fn a_name_finds_one_account<S: Store>(store: S) {
    assert_eq!(store.find_name(index(1)).await.expect("finds"), None);
    store
        .create(account(1), vec![Lookup::Name(index(1)), Lookup::Name(index(1))], None)
        .await
        .expect("creates");
    store.create(account(2), vec![Lookup::Mobile(index(1))], None).await.expect("creates");
    assert_eq!(store.find_name(index(1)).await.expect("finds"), Some(id(1)));
    assert_eq!(store.find_mobile(index(1), 10).await.expect("finds"), [id(2)]);
    assert_eq!(store.find_session(index(1)).await.expect("finds"), None);
}

/// All of them, by id, at most as many as asked for.
pub async fn a_mobile_finds_all_its_accounts_by_id<S: Store>(store: S) {
    assert_eq!(store.find_mobile(index(1), 10).await.expect("finds"), []);
    for n in [3, 1, 2] {
        let twice = vec![Lookup::Mobile(index(1)), Lookup::Mobile(index(1))];
        store.create(account(n), twice, None).await.expect("creates");
    }
    store.create(account(4), vec![Lookup::Mobile(index(2))], None).await.expect("creates");
    assert_eq!(store.find_mobile(index(1), 10).await.expect("finds"), [1, 2, 3].map(id));
    assert_eq!(store.find_mobile(index(1), 2).await.expect("finds"), [1, 2].map(id));
}

/// From the moment that the change is durable; other accounts are found as before, and one that comes back is found again.
pub async fn a_mobile_that_was_forgotten_finds_it_no_longer<S: Store>(store: S) {
    for n in [1, 2] {
        let both = vec![Lookup::Mobile(index(1)), Lookup::Mobile(index(2)), Lookup::Name(index(10 + n))];
        store.create(account(n), both, None).await.expect("creates");
    }
    let change = |forgotten: &[u32], lookups: &[u32]| {
        let forgotten = forgotten.iter().copied().map(index).collect();
        let lookups = lookups.iter().copied().map(index).map(Lookup::Mobile).collect();
        store.update(id(1), move |draft| (draft.forgotten, draft.lookups) = (forgotten, lookups))
    };
    assert_eq!(change(&[1, 2, 7], &[2, 3]).await.expect("updates"), Some(()));
    for (mobile, found) in [(1, vec![id(2)]), (2, vec![id(1), id(2)]), (3, vec![id(1)]), (7, vec![])] {
        assert_eq!(store.find_mobile(index(mobile), 10).await.expect("finds"), found, "{mobile}");
    }
    assert_eq!(store.find_name(index(11)).await.expect("finds"), Some(id(1)));
    assert_eq!(change(&[2, 3], &[1]).await.expect("updates"), Some(()));
    assert_eq!(store.find_mobile(index(1), 10).await.expect("finds"), [id(1), id(2)]);
    // What is left of it is found when it is erased, and no more.
    assert!(store.erase(id(1), |_| ()).await.expect("erases"));
    for (mobile, found) in [(1, vec![id(2)]), (2, vec![id(2)]), (3, vec![])] {
        assert_eq!(store.find_mobile(index(mobile), 10).await.expect("finds"), found, "{mobile}");
    }
}

/// Until its last given end, by which a sweep may forget it; whether it lives is not the store's to say.
pub async fn a_session_is_found_until_it_expires<S: Store>(store: S) {
    store.create(account(1), Vec::new(), None).await.expect("creates");
    for end in [60, 90] {
        let open = store.update(id(1), move |draft| draft.lookups = vec![Lookup::Session(index(1), at(end))]);
        assert_eq!(open.await.expect("updates"), Some(()));
    }
    assert_eq!(store.sweep(at(89), 10).await.expect("sweeps"), 0);
    assert_eq!(store.find_session(index(1)).await.expect("finds"), Some(id(1)));
    assert_eq!(store.sweep(at(90), 10).await.expect("sweeps"), 1);
    assert_eq!(store.find_session(index(1)).await.expect("finds"), None);
}
