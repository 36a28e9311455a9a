//! A database of an older version: who brings it up to date, and who leaves it alone.

use std::path::{Path, PathBuf};

use countersign_store::door::Store;
use countersign_store::sqlite::{Older, OpenError, Options, SqliteStore};
use rusqlite::Connection;
use tempfile::TempDir;

/// What made a database of version 2.
const OF_VERSION_2: [&str; 2] = [
    include_str!("../migrations/sqlite/0001_records.sql"),
    include_str!("../migrations/sqlite/0002_guesses.sql"),
];

/// A database of version 2, and the connection of an older server that has it open.
fn older() -> (TempDir, PathBuf, Connection) {
    let folder = tempfile::tempdir().expect("makes a folder");
    let path = folder.path().join("store.db");
    let server = Connection::open(&path).expect("opens");
    let mode: String =
        server.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)).expect("has a log");
    assert_eq!(mode, "wal");
    for sql in OF_VERSION_2 {
        server.execute_batch(sql).expect("takes the step");
    }
    server.pragma_update(None, "user_version", 2).expect("sets the version");
    server
        .execute("INSERT INTO accounts VALUES (zeroblob(16), 'default', x'77')", [])
        .expect("has an account");
    (folder, path, server)
}

fn open(path: &Path, older: Older) -> Result<SqliteStore, OpenError> {
    SqliteStore::open(path, Options { older, ..Options::default() })
}

/// Version of the schema, and tenants of the accounts.
fn found(path: &Path) -> (i64, Vec<String>) {
    let connection = Connection::open(path).expect("opens");
    let version = connection.pragma_query_value(None, "user_version", |row| row.get(0)).expect("has one");
    let mut statement = connection.prepare("SELECT tenant FROM accounts").expect("prepares");
    let tenants = statement.query_map([], |row| row.get(0)).expect("reads").collect::<Result<_, _>>();
    (version, tenants.expect("reads"))
}

#[test]
fn whoever_shall_not_bring_it_up_to_date_leaves_it_alone_and_says_so() {
    let (_folder, path, server) = older();
    let error = open(&path, Older::Refuse).err().expect("refuses");
    assert!(matches!(error, OpenError::Older { found: 2, known: 5 }), "{error}");
    let words = error.to_string();
    for part in ["schema version 2", "needs version 5", "start the server once"] {
        assert!(words.contains(part), "{words}");
    }
    drop(server);
    assert!(matches!(open(&path, Older::Refuse).err(), Some(OpenError::Older { .. })));
    assert_eq!(found(&path), (2, vec!["default".to_owned()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_brought_up_to_date_only_while_nobody_else_has_it_open() {
    let (_folder, path, server) = older();
    let error = open(&path, Older::Update).err().expect("refuses");
    assert!(matches!(error, OpenError::InUse), "{error}");
    assert!(error.to_string().contains("stop the old server"), "{error}");
    // What the older server does goes on as before.
    let changed = server.execute("UPDATE accounts SET record = x'78'", []).expect("still writes");
    assert_eq!((changed, found(&path)), (1, (2, vec!["default".to_owned()])));
    drop(server);
    let store = open(&path, Older::Update).expect("takes the step");
    store.check().await.expect("works");
    assert_eq!(found(&path), (5, vec![String::new()]));
    let beside = open(&path, Older::Refuse).expect("is up to date");
    beside.check().await.expect("two may have it open");
}

#[test]
fn a_new_database_is_made_by_whoever_comes_first() {
    let folder = tempfile::tempdir().expect("makes a folder");
    let path = folder.path().join("store.db");
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| open(&path, Older::Refuse).map(drop).expect("is made, or is there"));
        }
    });
    assert_eq!(found(&path), (5, Vec::new()));
}
