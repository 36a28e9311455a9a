//! While an operator says so nothing is written: each dialect puts off what would, and reads go on.

use std::fs;

use serde_json::{Value, json};

use crate::client::Answer;
use crate::server::Server;
use crate::story::Person;
use crate::wire_native_errors::assert_problem;

const SECRET: &str = "its-payment";

/// A server whose setting is in a file that a reload reads again.
struct Operated {
    server: Server,
    setting: tempfile::TempPath,
}

impl Operated {
    fn start() -> Self {
        let setting = tempfile::NamedTempFile::new().expect("a file").into_temp_path();
        fs::write(&setting, "false").expect("written");
        let path = setting.to_str().expect("text").to_owned();
        let server = Server::start_with(&[("COUNTERSIGN_STORE__READ_ONLY_FILE", &path)]);
        Self { server, setting }
    }

    /// Sets it, and waits until readiness tells so.
    fn say(&self, read_only: bool) {
        fs::write(&self.setting, read_only.to_string()).expect("written");
        self.server.signal("HUP");
        let expected: Value = if read_only { "read_only" } else { "ok" }.into();
        let is_so = |_| {
            let ready = self.server.admin.send("GET", "/readyz", &[], b"");
            assert_eq!(ready.status, 200, "it serves reads all the same: {}", ready.text());
            ready.json()["checks"]["writes"] == expected
        };
        assert!((0..10_000).any(is_so), "the setting is never in force: {}", self.server.log());
    }
}

#[test]
fn what_would_be_written_is_put_off_and_what_is_read_is_answered() {
    let operated = Operated::start();
    let server = &operated.server;
    let person = Person::made(server, "patient", &json!({ "payment": SECRET }));
    let before = (server.comparisons("payment"), person.events().len());
    operated.say(true);
    for answer in put_off(&person) {
        assert!(answer.headers["retry-after"].parse::<u64>().is_ok_and(|seconds| seconds > 0));
    }
    assert_eq!(person.account()["secrets"]["payment"]["remaining_attempts"], 5);
    assert_eq!((server.comparisons("payment"), person.events().len()), before);
    let page = server.admin.send("GET", "/metrics", &[], b"").text();
    assert!(page.contains("outcome=\"read_only\""), "it is counted");
    operated.say(false);
    let verified = person.native("payment/verify", &json!({ "secret": SECRET }));
    assert_eq!(verified.status, 200, "{}", verified.text());
}

/// A write through every dialect, and whatever else costs one.
fn put_off(person: &Person<'_>) -> Vec<Answer> {
    let server = person.server;
    let verify = person.native("payment/verify", &json!({ "secret": SECRET }));
    assert_problem(&verify, 503, "read_only");
    let wrong = person.native("payment/verify", &json!({ "secret": "not-the-one" }));
    assert_problem(&wrong, 503, "read_only");
    let account = server.native("POST", "/v1/accounts", Some(&json!({ "username": "another" })));
    assert_problem(&account, 503, "read_only");
    let nobody = json!({ "username": "nobody-at-all", "login": "some-secret" });
    let nobody = server.native("POST", "/v1/sessions", Some(&nobody));
    assert_problem(&nobody, 503, "read_only");
    let session = json!({ "username": person.username, "login": "not-the-one" });
    let session = server.native("POST", "/v1/sessions", Some(&session));
    assert_problem(&session, 503, "read_only");
    assert_eq!(nobody.json()["detail"], session.json()["detail"], "who exists does not show");
    let oas = person.oas(SECRET, Some(SECRET));
    assert_eq!((oas.status, oas.json()["message"].as_str()), (503, Some("系统问题，请联络管理员")));
    let currency = person.currency("POST", "/verify", Some(&json!({ "pass": SECRET })));
    assert_eq!(currency.status, 503, "{}", currency.text());
    let members =
        [("accessToken", person.spark.as_str()), ("walletAddr", &person.wallet), ("payPassword", SECRET)];
    let spark = server.http.form("/v1/wallet/validPayPassword", &members);
    assert_eq!(spark.json()["code"], "505", "{}", spark.text());
    vec![verify, wrong, account, nobody, session, oas, currency, spark]
}
