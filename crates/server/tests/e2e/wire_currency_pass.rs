//! `currency_pass` end to end: every row of its table but the ask frequency, which `wire_currency_window` tells.

use serde_json::{Value, json};

use crate::client::Answer;
use crate::server::Server;
use crate::story::{LOGIN, Person};

const BASE: &str = "/auth/user/bind/currency-pass";
const NOT_LOGGED_IN: &str = "当前用户没有登录";

/// `true` or `false` as bare JSON.
pub(crate) fn assert_bare(answer: &Answer, expected: &str, about: &str) {
    assert_eq!((answer.status, answer.text().as_str()), (200, expected), "{about}");
    assert_eq!(answer.headers["content-type"], "application/json", "{about}");
    assert_eq!(answer.headers["cache-control"], "no-store", "{about}");
}

/// A problem with exactly the members that WIRE.md names.
pub(crate) fn assert_problem(answer: &Answer, status: u16, path: &str, message: &str) {
    assert_eq!(answer.status, status, "{path}: {}", answer.text());
    assert_eq!(answer.headers["content-type"], "application/problem+json");
    assert_eq!(answer.headers["cache-control"], "no-store");
    let body = answer.json();
    let mut names: Vec<&String> = body.as_object().expect("an object").keys().collect();
    names.sort();
    assert_eq!(names, ["message", "path", "status", "title", "type"]);
    let path = format!("{BASE}{path}");
    assert_eq!((&body["status"], &body["path"]), (&json!(status), &json!(path)));
    assert_eq!(body["message"], message, "{path}");
}

/// What a call with a body is answered: bare JSON, or a problem of that status.
enum Expected {
    Bare(&'static str),
    Problem(u16, &'static str),
}
use Expected::{Bare, Problem};

fn tell(person: &Person<'_>, rows: &[(&str, &str, Value, Expected)]) {
    for (method, path, body, expected) in rows {
        let answer = person.currency(method, path, Some(body));
        match expected {
            Bare(text) => assert_bare(&answer, text, &format!("{method} {path} {body}")),
            Problem(status, message) => assert_problem(&answer, *status, path, message),
        }
    }
}

#[test]
fn a_fund_password_is_bound_verified_and_changed_as_the_document_says() {
    let server = Server::start();
    let person = Person::made(&server, "binder", &json!({}));
    let rows = [
        ("POST", "/verify", json!({ "pass": "123456" }), Bare("false")),
        ("PUT", "/change", json!({ "oldPass": "123456", "newPass": "654321" }), Bare("false")),
        ("POST", "", json!({ "pass": "12345" }), Problem(400, "资金密码长度不够，至少6个字符")),
        ("POST", "", json!({ "pass": "12345678901234567" }), Problem(400, "资金密码过长，最多16个字符")),
        ("POST", "", json!({ "pass": "" }), Problem(400, "资金密码不能为空")),
        ("POST", "", json!({}), Problem(400, "资金密码不能为空")),
        ("POST", "", json!({ "pass": LOGIN }), Problem(400, "资金密码不能和登录密码相同")),
        ("POST", "", json!({ "pass": "资金密码六个" }), Bare("true")),
        ("POST", "", json!({ "pass": "another-one" }), Bare("false")),
        ("POST", "/verify", json!({ "pass": "another-one" }), Bare("false")),
        ("POST", "/verify", json!({ "pass": "资金密码六个" }), Bare("true")),
        ("POST", "/verify", json!({ "pass": "" }), Problem(400, "资金密码不能为空")),
        ("PUT", "/change", json!({ "oldPass": "", "newPass": "abcdef" }), Problem(400, "资金密码不能为空")),
        (
            "PUT",
            "/change",
            json!({ "oldPass": "资金密码六个", "newPass": "" }),
            Problem(400, "资金密码不能为空"),
        ),
        (
            "PUT",
            "/change",
            json!({ "oldPass": "资金密码六个", "newPass": LOGIN }),
            Problem(400, "资金密码不能和登录密码相同"),
        ),
        ("PUT", "/change", json!({ "oldPass": "wrong-old", "newPass": "abcde" }), Bare("false")),
        ("PUT", "/change", json!({ "oldPass": "资金密码六个", "newPass": "资金密码六个" }), Bare("false")),
        (
            "PUT",
            "/change",
            json!({ "oldPass": "资金密码六个", "newPass": "abcd" }),
            Problem(400, "资金密码长度不够，至少5个字符"),
        ),
        ("PUT", "/change", json!({ "oldPass": "资金密码六个", "newPass": "abcde" }), Bare("true")),
        ("POST", "/verify", json!({ "pass": "abcde" }), Bare("true")),
        ("POST", "/verify", json!({ "pass": "资金密码六个" }), Bare("false")),
    ];
    tell(&person, &rows);
    let left = &person.account()["secrets"]["payment"]["remaining_attempts"];
    assert_eq!(left, 4, "only the last wrong one is still charged");
}

#[test]
fn what_cannot_be_read_is_turned_away_and_spends_nothing() {
    /// Method, path, media type and body; status and message.
    type Row<'a> = (&'a str, &'a str, &'a str, &'a [u8], u16, &'a str);
    let server = Server::start();
    let person = Person::made(&server, "careless", &json!({ "payment": "its-payment" }));
    let bearer = format!("Bearer {}", person.token);
    let too_large = vec![b' '; 1024 * 1024 + 1];
    let rows: [Row<'_>; 7] = [
        ("POST", "/verify", "application/json", b"{\"pass\":", 400, "请求内容无法读取"),
        ("POST", "/verify", "application/json", b"{\"pass\":7}", 400, "请求内容无法读取"),
        ("POST", "/verify", "application/json", b"{\"pass\":\"\xff\"}", 400, "请求内容无法读取"),
        ("POST", "/verify", "text/plain", b"{}", 415, "请求内容须为 JSON"),
        ("POST", "/verify", "application/json", &too_large, 413, "请求内容过大"),
        ("DELETE", "/verify", "application/json", b"", 405, "不支持该请求方法"),
        ("GET", "/settings/4", "application/json", b"", 400, "rate 不对，只能是 1、2 或 3"),
    ];
    for (method, path, media_type, body, status, message) in rows {
        let headers = [("authorization", bearer.as_str()), ("content-type", media_type)];
        let answer = server.http.send(method, &format!("{BASE}{path}"), &headers, body);
        assert_problem(&answer, status, path, message);
    }
    let allow = server.http.send("DELETE", &format!("{BASE}/verify"), &[("authorization", &bearer)], b"");
    assert_eq!(allow.headers["allow"], "POST");
    assert_eq!(person.account()["secrets"]["payment"]["remaining_attempts"], 5);
}

/// Every call, with a body where it takes one.
fn calls() -> [(&'static str, &'static str, Option<Value>); 6] {
    [
        ("POST", "", Some(json!({ "pass": "abcdef" }))),
        ("PUT", "/change", Some(json!({ "oldPass": "abcdef", "newPass": "ghijkl" }))),
        ("POST", "/verify", Some(json!({ "pass": "abcdef" }))),
        ("GET", "/settings/status", None),
        ("GET", "/settings/2", None),
        ("GET", "/verify-by-status", None),
    ]
}

#[test]
fn whoever_is_not_logged_in_hears_one_thing_everywhere() {
    let unauthorized = ("COUNTERSIGN_DIALECTS__CURRENCY_PASS__NOT_LOGGED_IN_STATUS", "401");
    for (environment, status) in [(&[][..], 500), (&[unauthorized][..], 401)] {
        let server = Server::start_with(environment);
        let person = Person::made(&server, "gone", &json!({ "payment": "its-payment" }));
        let bearer = format!("Bearer {}", person.token);
        let ended = server.http.send("DELETE", "/v1/sessions/current", &[("authorization", &bearer)], b"");
        assert_eq!(ended.status, 204);
        let expired = person.log_in(LOGIN)["access_token"].as_str().expect("a token").to_owned();
        server.advance(7200);
        for (method, path, body) in calls() {
            let body = body.map(|body| body.to_string()).unwrap_or_default();
            for token in ["", "Bearer", &bearer, "Bearer nobodys", &format!("Bearer {expired}"), "Basic eDp5"]
            {
                let mut headers = vec![("content-type", "application/json")];
                headers.extend((!token.is_empty()).then_some(("authorization", token)));
                let answer = server.http.send(method, &format!("{BASE}{path}"), &headers, body.as_bytes());
                assert_problem(&answer, status, path, NOT_LOGGED_IN);
            }
        }
    }
}

#[test]
fn of_an_erased_user_only_verify_tells_until_the_token_expires() {
    let server = Server::start();
    let person = Person::made(&server, "erased", &json!({ "payment": "its-payment" }));
    assert_eq!(server.native("DELETE", &format!("/v1/accounts/{}", person.id), None).status, 204);
    for (method, path, body) in calls() {
        let answer = person.currency(method, path, body.as_ref());
        match path {
            "/verify" => assert_problem(&answer, 404, path, "用户找不到"),
            _ => assert_problem(&answer, 500, path, NOT_LOGGED_IN),
        }
    }
    let oas = person.oas("any-new-one", None);
    assert_eq!((oas.status, &oas.json()["exceptionCode"]), (408, &json!(90_005)));
    server.advance(7200);
    let late = person.currency("POST", "/verify", Some(&json!({ "pass": "abcdef" })));
    assert_problem(&late, 500, "/verify", NOT_LOGGED_IN);
}

#[test]
fn a_lock_is_told_with_the_seconds_left_in_each_language_or_as_false() {
    let server = Server::start();
    let person = Person::made(&server, "locked", &json!({ "payment": "its-payment" }));
    for _ in 0..5 {
        assert_bare(
            &person.currency("POST", "/verify", Some(&json!({ "pass": "wrong-one" }))),
            "false",
            "a miss",
        );
    }
    server.advance(890);
    let languages = [
        ("", "资金密码已锁定，请于{}秒后再试"),
        ("zh-TW", "資金密碼已鎖定，請於{}秒後再試"),
        ("en-GB, zh;q=0.5", "The fund password is locked, try again in {} seconds"),
    ];
    let bearer = format!("Bearer {}", person.token);
    for (language, message) in languages {
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/json"),
            ("accept-language", language),
        ];
        let path = format!("{BASE}/verify");
        let answer = server.http.send("POST", &path, &headers, br#"{"pass":"its-payment"}"#);
        let wait = &answer.headers["retry-after"];
        assert!((1..=10).contains(&wait.parse::<u32>().expect("seconds")), "{wait}");
        assert_problem(&answer, 423, "/verify", &message.replace("{}", wait));
    }
    let change = json!({ "oldPass": "its-payment", "newPass": "another-one" });
    assert_eq!(person.currency("PUT", "/change", Some(&change)).status, 423);
    assert_bare(
        &person.currency("POST", "", Some(&json!({ "pass": "another-one" }))),
        "false",
        "bind: there is one",
    );
    server.advance(10);
    let right = json!({ "pass": "its-payment" });
    assert_bare(&person.currency("POST", "/verify", Some(&right)), "true", "after the lock");

    let server = Server::start_with(&[("COUNTERSIGN_DIALECTS__CURRENCY_PASS__LOCKED", "false")]);
    let person = Person::made(&server, "locked", &json!({ "payment": "its-payment" }));
    for _ in 0..5 {
        assert_bare(
            &person.currency("POST", "/verify", Some(&json!({ "pass": "wrong-one" }))),
            "false",
            "a miss",
        );
    }
    assert_bare(&person.currency("POST", "/verify", Some(&right)), "false", "locked");
    assert_bare(&person.currency("PUT", "/change", Some(&change)), "false", "locked");
    assert_eq!(person.account()["secrets"]["payment"]["state"], "locked");
}

#[test]
fn the_least_length_of_a_change_and_common_secrets_are_settings() {
    let length = ("COUNTERSIGN_DIALECTS__CURRENCY_PASS__CHANGE_MIN_LENGTH", "6");
    let strict = ("COUNTERSIGN_PRESET", "strict");
    let too_short = || Problem(400, "资金密码长度不够，至少6个字符");
    let too_common = || Problem(400, "资金密码过于简单");
    for (environment, common) in [(length, Bare("true")), (strict, too_common())] {
        let server = Server::start_with(&[environment]);
        let person = Person::made(&server, "strict", &json!({ "payment": "its-payment" }));
        let change = |new: &str| json!({ "oldPass": "its-payment", "newPass": new });
        let rows =
            [("PUT", "/change", change("abcde"), too_short()), ("PUT", "/change", change("123456"), common)];
        tell(&person, &rows);
    }
}

#[test]
fn a_cookie_carries_the_token_only_where_it_is_named_and_not_across_sites() {
    let server = Server::start_with(&[("COUNTERSIGN_DIALECTS__CURRENCY_PASS__COOKIE", "sid")]);
    let person = Person::made(&server, "baker", &json!({ "payment": "its-payment" }));
    let status = |headers: &[(&str, &str)]| {
        server.http.send("GET", &format!("{BASE}/settings/status"), headers, b"").status
    };
    let cookie = format!("a=b; sid={}", person.token);
    assert_eq!(status(&[("cookie", &cookie)]), 200);
    assert_eq!(status(&[("cookie", &cookie), ("sec-fetch-site", "cross-site")]), 500);
    assert_eq!(status(&[("cookie", &cookie.replace("sid", "other"))]), 500);
}
