//! Why something was not copied, or is not the same.

use std::io;
use std::path::PathBuf;

use super::{Contents, hex};
use crate::door::StoreFault;

/// Why something was not copied, or is not the same.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// There is nothing to copy.
    #[error("there is no database at {0}")]
    Missing(PathBuf),
    /// It cannot be opened.
    #[error("{0}")]
    Open(String),
    /// Its schema is not of this version.
    #[error("{0} is of an older version: start its server once with this one, or run `countersign migrate`")]
    Older(String),
    /// It is being copied to.
    #[error("{0} is a copy that is not finished: run the same `countersign copy` again")]
    Unfinished(String),
    /// Somebody else writes into it.
    #[error("{0} is in use by another program that writes into it")]
    InUse(PathBuf),
    /// There is something at the place.
    #[error("{0} is there already and is not replaced: copy to another place, or move it away")]
    Taken(PathBuf),
    /// The target has rows.
    #[error(
        "the target is not empty: there are rows in its table {0}. A copy needs an empty database; `countersign copy \
         verify` compares what two hold"
    )]
    Holds(&'static str),
    /// What was copied before is not what the source holds.
    #[error(
        "the source's table {0} is not what it was when this copy was begun: it has changed since, or it is another store. \
         Keep its servers from writing, empty the target, and copy again"
    )]
    Changed(&'static str),
    /// They are not the same.
    #[error("{0}")]
    Differ(Box<Difference>),
    /// The system refused.
    #[error("{0}: {1}")]
    File(PathBuf, io::Error),
    /// The source failed.
    #[error("the source: {0}")]
    Source(StoreFault),
    /// The target failed.
    #[error("the target: {0}. What was written stays; run the same command again to go on")]
    Target(StoreFault),
}

/// A table that is not the same in two stores.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// What the one holds.
    pub one: Contents,
    /// What the other holds.
    pub other: Contents,
    /// What to do about it.
    pub(super) advice: &'static str,
}

impl core::fmt::Display for Difference {
    fn fmt(&self, form: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { one, other, advice } = self;
        write!(
            form,
            "{} is not the same: {} rows with checksum {} in the one, {} rows with checksum {} in the other. {advice}",
            one.table,
            one.rows,
            hex(&one.sum),
            other.rows,
            hex(&other.sum)
        )
    }
}

/// What to do about a copy that is not the same.
pub(super) const BEGIN_AGAIN: &str = "The source has changed since this copy was begun, or something else has written into the \
                           target. Keep the source's servers from writing, empty the target, and copy again";
/// What to do about two stores that are not the same.
pub(super) const ONE_CHANGED: &str = "One of them has changed since they were the same, or they never were";
