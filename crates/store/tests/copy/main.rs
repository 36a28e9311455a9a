//! Everything from one store to another: the same rows in both, or a refusal that says why.

mod place;

use countersign_domain::event::What;
use countersign_domain::feed::FeedPlace;
use countersign_domain::policy::Policy;
use countersign_domain::time::Span;
use countersign_store::contract::sample::{self, account, at, id};
use countersign_store::copy::{CopyError, Place, compare, copy};
use countersign_store::door::{Feed, Store};
use countersign_store::postgres::OpenError;
use countersign_store::sqlite::restore::{Request, restore};
use countersign_store::sqlite::{self, SqliteStore};
use countersign_throwaway::Server;
use rusqlite::Connection;
use tempfile::TempDir;

use place::{ROWS, copied, filled, opened, postgres, same};

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
                 DELETE FROM watches; DELETE FROM outbox; DELETE FROM feed; DELETE FROM forgotten; DELETE FROM webhooks;
                 DELETE FROM deliveries";
    server.psql(&url, begun).expect("is as it was");
    let error = opened(&url).await.map(drop).expect_err("is not whole");
    assert!(matches!(error, OpenError::Unfinished) && error.to_string().contains("run the same"), "{error}");
    let error = compare(&source, &postgres(&url), &mut |_| ()).await.expect_err("is not whole");
    assert!(matches!(error, CopyError::Unfinished(_)), "{error}");
    let names: u64 =
        server.psql(&url, "SELECT count(*) FROM names").expect("counts").parse().expect("a number");
    let (on, _) = copied(&source, &postgres(&url)).await.expect("goes on");
    same(&whole, &on);
    assert_eq!(on.found, 3 + 3 + 3 + u64::from(ROWS) + names);
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

#[tokio::test]
async fn of_two_copies_to_one_place_one_goes_on() {
    let folder = TempDir::new().expect("a folder");
    let server = Server::shared();
    let url = server.database();
    let source = Place::Sqlite(filled(folder.path()));
    let mut told = 0;
    // As another copy does when it begins.
    let error = copy(&source, &postgres(&url), &mut |_| {
        told += 1;
        server.psql(&url, "UPDATE copies SET holder = 'other'").expect("takes over");
    })
    .await
    .expect_err("goes on no longer");
    assert!(error.to_string().contains("another copy into this database has begun since"), "{error}");
    assert!(told < 12, "it noticed with its next row");
    copied(&source, &postgres(&url)).await.expect("takes over in turn");

    let target = folder.path().join("target.db");
    let mut refused = 0;
    copy(&postgres(&url), &Place::Sqlite(target.clone()), &mut |_| {
        let other = Connection::open(folder.path().join("target.db.copying")).expect("opens");
        other.busy_timeout(std::time::Duration::ZERO).expect("does not wait");
        refused += u32::from(other.execute_batch("BEGIN IMMEDIATE").is_err());
    })
    .await
    .expect("copies");
    assert!(refused > 12 && target.exists(), "{refused}");
}

#[tokio::test]
async fn a_database_that_dies_meanwhile_is_told_of_and_the_copy_goes_on_when_it_is_back() {
    let folder = TempDir::new().expect("a folder");
    let server = Server::start().expect("starts");
    let url = server.database();
    let source = Place::Sqlite(filled(folder.path()));
    let mut died = false;
    let error = copy(&source, &postgres(&url), &mut |progress| {
        if progress.table == "names" && !died {
            died = true;
            server.kill().expect("dies");
        }
    })
    .await
    .expect_err("is gone");
    assert!(matches!(error, CopyError::Target(_)), "{error}");
    assert!(error.to_string().contains("run the same command again"), "{error}");
    server.start_again().expect("is back");
    let (there, _) = copied(&source, &postgres(&url)).await.expect("goes on");
    assert!(there.found >= u64::from(ROWS), "{}", there.found);
    let target = Place::Sqlite(folder.path().join("target.db"));
    let error = copy(&postgres(&url), &target, &mut |progress| {
        if progress.table == "names" && died {
            died = false;
            server.kill().expect("dies");
        }
    })
    .await
    .expect_err("is gone");
    assert!(matches!(error, CopyError::Source(_)), "{error}");
    server.start_again().expect("is back");
    let (back, _) = copied(&postgres(&url), &target).await.expect("goes on");
    same(&there, &back);
}

/// As docs/backup.md has it: what PostgreSQL was taken back to is restored by way of a file, so that nothing is given back.
#[tokio::test]
async fn a_database_that_was_taken_back_is_restored_as_a_backup_is() {
    let folder = TempDir::new().expect("a folder");
    let server = Server::shared();
    let (taken_back, new) = (server.database(), server.database());
    let store = opened(&taken_back).await.expect("opens");
    store.create(account(1), Vec::new(), None).await.expect("creates");
    store.arrange(at(1), 10).await.expect("gives places");
    drop(store);
    let (backup, database) = (folder.path().join("backup.db"), folder.path().join("countersign.db"));
    copied(&postgres(&taken_back), &Place::Sqlite(backup.clone())).await.expect("copies");
    let request = Request {
        backup: &backup,
        database: &database,
        without_present: true,
        clock_behind: false,
        drawn: 1,
    };
    let restored = sample::with_scene(120, |scene| restore(request, scene, &|_| Ok(()), &mut |_| ()));
    assert_eq!(restored.expect("restores").doubted, 1);
    copied(&Place::Sqlite(database), &postgres(&new)).await.expect("copies");
    let store = opened(&new).await.expect("opens");
    let account = store.read(id(1)).await.expect("reads").expect("is there");
    assert_eq!(account.payment.ledger.remaining(&Policy::default().guesses, at(120)), 1);
    assert_eq!(account.holds.until(at(120)), Some(at(120) + Span::from_hours(24)));
    store.arrange(at(121), 10).await.expect("gives places");
    let fed = store.feed(FeedPlace::at(at(120)), 10).await.expect("reads");
    assert!(fed.entries.iter().any(|entry| entry.event.what == What::Restored { merged: false }));
    assert!(store.feed(FeedPlace::at(at(2)), 10).await.expect("reads").missed, "readers are told");
}
