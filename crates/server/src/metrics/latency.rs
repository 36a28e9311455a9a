//! How long hashes took lately: counts in classes that are a fifth wide, so that a percentile is right to a tenth.

use core::array;
use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;

/// From 0.1 ms by fifths to more than a minute.
const CLASSES: usize = 75;

/// The upper bound of the first class, in milliseconds.
const FIRST_MS: f64 = 0.1;

/// Each class is so many times as wide as the one before.
const GROWTH: f64 = 1.2;

/// What took how long since it was last asked.
pub(super) struct Latency([AtomicU64; CLASSES]);

impl Default for Latency {
    fn default() -> Self {
        Self(array::from_fn(|_| AtomicU64::new(0)))
    }
}

impl Latency {
    pub(super) fn took(&self, took: Duration) {
        self.0[class(took.as_secs_f64() * 1000.0)].fetch_add(1, Ordering::Relaxed);
    }

    /// The 50th, 95th and 99th percentile in milliseconds of what took place since this was last asked; `None` if nothing
    /// did.
    pub(super) fn drain(&self) -> [Option<f32>; 3] {
        let counts: [u64; CLASSES] = array::from_fn(|place| self.0[place].swap(0, Ordering::Relaxed));
        [50, 95, 99].map(|percent| percentile(&counts, percent))
    }
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a small number of classes, clamped"
)]
fn class(millis: f64) -> usize {
    let place = (millis / FIRST_MS).max(1.0).log(GROWTH).ceil();
    (place as usize).min(CLASSES - 1)
}

#[allow(clippy::cast_possible_truncation, reason = "milliseconds to two digits")]
fn percentile(counts: &[u64; CLASSES], percent: u64) -> Option<f32> {
    let all: u64 = counts.iter().sum();
    let wanted = (all * percent).div_ceil(100);
    let mut seen = 0;
    let place = counts.iter().position(|count| {
        seen += count;
        all > 0 && seen >= wanted
    })?;
    // The middle of the class.
    let bound = FIRST_MS * GROWTH.powi(i32::try_from(place).unwrap_or(0));
    Some((bound * (1.0 + 1.0 / GROWTH) / 2.0) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_right_to_a_tenth_and_each_is_asked_once() {
        let latency = Latency::default();
        assert_eq!(latency.drain(), [None; 3]);
        for millis in 1..=1000 {
            latency.took(Duration::from_millis(millis));
        }
        let told = latency.drain();
        for (told, right) in told.into_iter().zip([500.0_f32, 950.0, 990.0]) {
            let told = told.expect("there were some");
            assert!((told / right - 1.0).abs() < 0.1, "{told} for {right}");
        }
        assert_eq!(latency.drain(), [None; 3]);
        latency.took(Duration::ZERO);
        latency.took(Duration::from_secs(10_000));
        assert!(latency.drain().iter().all(Option::is_some));
    }
}
