//! Benchmarks: ratios, measured side by side in one run.

use crate::Done;
use crate::step::cargo;

/// Builds what is measured and measures it; the words are the bench's own.
pub(crate) fn run(words: &[String]) -> Done {
    cargo(&["build", "--release", "--package", "countersign", "--package", "countersign-bench"])?;
    let run =
        ["run", "--release", "--quiet", "--package", "countersign-bench", "--bin", "countersign-bench", "--"];
    cargo(&run.into_iter().chain(words.iter().map(String::as_str)).collect::<Vec<_>>())
}
