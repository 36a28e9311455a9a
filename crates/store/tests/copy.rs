//! Everything from one store to another: the same rows in both, or a refusal that says why.

use std::path::{Path, PathBuf};

use countersign_domain::secret::SecretText;
use countersign_store::copy::{Copied, CopyError, Place, compare, copy};
use countersign_store::postgres::{OpenError, Options, PostgresStore};
use countersign_store::sqlite::{self, SqliteStore};
use countersign_throwaway::Server;
use rusqlite::{Connection, params};
use tempfile::TempDir;

/// More rows than one batch has.
const ROWS: u32 = 9000;

/// 2026-11-21 and 2025-01-01, in milliseconds.
const TIMES: [u64; 2] = [1_795_219_200_000, 1_735_689_600_000];

fn postgres(url: &str) -> Place {
    Place::Postgres(Box::new(Options::new(SecretText::new(url.to_owned()), [7; 6])))
}

async fn opened(url: &str) -> Result<PostgresStore, OpenError> {
    PostgresStore::open(Options::new(SecretText::new(url.to_owned()), [8; 6])).await
}

/// Bytes that are as good as drawn.
fn bytes<const N: usize>(n: u32, salt: u8) -> [u8; N] {
    let mut state = u64::from(n) << 8 | u64::from(salt);
    [(); N].map(|()| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (mixed >> 33).to_be_bytes()[7]
    })
}

/// A database with rows in every table, and in them whatever a column can hold.
fn filled(folder: &Path) -> PathBuf {
    let path = folder.join("source.db");
    drop(SqliteStore::open(&path, sqlite::Options::default()).expect("makes it"));
    let mut database = Connection::open(&path).expect("opens");
    let transaction = database.transaction().expect("begins");
    let put = |sql: &str, values: &[&dyn rusqlite::ToSql]| {
        transaction.prepare_cached(sql).and_then(|mut insert| insert.execute(values)).expect("inserts");
    };
    for n in 0..ROWS {
        let (id, hash, long) = (bytes::<16>(n, 0), bytes::<16>(n, 1), bytes::<32>(n, 2));
        let tenant = if n % 3 == 0 { "mandant-ä" } else { "" };
        put(
            "INSERT INTO accounts VALUES (?1, ?2, ?3, ?4)",
            params![id, tenant, bytes::<10>(n, 3), bytes::<90>(n, 4)],
        );
        put("INSERT INTO names VALUES (?1, ?2)", params![hash, id]);
        put("INSERT INTO mobiles VALUES (?1, ?2)", params![bytes::<16>(n / 3, 5), id]);
        let mut event = bytes::<16>(n, 6);
        event[..6].copy_from_slice(&TIMES[usize::from(n % 2 == 0)].to_be_bytes()[2..]);
        put(
            "INSERT INTO events VALUES (?1, ?2, ?3, ?4)",
            params![bytes::<16>(n / 2, 0), event, tenant, long],
        );
        if n % 10 == 0 {
            put("INSERT INTO sessions VALUES (?1, ?2, ?3)", params![long, id, i64::from(n)]);
            put("INSERT INTO once VALUES (?1, ?2)", params![long, i64::MAX]);
            put("INSERT INTO counters VALUES (?1, ?2, ?3, ?4)", params![long, 9, &[0_u8; 0], i64::MIN]);
            put("INSERT INTO watches VALUES (?1, ?2, ?3)", params![long, bytes::<40>(n, 7), 0]);
            let (answer, about) = if n % 20 == 0 { (Some(hash), Some(id)) } else { (None, None) };
            put(
                "INSERT INTO idempotency (hash, fingerprint, answer, account_id, expires_at, leased_until)
                 VALUES (?1, ?1, ?2, ?3, 5, -5)",
                params![long, answer, about],
            );
            put("INSERT INTO unknown_names VALUES (?1, ?2, ?3, 1)", params![i64::from(n) - 1, long, hash]);
        }
    }
    for id in 0..3_u32 {
        put("INSERT INTO keys VALUES (?1, ?2)", params![id, bytes::<60>(id, 8)]);
        put("INSERT INTO apps VALUES (?1, '', ?2)", params![bytes::<16>(id, 9), bytes::<70>(id, 10)]);
    }
    transaction.commit().expect("commits");
    path
}

/// Copies, and says how many rows of how many were told of.
async fn copied(from: &Place, to: &Place) -> Result<(Copied, u64), CopyError> {
    let mut last = None;
    let copied = copy(from, to, &mut |progress| last = Some(progress)).await?;
    let last = last.expect("it was told how far it is");
    assert_eq!(last.done, last.of);
    Ok((copied, last.done))
}

fn same(one: &Copied, other: &Copied) {
    for (one, other) in one.tables.iter().zip(&other.tables) {
        assert_eq!(one, other);
        assert_ne!(one.rows, 0, "{} has rows", one.table);
    }
    assert_eq!((one.tables.len(), other.tables.len()), (12, 12));
}

#[tokio::test]
async fn both_ways_and_on_the_rows_are_the_same() {
    let folder = TempDir::new().expect("a folder");
    let server = Server::shared();
    let (first, second) = (server.database(), server.database());
    let source = Place::Sqlite(filled(folder.path()));
    let back = Place::Sqlite(folder.path().join("back.db"));
    let (there, read) = copied(&source, &postgres(&first)).await.expect("copies");
    assert_eq!(read, 2 * there.tables.iter().map(|table| table.rows).sum::<u64>());
    let (across, _) = copied(&postgres(&first), &postgres(&second)).await.expect("copies");
    let (again, _) = copied(&postgres(&second), &back).await.expect("copies");
    same(&there, &across);
    same(&there, &again);
    same(&there, &compare(&source, &back, &mut |_| ()).await.expect("are the same"));
    let of = |sql: &str| server.psql(&first, sql).expect("answers");
    assert_eq!(of("SELECT count(*) FROM events_of_2026_11"), "4500");
    assert_eq!(of("SELECT count(*) FROM events_of_other_times"), "0");
    assert_eq!(of("SELECT slot FROM unknown_names ORDER BY slot LIMIT 1"), "-1");
    let shards = "SELECT count(*) FROM sessions WHERE shard <> get_byte(hash, 0) >> 4";
    assert_eq!(of(shards), "0");
    assert_eq!(of("SELECT DISTINCT version FROM accounts"), "1");
    opened(&first).await.expect("a server can use it");
    SqliteStore::open(folder.path().join("back.db"), sqlite::Options::default())
        .expect("a server can use it");
}

#[tokio::test]
async fn one_byte_that_differs_is_told_by_its_table() {
    let folder = TempDir::new().expect("a folder");
    let server = Server::shared();
    let url = server.database();
    let source = Place::Sqlite(filled(folder.path()));
    copied(&source, &postgres(&url)).await.expect("copies");
    let change = "UPDATE watches SET expires_at = 1 WHERE hash = (SELECT hash FROM watches ORDER BY hash DESC LIMIT 1)";
    server.psql(&url, change).expect("changes");
    let error = compare(&source, &postgres(&url), &mut |_| ()).await.expect_err("are not the same");
    assert!(error.to_string().starts_with("watches is not the same: 900 rows with checksum "), "{error}");
}

#[tokio::test]
async fn what_is_not_empty_is_refused() {
    let folder = TempDir::new().expect("a folder");
    let server = Server::shared();
    let (url, other) = (server.database(), server.database());
    let path = filled(folder.path());
    let source = Place::Sqlite(path.clone());
    copied(&source, &postgres(&url)).await.expect("copies");
    let error = copied(&source, &postgres(&url)).await.expect_err("holds rows");
    assert!(matches!(error, CopyError::Holds("keys")), "{error}");
    let error = copied(&postgres(&url), &source).await.expect_err("is there");
    assert!(matches!(&error, CopyError::Taken(taken) if *taken == path), "{error}");
    let nowhere = Place::Sqlite(folder.path().join("nowhere.db"));
    let error = copied(&nowhere, &postgres(&other)).await.expect_err("there is nothing");
    assert!(matches!(error, CopyError::Missing(_)) && !folder.path().join("nowhere.db").exists(), "{error}");
    let error = copied(&postgres(&other), &nowhere).await.expect_err("there is nothing");
    assert!(error.to_string().contains("schema version 0"), "{error}");
}

#[tokio::test]
async fn an_unfinished_copy_serves_nobody_and_goes_on() {
    let folder = TempDir::new().expect("a folder");
    let server = Server::shared();
    let url = server.database();
    let source = Place::Sqlite(filled(folder.path()));
    let (whole, _) = copied(&source, &postgres(&url)).await.expect("copies");
    // As one looks that was killed in the middle of the names.
    let begun = "INSERT INTO copies VALUES ('store', 'x');
                 DELETE FROM names WHERE hash > '\\x80'; DELETE FROM mobiles; DELETE FROM sessions; DELETE FROM events;
                 DELETE FROM once; DELETE FROM counters; DELETE FROM idempotency; DELETE FROM unknown_names;
                 DELETE FROM watches";
    server.psql(&url, begun).expect("is as it was");
    let error = opened(&url).await.map(drop).expect_err("is not whole");
    assert!(matches!(error, OpenError::Unfinished) && error.to_string().contains("run the same"), "{error}");
    let error = compare(&source, &postgres(&url), &mut |_| ()).await.expect_err("is not whole");
    assert!(matches!(error, CopyError::Unfinished(_)), "{error}");
    let names: u64 =
        server.psql(&url, "SELECT count(*) FROM names").expect("counts").parse().expect("a number");
    let (on, _) = copied(&source, &postgres(&url)).await.expect("goes on");
    same(&whole, &on);
    assert_eq!(on.found, 3 + 3 + u64::from(ROWS) + names);
    opened(&url).await.expect("a server can use it");
}

#[tokio::test]
async fn an_unfinished_file_serves_nobody_and_goes_on() {
    let folder = TempDir::new().expect("a folder");
    let url = Server::shared().database();
    let source = Place::Sqlite(filled(folder.path()));
    let (whole, _) = copied(&source, &postgres(&url)).await.expect("copies");
    let path = folder.path().join("target.db");
    let target = Place::Sqlite(path.clone());
    let (twin, _) = copied(&source, &target).await.expect("copies");
    same(&whole, &twin);
    let unfinished = folder.path().join("target.db.copying");
    std::fs::rename(&path, &unfinished).expect("gets its first name");
    let rest = "DELETE FROM names WHERE hash > x'80'; DELETE FROM mobiles; DELETE FROM events";
    Connection::open(&unfinished).and_then(|database| database.execute_batch(rest)).expect("is as it was");
    let error = SqliteStore::open(&path, sqlite::Options::default()).map(drop).expect_err("is not whole");
    assert!(matches!(error, sqlite::OpenError::Unfinished(_)), "{error}");
    let (on, _) = copied(&postgres(&url), &target).await.expect("goes on");
    same(&whole, &on);
    // Killed between its two names.
    std::fs::hard_link(&path, &unfinished).expect("has both names");
    let (done, _) = copied(&source, &target).await.expect("only takes the first name away");
    same(&whole, &done);
    assert!(!unfinished.exists());
}

#[tokio::test]
async fn a_source_that_has_changed_meanwhile_is_noticed() {
    let folder = TempDir::new().expect("a folder");
    let server = Server::shared();
    let path = filled(folder.path());
    let (source, begun) = (Place::Sqlite(path.clone()), "INSERT INTO copies VALUES ('store', 'x')");
    for (table, change, told) in [
        (
            "names",
            "UPDATE names SET account_id = x'00' WHERE hash = (SELECT min(hash) FROM names)",
            "is not the same",
        ),
        ("names", "DELETE FROM names WHERE hash = (SELECT max(hash) FROM names)", "is not what it was"),
        ("keys", "UPDATE keys SET wrapped = x'00' WHERE id = 1", "is not the same"),
    ] {
        let url = server.database();
        copied(&source, &postgres(&url)).await.expect("copies");
        server.psql(&url, begun).expect("is as it was");
        Connection::open(&path).and_then(|database| database.execute_batch(change)).expect("changes");
        let error = copied(&source, &postgres(&url)).await.expect_err("has changed").to_string();
        assert!(error.contains(table) && error.contains(told), "{error}");
        assert!(opened(&url).await.is_err(), "it stays unfinished");
    }
}

#[tokio::test]
async fn nobody_writes_into_a_source_while_it_is_copied() {
    let folder = TempDir::new().expect("a folder");
    let url = Server::shared().database();
    let path = filled(folder.path());
    let server = Connection::open(&path).expect("opens");
    server.busy_timeout(std::time::Duration::ZERO).expect("does not wait");
    let write = "UPDATE pulse SET beats = beats + 1";
    let mut refused = 0;
    copy(&Place::Sqlite(path.clone()), &postgres(&url), &mut |_| {
        refused += u32::from(server.execute_batch(write).is_err());
    })
    .await
    .expect("copies");
    assert!(refused > 12, "{refused}");
    server.execute_batch(&format!("{write}; BEGIN IMMEDIATE")).expect("can write again");
    let other = postgres(&Server::shared().database());
    let error = copied(&Place::Sqlite(path.clone()), &other).await.expect_err("is in use");
    assert!(matches!(&error, CopyError::InUse(used) if *used == path), "{error}");
}
