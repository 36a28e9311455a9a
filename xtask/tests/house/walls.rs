//! Who may know whom. A wall with security meaning is a crate, so a dependency that is not there cannot be used.

use std::collections::BTreeSet;

use crate::{files, read, root};

/// Each crate, the crates of ours it may depend on, and outside crates that it must not.
const WALLS: [(&str, &[&str], &[&str]); 7] = [
    ("domain", &[], &["serde", "tokio", "rusqlite", "axum", "getrandom", "jiff", "tracing", "http"]),
    ("crypto", &["domain"], &["rusqlite", "axum", "tracing", "http"]),
    ("store", &["domain"], &["axum", "argon2", "argon2-rust", "chacha20poly1305", "http"]),
    ("service", &["domain", "crypto", "store"], &["axum", "http", "serde", "serde_json", "rusqlite"]),
    ("dialects", &["domain", "crypto"], &["axum", "tokio", "rusqlite", "tower", "tower-http", "getrandom"]),
    ("server", &["domain", "crypto", "store", "service", "dialects"], &["rusqlite", "argon2", "argon2-rust"]),
    ("sim", &["domain", "crypto", "store", "service"], &["rusqlite", "tokio", "getrandom", "rand", "axum"]),
];

/// Words that a rule must not use: it would be IO, a clock, dice or a serializer in disguise.
const NOT_IN_DOMAIN: [&str; 7] =
    ["std::fs", "std::net", "std::time", "std::thread", "std::env", "async fn", "println!"];

#[test]
fn each_crate_knows_only_whom_it_may() {
    for (name, may, must_not) in WALLS {
        let dependencies = dependencies(&read(&format!("crates/{name}/Cargo.toml")));
        let ours: BTreeSet<&str> =
            dependencies.iter().filter_map(|dependency| dependency.strip_prefix("countersign-")).collect();
        let may: BTreeSet<&str> = may.iter().copied().collect();
        assert!(ours.is_subset(&may), "{name} depends on {:?}", ours.difference(&may));
        for outside in must_not {
            assert!(
                !dependencies.iter().any(|dependency| dependency == outside),
                "{name} depends on {outside}"
            );
        }
    }
}

#[test]
fn the_rules_have_no_clock_no_dice_and_no_io() {
    for path in files(&root().join("crates/domain/src"), ".rs") {
        let text = std::fs::read_to_string(&path).expect("text");
        for word in NOT_IN_DOMAIN {
            assert!(!text.contains(word), "{} uses {word}", path.display());
        }
    }
}

#[test]
fn every_crate_of_ours_forbids_unsafe_code() {
    for manifest in files(&root(), "Cargo.toml") {
        let folder = manifest.parent().expect("a folder");
        for door in ["src/lib.rs", "src/main.rs"].map(|door| folder.join(door)) {
            let Ok(text) = std::fs::read_to_string(&door) else { continue };
            assert!(text.contains("#![forbid(unsafe_code)]"), "{}", door.display());
        }
    }
}

/// Names under `[dependencies]`; those for tests may reach over a wall.
fn dependencies(manifest: &str) -> Vec<String> {
    let lines = manifest.lines().skip_while(|line| line.trim() != "[dependencies]").skip(1);
    let lines = lines.take_while(|line| !line.starts_with('['));
    let name = |line: &str| line.split(['.', ' ', '=']).next().unwrap_or_default().to_owned();
    lines.filter(|line| !line.trim().is_empty() && !line.starts_with('#')).map(name).collect()
}
