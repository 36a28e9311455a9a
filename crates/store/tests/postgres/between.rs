//! What happens in the middle of something, or after its answer was lost: nothing is given back, written over, or
//! acknowledged too soon.

use std::future::Future;

use countersign_domain::time::Span;
use countersign_store::contract::sample::{account, at, id, index};
use countersign_store::door::{Arrival, Lookup, Store, StoreFault, WrappedKey};
use countersign_store::postgres::PostgresStore;
use countersign_throwaway::Server;

use crate::proxy::{Cut, Proxy};
use crate::support::{hasty, note, noted, open};

/// After a failover that lost the last writes, other servers write the same numbers of versions again.
#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_others_gave_again_is_not_written_over() {
    let server = Server::shared();
    let (url, proxy) = (server.database(), Proxy::to(server.port()));
    let (store, other) = (open(&proxy.url(&url)).await, open(&url).await);
    store.create(account(1), Vec::new(), None).await.expect("creates");
    proxy.cut_next_and_hold(Cut::Before);
    let doubtful = {
        let store = store.clone();
        tokio::spawn(async move { note(&store, 1).await })
    };
    while proxy.cuts() == 0 {
        tokio::task::yield_now().await;
    }
    server.psql(&url, "UPDATE accounts SET writer = decode(repeat('ee', 16), 'hex')").expect("is another's");
    proxy.let_in();
    let told = doubtful.await.expect("joins");
    assert!(matches!(told, Err(StoreFault::Unavailable(_))), "{told:?}");
    assert_eq!(noted(&other, 1).await, 1);
}

/// A row that was written again while a sweep waited for it is not one that has expired any more.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_renewed_under_a_sweep_stays() {
    let server = Server::shared();
    let url = server.database();
    let store = open(&url).await;
    for (n, table, now) in [(1, "once", at(1000)), (2, "counters", at(2000)), (3, "sessions", at(3000))] {
        store.once(index(1), now, at(0)).await.expect("answers");
        store.count(index(1), 5, Span::from_secs(60), now - Span::from_secs(60)).await.expect("counts").ok();
        store.create(account(n), vec![Lookup::Session(index(n), now)], None).await.expect("creates");
        let mut writer = server.session(&url).expect("connects");
        let renew =
            format!("BEGIN; UPDATE {table} SET expires_at = expires_at + 500000; SELECT 'held' AS answer;");
        writer.say(&renew, "held").expect("renews it");
        let sweep = {
            let store = store.clone();
            tokio::spawn(async move { store.sweep(now, 10).await })
        };
        let waiting = "SELECT count(*) FROM pg_stat_activity
                       WHERE wait_event_type = 'Lock' AND datname = current_database()";
        while server.psql(&url, waiting).expect("asks") == "0" && !sweep.is_finished() {
            tokio::task::yield_now().await;
        }
        writer.say("COMMIT; SELECT 'done' AS answer;", "done").expect("commits");
        assert_eq!(sweep.await.expect("joins").expect("sweeps"), 2, "{table}: the others go");
        let left = server.psql(&url, &format!("SELECT count(*) FROM {table}")).expect("asks");
        assert_eq!(left, "1", "{table}");
        server.psql(&url, &format!("DELETE FROM {table}")).expect("clears it");
    }
}

/// Takes the expired row away between the statement that makes one and the one that locks it, as a sweep may; once.
fn sweep_between(server: &Server, url: &str, table: &str) {
    let sql = format!(
        "CREATE SEQUENCE swept;
         CREATE FUNCTION sweep_it() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             IF nextval('swept') = 1 THEN DELETE FROM {table}; END IF; RETURN NULL; END $$;
         CREATE TRIGGER sweep_it AFTER INSERT ON {table} FOR EACH STATEMENT EXECUTE FUNCTION sweep_it();"
    );
    server.psql(url, &sql).expect("makes it");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_swept_while_it_is_counted_is_counted() {
    let server = Server::shared();
    let url = server.database();
    let store = open(&url).await;
    let count =
        async |seconds| store.count(index(1), 1, Span::from_secs(60), at(seconds)).await.expect("counts");
    count(0).await.expect("has room");
    sweep_between(server, &url, "counters");
    count(100).await.expect("has room again");
    assert!(count(101).await.is_err(), "the one before was counted");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_swept_while_a_name_is_guessed_at_is_charged() {
    let server = Server::shared();
    let url = server.database();
    let store = open(&url).await;
    let guess = async |seconds| {
        let decided = store.at_nobody(index(1), at(seconds + 60), at(seconds), |ledger| {
            ledger.next += 1;
            ledger.next
        });
        decided.await.expect("decides")
    };
    let first = guess(0).await;
    sweep_between(server, &url, "unknown_names");
    assert_eq!(guess(100).await, first, "what has expired is forgotten");
    assert_eq!(guess(101).await, first + 1, "what was charged is not");
}

/// What an earlier try has made is seen before a standby has it: whoever finds it there waits for that too.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_found_made_is_acknowledged_when_a_standby_has_it() {
    let server = Server::start().expect("starts");
    let url = server.database();
    let store = PostgresStore::open(hasty(&url)).await.expect("opens");
    store.create(account(1), vec![Lookup::Name(index(1))], None).await.expect("creates");
    server.psql(&url, "ALTER SYSTEM SET synchronous_standby_names = 'nobody'").expect("sets it");
    server.psql(&url, "SELECT pg_reload_conf()").expect("reloads");
    // A server takes a moment to notice that its settings have changed.
    let beat = || {
        let store = store.clone();
        async move { store.check().await }
    };
    while without_waiting(&server, &url, beat()).await.is_ok() {}
    let arrivals = vec![Arrival::new(account(2), vec![Lookup::Name(index(2))]).expect("can be written")];
    let by = store.clone();
    let told = without_waiting(&server, &url, async move { by.import(arrivals).await.map(drop) }).await;
    assert!(matches!(told, Err(StoreFault::Unavailable(_))), "import: {told:?}");
    let (by, keys) = (store.clone(), vec![WrappedKey { id: 1, wrapped: vec![1; 40] }]);
    let told = without_waiting(&server, &url, async move { by.add_keys(keys).await.map(drop) }).await;
    assert!(matches!(told, Err(StoreFault::Unavailable(_))), "keys: {told:?}");
    let by = store.clone();
    let told = without_waiting(&server, &url, async move { by.erase(id(1), |_| ()).await.map(drop) }).await;
    assert!(matches!(told, Err(StoreFault::Unavailable(_))), "erase: {told:?}");
}

/// Has every wait for a standby cancelled until it is answered: what was to be committed is there then, on one server.
async fn without_waiting(
    server: &Server,
    url: &str,
    work: impl Future<Output = Result<(), StoreFault>> + Send + 'static,
) -> Result<(), StoreFault> {
    let work = tokio::spawn(work);
    let cancel = "SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
    while !work.is_finished() {
        server.psql(url, cancel).expect("cancels the wait");
    }
    work.await.expect("joins")
}
