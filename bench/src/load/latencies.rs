//! Times, counted in buckets that grow with them: never more than one part in 64 off, in a few kilobytes.

use core::time::Duration;

use super::exact;

/// Buckets to each power of two, as a power of two.
const PRECISION: u32 = 6;
/// Times beyond this power of two of microseconds (19 hours) are counted as that.
const LONGEST: u32 = 36;

/// How often each length of time was seen.
#[derive(Clone)]
pub(crate) struct Latencies {
    buckets: Vec<u64>,
    count: u64,
}

impl Default for Latencies {
    fn default() -> Self {
        Self { buckets: vec![0; place(1 << LONGEST) + 1], count: 0 }
    }
}

impl Latencies {
    pub(crate) fn record(&mut self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX).min(1 << LONGEST);
        self.buckets[place(micros)] += 1;
        self.count += 1;
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// The time in milliseconds within which this share of all was, from 0 to 1; `NaN` if there is none.
    pub(crate) fn quantile(&self, share: f64) -> f64 {
        let mut seen = 0;
        for (place, count) in self.buckets.iter().enumerate() {
            seen += count;
            if seen > 0 && exact(seen) >= share * exact(self.count) {
                return exact(most(place)) / 1000.0;
            }
        }
        f64::NAN
    }

    /// The share that took no longer than this; `NaN` if there is none.
    pub(crate) fn share_within(&self, time: Duration) -> f64 {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let within = self.buckets.iter().enumerate().filter(|(place, _)| most(*place) <= micros);
        exact(within.map(|(_, count)| count).sum()) / exact(self.count)
    }

    /// Adds what another has seen.
    pub(crate) fn add(&mut self, other: &Self) {
        for (own, others) in self.buckets.iter_mut().zip(&other.buckets) {
            *own += others;
        }
        self.count += other.count;
    }
}

/// The bucket of so many microseconds: exact below 2^7, then 64 to each power of two.
fn place(micros: u64) -> usize {
    let power = u64::BITS - micros.leading_zeros();
    let shift = power.saturating_sub(PRECISION + 1);
    let place = (u64::from(shift) << PRECISION) + (micros >> shift);
    usize::try_from(place).unwrap_or(usize::MAX)
}

/// The most microseconds that a bucket stands for.
fn most(place: usize) -> u64 {
    let place = place as u64;
    if place < 2 << PRECISION {
        return place;
    }
    let shift = (place >> PRECISION) - 1;
    let within = place - (shift << PRECISION);
    ((within + 1) << shift) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_holds_what_is_put_there_and_is_narrow() {
        for micros in (0..100_000).chain([1 << 20, (1 << 30) + 12345, 1 << LONGEST]) {
            let most = most(place(micros));
            assert!(most >= micros && most - micros <= micros / 64, "{micros} {most}");
            assert!(micros == 0 || place(micros - 1) <= place(micros), "{micros}");
        }
    }

    #[test]
    fn quantiles_and_shares_are_those_of_the_numbers() {
        let mut latencies = Latencies::default();
        for millis in 1..=1000 {
            latencies.record(Duration::from_millis(millis));
        }
        for (share, expected) in [(0.5, 500.0), (0.99, 990.0), (1.0, 1000.0), (0.0, 1.0)] {
            let found = latencies.quantile(share);
            assert!((expected..=expected * 1.02).contains(&found), "{share}: {found}");
        }
        let within = latencies.share_within(Duration::from_millis(250));
        assert!((0.24..=0.25).contains(&within), "{within}");
        let mut both = Latencies::default();
        both.add(&latencies);
        both.record(Duration::from_secs(100_000));
        assert_eq!(both.count(), 1001);
        assert!(Latencies::default().quantile(0.5).is_nan());
    }
}
