//! Every entry that compares a presented secret, by the secret that it compares, and what each tells.
//!
//! The table in `docs/guess-limit.md` lists the same entries.

use serde_json::{Value, json};

use crate::client::Answer;
use crate::story::Person;

/// What a guesser was told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Told {
    Right,
    Wrong,
    /// Locked, another guess in flight, or overloaded: nothing was compared.
    Later,
}

/// Where a secret can be presented.
#[derive(Clone, Copy)]
pub(super) struct Door {
    pub(super) name: &'static str,
    pub(super) guess: fn(&Person<'_>, &str) -> Told,
}

const fn door(name: &'static str, guess: fn(&Person<'_>, &str) -> Told) -> Door {
    Door { name, guess }
}

/// What a secret is changed to by whoever guesses it.
const NEW: &str = "a-new-one";

/// Where the payment secret is compared.
pub(super) const PAYMENT: [Door; 7] = [
    door("native verify", |person, secret| {
        native(&person.native("payment/verify", &json!({ "secret": secret })))
    }),
    door("native change", |person, secret| {
        native(&person.native("payment/change", &json!({ "old": secret, "new": NEW })))
    }),
    door("oas", |person, secret| oas(&person.oas(NEW, Some(secret)))),
    door("currency_pass verify", |person, secret| {
        currency(&person.currency("POST", "/verify", Some(&json!({ "pass": secret }))))
    }),
    door("currency_pass change", |person, secret| {
        let body = json!({ "oldPass": secret, "newPass": NEW });
        currency(&person.currency("PUT", "/change", Some(&body)))
    }),
    door("spark_wallet validPayPassword", |person, secret| {
        spark(&person.spark("validPayPassword", &[("payPassword", secret)]))
    }),
    door("spark_wallet updatePayPassword", |person, secret| {
        let members = [("oldPayPassword", secret), ("newPayPassword", NEW)];
        spark(&person.spark("updatePayPassword", &members))
    }),
];

/// Where the query secret is compared.
pub(super) const QUERY: [Door; 5] = [
    door("native verify", |person, secret| {
        native(&person.native("query/verify", &json!({ "secret": secret })))
    }),
    door("native change", |person, secret| {
        native(&person.native("query/change", &json!({ "old": secret, "new": NEW })))
    }),
    door("spark_wallet validPassword", |person, secret| {
        spark(&person.spark("validPassword", &[("password", secret)]))
    }),
    door("spark_wallet modifyPassword", |person, secret| {
        let members = [("oldPassword", secret), ("newPassword", NEW)];
        spark(&person.spark("modifyPassword", &members))
    }),
    door("spark_wallet setPayPassword", |person, secret| {
        let members = [("password", secret), ("payPassword", NEW)];
        spark(&person.spark("setPayPassword", &members))
    }),
];

/// Where the login secret is compared.
pub(super) const LOGIN: [Door; 3] = [
    door("native sessions", |person, secret| {
        let body = json!({ "username": person.username, "login": secret });
        native(&person.server.native("POST", "/v1/sessions", Some(&body)))
    }),
    door("native verify", |person, secret| {
        native(&person.native("login/verify", &json!({ "secret": secret })))
    }),
    door("native change", |person, secret| {
        native(&person.native("login/change", &json!({ "old": secret, "new": NEW })))
    }),
];

/// The query secret of whoever storms [`ASKING`].
pub(super) const QUERY_SECRET: &str = "query-1";

/// Where a first payment secret is asked to differ from the login secret: the caller presents what may be the latter,
/// and is told so by a refusal.
pub(super) const ASKING: [Door; 4] = [
    door("native set", |person, secret| {
        let answer = person.native("payment", &json!({ "secret": secret }));
        match (answer.status, answer.text().contains("secret_same_as_login")) {
            (422, true) => Told::Right,
            (201, _) => Told::Wrong,
            _ => native(&answer),
        }
    }),
    door("currency_pass bind", |person, secret| {
        let answer = person.currency("POST", "", Some(&json!({ "pass": secret })));
        if answer.status == 400 { Told::Right } else { set(currency(&answer)) }
    }),
    door("oas set", |person, secret| {
        let answer = person.oas(secret, None);
        match (answer.status, answer.json()["exceptionCode"].as_i64()) {
            (411, Some(0)) => Told::Right,
            _ => set(oas(&answer)),
        }
    }),
    door("spark_wallet setPayPassword", |person, secret| {
        let members = [("password", QUERY_SECRET), ("payPassword", secret)];
        let body = person.spark("setPayPassword", &members);
        if body["message"] == "32052:密码不符合规则" { Told::Right } else { set(spark(&body)) }
    }),
];

/// A secret that was set was not the login secret.
fn set(told: Told) -> Told {
    if told == Told::Right { Told::Wrong } else { told }
}

fn native(answer: &Answer) -> Told {
    let code = if answer.status < 300 { Value::Null } else { answer.json()["code"].clone() };
    match (answer.status, code.as_str().unwrap_or_default()) {
        (200 | 201, _) => Told::Right,
        (403, "secret_incorrect") => Told::Wrong,
        (423, "secret_locked") | (429, "rate_limited") | (503, "overloaded") => {
            assert!(answer.headers.contains_key("retry-after"), "{}", answer.text());
            Told::Later
        }
        _ => panic!("{} {}", answer.status, answer.text()),
    }
}

fn oas(answer: &Answer) -> Told {
    let body = answer.json();
    match (answer.status, body["exceptionCode"].as_i64()) {
        (200, Some(0)) => Told::Right,
        (411, Some(0)) if body["message"] == "旧资金密码错误，请确认" => Told::Wrong,
        (411, Some(10_102)) => Told::Later,
        (503, Some(0)) if body["message"] == "系统问题，请联络管理员" => Told::Later,
        _ => panic!("{} {body}", answer.status),
    }
}

fn currency(answer: &Answer) -> Told {
    match (answer.status, answer.text().as_str()) {
        (200, "true") => Told::Right,
        (200, "false") => Told::Wrong,
        (423 | 503, _) => {
            assert_eq!(answer.headers["content-type"], "application/problem+json");
            assert!(answer.headers.contains_key("retry-after"), "{}", answer.text());
            Told::Later
        }
        (status, body) => panic!("{status} {body}"),
    }
}

fn spark(body: &Value) -> Told {
    match (body["code"].as_str(), body["message"].as_str().unwrap_or_default()) {
        (Some("200"), "") => Told::Right,
        (Some("400"), "32038:密码不匹配") => Told::Wrong,
        (Some("400"), "32050:密码已锁定") | (Some("505"), "系统异常") => {
            assert!(body["data"]["retryAfter"].as_i64() > Some(0), "{body}");
            Told::Later
        }
        _ => panic!("{body}"),
    }
}
