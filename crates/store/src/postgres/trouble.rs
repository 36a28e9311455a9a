//! What can go wrong with a statement, told apart by what may be done about it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

use crate::door::{StoreFault, Stored};

/// Why a transaction was not made, or may not have been.
#[derive(Debug)]
pub(super) enum Trouble {
    /// It was rolled back because of what others do at the same time. It may be tried again.
    Conflict(String),
    /// The connection, or the server at its other end, is of no use any more. Nothing was committed.
    Lost(String),
    /// The commit was sent and its answer did not come: it was made, or not.
    Doubt(String),
    /// Trying again would not help.
    Fault(StoreFault),
}

impl Trouble {
    /// The same trouble, for another whom it concerns.
    pub(super) fn again(&self) -> Self {
        match self {
            Self::Conflict(why) => Self::Conflict(why.clone()),
            Self::Lost(why) => Self::Lost(why.clone()),
            Self::Doubt(why) => Self::Doubt(why.clone()),
            Self::Fault(fault) => Self::Fault(super::decision::again(fault)),
        }
    }

    /// The same trouble where it came from a commit.
    pub(super) fn of_commit(self) -> Self {
        match self {
            Self::Lost(why) => Self::Doubt(why),
            other => other,
        }
    }

    /// As a fault, for whoever does not try again.
    pub(super) fn into_fault(self) -> StoreFault {
        match self {
            Self::Conflict(why) | Self::Lost(why) => StoreFault::Unavailable(why),
            Self::Doubt(why) => {
                StoreFault::Unavailable(format!("it is not known whether it was done: {why}"))
            }
            Self::Fault(fault) => fault,
        }
    }
}

/// Runs a decision. One that panics is its own caller's fault, and leaves the connection and all others alone.
pub(super) fn caught<R>(decide: impl FnOnce() -> R) -> Stored<R> {
    let decided = catch_unwind(AssertUnwindSafe(decide));
    decided.map_err(|_| StoreFault::Backend("a decision panicked".into()))
}

impl From<StoreFault> for Trouble {
    fn from(fault: StoreFault) -> Self {
        Self::Fault(fault)
    }
}

/// Only the message of a database error is kept: its details name values, though these are keyed hashes at most.
impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        let Some(db) = error.as_db_error() else { return of_client(&error) };
        let (code, text) = (db.code(), format!("{} ({})", db.message(), db.code().code()));
        if *code == SqlState::T_R_STATEMENT_COMPLETION_UNKNOWN {
            Self::Doubt(text)
        } else if CONFLICTS.contains(code) {
            Self::Conflict(text)
        } else if LOST.contains(code) || code.code().starts_with("08") {
            Self::Lost(text)
        } else {
            Self::Fault(StoreFault::Backend(text))
        }
    }
}

/// What the server did not say is of the connection, but for rows and values that are not what a statement takes.
fn of_client(error: &Error) -> Trouble {
    let text = error.to_string();
    if MISFITS.iter().any(|beginning| text.starts_with(beginning)) {
        Trouble::Fault(StoreFault::Damaged(text))
    } else {
        Trouble::Lost(
            std::error::Error::source(error).map_or_else(|| text.clone(), |why| format!("{text}: {why}")),
        )
    }
}

/// How errors begin that are of rows and values. The library keeps their kinds to itself.
const MISFITS: [&str; 5] = [
    "error serializing",
    "error deserializing",
    "error encoding",
    "invalid column",
    "query returned an unexpected number",
];

/// Somebody else was in the way, and is not any more: a serialization failure, a deadlock, a lock that was waited for too
/// long, an operator who cancelled it; or the disk was full, or refused, and may not be by the next try.
const CONFLICTS: [SqlState; 6] = [
    SqlState::T_R_SERIALIZATION_FAILURE,
    SqlState::T_R_DEADLOCK_DETECTED,
    SqlState::LOCK_NOT_AVAILABLE,
    SqlState::QUERY_CANCELED,
    SqlState::DISK_FULL,
    SqlState::IO_ERROR,
];

/// The server goes away, is not there yet, cannot take one more, or has become one that only reads; or what was prepared on
/// this connection does not fit any more, because a step of the schema was taken meanwhile.
const LOST: [SqlState; 8] = [
    SqlState::ADMIN_SHUTDOWN,
    SqlState::CRASH_SHUTDOWN,
    SqlState::CANNOT_CONNECT_NOW,
    SqlState::READ_ONLY_SQL_TRANSACTION,
    SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
    SqlState::TOO_MANY_CONNECTIONS,
    SqlState::FEATURE_NOT_SUPPORTED,
    SqlState::INVALID_SQL_STATEMENT_NAME,
];
