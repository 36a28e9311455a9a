//! Pictures of figures, as SVG: bars with their range, curves over percentiles, lines over numbers. No fonts of ours, no scripts.

mod bars;
mod curves;
mod lines;

use core::fmt::Write;

pub use bars::{Bar, bars};
pub use curves::{Curve, curves};
pub use lines::{Line, lines};

/// Of the whole picture.
const WIDTH: f64 = 760.0;
/// One of ours, and what it is compared with; told apart without colour as well.
const OWN: &str = "#1f5fa8";
const OTHER: &str = "#9aa5b1";
const INK: &str = "#24292f";
const FAINT: &str = "#d0d7de";

/// A picture that grows.
struct Picture {
    text: String,
    height: f64,
}

impl Picture {
    fn new(title: &str, height: f64) -> Self {
        let mut picture = Self { text: String::new(), height };
        picture.words(16.0, 26.0, "start", 15.0, title);
        picture
    }

    fn words(&mut self, x: f64, y: f64, anchor: &str, size: f64, words: &str) {
        let words = words.replace('&', "&amp;").replace('<', "&lt;");
        self.put(format_args!(
            r#"<text x="{x:.1}" y="{y:.1}" text-anchor="{anchor}" font-size="{size}" fill="{INK}">{words}</text>"#
        ));
    }

    fn box_of(&mut self, x: f64, y: f64, width: f64, height: f64, fill: &str) {
        self.put(format_args!(
            r#"<rect x="{x:.1}" y="{y:.1}" width="{:.1}" height="{height:.1}" fill="{fill}"/>"#,
            width.max(0.5)
        ));
    }

    fn line(&mut self, from: (f64, f64), to: (f64, f64), stroke: &str) {
        let ((x1, y1), (x2, y2)) = (from, to);
        self.put(format_args!(
            r#"<line x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}" stroke="{stroke}"/>"#
        ));
    }

    fn put(&mut self, element: core::fmt::Arguments<'_>) {
        // Writing to a `String` cannot fail.
        let _ = writeln!(self.text, "{element}");
    }

    /// The whole document. The ground is white, so that it can be read on a dark page too.
    fn finish(self) -> String {
        let Self { text, height } = self;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" \
             height=\"{height}\" font-family=\"sans-serif\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{text}</svg>\n"
        )
    }
}

/// A number as a person reads it: three figures that count.
fn short(number: f64) -> String {
    match number.abs() {
        big if big >= 1e6 => format!("{:.2} M", number / 1e6),
        big if big >= 1e4 => format!("{:.1} k", number / 1e3),
        big if big >= 100.0 => format!("{number:.0}"),
        big if big >= 10.0 => format!("{number:.1}"),
        _ => format!("{number:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_hold_what_they_are_given_and_are_well_formed() {
        let bar =
            |name: &str, median| Bar { name: name.to_owned(), least: 1.0, median, most: 9.0, own: false };
        let picture = bars("A & B", "per second", &[bar("first", 5.0), bar("<second>", 7.0)]);
        assert!(picture.contains("A &amp; B") && picture.contains("&lt;second>"), "{picture}");
        let curve = Curve { name: "one".to_owned(), values: vec![1.0, 10.0, 1000.0], own: true };
        let empty = Curve { name: "none".to_owned(), values: vec![f64::NAN; 3], own: false };
        let lines = curves("C", "ms", &["p50", "p99", "p100"], &[curve, empty]);
        let line = Line { name: "L".to_owned(), points: vec![(0.0, 0.0), (5.0, 730.0)], own: true };
        let numbers = super::lines("L", "a second", "seconds", &[line]);
        assert!(numbers.contains(">800<"), "{numbers}");
        for picture in [picture, lines, numbers] {
            assert!(picture.starts_with("<svg ") && picture.ends_with("</svg>\n"));
            assert!(!picture.contains("NaN") && !picture.contains("inf"), "{picture}");
        }
    }

    #[test]
    fn numbers_are_short() {
        let told = [0.5, 12.34, 250.4, 110_297.6, 2.5e6].map(short);
        assert_eq!(told, ["0.50", "12.3", "250", "110.3 k", "2.50 M"]);
    }
}
