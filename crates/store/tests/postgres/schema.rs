//! The schema's versions: who may use what, and who makes it.

use core::time::Duration;

use countersign_domain::time::Timestamp;
use countersign_store::contract::sample::account;
use countersign_store::door::Store;
use countersign_store::postgres::{Older, OpenError, Options, PostgresStore, migration};
use countersign_throwaway::Server;

use crate::support::{note, open, options};

#[tokio::test(flavor = "multi_thread")]
async fn many_servers_may_make_it_at_once() {
    let url = Server::shared().database();
    let opened: Vec<_> = (0..6).map(|_| tokio::spawn(PostgresStore::open(options(&url)))).collect();
    for task in opened {
        task.await.expect("joins").expect("opens");
    }
    let standing = migration::standing(&options(&url)).await.expect("is asked");
    assert_eq!(
        (standing.version, standing.known, standing.next),
        (migration::known(), migration::known(), None)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_database_is_left_alone_by_who_refuses_to_change_it() {
    let server = Server::shared();
    let url = server.database();
    let refused = PostgresStore::open(Options { older: Older::Refuse, ..options(&url) }).await;
    assert!(matches!(refused, Err(OpenError::Older { found: 0, .. })));
    let tables =
        server.psql(&url, "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'");
    assert_eq!(tables.expect("counts").trim(), "0");
    let standing = migration::up(&options(&url), false).await.expect("takes the steps");
    assert_eq!(standing.next, None);
    PostgresStore::open(Options { older: Older::Refuse, ..options(&url) }).await.expect("is there now");
}

/// A request's patience is not that of a step: one that waits for its turn, or goes through a whole table, is not cut off.
#[tokio::test(flavor = "multi_thread")]
async fn a_step_may_take_longer_than_a_statement_of_a_request() {
    let server = Server::shared();
    let url = server.database();
    let first = "CREATE TABLE schema_version
                 (id INT4 NOT NULL PRIMARY KEY, version BIGINT NOT NULL, oldest BIGINT NOT NULL);
                 INSERT INTO schema_version (id, version, oldest) VALUES (1, 0, 0)";
    server.psql(&url, first).expect("another server makes the place of the version");
    let mut another = server.session(&url).expect("another server");
    another.say("BEGIN; SELECT 'mine' FROM schema_version FOR UPDATE;", "mine").expect("has its turn");
    let limit = Duration::from_secs(1);
    let opening = tokio::spawn(PostgresStore::open(Options { statement_timeout: limit, ..options(&url) }));
    let waits = "SELECT count(*) FROM pg_stat_activity
                 WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let waiting = |_| server.psql(&url, waits).expect("asks").trim() == "1";
    assert!((0..10_000).any(waiting), "nobody waits for its turn");
    another.say("SELECT pg_sleep(1.5); COMMIT; SELECT 'done';", "done").expect("its turn takes longer");
    opening.await.expect("joins").expect("opens");
}

/// Expand, then contract: in between both versions are served.
#[tokio::test(flavor = "multi_thread")]
async fn a_newer_schema_is_used_until_it_contracts() {
    let server = Server::shared();
    let url = server.database();
    let before = open(&url).await;
    before.create(account(1), Vec::new(), None).await.expect("creates");
    server
        .psql(
            &url,
            "ALTER TABLE accounts ADD COLUMN added BIGINT; UPDATE schema_version SET version = version + 1",
        )
        .expect("a newer server expands");
    note(&before, 1).await.expect("one that runs goes on");
    let beside = open(&url).await;
    note(&beside, 1).await.expect("one that starts works");
    server.psql(&url, "UPDATE schema_version SET oldest = version").expect("a newer server contracts");
    match PostgresStore::open(options(&url)).await {
        Err(OpenError::Newer { found, oldest, known }) => assert_eq!((found, oldest), (known + 1, known + 1)),
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("it was opened"),
    }
}

/// The trail's months are parts of their own, ahead of their time; events of other times are kept too.
#[tokio::test(flavor = "multi_thread")]
async fn months_get_parts_of_their_own() {
    let server = Server::shared();
    let url = server.database();
    let store = open(&url).await;
    let november = Timestamp::from_secs(1_795_219_200);
    store.sweep(november, 10).await.expect("sweeps");
    let parts = "SELECT string_agg(inhrelid::regclass::text, ' ' ORDER BY inhrelid::regclass::text)
                 FROM pg_inherits WHERE inhparent = 'events'::regclass";
    let parts = server.psql(&url, parts).expect("asks");
    assert_eq!(parts.trim(), "events_of_2026_11 events_of_2026_12 events_of_other_times");
    store.create(account(1), Vec::new(), None).await.expect("an event of another time");
    let elsewhere = server.psql(&url, "SELECT count(*) FROM events_of_other_times").expect("counts");
    assert_eq!(elsewhere.trim(), "1");
}
