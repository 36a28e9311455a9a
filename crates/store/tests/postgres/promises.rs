//! What a server must promise before it is used.

use countersign_store::postgres::{Durability, OpenError, Options, PostgresStore};
use countersign_throwaway::Server;

use crate::support::{hasty, options};

async fn refused(options: Options) -> String {
    match PostgresStore::open(options).await {
        Ok(_) => panic!("it was opened"),
        Err(error) => error.to_string(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_acknowledges_too_soon_is_refused() {
    let server = Server::start_with(&[("synchronous_commit", "local")]).expect("starts");
    let url = server.database();
    let words = refused(options(&url)).await;
    assert!(words.contains("synchronous_commit is local") && words.contains("asks for on"), "{words}");
    let local = Options { durability: Durability::Local, ..options(&url) };
    PostgresStore::open(local).await.expect("is enough for less");
    let database = url.rsplit('/').next().expect("a name");
    server.psql(&url, &format!("ALTER DATABASE {database} SET synchronous_commit = on")).expect("sets it");
    PostgresStore::open(options(&url)).await.expect("is enough for this database");
}

/// Also one that is set so later: at the next connection.
#[tokio::test(flavor = "multi_thread")]
async fn each_connection_is_checked() {
    use countersign_store::door::{Store, StoreFault};
    let server = Server::start().expect("starts");
    let url = server.database();
    let store = PostgresStore::open(hasty(&url)).await.expect("opens");
    store.check().await.expect("works");
    let database = url.rsplit('/').next().expect("a name");
    server.psql(&url, &format!("ALTER DATABASE {database} SET synchronous_commit = off")).expect("sets it");
    server
        .psql(
            &url,
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                     WHERE pid <> pg_backend_pid() AND application_name = 'countersign'",
        )
        .expect("ends them");
    let told = store.check().await;
    assert!(matches!(told, Err(StoreFault::Unavailable(_))), "{told:?}");
    server.psql(&url, &format!("ALTER DATABASE {database} RESET synchronous_commit")).expect("resets it");
    while store.check().await.is_err() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_sync_is_refused() {
    let server = Server::start_with(&[("fsync", "off")]).expect("starts");
    let words = refused(options(&server.database())).await;
    assert!(words.contains("fsync = off"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_a_standby_is_refused_where_one_is_asked_for() {
    let url = Server::shared().database();
    let words = refused(Options { require_standby: true, ..options(&url) }).await;
    assert!(words.contains("synchronous_standby_names is empty"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_reached_is_said_without_its_password() {
    let nowhere = "postgresql://someone:hunter2secret@127.0.0.1:1/countersign";
    let words = refused(hasty(nowhere)).await;
    assert!(!words.contains("hunter2secret"), "{words}");
    for nonsense in [
        "postgresql://someone:hunter2secret@[/",
        "postgress://someone:hunter2secret@host/countersign?target_session_attrs=read-write",
        "postgresql://someone:with@and?hunter2secret=@host/countersign",
        "host=a user=b password=with hunter2secret=",
    ] {
        match PostgresStore::open(options(nonsense)).await {
            Err(OpenError::Url(words)) => assert!(!words.contains("hunter2secret"), "{words}"),
            Err(error) => panic!("{error}"),
            Ok(_) => panic!("it was opened"),
        }
    }
}

/// A connection keeps what was promised when it was made, whatever the server is told later.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_goes_on_waiting_for_what_was_promised() {
    use countersign_store::door::Store;
    let server = Server::start().expect("starts");
    let url = server.database();
    let store = PostgresStore::open(hasty(&url)).await.expect("opens");
    store.check().await.expect("works");
    let set = |name: &str, value: &str| {
        server.psql(&url, &format!("ALTER SYSTEM SET {name} = '{value}'")).expect("sets it");
        server.psql(&url, "SELECT pg_reload_conf()").expect("reloads");
    };
    set("synchronous_commit", "local");
    // Whoever connects after the reload is told so, and by then all others have been, too.
    while server.psql(&url, "SHOW synchronous_commit").expect("asks") != "local" {}
    store.check().await.expect("works");
    set("synchronous_standby_names", "nobody");
    // A server takes a moment to notice that its settings have changed.
    let mut acknowledged = 0;
    while store.check().await.is_ok() {
        acknowledged += 1;
        assert!(acknowledged < 5000, "it acknowledges what no standby has");
    }
}
