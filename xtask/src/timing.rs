//! Timing: can an unknown name, an unset secret and a wrong secret be told apart by how long the answer takes?

use crate::Done;
use crate::step::run_with;

/// Builds for release and asks `requests` times at each door, one request at a time.
pub(crate) fn run(requests: u64) -> Done {
    run_with(
        "cargo",
        &[
            "test",
            "--release",
            "--package",
            "countersign",
            "--test",
            "e2e",
            "--",
            "timing::measured",
            "--exact",
            "--ignored",
            "--nocapture",
        ],
        &[("COUNTERSIGN_TIMING_REQUESTS", &requests.to_string())],
    )
}
