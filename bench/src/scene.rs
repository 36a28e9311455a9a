//! What there is to measure with: accounts that have a payment secret, and one session with an open window.

use std::io::Write;

use serde_json::{Value, json};
use tempfile::NamedTempFile;
use ureq::RequestBuilder;
use ureq::typestate::WithBody;

use crate::Outcome;
use crate::server::Server;

/// Many more than connections, so that two guesses seldom meet at one account.
const ACCOUNTS: usize = 500;
/// The payment secret of all accounts. Right every time: a wrong one would lock them.
pub(crate) const SECRET: &str = "kZ81mq";
const LOGIN: &str = "login-Passw0rd";
const TELL_EVERY: usize = 100;

/// Accounts and a session.
pub(crate) struct Scene {
    /// A file with one account's id a line.
    pub(crate) accounts: NamedTempFile,
    /// The access token of a person whose window is open.
    pub(crate) token: String,
}

impl Scene {
    pub(crate) fn set(server: &Server) -> Outcome<Self> {
        let mut accounts = NamedTempFile::new().map_err(|error| format!("no temporary file: {error}"))?;
        for n in 0..ACCOUNTS {
            let user = json!({ "username": format!("bench-{n}"), "secrets": { "payment": SECRET } });
            let id = text(&post(server, "/v1/accounts", &user)?, "id")?;
            writeln!(accounts, "{id}").map_err(|error| error.to_string())?;
            if (n + 1) % TELL_EVERY == 0 {
                eprintln!("accounts: {} of {ACCOUNTS}", n + 1);
            }
        }
        accounts.flush().map_err(|error| error.to_string())?;
        Ok(Self { accounts, token: session_with_window(server)? })
    }
}

/// A person who chose to be asked once a day, and was just asked.
fn session_with_window(server: &Server) -> Outcome<String> {
    let secrets = json!({ "login": LOGIN, "payment": SECRET });
    let person = json!({ "username": "bench-window", "secrets": secrets });
    let id = text(&post(server, "/v1/accounts", &person)?, "id")?;
    let path = format!("/v1/accounts/{id}/ask-frequency");
    send(ureq::put(at(server, &path)), &server.api_key, &json!({ "ask_frequency": "day" }))?;
    let session = post(server, "/v1/sessions", &json!({ "username": "bench-window", "login": LOGIN }))?;
    let token = text(&session, "access_token")?;
    let verify = at(server, "/auth/user/bind/currency-pass/verify");
    send(ureq::post(verify), &token, &json!({ "pass": SECRET }))?;
    let status = at(server, "/auth/user/bind/currency-pass/verify-by-status");
    match answered(ureq::get(status).header("authorization", bearer(&token)).call())? {
        Value::Bool(true) => Ok(token),
        other => Err(format!("no window is open after a verify: {other}")),
    }
}

fn post(server: &Server, path: &str, body: &Value) -> Outcome<Value> {
    send(ureq::post(at(server, path)), &server.api_key, body)
}

fn send(request: RequestBuilder<WithBody>, token: &str, body: &Value) -> Outcome<Value> {
    let request = request.header("authorization", bearer(token)).header("content-type", "application/json");
    answered(request.send(body.to_string()))
}

fn answered(answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Outcome<Value> {
    let mut answer = answer.map_err(|error| format!("the server refuses the set-up: {error}"))?;
    let text = answer.body_mut().read_to_string();
    let text = text.map_err(|error| format!("the server's answer cannot be read: {error}"))?;
    serde_json::from_str(&text).map_err(|error| format!("the server answers {text}: {error}"))
}

fn at(server: &Server, path: &str) -> String {
    format!("{}{path}", server.url)
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

fn text(answer: &Value, name: &str) -> Outcome<String> {
    answer[name].as_str().map(str::to_owned).ok_or_else(|| format!("an answer without {name}"))
}
