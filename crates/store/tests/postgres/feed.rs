//! The feed of several servers: who gives places is cut off in the middle, and others go on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use countersign_domain::feed::FeedPlace;
use countersign_domain::id::EventId;
use countersign_store::contract::sample::{account, at};
use countersign_store::door::{Feed, Store};
use countersign_store::postgres::PostgresStore;
use countersign_throwaway::Server;

use crate::proxy::{Cut, Proxy};
use crate::support::{note, open};

async fn read_all(store: &PostgresStore) -> Vec<(i64, EventId)> {
    let (mut after, mut all) = (FeedPlace::START, Vec::new());
    loop {
        let fed = store.feed(after, 50).await.expect("reads");
        if fed.last == after {
            return all;
        }
        after = fed.last;
        all.extend(fed.entries.iter().map(|entry| (entry.place.number(), entry.event.id)));
    }
}

fn rows(server: &Server, url: &str, table: &str) -> u64 {
    let count = server.psql(url, &format!("SELECT count(*) FROM {table}")).expect("counts");
    count.trim().parse().expect("a number")
}

/// Its commit is lost, or only the answer to it: every event has one place, whoever goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_move_whose_commit_or_answer_is_lost_is_made_once() {
    let server = Server::shared();
    for cut in [Cut::Before, Cut::After] {
        let url = server.database();
        let proxy = Proxy::to(server.port());
        let (store, other) = (open(&proxy.url(&url)).await, open(&url).await);
        for n in 0..4 {
            other.create(account(n), Vec::new(), None).await.expect("creates");
        }
        proxy.cut_next(cut);
        // It is tried again by itself.
        while store.arrange(at(0), 100).await.expect("arranges") > 0 {}
        assert_eq!((rows(server, &url, "outbox"), read_all(&other).await.len()), (0, 4));
        assert!(proxy.cuts() > 0, "it was cut");
    }
}

/// Of several servers one at a time gives places. One that is given up in the middle, again and again, has given all of a batch
/// or none, and a reader never has to look back.
#[tokio::test(flavor = "multi_thread")]
async fn servers_that_are_cut_off_in_the_middle_lose_nothing_and_keep_the_order() {
    let url = Server::shared().database();
    let (one, two) = (open(&url).await, open(&url).await);
    for n in 0..8 {
        one.create(account(n), Vec::new(), None).await.expect("creates");
    }
    let (stop, turns) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let arrangers: Vec<_> = [&one, &two]
        .into_iter()
        .map(|store| {
            let (store, stop, turns) = (store.clone(), Arc::clone(&stop), Arc::clone(&turns));
            tokio::spawn(async move {
                while !stop.load(Ordering::SeqCst) {
                    let turn = turns.fetch_add(1, Ordering::SeqCst);
                    // Each turn another server's lease has just ended, and each is dropped after so many steps.
                    let arrange = store.arrange(at(i64::from(turn) * 11), 24);
                    tokio::select! {
                        biased;
                        () = steps(turn % 23) => {}
                        arranged = arrange => drop(arranged.expect("arranges")),
                    }
                }
            })
        })
        .collect();
    let reader = {
        let (store, stop) = (two.clone(), Arc::clone(&stop));
        tokio::spawn(async move {
            let (mut after, mut seen) = (FeedPlace::START, Vec::new());
            while !stop.load(Ordering::SeqCst) {
                let fed = store.feed(after, 9).await.expect("reads");
                after = fed.last;
                seen.extend(fed.entries.into_iter().map(|entry| (entry.place.number(), entry.event.id)));
            }
            (after, seen)
        })
    };
    let writers: Vec<_> = (0..8)
        .map(|n| {
            let store = if n % 2 == 0 { one.clone() } else { two.clone() };
            tokio::spawn(async move {
                for _ in 0..40 {
                    note(&store, n).await.expect("writes");
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.expect("joins");
    }
    stop.store(true, Ordering::SeqCst);
    for arranger in arrangers {
        arranger.await.expect("joins");
    }
    let (after, mut seen) = reader.await.expect("joins");
    while one.arrange(at(9_000_000), 100).await.expect("arranges") > 0 {}
    let rest = one.feed(after, 1000).await.expect("reads");
    seen.extend(rest.entries.into_iter().map(|entry| (entry.place.number(), entry.event.id)));
    let whole = read_all(&one).await;
    assert_eq!(whole.len(), 8 * 41, "each event has one place");
    assert_eq!(seen, whole, "who read on missed nothing, and saw nothing twice");
}

/// As many as that many times waking up.
async fn steps(count: u32) {
    for _ in 0..count * 40 {
        tokio::task::yield_now().await;
    }
}

/// While one gives places, another leaves it to them, and takes over when they have not for a while.
#[tokio::test(flavor = "multi_thread")]
async fn one_at_a_time_gives_places_and_another_takes_over() {
    let url = Server::shared().database();
    let (one, two) = (open(&url).await, open(&url).await);
    one.create(account(1), Vec::new(), None).await.expect("creates");
    assert_eq!(one.arrange(at(0), 10).await.expect("arranges"), 1);
    note(&one, 1).await.expect("writes");
    assert_eq!(two.arrange(at(9), 10).await.expect("leaves it to the other"), 0);
    assert_eq!(two.arrange(at(10), 10).await.expect("takes over"), 1);
    note(&one, 1).await.expect("writes");
    assert_eq!(one.arrange(at(11), 10).await.expect("leaves it to the other"), 0);
    assert_eq!(two.arrange(at(11), 10).await.expect("arranges"), 1);
    let places: Vec<i64> = read_all(&one).await.iter().map(|(place, _)| *place).collect();
    assert!(places.windows(2).all(|pair| pair[0] < pair[1]));
}
