//! A story that takes every secret through every endpoint, well and badly.

use serde_json::{Value, json};

use super::{secrets, text};
use crate::client::percent;
use crate::restart::printed;
use crate::server::Server;

/// Tells what goes well, and collects every secret of it.
pub(super) struct Teller<'a> {
    server: &'a Server,
    id: String,
    session: Value,
    /// Name and text.
    pub(super) canaries: Vec<(String, String)>,
}

impl<'a> Teller<'a> {
    pub(super) fn new(server: &'a Server) -> Self {
        let account = json!({
            "username": "watched", "agentid": 77, "usercode": 78,
            "mobiles": ["+86 18926374051", "18926374052"],
            "spark": { "appid": server.says("/spark/appid"), "wallet_addr": "watched-w", "user_id": "watched-u" },
            "secrets": secrets(),
        });
        let made = server.native("POST", "/v1/accounts", Some(&account));
        assert_eq!(made.status, 201, "{}", made.text());
        let mut teller =
            Self { server, id: text(&made.json(), "/id"), session: Value::Null, canaries: Vec::new() };
        for (kind, secret) in secrets().as_object().expect("an object") {
            teller.note(kind, secret.as_str().expect("text"));
        }
        for (n, mobile) in ["18926374051", "18926374052"].into_iter().enumerate() {
            teller.note(&format!("mobile {n}"), mobile);
        }
        for pointer in ["/api_key", "/hawk/key", "/spark/appsecret"] {
            teller.note(pointer, server.says(pointer));
        }
        teller
    }

    fn note(&mut self, name: &str, text: &str) -> String {
        self.canaries.push((name.to_owned(), text.to_owned()));
        text.to_owned()
    }

    fn native(&self, method: &str, path: &str, body: &Value, expected: u16) -> Value {
        let path = path.replace("{id}", &self.id);
        let answer = self.server.native(method, &path, (!body.is_null()).then_some(body));
        assert_eq!(answer.status, expected, "{method} {path}: {}", answer.text());
        if answer.body.is_empty() { Value::Null } else { answer.json() }
    }

    pub(super) fn tell(&mut self) {
        self.apps();
        self.log_in("canary-Login-4ZqX");
        self.codes_and_resets();
        self.oas_and_currency();
        self.spark();
        self.tour_and_flowmeter();
        self.native("DELETE", &format!("/v1/sessions/{}", text(&self.session, "/id")), &Value::Null, 204);
    }

    fn apps(&mut self) {
        for (kind, members) in [("api", &["api_key"][..]), ("spark", &["appsecret"]), ("hawk", &["hawk_key"])]
        {
            let app = self.native("POST", "/v1/apps", &json!({ "name": "watched", "kind": kind }), 201);
            for member in members {
                let secret = text(&app, &format!("/{member}"));
                self.note(member, &secret);
                if let Some((_, secret)) = secret.rsplit_once('_').filter(|(_, secret)| secret.len() > 20) {
                    self.note(&format!("the secret part of {member}"), secret);
                }
            }
        }
    }

    fn log_in(&mut self, login: &str) {
        self.session =
            self.native("POST", "/v1/sessions", &json!({ "username": "watched", "login": login }), 201);
        for member in ["access_token", "session_key"] {
            let secret = text(&self.session, &format!("/{member}"));
            self.note(member, &secret);
        }
    }

    fn code(&mut self, purpose: &str) -> String {
        self.native("POST", "/v1/accounts/{id}/codes", &json!({ "purpose": purpose }), 202);
        let outbox = self.native("GET", "/v1/dev/outbox?account_id={id}", &Value::Null, 200);
        let last = outbox["messages"].as_array().and_then(|messages| messages.last()).expect("a message");
        let code = text(last, "/code");
        self.note(&format!("code of {purpose}"), &code)
    }

    fn codes_and_resets(&mut self) {
        for (kind, new) in [("payment", "canary-Reset-Pay-5MvB"), ("query", "canary-Reset-Query-9DhJ")] {
            let code = self.code(&format!("{kind}_reset"));
            let new = self.note(&format!("{kind} by reset"), new);
            let path = format!("/v1/accounts/{{id}}/secrets/{kind}/reset");
            self.native("POST", &path, &json!({ "code": code, "new": new }), 200);
        }
        let change = json!({ "old": "canary-Reset-Pay-5MvB", "new": "canary-Chg-3L" });
        self.note("payment by change", "canary-Chg-3L");
        self.native("POST", "/v1/accounts/{id}/secrets/payment/change", &change, 200);
        let right = json!({ "secret": "canary-Chg-3L" });
        self.native("POST", "/v1/accounts/{id}/secrets/payment/verify", &right, 200);
    }

    fn oas_and_currency(&mut self) {
        let token = text(&self.session, "/access_token");
        let base64 = |text: &str| data_encoding::BASE64.encode(text.as_bytes());
        let new = self.note("payment by oas", "canary-Oas-6");
        let body =
            json!({ "withdrawPassword": base64(&new), "withdrawPasswordOrg": base64("canary-Chg-3L") });
        let headers = [("token", token.as_str()), ("content-type", "application/json")];
        let path = "/oascchapi/usr/withdrawPassword";
        let answer = self.server.http.send("POST", path, &headers, body.to_string().as_bytes());
        assert_eq!(answer.status, 200, "{}", answer.text());
        let new = self.note("payment by currency_pass", "canary-Cur-1");
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let calls = [
            ("PUT", "/change", json!({ "oldPass": "canary-Oas-6", "newPass": new })),
            ("POST", "/verify", json!({ "pass": new })),
        ];
        for (method, path, body) in calls {
            let path = format!("/auth/user/bind/currency-pass{path}");
            let answer = self.server.http.send(method, &path, &headers, body.to_string().as_bytes());
            assert_eq!(answer.text(), "true", "{path}");
        }
    }

    fn spark(&mut self) {
        let (appid, secret) = (self.server.says("/spark/appid"), self.server.says("/spark/appsecret"));
        let access = get(self.server, &format!("/v1/app/access?appid={appid}&appsecret={}", percent(secret)));
        let token = text(&access, "/data/accessToken");
        self.note("accessToken", &token);
        let call = |call: &str, members: &str| {
            let path = format!("/v1/wallet/{call}?accessToken={token}&walletAddr=watched-w&{members}");
            let answer = get(self.server, &path);
            assert_eq!(answer["code"], "200", "{call}: {answer}");
            answer
        };
        call("validPayPassword", "payPassword=canary-Cur-1");
        call("updatePayPassword", "oldPayPassword=canary-Cur-1&newPayPassword=canary-Spark-7YcE");
        call("modifyPassword", "oldPassword=canary-Reset-Query-9DhJ&newPassword=canary-Spark-Q-4UgS");
        call("validPassword", "password=canary-Spark-Q-4UgS");
        let temporary = ["resetPassword", "resetPayPassword"]
            .map(|reset| (reset, text(&call(reset, ""), "/data/newPwd")));
        self.note("payment by spark_wallet", "canary-Spark-7YcE");
        self.note("query by spark_wallet", "canary-Spark-Q-4UgS");
        for (name, secret) in temporary {
            self.note(name, &secret);
        }
    }

    fn tour_and_flowmeter(&mut self) {
        let new = self.note("payment by tour", "canary-Tour-2PxA");
        let key = text(&self.session, "/session_key");
        let environment = [
            ("COUNTERSIGN_SESSION_KEY", key.as_str()),
            ("COUNTERSIGN_LOGIN_SECRET", "canary-Login-4ZqX"),
            ("COUNTERSIGN_NEW_SECRET", &new),
        ];
        let cipher = printed(&["legacy-cipher", "tour"], &environment);
        let code = self.code("payment_change");
        let body = json!({ "username": "watched", "mobile": "18926374051", "verifycode": code, "newpassword": cipher });
        let headers = [("content-type", "application/json")];
        let path = "/api/WebInterface/Agent/ChangePayPassword";
        let answer = self.server.http.send("POST", path, &headers, body.to_string().as_bytes());
        assert_eq!(answer.json()["errcode"], 0, "{}", answer.text());

        let code = self.code("login_reset");
        let new = self.note("login by flowmeter", "canary-Flow-8KzD");
        let environment = [("COUNTERSIGN_VERIFY_CODE", code.as_str()), ("COUNTERSIGN_NEW_SECRET", &new)];
        let cipher = printed(&["legacy-cipher", "flowmeter"], &environment);
        let body = json!({ "agentid": 77, "usercode": 78, "verifycode": code, "newpwd": cipher }).to_string();
        let path = "/api/Agent/Ent/Password/ResetPwd";
        let url = format!("{}{path}", self.server.http.base());
        let arguments = ["hawk-header", "--id", self.server.says("/hawk/id"), "--url", &url, "--body", &body];
        let typed = [&arguments[..], &["--content-type", "application/json"]].concat();
        let header = printed(&typed, &[("COUNTERSIGN_HAWK_KEY", self.server.says("/hawk/key"))]);
        let headers = [("authorization", header.as_str()), ("content-type", "application/json")];
        let answer = self.server.http.send("POST", path, &headers, body.as_bytes());
        assert_eq!(answer.json()["errcode"], 0, "{}", answer.text());
        self.log_in("canary-Flow-8KzD");
    }
}

fn get(server: &Server, path: &str) -> Value {
    let answer = server.http.send("GET", path, &[], b"");
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}
