//! Independent verifiers of webhooks: the standard's own libraries for Python and Node.js, and their Ed25519.

use std::process::Command;

use serde_json::{Value, json};

use crate::peers::{node, python};
use crate::receiver::{Message, Receiver};
use crate::server::Server;
use crate::webhooks::{call, create, happen, until};

const PATH: &str = "/hooks";

#[test]
fn the_standards_own_libraries_verify_what_is_signed_also_while_a_secret_is_changed() {
    let (server, receiver) = (Server::start(), Receiver::start());
    let first = create(&server, &receiver, &json!({}));
    assert_eq!(happen(&server), 200);
    let message = receiver.until(PATH, |came| !came.is_empty()).remove(0);
    let second = call(&server, "POST", &first, "/rotate-secret", None);
    // What is held anew has the new secret.
    let changed = until(|| {
        assert_eq!(happen(&server), 200);
        let came = receiver.all(PATH);
        came.into_iter().find(|message| message.headers["webhook-signature"].contains(' '))
    });
    let paired = json!({ "url": receiver.url("/pair"), "signature": "v1a" });
    let paired = server.native("POST", "/v1/webhooks", Some(&paired)).json();
    assert!(paired.get("secret").is_none());
    assert_eq!(happen(&server), 200);
    let signed = receiver.until("/pair", |came| !came.is_empty()).remove(0);
    let case = |message: &Message, key: &Value| json!({ "headers": message.headers, "body": String::from_utf8_lossy(&message.body), "key": key });
    let cases = json!([
        case(&message, &first["secret"]),
        case(&changed, &first["secret"]),
        case(&changed, &second["secret"]),
        case(&signed, &paired["public_key"]),
    ]);
    let wrong = json!([case(&message, &second["secret"])]);
    for (name, mut command) in [("python", python(&server)), ("node", node(&server))] {
        let script = if name == "python" { "verify_webhooks.py" } else { "verify_webhooks.cjs" };
        command.arg(script).env("CASES", cases.to_string()).env("WRONG", wrong.to_string());
        succeeds(name, &mut command);
    }
}

fn succeeds(name: &str, command: &mut Command) {
    let output = command.output().expect("the interpreter is there");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && out.trim_end().ends_with("verified"), "{name}: {out}\n{err}");
}
