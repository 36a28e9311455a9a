//! A database server that is killed under load: what it acknowledged is there afterwards, and nothing twice.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use countersign_store::contract::sample::{account, id};
use countersign_store::door::{Store, StoreFault};
use countersign_store::postgres::PostgresStore;
use countersign_throwaway::Server;

use crate::support::{hasty, note, noted};

const ACCOUNTS: u32 = 16;
const ROUNDS: usize = 4;
/// Far longer than anything is waited for.
const LONG: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_or_done_twice() {
    let server = Server::start().expect("starts");
    let url = server.database();
    let store = PostgresStore::open(hasty(&url)).await.expect("opens");
    for n in 0..ACCOUNTS {
        store.create(account(n), Vec::new(), None).await.expect("creates");
    }
    let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let tasks: Vec<_> = (0..ACCOUNTS)
        .map(|n| tokio::spawn(write_until(store.clone(), n, Arc::clone(&stop), Arc::clone(&done))))
        .collect();
    for _ in 0..ROUNDS {
        until_more(&done, 200).await;
        server.kill().expect("is killed");
        server.restart().expect("comes back");
    }
    until_more(&done, 200).await;
    stop.store(true, Ordering::SeqCst);
    for (n, task) in (0..).zip(tasks) {
        let Written { acknowledged, refused } = task.await.expect("joins");
        let there = noted(&store, n).await;
        let last = acknowledged.keys().next_back().copied().unwrap_or(1);
        assert!(there >= last, "account {n}: {last} were acknowledged, {there} are there");
        assert!(acknowledged.values().all(|&times| times == 1), "account {n}: no number was given twice");
        let made = u32::try_from(acknowledged.len()).expect("fits");
        assert!(
            there <= 1 + made + refused,
            "account {n}: {there} are there of {made} and {refused} in doubt"
        );
        assert!(store.read(id(n)).await.expect("reads").is_some());
    }
}

struct Written {
    /// How often each number was acknowledged.
    acknowledged: BTreeMap<u32, u32>,
    /// How often it was told that it cannot be done, or is not known to be.
    refused: u32,
}

async fn write_until(store: PostgresStore, n: u32, stop: Arc<AtomicBool>, done: Arc<AtomicUsize>) -> Written {
    let mut written = Written { acknowledged: BTreeMap::new(), refused: 0 };
    while !stop.load(Ordering::SeqCst) {
        match note(&store, n).await {
            Ok(number) => {
                *written.acknowledged.entry(number.expect("is there")).or_default() += 1;
                done.fetch_add(1, Ordering::SeqCst);
            }
            Err(StoreFault::Unavailable(_)) => written.refused += 1,
            Err(fault) => panic!("account {n}: {fault}"),
        }
    }
    written
}

async fn until_more(done: &AtomicUsize, more: usize) {
    let until = done.load(Ordering::SeqCst) + more;
    let enough = async {
        while done.load(Ordering::SeqCst) < until {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LONG, enough).await.expect("they go on");
}
