//! How long work takes here: the moving average of a hash's time, weighted by what the hash costs.

use core::time::Duration;

use crate::engine::Params;

/// What a hash with these parameters costs: the blocks of memory that it goes through. Lanes cost nothing more,
/// because a worker has one thread.
pub(super) fn cost_of(params: &Params) -> u64 {
    u64::from(params.memory_kib()).saturating_mul(u64::from(params.passes()))
}

/// How long one unit of cost takes, in picoseconds; 0 until the first hash was measured.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Pace(u64);

impl Pace {
    /// Moves the average an eighth of the way to what one hash took, as TCP does with its round-trip time (RFC 6298).
    ///
    /// One that took more than four times as long as was to be expected counts as four times: a machine that stood
    /// still once must not have callers turned away for long, and one that has become slow is noticed all the same.
    pub(super) fn after(self, cost: u64, took: Duration) -> Self {
        let picos = took.as_nanos().saturating_mul(1000) / u128::from(cost.max(1));
        let sample = u64::try_from(picos).unwrap_or(u64::MAX).max(1);
        let Self(average) = self;
        if average == 0 {
            return Self(sample);
        }
        let sample = sample.min(average.saturating_mul(4));
        // The parts that are rounded away would keep a small average from ever moving.
        Self((average - average / 8).saturating_add(sample.div_ceil(8)).max(1))
    }

    /// How long so much work takes one worker. Nothing, as far as is known before the first hash.
    pub(super) fn time(self, cost: u64) -> Duration {
        let nanos = u128::from(cost) * u128::from(self.0) / 1000;
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn the_average_follows_the_samples() {
        let pace = Pace::default().after(1000, 8 * MS);
        assert_eq!(pace.time(1000), 8 * MS);
        assert_eq!(pace.after(1000, 16 * MS).time(1000), 9 * MS);
    }

    #[test]
    fn a_costly_hash_is_no_slow_one() {
        let cheap = Pace::default().after(1000, 8 * MS);
        assert_eq!(cheap.after(5000, 40 * MS), cheap);
        assert_eq!(cheap.time(5000), 40 * MS);
    }

    #[test]
    fn one_accident_is_soon_forgotten_and_what_lasts_is_followed() {
        let usual = Pace::default().after(1000, 10 * MS);
        let accident = usual.after(1000, 60_000 * MS);
        assert!(accident.time(1000) < 14 * MS, "{:?}", accident.time(1000));
        let slow = (0..20).fold(usual, |pace, _| pace.after(1000, 60_000 * MS));
        assert!(slow.time(1000) > 2000 * MS, "{:?}", slow.time(1000));
        let quick = (0..80).fold(slow, |pace, _| pace.after(1000, 10 * MS));
        assert!(quick.time(1000) < 11 * MS, "{:?}", quick.time(1000));
    }

    #[test]
    fn no_number_is_too_large_or_too_small() {
        let stopped = Pace::default().after(0, Duration::MAX);
        assert!(stopped.after(1, Duration::MAX).time(u64::MAX) > Duration::from_secs(1 << 30));
        let instant = Pace::default().after(u64::MAX, Duration::ZERO);
        assert!(instant.after(u64::MAX, Duration::ZERO).time(1) < MS);
        assert_eq!(Pace::default().time(u64::MAX), Duration::ZERO);
    }

    #[test]
    fn a_pass_over_more_memory_costs_more() {
        assert_eq!(cost_of(&Params::OWASP_19M), 38_912);
        assert!(cost_of(&Params::CEILING) > 100 * cost_of(&Params::OWASP_19M));
    }
}
