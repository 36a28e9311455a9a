//! Several rows or none, inside the batch's transaction.

use rusqlite::Connection;

use crate::door::Stored;

/// Runs `write`; if it fails or panics, its rows are taken back and those of the jobs before it stay.
pub(super) fn atomically<R>(connection: &Connection, write: impl FnOnce() -> Stored<R>) -> Stored<R> {
    connection.prepare_cached("SAVEPOINT job")?.execute([])?;
    let guard = Undo { connection, done: false };
    let outcome = write()?;
    connection.prepare_cached("RELEASE job")?.execute([])?;
    guard.keep();
    Ok(outcome)
}

struct Undo<'a> {
    connection: &'a Connection,
    done: bool,
}

impl Undo<'_> {
    fn keep(mut self) {
        self.done = true;
    }
}

impl Drop for Undo<'_> {
    fn drop(&mut self) {
        if !self.done && self.connection.execute_batch("ROLLBACK TO job; RELEASE job").is_err() {
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
}
