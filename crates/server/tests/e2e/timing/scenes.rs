//! Doors where the person is not yet proven, and who may stand behind a name that is asked for there.

use data_encoding::BASE64;
use serde_json::{Value, json};

use crate::client::{Answer, percent};
use crate::legacy::{FLOWMETER, Signer, TOUR, USUAL, newpwd};
use crate::server::Server;
use crate::story::spark_token;

/// What is asked with; right nowhere.
const WRONG: &str = "not-the-one";
const WRONG_CODE: &str = "000000";
/// Guesses at one name: one fewer than a burst, so that asking locks nobody.
pub(super) const PER_NAME: usize = 4;
const BURST: usize = 5;
const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// Who may stand behind a name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Who {
    Unknown,
    Unset,
    Wrong,
    Locked,
}

impl Who {
    pub(super) const ALL: [Self; 4] = [Self::Unknown, Self::Unset, Self::Wrong, Self::Locked];
    /// Those who must not be told apart.
    pub(super) const ALIKE: [Self; 3] = [Self::Unknown, Self::Unset, Self::Wrong];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Unset => "unset",
            Self::Wrong => "wrong",
            Self::Locked => "locked",
        }
    }
}

/// Where a name is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Door {
    /// `POST /v1/sessions`; unset is an account without a login secret.
    Sessions,
    /// `spark_wallet` `validPayPassword`; unset is a wallet without a payment secret.
    Spark,
    /// `flowmeter`; unset is a user who was sent no code, locked one whose attempts are used up.
    Flowmeter,
    /// `tour` without a live session; unset is who never signed in, wrong who signed out, locked whose payment secret
    /// is locked.
    Tour,
}

/// A request, ready to be sent.
pub(super) struct Request {
    path: &'static str,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

/// One door of one server, with people of every sort behind it.
pub(super) struct Scene<'a> {
    server: &'a Server,
    pub(super) door: Door,
    bearer: String,
    spark: String,
    hawk: Signer<'a>,
}

impl Door {
    pub(super) const ALL: [Self; 4] = [Self::Tour, Self::Flowmeter, Self::Spark, Self::Sessions];

    /// Which of its doors a number belongs to, so that no two doors share a person.
    const fn number(self) -> usize {
        match self {
            Self::Sessions => 1,
            Self::Spark => 2,
            Self::Flowmeter => 3,
            Self::Tour => 4,
        }
    }
}

impl<'a> Scene<'a> {
    /// So many people of every sort behind this door.
    pub(super) fn new(server: &'a Server, door: Door, people: usize) -> Self {
        let bearer = format!("Bearer {}", server.says("/api_key"));
        let scene = Self { server, door, bearer, spark: spark_token(server), hawk: Signer::of_app(server) };
        for who in [Who::Unset, Who::Wrong, Who::Locked] {
            for n in 0..people {
                scene.people(who, n);
            }
        }
        scene
    }

    /// The `n`th request about somebody of this sort, ready to be sent.
    pub(super) fn request(&self, who: Who, n: usize) -> Request {
        let name = self.name(who, n / PER_NAME);
        let id = ("x-request-id", "the-same-for-all".to_owned());
        match self.door {
            Door::Sessions => {
                let body = json!({ "username": name, "login": WRONG }).to_string().into_bytes();
                let bearer = ("authorization", self.bearer.clone());
                Request {
                    path: "/v1/sessions",
                    headers: vec![bearer, ("content-type", JSON.to_owned()), id],
                    body,
                }
            }
            Door::Spark => {
                let members =
                    [("accessToken", self.spark.as_str()), ("walletAddr", &name), ("payPassword", WRONG)];
                let body = members.map(|(name, value)| format!("{name}={}", percent(value))).join("&");
                let headers = vec![("content-type", FORM.to_owned()), id];
                Request { path: "/v1/wallet/validPayPassword", headers, body: body.into_bytes() }
            }
            Door::Flowmeter => {
                let newpwd = BASE64.encode(&newpwd(USUAL, WRONG_CODE, "a-new-one-1"));
                let (agentid, usercode) = self.agent(who, n / PER_NAME);
                let body = json!({
                    "agentid": agentid, "usercode": usercode, "verifycode": WRONG_CODE, "newpwd": newpwd
                });
                let body = body.to_string().into_bytes();
                let hawk = ("authorization", self.hawk.header(JSON, &body));
                Request { path: FLOWMETER, headers: vec![hawk, ("content-type", JSON.to_owned()), id], body }
            }
            Door::Tour => {
                let newpassword = BASE64.encode(&[7; 40]);
                let body = json!({
                    "newpassword": newpassword, "verifycode": WRONG_CODE, "mobile": "13612345678", "username": name
                });
                let headers = vec![("content-type", JSON.to_owned()), id];
                Request { path: TOUR, headers, body: body.to_string().into_bytes() }
            }
        }
    }

    pub(super) fn send(&self, request: &Request) -> Answer {
        let headers: Vec<_> = request.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.server.http.send("POST", request.path, &headers, &request.body)
    }

    /// Names of all sorts are equally long.
    fn name(&self, who: Who, n: usize) -> String {
        format!("{:?}-{}-{n:05}", self.door, &who.name()[..3])
    }

    fn agent(&self, who: Who, n: usize) -> (i64, i64) {
        let code = (self.door.number() * 10 + who as usize) * 100_000 + n;
        (5_000_000_000, i64::try_from(code).expect("small"))
    }

    /// Makes the `n`th person of a sort.
    fn people(&self, who: Who, n: usize) {
        let (name, (agentid, usercode)) = (self.name(who, n), self.agent(who, n));
        let mut account = json!({
            "username": name, "agentid": agentid, "usercode": usercode, "mobiles": [format!("136{usercode:08}")],
            "spark": { "appid": self.server.says("/spark/appid"), "wallet_addr": name, "user_id": name },
            "secrets": { "login": "the-login-1", "payment": "the-payment-1" },
        });
        let unset = match self.door {
            Door::Sessions => Some("login"),
            Door::Spark => Some("payment"),
            Door::Flowmeter | Door::Tour => None,
        };
        if let (Who::Unset, Some(unset)) = (who, unset) {
            account["secrets"].as_object_mut().expect("an object").remove(unset);
        }
        let made = self.server.native("POST", "/v1/accounts", Some(&account));
        assert_eq!(made.status, 201, "{}", made.text());
        let id = made.json()["id"].as_str().expect("an id").to_owned();
        let post = |path: &str, body: &Value| {
            self.server.native("POST", &format!("/v1/accounts/{id}/{path}"), Some(body))
        };
        match (self.door, who) {
            (Door::Flowmeter, Who::Wrong | Who::Locked) => {
                assert_eq!(post("codes", &json!({ "purpose": "login_reset" })).status, 202);
            }
            (Door::Tour, Who::Wrong) => {
                let body = json!({ "username": name, "login": "the-login-1" });
                let session = self.server.native("POST", "/v1/sessions", Some(&body)).json();
                let path = format!("/v1/sessions/{}", session["id"].as_str().expect("an id"));
                assert_eq!(self.server.native("DELETE", &path, None).status, 204);
            }
            (Door::Tour, Who::Locked) => {
                for _ in 0..BURST {
                    assert_eq!(post("secrets/payment/verify", &json!({ "secret": WRONG })).status, 403);
                }
            }
            _ => {}
        }
        if who == Who::Locked && self.door != Door::Tour {
            for _ in 0..BURST {
                self.send(&self.request(who, n * PER_NAME));
            }
        }
    }
}
