//! A database that goes away, or promises too little: nothing is answered that it does not hold.

use std::sync::Arc;

use countersign_throwaway::Server as Postgres;
use serde_json::json;

use crate::server::Server;
use crate::story::Person;
use crate::wire_native_errors::assert_problem;

const SECRET: &str = "its-payment";
const URL: &str = "COUNTERSIGN_STORE__POSTGRES__URL";

/// Long enough to be waited for, and short enough to be told so many times.
const PATIENCE: (&str, &str) = ("COUNTERSIGN_STORE__POSTGRES__PATIENCE_MS", "300");

#[test]
fn without_a_database_every_request_is_put_off_and_none_is_when_it_is_back() {
    let postgres = Postgres::start().expect("starts");
    let server = Server::start_with(&[PATIENCE, (URL, &postgres.database())]);
    let person = Person::made(&server, "patient", &json!({ "payment": SECRET }));
    for end in [Postgres::kill, Postgres::stop] {
        let compared = server.comparisons("payment");
        end(&postgres).expect("is gone");
        assert_put_off(&person);
        assert_eq!(server.comparisons("payment"), compared, "nothing was compared");
        postgres.start_again().expect("is back");
        let answered = |_| person.native("payment/verify", &json!({ "secret": "not-the-one" })).status == 403;
        assert!((0..100_000).any(answered), "it is never served again: {}", server.log());
        let verified = person.native("payment/verify", &json!({ "secret": SECRET }));
        assert_eq!(verified.status, 200, "{}", verified.text());
        assert_eq!(server.comparisons("payment") - compared, 2, "a wrong one and a right one");
        assert_eq!(person.account()["secrets"]["payment"]["remaining_attempts"], 5);
        assert_eq!(server.admin.send("GET", "/readyz", &[], b"").status, 200);
    }
}

fn assert_put_off(person: &Person<'_>) {
    let server = person.server;
    let verify = person.native("payment/verify", &json!({ "secret": SECRET }));
    assert_problem(&verify, 503, "unavailable");
    let read = server.native("GET", &format!("/v1/accounts/{}", person.id), None);
    assert_problem(&read, 503, "unavailable");
    let nobody = json!({ "username": "nobody-at-all", "login": "some-secret" });
    let nobody = server.native("POST", "/v1/sessions", Some(&nobody));
    assert_problem(&nobody, 503, "unavailable");
    let oas = person.oas(SECRET, Some(SECRET));
    assert_eq!((oas.status, oas.json()["message"].as_str()), (503, Some("系统问题，请联络管理员")));
    let currency = person.currency("POST", "/verify", Some(&json!({ "pass": SECRET })));
    assert_eq!(currency.status, 503, "{}", currency.text());
    let members =
        [("accessToken", person.spark.as_str()), ("walletAddr", &person.wallet), ("payPassword", SECRET)];
    let spark = server.http.form("/v1/wallet/validPayPassword", &members);
    assert_eq!(spark.json()["code"], "505", "{}", spark.text());
    for answer in [verify, read, nobody, oas, currency, spark] {
        assert!(answer.headers["retry-after"].parse::<u64>().is_ok_and(|seconds| seconds > 0));
    }
    let ready = server.admin.send("GET", "/readyz", &[], b"");
    assert_eq!(ready.status, 503, "{}", ready.text());
    assert_eq!(server.admin.send("GET", "/livez", &[], b"").status, 200);
}

#[test]
fn a_server_that_holds_still_is_given_up_in_time() {
    let postgres = Postgres::start().expect("starts");
    let limit = ("COUNTERSIGN_STORE__POSTGRES__STATEMENT_TIMEOUT_MS", "1500");
    let server = Server::start_with(&[PATIENCE, limit, (URL, &postgres.database())]);
    let person = Person::made(&server, "patient", &json!({ "payment": SECRET }));
    postgres.freeze().expect("holds still");
    assert_put_off(&person);
    postgres.thaw().expect("goes on");
    let answered = |_| person.native("payment/verify", &json!({ "secret": SECRET })).status == 200;
    assert!((0..100_000).any(answered), "it is never served again: {}", server.log());
    assert_eq!(person.account()["secrets"]["payment"]["remaining_attempts"], 5);
}

#[test]
fn a_database_that_promises_less_than_it_should_is_refused() {
    let least = "COUNTERSIGN_STORE__POSTGRES__SYNCHRONOUS_COMMIT";
    let standby = "COUNTERSIGN_STORE__POSTGRES__REQUIRE_STANDBY";
    let postgres = Postgres::start_with(&[("synchronous_commit", "local")]).expect("starts");
    let url = postgres.database();
    let folder = Arc::new(tempfile::tempdir().expect("a folder"));
    let start =
        |more: (&str, &str)| Server::try_start_on(Arc::clone(&folder), &[(URL, &url), more]).map(drop);
    let refused = start((least, "on")).expect_err("it promises less");
    assert!(refused.contains("synchronous_commit is local") && refused.contains("ALTER ROLE"), "{refused}");
    assert_eq!(start((least, "local")), Ok(()));
    let role = postgres.psql(&url, "ALTER ROLE throwaway SET synchronous_commit = 'on'");
    role.expect("as the refusal says");
    assert_eq!(start((least, "on")), Ok(()));
    let refused = start((standby, "true")).expect_err("it waits for nobody");
    assert!(refused.contains("synchronous_standby_names"), "{refused}");
    let unsafe_server = Postgres::start_with(&[("fsync", "off")]).expect("starts");
    let refused = Server::try_start_on(folder, &[(URL, &unsafe_server.database())]).map(drop);
    assert!(refused.expect_err("a crash loses all").contains("fsync"));
}
