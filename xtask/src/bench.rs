//! Benchmarks: ratios, measured side by side in one run.

use crate::Done;
use crate::step::{cargo, run_with, works};

/// Builds what is measured and measures it.
pub(crate) fn run() -> Done {
    if !works("wrk", &["-v"]) && !works("sh", &["-c", "command -v wrk"]) {
        return Err("wrk is missing; on Debian: apt-get install wrk".to_owned());
    }
    cargo(&["build", "--release", "--package", "countersign", "--package", "countersign-bench"])?;
    run_with("target/release/countersign-bench", &[], &[])
}
