//! Accounts: created, updated and erased whole or not at all.

use countersign_domain::account::Question;
use countersign_domain::command::Page;
use countersign_domain::event::What;
use countersign_domain::id::AccountId;
use countersign_domain::identifier::TenantId;
use countersign_domain::time::Timestamp;

use super::sample::{self, account, at, id, index};
use crate::door::{Created, Lookup, Store, StoreFault};

/// What was created is read back without its fresh events, and these are in the trail.
pub async fn a_created_account_is_read_back<S: Store>(store: S) {
    assert!(store.read(id(1)).await.expect("reads").is_none());
    assert_eq!(store.create(account(1), Vec::new(), None).await.expect("creates"), Created::Created);
    let mut expected = account(1);
    let made = std::mem::take(&mut expected.fresh_events);
    assert_eq!(store.read(id(1)).await.expect("reads"), Some(expected));
    let page = Page { after: None, limit: 10 };
    let trail = store.events(TenantId::default_tenant(), Some(id(1)), page).await.expect("reads");
    assert_eq!(trail, made);
}

/// The answer names the place in the list, and nothing is left of the attempt.
pub async fn an_account_with_a_taken_name_is_not_created<S: Store>(store: S) {
    store.create(account(1), vec![Lookup::Name(index(1))], None).await.expect("creates");
    let lookups = vec![
        Lookup::Name(index(2)),
        Lookup::Mobile(index(3)),
        Lookup::Session(index(4), at(60)),
        Lookup::Name(index(1)),
    ];
    assert_eq!(store.create(account(2), lookups, None).await.expect("answers"), Created::Taken(3));
    assert!(store.read(id(2)).await.expect("reads").is_none());
    assert_eq!(store.find_name(index(1)).await.expect("finds"), Some(id(1)));
    assert_eq!(store.find_name(index(2)).await.expect("finds"), None);
    assert_eq!(store.find_mobile(index(3), 10).await.expect("finds"), []);
    assert_eq!(store.find_session(index(4)).await.expect("finds"), None);
    let page = Page { after: None, limit: 10 };
    assert!(store.events(TenantId::default_tenant(), Some(id(2)), page).await.expect("reads").is_empty());
}

/// An id that is in use is a fault, and its record stays.
pub async fn an_account_is_created_once<S: Store>(store: S) {
    store.create(account(1), Vec::new(), None).await.expect("creates");
    let mut other = account(1);
    other.events_made = 77;
    let again = store.create(other, vec![Lookup::Name(index(1))], None).await;
    assert!(matches!(again, Err(StoreFault::Backend(_))));
    assert_eq!(store.read(id(1)).await.expect("reads").map(|a| a.events_made), Some(1));
    assert_eq!(store.find_name(index(1)).await.expect("finds"), None);
}

/// `None`, and the decision did not run.
pub async fn an_unknown_account_is_not_decided_about<S: Store>(store: S) {
    let updated = store.update(id(1), |_| unreachable!("there is no record to decide about")).await;
    assert!(matches!(updated, Ok(None::<()>)));
    let erased = store.erase(id(1), |_| unreachable!("there is no record to erase")).await;
    assert!(matches!(erased, Ok(false)));
}

/// The outcome, the record and what it is found by; what it was found by before stays.
pub async fn an_update_saves_the_record_and_what_it_is_found_by<S: Store>(store: S) {
    store.create(account(1), vec![Lookup::Name(index(1))], None).await.expect("creates");
    let outcome = store
        .update(id(1), |draft| {
            draft.account.same_as_login.push(asked(5));
            draft.lookups =
                vec![Lookup::Name(index(1)), Lookup::Name(index(2)), Lookup::Session(index(3), at(60))];
            draft.account.events_made
        })
        .await;
    assert_eq!(outcome.expect("updates"), Some(1));
    let saved = store.read(id(1)).await.expect("reads").expect("is there");
    assert_eq!(saved.same_as_login, [asked(5)]);
    for name in [1, 2] {
        assert_eq!(store.find_name(index(name)).await.expect("finds"), Some(id(1)));
    }
    assert_eq!(store.find_session(index(3)).await.expect("finds"), Some(id(1)));
}

/// A fault, and neither the record nor an event nor another look-up of that decision is saved.
pub async fn an_update_that_takes_another_accounts_name_saves_nothing<S: Store>(store: S) {
    store.create(account(1), vec![Lookup::Name(index(1))], None).await.expect("creates");
    store.create(account(2), Vec::new(), None).await.expect("creates");
    let failed = store
        .update(id(2), |draft| {
            draft.lookups = vec![Lookup::Mobile(index(2)), Lookup::Name(index(1))];
            sample::with_scene(1, |scene| draft.account.record(scene, What::ComparedWithLogin));
        })
        .await;
    assert!(matches!(failed, Err(StoreFault::Backend(_))));
    assert_eq!(store.read(id(2)).await.expect("reads").map(|a| a.events_made), Some(1));
    assert_eq!(store.find_mobile(index(2), 10).await.expect("finds"), []);
    assert_eq!(store.find_name(index(1)).await.expect("finds"), Some(id(1)));
    let page = Page { after: None, limit: 10 };
    let trail = store.events(TenantId::default_tenant(), Some(id(2)), page).await.expect("reads");
    assert_eq!(trail.len(), 1);
}

/// A decision that only looks still gives its outcome.
pub async fn an_unchanged_record_is_left_as_it_was<S: Store>(store: S) {
    store.create(account(1), Vec::new(), None).await.expect("creates");
    let before = store.read(id(1)).await.expect("reads");
    assert_eq!(store.update(id(1), |draft| draft.account.payment.version).await.expect("looks"), Some(1));
    assert_eq!(store.read(id(1)).await.expect("reads"), before);
}

/// Its record stays as it was; decisions beside it, in the same commit or not, are saved.
pub async fn a_panic_fails_only_its_own_caller<S: Store>(store: S) {
    for n in 0..32 {
        store.create(account(n), Vec::new(), None).await.expect("creates");
    }
    let decide = |n: u32| {
        let store = store.clone();
        tokio::spawn(async move {
            let decision = store.update(id(n), move |draft| {
                draft.account.same_as_login.push(asked(1));
                assert!(!n.is_multiple_of(4), "on purpose");
            });
            (n, decision.await)
        })
    };
    for task in (0..32).map(decide).collect::<Vec<_>>() {
        let (n, outcome) = task.await.expect("joins");
        let saved = store.read(id(n)).await.expect("reads").expect("is there");
        assert_eq!(outcome.is_ok(), !n.is_multiple_of(4), "{n}: {outcome:?}");
        assert_eq!(saved.same_as_login.len(), usize::from(outcome.is_ok()), "{n}");
    }
    let erased = store.erase(id(1), |_| panic!("on purpose")).await;
    assert!(matches!(erased, Err(StoreFault::Backend(text)) if !text.contains("on purpose")));
    assert!(store.read(id(1)).await.expect("reads").is_some());
}

/// A fault, and nothing is saved.
pub async fn a_decision_cannot_change_whose_record_it_is<S: Store>(store: S) {
    store.create(account(1), Vec::new(), None).await.expect("creates");
    let moved = store.update(id(1), |draft| draft.account.id = id(2)).await;
    assert!(matches!(moved, Err(StoreFault::Backend(_))));
    let moved = store.update(id(1), |draft| draft.account.tenant = sample::tenant("other")).await;
    assert!(matches!(moved, Err(StoreFault::Backend(_))));
    assert!(store.read(id(1)).await.expect("reads").is_some());
    assert!(store.read(id(2)).await.expect("reads").is_none());
}

/// Record and look-ups go; the trail stays and ends with what the last decision wrote down; the name is free again.
pub async fn erasing_leaves_the_trail_only<S: Store>(store: S) {
    let found_by = vec![Lookup::Name(index(1)), Lookup::Mobile(index(2)), Lookup::Session(index(3), at(60))];
    store.create(account(1), found_by, None).await.expect("creates");
    store.create(account(2), vec![Lookup::Mobile(index(2))], None).await.expect("creates");
    let erased = store
        .erase(id(1), |account| sample::with_scene(9, |scene| account.record(scene, What::AccountErased)))
        .await;
    assert!(erased.expect("erases"));
    assert!(store.read(id(1)).await.expect("reads").is_none());
    assert_eq!(store.find_name(index(1)).await.expect("finds"), None);
    assert_eq!(store.find_mobile(index(2), 10).await.expect("finds"), [id(2)]);
    assert_eq!(store.find_session(index(3)).await.expect("finds"), None);
    let page = Page { after: None, limit: 10 };
    let trail = store.events(TenantId::default_tenant(), Some(id(1)), page).await.expect("reads");
    let told: Vec<_> = trail.into_iter().map(|event| (event.at, event.what)).collect();
    assert_eq!(told, [(at(9), What::AccountErased), (at(0), What::AccountCreated)]);
    let heir = store.create(account(3), vec![Lookup::Name(index(1))], None).await;
    assert_eq!(heir.expect("creates"), Created::Created);
    assert!(!store.erase(id(1), |_| ()).await.expect("answers"));
}

/// By id, page by page, and only that tenant's.
pub async fn a_tenants_accounts_are_listed_by_id<S: Store>(store: S) {
    for n in [5, 3, 9, 1, 7] {
        store.create(account(n), Vec::new(), None).await.expect("creates");
    }
    store.create(sample::account_of(4, sample::tenant("other")), Vec::new(), None).await.expect("creates");
    let mut seen: Vec<AccountId> = Vec::new();
    loop {
        let page = Page { after: seen.last().copied(), limit: 2 };
        let part = store.accounts(TenantId::default_tenant(), page).await.expect("lists");
        assert!(part.len() <= 2);
        assert!(
            part.iter().all(|account| account.created_at == Timestamp::from_millis(sample::START.millis()))
        );
        if part.is_empty() {
            break;
        }
        seen.extend(part.iter().map(|account| account.id));
    }
    assert_eq!(seen, [1, 3, 5, 7, 9].map(id));
}

fn asked(seconds: i64) -> Question {
    Question { at: at(seconds), tag: None }
}
