//! Every seed and every input that ever failed holds, and libFuzzer has every target.
#![forbid(unsafe_code)]

use std::path::Path;

use countersign_fuzz::{TARGETS, campaign};

#[test]
fn seeds_and_regressions_hold() {
    for target in TARGETS {
        let seeds = (target.seeds)();
        assert!(!seeds.is_empty(), "{} has no seeds", target.name);
        for input in campaign::regressions(target).expect("regressions").iter().chain(&seeds) {
            let outcome = campaign::once(target, input);
            assert!(outcome.is_ok(), "{}: {}", target.name, String::from_utf8_lossy(input));
        }
    }
}

#[test]
fn regressions_belong_to_targets() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("regressions");
    for entry in std::fs::read_dir(folder).expect("regressions") {
        let name = entry.expect("an entry").file_name();
        let name = name.to_string_lossy();
        assert!(TARGETS.iter().any(|target| target.name == name), "there is no target {name}");
    }
}

#[test]
fn libfuzzer_has_every_target() {
    let coverage = Path::new(env!("CARGO_MANIFEST_DIR")).join("coverage");
    let manifest = std::fs::read_to_string(coverage.join("Cargo.toml")).expect("a manifest");
    for target in TARGETS {
        assert!(
            manifest.contains(&format!("name = \"{}\"", target.name)),
            "no libFuzzer target {}",
            target.name
        );
        assert!(coverage.join(format!("fuzz_targets/{}.rs", target.name)).is_file(), "{}", target.name);
    }
}
