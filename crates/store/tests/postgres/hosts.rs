//! Several hosts, one of which is of no use.

use std::net::TcpListener;

use countersign_store::door::Store;
use countersign_store::postgres::PostgresStore;
use countersign_throwaway::Server;

use crate::support::hasty;

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
