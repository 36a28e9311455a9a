//! Invariant P from outside: no secret, code, key, token or mobile number is ever in the log, a metric, an error or
//! at rest in the clear, however it is spelled; the master key is in its own file only.

mod search;
mod spoil;
mod story;

use std::collections::BTreeSet;
use std::path::Path;

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use self::search::Search;
use self::spoil::spoil;
use self::story::Teller;
use crate::server::Server;

/// As loud as it gets.
const TRACE: [(&str, &str); 1] = [("COUNTERSIGN_LOG", "trace")];

#[test]
fn nothing_secret_is_in_the_log_the_metrics_an_error_or_at_rest() {
    let server = Server::start_with(&TRACE);
    let mut teller = Teller::new(&server);
    teller.tell();
    let errors = spoil(&server, &mut teller.canaries);
    let metrics = server.admin.send("GET", "/metrics", &[], b"");
    assert_eq!(metrics.status, 200);
    let data = server.folder.path().join("data");
    let master = std::fs::read_to_string(data.join("master.key")).expect("a key").trim().to_owned();
    let canaries = teller.canaries;
    assert!(canaries.len() > 30, "{}", canaries.len());
    let (search, master) = searched(&canaries, &master);
    let statuses: BTreeSet<u16> = errors.iter().map(|(status, _)| *status).collect();
    assert_eq!(statuses, BTreeSet::from([200, 400, 401, 403, 404, 405, 408, 409, 411, 413, 415, 422, 500]));
    for (_, error) in &errors {
        let told = [search.found(error.as_bytes()), master.found(error.as_bytes())].concat();
        assert_eq!(told, [""; 0], "{error}");
    }
    let told = [search.found(&metrics.body), master.found(&metrics.body)].concat();
    assert_eq!(told, [""; 0], "in the metrics");
    assert_at_rest(&data, &search, &master, "while it runs");
    let log = server.log();
    assert!(
        log.lines().filter(|line| line.contains("answered")).count() > errors.len(),
        "the log tells of them"
    );
    let told = [search.found(log.as_bytes()), master.found(log.as_bytes())].concat();
    assert_eq!(told, [""; 0], "in the log");
    let folder = server.kill();
    assert_at_rest(&data, &search, &master, "after a power cut");
    let again = Server::start_on(folder, &TRACE);
    let folder = std::sync::Arc::clone(&again.folder);
    assert!(again.stop());
    assert_at_rest(&data, &search, &master, "after an orderly end");
    let log = std::fs::read(folder.path().join("log")).expect("a log");
    let told = [search.found(&log), master.found(&log)].concat();
    assert_eq!(told, [""; 0], "in the log of the second start");
}

#[test]
fn what_an_intent_says_is_told_to_its_platform_only_and_goes_with_its_account() {
    let server = Server::start_with(&TRACE);
    let account = json!({ "username": "watched", "secrets": secrets() });
    let made = server.native("POST", "/v1/accounts", Some(&account));
    assert_eq!(made.status, 201, "{}", made.text());
    let id = text(&made.json(), "/id");
    let said = json!({
        "payee": "canary-Payee-5HqT", "memo": "canary-Memo-8JrV", "reference": "canary-Reference-2NfW",
        "details": { "canary-Member-6KsX": "canary-Detail-9PgY" },
    });
    let mut errors = Vec::new();
    tell_of_intents(&server, &id, &said, &mut errors);
    let canaries = [
        ("payee", "canary-Payee-5HqT"),
        ("memo", "canary-Memo-8JrV"),
        ("reference", "canary-Reference-2NfW"),
        ("member", "canary-Member-6KsX"),
        ("detail", "canary-Detail-9PgY"),
        ("secret", "canary-Pay-8WnK"),
    ];
    let search = Search::new(&canaries.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec())));
    let events = server.native("GET", &format!("/v1/events?account_id={id}"), None);
    let metrics = server.admin.send("GET", "/metrics", &[], b"");
    errors.extend([events.text(), metrics.text()]);
    for told in &errors {
        assert_eq!(search.found(told.as_bytes()), [""; 0], "{told}");
    }
    let data = server.folder.path().join("data");
    let kept = at_rest(&data, &search).join(" ");
    let intents_words = ["payee", "memo", "reference", "member", "detail"];
    assert!(intents_words.iter().all(|word| kept.contains(word)) && !kept.contains("secret"), "{kept}");
    assert_eq!(server.native("DELETE", &format!("/v1/accounts/{id}"), None).status, 204);
    let folder = std::sync::Arc::clone(&server.folder);
    assert!(server.stop());
    let log = std::fs::read(folder.path().join("log")).expect("a log");
    let answered = String::from_utf8_lossy(&log).lines().filter(|line| line.contains("answered")).count();
    assert!(answered > errors.len(), "the log tells of them");
    assert_eq!(search.found(&log), [""; 0], "in the log");
    assert_eq!(at_rest(&data, &search), [""; 0], "after the erasure");
}

/// What is found in any file of the data folder.
fn at_rest(data: &Path, search: &Search) -> Vec<String> {
    let files =
        std::fs::read_dir(data).expect("the data folder").map(|entry| entry.expect("an entry").path());
    files.flat_map(|path| search.found(&std::fs::read(path).expect("its bytes"))).collect()
}

/// Goes through everything that an intent can come to, well and badly, and keeps what is refused.
fn tell_of_intents(server: &Server, id: &str, said: &Value, errors: &mut Vec<String>) {
    let new = |amount: &str| {
        let mut body = said.clone();
        (body["account_id"], body["amount"], body["currency"]) = (json!(id), json!(amount), json!("CNY"));
        body
    };
    let keyed = |key: &str, path: &str, body: &Value| {
        server.native_with("POST", path, &[("idempotency-key", key)], body)
    };
    for n in 0..3 {
        let made = keyed(&format!("new-{n}"), "/v1/intents", &new("12.34"));
        assert_eq!(made.status, 201, "{}", made.text());
        let (intent, digest) = (text(&made.json(), "/id"), text(&made.json(), "/digest"));
        let act = |what: &str, body: &Value| {
            keyed(&format!("{what}-{n}-{body}"), &format!("/v1/intents/{intent}/{what}"), body)
        };
        let (consume, right) = (json!({ "digest": digest }), json!({ "secret": "canary-Pay-8WnK" }));
        for refused in [
            server.native("POST", &format!("/v1/intents/{intent}/consume"), Some(&consume)),
            act("approve", &json!({ "secret": "not-the-one" })),
            act("approve", &json!({ "secret": 7 })),
        ] {
            errors.push(refused.text());
        }
        assert_eq!(act("approve", &right).status, 200);
        match n {
            0 => assert_eq!(act("consume", &consume).status, 200),
            1 => errors.push(act("consume", &json!({ "digest": "another" })).text()),
            _ => {}
        }
        errors.push(act("approve", &json!({})).text());
    }
    for wrong in ["1e3", "1.234", "0"] {
        errors.push(keyed(wrong, "/v1/intents", &new(wrong)).text());
    }
    let mut broken = new("1");
    broken["canary-Member-6KsX"] = json!(["canary-Detail-9PgY"]);
    // Which member is wrong is told to whoever sent it.
    assert_eq!(keyed("broken", "/v1/intents", &broken).status, 422);
}

/// What each file is searched for: texts, and the bytes that the master key's text stands for.
fn searched(canaries: &[(String, String)], master: &str) -> (Search, Search) {
    let canaries: Vec<(String, Vec<u8>)> =
        canaries.iter().map(|(name, text)| (name.clone(), text.clone().into_bytes())).collect();
    let raw = BASE64URL_NOPAD.decode(master.trim_end_matches('=').as_bytes()).expect("Base64 for URLs");
    let master = [("the master key", master.as_bytes().to_vec()), ("the master key's bytes", raw)];
    (Search::new(&canaries), Search::new(&master.map(|(name, bytes)| (name.to_owned(), bytes))))
}

/// Every byte of every file: database, write-ahead log, journal and key files.
fn assert_at_rest(data: &Path, search: &Search, master: &Search, when: &str) {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(data).expect("the data folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        assert!(path.is_file(), "{name} is looked into as well");
        let bytes = std::fs::read(&path).expect("its bytes");
        assert_eq!(search.found(&bytes), [""; 0], "in {name} {when}");
        let holds_master = !master.found(&bytes).is_empty();
        assert_eq!(holds_master, name == "master.key", "the master key and {name}, {when}");
        names.push(name);
    }
    assert!(names.iter().any(|name| name == "countersign.db"), "{names:?}");
}

/// Pulls a text out of an answer.
fn text(value: &Value, pointer: &str) -> String {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("no {pointer}: {value}"))
        .to_owned()
}

/// A new account's secrets, each unlike anything else.
fn secrets() -> Value {
    json!({ "login": "canary-Login-4ZqX", "payment": "canary-Pay-8WnK", "query": "canary-Query-2RfT" })
}
