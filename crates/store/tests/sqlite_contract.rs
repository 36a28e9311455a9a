//! The embedded store keeps every promise of the door.

use countersign_store::sqlite::{Options, SqliteStore};

#[allow(clippy::unused_async, reason = "another store may have to wait for its server")]
async fn empty() -> (SqliteStore, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("makes a folder");
    let store = SqliteStore::open(folder.path().join("store.db"), Options::default()).expect("opens");
    (store, folder)
}

countersign_store::contract_tests!(empty);
