//! `oas` end to end: every row of its table.

use data_encoding::BASE64;
use serde_json::{Value, json};

use crate::client::{Answer, percent};
use crate::server::Server;
use crate::story::{LOGIN, Person};

const PATHS: [&str; 2] = ["/oascchapi/usr/withdrawPassword", "/cch2oas/usr/withdrawPassword"];

/// The envelope, to the byte.
fn assert_says(answer: &Answer, status: u16, message: &str, code: u32) {
    let body = format!(r#"{{"message":"{message}","data":null,"exceptionCode":{code}}}"#);
    assert_eq!((answer.status, answer.text()), (status, body));
    assert_eq!(answer.headers["content-type"], "application/json;charset=UTF-8");
    assert_eq!(answer.headers["cache-control"], "no-store");
}

fn body(new: &str, old: Option<&str>) -> Value {
    let mut body = json!({ "withdrawPassword": BASE64.encode(new.as_bytes()) });
    if let Some(old) = old {
        body["withdrawPasswordOrg"] = BASE64.encode(old.as_bytes()).into();
    }
    body
}

impl Person<'_> {
    /// Any body, with more headers beside the token.
    fn oas_raw(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut all = vec![("token", self.token.as_str())];
        all.extend_from_slice(headers);
        self.server.http.send("POST", path, &all, body)
    }

    fn oas_json(&self, body: &Value) -> Answer {
        let headers = [("content-type", "application/json")];
        self.oas_raw(PATHS[0], &headers, body.to_string().as_bytes())
    }

    fn payment_left(&self) -> Value {
        self.account()["secrets"]["payment"]["remaining_attempts"].clone()
    }
}

#[test]
fn a_withdraw_password_is_set_and_then_changed_only_by_the_old_one() {
    let server = Server::start();
    let person = Person::made(&server, "setter", &json!({}));
    let long = "x".repeat(65);
    let rows = [
        (body("12345", None), 411, "资金密码长度不能少于6个字符"),
        (body(&long, None), 411, "资金密码长度不能超过64个字符"),
        (body("", None), 411, "请输入资金密码"),
        (json!({}), 411, "请输入资金密码"),
        (json!({ "withdrawPassword": "*not base64*" }), 411, "资金密码须以Base64编码传送"),
        (
            json!({ "withdrawPassword": BASE64.encode(b"\xff\xfe\xfd\xfc") }),
            411,
            "资金密码须以Base64编码传送",
        ),
        (body(LOGIN, None), 411, "资金密码不能与登录密码相同"),
        (body("first-1", Some("ignored while none is set")), 200, "密码设定成功"),
        (body("second-2", None), 411, "旧资金密码错误，请确认"),
        (body("second-2", Some("")), 411, "旧资金密码错误，请确认"),
        (body("second-2", Some("wrong-old")), 411, "旧资金密码错误，请确认"),
        (json!({ "withdrawPassword": 7 }), 411, "请求内容无法读取"),
    ];
    for (body, status, message) in rows {
        assert_says(&person.oas_json(&body), status, message, 0);
    }
    assert_eq!(person.payment_left(), 4, "only the wrong one was a guess");
    assert_says(&person.oas_json(&body("123456", Some("first-1"))), 200, "密码设定成功", 0);
    assert_eq!(person.payment_left(), 5);
    assert_eq!(person.is_payment_secret("123456"), [true; 3]);
}

#[test]
fn both_paths_every_role_and_every_way_to_write_the_body_are_read() {
    let server = Server::start();
    let person = Person::made(&server, "writer", &json!({ "payment": "secret-000" }));
    let mut old = "secret-000".to_owned();
    for (path, role) in [(PATHS[0], "MOBILE"), (PATHS[1], "APP"), (PATHS[0], "Portal"), (PATHS[0], "")] {
        let new = format!("secret-{role}-1");
        let headers = [("role", role), ("content-type", "application/json; charset=utf-8")];
        let answer = person.oas_raw(path, &headers, body(&new, Some(&old)).to_string().as_bytes());
        assert_says(&answer, 200, "密码设定成功", 0);
        old = new;
    }
    // Encodes to a text with `+` and padding; a form writes the `+` as a space, and clients forget the padding.
    let new = "~~~~>>>>~";
    let encoded = BASE64.encode(new.as_bytes());
    assert!(encoded.contains('+'), "{encoded}");
    let form = |new: &str, old: &str| format!("withdrawPassword={new}&withdrawPasswordOrg={old}");
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let unpadded = |text: &str| BASE64.encode(text.as_bytes()).trim_end_matches('=').to_owned();
    let first = form(&encoded, &percent(&unpadded(&old)));
    assert_says(&person.oas_raw(PATHS[0], &headers, first.as_bytes()), 200, "密码设定成功", 0);
    assert_eq!(person.is_payment_secret(new), [true; 3]);
    let second = form(&unpadded("and-again"), &percent(&encoded));
    assert_says(&person.oas_raw(PATHS[0], &headers, second.as_bytes()), 200, "密码设定成功", 0);
    assert_eq!(person.is_payment_secret("and-again"), [true; 3]);
}

#[test]
fn a_token_that_is_missing_expired_or_unknown_is_told_apart() {
    let server = Server::start();
    let person = Person::made(&server, "late", &json!({ "payment": "its-payment" }));
    let headers = [("content-type", "application/json")];
    let text = body("new-one", Some("its-payment")).to_string();
    let no_token = server.http.send("POST", PATHS[0], &headers, text.as_bytes());
    assert_says(&no_token, 401, "Header中没有token可验证，请确认", 90_004);
    let unknown = server.http.send("POST", PATHS[0], &[("token", "nobodys")], text.as_bytes());
    assert_says(&unknown, 408, "请重新登入", 90_005);
    let revoked = Person { token: token_of(&person), ..Person::made(&server, "other", &json!({})) };
    let bearer = format!("Bearer {}", revoked.token);
    assert_eq!(
        server.http.send("DELETE", "/v1/sessions/current", &[("authorization", &bearer)], b"").status,
        204
    );
    assert_says(&revoked.oas_json(&body("new-one", None)), 408, "请重新登入", 90_005);
    server.advance(7100);
    assert_says(&person.oas_json(&body("its-payment", Some("its-payment"))), 200, "密码设定成功", 0);
    server.advance(100);
    assert_says(&person.oas_json(&body("new-one", Some("its-payment"))), 408, "Request Timeout", 90_003);
    assert_eq!(person.payment_left(), 5, "nobody without a session spends a guess");
}

fn token_of(person: &Person<'_>) -> String {
    person.log_in(LOGIN)["access_token"].as_str().expect("a token").to_owned()
}

#[test]
fn our_texts_exist_in_three_languages_and_an_unknown_one_falls_back() {
    let server = Server::start();
    let person = Person::made(&server, "polyglot", &json!({ "payment": "its-payment" }));
    let rows = [
        ("", "旧资金密码错误，请确认"),
        ("zh_CN", "旧资金密码错误，请确认"),
        ("xx", "旧资金密码错误，请确认"),
        ("zh_TW", "舊資金密碼錯誤，請確認"),
        ("en", "The old withdraw password is wrong"),
    ];
    for (lang, message) in rows {
        let headers = [("lang", lang), ("content-type", "application/json")];
        let answer = person.oas_raw(PATHS[0], &headers, body("new-one", None).to_string().as_bytes());
        assert_says(&answer, 411, message, 0);
    }
}

#[test]
fn a_lock_tells_the_time_left_and_the_wrong_ones_so_far() {
    let server = Server::start();
    let person = Person::made(&server, "locked", &json!({ "payment": "its-payment" }));
    for _ in 0..5 {
        let wrong = person.oas_json(&body("new-one", Some("wrong-old")));
        assert_says(&wrong, 411, "旧资金密码错误，请确认", 0);
    }
    let right = body("new-one", Some("its-payment"));
    let answer = person.oas_json(&right);
    let expected = r#"{"message":"资金密码已锁定，请于15分钟后再试","data":{"usrWrongPasswordTimes":5},"exceptionCode":10102}"#;
    assert_eq!((answer.status, answer.text().as_str()), (411, expected));
    let wait: u32 = answer.headers["retry-after"].parse().expect("seconds");
    assert!((880..=900).contains(&wait), "{wait}");
    assert_says(&person.oas_json(&body("new-one", None)), 411, "旧资金密码错误，请确认", 0);
    server.advance(900);
    assert_says(&person.oas_json(&right), 200, "密码设定成功", 0);
}

#[test]
fn what_cannot_be_read_keeps_the_envelope() {
    let server = Server::start();
    let person = Person::made(&server, "careless", &json!({ "payment": "its-payment" }));
    let too_large = vec![b' '; 1024 * 1024 + 1];
    let rows: [(&str, &[u8], u16, &str); 4] = [
        ("application/json", b"{\"withdrawPassword\":", 411, "请求内容无法读取"),
        ("application/json", b"{\"withdrawPassword\":\"\xff\"}", 411, "请求内容无法读取"),
        ("text/plain", b"{}", 415, "不支持该内容类型"),
        ("application/json", &too_large, 413, "请求内容过大"),
    ];
    for (media_type, body, status, message) in rows {
        assert_says(&person.oas_raw(PATHS[0], &[("content-type", media_type)], body), status, message, 0);
    }
    let wrong_method = server.http.send("GET", PATHS[0], &[("token", &person.token)], b"");
    assert_says(&wrong_method, 405, "不支持该请求方法", 0);
    assert_eq!(wrong_method.headers["allow"], "POST");
    assert_eq!(person.payment_left(), 5);
}

#[test]
fn the_preset_strict_refuses_a_secret_that_everybody_tries_first() {
    for (environment, told) in [
        (("COUNTERSIGN_PRESET", "strict"), (411, "资金密码过于简单，请更换")),
        (("COUNTERSIGN_DIALECTS__OAS__COMMON_SECRETS", "refuse"), (411, "资金密码过于简单，请更换")),
        (("COUNTERSIGN_DIALECTS__OAS__COMMON_SECRETS", "allow"), (200, "密码设定成功")),
    ] {
        let server = Server::start_with(&[environment]);
        let person = Person::new(&server);
        assert_says(&person.oas_json(&body("123456", None)), told.0, told.1, 0);
    }
}
