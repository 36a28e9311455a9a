//! Crashes of the real server, many times over. Each campaign is a test; the tests' own run does a slice of it.

use crate::Done;
use crate::step::run_with;

/// Kills the server under load so many times (1000 unless told otherwise), or cuts its power (300), one line of
/// progress on the terminal.
///
/// # Errors
/// Something that was acknowledged was lost, a guess was gained, or a start was not clean; the output says which.
pub(crate) fn run(power: bool, rounds: Option<u64>) -> Done {
    let (tests, variable, usual) = if power {
        ("crash::a_power_cut", "COUNTERSIGN_POWER_ROUNDS", 300)
    } else {
        ("crash::a_kill", "COUNTERSIGN_CRASH_ROUNDS", 1000)
    };
    let rounds = rounds.unwrap_or(usual).to_string();
    // One after the other: they share one line.
    let arguments = [
        "test",
        "--package",
        "countersign",
        "--test",
        "e2e",
        "--",
        tests,
        "--nocapture",
        "--test-threads",
        "1",
    ];
    run_with("cargo", &arguments, &[(variable, &rounds)])
}
