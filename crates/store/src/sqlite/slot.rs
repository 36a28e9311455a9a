//! A place for a connection.

use rusqlite::Connection;

use super::connection::{Role, Source, keep_log};
use crate::door::{StoreFault, Stored};

/// A connection that is opened anew after it failed.
pub(super) struct Slot {
    source: Source,
    role: Role,
    connection: Option<Connection>,
}

impl Slot {
    pub(super) const fn empty(source: Source, role: Role) -> Self {
        Self { source, role, connection: None }
    }

    pub(super) const fn filled(source: Source, role: Role, connection: Connection) -> Self {
        Self { source, role, connection: Some(connection) }
    }

    pub(super) const fn source(&self) -> &Source {
        &self.source
    }

    /// The connection, opened if there is none.
    ///
    /// # Errors
    /// It cannot be opened; or there is doubt about the database file. Then pages that were folded may be read from it as
    /// they were before, and a charge that is forgotten is a guess too many: nothing is read or written any more.
    pub(super) fn connection(&mut self) -> Stored<&Connection> {
        if self.source.in_doubt() {
            self.discard();
            return Err(StoreFault::Backend(
                "the disk has failed to keep the database file, and only the log beside it is whole: see to the disk, end \
                 every process that has the database open, and start the server again"
                    .into(),
            ));
        }
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.source.open(self.role)?,
        };
        Ok(self.connection.insert(connection))
    }

    /// Gives up a connection of which it is not known what it still holds. An open transaction rolls back.
    pub(super) fn discard(&mut self) {
        if let Some(connection) = self.connection.take().filter(|_| self.source.in_doubt()) {
            keep_log(&connection);
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.discard();
    }
}
