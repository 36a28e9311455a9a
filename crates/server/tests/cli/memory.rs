//! Memory that is short: what is refused and what is told before anybody guesses.

use std::fs;

use tempfile::TempDir;

use crate::support::{Ran, Variables, run};

const ALLOWANCE: &str = "COUNTERSIGN_HASH__ALLOWANCE_KIB";

fn check(variables: Variables<'_>) -> Ran {
    let folder = TempDir::new().expect("a folder");
    run(folder.path(), &["config", "check"], variables, "")
}

#[test]
fn an_allowance_below_the_dearest_preset_is_told_with_what_to_do() {
    for (kib, told) in [("0", true), ("65535", true), ("65536", false)] {
        let ran = check(&[(ALLOWANCE, kib)]);
        assert_eq!(ran.code, 0, "{kib}: {}", ran.err);
        assert_eq!(ran.err.contains("one at a time"), told, "{kib}: {}", ran.err);
        assert_eq!(ran.err.contains("Set hash.allowance_kib to 65536 or more"), told, "{kib}: {}", ran.err);
    }
}

#[test]
fn settings_that_no_machine_has_the_memory_for_are_refused() {
    // 1,024 arenas of 256 MiB, and 256 GiB beside.
    let variables = [
        ("COUNTERSIGN_HASH__PRESET", "custom"),
        ("COUNTERSIGN_HASH__MEMORY_KIB", "262144"),
        ("COUNTERSIGN_HASH__PASSES", "1"),
        ("COUNTERSIGN_HASH__LANES", "1"),
        ("COUNTERSIGN_HASH__WORKERS", "1024"),
        (ALLOWANCE, "268435456"),
    ];
    let ran = check(&variables);
    assert_eq!(ran.code, 2, "{}", ran.err);
    for part in ["1024 threads with 262144 KiB each", "hash.allowance_kib = 268435456", "lower hash.workers"]
    {
        assert!(ran.err.contains(part), "{}", ran.err);
    }
}

#[test]
fn a_target_that_the_request_timeout_comes_before_is_told() {
    let timeout = ("COUNTERSIGN_SERVER__REQUEST_TIMEOUT_S", "5");
    let ran = check(&[("COUNTERSIGN_ADMISSION__TARGET_MS", "5001"), timeout]);
    assert!(ran.code == 0 && ran.err.contains("admission.target_ms = 5001"), "{}", ran.err);
    let ran = check(&[("COUNTERSIGN_ADMISSION__TARGET_MS", "5000"), timeout]);
    assert!(ran.code == 0 && !ran.err.contains("admission.target_ms"), "{}", ran.err);
}

#[test]
fn an_import_takes_what_will_be_compared_and_refuses_the_rest() {
    let folder = TempDir::new().expect("a folder");
    let variables = [
        ("COUNTERSIGN_KEYS__MASTER_KEY", &*"A".repeat(43)),
        ("COUNTERSIGN_STORE__PATH", "data"),
        (ALLOWANCE, "0"),
    ];
    let line = |name: &str, kib: u32| {
        let costs = format!("$argon2id$v=19$m={kib},t=1,p=1");
        let phc = format!("{costs}$BwcHBwcHBwcHBwcHBwcHBw$CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk");
        format!(
            "{{\"username\":\"{name}\",\"secrets\":{{\"payment\":{{\"phc\":\"{phc}\",\"input\":\"plain\"}}}}}}\n"
        )
    };
    fs::write(folder.path().join("lines"), line("ann", 65_536) + &line("bob", 65_537)).expect("written");
    assert_eq!(run(folder.path(), &["migrate"], &variables, "").code, 0);
    for words in [&["import", "lines", "--check"][..], &["import", "lines"]] {
        let ran = run(folder.path(), words, &variables, "");
        assert_eq!(ran.code, 3, "{}", ran.err);
        assert!(
            ran.out.contains("1 accounts ") && ran.err.contains("line 2: secrets.payment.phc"),
            "{}",
            ran.err
        );
        assert!(ran.err.contains("hash.allowance_kib"), "{}", ran.err);
    }
}
