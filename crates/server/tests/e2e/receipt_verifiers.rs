//! Others verify: `PyJWT`, jose, Node.js alone, Java alone, `OpenSSL`, and the command line; by the very files that the page on
//! receipts shows. `cargo xtask peers` installs what they need.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use tempfile::TempDir;

use crate::installed::installed;
use crate::receipts::{ES256, account, beside, code, fed, header, published, receipt};
use crate::server::{PROGRAM, Server};

const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/receipts");

/// Who verifies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Verifier {
    PyJwt,
    Jose,
    Node,
    Java,
    OpenSsl,
    Countersign,
}

impl Verifier {
    const ALL: [Self; 6] =
        [Self::PyJwt, Self::Jose, Self::Node, Self::Java, Self::OpenSsl, Self::Countersign];
}

/// A set of keys on the disk, and everything that verifies with it.
struct Bench {
    folder: TempDir,
}

impl Bench {
    fn new(keys: &Value) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("jwks.json"), keys.to_string()).expect("writes");
        // A module is looked for beside the file that asks for it.
        symlink(installed("node/node_modules"), folder.path().join("node_modules")).expect("a link");
        let java = Path::new(EXAMPLES).join("Verify.java");
        let compiled = Command::new("javac").arg("-d").arg(folder.path()).arg(java).status();
        assert!(compiled.expect("a JDK").success(), "it compiles");
        for name in ["verify_jose.mjs", "verify_crypto.mjs"] {
            fs::copy(Path::new(EXAMPLES).join(name), folder.path().join(name)).expect("copies");
        }
        Self { folder }
    }

    /// Whether it verifies. What it printed must then be the claims.
    fn verifies(&self, verifier: Verifier, token: &str) -> bool {
        let here = |name: &str| self.folder.path().join(name);
        let example = |name: &str| PathBuf::from(EXAMPLES).join(name);
        let (program, script, takes_audience) = match verifier {
            Verifier::PyJwt => (installed("venv/bin/python"), example("verify.py"), true),
            Verifier::Jose => ("node".into(), here("verify_jose.mjs"), true),
            Verifier::Node => ("node".into(), here("verify_crypto.mjs"), true),
            Verifier::Java => ("java".into(), "Verify".into(), false),
            Verifier::OpenSsl => ("sh".into(), example("verify.sh"), false),
            Verifier::Countersign => (PROGRAM.into(), "receipt".into(), false),
        };
        let mut command = Command::new(program);
        if verifier == Verifier::Java {
            // Compiled once for all receipts: `java Verify.java` would do it anew for each.
            command.arg("-cp").arg(self.folder.path());
        }
        command.arg(script).env("PYTHONDONTWRITEBYTECODE", "1");
        if verifier == Verifier::Countersign {
            command.args(["verify", "--output", "json", "--jwks"]);
        }
        command.arg(here("jwks.json"));
        command.args(takes_audience.then_some("default"));
        let ran = fed(&mut command, token);
        if ran.status.success() {
            let printed: Value = serde_json::from_slice(&ran.stdout).expect("claims");
            let claims = printed.get("claims").unwrap_or(&printed);
            assert_eq!(claims["payee"], "Zoë & Söhne", "{verifier:?}");
        }
        ran.status.success()
    }
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The same token with one change in that part: another character in the middle or for one of the last four, where some bits mean
/// nothing, or one more at its end.
fn changed(token: &str, part: usize) -> Vec<String> {
    let parts: Vec<&str> = token.split('.').collect();
    let length = parts[part].len();
    let with = |text: String| {
        let mut parts = parts.clone();
        parts[part] = &text;
        parts.join(".")
    };
    let other = |at: usize| {
        let value = ALPHABET.iter().position(|c| *c == parts[part].as_bytes()[at]).expect("base64url");
        let mut text = parts[part].to_owned();
        // The lowest bit: the first one to mean nothing.
        text.replace_range(at..=at, char::from(ALPHABET[value ^ 1]).encode_utf8(&mut [0; 4]));
        with(text)
    };
    let appended = ["A", "!", "="].into_iter().map(|more| with(format!("{}{more}", parts[part])));
    std::iter::once(length / 2).chain(length - 4..length).map(other).chain(appended).collect()
}

/// Tokens for the same claims that name another algorithm, as forgers have done: none at all, an HMAC with what is public as its
/// key, and one of another key.
fn renamed(token: &str, key: &Value) -> Vec<String> {
    let parts: Vec<&str> = token.split('.').collect();
    let head = |alg: &str| {
        let head = json!({ "alg": alg, "kid": header(token)["kid"], "typ": "receipt+jwt" }).to_string();
        BASE64URL_NOPAD.encode(head.as_bytes())
    };
    let public = BASE64URL_NOPAD.decode(key["x"].as_str().expect("a number").as_bytes()).expect("base64url");
    let signed = format!("{}.{}", head("HS256"), parts[1]);
    let mut mac = Hmac::<Sha256>::new_from_slice(&public).expect("any length");
    mac.update(signed.as_bytes());
    let mac = BASE64URL_NOPAD.encode(&mac.finalize().into_bytes());
    let other = if key["alg"] == "EdDSA" { "ES256" } else { "EdDSA" };
    vec![
        format!("{}.{}.", head("none"), parts[1]),
        format!("{}.{}.{}", head("none"), parts[1], parts[2]),
        format!("{signed}.{mac}"),
        format!("{}.{}.{}", head(other), parts[1], parts[2]),
        format!("{}.{}", parts[0], parts[1]),
    ]
}

/// Each of these verifies the receipt, and nothing that was made of it.
fn all_agree(verifiers: &[Verifier], token: &str, keys: &Value) {
    let bench = Bench::new(keys);
    let key = keys["keys"].as_array().expect("a list").iter().find(|key| key["kid"] == header(token)["kid"]);
    let mut forged: Vec<String> = (0..3).flat_map(|part| changed(token, part)).collect();
    forged.extend(renamed(token, key.expect("its key")));
    for &verifier in verifiers {
        assert!(bench.verifies(verifier, token), "{verifier:?} refuses a good one");
        for forged in &forged {
            assert!(!bench.verifies(verifier, forged), "{verifier:?} takes {forged}");
        }
    }
}

#[test]
fn others_verify_a_receipt_also_when_its_key_was_replaced_and_nothing_forged() {
    let server = Server::start();
    let account = account(&server);
    let token = receipt(&server, &account);
    all_agree(&Verifier::ALL, &token, &published(&server));
    let rotated = beside(&server, &["keys", "rotate", "--receipts"], "");
    assert_eq!(code(&rotated), 0, "{}", String::from_utf8_lossy(&rotated.stderr));
    // The server's clock is ahead now, theirs is not: for them the receipt is as fresh as before.
    server.native("POST", "/v1/dev/clock", Some(&json!({ "advance_s": 400 })));
    let new = receipt(&server, &account);
    assert_ne!(header(&new)["kid"], header(&token)["kid"], "the key was replaced");
    let keys = published(&server);
    let bench = Bench::new(&keys);
    for verifier in Verifier::ALL {
        assert!(bench.verifies(verifier, &token), "{verifier:?} refuses one of a key that was replaced");
    }
    let mut without = keys.clone();
    without["keys"].as_array_mut().expect("a list").retain(|key| key["kid"] != header(&token)["kid"]);
    let bench = Bench::new(&without);
    for verifier in Verifier::ALL {
        assert!(!bench.verifies(verifier, &token), "{verifier:?} takes one of a key that it does not know");
    }
}

#[test]
fn a_clock_that_is_some_seconds_behind_the_servers_is_no_reason_to_refuse() {
    let server = Server::start();
    server.native("POST", "/v1/dev/clock", Some(&json!({ "advance_s": 8 })));
    let token = receipt(&server, &account(&server));
    let bench = Bench::new(&published(&server));
    for verifier in Verifier::ALL {
        assert!(bench.verifies(verifier, &token), "{verifier:?}");
    }
}

#[test]
fn others_verify_es256_too() {
    let server = Server::start_with(&[ES256]);
    let token = receipt(&server, &account(&server));
    assert_eq!(header(&token)["alg"], "ES256");
    let verifiers = Verifier::ALL.into_iter().filter(|verifier| *verifier != Verifier::OpenSsl);
    all_agree(&verifiers.collect::<Vec<_>>(), &token, &published(&server));
}
