//! A folder with a database and a backup of it, and what the tests of restores ask about them.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses its own part")]

use std::fs;
use std::path::PathBuf;

use countersign_domain::attempt::{self, Begun, Guess};
use countersign_domain::policy::Policy;
use countersign_domain::secret::Kind;
use countersign_store::contract::sample::{self, at, id};
use countersign_store::door::{Store, WrappedKey};
use countersign_store::sqlite::backup::{self, Contents, Progress};
use countersign_store::sqlite::restore::{Request, RestoreError, Restored, restore};
use countersign_store::sqlite::{Options, SqliteStore};
use rusqlite::Connection;

/// When restores happen, in seconds after the samples begin: every guess in flight is a miss by then.
pub const LATER: i64 = 120;

pub struct Folder {
    pub database: PathBuf,
    pub backup: PathBuf,
    guard: tempfile::TempDir,
}

impl Folder {
    pub fn new() -> Self {
        let guard = tempfile::tempdir().expect("makes a folder");
        Self { database: guard.path().join("store.db"), backup: guard.path().join("backup"), guard }
    }

    pub fn open(&self) -> SqliteStore {
        SqliteStore::open(&self.database, Options::default()).expect("opens")
    }

    pub fn back_up(&self) -> Contents {
        backup::create(&self.database, &self.backup, &mut |_| ()).expect("backs up")
    }

    /// Takes another backup in the place of the first.
    pub fn back_up_again(&self) -> Contents {
        fs::remove_file(&self.backup).expect("removes");
        self.back_up()
    }

    pub fn restore(&self, without_present: bool) -> Result<Restored, RestoreError> {
        self.restore_with(without_present, &|_| Ok(()))
    }

    pub fn restore_with(
        &self,
        without_present: bool,
        keys: &dyn Fn(&[WrappedKey]) -> Result<(), String>,
    ) -> Result<Restored, RestoreError> {
        let request = self.request(without_present);
        sample::with_scene(LATER, |scene| restore(request, scene, keys, &mut |_| ()))
    }

    /// As [`Self::restore`], by a clock that shows so many seconds after the samples begin.
    pub fn restore_at(
        &self,
        seconds: i64,
        without_present: bool,
        clock_behind: bool,
    ) -> Result<Restored, RestoreError> {
        let request = Request { clock_behind, ..self.request(without_present) };
        sample::with_scene(seconds, |scene| restore(request, scene, &|_| Ok(()), &mut |_| ()))
    }

    /// As [`Self::restore`] without a present, with that random number.
    pub fn restore_drawn(&self, drawn: u64) -> Result<Restored, RestoreError> {
        let request = Request { drawn, ..self.request(true) };
        sample::with_scene(LATER, |scene| restore(request, scene, &|_| Ok(()), &mut |_| ()))
    }

    fn request(&self, without_present: bool) -> Request<'_> {
        Request {
            backup: &self.backup,
            database: &self.database,
            without_present,
            clock_behind: false,
            drawn: 0,
        }
    }

    pub fn restore_watched(&self, watcher: &mut dyn FnMut(Progress)) -> Result<Restored, RestoreError> {
        let request = self.request(false);
        sample::with_scene(LATER, |scene| restore(request, scene, &|_| Ok(()), watcher))
    }

    pub fn lose_database(&self) {
        for ending in ["db", "db-wal", "db-shm"] {
            let _ = fs::remove_file(self.database.with_extension(ending));
        }
    }

    /// Puts these bytes in the backup's place, changed by a statement.
    pub fn change_backup(&self, bytes: &[u8], statement: &str) {
        fs::write(&self.backup, bytes).expect("writes");
        Connection::open(&self.backup).expect("opens").execute_batch(statement).expect("changes it");
    }

    pub fn names(&self) -> Vec<String> {
        let entry = |entry: std::io::Result<fs::DirEntry>| {
            entry.expect("an entry").file_name().to_string_lossy().into_owned()
        };
        let mut names: Vec<String> = fs::read_dir(self.guard.path()).expect("lists").map(entry).collect();
        names.sort_unstable();
        names
    }

    /// Every row of every table, and that the file is sound.
    pub fn dump(&self) -> Vec<String> {
        let connection = Connection::open(&self.database).expect("opens");
        let sound: String =
            connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("checks");
        assert_eq!(sound, "ok");
        let tables = texts(&connection, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name");
        let mut rows = Vec::new();
        for table in tables {
            let columns = texts(&connection, &format!("SELECT name FROM pragma_table_info('{table}')"));
            let quoted: Vec<String> = columns.iter().map(|column| format!("quote({column})")).collect();
            let row = quoted.join(" || ',' || ");
            rows.extend(texts(&connection, &format!("SELECT '{table}:' || {row} FROM {table} ORDER BY 1")));
        }
        rows
    }
}

pub fn texts(connection: &Connection, select: &str) -> Vec<String> {
    let mut statement = connection.prepare(select).expect("prepares");
    let rows = statement.query_map([], |row| row.get(0)).expect("reads");
    rows.collect::<Result<_, _>>().expect("reads")
}

pub fn key(id: u32, content: u8) -> WrappedKey {
    WrappedKey { id, wrapped: vec![content; 60] }
}

/// Charges and misses that many guesses.
pub async fn miss(store: &SqliteStore, n: u32, guesses: u32) {
    miss_at(store, n, guesses, 1).await;
}

/// As [`miss`], so many seconds after the samples begin.
pub async fn miss_at(store: &SqliteStore, n: u32, guesses: u32, seconds: i64) {
    for _ in 0..guesses {
        let missed = store.update(id(n), move |draft| {
            sample::with_scene(seconds, |scene| {
                match attempt::begin(&mut draft.account, Guess::at(Kind::Payment), scene) {
                    Begun::Compare(ticket, _) => drop(attempt::miss(&mut draft.account, ticket, scene)),
                    other => panic!("no guess: {other:?}"),
                }
            });
        });
        missed.await.expect("updates").expect("is there");
    }
}

/// How many guesses are left when a restore happens.
pub async fn left(store: &SqliteStore, n: u32) -> u32 {
    let account = store.read(id(n)).await.expect("reads").expect("is there");
    account.payment.ledger.remaining(&Policy::default().guesses, at(LATER))
}
