//! A server that is away, in the way, or only reads: refused in bounded time, and served again without a restart.

use std::time::Duration;

use countersign_store::contract::sample::{account, id, index};
use countersign_store::door::{Lookup, Store, StoreFault};
use countersign_store::postgres::PostgresStore;
use countersign_throwaway::Server;

use crate::support::{hasty, note, noted};

/// Far longer than anything is waited for.
const LONG: Duration = Duration::from_secs(30);

async fn with_one_account(server: &Server) -> (String, PostgresStore) {
    let url = server.database();
    let store = PostgresStore::open(hasty(&url)).await.expect("opens");
    store.create(account(1), vec![Lookup::Name(index(1))], None).await.expect("creates");
    (url, store)
}

/// Until it succeeds: whoever asks meanwhile is told that it cannot be done now, and nothing else.
async fn again(store: &PostgresStore) -> u32 {
    let until = tokio::time::Instant::now() + LONG;
    loop {
        assert!(tokio::time::Instant::now() < until, "it is not served again");
        match tokio::time::timeout(LONG, note(store, 1)).await.expect("is answered in time") {
            Ok(number) => return number.expect("is there"),
            Err(StoreFault::Unavailable(_)) => {}
            Err(fault) => panic!("{fault}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_there_is_no_server_all_is_refused_and_then_served_again() {
    let server = Server::start().expect("starts");
    let (_, store) = with_one_account(&server).await;
    server.stop().expect("stops");
    let unavailable = |fault: StoreFault| assert!(matches!(fault, StoreFault::Unavailable(_)), "{fault}");
    unavailable(note(&store, 1).await.expect_err("cannot write"));
    unavailable(store.read(id(1)).await.expect_err("cannot read"));
    unavailable(store.find_name(index(1)).await.expect_err("cannot find"));
    unavailable(store.create(account(2), Vec::new(), None).await.expect_err("cannot create"));
    unavailable(store.check().await.expect_err("does not work"));
    server.restart().expect("comes back");
    assert_eq!(again(&store).await, 2);
    store.check().await.expect("works again");
    assert_eq!(noted(&store, 1).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_are_ended_are_made_again() {
    let server = Server::start().expect("starts");
    let (url, store) = with_one_account(&server).await;
    let end_all = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                   WHERE pid <> pg_backend_pid() AND application_name = 'countersign'";
    for number in 2..6 {
        server.psql(&url, end_all).expect("ends them");
        assert_eq!(note(&store, 1).await.expect("is served all the same"), Some(number));
        assert_eq!(noted(&store, 1).await, number);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_too_long_for_a_row_is_refused_and_the_row_is_as_it_was() {
    let server = Server::start().expect("starts");
    let (url, store) = with_one_account(&server).await;
    let mut holder = server.session(&url).expect("connects");
    holder
        .say("BEGIN; SELECT id FROM accounts FOR UPDATE; SELECT 'held' AS answer;", "held")
        .expect("holds it");
    let told = tokio::time::timeout(LONG, note(&store, 1)).await.expect("is answered in time");
    assert!(matches!(told, Err(StoreFault::Unavailable(_))), "{told:?}");
    holder.say("ROLLBACK; SELECT 'let go' AS answer;", "let go").expect("lets go");
    assert_eq!(note(&store, 1).await.expect("is served again"), Some(2));
    assert_eq!(noted(&store, 1).await, 2);
}

/// As a server is that was demoted while its connections stayed.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_only_reads_is_left() {
    let server = Server::start().expect("starts");
    let (url, store) = with_one_account(&server).await;
    let set = |to: &str| {
        let sql = format!("ALTER SYSTEM SET default_transaction_read_only = {to}");
        server.psql(&url, &sql).expect("sets it");
        server.psql(&url, "SELECT pg_reload_conf()").expect("reloads");
    };
    set("on");
    let until = tokio::time::Instant::now() + LONG;
    loop {
        match note(&store, 1).await {
            Err(StoreFault::Unavailable(_)) => break,
            told => assert!(told.is_ok() && tokio::time::Instant::now() < until, "{told:?}"),
        }
    }
    server.psql(&url, "ALTER SYSTEM RESET default_transaction_read_only").expect("resets it");
    server.psql(&url, "SELECT pg_reload_conf()").expect("reloads");
    again(&store).await;
    noted(&store, 1).await;
}

/// While the standby that a commit must reach is away, nothing is acknowledged: also not when the wait is cancelled, which
/// `PostgreSQL` reports as a success.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_acknowledged_that_a_standby_does_not_have() {
    let server = Server::start().expect("starts");
    let (url, store) = with_one_account(&server).await;
    server.psql(&url, "ALTER SYSTEM SET synchronous_standby_names = 'nobody'").expect("sets it");
    server.psql(&url, "SELECT pg_reload_conf()").expect("reloads");
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
    let cancel = "SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
    // A server takes a moment to notice that its settings have changed.
    let mut acknowledged = 1;
    let doubtful = loop {
        let noted = tokio::spawn({
            let store = store.clone();
            async move { note(&store, 1).await }
        });
        while !noted.is_finished() && server.psql(&url, waiting).expect("asks") == "0" {
            tokio::task::yield_now().await;
        }
        if !noted.is_finished() {
            break noted;
        }
        acknowledged = noted.await.expect("joins").expect("nobody is waited for yet").expect("is there");
    };
    server.psql(&url, cancel).expect("cancels the wait");
    let told = tokio::time::timeout(LONG, doubtful).await.expect("is answered in time").expect("joins");
    assert!(matches!(told, Err(StoreFault::Unavailable(_))), "{told:?}");
    server.psql(&url, "ALTER SYSTEM RESET synchronous_standby_names").expect("resets it");
    server.psql(&url, "SELECT pg_reload_conf()").expect("reloads");
    let number = again(&store).await;
    let possible = acknowledged + 1..=acknowledged + 2;
    assert!(possible.contains(&number), "{number} after {acknowledged}");
    assert_eq!(noted(&store, 1).await, number);
}
