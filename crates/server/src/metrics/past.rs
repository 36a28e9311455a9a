//! The last day of this server's counters, for people who look: one sample every ten seconds.
//!
//! It is kept in memory and begins anew with the server. Whoever wants more, or several servers in one picture, has
//! `GET /metrics` collected.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use countersign_domain::time::{Span, Timestamp};

/// How often a sample is taken.
pub const EVERY: Span = Span::from_secs(10);

/// A day of them. A sample is 200 bytes, so this is 2 MB.
const KEPT: usize = 24 * 60 * 6;

/// What is counted, in the order of [`Sample::counts`].
pub const COUNTS: [&str; 11] = [
    "verifies",
    "misses",
    "locks",
    "resets",
    "intents_created",
    "intents_approved",
    "intents_consumed",
    "intents_ended",
    "codes_sent",
    "codes_redeemed",
    "holds",
];

/// What is measured, in the order of [`Sample::levels`].
pub const LEVELS: [&str; 5] = ["hash_p50_ms", "hash_p95_ms", "hash_p99_ms", "queue", "webhook_lag_s"];

/// The counters at one instant.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Sample {
    /// When it was taken.
    pub at: Timestamp,
    /// How much was counted since the server started, in the order of [`COUNTS`].
    pub counts: [u64; COUNTS.len()],
    /// What was measured since the sample before, in the order of [`LEVELS`]; `None` where nothing was.
    pub levels: [Option<f32>; LEVELS.len()],
    /// Codes spent so much since the server started, in millionths of the currency.
    pub spent: u64,
}

/// How far back one looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Range {
    /// A quarter of an hour.
    Quarter,
    /// An hour.
    Hour,
    /// Six hours.
    SixHours,
    /// A day.
    Day,
}

impl Range {
    /// Every range, the shortest first.
    pub const ALL: [Self; 4] = [Self::Quarter, Self::Hour, Self::SixHours, Self::Day];

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Quarter => "15m",
            Self::Hour => "1h",
            Self::SixHours => "6h",
            Self::Day => "1d",
        }
    }

    /// Minutes of it, and seconds of each of its steps: at most 180 steps, which is what a chart can show.
    const fn measure(self) -> (u32, u32) {
        match self {
            Self::Quarter => (15, 10),
            Self::Hour => (60, 30),
            Self::SixHours => (6 * 60, 120),
            Self::Day => (24 * 60, 600),
        }
    }
}

/// What happened in a range, step by step. Each list is as long as `times`.
#[derive(Clone, PartialEq, Debug)]
pub struct Picture {
    /// The length of a step.
    pub step: Span,
    /// The end of each step.
    pub times: Vec<Timestamp>,
    /// How much was counted in each step, in the order of [`COUNTS`]; `None` where the server did not run.
    pub counts: [Vec<Option<u64>>; COUNTS.len()],
    /// What was measured in each, the worst of it, in the order of [`LEVELS`].
    pub levels: [Vec<Option<f32>>; LEVELS.len()],
    /// What codes cost in each step, in millionths of the currency.
    pub spent: Vec<Option<u64>>,
}

/// The samples of the last day.
#[derive(Default)]
pub struct Past(Mutex<VecDeque<Sample>>);

impl Past {
    /// Takes one more, and lets the oldest go.
    pub fn push(&self, sample: Sample) {
        let mut samples = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was set back must not turn the order around.
        if samples.back().is_some_and(|last| sample.at <= last.at) {
            samples.clear();
        }
        if samples.len() == KEPT {
            samples.pop_front();
        }
        samples.push_back(sample);
    }

    /// Since when there are samples.
    #[must_use]
    pub fn since(&self) -> Option<Timestamp> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).front().map(|sample| sample.at)
    }

    /// What happened in the range that ends now.
    #[must_use]
    pub fn over(&self, range: Range, now: Timestamp) -> Picture {
        let samples = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        picture(samples.iter(), range, now)
    }
}

fn picture<'a>(samples: impl Iterator<Item = &'a Sample>, range: Range, now: Timestamp) -> Picture {
    let (minutes, step) = range.measure();
    let steps = (minutes * 60 / step) as usize;
    // Steps begin at whole multiples, so that a picture which is asked for again does not shiver.
    let width = i64::from(step);
    let end = now.secs().div_euclid(width) * width;
    let begin = end - width * i64::try_from(steps).unwrap_or(0);
    let mut picture = Picture {
        step: Span::from_secs(step),
        times: (1..=steps)
            .map(|n| Timestamp::from_secs(begin + width * i64::try_from(n).unwrap_or(0)))
            .collect(),
        counts: core::array::from_fn(|_| vec![None; steps]),
        levels: core::array::from_fn(|_| vec![None; steps]),
        spent: vec![None; steps],
    };
    let mut before: Option<&Sample> = None;
    for sample in samples {
        let place = (sample.at.secs() - begin - 1).div_euclid(width);
        if let (Some(before), Ok(place)) = (before, usize::try_from(place))
            && place < steps
        {
            picture.add(place, before, sample);
        }
        before = Some(sample);
    }
    picture
}

impl Picture {
    fn add(&mut self, place: usize, before: &Sample, sample: &Sample) {
        for (column, (then, now)) in self.counts.iter_mut().zip(before.counts.iter().zip(&sample.counts)) {
            *column[place].get_or_insert(0) += now.saturating_sub(*then);
        }
        *self.spent[place].get_or_insert(0) += sample.spent.saturating_sub(before.spent);
        for (column, level) in self.levels.iter_mut().zip(sample.levels) {
            column[place] = [column[place], level].into_iter().flatten().reduce(f32::max);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(at: i64, verifies: u64, queue: Option<f32>) -> Sample {
        let mut counts = [0; COUNTS.len()];
        counts[0] = verifies;
        Sample {
            at: Timestamp::from_secs(at),
            counts,
            levels: [None, None, None, queue, None],
            spent: verifies,
        }
    }

    #[test]
    fn a_step_has_what_was_counted_in_it_and_the_worst_that_was_measured() {
        let samples = [
            sample(880, 5, Some(1.0)),
            sample(890, 7, Some(9.0)),
            sample(900, 12, Some(4.0)),
            sample(901, 13, None),
        ];
        let picture = picture(samples.iter(), Range::Hour, Timestamp::from_secs(905));
        assert_eq!((picture.times.len(), picture.step), (120, Span::from_secs(30)));
        assert_eq!(picture.times.last(), Some(&Timestamp::from_secs(900)));
        // The first sample has none before it: what it counted may be from any time.
        assert_eq!(picture.counts[0].last(), Some(&Some(7)));
        assert_eq!(picture.levels[3].last(), Some(&Some(9.0)));
        assert_eq!(picture.spent.last(), Some(&Some(7)));
        assert_eq!(picture.counts[0][..119], vec![None; 119], "the server did not run");
    }

    #[test]
    fn every_range_is_told_in_steps_that_a_chart_can_show() {
        for range in Range::ALL {
            let picture = picture([].iter(), range, Timestamp::from_secs(86_400 * 365));
            assert!((60..=180).contains(&picture.times.len()), "{range:?}");
            assert!(picture.levels.iter().all(|column| column.len() == picture.times.len()));
            let (minutes, step) = range.measure();
            assert_eq!(picture.times.len(), (minutes * 60 / step) as usize);
        }
    }

    #[test]
    fn a_day_is_kept_and_a_clock_that_goes_back_begins_anew() {
        let past = Past::default();
        for at in (0..KEPT + 5).map_while(|n| i64::try_from(n * 10).ok()) {
            past.push(sample(at, 0, None));
        }
        assert_eq!(past.since(), Some(Timestamp::from_secs(50)));
        past.push(sample(70, 0, None));
        assert_eq!(past.since(), Some(Timestamp::from_secs(70)));
    }
}
