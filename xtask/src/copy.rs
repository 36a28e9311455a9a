//! Copies of a store of many accounts, both ways.

use crate::Done;
use crate::step::{cargo, run_with};

/// Builds what copies and runs it: on a PostgreSQL that it starts itself.
pub(crate) fn run(accounts: &[String]) -> Done {
    cargo(&["build", "--release", "--package", "countersign", "--package", "countersign-bench"])?;
    let accounts: Vec<&str> = accounts.iter().map(String::as_str).collect();
    run_with("target/release/countersign-copy", &accounts, &[])
}
