//! Overload end to end: each dialect sheds a request in its own form, and nothing is charged.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::{Value, json};

use crate::client::Answer;
use crate::server::Server;
use crate::story::Person;

/// One thread computes hashes and nobody may wait for it.
const NARROW: [(&str, &str); 2] = [("COUNTERSIGN_HASH__WORKERS", "1"), ("COUNTERSIGN_HASH__QUEUE", "0")];
const SECRET: &str = "its-payment";

/// Sends until the one who computes is busy with somebody else. Every request is right, so it does no harm to be
/// served; the noise never ends before it was heard.
fn until_shed(send: impl Fn() -> Answer, is_shed: impl Fn(&Answer) -> bool) -> Answer {
    for _ in 0..10_000 {
        let answer = send();
        if is_shed(&answer) {
            return answer;
        }
    }
    panic!("never overloaded")
}

#[test]
fn a_request_too_many_is_shed_in_its_dialects_form_and_charges_nothing() {
    let server = Server::start_with(&NARROW);
    let person = Person::made(&server, "patient", &json!({ "payment": SECRET }));
    let (done, key) = (AtomicBool::new(false), Cell::new(0));
    thread::scope(|scope| {
        for n in 0..2 {
            let (server, done) = (&server, &done);
            scope.spawn(move || {
                let nobody = json!({ "username": format!("nobody-{n}"), "login": "some-secret" });
                while !done.load(Ordering::Relaxed) {
                    let _ = server.native("POST", "/v1/sessions", Some(&nobody));
                }
            });
        }
        assert_all_shed(&person);
        let another = || {
            key.set(key.get() + 1);
            with_key(&person, key.get())
        };
        let shed = until_shed(another, |answer| answer.status == 503);
        crate::wire_native_errors::assert_problem(&shed, 503, "overloaded");
        done.store(true, Ordering::Relaxed);
    });
    assert_eq!(person.account()["secrets"]["payment"]["remaining_attempts"], 5);
    // Its key was shed with it, and does for the same request again.
    let answer = with_key(&person, key.get());
    assert_eq!((answer.status, answer.headers.get("idempotency-replayed")), (200, None));
    assert_eq!(with_key(&person, key.get()).headers["idempotency-replayed"], "true");
}

fn with_key(person: &Person<'_>, key: u32) -> Answer {
    let key = format!("shed-{key}");
    let path = format!("/v1/accounts/{}/secrets/payment/verify", person.id);
    person.server.native_with("POST", &path, &[("idempotency-key", &key)], &json!({ "secret": SECRET }))
}

fn assert_all_shed(person: &Person<'_>) {
    let verify = json!({ "secret": SECRET });
    let native = until_shed(|| person.native("payment/verify", &verify), |answer| answer.status == 503);
    crate::wire_native_errors::assert_problem(&native, 503, "overloaded");

    let oas = until_shed(|| person.oas(SECRET, Some(SECRET)), |answer| answer.status == 503);
    let expected = r#"{"message":"系统问题，请联络管理员","data":null,"exceptionCode":0}"#;
    assert_eq!(oas.text(), expected);

    let pass = json!({ "pass": SECRET });
    let currency =
        until_shed(|| person.currency("POST", "/verify", Some(&pass)), |answer| answer.status == 503);
    crate::wire_currency_pass::assert_problem(&currency, 503, "/verify", "系统繁忙，请稍后再试");

    let members =
        [("accessToken", person.spark.as_str()), ("walletAddr", &person.wallet), ("payPassword", SECRET)];
    let is_shed = |answer: &Answer| answer.json()["code"] == "505";
    let spark = until_shed(|| person.server.http.form("/v1/wallet/validPayPassword", &members), is_shed);
    let wait: Value = spark.headers["retry-after"].parse::<u64>().expect("seconds").into();
    let data = json!({ "retryAfter": wait });
    assert_eq!(spark.json(), json!({ "code": "505", "data": data, "message": "系统异常", "success": false }));
    for answer in [native, oas, currency, spark] {
        assert!(answer.headers["retry-after"].parse::<u64>().is_ok_and(|seconds| seconds > 0));
    }
}

#[test]
fn a_target_under_which_nobody_could_wait_is_told_at_the_start() {
    const DEAR: (&str, &str) = ("COUNTERSIGN_HASH__PRESET", "rfc9106-64m");
    for (target_ms, told) in [("10", true), ("60000", false)] {
        let server = Server::start_with(&[DEAR, ("COUNTERSIGN_ADMISSION__TARGET_MS", target_ms)]);
        let log = server.log();
        assert_eq!(log.contains("nobody may wait for another's hash"), told, "{target_ms}: {log}");
        assert_eq!(log.contains("first_hash_ms"), told, "{target_ms}: {log}");
    }
}
