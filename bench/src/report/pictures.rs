//! The pictures of the report.

use countersign_bench::plot::{Bar, Curve, bars, curves};

use super::{Measured, mebibytes};
use crate::figures::Figures;

/// A picture's file, what it shows in words, and itself.
pub(super) type Named = (&'static str, &'static str, String);

/// Percentiles of the curves.
const PLACES: [(&str, f64); 5] = [("p10", 0.1), ("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999)];

/// All of them, in the order of the page.
pub(super) fn all(measured: &Measured) -> Vec<Named> {
    let mut all = vec![peak(measured), overload(measured), memory(measured)];
    all.extend(instructions(measured));
    all
}

fn peak(Measured { peak, .. }: &Measured) -> Named {
    let mut rows = vec![bar("the engine alone", &peak.engine, false)];
    rows.extend((0..).zip(&peak.systems).map(|(n, system)| bar(system.name, &system.rate, n == 0)));
    ("peak.svg", "Verified a second at saturation", bars("At saturation", "verified a second", &rows))
}

fn overload(Measured { overload, .. }: &Measured) -> Named {
    let curve = |name: String, latencies: &crate::load::Latencies, own| Curve {
        name,
        values: PLACES.iter().map(|(_, share)| latencies.quantile(*share)).collect(),
        own,
    };
    let mut rows = Vec::new();
    for (n, system) in (0..).zip(&overload.systems) {
        rows.push(curve(system.answered.name.to_owned(), &system.served, n == 0));
        if system.refusals.count() > 0 {
            rows.push(curve(format!("{}, refusals", system.answered.name), &system.refusals, n == 0));
        }
    }
    let places = PLACES.map(|(name, _)| name);
    let picture = curves("Time to an answer at ten times the peak", "ms", &places, &rows);
    ("overload.svg", "Time to an answer at ten times the peak, by percentile", picture)
}

fn memory(Measured { overload, .. }: &Measured) -> Named {
    let rows: Vec<Bar> = (0..)
        .zip(&overload.systems)
        .map(|(n, system)| {
            let memory = mebibytes(system.memory);
            let name = system.answered.name.to_owned();
            Bar { name, least: f64::NAN, median: memory, most: f64::NAN, own: n == 0 }
        })
        .collect();
    let picture = bars("Most resident memory, after the overload", "MiB", &rows);
    ("memory.svg", "Most resident memory after the overload", picture)
}

fn instructions(Measured { instructions, .. }: &Measured) -> Option<Named> {
    let rows: Vec<Bar> =
        instructions.iter().map(|counted| bar(&short(counted.what), &counted.instructions, true)).collect();
    let picture = || bars("Instructions of the cheap paths", "each", &rows);
    (!rows.is_empty()).then(|| ("instructions.svg", "Instructions of the cheap paths", picture()))
}

/// What stands before the first comma, without Markdown.
fn short(words: &str) -> String {
    words.split(',').next().unwrap_or_default().replace('`', "")
}

fn bar(name: &str, figures: &Figures, own: bool) -> Bar {
    let (least, median, most) = (figures.least(), figures.median(), figures.most());
    Bar { name: name.to_owned(), least, median, most, own }
}
