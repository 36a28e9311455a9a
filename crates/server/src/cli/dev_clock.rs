//! The clock of `dev`, whose offset outlives the process.
//!
//! A clock that stepped back with a restart would shorten nothing that is locked, but would revive codes and windows
//! that had run out; so the offset is on disk before anybody is told the new time.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use countersign_domain::time::Timestamp;
use countersign_service::Clock;

use crate::cli::durable;
use crate::clock::DevClock;

/// A [`DevClock`] and the file that keeps its offset.
pub(crate) struct KeptClock {
    clock: DevClock,
    file: PathBuf,
}

impl KeptClock {
    /// The clock of the `dev` server whose data are in that folder.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub(crate) fn in_folder(folder: &Path) -> io::Result<Self> {
        Self::open(folder.join("clock-offset"))
    }

    /// Goes on from what the file tells; from the real time if there is none.
    ///
    /// # Errors
    /// The file is there and cannot be read, or holds something else.
    fn open(file: PathBuf) -> io::Result<Self> {
        let offset = match fs::read_to_string(&file) {
            Ok(text) => text.trim().parse().map_err(|_| damaged(&file))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error),
        };
        Ok(Self { clock: DevClock::with_offset(offset), file })
    }

    fn keep(&self, offset: i64) -> io::Result<()> {
        durable::replace(&self.file, &format!("{offset}\n"))
    }
}

impl Clock for KeptClock {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn advance(&self, seconds: u32) -> Option<Timestamp> {
        if let Err(error) = self.keep(self.clock.offset().saturating_add(i64::from(seconds))) {
            tracing::error!(%error, file = %self.file.display(), "the clock's offset cannot be kept, so it is not moved");
            return None;
        }
        self.clock.advance(seconds)
    }
}

fn damaged(file: &Path) -> io::Error {
    io::Error::other(format!("{} does not hold a number of seconds", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_offset_outlives_the_clock() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("offset");
        let moved = KeptClock::open(file.clone()).expect("none yet").advance(7200).expect("moved");
        assert!(KeptClock::open(file.clone()).expect("kept").now() >= moved);
        fs::write(&file, "soon").expect("written");
        assert!(KeptClock::open(file).is_err());
    }
}
