//! How an import leaves room for a server on the same database.
//!
//! SQLite lets one process write at a time. Whoever must wait looks again now and then, at most every 100 milliseconds,
//! and gives up after five seconds. An import that writes one batch upon the other would leave no moment to find.

use core::time::Duration;
use std::path::Path;

/// The pause after each batch beside another process: long enough to be met by one look in three.
const BESIDE: Duration = Duration::from_millis(15);
/// The pause now and then while nobody else seems to be there, for one who has just come.
const ALONE: Duration = Duration::from_millis(20);
/// Batches from one such pause to the next.
const SELDOM: u64 = 32;

/// What is known of other processes.
pub(super) struct Manners {
    beside: bool,
    changes: Option<i64>,
    batches: u64,
}

impl Manners {
    /// Asked before the database is opened: the last process to close it takes the log away.
    pub(super) fn of(database: &Path) -> Self {
        let mut log = database.as_os_str().to_owned();
        log.push("-wal");
        Self { beside: Path::new(&log).exists(), changes: None, batches: 0 }
    }

    /// How long to pause after a batch, whose `changes` differ from those of the one before if another process wrote.
    pub(super) fn pause(&mut self, changes: i64) -> Option<Duration> {
        let before = self.changes.replace(changes);
        self.beside |= before.is_some_and(|before| before != changes);
        self.batches += 1;
        if self.beside { Some(BESIDE) } else { self.batches.is_multiple_of(SELDOM).then_some(ALONE) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makes_room_for_whoever_is_there_or_comes() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = folder.path().join("db");
        let mut alone = Manners::of(&database);
        let pauses = (0..SELDOM).filter_map(|_| alone.pause(1)).collect::<Vec<_>>();
        assert_eq!(pauses, [ALONE]);
        assert_eq!(alone.pause(2), Some(BESIDE));
        assert_eq!(alone.pause(2), Some(BESIDE), "it stays");
        std::fs::write(folder.path().join("db-wal"), "").expect("written");
        assert_eq!(Manners::of(&database).pause(1), Some(BESIDE));
    }
}
