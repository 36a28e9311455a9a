//! What the embedded store promises of its file: it is private, it holds what was acknowledged, it is never half
//! written, and trouble with it is a fault and never a panic.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use countersign_domain::event::What;
use countersign_domain::secret::Sealed;
use countersign_store::contract::sample::{self, account, id, index};
use countersign_store::door::{Claimed, Draft, Lookup, Store, StoreFault, Stored};
use countersign_store::sqlite::{OpenError, Options, SqliteStore};
use rusqlite::Connection;
use tempfile::TempDir;

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_restart() {
    let (folder, path) = place();
    let claim = sample::claim(1);
    let store = open(&path);
    for n in 0..100 {
        store.create(account(n), vec![Lookup::Name(index(n))], None).await.expect("creates");
    }
    assert_eq!(store.claim(claim).await.expect("claims"), Claimed::Fresh);
    drop(store);
    let left: Vec<_> =
        fs::read_dir(folder.path()).expect("lists").map(|f| f.expect("lists").file_name()).collect();
    assert_eq!(left, ["store.db"], "closing folds the log into the file");
    let store = open(&path);
    assert_eq!(store.path(), path);
    for n in 0..100 {
        assert_eq!(store.find_name(index(n)).await.expect("finds"), Some(id(n)));
        assert!(store.read(id(n)).await.expect("reads").is_some());
    }
    // Whether the first request took effect before the restart is not known.
    assert_eq!(store.claim(claim).await.expect("claims"), Claimed::Running);
}

#[tokio::test]
async fn what_waits_is_written_before_the_store_closes() {
    let (_folder, path) = place();
    let store = open(&path);
    store.create(account(1), Vec::new(), None).await.expect("creates");
    let waiting: Vec<_> = (0..500).map(|_| tokio::spawn(note(store.clone(), 1))).collect();
    drop(store);
    for task in waiting {
        task.await.expect("joins").expect("updates");
    }
    let saved = open(&path).read(id(1)).await.expect("reads").expect("is there");
    assert_eq!(saved.events_made, 501);
}

#[tokio::test]
async fn a_decision_may_hold_the_last_handle() {
    let (_folder, path) = place();
    let store = open(&path);
    store.create(account(1), Vec::new(), None).await.expect("creates");
    let held = store.clone();
    let task = tokio::spawn(async move { store.update(id(1), move |_| drop(held)).await });
    assert_eq!(task.await.expect("joins").expect("updates"), Some(()));
}

#[cfg(unix)]
#[tokio::test]
async fn the_files_are_readable_by_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, path) = place();
    fs::write(&path, b"").expect("makes a file");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("opens it to all");
    let store = open(&path);
    store.create(account(1), Vec::new(), None).await.expect("creates");
    let mut files = 0;
    for file in fs::read_dir(folder.path()).expect("lists") {
        let file = file.expect("lists");
        let mode = file.metadata().expect("has a mode").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", file.path().display());
        files += 1;
    }
    assert_eq!(files, 3, "the database, its log and its index");
}

#[tokio::test]
async fn erased_records_are_overwritten() {
    let (_folder, path) = place();
    let mut marked = account(1);
    marked.profile.mobiles = vec![Sealed(b"canary-in-the-file".repeat(8))];
    let store = open(&path);
    store.create(marked, Vec::new(), None).await.expect("creates");
    drop(store);
    assert!(holds(&path, b"canary-in-the-file"));
    let store = open(&path);
    assert!(store.erase(id(1), |_| ()).await.expect("erases"));
    drop(store);
    assert!(!holds(&path, b"canary-in-the-file"));
}

#[tokio::test]
async fn a_damaged_record_is_a_fault_of_its_own_account() {
    let (_folder, path) = place();
    let store = open(&path);
    for n in 1..=4 {
        store.create(account(n), Vec::new(), None).await.expect("creates");
    }
    let other = Connection::open(&path).expect("opens");
    let spoil = |sql: &str| assert_eq!(other.execute(sql, []).expect("spoils"), 1);
    spoil(&format!("UPDATE accounts SET record = x'01ffff' WHERE id = {}", literal(1)));
    spoil(&format!(
        "UPDATE accounts SET record = CAST(x'63' || substr(record, 2) AS BLOB) WHERE id = {}",
        literal(2)
    ));
    let swap = "UPDATE accounts SET record = (SELECT record FROM accounts WHERE id =";
    spoil(&format!("{swap} {}) WHERE id = {}", literal(4), literal(3)));
    for n in 1..=3 {
        assert!(matches!(store.read(id(n)).await, Err(StoreFault::Damaged(_))), "{n}");
        let updated = store.update(id(n), |_| unreachable!("nothing can be decided about it")).await;
        assert!(matches!(updated, Err::<Option<()>, _>(StoreFault::Damaged(_))), "{n}");
    }
    note(store.clone(), 4).await.expect("updates");
}

#[test]
fn a_database_of_a_newer_server_is_refused() {
    let (_folder, path) = place();
    drop(open(&path));
    let other = Connection::open(&path).expect("opens");
    other.pragma_update(None, "user_version", 999).expect("sets the version");
    let error = SqliteStore::open(&path, Options::default()).err().expect("refuses");
    assert!(matches!(error, OpenError::Newer { found: 999, .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_notices_that_its_database_is_of_another_version_by_now() {
    let (_folder, path) = place();
    let store = open(&path);
    store.create(account(1), Vec::new(), None).await.expect("creates");
    let other = Connection::open(&path).expect("opens");
    let version: i64 = other.pragma_query_value(None, "user_version", |row| row.get(0)).expect("has one");
    for another in [version - 1, version + 1] {
        other.pragma_update(None, "user_version", another).expect("sets the version");
        let fault = note(store.clone(), 1).await.expect_err("writes nothing");
        let words = fault.to_string();
        assert!(words.contains(&format!("schema version {another} by now")), "{words}");
        assert!(store.check().await.is_err(), "it is not ready");
    }
    other.pragma_update(None, "user_version", version).expect("sets the version");
    note(store.clone(), 1).await.expect("writes again");
    store.check().await.expect("works again");
    assert_eq!(store.read(id(1)).await.expect("reads").map(|a| a.events_made), Some(2));
}

#[test]
fn what_is_no_database_is_refused() {
    let (folder, path) = place();
    fs::write(&path, "not a database at all, but long enough to have a header of its own".repeat(4))
        .expect("writes");
    assert!(matches!(SqliteStore::open(&path, Options::default()), Err(OpenError::Store(_))));
    let missing = folder.path().join("no such folder").join("store.db");
    assert!(matches!(SqliteStore::open(missing, Options::default()), Err(OpenError::File(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_in_a_batch_leaves_the_rest_of_it() {
    let (_folder, path) = place();
    let store = open(&path);
    store.create(account(0), vec![Lookup::Name(index(0))], None).await.expect("creates");
    for n in 1..=20 {
        store.create(account(n), Vec::new(), None).await.expect("creates");
    }
    // The first decision holds the writer, so that the others share a commit.
    let ((started, start), (go, gate)) = (tokio::sync::oneshot::channel(), std::sync::mpsc::channel::<()>());
    let held = store.clone();
    let first = tokio::spawn(async move {
        let decide = move |_: &mut Draft| {
            let _ = started.send(());
            gate.recv().is_ok()
        };
        held.update(id(0), decide).await
    });
    start.await.expect("holds the writer");
    let batch: Vec<_> = (1..=20).map(|n| tokio::spawn(stumble(store.clone(), n))).collect();
    while store.counts().queued < 20 {
        tokio::task::yield_now().await;
    }
    let before = store.counts().commits;
    go.send(()).expect("is waiting");
    for (n, task) in (1..=20_u32).zip(batch) {
        let outcome = task.await.expect("joins");
        assert_eq!(outcome.is_ok(), n % 4 > 1, "{n}: {outcome:?}");
        let saved = store.read(id(n)).await.expect("reads").expect("is there");
        assert_eq!(saved.events_made, 1 + u32::from(outcome.is_ok()), "{n}");
    }
    assert_eq!(first.await.expect("joins").expect("updates"), Some(true));
    assert_eq!(store.counts().commits, before + 2, "they shared a commit");
    let other = Connection::open(&path).expect("opens");
    let checked: String = other.query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("checks");
    assert_eq!(checked, "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_cannot_write_says_so_and_recovers() {
    let (_folder, path) = place();
    let options = Options { busy_timeout: Duration::from_millis(20), ..Options::default() };
    let store = SqliteStore::open(&path, options).expect("opens");
    store.create(account(1), Vec::new(), None).await.expect("creates");
    let other = Connection::open(&path).expect("opens");
    other.execute_batch("BEGIN IMMEDIATE").expect("locks");
    for _ in 0..3 {
        assert!(matches!(note(store.clone(), 1).await, Err(StoreFault::Backend(_))));
        assert!(store.check().await.is_err());
    }
    assert_eq!(store.read(id(1)).await.expect("still reads").map(|a| a.events_made), Some(1));
    other.execute_batch("COMMIT").expect("unlocks");
    note(store.clone(), 1).await.expect("updates again");
    store.check().await.expect("works again");
    assert_eq!(store.read(id(1)).await.expect("reads").map(|a| a.events_made), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_lose_nothing_of_each_other() {
    let (_folder, path) = place();
    let (server, tool) = (open(&path), open(&path));
    server.create(account(1), Vec::new(), None).await.expect("creates");
    let half =
        |store: &SqliteStore| (0..100).map(|_| tokio::spawn(note(store.clone(), 1))).collect::<Vec<_>>();
    for task in half(&server).into_iter().chain(half(&tool)) {
        task.await.expect("joins").expect("updates");
    }
    for store in [&server, &tool] {
        assert_eq!(store.read(id(1)).await.expect("reads").map(|a| a.events_made), Some(201));
    }
    drop(server);
    note(tool, 1).await.expect("outlives the other");
}

async fn note(store: SqliteStore, n: u32) -> Stored<()> {
    let noted = store.update(id(n), |draft| {
        sample::with_scene(1, |scene| draft.account.record(scene, What::ComparedWithLogin));
    });
    noted.await?.ok_or_else(|| StoreFault::Backend("there is no such account".into()))
}

/// Every fourth panics; the one after it wants a name that is taken, after its record and event were written.
async fn stumble(store: SqliteStore, n: u32) -> Stored<()> {
    let stumbled = store.update(id(n), move |draft| {
        sample::with_scene(1, |scene| draft.account.record(scene, What::ComparedWithLogin));
        assert!(!n.is_multiple_of(4), "on purpose");
        if n % 4 == 1 {
            draft.lookups = vec![Lookup::Name(index(0))];
        }
    });
    stumbled.await.map(drop)
}

fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("makes a folder");
    let path = folder.path().join("store.db");
    (folder, path)
}

fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path, Options::default()).expect("opens")
}

fn holds(path: &Path, needle: &[u8]) -> bool {
    fs::read(path).expect("reads").windows(needle.len()).any(|window| window == needle)
}

fn literal(n: u32) -> String {
    format!("x'{:032x}'", u128::from_be_bytes(sample::bytes(n)))
}
