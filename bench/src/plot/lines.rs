//! Lines over a scale of numbers, both scales beginning at 0.

use super::{FAINT, OTHER, OWN, Picture, WIDTH, short};

const LEFT: f64 = 80.0;
const RIGHT: f64 = 200.0;
const TOP: f64 = 50.0;
const BOTTOM: f64 = 330.0;
/// Least distance of two names, so that they can be read.
const APART: f64 = 16.0;
/// Parts of each scale.
const PARTS: u32 = 4;

/// One line: points from left to right.
pub struct Line {
    /// Stands at its right end.
    pub name: String,
    /// Places on the horizontal scale, and values.
    pub points: Vec<(f64, f64)>,
    /// Whether it is what the picture is about.
    pub own: bool,
}

/// The picture of lines; `across` says what the horizontal scale is.
#[must_use]
pub fn lines(title: &str, unit: &str, across: &str, lines: &[Line]) -> String {
    let points = || lines.iter().flat_map(|line| &line.points);
    let right = points().map(|point| point.0).fold(0.0, f64::max).max(1e-9);
    let most = round_up(points().map(|point| point.1).fold(0.0, f64::max).max(1e-9));
    let mut picture = Picture::new(&format!("{title} ({unit})"), BOTTOM + 48.0);
    let x = |place: f64| LEFT + (WIDTH - LEFT - RIGHT) * place / right;
    let y = |value: f64| BOTTOM - (BOTTOM - TOP) * value / most;
    for part in 0..=PARTS {
        let share = f64::from(part) / f64::from(PARTS);
        picture.line((LEFT, y(share * most)), (x(right), y(share * most)), FAINT);
        picture.words(LEFT - 8.0, y(share * most) + 4.0, "end", 12.0, &short(share * most));
        picture.words(x(share * right), BOTTOM + 20.0, "middle", 12.0, &short(share * right));
    }
    picture.words(x(right / 2.0), BOTTOM + 40.0, "middle", 12.0, across);
    let mut names: Vec<(f64, &str)> = Vec::new();
    for line in lines {
        let stroke = if line.own { OWN } else { OTHER };
        for pair in line.points.windows(2) {
            picture.line((x(pair[0].0), y(pair[0].1)), (x(pair[1].0), y(pair[1].1)), stroke);
        }
        names.extend(line.points.last().map(|point| (y(point.1), line.name.as_str())));
    }
    names.sort_by(|left, right| left.0.total_cmp(&right.0));
    // Names at the bottom are pushed up rather than off the picture.
    let mut above = BOTTOM + APART;
    for (height, name) in names.into_iter().rev() {
        above = height.min(above - APART);
        picture.words(x(right) + 10.0, above + 4.0, "start", 12.0, name);
    }
    picture.finish()
}

/// The next of 1, 2, 4, 6, 8 and 10 times a power of ten.
fn round_up(value: f64) -> f64 {
    let power = 10_f64.powf(value.log10().floor());
    let steps = [1.0, 2.0, 4.0, 6.0, 8.0, 10.0];
    steps.into_iter().map(|step| step * power).find(|step| *step >= value).unwrap_or(value)
}
