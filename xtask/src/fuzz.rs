//! Fuzzing: every parser and every dialect's `open`.

use crate::Done;
use crate::step::run_with;

/// Fuzzes each target for that many seconds.
pub(crate) fn run(seconds: u64) -> Done {
    let seconds = seconds.to_string();
    run_with(
        "cargo",
        &["run", "--profile", "fuzz", "--package", "countersign-fuzz", "--bin", "fuzz", "--", &seconds],
        &[],
    )
}
