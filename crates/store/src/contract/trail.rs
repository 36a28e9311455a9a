//! The audit trail: in the decision's own transaction, newest first.

use countersign_domain::command::Page;
use countersign_domain::event::What;
use countersign_domain::id::{AccountId, EventId};
use countersign_domain::identifier::TenantId;

use super::sample::{self, account, id};
use crate::door::Store;

/// A decision's events are there as soon as its outcome is, and never without it.
pub async fn events_are_saved_with_the_decision_or_not_at_all<S: Store>(store: S) {
    store.create(account(1), Vec::new(), None).await.expect("creates");
    note(&store, 1, 5).await;
    let failed = store
        .update(id(1), |draft| {
            sample::with_scene(6, |scene| draft.account.record(scene, What::ComparedWithLogin));
            panic!("on purpose");
        })
        .await;
    assert!(matches!(failed, Err(_) | Ok(None::<()>)));
    let trail = all(&store, Some(id(1)), 10).await;
    let saved = store.read(id(1)).await.expect("reads").expect("is there");
    assert_eq!((trail.len(), saved.events_made), (2, 2));
    assert!(saved.fresh_events.is_empty());
}

/// Of one account and of a whole tenant; a page begins after the last one seen.
pub async fn events_come_newest_first_page_by_page<S: Store>(store: S) {
    for n in 1..=3 {
        store.create(account(n), Vec::new(), None).await.expect("creates");
    }
    for second in 1..=7 {
        for n in 1..=3 {
            note(&store, n, second).await;
        }
    }
    for (whose, expected) in [(Some(id(2)), 8), (None, 24)] {
        let whole = all(&store, whose, 200).await;
        assert_eq!(whole.len(), expected);
        assert!(whole.windows(2).all(|pair| pair[0] > pair[1]), "newest first");
        for limit in [1, 5, 8] {
            assert_eq!(all(&store, whose, limit).await, whole, "by {limit}");
        }
    }
}

/// Neither by the tenant nor by an account's id.
pub async fn events_of_other_tenants_are_not_seen<S: Store>(store: S) {
    store.create(account(1), Vec::new(), None).await.expect("creates");
    store.create(sample::account_of(2, sample::tenant("other")), Vec::new(), None).await.expect("creates");
    assert_eq!(all(&store, None, 10).await.len(), 1);
    assert_eq!(all(&store, Some(id(2)), 10).await.len(), 0);
    let page = Page { after: None, limit: 10 };
    let others = store.events(sample::tenant("other"), Some(id(2)), page).await.expect("reads");
    assert_eq!(others.len(), 1);
}

async fn note<S: Store>(store: &S, n: u32, second: i64) {
    let noted = store.update(id(n), move |draft| {
        sample::with_scene(second, |scene| draft.account.record(scene, What::ComparedWithLogin));
    });
    assert_eq!(noted.await.expect("updates"), Some(()));
}

/// Ids of all events, read `limit` at a time.
async fn all<S: Store>(store: &S, whose: Option<AccountId>, limit: u32) -> Vec<EventId> {
    let mut seen: Vec<EventId> = Vec::new();
    loop {
        let page = Page { after: seen.last().copied(), limit };
        let part = store.events(TenantId::default_tenant(), whose, page).await.expect("reads");
        assert!(part.len() <= limit as usize);
        if part.is_empty() {
            return seen;
        }
        seen.extend(part.iter().map(|event| event.id));
    }
}
