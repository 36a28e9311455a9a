//! A database of an older version: only the start of a server brings it up to date, and only while it is alone.

use std::fs;
use std::path::Path;

use rusqlite::Connection;
use tempfile::TempDir;

use crate::support::{Ran, Server, run};

/// What made a database of version 2.
const OF_VERSION_2: [&str; 2] = [
    include_str!("../../../store/migrations/sqlite/0001_records.sql"),
    include_str!("../../../store/migrations/sqlite/0002_guesses.sql"),
];

const VARIABLES: [(&str, &str); 2] =
    [("COUNTERSIGN_KEYS__MASTER_KEY_FILE", "master.key"), ("COUNTERSIGN_STORE__PATH", "data")];

/// A folder with a database of version 2, and the connection of an older server that has it open.
fn older() -> (TempDir, Connection) {
    let folder = TempDir::new().expect("a folder");
    let made = run(folder.path(), &["keygen", "--out", "master.key"], &[], "");
    assert_eq!(made.code, 0, "{}", made.err);
    fs::create_dir(folder.path().join("data")).expect("a folder");
    let server = Connection::open(folder.path().join("data/countersign.db")).expect("opens");
    server.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())).expect("has a log");
    for sql in OF_VERSION_2 {
        server.execute_batch(sql).expect("takes the step");
    }
    server.pragma_update(None, "user_version", 2).expect("sets the version");
    (folder, server)
}

fn told(folder: &Path, words: &[&str]) -> Ran {
    run(folder, words, &VARIABLES, "")
}

fn version(folder: &Path) -> i64 {
    let database = Connection::open(folder.join("data/countersign.db")).expect("opens");
    database.pragma_query_value(None, "user_version", |row| row.get(0)).expect("has one")
}

#[test]
fn no_command_but_the_start_changes_an_older_database() {
    let (folder, server) = older();
    let commands: [&[&str]; 5] = [
        &["apps", "list"],
        &["apps", "create", "--name", "shop"],
        &["keys", "rotate"],
        &["import", "--check", "-"],
        &["import", "-"],
    ];
    // With the old server, and after it has stopped.
    let mut server = Some(server);
    for _ in 0..2 {
        for words in commands {
            let ran = told(folder.path(), words);
            assert_eq!(ran.code, 1, "{words:?}: {} {}", ran.out, ran.err);
            for part in ["schema version 2", "needs version 5", "start the server once with this version"] {
                assert!(ran.err.contains(part), "{words:?}: {}", ran.err);
            }
            assert_eq!(version(folder.path()), 2, "{words:?}");
        }
        drop(server.take());
    }
    let words = ["backup", "create", "--to", "before.backup"];
    let ran = told(folder.path(), &words);
    assert_eq!((ran.code, version(folder.path())), (0, 2), "a backup changes nothing: {}", ran.err);
}

#[test]
fn a_server_starts_on_an_older_database_only_when_the_old_one_has_stopped() {
    let (folder, server) = older();
    for words in [&["serve"][..], &["migrate"]] {
        let ran = told(folder.path(), words);
        assert_eq!(ran.code, 1, "{words:?}: {}", ran.err);
        assert!(ran.err.contains("stop the old server"), "{words:?}: {}", ran.err);
        assert_eq!(version(folder.path()), 2, "{words:?}");
    }
    drop(server);
    let started = Server::start(folder.path(), &[], &VARIABLES);
    assert_eq!(version(folder.path()), 5);
    drop(started);
    assert_eq!(told(folder.path(), &["apps", "list"]).code, 0);
}

#[test]
fn a_server_is_not_ready_once_its_database_is_of_another_version() {
    let (folder, server) = older();
    drop(server);
    let server = Server::start(folder.path(), &[], &VARIABLES);
    let url = format!("http://{}", server.admin);
    let check = || run(folder.path(), &["healthcheck", "--url", &url], &[], "");
    assert_eq!(check().code, 0);
    let newer = Connection::open(folder.path().join("data/countersign.db")).expect("opens");
    newer.pragma_update(None, "user_version", 6).expect("sets the version");
    let told = check();
    assert_eq!(told.code, 1, "{}", told.err);
    assert!(told.err.contains("503") && told.err.contains("\"store\":\"failed\""), "{}", told.err);
    newer.pragma_update(None, "user_version", 5).expect("sets the version");
    assert_eq!(check().code, 0);
}
