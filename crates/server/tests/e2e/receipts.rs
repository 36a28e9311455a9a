//! Receipts of the real server, as those see them who were not there: verified by others, by the command line, and long after
//! their key was replaced.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use serde_json::{Value, json};

use crate::engine;
use crate::server::{PROGRAM, Server};

pub(crate) const ES256: (&str, &str) = ("COUNTERSIGN_RECEIPTS__ALGORITHM", "ES256");

/// An account with a payment secret.
pub(crate) fn account(server: &Server) -> String {
    let made = server.native("POST", "/v1/accounts", Some(&json!({ "secrets": { "payment": "493-817-x" } })));
    assert_eq!(made.status, 201, "{}", made.text());
    made.json()["id"].as_str().expect("an id").to_owned()
}

/// What its approval of a new intent comes with.
pub(crate) fn approved(server: &Server, account: &str) -> Value {
    let intent =
        json!({ "account_id": account, "amount": "12.34", "currency": "EUR", "payee": "Zoë & Söhne" });
    let made = server.native("POST", "/v1/intents", Some(&intent));
    assert_eq!(made.status, 201, "{}", made.text());
    let id = made.json()["id"].as_str().expect("an id").to_owned();
    let path = format!("/v1/intents/{id}/approve");
    let approved = server.native("POST", &path, Some(&json!({ "secret": "493-817-x" })));
    assert_eq!(approved.status, 200, "{}", approved.text());
    approved.json()
}

pub(crate) fn receipt(server: &Server, account: &str) -> String {
    approved(server, account)["receipt"].as_str().expect("a receipt").to_owned()
}

/// The published keys, as everybody may read them.
pub(crate) fn published(server: &Server) -> Value {
    let answer = server.http.send("GET", "/.well-known/jwks.json", &[], b"");
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.headers["content-type"], "application/jwk-set+json");
    assert_eq!(answer.headers["cache-control"], "public, max-age=300");
    answer.json()
}

/// The header of a token.
pub(crate) fn header(token: &str) -> Value {
    let (head, _) = token.split_once('.').expect("parts");
    let head = data_encoding::BASE64URL_NOPAD.decode(head.as_bytes()).expect("base64url");
    serde_json::from_slice(&head).expect("JSON")
}

/// The program on the data of a server that may be running.
pub(crate) fn beside(server: &Server, words: &[&str], input: &str) -> Output {
    let data = server.folder.path().join("data");
    let mut command = Command::new(PROGRAM);
    command.args(words).envs(engine::settings(server.folder.path()));
    command.env("COUNTERSIGN_STORE__PATH", &data);
    command.env("COUNTERSIGN_KEYS__MASTER_KEY_FILE", data.join("master.key"));
    fed(&mut command, input)
}

/// Runs a command with that on standard input.
pub(crate) fn fed(command: &mut Command, input: &str) -> Output {
    use std::io::Write;
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("starts");
    // Who refuses early does not read to the end.
    let _ = child.stdin.take().expect("piped").write_all(input.as_bytes());
    child.wait_with_output().expect("ends")
}

fn with<'a>(keys: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [keys, more].concat()
}

pub(crate) fn code(output: &Output) -> i32 {
    output.status.code().expect("not killed")
}

#[test]
fn a_receipt_says_what_was_approved_and_is_the_same_whenever_it_is_read() {
    let server = Server::start();
    let account = account(&server);
    let approved = approved(&server, &account);
    let token = approved["receipt"].as_str().expect("a receipt");
    let key = &published(&server)["keys"][0];
    assert_eq!(header(token), json!({ "alg": "EdDSA", "kid": key["kid"], "typ": "receipt+jwt" }));
    assert_eq!((&key["alg"], &key["use"]), (&json!("EdDSA"), &json!("sig")));
    let ran = beside(&server, &["receipt", "verify", "--output", "json"], token);
    assert_eq!(code(&ran), 0, "{}", String::from_utf8_lossy(&ran.stderr));
    let shown: Value = serde_json::from_slice(&ran.stdout).expect("JSON");
    let claims = &shown["claims"];
    let said =
        ["iss", "aud", "sub", "jti", "digest", "amount", "currency", "payee"].map(|name| &claims[name]);
    let intent = ["id", "digest"].map(|name| approved[name].as_str().expect("a text"));
    let wanted = ["countersign", "default", &account, intent[0], intent[1], "12.34", "EUR", "Zoë & Söhne"];
    assert_eq!(said, wanted);
    assert_eq!(claims["amr"], json!(["pwd"]));
    let again = server.native("GET", &format!("/v1/intents/{}", intent[0]), None);
    assert_eq!(again.json()["receipt"], approved["receipt"]);
}

#[test]
fn the_command_line_tells_expired_from_wrong_and_knows_every_key() {
    let server = Server::start();
    let account = account(&server);
    let token = receipt(&server, &account);
    let folder = server.folder.path();
    let file = |name: &str, text: &str| {
        std::fs::write(folder.join(name), text).expect("writes");
        folder.join(name).display().to_string()
    };
    let (set, good) = (file("jwks.json", &published(&server).to_string()), file("receipt", &token));
    let later = ["--at", "2099-01-01T00:00:00Z"];
    let verify = |words: &[&str], input: &str| {
        let all: Vec<&str> = ["receipt", "verify"].iter().chain(words).copied().collect();
        beside(&server, &all, input)
    };
    let with_set = ["--jwks", &set];
    for keys in [&with_set[..], &[]] {
        assert_eq!(code(&verify(&with(keys, &[&good]), "")), 0);
        assert_eq!(code(&verify(&with(keys, &[]), &format!("  {token}\n"))), 0);
        let expired = verify(&with(keys, &later), &token);
        assert_eq!(code(&expired), 3);
        assert!(String::from_utf8_lossy(&expired.stdout).contains("Zoë & Söhne"), "it is shown all the same");
        assert!(String::from_utf8_lossy(&expired.stderr).contains("verified, but expired at "));
        assert_eq!(
            code(&verify(&with(keys, &["--at", "2020-01-01T00:00:00Z"]), &token)),
            3,
            "not yet signed"
        );
        assert_eq!(code(&verify(&with(keys, &["--ignore-expiry"]), &token)), 0);
        assert_eq!(
            code(&verify(&with(keys, &["--issuer", "countersign", "--audience", "default"]), &token)),
            0
        );
        assert_eq!(code(&verify(&with(keys, &["--audience", "another"]), &token)), 1);
        for wrong in ["", "x", "a.b.c", &token[..token.len() - 2], &"A".repeat(1 << 20)] {
            let told = verify(keys, wrong);
            assert_eq!((code(&told), &*told.stdout), (1, &b""[..]));
        }
    }
    assert_eq!(code(&verify(&["--jwks", &good], &token)), 1, "that is no set of keys");
    assert_eq!(code(&verify(&["--at", "yesterday"], &token)), 2);
    // Of another server, rightly signed there.
    let other = Server::start();
    let foreign = receipt(&other, &self::account(&other));
    assert_eq!(code(&verify(&[], &foreign)), 1);
}

#[test]
fn a_key_that_was_replaced_verifies_and_a_running_server_takes_the_new_one_over() {
    let server = Server::start();
    let account = account(&server);
    let old = receipt(&server, &account);
    let rotated = beside(&server, &["keys", "rotate", "--receipts", "--output", "json"], "");
    assert_eq!(code(&rotated), 0, "{}", String::from_utf8_lossy(&rotated.stderr));
    let rotated: Value = serde_json::from_slice(&rotated.stdout).expect("JSON");
    let wait = |seconds: u32| {
        let moved = server.native("POST", "/v1/dev/clock", Some(&json!({ "advance_s": seconds })));
        assert_eq!(moved.status, 200, "{}", moved.text());
    };
    wait(30);
    let names = |set: &Value| -> Vec<Value> {
        set["keys"].as_array().expect("a list").iter().map(|key| key["kid"].clone()).collect()
    };
    assert_eq!(names(&published(&server)), [rotated["kid"].clone(), header(&old)["kid"].clone()]);
    assert_eq!(header(&receipt(&server, &account))["kid"], header(&old)["kid"], "it is published first");
    wait(331);
    let new = receipt(&server, &account);
    assert_eq!(header(&new)["kid"], rotated["kid"]);
    for token in [&old, &new] {
        let told = beside(&server, &["receipt", "verify", "--ignore-expiry"], token);
        assert_eq!(code(&told), 0, "{}", String::from_utf8_lossy(&told.stderr));
    }
    let listed = beside(&server, &["keys", "list"], "");
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    for part in ["data", "receipts", "seals", rotated["kid"].as_str().expect("a name"), "signs until "] {
        assert!(listed.contains(part), "{listed}");
    }
    let log = server.log();
    assert!(!log.contains(&old) && !log.contains(&new), "a receipt is not logged");
}

/// The private key in any form in which it could lie about.
#[test]
fn a_private_key_is_nowhere_in_the_clear() {
    let server = Server::start_with(&[ES256]);
    receipt(&server, &account(&server));
    let folder = Arc::clone(&server.folder);
    assert!(server.stop());
    // ecPublicKey of P-256: how every private key of that kind begins (PKCS #8).
    let begins = [0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
    assert!(!holds(folder.path(), &begins));
}

fn holds(folder: &Path, bytes: &[u8]) -> bool {
    std::fs::read_dir(folder).expect("a folder").any(|entry| {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            return holds(&path, bytes);
        }
        std::fs::read(&path).expect("a file").windows(bytes.len()).any(|window| window == bytes)
    })
}
