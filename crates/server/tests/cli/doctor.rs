//! `countersign doctor`: what is wrong is said with what to do about it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Ran, Server, Variables, run};

const KEY: &str = "COUNTERSIGN_KEYS__MASTER_KEY_FILE";
const STORE: (&str, &str) = ("COUNTERSIGN_STORE__PATH", "data");

fn asked(directory: &Path, variables: Variables<'_>) -> (Ran, Value) {
    let ran = run(directory, &["doctor", "--output", "json"], variables, "");
    let told =
        serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {}{}", ran.out, ran.err));
    (ran, told)
}

/// The worst that is said about a check of that name, and what to do.
fn of(told: &Value, name: &str) -> (String, String) {
    let checks = told["checks"].as_array().expect("a list").iter().filter(|check| check["name"] == name);
    let rank = |state: &str| ["ok", "warn", "failed"].iter().position(|word| *word == state);
    let word = |check: &Value, member: &str| check[member].as_str().unwrap_or_default().to_owned();
    let worst = checks.max_by_key(|check| rank(&word(check, "state"))).expect("it is looked at");
    (word(worst, "state"), word(worst, "do"))
}

#[test]
fn a_server_that_is_well_is_said_to_be_and_one_that_is_not_is_told_what_to_do() {
    let directory = TempDir::new().expect("a directory");
    let directory = directory.path();
    assert_eq!(run(directory, &["keygen", "--out", "master.key"], &[], "").code, 0);
    let variables = [(KEY, "master.key"), STORE];

    let (ran, told) = asked(directory, &variables);
    assert_eq!(ran.code, 1, "there is no database yet: {}", ran.err);
    assert_eq!(of(&told, "database").0, "failed");

    let server = Server::start(directory, &[], &variables);
    let (ran, told) = asked(directory, &variables);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{told:#}");
    for name in ["database", "clock", "data_keys", "master_key", "hash_engine", "memory", "webhooks", "log"] {
        assert_eq!(of(&told, name), ("ok".to_owned(), String::new()), "{name}");
    }
    let (state, cure) = of(&told, "codes");
    assert_eq!(state, "warn");
    assert!(cure.contains("codes.sender.kind"), "{cure}");
    drop(server);

    fs::set_permissions(directory.join("master.key"), fs::Permissions::from_mode(0o640)).expect("is set");
    let (ran, told) = asked(directory, &variables);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("one check has failed"), "{}", ran.err);
    assert!(of(&told, "master_key").1.starts_with("chmod 600 master.key"), "{told:#}");
}

#[test]
fn people_read_one_line_for_each_check_and_what_to_do_below() {
    let directory = TempDir::new().expect("a directory");
    let ran =
        run(directory.path(), &["doctor"], &[STORE, ("COUNTERSIGN_SERVER__ADMIN_LISTEN", "0.0.0.0:1")], "");
    assert_eq!(ran.code, 1);
    let lines: Vec<&str> = ran.out.lines().collect();
    let place = lines.iter().position(|line| line.starts_with("warn    admin_listener"));
    let place = place.unwrap_or_else(|| panic!("{}", ran.out));
    assert!(lines[place + 1].starts_with(&" ".repeat(24)), "{}", ran.out);
    assert!(lines[place + 1].contains("server.admin_tls"), "{}", ran.out);
    assert!(!ran.out.contains("master key ="), "{}", ran.out);
}
