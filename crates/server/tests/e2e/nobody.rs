//! Invariant E from outside: whoever is not proven cannot tell by answers or locks which names exist.

use serde_json::{Value, json};

use crate::server::Server;
use crate::story::{Person, spark_token};

/// Two instants that were meant to be the same may lie on both sides of a second's end.
const SLACK_S: i64 = 3;

/// What somebody learns from one answer.
#[derive(Debug)]
struct Learned {
    /// Everything but what differs from request to request anyway.
    answer: Value,
    /// Seconds until it is worth trying again.
    wait_s: Option<i64>,
}

fn assert_alike(one: &[Learned], other: &[Learned], what: &str) {
    assert_eq!(one.len(), other.len());
    for (n, (one, other)) in one.iter().zip(other).enumerate() {
        assert_eq!(one.answer, other.answer, "{what}, try {n}");
        match (one.wait_s, other.wait_s) {
            (Some(one), Some(other)) => {
                assert!((one - other).abs() <= SLACK_S, "{what}, try {n}: {one} s and {other} s");
            }
            waits => assert_eq!(waits, (None, None), "{what}, try {n}"),
        }
    }
}

fn login(server: &Server, username: &str) -> Learned {
    let body = json!({ "username": username, "login": "wrong-guess" });
    let answer = server.native("POST", "/v1/sessions", Some(&body));
    let mut json = answer.json();
    let members = json.as_object_mut().expect("a problem");
    assert!(members.remove("request_id").is_some(), "{}", answer.text());
    // As an instant it differs with the time of the request; the seconds until then do not.
    let locked_until = members.remove("locked_until").is_some_and(|until| until.is_string());
    let wait_s: Option<i64> = answer.headers.get("retry-after").map(|wait| wait.parse().expect("seconds"));
    assert_eq!(members.remove("retry_after_s").and_then(|wait| wait.as_i64()), wait_s, "both say the same");
    Learned { answer: json!([answer.status, json, locked_until]), wait_s }
}

fn spark(server: &Server, token: &str, wallet: &str, call: &str, members: &[(&str, &str)]) -> Learned {
    let mut all = vec![("accessToken", token), ("walletAddr", wallet), ("userId", "")];
    all.extend_from_slice(members);
    let answer = server.http.form(&format!("/v1/wallet/{call}"), &all);
    let mut json = answer.json();
    let wait_s = json["data"].as_object_mut().and_then(|data| data.remove("retryAfter"));
    Learned { answer: json!([answer.status, json]), wait_s: wait_s.and_then(|wait| wait.as_i64()) }
}

#[test]
fn a_login_name_that_nobody_has_answers_and_locks_like_any_other_through_burst_day_and_lifetime() {
    let server = Server::start();
    Person::made(&server, "known", &json!({}));
    let unset = server.native("POST", "/v1/accounts", Some(&json!({ "username": "unset" })));
    assert_eq!(unset.status, 201);
    let mut learned: [Vec<Learned>; 3] = Default::default();
    // Five and the lock; five more and the day's lock; the third burst and the fourth, then for good.
    for wait_s in [900, 86_400, 86_400, 86_400] {
        for (name, learned) in ["known", "unset", "nobody"].iter().zip(&mut learned) {
            learned.extend((0..6).map(|_| login(&server, name)));
        }
        server.advance(wait_s);
    }
    let [known, unset, nobody] = &learned;
    assert_alike(known, unset, "an account without a login secret");
    assert_alike(known, nobody, "no account");
    assert_eq!(known[5].answer[0], 423, "{:?}", known[5]);
    assert!(known[5].wait_s.is_some_and(|wait| (897..=900).contains(&wait)), "{:?}", known[5]);
    let last = known.last().expect("answers");
    assert_eq!((&last.answer[0], &last.answer[2]), (&json!(423), &json!(false)), "for good: {last:?}");
}

#[test]
fn a_wallet_that_nobody_has_answers_and_locks_like_any_other_at_every_call_that_takes_a_secret() {
    let server = Server::start();
    let token = spark_token(&server);
    let calls: [(&str, &[(&str, &str)]); 5] = [
        ("validPassword", &[("password", "wrong-guess")]),
        ("validPayPassword", &[("payPassword", "wrong-guess")]),
        ("modifyPassword", &[("oldPassword", "wrong-guess"), ("newPassword", "another1")]),
        ("updatePayPassword", &[("oldPayPassword", "wrong-guess"), ("newPayPassword", "another1")]),
        ("setPayPassword", &[("password", "wrong-guess"), ("payPassword", "another1")]),
    ];
    for (call, members) in calls {
        let (known, unset) = (format!("known-{call}"), format!("unset-{call}"));
        Person::made(&server, &known, &json!({ "payment": "the-right-1", "query": "the-right-2" }));
        Person::made(&server, &unset, &json!({}));
        let learn = |name: &str| -> Vec<Learned> {
            (0..6).map(|_| spark(&server, &token, &format!("wallet-{name}"), call, members)).collect()
        };
        let known = learn(&known);
        assert_alike(&known, &learn(&unset), call);
        assert_alike(&known, &learn(&format!("nobody-{call}")), call);
        assert_eq!(known[5].answer[1]["message"], "32050:密码已锁定", "{call}: {:?}", known[5]);
    }
    for call in ["resetPassword", "resetPayPassword"] {
        let told = spark(&server, &token, "wallet-of-nobody", call, &[]);
        assert_eq!(told.answer[1]["code"], "400", "a platform that resets may be told: {told:?}");
    }
}

#[test]
fn whoever_gets_a_name_that_was_guessed_at_is_not_locked() {
    let server = Server::start();
    for _ in 0..6 {
        login(&server, "wanted");
    }
    assert_eq!(login(&server, "wanted").answer[0], 423);
    let decoys = server.metric("countersign_comparisons_total", &[("kind", "login"), ("decoy", "true")]);
    assert_eq!((decoys, server.comparisons("login")), (5, 0), "decoys are counted as such");
    // Logs in with the right secret, or panics.
    Person::made(&server, "wanted", &json!({}));
}
