//! Are two sets of times drawn from one distribution? Welch's t-test, as dudect uses it.
//!
//! Times have a long upper tail that has nothing to do with what was asked (a timer, another process). It hides small
//! differences, so the test is made of all times and again of those below some upper percentiles of both sets
//! together. Source: Reparaz, Balasch, Verbauwhede, "Dude, is my code constant time?", DATE 2017.

/// From here on a difference is believed: the bound that dudect and test vector leakage assessment use.
pub(super) const BELIEVED: f64 = 4.5;

/// Parts of all times that are kept, from the quickest.
const KEPT: [f64; 5] = [0.99, 0.95, 0.9, 0.75, 0.5];

/// How far two sets of times are apart, in standard errors.
#[derive(Clone, Copy, Debug)]
pub(super) struct Apart {
    /// Of all times.
    pub(super) whole: f64,
    /// The one that is farthest from zero among those of [`KEPT`].
    pub(super) cropped: f64,
}

impl Apart {
    pub(super) fn of(one: &[f64], two: &[f64]) -> Self {
        let mut all: Vec<f64> = one.iter().chain(two).copied().collect();
        all.sort_unstable_by(f64::total_cmp);
        let cropped = KEPT.map(|part| {
            let most = quantile(&all, part);
            let below =
                |times: &[f64]| times.iter().copied().filter(|time| *time <= most).collect::<Vec<_>>();
            welch(&below(one), &below(two))
        });
        let farthest = |far: f64, t: f64| if t.abs() > far.abs() { t } else { far };
        Self { whole: welch(one, two), cropped: cropped.into_iter().fold(0.0, farthest) }
    }

    pub(super) fn is_believed(self) -> bool {
        self.whole.abs() >= BELIEVED || self.cropped.abs() >= BELIEVED
    }
}

/// The value below which this part of a sorted, filled list lies.
pub(super) fn quantile(sorted: &[f64], part: f64) -> f64 {
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "thousands of times, and a part between 0 and 1"
    )]
    let place = ((sorted.len() - 1) as f64 * part) as usize;
    sorted[place]
}

/// Welch's t: the difference of the means over its standard error.
fn welch(one: &[f64], two: &[f64]) -> f64 {
    let ((mean_one, error_one), (mean_two, error_two)) = (mean(one), mean(two));
    let error = (error_one + error_two).sqrt();
    if error > 0.0 { (mean_one - mean_two) / error } else { 0.0 }
}

/// The mean and its squared standard error; nothing is known of fewer than two.
fn mean(times: &[f64]) -> (f64, f64) {
    if times.len() < 2 {
        return (0.0, f64::INFINITY);
    }
    #[allow(clippy::cast_precision_loss, reason = "thousands")]
    let count = times.len() as f64;
    let mean = times.iter().sum::<f64>() / count;
    let variance = times.iter().map(|time| (time - mean).powi(2)).sum::<f64>() / (count - 1.0);
    (mean, variance / count)
}

#[test]
fn the_t_of_a_known_example() {
    // Worked by hand: means 3 and 6, variances 2.5 and 10, five of each; t = -3 / sqrt(0.5 + 2).
    let t = welch(&[1.0, 2.0, 3.0, 4.0, 5.0], &[2.0, 4.0, 6.0, 8.0, 10.0]);
    assert!((t - -1.897_366_596).abs() < 1e-8, "{t}");
    assert!(welch(&[1.0], &[2.0, 3.0]).abs() < f64::EPSILON, "nothing is known of one");
}

#[test]
fn a_small_difference_under_a_long_tail_is_believed_only_when_the_tail_is_cropped() {
    let ramp = |more: f64| (0..500).map(move |n| f64::from(n % 50) + more);
    let tail = |n: usize, time: f64| if n % 60 == 7 { time + 20_000.0 } else { time };
    let one: Vec<f64> = ramp(0.0).enumerate().map(|(n, time)| tail(n, time)).collect();
    let two: Vec<f64> = ramp(10.0).enumerate().map(|(n, time)| tail(n, time)).collect();
    let apart = Apart::of(&one, &two);
    assert!(apart.whole.abs() < BELIEVED && apart.cropped.abs() >= BELIEVED, "{apart:?}");
    assert!(apart.is_believed() && !Apart::of(&one, &one).is_believed());
}
