//! Several rows or none, inside the batch's transaction.

use rusqlite::Connection;

use crate::door::Stored;

/// Runs `write`; if it fails or panics, its rows are taken back and those of the jobs before it stay.
pub(super) fn atomically<R>(connection: &Connection, write: impl FnOnce() -> Stored<R>) -> Stored<R> {
    connection.prepare_cached("SAVEPOINT job")?.execute([])?;
    let guard = Undo { connection, whole: false };
    let outcome = write()?;
    connection.prepare_cached("RELEASE job")?.execute([])?;
    guard.keep();
    Ok(outcome)
}

/// Writes one row and then another, each in one statement, without a savepoint, which would copy every page that they
/// touch. If the first fails, nothing was written. The second must be one that only the disk can refuse: if it fails, the
/// whole transaction goes, as it would by itself on most failures of a disk.
pub(super) fn one_then_sure(
    connection: &Connection,
    one: impl FnOnce() -> Stored<()>,
    sure: impl FnOnce() -> Stored<()>,
) -> Stored<()> {
    one()?;
    whole(connection, sure)
}

/// Writes many rows without a savepoint. If it fails or panics, the whole transaction goes, with the jobs before it.
pub(super) fn whole<R>(connection: &Connection, write: impl FnOnce() -> Stored<R>) -> Stored<R> {
    let guard = Undo { connection, whole: true };
    let outcome = write()?;
    guard.keep();
    Ok(outcome)
}

/// Takes back what was written when it is dropped: the job alone, or the whole transaction.
struct Undo<'a> {
    connection: &'a Connection,
    whole: bool,
}

impl Undo<'_> {
    /// All went well.
    const fn keep(self) {
        core::mem::forget(self);
    }
}

impl Drop for Undo<'_> {
    fn drop(&mut self) {
        if self.whole || self.connection.execute_batch("ROLLBACK TO job; RELEASE job").is_err() {
            // Half a job must never be committed, so the whole transaction goes. Should even this fail, there is
            // none left to commit: SQLite has rolled it back itself.
            let _ = self.connection.execute_batch("ROLLBACK");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::door::StoreFault;

    #[test]
    fn a_failure_or_a_panic_takes_back_its_own_rows_only() {
        let connection = Connection::open_in_memory().expect("opens");
        let insert =
            |n: i64| connection.execute("INSERT INTO t VALUES (?1)", [n]).map(|_| ()).map_err(Into::into);
        connection.execute_batch("CREATE TABLE t (n INTEGER PRIMARY KEY); BEGIN").expect("begins");
        atomically(&connection, || insert(1)).expect("is kept");
        let failed: Stored<()> = atomically(&connection, || insert(2).and_then(|()| insert(1)));
        assert!(matches!(failed, Err(StoreFault::Backend(_))));
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            atomically(&connection, || insert(3).map(|()| panic!("on purpose")))
        }));
        assert!(panicked.is_err());
        atomically(&connection, || insert(4)).expect("is kept");
        connection.execute_batch("COMMIT").expect("commits");
        let sum: i64 = connection.query_row("SELECT sum(n) FROM t", [], |row| row.get(0)).expect("sums");
        assert_eq!(sum, 5);
    }

    #[test]
    fn a_first_row_fails_alone_and_a_second_one_takes_the_transaction_with_it() {
        let connection = Connection::open_in_memory().expect("opens");
        let insert =
            |n: i64| connection.execute("INSERT INTO t VALUES (?1)", [n]).map(|_| ()).map_err(Into::into);
        connection.execute_batch("CREATE TABLE t (n INTEGER PRIMARY KEY); BEGIN").expect("begins");
        one_then_sure(&connection, || insert(1), || insert(2)).expect("are kept");
        assert!(one_then_sure(&connection, || insert(2), || insert(3)).is_err());
        assert!(!connection.is_autocommit(), "what was before is still to be committed");
        connection.execute_batch("COMMIT; BEGIN").expect("commits");
        assert!(one_then_sure(&connection, || insert(4), || insert(1)).is_err());
        assert!(connection.is_autocommit(), "half of it must not be committed");
        let sum: i64 = connection.query_row("SELECT sum(n) FROM t", [], |row| row.get(0)).expect("sums");
        assert_eq!(sum, 3);
    }
}
