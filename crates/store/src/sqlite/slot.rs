//! A place for a connection.

use rusqlite::Connection;

use super::connection::{Role, Source, keep_log};
use crate::door::Stored;

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
    pub(super) fn connection(&mut self) -> Stored<&Connection> {
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
