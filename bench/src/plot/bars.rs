//! Bars, one below the other, each with the range of its rounds.

use super::{FAINT, INK, OTHER, OWN, Picture, WIDTH, short};

const LEFT: f64 = 230.0;
const RIGHT: f64 = 90.0;
const TOP: f64 = 44.0;
const STEP: f64 = 34.0;

/// One bar.
pub struct Bar {
    /// Stands beside it.
    pub name: String,
    /// Of its range; not a number if it has none.
    pub least: f64,
    /// How long the bar is.
    pub median: f64,
    /// Of its range; not a number if it has none.
    pub most: f64,
    /// Whether it is what the picture is about.
    pub own: bool,
}

/// The picture of bars over one scale from 0.
#[must_use]
pub fn bars(title: &str, unit: &str, bars: &[Bar]) -> String {
    let longest = bars.iter().map(|bar| bar.most.max(bar.median)).fold(0.0, f64::max);
    let rows = f64::from(u32::try_from(bars.len()).unwrap_or(u32::MAX));
    let mut picture = Picture::new(&format!("{title} ({unit})"), TOP + rows * STEP + 14.0);
    let x = |value: f64| LEFT + (WIDTH - LEFT - RIGHT) * if longest > 0.0 { value / longest } else { 0.0 };
    picture.line((LEFT, TOP - 6.0), (LEFT, TOP + rows * STEP), FAINT);
    let mut y = TOP;
    for bar in bars {
        let middle = y + STEP / 2.0;
        picture.words(LEFT - 10.0, middle + 2.0, "end", 13.0, &bar.name);
        if bar.median.is_finite() {
            let fill = if bar.own { OWN } else { OTHER };
            picture.box_of(LEFT, y + 4.0, x(bar.median) - LEFT, STEP - 12.0, fill);
            picture.words(x(bar.most.max(bar.median)) + 8.0, middle + 2.0, "start", 13.0, &short(bar.median));
        }
        if bar.least.is_finite() && bar.most.is_finite() {
            let whisker = middle - 2.0;
            picture.line((x(bar.least), whisker), (x(bar.most), whisker), INK);
            for end in [bar.least, bar.most] {
                picture.line((x(end), whisker - 4.0), (x(end), whisker + 4.0), INK);
            }
        }
        y += STEP;
    }
    picture.finish()
}
