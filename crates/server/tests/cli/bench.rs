//! `bench hash`: what it measures is the machine's; that it measures, says so and recommends nothing weak is tried here.

use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Ran, run};

/// As short as it gets: each case still computes a hash on every thread in every turn.
const QUICK: [&str; 4] = ["bench", "hash", "--seconds", "0.01"];

fn bench(more: &[&str]) -> Ran {
    let directory = TempDir::new().expect("a directory");
    let ran = run(directory.path(), &[&QUICK, more].concat(), &[], "");
    let left = directory.path().read_dir().expect("the directory").count();
    assert_eq!(left, 0, "it leaves nothing behind");
    ran
}

#[test]
fn every_preset_is_measured_and_the_dearest_that_keeps_the_target_recommended() {
    let ran = bench(&["--target-ms", "60000", "--output", "json"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let json: Value = serde_json::from_str(&ran.out).expect("JSON");
    for preset in ["owasp-19m", "owasp-7m", "rfc9106-64m"] {
        let cases =
            json["measured"].as_array().expect("a list").iter().filter(|case| case["preset"] == preset);
        let threads: Vec<_> = cases.clone().filter_map(|case| case["threads"].as_u64()).collect();
        assert_eq!(threads.first(), Some(&1), "{preset}");
        assert_eq!(threads.last(), json["cores"].as_u64().as_ref(), "{preset}");
        for case in cases {
            let threads = case["threads"].as_u64().expect("a number");
            assert!(case["hashes"].as_u64().expect("a number") >= 4 * threads, "{case}");
            assert!(case["hashes_per_s"].as_f64().expect("a number") > 0.0, "{case}");
            assert!(case["hashes_per_s_least"].as_f64() <= case["hashes_per_s_most"].as_f64(), "{case}");
        }
    }
    assert_eq!(json["recommended"]["preset"], "rfc9106-64m");
    assert_eq!(json["recommended"]["within_target"], true);
    let turns: Vec<&str> = ran.err.lines().collect();
    assert_eq!(turns, ["turn 1 of 4", "turn 2 of 4", "turn 3 of 4", "turn 4 of 4"]);
}

#[test]
fn a_weak_cost_is_measured_and_never_recommended() {
    let ran = bench(&["--target-ms", "1", "--memory-kib", "8", "--passes", "1", "--lanes", "1"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let custom = ran.out.lines().filter(|line| line.trim_start().starts_with("custom ")).count();
    assert!(custom >= 1, "{}", ran.out);
    assert!(ran.out.contains("below the OWASP minimum"), "{}", ran.out);
    assert!(ran.out.contains("hash.preset = \"owasp-"), "{}", ran.out);
}

#[test]
fn a_cost_that_is_none_is_refused_before_anything_is_measured() {
    for (more, part) in [
        (&["--memory-kib", "8"][..], "--passes"),
        (&["--memory-kib", "8", "--passes", "1", "--lanes", "2"], "8 KiB a lane"),
        (&["--memory-kib", "262145", "--passes", "1", "--lanes", "1"], "262144"),
        (&["--seconds", "0"], "0.01"),
        (&["--target-ms", "0"], "--target-ms"),
    ] {
        let directory = TempDir::new().expect("a directory");
        let ran = run(directory.path(), &[&["bench", "hash"], more].concat(), &[], "");
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{more:?}");
        assert!(ran.err.contains(part), "{more:?}: {}", ran.err);
    }
}

#[test]
fn memory_that_the_system_refuses_is_an_error_and_no_crash() {
    let program = env!("CARGO_BIN_EXE_countersign");
    let dear = "--memory-kib 262144 --passes 1 --lanes 1";
    // Address space for the program and its threads, but not for an arena of 256 MiB beside them.
    let line = format!("ulimit -v 262144; exec {program} {} {dear}", QUICK.join(" "));
    let output = Command::new("bash").args(["-c", &line]).output().expect("bash runs");
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("no memory for the hash"), "{told}");
}
