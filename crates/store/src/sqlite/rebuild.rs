//! The heart of a restore without its files: for a file system of one's own, where copying and renaming are its owner's.

use std::path::Path;

use countersign_domain::account::Scene;

use super::connection::{Role, Source};
use super::restore::{RestoreError, Restored};
use super::{merge, migration};
use crate::door::StoreFault;

/// Turns `new`, a copy of a backup, into what [`super::restore`] would put in place: merged with the database `present`,
/// or in doubt without one. Both are files of the file system that is registered with SQLite as `file_system`, folded,
/// and nothing else has them open. `drawn` is a random number.
///
/// # Errors
/// [`RestoreError`]; `new` is of no use then, `present` is as it was.
pub fn rebuild(
    new: &Path,
    present: Option<&Path>,
    file_system: &str,
    scene: &Scene<'_>,
    drawn: u64,
) -> Result<Restored, RestoreError> {
    let failed = |error: &dyn core::fmt::Display| StoreFault::Backend(error.to_string());
    let mut connection = Source::alone(new.to_path_buf(), file_system.to_owned()).open(Role::Writer)?;
    migration::run(&mut connection).map_err(|error| failed(&error))?;
    if let Some(present) = present {
        let name = present.to_str().ok_or_else(|| failed(&"its name is not UTF-8"))?;
        connection.execute("ATTACH ?1 AS present", [name])?;
        if migration::version_of(&connection, "present")? != migration::known() {
            return Err(failed(&"the present database was not brought up to date").into());
        }
    }
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let restored = merge::merge(&connection, present.is_some(), scene, drawn, &mut |_| ())?;
    connection.execute_batch("COMMIT")?;
    connection.query_row("PRAGMA main.wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(restored)
}
