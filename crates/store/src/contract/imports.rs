//! Imports: many accounts in one transaction, and none of them twice.

use countersign_domain::command::Page;
use countersign_domain::id::AccountId;
use countersign_domain::identifier::TenantId;

use super::sample::{account, id, index};
use crate::door::{Arrival, Imported, Lookup, Store, StoreFault};

/// Each is read back, found by its names and mobiles, and has its event.
pub async fn many_are_stored_with_what_they_are_found_by<S: Store>(store: S) {
    let batch = store.import((0..50).map(arrival).collect()).await.expect("imports");
    assert_eq!(batch.outcomes, vec![Imported::Created; 50]);
    for n in 0..50 {
        let mut expected = account(n);
        let made = std::mem::take(&mut expected.fresh_events);
        assert_eq!(store.read(id(n)).await.expect("reads"), Some(expected));
        assert_eq!(store.find_name(index(n)).await.expect("finds"), Some(id(n)));
        assert_eq!(store.find_name(index(1000 + n)).await.expect("finds"), Some(id(n)));
        let page = Page { after: None, limit: 10 };
        let trail = store.events(TenantId::default_tenant(), Some(id(n)), page).await.expect("reads");
        assert_eq!(trail, made);
    }
    assert_eq!(store.find_mobile(index(2000), 100).await.expect("finds").len(), 50);
}

/// Under new ids, the same names find the accounts that are there, and these stay as they are.
pub async fn what_is_there_is_known_again<S: Store>(store: S) {
    store.import((0..5).map(arrival).collect()).await.expect("imports");
    let again = (0..7).map(|n| of(100 + n, lookups(n)));
    let batch = store.import(again.collect()).await.expect("imports");
    let there = (0..5).map(|n| Imported::There(id(n)));
    assert_eq!(batch.outcomes, there.chain([Imported::Created; 2]).collect::<Vec<_>>());
    for n in 100..105 {
        assert!(store.read(id(n)).await.expect("reads").is_none());
        let page = Page { after: None, limit: 10 };
        assert_eq!(store.events(TenantId::default_tenant(), Some(id(n)), page).await.expect("reads"), []);
    }
    let page = Page { after: None, limit: 100 };
    assert_eq!(store.accounts(TenantId::default_tenant(), page).await.expect("lists").len(), 7);
}

/// Whole: neither its other names nor its mobiles are stored. The others of the batch are, and those after it in the
/// same batch meet those before it.
pub async fn one_with_a_name_of_another_is_left_out<S: Store>(store: S) {
    store.create(account(1), vec![Lookup::Name(index(1))], None).await.expect("creates");
    let (name, mobile) = (|n| Lookup::Name(index(n)), |n| Lookup::Mobile(index(n)));
    let found_by = [
        vec![name(20), mobile(21), name(1)],
        vec![name(30), name(31)],
        vec![name(31), name(32)],
        vec![name(31), name(30)],
        vec![name(1)],
    ];
    let arrivals = (2..).zip(found_by).map(|(n, lookups)| of(n, lookups));
    let batch = store.import(arrivals.collect()).await.expect("imports");
    let three = Imported::There(id(3));
    let expected = [Imported::Taken(2), Imported::Created, Imported::Taken(0), three, Imported::There(id(1))];
    assert_eq!(batch.outcomes, expected);
    for (n, owner) in [(1, Some(1)), (20, None), (30, Some(3)), (31, Some(3)), (32, None)] {
        assert_eq!(store.find_name(index(n)).await.expect("finds"), owner.map(id), "name {n}");
    }
    assert_eq!(store.find_mobile(index(21), 10).await.expect("finds"), []);
    assert!(store.read(id(2)).await.expect("reads").is_none());
}

/// The same where no two of the batch have a name in common: what was written of it beside the name is taken back.
pub async fn one_that_alone_meets_another_is_left_out<S: Store>(store: S) {
    store.create(account(1), vec![Lookup::Name(index(1))], None).await.expect("creates");
    let (name, mobile) = (|n| Lookup::Name(index(n)), |n| Lookup::Mobile(index(n)));
    let met = of(2, vec![name(40), mobile(41), name(1), name(42)]);
    let twice = of(3, vec![name(50), mobile(51), mobile(51)]);
    let batch = store.import(vec![met, twice]).await.expect("imports");
    assert_eq!(batch.outcomes, [Imported::Taken(2), Imported::Created]);
    for (n, owner) in [(1, Some(1)), (40, None), (42, None), (50, Some(3))] {
        assert_eq!(store.find_name(index(n)).await.expect("finds"), owner.map(id), "name {n}");
    }
    assert_eq!(store.find_mobile(index(41), 10).await.expect("finds"), []);
    assert_eq!(store.find_mobile(index(51), 10).await.expect("finds"), [id(3)]);
    assert!(store.read(id(2)).await.expect("reads").is_none());
    assert!(store.erase(id(3), |_| ()).await.expect("erases"));
    assert_eq!(store.find_mobile(index(51), 10).await.expect("finds"), []);
}

/// An id that is in use is a fault, and nothing of the batch is stored.
pub async fn a_batch_is_stored_whole_or_not_at_all<S: Store>(store: S) {
    store.create(account(5), Vec::new(), None).await.expect("creates");
    let failed = store.import((0..10).map(arrival).collect()).await;
    assert!(matches!(failed, Err(StoreFault::Backend(_))));
    for n in (0..5).chain(6..10) {
        assert!(store.read(id(n)).await.expect("reads").is_none());
        assert_eq!(store.find_name(index(n)).await.expect("finds"), None);
    }
    assert_eq!(store.find_mobile(index(2000), 10).await.expect("finds"), []);
    let empty = store.import(Vec::new()).await.expect("imports nothing");
    assert_eq!(empty.outcomes, []);
}

/// Its names are free again, and the mobile that it shared still finds the others.
pub async fn an_imported_account_is_erased_like_any<S: Store>(store: S) {
    store.import((0..3).map(arrival).collect()).await.expect("imports");
    assert!(store.erase(id(1), |_| ()).await.expect("erases"));
    assert_eq!(store.find_name(index(1)).await.expect("finds"), None);
    assert_eq!(store.find_name(index(1001)).await.expect("finds"), None);
    assert_eq!(store.find_mobile(index(2000), 10).await.expect("finds"), [id(0), id(2)]);
    let again = of(9, lookups(1));
    assert_eq!(store.import(vec![again]).await.expect("imports").outcomes, [Imported::Created]);
    assert_eq!(store.find_name(index(1)).await.expect("finds"), Some(id(9)));
}

/// Of one who creates and others who import the same name at once, one gets it.
pub async fn of_many_who_import_the_same_name_one_wins<S: Store>(store: S) {
    let import = |n: u32| {
        let store = store.clone();
        tokio::spawn(async move {
            store.import(vec![of(n, vec![Lookup::Name(index(7))])]).await.expect("imports").outcomes
        })
    };
    let tasks: Vec<_> = (0..8).map(import).collect();
    let mut winners: Vec<AccountId> = Vec::new();
    let mut met = Vec::new();
    for (n, task) in (0..).zip(tasks) {
        match task.await.expect("joins")[..] {
            [Imported::Created] => winners.push(id(n)),
            [Imported::There(other)] => met.push(other),
            ref other => panic!("{other:?}"),
        }
    }
    assert_eq!(winners.len(), 1);
    assert_eq!(met, vec![winners[0]; 7]);
    assert_eq!(store.find_name(index(7)).await.expect("finds"), Some(winners[0]));
}

/// With two names of its own, and a mobile that all of them have.
fn arrival(n: u32) -> Arrival {
    of(n, lookups(n))
}

fn lookups(n: u32) -> Vec<Lookup> {
    vec![Lookup::Name(index(n)), Lookup::Mobile(index(2000)), Lookup::Name(index(1000 + n))]
}

fn of(n: u32, lookups: Vec<Lookup>) -> Arrival {
    Arrival::new(account(n), lookups).expect("can be written")
}
