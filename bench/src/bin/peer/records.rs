//! The accounts: one connection behind a lock, the counter durable.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OptionalExtension};

use crate::Outcome;

/// The database.
pub(crate) struct Records(Mutex<Connection>);

impl Records {
    pub(crate) fn open(path: &str) -> Outcome<Self> {
        let connection = Connection::open(path)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        Ok(Self(Mutex::new(connection)))
    }

    /// An account's hash and how many guesses in a row were wrong.
    pub(crate) fn find(&self, name: &str) -> rusqlite::Result<Option<(String, i64)>> {
        let database = self.lock();
        let mut query = database.prepare_cached("SELECT hash, failed FROM accounts WHERE name = ?1")?;
        query.query_one([name], |row| Ok((row.get(0)?, row.get(1)?))).optional()
    }

    /// Counts a guess.
    pub(crate) fn count(&self, name: &str) -> rusqlite::Result<()> {
        let database = self.lock();
        let mut update =
            database.prepare_cached("UPDATE accounts SET failed = failed + 1 WHERE name = ?1")?;
        update.execute([name]).map(drop)
    }

    /// Counts a guess and gives the hash, unless there were `limit` already.
    pub(crate) fn charge(&self, name: &str, limit: i64) -> rusqlite::Result<Option<String>> {
        let database = self.lock();
        let mut update = database.prepare_cached(
            "UPDATE accounts SET failed = failed + 1 WHERE name = ?1 AND failed < ?2 RETURNING hash",
        )?;
        update.query_one((name, limit), |row| row.get(0)).optional()
    }

    /// Forgets the wrong ones.
    pub(crate) fn reset(&self, name: &str) -> rusqlite::Result<()> {
        let database = self.lock();
        let mut update = database.prepare_cached("UPDATE accounts SET failed = 0 WHERE name = ?1")?;
        update.execute([name]).map(drop)
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
