//! When a commit waits for company: for those who are about to write too.

use std::time::Duration;

/// So many are enough for a commit, and more are not waited for: each bears little of the sync, and while the writer waits
/// it does not write. With 256 callers on a fast disk, waiting for all of them took a fifth off the rate.
pub(crate) const ENOUGH: u32 = 64;

/// When a commit waits for others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Gathering {
    /// The longest wait, for when enough are at work; for fewer it is shorter in proportion. None for zero.
    pub delay: Duration,
    /// The fewest others at work for which it waits.
    pub siblings: usize,
}

impl Gathering {
    /// How long a commit may wait when so many are expected.
    pub(crate) fn patience(self, expected: usize) -> Duration {
        let expected = u32::try_from(expected).unwrap_or(u32::MAX).min(ENOUGH);
        self.delay.saturating_mul(expected) / ENOUGH
    }
}

impl Default for Gathering {
    fn default() -> Self {
        Self { delay: Duration::from_millis(10), siblings: 5 }
    }
}
