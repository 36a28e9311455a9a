//! The feed: every event, once, in an order in which nobody who reads on misses one.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use countersign_domain::event::What;
use countersign_domain::feed::{FeedEntry, FeedPlace};
use countersign_domain::id::{AccountId, EventId};
use countersign_domain::time::Timestamp;

use super::sample::{self, account, at, id};
use crate::door::{Arrival, Store};

/// Created, decided about, imported and erased: whatever leaves an event in the trail leaves it in the feed, once.
pub async fn every_event_is_in_the_feed_once<S: Store>(store: S) {
    let before = store.feed_end().await.expect("reads");
    for n in 1..=3 {
        store.create(account(n), Vec::new(), None).await.expect("creates");
        note(&store, n, 5).await;
    }
    store.import(vec![Arrival::new(account(9), Vec::new()).expect("is ready")]).await.expect("imports");
    assert!(store.erase(id(3), |_| ()).await.expect("erases"));
    arrange_all(&store).await;
    let fed = all(&store, before, 100).await;
    let told: BTreeSet<(AccountId, EventId)> =
        fed.iter().map(|entry| (entry.event.account, entry.event.id)).collect();
    assert_eq!((fed.len(), told.len()), (7, 7), "each once");
    assert_eq!(fed.iter().filter(|entry| entry.event.account == id(9)).count(), 1);
    let page = countersign_domain::command::Page { after: None, limit: 10 };
    let tenant = countersign_domain::identifier::TenantId::default_tenant();
    for event in store.events(tenant, Some(id(2)), page).await.expect("reads") {
        assert!(fed.iter().any(|entry| entry.event == event), "as the trail has it");
    }
    assert_eq!(store.feed_end().await.expect("reads"), fed.last().expect("is there").place);
}

/// One that is not saved has no place either.
pub async fn what_is_not_saved_is_not_in_the_feed<S: Store>(store: S) {
    store.create(account(1), Vec::new(), None).await.expect("creates");
    let failed = store
        .update(id(1), |draft| {
            sample::with_scene(6, |scene| draft.account.record(scene, What::ComparedWithLogin));
            panic!("on purpose");
        })
        .await;
    assert!(matches!(failed, Err(_) | Ok(None::<()>)));
    note(&store, 1, 7).await;
    arrange_all(&store).await;
    assert_eq!(all(&store, FeedPlace::START, 10).await.len(), 2);
}

/// Page by page it is the same, in order, and an account's own events are in their order.
pub async fn the_feed_is_read_on_page_by_page<S: Store>(store: S) {
    for n in 1..=3 {
        store.create(account(n), Vec::new(), None).await.expect("creates");
    }
    for second in 1..=7 {
        for n in 1..=3 {
            note(&store, n, second).await;
        }
        arrange_all(&store).await;
    }
    let whole = all(&store, FeedPlace::START, 100).await;
    assert_eq!(whole.len(), 24);
    assert!(whole.windows(2).all(|pair| pair[0].place < pair[1].place));
    for n in 1..=3 {
        let own: Vec<EventId> =
            whole.iter().filter(|entry| entry.event.account == id(n)).map(|entry| entry.event.id).collect();
        assert!(own.windows(2).all(|pair| pair[0] < pair[1]), "in the order of their decisions");
    }
    for limit in [1, 5, 24] {
        assert_eq!(all(&store, FeedPlace::START, limit).await, whole, "by {limit}");
    }
    let middle = whole[10].place;
    assert_eq!(all(&store, middle, 5).await, whole[11..]);
}

/// Somebody reads on while many write and places are given: what was read is everything, and nothing ever comes before what
/// was read already.
pub async fn a_reader_misses_nothing_while_others_write<S: Store>(store: S) {
    for n in 0..8 {
        store.create(account(n), Vec::new(), None).await.expect("creates");
    }
    let stop = Arc::new(AtomicBool::new(false));
    let reader = {
        let (store, stop) = (store.clone(), Arc::clone(&stop));
        tokio::spawn(async move {
            let (mut after, mut seen) = (FeedPlace::START, Vec::new());
            loop {
                let last = stop.load(Ordering::SeqCst);
                store.arrange(at(9), 16).await.expect("arranges");
                let fed = store.feed(after, 7).await.expect("reads");
                assert!(fed.entries.iter().all(|entry| entry.place > after) && !fed.missed);
                let none = fed.last == after;
                after = fed.last;
                seen.extend(fed.entries.into_iter().map(|entry| entry.event.id));
                if last && none {
                    return seen;
                }
            }
        })
    };
    let writers: Vec<_> = (0..8)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move {
                for second in 1..=40 {
                    note(&store, n, second).await;
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.expect("joins");
    }
    stop.store(true, Ordering::SeqCst);
    let mut seen = reader.await.expect("joins");
    arrange_all(&store).await;
    let whole: Vec<EventId> =
        all(&store, FeedPlace::START, 100).await.iter().map(|entry| entry.event.id).collect();
    assert_eq!(whole.len(), 8 * 41);
    seen.truncate(whole.len());
    assert_eq!(seen, whole, "in the same order");
}

/// What is forgotten is told to whom it concerns, places are never given again, and a time is found.
pub async fn what_is_forgotten_is_told<S: Store>(store: S) {
    store.create(account(1), Vec::new(), None).await.expect("creates");
    for second in 1..=9 {
        note(&store, 1, second * 1000).await;
    }
    arrange_all(&store).await;
    let whole = all(&store, FeedPlace::START, 100).await;
    assert_eq!(whole.len(), 10);
    for second in [1, 4, 9] {
        let after = store.feed_at(at(second * 1000)).await.expect("finds");
        let place = |entry: &&FeedEntry| entry.event.at >= at(second * 1000);
        let first = whole.iter().find(place).expect("is there").place;
        assert!(after < first, "nothing is left out");
        assert!(
            all(&store, after, 100).await.len() <= whole.len() - usize::try_from(second).expect("fits") + 1
        );
    }
    assert_eq!(store.forget_feed(at(4000), 2).await.expect("forgets"), 2, "at most so many");
    assert_eq!(store.forget_feed(at(4000), 50).await.expect("forgets"), 2);
    assert_eq!(store.forget_feed(at(4000), 50).await.expect("forgets"), 0);
    assert!(store.feed(whole[2].place, 10).await.expect("reads").missed);
    let after = store.feed(whole[3].place, 10).await.expect("reads");
    assert!(!after.missed && after.entries == whole[4..]);
    assert_eq!(store.forget_feed(Timestamp::from_secs(9_000_000_000), 50).await.expect("forgets"), 5);
    let last = whole[9].place;
    assert_eq!(store.feed_end().await.expect("reads"), last, "the last place stays");
    note(&store, 1, 10_000).await;
    arrange_all(&store).await;
    let fed = store.feed(last, 10).await.expect("reads");
    assert!(!fed.missed && fed.entries.len() == 1 && fed.entries[0].place > last);
}

async fn note<S: Store>(store: &S, n: u32, second: i64) {
    let noted = store.update(id(n), move |draft| {
        sample::with_scene(second, |scene| draft.account.record(scene, What::ComparedWithLogin));
    });
    assert_eq!(noted.await.expect("updates"), Some(()));
}

/// Gives a place to everything that has none.
pub(super) async fn arrange_all<S: Store>(store: &S) {
    while store.arrange(at(9), 16).await.expect("arranges") > 0 {}
}

/// Everything after a place, read `limit` at a time.
async fn all<S: Store>(store: &S, after: FeedPlace, limit: u32) -> Vec<FeedEntry> {
    let (mut after, mut entries) = (after, Vec::new());
    loop {
        let fed = store.feed(after, limit).await.expect("reads");
        if fed.last == after {
            return entries;
        }
        after = fed.last;
        entries.extend(fed.entries);
    }
}
