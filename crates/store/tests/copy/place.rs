//! Stores with rows in every table, and what is done with them.

use std::path::{Path, PathBuf};

use countersign_domain::secret::SecretText;
use countersign_store::copy::{Copied, CopyError, Place, copy};
use countersign_store::postgres::{OpenError, Options, PostgresStore};
use countersign_store::sqlite::{self, SqliteStore};
use rusqlite::{Connection, params};

/// More rows than one batch has.
pub(crate) const ROWS: u32 = 9000;

/// 2026-11-21 and 2025-01-01, in milliseconds.
const TIMES: [u64; 2] = [1_795_219_200_000, 1_735_689_600_000];

/// A place in PostgreSQL.
pub(crate) fn postgres(url: &str) -> Place {
    Place::Postgres(Box::new(Options::new(SecretText::new(url.to_owned()), [7; 6])))
}

/// The store at that URL, as a server opens it.
pub(crate) async fn opened(url: &str) -> Result<PostgresStore, OpenError> {
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
pub(crate) fn filled(folder: &Path) -> PathBuf {
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
            put("INSERT INTO outbox VALUES (?1, ?2, ?3)", params![event, id, tenant]);
            put("INSERT INTO feed VALUES (?1, ?2, ?3, ?4)", params![i64::from(n) + 7, id, event, tenant]);
            put("INSERT INTO deliveries VALUES (?1, ?2, ?3, ?4)", params![id, n, i64::MAX, hash]);
            put("INSERT INTO unknown_names VALUES (?1, ?2, ?3, 1)", params![i64::from(n) - 1, long, hash]);
        }
    }
    for id in 0..3_u32 {
        put("INSERT INTO keys VALUES (?1, ?2)", params![id, bytes::<60>(id, 8)]);
        put(
            "INSERT INTO signing_keys VALUES (?1, 'EdDSA', '{}', ?2, ?3, ?4)",
            params![bytes::<32>(id, 11), bytes::<90>(id, 12), i64::from(id), (id > 0).then_some(5_i64)],
        );
        put(
            "INSERT INTO webhooks VALUES (?1, 'default', ?2)",
            params![bytes::<16>(id, 11), bytes::<70>(id, 12)],
        );
        put("INSERT INTO apps VALUES (?1, '', ?2)", params![bytes::<16>(id, 9), bytes::<70>(id, 10)]);
    }
    put("INSERT INTO forgotten VALUES ('feed', 5)", params![]);
    transaction.commit().expect("commits");
    path
}

/// Copies, and says how many rows of how many were told of.
pub(crate) async fn copied(from: &Place, to: &Place) -> Result<(Copied, u64), CopyError> {
    let mut last = None;
    let copied = copy(from, to, &mut |progress| last = Some(progress)).await?;
    let last = last.expect("it was told how far it is");
    assert_eq!(last.done, last.of);
    Ok((copied, last.done))
}

/// Both hold the same, and something of each table.
pub(crate) fn same(one: &Copied, other: &Copied) {
    for (one, other) in one.tables.iter().zip(&other.tables) {
        assert_eq!(one, other);
        assert_ne!(one.rows, 0, "{} has rows", one.table);
    }
    assert_eq!((one.tables.len(), other.tables.len()), (18, 18));
}
