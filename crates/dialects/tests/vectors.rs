//! Every file in every dialect's `vectors/` is a case; adding a case is adding a file.
#![forbid(unsafe_code)]

mod support;

use std::collections::BTreeSet;

use serde_json::Value;
use support::dialects::{NAMES, build};

#[test]
fn every_vector_holds() {
    let mut failures = Vec::new();
    for dialect in NAMES {
        for (name, case) in support::cases(dialect) {
            if let Err(error) = case.check(dialect) {
                failures.push(format!("{name} ({}): {error}", case.why));
            }
        }
    }
    assert!(failures.is_empty(), "{} vectors fail:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn every_endpoint_has_a_vector() {
    for dialect in NAMES {
        let played = support::cases(dialect).into_iter().filter_map(|(_, case)| case.play(dialect).ok());
        let seen: BTreeSet<String> = played.filter_map(|played| played.endpoint.as_ref().map(name)).collect();
        for endpoint in build(dialect, &Value::Null).endpoints() {
            assert!(seen.contains(&name(endpoint)), "{dialect}: no vector for {}", name(endpoint));
        }
    }
}

fn name(endpoint: &countersign_dialects::Endpoint) -> String {
    format!("{} {}", endpoint.method, endpoint.path)
}
