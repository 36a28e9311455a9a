//! `spark_wallet` end to end: every row of its table. The status is 200 whatever happened.

use serde_json::{Value, json};

use crate::client::percent;
use crate::server::Server;
use crate::story::{LOGIN, Person, spark_token};

const PARAMETER: &str = "1001:参数错误";
const INCORRECT: &str = "32038:密码不匹配";
const POLICY: &str = "32052:密码不符合规则";
const TOKEN: &str = "3007:The input accessToken is not right or expired.";
const HOUR: u32 = 3600;

/// An error without data.
fn error(code: &str, message: &str) -> Value {
    json!({ "code": code, "data": null, "message": message, "success": false })
}

/// Success about a wallet.
fn done(person: &Person<'_>) -> Value {
    let data = json!({ "walletAddr": person.wallet, "userId": format!("user-{}", person.username) });
    json!({ "code": "200", "data": data, "message": "", "success": true })
}

/// By GET with everything in the query, as the document has it.
fn get(server: &Server, path: &str, members: &[(&str, &str)]) -> Value {
    let query: Vec<String> =
        members.iter().map(|(name, value)| format!("{name}={}", percent(value))).collect();
    let answer = server.http.send("GET", &format!("{path}?{}", query.join("&")), &[], b"");
    assert_eq!((answer.status, answer.headers["cache-control"].as_str()), (200, "no-store"), "{path}");
    assert_eq!(answer.headers["content-type"], "application/json;charset=UTF-8");
    answer.json()
}

#[test]
fn each_call_does_its_work_and_refuses_as_its_row_says() {
    /// The call, its parameters beside token and wallet, and its answer.
    type Row<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a Value);
    let server = Server::start();
    let secrets = json!({ "query": "query-1", "payment": "payment-1" });
    let person = Person::made(&server, "walker", &secrets);
    let ok = done(&person);
    let wrong = error("400", INCORRECT);
    let (parameter, policy) = (error("400", PARAMETER), error("400", POLICY));
    let long = "x".repeat(65);
    let rows: [Row<'_>; 20] = [
        ("validPassword", &[("password", "query-1")], &ok),
        ("validPassword", &[("password", "query-2")], &wrong),
        ("validPassword", &[("password", "")], &parameter),
        ("validPassword", &[], &parameter),
        ("modifyPassword", &[("oldPassword", "wrong-1"), ("newPassword", "query-2")], &wrong),
        ("modifyPassword", &[("oldPassword", "query-1"), ("newPassword", "short")], &policy),
        ("modifyPassword", &[("oldPassword", "query-1"), ("newPassword", &long)], &policy),
        ("modifyPassword", &[("oldPassword", "query-1"), ("newPassword", "query-1")], &policy),
        ("modifyPassword", &[("oldPassword", "query-1")], &parameter),
        ("modifyPassword", &[("oldPassword", "query-1"), ("newPassword", "query-2")], &ok),
        ("validPassword", &[("password", "query-2")], &ok),
        ("validPayPassword", &[("payPassword", "payment-1")], &ok),
        ("validPayPassword", &[("payPassword", "payment-2")], &wrong),
        ("validPayPassword", &[], &parameter),
        ("updatePayPassword", &[("oldPayPassword", "wrong-1"), ("newPayPassword", "123456")], &wrong),
        ("updatePayPassword", &[("oldPayPassword", "payment-1"), ("newPayPassword", "short")], &policy),
        ("updatePayPassword", &[("oldPayPassword", "payment-1"), ("newPayPassword", LOGIN)], &policy),
        ("updatePayPassword", &[("newPayPassword", "123456")], &parameter),
        ("updatePayPassword", &[("oldPayPassword", "payment-1"), ("newPayPassword", "123456")], &ok),
        ("validPayPassword", &[("payPassword", "123456")], &ok),
    ];
    for (call, members, expected) in rows {
        assert_eq!(&person.spark(call, members), expected, "{call} {members:?}");
    }
    let wrong_method = server.http.send("PUT", "/v1/wallet/validPassword", &[], b"");
    assert_eq!((wrong_method.status, wrong_method.json()), (200, error("400", "1001:不支持该请求方法")));
}

#[test]
fn set_pay_password_asks_for_the_query_secret_before_it_tells_anything() {
    let server = Server::start();
    let person = Person::made(&server, "newcomer", &json!({ "query": "query-1" }));
    let ok = done(&person);
    let rows: [(&[(&str, &str)], Value); 8] = [
        (&[("payPassword", "payment-1")], error("400", PARAMETER)),
        (&[("password", "query-1")], error("400", PARAMETER)),
        (&[("password", "query-1"), ("payPassword", "short")], error("400", POLICY)),
        (&[("password", "query-1"), ("payPassword", LOGIN)], error("400", POLICY)),
        (&[("password", "wrong-1"), ("payPassword", "payment-1")], error("400", INCORRECT)),
        (&[("password", "query-1"), ("payPassword", "payment-1")], ok.clone()),
        (&[("password", "wrong-1"), ("payPassword", "payment-2")], error("400", INCORRECT)),
        (&[("password", "query-1"), ("payPassword", "payment-2")], error("400", "32051:支付密码已设置")),
    ];
    for (members, expected) in rows {
        assert_eq!(person.spark("setPayPassword", members), expected, "{members:?}");
    }
    assert_eq!(person.spark("validPayPassword", &[("payPassword", "payment-1")]), ok, "the first one stays");
    let left = &person.account()["secrets"]["query"]["remaining_attempts"];
    assert_eq!(left, 4, "a repeated set refills nothing");
}

#[test]
fn a_wallet_has_two_names_which_must_agree_and_belongs_to_one_app() {
    let server = Server::start();
    let one = Person::made(&server, "one", &json!({ "payment": "payment-1" }));
    let two = Person::made(&server, "two", &json!({ "payment": "payment-2" }));
    let call = |token: &str, path: &str, addr: &str, user: &str| {
        let members =
            [("accessToken", token), ("walletAddr", addr), ("userId", user), ("payPassword", "payment-1")];
        get(&server, &format!("/v1/wallet/{path}"), &members)
    };
    let other = server.native("POST", "/v1/apps", Some(&json!({ "name": "other", "kind": "spark" }))).json();
    let access = [
        ("appid", other["appid"].as_str().expect("an id")),
        ("appsecret", other["appsecret"].as_str().expect("a secret")),
    ];
    let stranger = get(&server, "/v1/app/access", &access)["data"]["accessToken"].clone();
    let stranger = stranger.as_str().expect("a token");
    let (ok, wrong, parameter) = (done(&one), error("400", INCORRECT), error("400", PARAMETER));
    let rows = [
        (one.spark.as_str(), "validPayPassword", one.wallet.as_str(), "", &ok),
        (&one.spark, "validPayPassword", "", "user-one", &ok),
        (&one.spark, "validPayPassword", &one.wallet, "user-one", &ok),
        (&one.spark, "validPayPassword", &one.wallet, "user-two", &parameter),
        (&one.spark, "validPayPassword", "", "", &parameter),
        (&one.spark, "validPayPassword", "no-such-wallet", "", &wrong),
        (&one.spark, "resetPayPassword", "no-such-wallet", "", &parameter),
        (stranger, "validPayPassword", &one.wallet, "", &wrong),
        (stranger, "resetPayPassword", &one.wallet, "", &parameter),
        (stranger, "resetPassword", "", "user-one", &parameter),
    ];
    for (token, path, addr, user, expected) in rows {
        assert_eq!(&call(token, path, addr, user), expected, "{path} {addr} {user}");
    }
    assert_eq!(two.spark("validPayPassword", &[("payPassword", "payment-2")]), done(&two));
}

#[test]
fn an_access_token_lives_two_hours_and_its_error_code_is_a_setting() {
    for (environment, code) in [
        (&[][..], "5001"),
        (&[("COUNTERSIGN_DIALECTS__SPARK_WALLET__TOKEN_ERROR_CODE", "400")][..], "400"),
        (&[("COUNTERSIGN_DIALECTS__SPARK_WALLET__TOKEN_ERROR_CODE", "401")][..], "401"),
    ] {
        let server = Server::start_with(environment);
        let person = Person::made(&server, "tokened", &json!({ "payment": "payment-1" }));
        let app = [("appid", server.says("/spark/appid")), ("appsecret", server.says("/spark/appsecret"))];
        let access = get(&server, "/v1/app/access", &app);
        let life = access["data"]["expiresIn"].as_i64().expect("seconds");
        assert!((7190..=7200).contains(&life) && access["code"] == "200", "{access}");
        let refused = error(code, TOKEN);
        let members = [("walletAddr", person.wallet.as_str()), ("payPassword", "payment-1")];
        assert_eq!(get(&server, "/v1/wallet/validPayPassword", &members), refused, "none");
        let unknown = [&members[..], &[("accessToken", "nobodys")]].concat();
        assert_eq!(get(&server, "/v1/wallet/validPayPassword", &unknown), refused, "unknown");
        server.advance(2 * HOUR - 30);
        assert_eq!(person.spark("validPayPassword", &[("payPassword", "payment-1")]), done(&person));
        server.advance(30);
        assert_eq!(person.spark("validPayPassword", &[("payPassword", "payment-1")]), refused, "expired");
        let wrong = error("400", "31001:appid及appsecret验证失败");
        for app in [[app[0], ("appsecret", "wrong")], [("appid", "app_nobodys"), app[1]]] {
            assert_eq!(get(&server, "/v1/app/access", &app), wrong);
        }
        assert_eq!(get(&server, "/v1/app/access", &app[..1]), error("400", PARAMETER));
    }
}

#[test]
fn a_lock_tells_the_seconds_left_and_a_reset_ends_it() {
    let server = Server::start();
    let person = Person::made(&server, "locked", &json!({ "query": "query-1", "payment": "payment-1" }));
    for (call, member, right, reset) in [
        ("validPassword", "password", "query-1", "resetPassword"),
        ("validPayPassword", "payPassword", "payment-1", "resetPayPassword"),
    ] {
        for _ in 0..5 {
            assert_eq!(person.spark(call, &[(member, "wrong-one")]), error("400", INCORRECT));
        }
        let locked = person.spark(call, &[(member, right)]);
        let left = locked["data"]["retryAfter"].as_i64().expect("seconds");
        assert!((880..=900).contains(&left), "{locked}");
        assert_eq!((&locked["code"], &locked["message"]), (&json!("400"), &json!("32050:密码已锁定")));
        assert_eq!(
            (&locked["success"], locked["data"].as_object().map(serde_json::Map::len)),
            (&json!(false), Some(1))
        );
        let made = person.spark(reset, &[]);
        let temporary = made["data"]["newPwd"].as_str().expect("a secret");
        assert_eq!(person.spark(call, &[(member, temporary)]), done(&person), "{reset} ended the lock");
    }
}

#[test]
fn a_temporary_secret_verifies_for_a_day_and_can_only_set_a_lasting_one() {
    let server = Server::start();
    let mut person = Person::made(&server, "forgetful", &json!({ "payment": "payment-1" }));
    let made = person.spark("resetPayPassword", &[]);
    let temporary = made["data"]["newPwd"].as_str().expect("a secret").to_owned();
    assert!(
        temporary.len() == 19 && temporary.bytes().all(|b| b.is_ascii_digit()) && !temporary.starts_with('0')
    );
    let again =
        person.spark("resetPayPassword", &[])["data"]["newPwd"].as_str().expect("a secret").to_owned();
    assert_ne!(temporary, again);
    assert_eq!(person.is_payment_secret(&temporary), [false; 3], "a second reset ends the first");
    assert_eq!(person.is_payment_secret(&again), [true; 3]);
    assert_eq!(person.account()["secrets"]["payment"]["state"], "temporary");
    let resets = person.events().iter().filter(|event| event["type"] == "secret_made_temporary").count();
    assert_eq!(resets, 2, "each is audited");
    assert_eq!(person.currency("GET", "/settings/3", None).text(), "successDay");
    assert_eq!(person.is_payment_secret(&again), [true; 3]);
    assert_eq!(person.currency("GET", "/verify-by-status", None).text(), "false", "it opens no window");
    server.advance(24 * HOUR - 60);
    person.spark = spark_token(&server);
    let members = [("payPassword", again.as_str())];
    assert_eq!(person.spark("validPayPassword", &members), done(&person), "in its last minute");
    server.advance(60);
    assert_eq!(person.spark("validPayPassword", &members), error("400", INCORRECT), "after its life");
    let change = [("oldPayPassword", again.as_str()), ("newPayPassword", "lasting-1")];
    assert_eq!(person.spark("updatePayPassword", &change), error("400", INCORRECT), "after its life");
    let third =
        person.spark("resetPayPassword", &[])["data"]["newPwd"].as_str().expect("a secret").to_owned();
    let change = [("oldPayPassword", third.as_str()), ("newPayPassword", "lasting-1")];
    assert_eq!(person.spark("updatePayPassword", &change), done(&person));
    assert_eq!(person.account()["secrets"]["payment"]["state"], "active");
}

#[test]
fn get_and_common_secrets_are_settings() {
    let no_get = ("COUNTERSIGN_DIALECTS__SPARK_WALLET__ALLOW_GET", "false");
    for (environment, common) in [(no_get, "200"), (("COUNTERSIGN_PRESET", "strict"), "400")] {
        let server = Server::start_with(&[environment]);
        let person = Person::made(&server, "posted", &json!({ "payment": "payment-1" }));
        let members = [("accessToken", person.spark.as_str()), ("walletAddr", &person.wallet)];
        let refused = get(&server, "/v1/wallet/validPayPassword", &members);
        assert_eq!(refused, error("400", "1001:不支持该请求方法"));
        let change = [("oldPayPassword", "payment-1"), ("newPayPassword", "123456")];
        assert_eq!(person.spark("updatePayPassword", &change)["code"], common, "{environment:?}");
    }
}
