//! Invariant C: the same story told through any dialect ends in the same state.

use serde_json::{Value, json};

use crate::client::Answer;
use crate::server::Server;

/// The login secret of every person but the demo account's.
pub(crate) const LOGIN: &str = "login-of-mine";

/// A person with a session, a wallet and an access token of the app that owns it.
pub(crate) struct Person<'a> {
    pub(crate) server: &'a Server,
    pub(crate) id: String,
    pub(crate) username: String,
    pub(crate) wallet: String,
    pub(crate) token: String,
    pub(crate) session: Value,
    pub(crate) spark: String,
}

impl<'a> Person<'a> {
    /// The demo account, which has nothing but a login secret.
    pub(crate) fn new(server: &'a Server) -> Self {
        let account = json!({
            "id": server.says("/account/id"),
            "username": server.says("/account/username"),
            "spark": { "wallet_addr": server.says("/account/wallet_addr") },
        });
        Self::with_session(server, &account, server.says("/account/login"))
    }

    /// A new account of that name with these secrets beside [`LOGIN`].
    pub(crate) fn made(server: &'a Server, name: &str, secrets: &Value) -> Self {
        let mut account = json!({
            "username": name,
            "mobiles": ["+8613712345678"],
            "spark": {
                "appid": server.says("/spark/appid"),
                "wallet_addr": format!("wallet-{name}"),
                "user_id": format!("user-{name}"),
            },
            "secrets": { "login": LOGIN },
        });
        for (kind, secret) in secrets.as_object().expect("an object") {
            account["secrets"][kind] = secret.clone();
        }
        let made = server.native("POST", "/v1/accounts", Some(&account));
        assert_eq!(made.status, 201, "{}", made.text());
        Self::with_session(server, &made.json(), LOGIN)
    }

    fn with_session(server: &'a Server, account: &Value, login: &str) -> Self {
        let text =
            |pointer: &str| account.pointer(pointer).and_then(Value::as_str).expect(pointer).to_owned();
        let (id, username, wallet) = (text("/id"), text("/username"), text("/spark/wallet_addr"));
        let mut person = Self {
            server,
            id,
            username,
            wallet,
            token: String::new(),
            session: Value::Null,
            spark: spark_token(server),
        };
        person.session = person.log_in(login);
        person.session["access_token"].as_str().expect("a token").clone_into(&mut person.token);
        person
    }

    /// One more session of this person.
    pub(crate) fn log_in(&self, login: &str) -> Value {
        let body = json!({ "username": self.username, "login": login });
        let session = self.server.native("POST", "/v1/sessions", Some(&body));
        assert_eq!(session.status, 201, "{}", session.text());
        session.json()
    }

    /// The account as the native API shows it.
    pub(crate) fn account(&self) -> Value {
        self.server.native("GET", &format!("/v1/accounts/{}", self.id), None).json()
    }

    /// Has a code sent and reads it from the outbox.
    pub(crate) fn code(&self, purpose: &str) -> String {
        let path = format!("/v1/accounts/{}/codes", self.id);
        let sent = self.server.native("POST", &path, Some(&json!({ "purpose": purpose })));
        assert_eq!(sent.status, 202, "{}", sent.text());
        self.last_code()
    }

    /// The newest code in the outbox.
    pub(crate) fn last_code(&self) -> String {
        let outbox =
            self.server.native("GET", &format!("/v1/dev/outbox?account_id={}", self.id), None).json();
        let last = outbox["messages"].as_array().and_then(|messages| messages.last()).expect("a message");
        last["code"].as_str().expect("a code").to_owned()
    }

    /// The whole audit trail, newest first.
    pub(crate) fn events(&self) -> Vec<Value> {
        self.server.events(&self.id)
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
        let headers =
            [("token", self.token.as_str()), ("role", "MOBILE"), ("content-type", "application/json")];
        self.server.http.send(
            "POST",
            "/oascchapi/usr/withdrawPassword",
            &headers,
            body.to_string().as_bytes(),
        )
    }

    pub(crate) fn currency(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let path = format!("/auth/user/bind/currency-pass{path}");
        let body = body.map(Value::to_string).unwrap_or_default();
        self.server.http.send(method, &path, &headers, body.as_bytes())
    }

    pub(crate) fn spark(&self, call: &str, members: &[(&str, &str)]) -> Value {
        let mut all =
            vec![("accessToken", self.spark.as_str()), ("walletAddr", self.wallet.as_str()), ("userId", "")];
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

/// A fresh access token of the demo's `spark` app.
pub(crate) fn spark_token(server: &Server) -> String {
    let app = [("appid", server.says("/spark/appid")), ("appsecret", server.says("/spark/appsecret"))];
    let access = server.http.form("/v1/app/access", &app).json();
    access["data"]["accessToken"].as_str().expect("a token").to_owned()
}

impl Server {
    /// Moves the server's clock forward.
    pub(crate) fn advance(&self, seconds: u32) {
        let moved = self.native("POST", "/v1/dev/clock", Some(&json!({ "advance_s": seconds })));
        assert_eq!(moved.status, 200, "{}", moved.text());
    }

    /// A native call with the API key and more headers.
    pub(crate) fn native_with(
        &self,
        method: &str,
        path: &str,
        more: &[(&str, &str)],
        body: &Value,
    ) -> Answer {
        let bearer = format!("Bearer {}", self.says("/api_key"));
        let mut headers = vec![("authorization", bearer.as_str()), ("content-type", "application/json")];
        headers.extend_from_slice(more);
        self.http.send(method, path, &headers, body.to_string().as_bytes())
    }

    /// The whole audit trail of an account, newest first.
    pub(crate) fn events(&self, account: &str) -> Vec<Value> {
        self.every_page(&format!("/v1/events?account_id={account}&limit=200"))
    }

    /// All items of a list, page by page.
    pub(crate) fn every_page(&self, list: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut path = list.to_owned();
        loop {
            let answer = self.native("GET", &path, None);
            assert_eq!(answer.status, 200, "{}", answer.text());
            let mut page = answer.json();
            items.append(page["data"].as_array_mut().expect("items"));
            match page["next_cursor"].as_str() {
                Some(cursor) => path = format!("{list}&after={cursor}"),
                None => return items,
            }
        }
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

#[test]
fn the_same_story_told_through_any_dialect_ends_in_the_same_state() {
    /// How a dialect sets and changes, each telling whether it was done.
    type Teller = (&'static str, fn(&Person<'_>, &str) -> bool, fn(&Person<'_>, &str, &str) -> bool);
    let tellers: [Teller; 4] = [
        (
            "native",
            |person, new| person.native("payment", &json!({ "secret": new })).status == 201,
            |person, old, new| {
                person.native("payment/change", &json!({ "old": old, "new": new })).status == 200
            },
        ),
        (
            "oas",
            |person, new| person.oas(new, None).status == 200,
            |person, old, new| person.oas(new, Some(old)).status == 200,
        ),
        (
            "currency_pass",
            |person, new| person.currency("POST", "", Some(&json!({ "pass": new }))).text() == "true",
            |person, old, new| {
                let body = json!({ "oldPass": old, "newPass": new });
                person.currency("PUT", "/change", Some(&body)).text() == "true"
            },
        ),
        (
            "spark_wallet",
            |person, new| {
                person.spark("setPayPassword", &[("password", "query-1"), ("payPassword", new)])["success"]
                    == true
            },
            |person, old, new| {
                let members = [("oldPayPassword", old), ("newPayPassword", new)];
                person.spark("updatePayPassword", &members)["success"] == true
            },
        ),
    ];
    let server = Server::start();
    let ended = tellers.map(|(dialect, set, change)| {
        let person = Person::made(&server, dialect, &json!({ "query": "query-1" }));
        let told = [
            set(&person, "first-1"),
            change(&person, "wrong-1", "second-2"),
            change(&person, "first-1", LOGIN),
            change(&person, "first-1", "second-2"),
            change(&person, "first-1", "third-3"),
        ];
        assert_eq!(told, [true, false, false, true, false], "{dialect}");
        let account = person.account();
        let events: Vec<Value> =
            person.events().into_iter().filter(|event| event["kind"] == "payment").collect();
        assert!(events.iter().all(|event| event["dialect"] == dialect), "{events:?}");
        let trail: Vec<Value> = events.iter().map(|event| event["type"].clone()).collect();
        (account["secrets"]["payment"].clone(), account["ask_frequency"].clone(), trail)
    });
    let (payment, ask, trail) = &ended[0];
    assert_eq!(
        (&payment["state"], &payment["remaining_attempts"], ask),
        (&json!("active"), &json!(4), &json!("hour"))
    );
    assert_eq!(trail.len(), 5, "{trail:?}");
    assert!(ended.iter().all(|end| end == &ended[0]), "{ended:?}");
}
