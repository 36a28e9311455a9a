//! The native API end to end: every error with its exact status, code and members, in three languages.

use std::sync::Barrier;
use std::thread;

use serde_json::{Value, json};

use crate::client::Answer;
use crate::server::Server;
use crate::story::{LOGIN, Person};

/// A problem (RFC 9457) as API.md describes it; gives its body.
pub(crate) fn assert_problem(answer: &Answer, status: u16, code: &str) -> Value {
    let body = answer.json();
    assert_eq!((answer.status, &body["code"]), (status, &json!(code)), "{body}");
    assert_eq!(answer.headers["content-type"], "application/problem+json");
    assert_eq!(answer.headers["cache-control"], "no-store");
    assert_eq!(body["type"], format!("urn:countersign:problem:{code}"));
    assert_eq!(
        (&body["status"], &body["request_id"]),
        (&json!(status), &json!(answer.headers["x-request-id"]))
    );
    assert!(body["title"].is_string() && body["detail"].is_string(), "{body}");
    let wait = body["retry_after_s"].as_i64().map(|seconds| seconds.to_string());
    assert_eq!(answer.headers.get("retry-after"), wait.as_ref(), "{body}");
    body
}

#[test]
fn each_error_has_its_status_and_its_code() {
    let server = Server::start();
    let person = Person::made(&server, "erring", &json!({ "payment": "payment-1" }));
    let fresh = Person::made(&server, "fresh", &json!({}));
    let (long, endless) = ("x".repeat(65), "x".repeat(1025));
    let of = |person: &Person<'_>, what: &str| format!("/v1/accounts/{}/secrets/{what}", person.id);
    let (verify, change) = (of(&person, "payment/verify"), of(&person, "payment/change"));
    let rows = [
        ("POST", &verify, json!([]), 400, "malformed_request"),
        ("POST", &verify, json!({ "secret": 7 }), 400, "malformed_request"),
        ("POST", &verify, json!({}), 422, "invalid_parameter"),
        ("POST", &verify, json!({ "secret": "" }), 422, "invalid_parameter"),
        ("POST", &verify, json!({ "secret": endless }), 422, "invalid_parameter"),
        ("POST", &verify, json!({ "secret": "payment-1", "more": 1 }), 422, "invalid_parameter"),
        ("POST", &verify, json!({ "secret": "wrong-one" }), 403, "secret_incorrect"),
        ("POST", &of(&person, "query/verify"), json!({ "secret": "any-one" }), 409, "secret_not_set"),
        (
            "POST",
            &of(&person, "query/change"),
            json!({ "old": "any-one", "new": "another" }),
            409,
            "secret_not_set",
        ),
        ("POST", &of(&person, "pin/verify"), json!({ "secret": "any-one" }), 404, "not_found"),
        ("PUT", &of(&person, "payment"), json!({ "secret": "another-1" }), 409, "secret_already_set"),
        ("PUT", &of(&person, "query"), json!({ "secret": "short" }), 422, "secret_too_short"),
        ("PUT", &of(&person, "query"), json!({ "secret": long }), 422, "secret_too_long"),
        ("PUT", &of(&person, "query"), json!({ "secret": "123456" }), 422, "secret_too_common"),
        ("PUT", &of(&fresh, "payment"), json!({ "secret": LOGIN }), 422, "secret_same_as_login"),
        ("POST", &change, json!({ "old": "payment-1", "new": "payment-1" }), 422, "secret_unchanged"),
        ("POST", &change, json!({ "old": "payment-1", "new": LOGIN }), 422, "secret_same_as_login"),
        ("POST", &change, json!({ "old": "wrong-one", "new": "payment-2" }), 403, "secret_incorrect"),
        (
            "POST",
            &of(&person, "payment/reset"),
            json!({ "code": "000000", "new": "payment-2" }),
            403,
            "code_incorrect",
        ),
        ("POST", &"/v1/accounts".to_owned(), json!({ "username": "erring" }), 409, "identifier_taken"),
        ("POST", &"/v1/nothing".to_owned(), json!({}), 404, "not_found"),
        ("DELETE", &verify, Value::Null, 405, "method_not_allowed"),
    ];
    for (method, path, body, status, code) in rows {
        let body = (!body.is_null()).then_some(&body);
        assert_problem(&server.native(method, path, body), status, code);
    }
    for id in ["acct_00000000000000000000000000", "app_1", "%20", "acct_"] {
        assert_problem(&server.native("GET", &format!("/v1/accounts/{id}"), None), 404, "not_found");
    }
    assert_eq!(person.account()["secrets"]["payment"]["remaining_attempts"], 3, "two of them were guesses");
}

#[test]
fn what_is_wrong_with_a_member_is_named() {
    let server = Server::start();
    let body = json!({
        "username": "", "agentid": 7, "mobiles": ["13812345678", "nine"], "more": 1, "secrets": { "pin": "1" }
    });
    let problem =
        assert_problem(&server.native("POST", "/v1/accounts", Some(&body)), 422, "invalid_parameter");
    let errors = problem["errors"].as_array().expect("a list");
    let mut named: Vec<(&str, &str)> = errors
        .iter()
        .map(|error| (error["member"].as_str().expect("a name"), error["code"].as_str().expect("a word")))
        .collect();
    named.sort_unstable();
    let expected = [
        ("mobiles[1]", "not_allowed"),
        ("more", "unknown_member"),
        ("secrets.pin", "unknown_member"),
        ("usercode", "required"),
        ("username", "required"),
    ];
    assert_eq!(named, expected);
}

#[test]
fn whoever_proves_nothing_is_challenged_and_what_cannot_be_read_is_not_read() {
    let server = Server::start();
    let person = Person::new(&server);
    let path = format!("/v1/accounts/{}/secrets/payment/verify", person.id);
    let key = format!("Bearer {}", server.says("/api_key"));
    let token = format!("Bearer {}", person.token);
    for (credential, challenge) in [
        ("", "Bearer"),
        ("Basic eDp5", "Bearer"),
        ("Bearer nobodys", "Bearer error=\"invalid_token\""),
        (&token, "Bearer error=\"invalid_token\""),
    ] {
        let headers = [("authorization", credential), ("content-type", "application/json")];
        let answer = server.http.send("POST", &path, &headers, b"{}");
        assert_problem(&answer, 401, "unauthenticated");
        assert_eq!(answer.headers["www-authenticate"], challenge, "{credential}");
    }
    let current = server.http.send("DELETE", "/v1/sessions/current", &[("authorization", &key)], b"");
    assert_problem(&current, 401, "unauthenticated");
    let too_large = vec![b' '; 1024 * 1024 + 1];
    let bodies: [(&str, &[u8], u16, &str); 5] = [
        ("application/json", b"{\"secret\":", 400, "malformed_request"),
        ("application/json", b"{\"secret\":\"\xff\"}", 400, "malformed_request"),
        ("application/json", b"{\"secret\":\"1\",\"secret\":\"2\"}", 400, "malformed_request"),
        ("application/x-www-form-urlencoded", b"secret=1", 415, "unsupported_media_type"),
        ("application/json", &too_large, 413, "body_too_large"),
    ];
    for (media_type, body, status, code) in bodies {
        let headers = [("authorization", key.as_str()), ("content-type", media_type)];
        assert_problem(&server.http.send("POST", &path, &headers, body), status, code);
    }
    let named = [("authorization", key.as_str()), ("x-request-id", "mine-1")];
    let answer = server.http.send("GET", "/v1/accounts/none", &named, b"");
    assert_eq!(assert_problem(&answer, 404, "not_found")["request_id"], "mine-1");
}

#[test]
fn a_problem_is_told_in_the_language_that_is_asked_for() {
    let server = Server::start();
    let key = format!("Bearer {}", server.says("/api_key"));
    let rows = [
        ("", "en", "Not found", "There is nothing of that name."),
        ("fr", "en", "Not found", "There is nothing of that name."),
        ("zh-CN", "zh-CN", "未找到", "没有这个名称的资源。"),
        ("en;q=0.5, zh-Hant", "zh-TW", "找不到", "沒有這個名稱的資源。"),
    ];
    for (asked, given, title, detail) in rows {
        let headers = [("authorization", key.as_str()), ("accept-language", asked)];
        let answer = server.http.send("GET", "/v1/accounts/none", &headers, b"");
        let body = assert_problem(&answer, 404, "not_found");
        assert_eq!(answer.headers["content-language"], given, "{asked}");
        assert_eq!((&body["title"], &body["detail"]), (&json!(title), &json!(detail)));
    }
}

/// Seconds that a burst of guesses may take on a slow machine.
const SLOW: u64 = 300;

#[test]
fn locks_grow_until_only_a_reset_or_an_operator_helps() {
    let server = Server::start();
    let person = Person::made(&server, "guessed", &json!({ "payment": "payment-1" }));
    let verify = |secret: &str| person.native("payment/verify", &json!({ "secret": secret }));
    // Five in a row lock for a quarter of an hour; ten in a day until the day is over; twenty for good.
    // For good, it is worth asking again after a day: the person may have reset the secret.
    let steps = [(5, 900, true), (5, 86_400 - 900, true), (5, 3600, true), (5, 86_400, false)];
    for (misses, lock, ends) in steps {
        for left in (0..misses).rev() {
            let body = assert_problem(&verify("wrong-one"), 403, "secret_incorrect");
            assert_eq!(body["remaining_attempts"], left, "{body}");
            assert_eq!(body["locked_until"].is_string(), left == 0 && ends, "{body}");
        }
        let body = assert_problem(&verify("payment-1"), 423, "secret_locked");
        let account = person.account()["secrets"]["payment"].clone();
        assert_eq!((&account["state"], &account["remaining_attempts"]), (&json!("locked"), &json!(0)));
        assert_eq!(body["remaining_attempts"], 0);
        assert_eq!(body.get("locked_until").unwrap_or(&Value::Null), &account["locked_until"]);
        let wait = body["retry_after_s"].as_u64().unwrap_or(0);
        assert!(wait <= lock && wait + 2 * SLOW >= lock, "{wait} of {lock}");
        // Every guess of the burst is a day old then, not only its first.
        server.advance(u32::try_from(wait + SLOW).expect("seconds"));
    }
    server.advance(10 * 86_400);
    let body = assert_problem(&verify("payment-1"), 423, "secret_locked");
    assert!(body.get("locked_until").is_none(), "time does not help: {body}");
    let unlock = json!({ "kind": "payment", "reason": "they came with a passport" });
    let unlocked = server.native("POST", &format!("/v1/accounts/{}/unlock", person.id), Some(&unlock));
    assert_eq!(unlocked.json()["secrets"]["payment"]["remaining_attempts"], 5, "one burst, no more");
    assert_eq!(verify("payment-1").status, 200);
}

#[test]
fn of_two_at_once_with_one_key_one_runs_and_the_other_is_told_so() {
    let server = Server::start();
    let person = Person::made(&server, "doubled", &json!({ "payment": "payment-1" }));
    let bearer = format!("Bearer {}", server.says("/api_key"));
    let path = format!("/v1/accounts/{}/secrets/payment/verify", person.id);
    let mut conflicts = 0;
    for round in 0..20 {
        let before = server.comparisons("payment");
        let (start, key) = (Barrier::new(2), format!("key-{round}"));
        let send = || {
            let headers = [
                ("authorization", bearer.as_str()),
                ("content-type", "application/json"),
                ("idempotency-key", &key),
            ];
            start.wait();
            server.http.send("POST", &path, &headers, br#"{"secret":"payment-1"}"#)
        };
        let answers = thread::scope(|scope| {
            let both = [scope.spawn(send), scope.spawn(send)];
            both.map(|one| one.join().expect("an answer"))
        });
        assert_eq!(server.comparisons("payment"), before + 1, "one key, one comparison");
        for answer in answers.iter().filter(|answer| answer.status != 200) {
            assert_problem(answer, 409, "idempotency_conflict");
            conflicts += 1;
        }
    }
    assert!(conflicts > 0, "they never met");
}
