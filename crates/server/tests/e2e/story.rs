//! Invariant C: the same story told through any dialect ends in the same state.

use serde_json::{Value, json};

use crate::client::Answer;
use crate::server::Server;

/// A person with a session, on the demo account.
pub(crate) struct Person<'a> {
    pub(crate) server: &'a Server,
    pub(crate) id: String,
    pub(crate) token: String,
    pub(crate) session: Value,
    pub(crate) spark: String,
}

impl<'a> Person<'a> {
    pub(crate) fn new(server: &'a Server) -> Self {
        let login = json!({ "username": server.says("/account/username"), "login": server.says("/account/login") });
        let session = server.native("POST", "/v1/sessions", Some(&login));
        assert_eq!(session.status, 201, "{}", session.text());
        let session = session.json();
        let token = session["access_token"].as_str().expect("a token").to_owned();
        let app = [("appid", server.says("/spark/appid")), ("appsecret", server.says("/spark/appsecret"))];
        let access = server.http.form("/v1/app/access", &app).json();
        let spark = access["data"]["accessToken"].as_str().expect("a token").to_owned();
        Self { server, id: server.says("/account/id").to_owned(), token, session, spark }
    }

    pub(crate) fn native(&self, what: &str, body: &Value) -> Answer {
        let method = if what == "payment" { "PUT" } else { "POST" };
        self.server.native(method, &format!("/v1/accounts/{}/secrets/{what}", self.id), Some(body))
    }

    pub(crate) fn oas(&self, new: &str, old: Option<&str>) -> Answer {
        let base64 = |text: &str| data_encoding::BASE64.encode(text.as_bytes());
        let mut body = json!({ "withdrawPassword": base64(new) });
        if let Some(old) = old {
            body["withdrawPasswordOrg"] = base64(old).into();
        }
        let headers = [("token", self.token.as_str()), ("role", "MOBILE"), ("content-type", "application/json")];
        self.server.http.send("POST", "/oascchapi/usr/withdrawPassword", &headers, body.to_string().as_bytes())
    }

    pub(crate) fn currency(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let path = format!("/auth/user/bind/currency-pass{path}");
        let body = body.map(Value::to_string).unwrap_or_default();
        self.server.http.send(method, &path, &headers, body.as_bytes())
    }

    pub(crate) fn spark(&self, call: &str, members: &[(&str, &str)]) -> Value {
        let mut all = vec![
            ("accessToken", self.spark.as_str()),
            ("walletAddr", self.server.says("/account/wallet_addr")),
            ("userId", ""),
        ];
        all.extend_from_slice(members);
        let answer = self.server.http.form(&format!("/v1/wallet/{call}"), &all);
        assert_eq!(answer.status, 200, "spark callers parse only 200");
        answer.json()
    }

    /// Whether every dialect that can present a payment secret says this one is right.
    pub(crate) fn is_payment_secret(&self, secret: &str) -> [bool; 3] {
        let native = self.native("payment/verify", &json!({ "secret": secret })).status == 200;
        let currency = self.currency("POST", "/verify", Some(&json!({ "pass": secret }))).text() == "true";
        let spark = self.spark("validPayPassword", &[("payPassword", secret)])["success"] == true;
        [native, currency, spark]
    }
}

#[test]
fn a_secret_set_through_any_dialect_verifies_through_every_other() {
    let server = Server::start();
    let person = Person::new(&server);
    assert_eq!(person.currency("POST", "", Some(&json!({ "pass": "first-1" }))).text(), "true");
    assert_eq!(person.is_payment_secret("first-1"), [true; 3]);
    assert_eq!(person.oas("second-2", Some("first-1")).status, 200);
    assert_eq!(person.is_payment_secret("second-2"), [true; 3]);
    let members = [("oldPayPassword", "second-2"), ("newPayPassword", "third-3")];
    assert_eq!(person.spark("updatePayPassword", &members)["code"], "200");
    assert_eq!(person.is_payment_secret("third-3"), [true; 3]);
    let body = json!({ "old": "third-3", "new": "资金密码六个字" });
    assert_eq!(person.native("payment/change", &body).status, 200);
    assert_eq!(person.is_payment_secret("资金密码六个字"), [true; 3]);
    assert_eq!(person.is_payment_secret("third-3"), [false; 3]);
}
