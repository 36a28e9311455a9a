//! Hosts that answer nothing, and one that takes nobody more.

use std::net::TcpListener;

use countersign_store::contract::sample::{account, id};
use countersign_store::door::Store;
use countersign_store::postgres::PostgresStore;
use countersign_throwaway::Server;

use crate::support::{hasty, options};

/// As a server whose machine still takes connections and whose process stands still: the next one is asked.
#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_accepts_and_never_answers_is_passed_over() {
    let server = Server::shared();
    let url = server.database();
    let mute = TcpListener::bind("127.0.0.1:0").expect("binds");
    let port = mute.local_addr().expect("has an address").port();
    let both = url.replace("@127.0.0.1:", &format!("@127.0.0.1:{port},127.0.0.1:"));
    let store = PostgresStore::open(hasty(&both)).await.expect("opens at the other");
    store.check().await.expect("works");
}

/// Fewer connections than it may make are there: it works with those it has.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_takes_no_more_connections_is_not_lost() {
    let server = Server::start_with(&[("max_connections", "8")]).expect("starts");
    let store = PostgresStore::open(options(&server.database())).await.expect("opens");
    store.create(account(1), Vec::new(), None).await.expect("creates");
    let tasks: Vec<_> = (0..64)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.read(id(1)).await })
        })
        .collect();
    for task in tasks {
        assert!(task.await.expect("joins").expect("is read").is_some());
    }
    store.check().await.expect("works");
}
