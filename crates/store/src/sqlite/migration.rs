//! How the schema came to be: numbered steps, each in a transaction of its own.

use rusqlite::{Connection, TransactionBehavior};

use super::OpenError;
use crate::door::{StoreFault, Stored};

/// How many steps there are.
const KNOWN: u8 = 3;

/// The steps in order; the version of a database is how many it has taken. A step that was released never changes.
const STEPS: [&str; KNOWN as usize] = [
    include_str!("../../migrations/0001_records.sql"),
    include_str!("../../migrations/0002_guesses.sql"),
    include_str!("../../migrations/0003_room.sql"),
];

/// Takes the steps that are missing. Two processes may do so at once: each step asks again, alone, where it stands.
pub(super) fn run(connection: &mut Connection) -> Result<(), OpenError> {
    while version(connection)? != known() {
        let transaction =
            connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(StoreFault::from)?;
        step(&transaction)?;
        transaction.commit().map_err(StoreFault::from)?;
    }
    Ok(())
}

fn step(connection: &Connection) -> Result<(), OpenError> {
    let found = version(connection)?;
    let missing = usize::try_from(found).ok().filter(|&taken| taken <= STEPS.len());
    let Some(missing) = missing else {
        return Err(OpenError::Newer { found, known: known() });
    };
    if let Some(sql) = STEPS.get(missing) {
        connection.execute_batch(sql).map_err(StoreFault::from)?;
        connection.pragma_update(None, "user_version", found + 1).map_err(StoreFault::from)?;
    }
    Ok(())
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
    use super::*;

    #[test]
    fn steps_are_taken_once() {
        let mut connection = Connection::open_in_memory().expect("opens");
        run(&mut connection).expect("takes every step");
        assert_eq!(version(&connection).expect("has a version"), known());
        run(&mut connection).expect("has nothing to do");
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
