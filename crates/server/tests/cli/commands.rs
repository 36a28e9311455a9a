//! The command line from outside: what goes in, what comes out, and with which exit code.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use countersign_crypto::hawk::{Algorithm, HawkHeader, Request, authenticate};
use countersign_crypto::legacy::{tour_hawk_key, upper_md5};
use countersign_domain::secret::SecretText;
use countersign_domain::time::Span;
use countersign_server::clock::SystemClock;
use countersign_service::Clock;
use tempfile::TempDir;

use crate::support::{Ran, Variables, run};

fn directory() -> TempDir {
    TempDir::new().expect("a directory")
}

fn keygen(directory: &Path) -> Ran {
    run(directory, &["keygen", "--out", "master.key"], &[], "")
}

#[test]
fn a_master_key_is_printed_or_kept_and_never_replaced() {
    let directory = directory();
    let printed = run(directory.path(), &["keygen"], &[], "");
    assert_eq!((printed.code, printed.out.trim_end().len(), printed.err.as_str()), (0, 43, ""));
    let kept = keygen(directory.path());
    assert_eq!((kept.code, kept.out.as_str()), (0, ""));
    let path = directory.path().join("master.key");
    let key = fs::read_to_string(&path).expect("the key");
    assert_eq!(fs::metadata(&path).expect("the file").permissions().mode() & 0o777, 0o600);
    assert!(!kept.err.contains(key.trim_end()));
    let again = keygen(directory.path());
    assert_eq!(again.code, 1);
    assert!(again.err.contains("not replaced"), "{}", again.err);
    assert_eq!(fs::read_to_string(&path).expect("the key"), key);
}

#[test]
fn a_server_needs_its_master_key() {
    let directory = directory();
    let refused = run(directory.path(), &["serve"], &[], "");
    assert_eq!(refused.code, 2);
    assert!(refused.err.contains("countersign keygen"), "{}", refused.err);
    assert!(!directory.path().join("countersign-data").exists(), "nothing is created");
    let wrong = run(directory.path(), &["serve"], &[("COUNTERSIGN_KEYS__MASTER_KEY", "canary")], "");
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("keys.master_key") && !wrong.err.contains("canary"), "{}", wrong.err);
}

#[test]
fn the_database_is_made_and_brought_up_to_date() {
    let directory = directory();
    let rotate = ["keys", "rotate"];
    let key = [("COUNTERSIGN_KEYS__MASTER_KEY", &*"A".repeat(43)), ("COUNTERSIGN_STORE__PATH", "data")];
    let nothing = run(directory.path(), &rotate, &key, "");
    assert!(nothing.code == 1 && nothing.err.contains("no database"), "{}", nothing.err);
    for _ in 0..2 {
        let migrated = run(directory.path(), &["migrate"], &[("COUNTERSIGN_STORE__PATH", "data")], "");
        assert_eq!(migrated.code, 0, "{}", migrated.err);
        assert!(migrated.out.starts_with("data/countersign.db: up to date"), "{}", migrated.out);
    }
}

#[test]
fn settings_are_shown_checked_and_explained() {
    let directory = directory();
    let variables = [("COUNTERSIGN_LOG", "debug"), ("COUNTERSIGN_CODES__SENDER__SMTP__PASSWORD", "canary")];
    let with_name = [&variables[..], &[("COUNTERSIGN_CODES__SENDER__SMTP__USERNAME", "u")]].concat();
    let shown = run(directory.path(), &["config", "show", "--origin"], &with_name, "");
    assert_eq!(shown.code, 0, "{}", shown.err);
    assert!(shown.out.contains("filter = \"debug\"  # environment COUNTERSIGN_LOG"), "{}", shown.out);
    assert!(shown.out.contains("password = \"***\""), "{}", shown.out);
    let json = run(directory.path(), &["config", "show", "--output", "json"], &with_name, "");
    let json: serde_json::Value = serde_json::from_str(&json.out).expect("JSON");
    assert_eq!(json["server.listen"]["value"], "127.0.0.1:8082");
    assert_eq!(json["server.listen"]["origin"], "default");
    let checked = run(directory.path(), &["config", "check"], &[], "");
    assert_eq!((checked.code, checked.out.as_str()), (0, ""), "{}", checked.err);
    let unfit = run(directory.path(), &["config", "check"], &variables, "");
    assert_eq!(unfit.code, 2);
    assert!(unfit.err.contains("smtp.username") && !unfit.err.contains("canary"), "{}", unfit.err);
    let unusable: [(Variables<'_>, &str); 3] = [
        (&[("COUNTERSIGN_LOG", "verbose")], "the levels are"),
        (
            &[
                ("COUNTERSIGN_CODES__SENDER__KIND", "webhook"),
                ("COUNTERSIGN_CODES__SENDER__WEBHOOK__URL", "http://sms.example/"),
                ("COUNTERSIGN_CODES__SENDER__WEBHOOK__SECRET", "canary-that-is-long-enough"),
            ],
            "codes.sender.webhook.url",
        ),
        (
            &[("COUNTERSIGN_SERVER__TLS__CERT", "none.pem"), ("COUNTERSIGN_SERVER__TLS__KEY", "none.key")],
            "none.",
        ),
    ];
    for (variables, words) in unusable {
        let checked = run(directory.path(), &["config", "check"], variables, "");
        assert_eq!(checked.code, 2, "{}", checked.err);
        assert!(checked.err.contains(words) && !checked.err.contains("canary"), "{}", checked.err);
    }
    let schema = run(directory.path(), &["config", "schema"], &[], "");
    let schema: serde_json::Value = serde_json::from_str(&schema.out).expect("JSON");
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(run(directory.path(), &["config", "show", "--config", "none.toml"], &[], "").code, 2);
}

#[test]
fn a_hawk_header_is_one_that_the_server_accepts() {
    let directory = directory();
    fs::write(directory.path().join("body"), "a=1&b=2").expect("a file");
    fs::write(directory.path().join("key"), "hawk-key\n").expect("a file");
    let base =
        ["hawk-header", "--id", "app_1", "--method", "POST", "--url", "http://a.example:8082/API/x?y=%20z"];
    let media = ["--content-type", "application/x-www-form-urlencoded; charset=utf-8"];
    let direct: Variables<'_> = &[("COUNTERSIGN_HAWK_KEY", "hawk-key")];
    let session = [("COUNTERSIGN_SESSION_KEY", "s-key"), ("COUNTERSIGN_LOGIN_SECRET", "login-Passw0rd")];
    let session_key = tour_hawk_key(&SecretText::new("s-key".to_owned()), &upper_md5(b"login-Passw0rd"));
    let hawk_key = SecretText::new("hawk-key".to_owned());
    let cases: [(&[&str], Variables<'_>, &str, &SecretText); 5] = [
        (&["--body", "a=1&b=2"], direct, "", &hawk_key),
        (&["--body-file", "body"], &[("COUNTERSIGN_HAWK_KEY_FILE", "key")], "", &hawk_key),
        (&["--body-file", "-"], direct, "a=1&b=2", &hawk_key),
        (&["--body", "a=1&b=2", "--ext", ""], &[], "hawk-key\n", &hawk_key),
        (&["--body", "a=1&b=2", "--ext", "some data"], &session, "", &session_key),
    ];
    for (args, variables, input, key) in cases {
        let made = run(directory.path(), &[&base[..], &media[..], args].concat(), variables, input);
        assert_eq!((made.code, made.err.as_str(), made.out.lines().count()), (0, "", 1), "{args:?}");
        let header = HawkHeader::parse(made.out.trim_end()).expect("a header");
        let request = Request {
            method: "POST",
            resource: "/API/x?y=%20z",
            host: "a.example",
            port: 8082,
            content_type: Some("application/x-www-form-urlencoded"),
            body: b"a=1&b=2",
        };
        let span = Span::from_secs(60);
        let proven = authenticate(&request, &header, key, Algorithm::Sha256, SystemClock.now(), span);
        assert!(proven.is_ok(), "{args:?}: {:?}", proven.err());
    }
    let both = [&session[..], direct].concat();
    assert_eq!(run(directory.path(), &base, &both, "").code, 2);
    let body_and_key = [&base[..], &["--body-file", "-"]].concat();
    assert_eq!(run(directory.path(), &body_and_key, &[], "x").code, 2);
}

#[test]
fn a_ciphertext_is_what_the_callers_send() {
    let directory = directory();
    let session = ("COUNTERSIGN_SESSION_KEY", "a-session-key");
    let login = ("COUNTERSIGN_LOGIN_SECRET", "login-Passw0rd");
    let new = ("COUNTERSIGN_NEW_SECRET", "123456");
    let code = ("COUNTERSIGN_VERIFY_CODE", "493817");
    let tour = "V7n2bpgL1y6igi721AsSJ4xztJf2EMfeybZtUI5eNt6yJ5e2WEHyMw==\n";
    let flowmeter = "8Pda+AF6UgZs6EUPVJjjfDKYxufg3aBIWRV2mtOYd+BjjqBNl/jOnw==\n";
    let hex = "57B9F66E980BD72EA2822EF6D40B12278C73B497F610C7DEC9B66D508E5E36DEB22797B65841F233\n";
    let cases: [(&[&str], Variables<'_>, &str, &str); 5] = [
        (&["tour"], &[session, login, new], "", tour),
        (&["tour", "--profile", "sha256+ecb", "--encoding", "hex"], &[session, login, new], "", hex),
        (&["tour"], &[], "a-session-key\nlogin-Passw0rd\n123456\n", tour),
        (&["flowmeter"], &[code, new], "", flowmeter),
        (&["flowmeter"], &[], "493817\r\n123456", flowmeter),
    ];
    for (args, variables, input, expected) in cases {
        let made = run(directory.path(), &[&["legacy-cipher"], args].concat(), variables, input);
        assert_eq!((made.code, made.out.as_str(), made.err.as_str()), (0, expected, ""), "{args:?}");
    }
    let missing = run(directory.path(), &["legacy-cipher", "tour"], &[session, new], "");
    assert_eq!(missing.code, 2);
    assert!(missing.err.contains("COUNTERSIGN_LOGIN_SECRET is not set"), "{}", missing.err);
    let empty = run(directory.path(), &["legacy-cipher", "flowmeter"], &[], "");
    assert_eq!(empty.code, 2);
    let profile = run(directory.path(), &["legacy-cipher", "tour", "--profile", "md5+ecb"], &[], "");
    assert_eq!(profile.code, 2);
    assert!(profile.err.contains("sha256+ecb"), "{}", profile.err);
}

#[test]
fn help_names_every_command_and_goes_where_it_belongs() {
    let directory = directory();
    let help = run(directory.path(), &["--help"], &[("NO_COLOR", "1")], "");
    assert_eq!((help.code, help.err.as_str()), (0, ""));
    for command in
        ["dev", "serve", "keygen", "config", "policy", "healthcheck", "migrate", "keys", "hawk-header", "man"]
    {
        assert!(help.out.contains(&format!("\n  {command} ")), "{command}: {}", help.out);
    }
    assert!(help.out.contains("Exit codes") && !help.out.contains('\u{1b}'), "{}", help.out);
    assert_eq!(run(directory.path(), &["--version"], &[], "").out, "countersign 0.1.0\n");
    let unknown = run(directory.path(), &["sevre"], &[], "");
    assert_eq!((unknown.code, unknown.out.as_str()), (2, ""));
    assert!(unknown.err.contains("serve"), "{}", unknown.err);
    for shell in ["bash", "zsh", "fish"] {
        let script = run(directory.path(), &["completions", shell], &[], "");
        assert!(script.code == 0 && script.out.contains("hawk-header"), "{shell}");
    }
    assert!(run(directory.path(), &["man"], &[], "").out.contains(".TH countersign"));
    assert_eq!(run(directory.path(), &["man", "--out", "pages"], &[], "").code, 0);
    assert!(directory.path().join("pages/countersign-keys-rotate.1").exists());
}
