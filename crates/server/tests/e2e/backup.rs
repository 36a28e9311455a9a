//! Backups of a server at work, and restores that rewind no budget.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::server::{PROGRAM, Server};

/// What the program came to.
struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

/// Runs `countersign backup` on the data of a server, running or not.
fn backup(folder: &Path, args: &[&str]) -> Ran {
    let output = Command::new(PROGRAM)
        .arg("backup")
        .args(args)
        .args(["--data", "data"])
        .current_dir(folder)
        .output()
        .expect("the program runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ran { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
}

fn made(server: &Server, name: &str) -> String {
    let account = json!({ "username": name, "secrets": { "payment": "kZ81mq-right" } });
    let made = server.native("POST", "/v1/accounts", Some(&account)).json();
    made["id"].as_str().unwrap_or_else(|| panic!("no account: {made}")).to_owned()
}

fn verify(server: &Server, account: &str, secret: &str) -> (u16, Value) {
    let path = format!("/v1/accounts/{account}/secrets/payment/verify");
    let answer = server.native("POST", &path, Some(&json!({ "secret": secret })));
    (answer.status, answer.json())
}

fn started_again(folder: &Arc<TempDir>) -> Server {
    Server::start_on(Arc::clone(folder), &[])
}

#[test]
fn a_restore_gives_no_guess_back_and_refuses_beside_a_running_server() {
    let server = Server::start();
    let folder = Arc::clone(&server.folder);
    let account = made(&server, "guessed-at");
    let created = backup(folder.path(), &["create", "--to", "day.backup", "--output", "json"]);
    assert_eq!(created.code, Some(0), "{}", created.err);
    let told: Value = serde_json::from_str(&created.out).expect("JSON");
    assert!(told["accounts"].as_u64() >= Some(1) && told["newest_event"].is_string(), "{told}");
    let verified = backup(folder.path(), &["verify", "day.backup", "--output", "json"]);
    assert_eq!(verified.code, Some(0), "{}", verified.err);
    let told: Value = serde_json::from_str(&verified.out).expect("JSON");
    assert_eq!(told["keys_open"], true, "the master key beside the data opens it");
    for left in (0..5).rev() {
        let (status, body) = verify(&server, &account, "a-wrong-one");
        assert_eq!((status, body["remaining_attempts"].as_u64()), (403, Some(left)), "{body}");
    }
    let newer = made(&server, "newer");
    let refused = backup(folder.path(), &["restore", "--from", "day.backup"]);
    assert!(refused.code == Some(1) && refused.err.contains("in use"), "{}", refused.err);
    assert_eq!(verify(&server, &newer, "kZ81mq-right").0, 200, "the server goes on");
    assert!(server.stop());
    let restored = backup(folder.path(), &["restore", "--from", "day.backup", "--output", "json"]);
    assert_eq!(restored.code, Some(0), "{}", restored.err);
    let told: Value = serde_json::from_str(&restored.out).expect("JSON");
    assert_eq!((told["doubted"].as_u64(), told["left_out"].as_u64()), (Some(0), Some(1)), "{told}");
    let server = started_again(&folder);
    let before = server.comparisons("payment");
    let (status, body) = verify(&server, &account, "kZ81mq-right");
    assert_eq!((status, body["code"].as_str()), (423, Some("secret_locked")), "{body}");
    assert_eq!(server.comparisons("payment"), before, "nothing is compared");
    let trail = server.events(&account);
    let told = |what: &str| trail.iter().filter(|event| event["type"] == what).count();
    assert_eq!((told("secret_missed"), told("restored")), (5, 1), "{trail:?}");
}

#[test]
fn without_the_database_a_restore_leaves_a_single_guess() {
    let server = Server::start();
    let folder = Arc::clone(&server.folder);
    let (owner, stranger) = (made(&server, "owner"), made(&server, "guessed-at"));
    assert_eq!(backup(folder.path(), &["create", "--to", "day.backup"]).code, Some(0));
    assert!(server.stop());
    std::fs::remove_file(folder.path().join("data/countersign.db")).expect("loses it");
    let refused = backup(folder.path(), &["restore", "--from", "day.backup"]);
    assert!(refused.code == Some(1) && refused.err.contains("--without-present"), "{}", refused.err);
    let restored = backup(folder.path(), &["restore", "--from", "day.backup", "--without-present"]);
    assert_eq!(restored.code, Some(0), "{}", restored.err);
    let server = started_again(&folder);
    assert_eq!(verify(&server, &owner, "kZ81mq-right").0, 200, "the owner goes on");
    assert_eq!(
        verify(&server, &owner, "a-wrong-one").1["remaining_attempts"],
        4,
        "and has the whole budget again"
    );
    assert_eq!(verify(&server, &stranger, "a-wrong-one").1["remaining_attempts"], 0);
    assert_eq!(verify(&server, &stranger, "kZ81mq-right").0, 423);
    let shown = server.native("GET", &format!("/v1/accounts/{owner}"), None).json();
    assert_eq!(shown["holds"][0]["cause"], "restore", "and payments rest: {shown}");
}

#[test]
fn a_clock_that_is_behind_the_backup_is_told_of() {
    let server = Server::start();
    let folder = Arc::clone(&server.folder);
    let moved = server.native("POST", "/v1/dev/clock", Some(&json!({ "advance_s": 3600 })));
    assert_eq!(moved.status, 200);
    made(&server, "owner");
    assert_eq!(backup(folder.path(), &["create", "--to", "day.backup"]).code, Some(0));
    assert!(server.stop());
    // As if the clock had been set right only now.
    std::fs::remove_file(folder.path().join("data/clock-offset")).expect("forgets what it was moved by");
    let refused = backup(folder.path(), &["restore", "--from", "day.backup"]);
    assert!(refused.code == Some(1) && refused.err.contains("--clock-behind"), "{}", refused.err);
    let restored = backup(folder.path(), &["restore", "--from", "day.backup", "--clock-behind"]);
    assert_eq!(restored.code, Some(0), "{}", restored.err);
    assert!(restored.err.contains("the clock is behind"), "{}", restored.err);
}

#[test]
fn what_cannot_be_relied_on_is_told_with_exit_code_1() {
    let server = Server::start();
    let folder = Arc::clone(&server.folder);
    assert_eq!(backup(folder.path(), &["create", "--to", "day.backup"]).code, Some(0));
    let again = backup(folder.path(), &["create", "--to", "day.backup"]);
    assert!(again.code == Some(1) && again.err.contains("not replaced"), "{}", again.err);
    let in_use = backup(folder.path(), &["verify", "data/countersign.db"]);
    assert!(in_use.code == Some(1) && in_use.err.contains("backup create"), "{}", in_use.err);
    std::fs::write(folder.path().join("no.backup"), "nothing of the kind").expect("writes");
    let strange = backup(folder.path(), &["verify", "no.backup"]);
    assert!(strange.code == Some(1) && strange.err.contains("no database"), "{}", strange.err);
    let other = tempfile::tempdir().expect("a folder");
    std::fs::write(other.path().join("master.key"), format!("{}\n", "A".repeat(43))).expect("another key");
    let path = other.path().display().to_string();
    let wrong = Command::new(PROGRAM)
        .args(["backup", "verify", "day.backup", "--data", &path])
        .current_dir(folder.path())
        .output()
        .expect("the program runs");
    assert_eq!(wrong.status.code(), Some(1), "another master key");
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("wrapped by master key"));
}
