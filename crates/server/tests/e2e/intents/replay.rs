//! Another policy, tried on approvals that were given, before it is switched on.

use std::process::Command;

use serde_json::{Value, json};

use super::{Buyer, RIGHT, is};
use crate::server::{PROGRAM, Server};

fn replay(server: &Server, args: &[&str]) -> String {
    let output = Command::new(PROGRAM)
        .args(["policy", "replay"])
        .args(args)
        .env("COUNTERSIGN_STORE__PATH", server.folder.path().join("data"))
        .envs(crate::engine::settings(server.folder.path()))
        .output()
        .expect("the program runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

fn told(server: &Server, preset: &str) -> Value {
    serde_json::from_str(&replay(server, &["--preset", preset, "--output", "json"])).expect("JSON")
}

#[test]
fn the_difference_that_a_policy_would_make_is_told_before_it_is_switched_on() {
    let servers = [Server::start()];
    let buyer = Buyer::new(&servers, "buyer");
    assert!(replay(&servers[0], &[]).contains("no approvals"));
    // Without the secret although no window is open: refused, and told.
    is(&buyer.spared(&buyer.create()), 403, "secret_required");
    // By the secret, which opens a window; spared by it; and by the secret although it is open.
    buyer.choose("hour");
    let (asked, spared, large) =
        (buyer.create(), buyer.create(), buyer.create_with(&json!({ "amount": "2000" })));
    is(&buyer.approve(0, &asked, RIGHT), 200, "");
    is(&buyer.consume(0, &asked), 200, "");
    is(&buyer.spared(&spared), 200, "");
    is(&buyer.approve(0, &large, RIGHT), 200, "");
    let same = told(&servers[0], "as-chosen");
    assert_eq!((&same["tried"], &same["asked_more"], &same["spared"]), (&json!(3), &json!(0), &json!(1)));
    let every = told(&servers[0], "every-time");
    assert_eq!((&every["asked_more"], &every["spared"]), (&json!(1), &json!(0)));
    assert_eq!(every["differences"][0]["intent_id"], json!(spared.id));
    assert_eq!(every["differences"][0]["reason"], "every_time");
    let chinese = told(&servers[0], "cn-payments");
    assert_eq!(chinese["asked_more"], 1);
    assert_eq!(
        (&chinese["differences"][0]["intent_id"], &chinese["differences"][0]["now"]),
        (&json!(large.id), &json!("secret_and_code"))
    );
    assert_eq!((&every["refused"], &every["let_pass"]), (&json!(1), &json!(0)));
    let table = replay(&servers[0], &["--preset", "every-time"]);
    assert!(table.starts_with("3 approvals, from ") && table.contains("every_time"), "{table}");
    assert!(replay(&servers[0], &["--preset", "every-time", "--limit", "1"]).starts_with("1 approvals"));
}
