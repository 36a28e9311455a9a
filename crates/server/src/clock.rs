//! Clocks: the system's own for `serve`, and one that can be moved forward for `dev`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use countersign_domain::time::Timestamp;
use countersign_service::Clock;

/// The operating system's clock. Cannot be moved.
#[derive(Clone, Copy, Default, Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "this is the one place where the real time enters")]
    fn now(&self) -> Timestamp {
        // A clock set before 1970 reads as 1970: every lock then lasts too long, and none too short.
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
    }

    fn advance(&self, _seconds: u32) -> Option<Timestamp> {
        None
    }
}

/// The operating system's clock and an offset that only grows, for `dev`.
///
/// The offset must outlive the process: on the same data, a clock that steps back would reopen windows and revive
/// codes. So one that is [`DevClock::kept_in`] a file writes it down before it moves.
#[derive(Default, Debug)]
pub struct DevClock {
    offset_s: Mutex<i64>,
    file: Option<PathBuf>,
}

impl DevClock {
    /// A clock that is `seconds` ahead and forgets it with the process; a negative offset counts as none.
    #[must_use]
    pub fn with_offset(seconds: i64) -> Self {
        Self { offset_s: Mutex::new(seconds.max(0)), file: None }
    }

    /// A clock that keeps its offset in this file; as far ahead as the file says, not at all if there is none.
    ///
    /// # Errors
    /// The file cannot be read, or holds no number of seconds: the data beside it may then be ahead of the clock.
    pub fn kept_in(file: PathBuf) -> io::Result<Self> {
        let offset: i64 = match fs::read_to_string(&file) {
            Ok(text) => text.trim().parse().map_err(|_| {
                let problem = format!("{} holds no number of seconds; delete it to start at the real time", file.display());
                io::Error::new(io::ErrorKind::InvalidData, problem)
            })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(io::Error::new(error.kind(), format!("{}: {error}", file.display()))),
        };
        Ok(Self { offset_s: Mutex::new(offset.max(0)), file: Some(file) })
    }

    /// How many seconds it is ahead.
    #[must_use]
    pub fn offset(&self) -> i64 {
        *self.offset_s.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for DevClock {
    fn now(&self) -> Timestamp {
        let real = SystemClock.now();
        Timestamp::from_millis(real.millis().saturating_add(self.offset().saturating_mul(1000)))
    }

    /// `None` if the new offset cannot be written down; the clock has not moved then.
    fn advance(&self, seconds: u32) -> Option<Timestamp> {
        let mut offset_s = self.offset_s.lock().unwrap_or_else(PoisonError::into_inner);
        let moved = offset_s.saturating_add(i64::from(seconds));
        if let Some(file) = &self.file
            && let Err(error) = write_down(file, moved)
        {
            tracing::error!(%error, file = %file.display(), "the clock was not moved: its offset cannot be written");
            return None;
        }
        *offset_s = moved;
        drop(offset_s);
        Some(self.now())
    }
}

/// Beside the file first, so that a kill in between leaves the old number or the new one.
fn write_down(file: &Path, seconds: i64) -> io::Result<()> {
    let beside = file.with_extension("new");
    fs::write(&beside, format!("{seconds}\n"))?;
    fs::File::open(&beside)?.sync_all()?;
    fs::rename(&beside, file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_clock_cannot_be_moved() {
        assert!(SystemClock.advance(1).is_none());
        assert!(SystemClock.now() > Timestamp::from_secs(1_700_000_000));
    }

    #[test]
    fn a_moved_clock_keeps_its_offset_over_a_restart() {
        let clock = DevClock::default();
        let before = clock.now();
        let moved = clock.advance(3600).expect("a dev clock can be moved");
        assert!(before.until(moved).millis() >= 3_600_000);
        let restarted = DevClock::with_offset(clock.offset());
        assert!(restarted.now() >= moved);
        assert_eq!(DevClock::with_offset(-5).offset(), 0);
    }

    #[test]
    fn an_offset_in_a_file_is_there_after_a_restart() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("clock-offset");
        let clock = DevClock::kept_in(file.clone()).expect("no file is no offset");
        assert_eq!(clock.offset(), 0);
        assert!(clock.advance(60).is_some() && clock.advance(40).is_some());
        assert_eq!(DevClock::kept_in(file.clone()).expect("a number").offset(), 100);
        fs::write(&file, "soon").expect("written");
        assert!(DevClock::kept_in(file).is_err());
        let nowhere = DevClock::kept_in(directory.path().join("gone").join("offset")).expect("no file is no offset");
        assert!(nowhere.advance(60).is_none(), "not moved, because it could not be written down");
        assert_eq!(nowhere.offset(), 0);
    }
}
