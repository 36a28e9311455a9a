//! Every endpoint, with a credential that comes past authentication, and the form of an error there.

use serde_json::{Value, json};

use super::raw::{HOST, Reply, borrowed, chunked, request};
use crate::client::percent;
use crate::legacy::{FLOWMETER, Person, Signer, TOUR};
use crate::server::Server;

/// One method and path.
pub(super) struct Door<'a> {
    pub(super) dialect: String,
    pub(super) method: String,
    pub(super) path: String,
    headers: Vec<(&'static str, String)>,
    /// Where every request is signed for itself.
    signer: Option<Signer<'a>>,
}

impl Door<'_> {
    pub(super) fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// A whole request that its caller is known by. Answers of `tour` and `flowmeter` are asked for in JSON.
    pub(super) fn request(&self, media: &str, body: &[u8]) -> Vec<u8> {
        let headers = self.headers(media, body);
        request(&self.line(), &borrowed(&headers), body)
    }

    /// As [`Self::request`], in chunks.
    pub(super) fn chunked(&self, media: &str, body: &[u8]) -> Vec<u8> {
        let headers = self.headers(media, body);
        chunked(&self.line(), &borrowed(&headers), body)
    }

    pub(super) fn headers(&self, media: &str, body: &[u8]) -> Vec<(&'static str, String)> {
        let mut headers = self.headers.clone();
        headers.push(("accept", "application/json".to_owned()));
        headers.extend((!media.is_empty()).then(|| ("content-type", media.to_owned())));
        headers.extend(self.signer.as_ref().map(|signer| ("authorization", signer.header(media, body))));
        headers
    }

    /// Whether a body decides anything there.
    pub(super) fn takes_a_body(&self) -> bool {
        matches!(self.method.as_str(), "POST" | "PUT")
    }

    /// Panics unless the answer is an error in this dialect's own form.
    pub(super) fn refuses(&self, reply: &Reply, about: &str) {
        self.speaks(reply, about);
        let told: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        let refused = match self.dialect.as_str() {
            "spark_wallet" => told["success"] == false,
            "tour" | "flowmeter" => reply.status >= 400 || told["errcode"] != 0,
            // A text of any length may be presented, and is wrong.
            "currency_pass" if reply.status == 200 => told == false,
            _ => (400..500).contains(&reply.status),
        };
        assert!(refused, "{} takes {about}: {} {}", self.line(), reply.status, reply.text());
    }

    /// Panics unless the answer, good or bad, is in this dialect's own form and nobody's fault.
    pub(super) fn speaks(&self, reply: &Reply, about: &str) {
        let media = reply.header("content-type").unwrap_or_default();
        let told: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        let well = match self.dialect.as_str() {
            "spark_wallet" => reply.status == 200 && told["code"].is_string() && told["success"].is_boolean(),
            "oas" => told["message"].is_string() && told["exceptionCode"].is_number(),
            "tour" | "flowmeter" => {
                reply.status == 200 && told["errcode"].is_number() || told["Message"].is_string()
            }
            "currency_pass" if reply.status == 200 => !reply.body.is_empty(),
            "currency_pass" => {
                media == "application/problem+json" && told["path"].is_string() && told["message"].is_string()
            }
            _ if reply.status < 300 => reply.status == 204 || told.is_object(),
            _ => {
                media == "application/problem+json"
                    && told["code"].is_string()
                    && told["request_id"].is_string()
            }
        };
        let no_fault = reply.status < 500 && told["code"] != "505";
        assert!(well && no_fault, "{} and {about}: {} {}", self.line(), reply.status, reply.text());
    }
}

/// What the OpenAPI document lists, so that no endpoint is forgotten.
pub(super) fn all(server: &Server) -> Vec<Door<'_>> {
    let document = server.admin.send("GET", "/openapi.json", &[], b"").json();
    let person =
        json!({ "username": server.says("/account/username"), "login": server.says("/account/login") });
    let session = server.native("POST", "/v1/sessions", Some(&person)).json();
    let token = session["access_token"].as_str().expect("a token").to_owned();
    let app = [("appid", server.says("/spark/appid")), ("appsecret", server.says("/spark/appsecret"))];
    let spark = server.http.form("/v1/app/access", &app).json();
    let spark = spark["data"]["accessToken"].as_str().expect("a token").to_owned();
    let mut doors = Vec::new();
    for (template, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            let dialect = operation["tags"][0].as_str().expect("a tag").to_owned();
            let mut path = fill_in(server, method, template);
            let headers = match dialect.as_str() {
                "oas" => vec![("token", token.clone()), ("role", "MOBILE".to_owned())],
                "currency_pass" => vec![("authorization", format!("Bearer {token}"))],
                "native" => vec![("authorization", format!("Bearer {}", server.says("/api_key")))],
                _ => Vec::new(),
            };
            if template.starts_with("/v1/wallet/") {
                path = format!("{path}?accessToken={}", percent(&spark));
            }
            let signer = match dialect.as_str() {
                "tour" => Some(Person::new(server).signer()),
                "flowmeter" => Some(Signer::of_app(server)),
                _ => None,
            };
            let signer = signer.map(|signer| Signer { host: HOST.to_owned(), port: 80, ..signer });
            doors.push(Door { dialect, method: method.to_uppercase(), path, headers, signer });
        }
    }
    assert!(doors.len() >= 47, "only {} endpoints", doors.len());
    doors
}

/// One endpoint of each dialect, that takes a body.
pub(super) fn one_of_each(server: &Server) -> Vec<Door<'_>> {
    let paths = [
        "/oascchapi/usr/withdrawPassword",
        TOUR,
        FLOWMETER,
        "/auth/user/bind/currency-pass/verify",
        "/v1/wallet/validPayPassword",
        "/v1/accounts",
    ];
    let mut doors = all(server);
    doors.retain(|door| {
        door.method == "POST" && paths.contains(&door.path.split('?').next().unwrap_or_default())
    });
    assert_eq!(doors.len(), paths.len());
    doors
}

/// Names what exists, but for what would end it.
fn fill_in(server: &Server, method: &str, template: &str) -> String {
    let nobody = "00000000000000000000000000";
    let id = match (method, template) {
        ("delete", path) if path.starts_with("/v1/apps/") => format!("app_{nobody}"),
        ("delete", path) if path.starts_with("/v1/sessions/") => format!("ses_{nobody}"),
        ("delete", _) => format!("acct_{nobody}"),
        _ => server.says("/account/id").to_owned(),
    };
    template.replace("{id}", &id).replace("{kind}", "payment").replace("{rate}", "1")
}
