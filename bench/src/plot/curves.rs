//! Curves over percentiles, on a scale where each line is ten times the one below.

use super::{FAINT, OTHER, OWN, Picture, WIDTH, short};

const LEFT: f64 = 80.0;
const RIGHT: f64 = 230.0;
const TOP: f64 = 50.0;
const BOTTOM: f64 = 330.0;
/// Least distance of two names, so that they can be read.
const APART: f64 = 16.0;

/// One curve: a value for each place on the horizontal axis.
pub struct Curve {
    /// Stands beside it.
    pub name: String,
    /// One for each place.
    pub values: Vec<f64>,
    /// Whether it is what the picture is about.
    pub own: bool,
}

/// The picture of curves over these places.
#[must_use]
pub fn curves(title: &str, unit: &str, places: &[&str], curves: &[Curve]) -> String {
    let seen = || curves.iter().flat_map(|curve| &curve.values).copied().filter(|value| *value > 0.0);
    let least = seen().fold(f64::INFINITY, f64::min).min(1.0).log10().floor();
    let most = seen().fold(0.0, f64::max).max(10.0).log10().ceil();
    let right_end = f64::from(u32::try_from(places.len().saturating_sub(1)).unwrap_or(1)).max(1.0);
    let mut picture = Picture::new(&format!("{title} ({unit})"), BOTTOM + 40.0);
    let y = |value: f64| BOTTOM - (BOTTOM - TOP) * (value.max(1e-6).log10() - least) / (most - least);
    let x = |place: f64| LEFT + (WIDTH - LEFT - RIGHT) * place / right_end;
    let mut power = least;
    while power <= most {
        let value = 10_f64.powf(power);
        picture.line((LEFT, y(value)), (x(right_end), y(value)), FAINT);
        picture.words(LEFT - 8.0, y(value) + 4.0, "end", 12.0, &short(value));
        power += 1.0;
    }
    for (place, name) in (0_u32..).zip(places) {
        picture.words(x(f64::from(place)), BOTTOM + 22.0, "middle", 12.0, name);
    }
    let mut names: Vec<(f64, &str)> = Vec::new();
    for curve in curves.iter().filter(|curve| curve.values.iter().all(|value| value.is_finite())) {
        let points: Vec<(f64, f64)> =
            (0_u32..).zip(&curve.values).map(|(place, value)| (x(f64::from(place)), y(*value))).collect();
        let stroke = if curve.own { OWN } else { OTHER };
        for pair in points.windows(2) {
            picture.line(pair[0], pair[1], stroke);
        }
        for (x, y) in &points {
            picture.box_of(x - 2.5, y - 2.5, 5.0, 5.0, stroke);
        }
        names.extend(points.last().map(|(_, y)| (*y, curve.name.as_str())));
    }
    names.sort_by(|left, right| left.0.total_cmp(&right.0));
    let mut below = f64::NEG_INFINITY;
    for (height, name) in names {
        below = height.max(below + APART);
        picture.words(x(right_end) + 10.0, below + 4.0, "start", 12.0, name);
    }
    picture.finish()
}
