//! How the schema came to be: numbered steps, all that are missing in one transaction.

use std::path::Path;

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use super::OpenError;
use super::file::BUSY;
use crate::door::{StoreFault, Stored};

/// How many steps there are.
const KNOWN: u8 = 5;

/// The steps in order; the version of a database is how many it has taken. A step that was released never changes.
const STEPS: [&str; KNOWN as usize] = [
    include_str!("../../migrations/sqlite/0001_records.sql"),
    include_str!("../../migrations/sqlite/0002_guesses.sql"),
    include_str!("../../migrations/sqlite/0003_room.sql"),
    include_str!("../../migrations/sqlite/0004_signing_keys.sql"),
    include_str!("../../migrations/sqlite/0005_feed.sql"),
];

/// How a database stands to what is known here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Standing {
    /// Nothing is in it yet.
    New,
    /// It has taken so many steps, and some are missing.
    Older(i64),
    /// It is as it should be.
    Current,
}

/// How this database stands.
///
/// # Errors
/// [`OpenError::Newer`], or it cannot be read.
pub(super) fn standing(connection: &Connection) -> Result<Standing, OpenError> {
    match version(connection)? {
        0 => Ok(Standing::New),
        found if found == known() => Ok(Standing::Current),
        found if (1..known()).contains(&found) => Ok(Standing::Older(found)),
        found => Err(OpenError::Newer { found, known: known() }),
    }
}

/// The version of a database file, 0 if there is none, and the newest version that is known here. Changes nothing.
///
/// # Errors
/// The file cannot be read.
pub fn version_of_file(path: &Path) -> Result<(i64, i64), OpenError> {
    if !path.exists() {
        return Ok((0, known()));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(StoreFault::from)?;
    connection.busy_timeout(BUSY).map_err(StoreFault::from)?;
    Ok((version(&connection)?, known()))
}

/// Takes the steps that are missing, all of them or none. Two processes may do so at once with a new database: it is
/// asked again, alone, which are missing.
pub(super) fn run(connection: &mut Connection) -> Result<(), OpenError> {
    if version(connection)? == known() {
        return Ok(());
    }
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(StoreFault::from)?;
    while version(&transaction)? != known() {
        step(&transaction)?;
    }
    Ok(transaction.commit().map_err(StoreFault::from)?)
}

/// Takes the steps that an older database misses, while no other process has it open. A server of an older version would
/// go on with what it does not know: it would find nobody by name, and write what no newer one lists.
///
/// # Errors
/// [`OpenError::InUse`] if somebody else has it open. It is as it was then.
pub(super) fn run_alone(path: &Path) -> Result<(), OpenError> {
    let mut connection = open_alone(path).map_err(|error| match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => OpenError::InUse,
        _ => OpenError::Store(error.into()),
    })?;
    let mode: String = connection
        .query_row("PRAGMA journal_mode", [], |row| row.get(0))
        .map_err(|error| OpenError::Store(error.into()))?;
    if mode != "delete" {
        return Err(OpenError::InUse);
    }
    run(&mut connection)
}

/// Only a connection that is alone can leave the write-ahead log. From then on its lock keeps all others out, until it is
/// closed.
fn open_alone(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    // EXTRA: the journal is gone from its folder, not only from the system's memory, before the log is used again. One
    // that came back with the power would be played back over what was written since.
    connection.execute_batch(
        "PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;
         PRAGMA synchronous = EXTRA; PRAGMA secure_delete = ON; PRAGMA cache_size = -131072",
    )?;
    for step in ["journal_mode = DELETE", "locking_mode = EXCLUSIVE"] {
        connection.query_row(&format!("PRAGMA {step}"), [], |_| Ok(()))?;
    }
    connection.execute_batch("BEGIN EXCLUSIVE; COMMIT")?;
    Ok(connection)
}

/// Makes sure, within a transaction that writes, that no other version of the server has taken a step meanwhile.
pub(super) fn still_known(connection: &Connection) -> Stored<()> {
    let mut statement = connection.prepare_cached("PRAGMA user_version")?;
    let found: i64 = statement.query_row([], |row| row.get(0))?;
    if found == known() {
        return Ok(());
    }
    Err(StoreFault::Backend(format!(
        "the database has schema version {found} by now, and this server writes version {}: another version of the \
         server has changed it; start this server again with that version",
        known()
    )))
}

fn step(connection: &Connection) -> Result<(), OpenError> {
    let found = version(connection)?;
    let missing = usize::try_from(found).ok().and_then(|taken| STEPS.get(taken));
    let Some(sql) = missing else { return Err(OpenError::Newer { found, known: known() }) };
    connection.execute_batch(sql).map_err(StoreFault::from)?;
    Ok(connection.pragma_update(None, "user_version", found + 1).map_err(StoreFault::from)?)
}

fn version(connection: &Connection) -> Stored<i64> {
    version_of(connection, "main")
}

/// The version of an attached database.
pub(super) fn version_of(connection: &Connection, schema: &str) -> Stored<i64> {
    Ok(connection.pragma_query_value(Some(schema), "user_version", |row| row.get(0))?)
}

/// The newest version that is known here.
pub(super) fn known() -> i64 {
    i64::from(KNOWN)
}

#[cfg(test)]
mod tests {
    use countersign_domain::command::Page;
    use countersign_domain::event::What;
    use countersign_domain::id::AccountId;
    use countersign_domain::identifier::TenantId;
    use rusqlite::ToSql;

    use super::*;
    use crate::sqlite::{lookup, trail};

    #[test]
    fn steps_are_taken_once() {
        let mut connection = Connection::open_in_memory().expect("opens");
        run(&mut connection).expect("takes every step");
        assert_eq!(version(&connection).expect("has a version"), known());
        run(&mut connection).expect("has nothing to do");
    }

    /// A database of the second step, with what an account of each of two tenants has.
    fn of_step_2() -> Connection {
        let connection = Connection::open_in_memory().expect("opens");
        connection.execute_batch(STEPS[0]).expect("the first step");
        connection.execute_batch(STEPS[1]).expect("the second step");
        connection.pragma_update(None, "user_version", 2).expect("sets the version");
        for (n, tenant) in [(1_u8, "default"), (2, "other")] {
            let (id, event) = ([n; 16], [0x70 + n; 16]);
            // Format 1 of an event: its whole key first; then 1,000 milliseconds, "cli", by the server, "r", created.
            let key = [&[1], &event[..], &id[..], &[u8::try_from(tenant.len()).expect("short")]].concat();
            let record =
                [&key[..], tenant.as_bytes(), &[0xd0, 0x0f, 3], b"cli", &[3, 1], b"r", &[0]].concat();
            let insert = |sql: &str, values: &[&dyn ToSql]| connection.execute(sql, values).expect("inserts");
            insert("INSERT INTO accounts VALUES (?1, ?2, x'77')", &[&id, &tenant]);
            insert("INSERT INTO events VALUES (?1, ?2, ?3, ?4)", &[&id, &event, &tenant, &record]);
            for hash in [[n; 32], [0x80 + n; 32], [0; 32]] {
                if hash != [0; 32] {
                    insert("INSERT INTO names VALUES (?1, ?2)", &[&hash, &id]);
                }
                insert("INSERT INTO mobiles VALUES (?1, ?2)", &[&hash, &id]);
            }
        }
        connection
    }

    #[test]
    fn the_third_step_keeps_who_is_found_by_what_and_every_event() {
        let mut connection = of_step_2();
        run(&mut connection).expect("takes the third step");
        let [one, two] = [1, 2].map(|n| AccountId::from_bytes([n; 16]));
        let name = |n| lookup::name(&connection, [n; 32]).expect("finds");
        let mobile = |n| lookup::mobile(&connection, [n; 32], 9).expect("finds");
        assert_eq!([name(1), name(0x81), name(2), name(3)], [Some(one), Some(one), Some(two), None]);
        assert_eq!((mobile(0), mobile(0x82)), (vec![one, two], vec![two]));
        for (account, tenant) in [(one, "default"), (two, "other")] {
            let tenant = TenantId::parse(tenant).expect("a name");
            let page = Page { after: None, limit: 9 };
            let of_account = trail::list(&connection, &tenant, Some(account), page).expect("lists");
            assert_eq!(of_account, trail::list(&connection, &tenant, None, page).expect("lists"));
            let [event] = &of_account[..] else { panic!("{of_account:?}") };
            assert_eq!((event.account, &event.tenant, event.at.millis()), (account, &tenant, 1000));
            assert_eq!((&event.what, event.origin.dialect.as_str()), (&What::AccountCreated, "cli"));
        }
        lookup::forget(&connection, one).expect("forgets");
        let name = |n| lookup::name(&connection, [n; 32]).expect("finds");
        assert_eq!([name(1), name(0x81), name(2)], [None, None, Some(two)]);
        assert_eq!(lookup::mobile(&connection, [0; 32], 9).expect("finds"), [two]);
    }

    #[test]
    fn a_newer_database_is_refused_and_left_alone() {
        let mut connection = Connection::open_in_memory().expect("opens");
        connection.pragma_update(None, "user_version", known() + 1).expect("sets the version");
        let error = run(&mut connection).expect_err("refuses");
        assert!(error.to_string().contains("use a newer server"), "{error}");
        let tables: i64 =
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).expect("counts");
        assert_eq!(tables, 0);
    }
}
