//! Databases of many accounts.

use crate::Done;
use crate::step::{cargo, run_with};

/// Builds what is measured and measures it.
pub(crate) fn run(sizes: &[String]) -> Done {
    cargo(&["build", "--release", "--package", "countersign", "--package", "countersign-bench"])?;
    let sizes: Vec<&str> = sizes.iter().map(String::as_str).collect();
    run_with("target/release/countersign-scale", &sizes, &[])
}
