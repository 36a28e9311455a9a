//! Clocks: the system's own for `serve`, and one that can be moved forward for `dev`.

use core::sync::atomic::{AtomicI64, Ordering};
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
/// codes. Start with [`DevClock::with_offset`] from what [`DevClock::offset`] last told.
#[derive(Default, Debug)]
pub struct DevClock {
    offset_s: AtomicI64,
}

impl DevClock {
    /// A clock that is `seconds` ahead; a negative offset counts as none.
    #[must_use]
    pub fn with_offset(seconds: i64) -> Self {
        Self { offset_s: AtomicI64::new(seconds.max(0)) }
    }

    /// How many seconds it is ahead.
    #[must_use]
    pub fn offset(&self) -> i64 {
        self.offset_s.load(Ordering::SeqCst)
    }
}

impl Clock for DevClock {
    fn now(&self) -> Timestamp {
        let real = SystemClock.now();
        Timestamp::from_millis(real.millis().saturating_add(self.offset().saturating_mul(1000)))
    }

    fn advance(&self, seconds: u32) -> Option<Timestamp> {
        self.offset_s.fetch_add(i64::from(seconds), Ordering::SeqCst);
        Some(self.now())
    }
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
}
