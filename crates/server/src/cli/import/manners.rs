//! How an import leaves room for a server on the same database.
//!
//! SQLite lets one process write at a time. Whoever must wait looks again now and then, at most every 100 milliseconds,
//! and gives up after five seconds. An import that writes one transaction upon the other would leave no moment to find.

use core::time::Duration;
use std::path::Path;

/// The pause after each transaction beside another process: long enough to be met by one look in three.
const BESIDE: Duration = Duration::from_millis(15);
/// Accounts in one beside another process, which then waits for the writer no longer than some tens of milliseconds. A
/// sync of the disk costs little among so many.
const FEW: usize = 1000;
/// The pause now and then while nobody else seems to be there, for one who has just come.
const ALONE: Duration = Duration::from_millis(20);
/// Accounts from one such pause to the next.
const SELDOM: usize = 32_000;
/// The most accounts in one transaction while nobody else seems to be there: one who has just come waits half a second. Keyed
/// hashes fall anywhere into their tables, so the more are written at once the more of them share a page. The first
/// transactions are smaller, so that what is wrong with the lines shows soon.
pub(super) const MANY: usize = 16_000;

/// What is known of other processes.
pub(super) struct Manners {
    /// Whether others write at the same time without waiting for this one.
    shared: bool,
    beside: bool,
    changes: Option<i64>,
    most: usize,
    accounts: usize,
}

impl Manners {
    /// Asked before the database is opened: the last process to close it takes the log away.
    pub(super) fn of(database: &Path) -> Self {
        let mut log = database.as_os_str().to_owned();
        log.push("-wal");
        let beside = Path::new(&log).exists();
        Self { shared: false, beside, changes: None, most: FEW, accounts: 0 }
    }

    /// In a database where only those wait for each other who write the same row.
    pub(super) const fn of_shared() -> Self {
        Self { shared: true, beside: false, changes: None, most: FEW, accounts: 0 }
    }

    /// The most accounts that one transaction should have.
    pub(super) const fn most(&self) -> usize {
        self.most
    }

    /// How long to pause after a transaction of so many, whose `changes` differ from those of the one before if another
    /// process wrote.
    pub(super) fn pause(&mut self, accounts: usize, changes: i64) -> Option<Duration> {
        if self.shared {
            return None;
        }
        let before = self.changes.replace(changes);
        self.beside |= before.is_some_and(|before| before != changes);
        if self.beside {
            self.most = FEW;
            return Some(BESIDE);
        }
        self.most = (2 * self.most).min(MANY);
        self.accounts += accounts;
        let due = self.accounts >= SELDOM;
        if due {
            self.accounts = 0;
        }
        due.then_some(ALONE)
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
        assert_eq!(alone.most(), FEW);
        let pauses = (0..SELDOM / FEW).filter_map(|_| alone.pause(FEW, 1)).collect::<Vec<_>>();
        assert_eq!((pauses, alone.most()), (vec![ALONE], MANY));
        assert_eq!(alone.pause(FEW, 2), Some(BESIDE));
        assert_eq!(alone.pause(FEW, 2), Some(BESIDE), "it stays");
        assert_eq!(alone.most(), FEW);
        std::fs::write(folder.path().join("db-wal"), "").expect("written");
        let mut beside = Manners::of(&database);
        assert_eq!((beside.most(), beside.pause(FEW, 1)), (FEW, Some(BESIDE)));
        let mut shared = Manners::of_shared();
        assert_eq!((shared.pause(FEW, 1), shared.pause(FEW, 2), shared.most()), (None, None, FEW));
    }
}
