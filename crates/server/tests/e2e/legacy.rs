//! A caller of `tour` and `flowmeter`: people of one's own, bodies in four formats, and HAWK as one likes it.

use std::sync::atomic::{AtomicU32, Ordering};

use countersign_crypto::hawk::{
    Algorithm, Credentials, Ext, HawkHeader, Request, Stamp, authorization_header,
    confirm_server_authorization,
};
use countersign_crypto::legacy::{
    Profile, encrypt, flowmeter_message, tour_hawk_key, tour_message, upper_md5,
};
use countersign_domain::secret::SecretText;
use countersign_domain::time::Timestamp;
use countersign_server::clock::SystemClock;
use countersign_service::Clock;
use data_encoding::BASE64;
use serde_json::{Value, json};

use crate::client::Answer;
use crate::server::Server;

pub(crate) const TOUR: &str = "/api/WebInterface/Agent/ChangePayPassword";
pub(crate) const FLOWMETER: &str = "/api/Agent/Ent/Password/ResetPwd";
pub(crate) const LOGIN: &str = "login-Passw0rd";
pub(crate) const OLD: &str = "old-payment-1";

static NEXT: AtomicU32 = AtomicU32::new(1);

/// The likeliest way to encrypt.
pub(crate) const USUAL: Profile = Profile::ALL[0];

/// An account with every secret, numbers of its own, and a session.
pub(crate) struct Person<'a> {
    pub(crate) server: &'a Server,
    pub(crate) id: String,
    pub(crate) username: String,
    pub(crate) mobile: String,
    pub(crate) agentid: i64,
    pub(crate) usercode: i64,
    session: Value,
}

impl<'a> Person<'a> {
    pub(crate) fn new(server: &'a Server) -> Self {
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let (username, mobile) = (format!("person-{n}"), format!("1361{n:07}"));
        // Beyond 32 bits, as the numbers may be.
        let (agentid, usercode) = (5_000_000_000, i64::from(n));
        let account = json!({
            "username": username, "agentid": agentid, "usercode": usercode,
            "mobiles": [mobile, format!("+86 139-{:04}-{:04}", n / 10_000, n % 10_000)],
            "secrets": { "login": LOGIN, "payment": OLD },
        });
        let made = server.native("POST", "/v1/accounts", Some(&account));
        assert_eq!(made.status, 201, "{}", made.text());
        let id = made.json()["id"].as_str().expect("an id").to_owned();
        let mut person = Self { server, id, username, mobile, agentid, usercode, session: Value::Null };
        person.sign_in(LOGIN);
        person
    }

    /// A new session, which takes the place of the old one.
    pub(crate) fn sign_in(&mut self, login: &str) {
        let body = json!({ "username": self.username, "login": login });
        let session = self.server.native("POST", "/v1/sessions", Some(&body));
        assert_eq!(session.status, 201, "{}", session.text());
        self.session = session.json();
    }

    pub(crate) fn sign_out(&self) {
        let path = format!("/v1/sessions/{}", self.session["id"].as_str().expect("an id"));
        assert_eq!(self.server.native("DELETE", &path, None).status, 204);
    }

    /// Has a code sent, and reads it.
    pub(crate) fn code(&self, purpose: &str) -> String {
        let path = format!("/v1/accounts/{}/codes", self.id);
        let sent = self.server.native("POST", &path, Some(&json!({ "purpose": purpose })));
        assert_eq!(sent.status, 202, "{}", sent.text());
        let outbox =
            self.server.native("GET", &format!("/v1/dev/outbox?account_id={}", self.id), None).json();
        let last = outbox["messages"].as_array().and_then(|messages| messages.last());
        last.and_then(|message| message["code"].as_str()).expect("a code").to_owned()
    }

    /// Status of presenting a secret by the native API.
    pub(crate) fn verify(&self, kind: &str, secret: &str) -> u16 {
        let path = format!("/v1/accounts/{}/secrets/{kind}/verify", self.id);
        self.server.native("POST", &path, Some(&json!({ "secret": secret }))).status
    }

    /// `newpassword` of `tour`.
    pub(crate) fn newpassword(&self, profile: Profile, new: &str) -> String {
        let message = tour_message(&self.session_key(), &upper_md5(LOGIN.as_bytes()));
        let digest = upper_md5(new.as_bytes());
        BASE64.encode(&encrypt(profile, message.expose(), &digest).expect("no degenerate key"))
    }

    /// A whole body of `tour`, right in everything.
    pub(crate) fn tour(&self, new: &str) -> Value {
        json!({
            "newpassword": self.newpassword(USUAL, new), "verifycode": self.code("payment_change"),
            "mobile": self.mobile, "username": self.username,
        })
    }

    /// A whole body of `flowmeter`, right in everything.
    pub(crate) fn flowmeter(&self, purpose: &str, new: &str) -> Value {
        let code = self.code(purpose);
        let newpwd = BASE64.encode(&newpwd(USUAL, &code, new));
        json!({ "agentid": self.agentid, "usercode": self.usercode, "verifycode": code, "newpwd": newpwd })
    }

    pub(crate) fn session_key(&self) -> SecretText {
        SecretText::new(self.session["session_key"].as_str().expect("a session key").to_owned())
    }

    /// Signs as the session.
    pub(crate) fn signer(&self) -> Signer<'a> {
        let id = self.session["hawk_id"].as_str().expect("a HAWK id").to_owned();
        let key = tour_hawk_key(&self.session_key(), &upper_md5(LOGIN.as_bytes()));
        Signer::new(self.server, TOUR, id, key)
    }
}

/// The ciphertext of `flowmeter`.
pub(crate) fn newpwd(profile: Profile, code: &str, new: &str) -> Vec<u8> {
    let message = flowmeter_message(&SecretText::new(code.to_owned()));
    encrypt(profile, message.expose(), &upper_md5(new.as_bytes())).expect("no degenerate key")
}

/// Who signs requests to one endpoint.
#[derive(Clone)]
pub(crate) struct Signer<'a> {
    pub(crate) server: &'a Server,
    pub(crate) path: &'static str,
    pub(crate) id: String,
    pub(crate) key: SecretText,
    pub(crate) algorithm: Algorithm,
    /// What the clock of the caller is off by.
    pub(crate) seconds_off: i64,
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl<'a> Signer<'a> {
    pub(crate) fn new(server: &'a Server, path: &'static str, id: String, key: SecretText) -> Self {
        let authority = server.says("/url").trim_start_matches("http://");
        let (host, port) = authority.split_once(':').expect("host and port");
        let (host, port) = (host.to_owned(), port.parse().expect("a port"));
        Self { server, path, id, key, algorithm: Algorithm::Sha256, seconds_off: 0, host, port }
    }

    /// The application-wide credential of the demo.
    pub(crate) fn of_app(server: &'a Server) -> Self {
        let key = SecretText::new(server.says("/hawk/key").to_owned());
        Self::new(server, FLOWMETER, server.says("/hawk/id").to_owned(), key)
    }

    /// A header that was never sent before. Signs the hash of `body`, and none where it is empty.
    pub(crate) fn header(&self, media: &str, body: &[u8]) -> String {
        self.header_with(Ext::parse("some-data").as_ref(), media, body)
    }

    pub(crate) fn header_without_ext(&self, media: &str, body: &[u8]) -> String {
        self.header_with(None, media, body)
    }

    fn header_with(&self, ext: Option<&Ext>, media: &str, body: &[u8]) -> String {
        let nonce = format!("nonce-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let now = Timestamp::from_secs(SystemClock.now().secs() + self.seconds_off);
        let stamp = Stamp { now, nonce: &nonce, ext, app: None, dlg: None };
        authorization_header(&self.credentials(), &self.covers(media, body), &stamp)
            .expect("plain attributes")
    }

    /// Sends a body as it is, signed.
    pub(crate) fn send(&self, media: &str, body: &[u8]) -> Answer {
        self.send_with(&self.header(media, body), media, body)
    }

    /// Sends a body as JSON, signed.
    pub(crate) fn json(&self, body: &Value) -> Answer {
        self.send("application/json", body.to_string().as_bytes())
    }

    pub(crate) fn send_with(&self, header: &str, media: &str, body: &[u8]) -> Answer {
        let headers = [("authorization", header), ("content-type", media)];
        self.server.http.send("POST", self.path, &headers, body)
    }

    /// Whether the answer proves itself to the maker of this header.
    pub(crate) fn confirms(&self, header: &str, answer: &Answer) -> bool {
        let Some(proof) = answer.headers.get("server-authorization") else { return false };
        let sent = HawkHeader::parse(header).expect("a header of ours");
        let media = answer.headers.get("content-type").map(String::as_str);
        confirm_server_authorization(
            &self.credentials(),
            &self.covers("", b""),
            &sent,
            proof,
            media,
            &answer.body,
        )
    }

    fn credentials(&self) -> Credentials<'_> {
        Credentials { id: &self.id, key: &self.key, algorithm: self.algorithm }
    }

    fn covers<'b>(&'b self, media: &'b str, body: &'b [u8]) -> Request<'b> {
        Request {
            method: "POST",
            resource: self.path,
            host: &self.host,
            port: self.port,
            content_type: Some(media),
            body,
        }
    }
}

/// `errcode` of a business result.
pub(crate) fn errcode(answer: &Answer) -> i64 {
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["errcode"].as_i64().expect("an errcode")
}
