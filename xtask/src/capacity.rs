//! How much of everything a number of accounts needs.

use crate::Done;
use crate::step::cargo;

/// Writes the page, or prints its tables for one use; the words are the program's own.
pub(crate) fn run(words: &[String]) -> Done {
    let run = [
        "run",
        "--release",
        "--quiet",
        "--package",
        "countersign-bench",
        "--bin",
        "countersign-capacity",
        "--",
    ];
    cargo(&run.into_iter().chain(words.iter().map(String::as_str)).collect::<Vec<_>>())
}
