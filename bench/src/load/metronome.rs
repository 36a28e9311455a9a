//! When requests of an open loop are due.

use core::time::Duration;
use std::time::Instant;

use countersign_bench::dice::Dice;
use tokio::sync::mpsc::UnboundedSender;

/// How requests follow each other at the same mean rate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Arrivals {
    /// One as long after another: the kindest there is.
    Even,
    /// As persons come who do not know of each other (a Poisson process): sometimes several at once.
    Independent,
}

/// How often there is a beat at most. A wake-up for each of thousands of requests a second would itself be a load on the
/// machine that is shared with what is measured.
const STEP: Duration = Duration::from_millis(1);

/// Tells each due time when it has come, or within a [`STEP`], until the time is over. The runtime's own timers are a millisecond off, which
/// would show; a sleeping thread is not.
#[allow(clippy::disallowed_methods, reason = "a benchmark measures time")]
pub(super) fn beat(
    rate: f64,
    arrivals: Arrivals,
    start: Instant,
    time: Duration,
    due: &UnboundedSender<Instant>,
) {
    for after in due_times(rate, arrivals, time) {
        let at = start + after;
        let early = at.saturating_duration_since(Instant::now());
        if !early.is_zero() {
            std::thread::sleep(early.max(STEP));
        }
        if due.send(at).is_err() {
            return;
        }
    }
}

/// When requests are due, since the start; the same times for the same rate.
pub(crate) fn due_times(rate: f64, arrivals: Arrivals, time: Duration) -> impl Iterator<Item = Duration> {
    Schedule::new(rate, arrivals).take_while(move |after| *after < time)
}

/// Due times since the start, without an end.
struct Schedule {
    seconds: f64,
    rate: f64,
    arrivals: Arrivals,
    dice: Dice,
}

impl Schedule {
    /// The same schedule every time: what is compared is asked at the same moments.
    const fn new(rate: f64, arrivals: Arrivals) -> Self {
        Self { seconds: 0.0, rate, arrivals, dice: Dice::new(0x9E37_79B9_7F4A_7C15) }
    }
}

impl Iterator for Schedule {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        let gap = match self.arrivals {
            Arrivals::Even => 1.0,
            Arrivals::Independent => self.dice.until_next(),
        };
        self.seconds += gap / self.rate;
        Duration::try_from_secs_f64(self.seconds).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gaps(arrivals: Arrivals) -> Vec<f64> {
        let times: Vec<f64> =
            Schedule::new(100.0, arrivals).take(20_000).map(|time| time.as_secs_f64()).collect();
        times.windows(2).map(|pair| pair[1] - pair[0]).collect()
    }

    #[test]
    fn both_keep_the_rate_and_only_one_is_even() {
        for (arrivals, spread) in [(Arrivals::Even, 0.0), (Arrivals::Independent, 1.0)] {
            let gaps = gaps(arrivals);
            let number = f64::from(u32::try_from(gaps.len()).expect("few"));
            let mean = gaps.iter().sum::<f64>() / number;
            let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / number;
            assert!((mean * 100.0 - 1.0).abs() < 0.03, "{arrivals:?}: a mean of {mean}");
            // The deviation of exponential times is their mean.
            assert!((variance.sqrt() / mean - spread).abs() < 0.05, "{arrivals:?}: {variance}");
        }
    }
}
