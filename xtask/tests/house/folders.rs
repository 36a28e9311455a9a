//! A dialect is one folder, and every folder has the same shape.

use crate::{files, read, root};

/// Every dialect. A new one is one folder, one line in the registry, and one line here.
const DIALECTS: [&str; 6] = ["native", "oas", "tour", "currency_pass", "spark_wallet", "flowmeter"];

#[test]
fn every_dialect_has_the_whole_shape() {
    let folder = root().join("crates/dialects/src");
    for dialect in DIALECTS {
        for part in ["mod.rs", "settings.rs", "wire.rs", "envelope.rs", "translate.rs", "openapi.rs"] {
            assert!(folder.join(dialect).join(part).is_file(), "{dialect} has no {part}");
        }
        let vectors = files(&folder.join(dialect).join("vectors"), ".json");
        assert!(vectors.len() >= 10, "{dialect} has {} vectors", vectors.len());
        let door = read(&format!("crates/dialects/src/{dialect}/mod.rs"));
        assert!(door.starts_with("//!"), "{dialect}/mod.rs does not begin with its page");
    }
}

#[test]
fn nobody_else_knows_a_dialects_wire() {
    for dialect in DIALECTS {
        let door = read(&format!("crates/dialects/src/{dialect}/mod.rs"));
        assert!(!door.contains("pub mod wire"), "{dialect} shows its wire");
        for other in DIALECTS.iter().filter(|other| **other != dialect) {
            for path in files(&root().join("crates/dialects/src").join(dialect), ".rs") {
                let text = std::fs::read_to_string(&path).expect("text");
                assert!(!text.contains(&format!("crate::{other}::")), "{} knows {other}", path.display());
            }
        }
    }
}

#[test]
fn translations_are_exhaustive() {
    for dialect in DIALECTS {
        let folder = root().join("crates/dialects/src").join(dialect);
        let mut parts = files(&folder.join("translate"), ".rs");
        parts.push(folder.join("translate.rs"));
        for path in parts {
            let text = std::fs::read_to_string(&path).expect("text");
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            let wildcard = code.lines().find(|line| line.trim_start().starts_with("_ =>"));
            assert!(wildcard.is_none(), "{}: {wildcard:?}", path.display());
        }
    }
}
