//! The server that is measured: the release binary, `dev`, on a temporary folder, with accounts and a session.

use std::path::PathBuf;
use std::process::Command;
use std::thread;

use serde_json::{Value, json};
use ureq::RequestBuilder;
use ureq::typestate::WithBody;

use crate::Outcome;
use crate::process::Process;
use crate::system::{ACCOUNTS, PIN, System, address, request};

const LOGIN: &str = "login-Passw0rd";
/// Requests at once while accounts are made.
const MAKERS: usize = 4;

/// A running server.
pub(crate) struct Server {
    pub(crate) system: System,
    /// Requests that read each account's state.
    pub(crate) reads: Vec<Vec<u8>>,
    /// The access token of a person whose window is open.
    pub(crate) token: String,
    pub(crate) url: String,
    /// The key of an app that may do everything.
    pub(crate) key: String,
    admin: String,
}

/// What the server itself has counted so far.
#[derive(Clone, Copy)]
pub(crate) struct Counts {
    /// Guesses charged.
    pub(crate) charged: u64,
    /// Comparisons made, those without an account left out.
    pub(crate) compared: u64,
}

impl Server {
    /// Starts it and makes everything that is asked for later.
    pub(crate) fn start() -> Outcome<Self> {
        Self::start_with(&[])
    }

    /// As [`Self::start`], with settings.
    pub(crate) fn start_with(settings: &[(&str, &str)]) -> Outcome<Self> {
        let data = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
        let mut command = Command::new(beside("countersign")?);
        command.args(["dev", "--json", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--data"]);
        command.arg(data.path()).env("COUNTERSIGN_LOG", "error").envs(settings.iter().copied());
        let (process, line) = Process::start(&mut command)?;
        let said: Value =
            serde_json::from_str(&line).map_err(|error| format!("not what dev prints: {error}"))?;
        let api = Api { url: text(&said, "url")?, key: text(&said, "api_key")? };
        let accounts = api.accounts()?;
        let at = address(&api.url)?;
        let bearer = format!("Authorization: Bearer {}\r\n", api.key);
        let verify = |id: &String| {
            let line = format!("POST /v1/accounts/{id}/secrets/payment/verify");
            request(&line, &at.to_string(), &bearer, &json!({ "secret": PIN }).to_string())
        };
        let read = |id| request(&format!("GET /v1/accounts/{id}"), &at.to_string(), &bearer, "");
        Ok(Self {
            reads: accounts.iter().map(read).collect(),
            token: api.session_with_window()?,
            admin: text(&said, "admin_url")?,
            url: api.url,
            key: api.key,
            system: System {
                name: "Countersign",
                process,
                at,
                requests: accounts.iter().map(verify).collect(),
                _data: data,
            },
        })
    }

    /// Has an endpoint told of everything that happens from now on.
    pub(crate) fn webhook(&self, url: &str) -> Outcome<()> {
        self.api().post("/v1/webhooks", &json!({ "url": url })).map(drop)
    }

    /// Its native API.
    pub(crate) fn api(&self) -> Api {
        Api { url: self.url.clone(), key: self.key.clone() }
    }

    /// So many more accounts with the PIN as payment secret: their ids.
    pub(crate) fn accounts(&self, count: usize) -> Outcome<Vec<String>> {
        let make = |n: usize| {
            let user = json!({ "username": format!("more-{n}"), "secrets": { "payment": PIN } });
            text(&self.api().post("/v1/accounts", &user)?, "id")
        };
        (0..count).map(make).collect()
    }

    /// From the server's own metrics.
    pub(crate) fn counts(&self) -> Outcome<Counts> {
        let page = ureq::get(format!("{}/metrics", self.admin)).call();
        let page = page.and_then(|mut answer| answer.body_mut().read_to_string());
        let page = page.map_err(|error| format!("the server shows no metrics: {error}"))?;
        let sum = |name: &str, with: &str| {
            let lines = page.lines().filter(|line| line.starts_with(name) && line.contains(with));
            lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
        };
        Ok(Counts {
            charged: sum("countersign_guesses_charged_total{", ""),
            compared: sum("countersign_comparisons_total{", "decoy=\"false\""),
        })
    }
}

/// A program that was built together with this one.
pub(crate) fn beside(name: &str) -> Outcome<PathBuf> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let folder = own.parent().ok_or("this program is in no folder")?;
    let path = if name.is_empty() { folder.to_owned() } else { folder.join(name) };
    if path.exists() { Ok(path) } else { Err(format!("{name} is missing; run: cargo xtask bench")) }
}

/// The native API, as far as setting up needs it.
pub(crate) struct Api {
    url: String,
    key: String,
}

impl Api {
    /// Accounts with the PIN as payment secret: their ids.
    fn accounts(&self) -> Outcome<Vec<String>> {
        eprintln!("making {ACCOUNTS} accounts");
        let make = |maker: usize| -> Outcome<Vec<String>> {
            (maker..ACCOUNTS)
                .step_by(MAKERS)
                .map(|n| {
                    let user = json!({ "username": format!("bench-{n}"), "secrets": { "payment": PIN } });
                    text(&self.post("/v1/accounts", &user)?, "id")
                })
                .collect()
        };
        thread::scope(|scope| {
            let makers: Vec<_> = (0..MAKERS).map(|maker| scope.spawn(move || make(maker))).collect();
            let mut ids = Vec::new();
            for maker in makers {
                ids.extend(maker.join().map_err(|_| "the set-up panicked".to_owned())??);
            }
            Ok(ids)
        })
    }

    /// The token of a person who chose to be asked once a day, and was just asked.
    fn session_with_window(&self) -> Outcome<String> {
        let secrets = json!({ "login": LOGIN, "payment": PIN });
        let person = json!({ "username": "bench-window", "secrets": secrets });
        let id = text(&self.post("/v1/accounts", &person)?, "id")?;
        let path = format!("/v1/accounts/{id}/ask-frequency");
        send(ureq::put(self.at(&path)), &self.key, &json!({ "ask_frequency": "day" }))?;
        let session = self.post("/v1/sessions", &json!({ "username": "bench-window", "login": LOGIN }))?;
        let token = text(&session, "access_token")?;
        let verify = self.at("/auth/user/bind/currency-pass/verify");
        send(ureq::post(verify), &token, &json!({ "pass": PIN }))?;
        let status = self.at("/auth/user/bind/currency-pass/verify-by-status");
        match answered(ureq::get(status).header("authorization", bearer(&token)).call())? {
            Value::Bool(true) => Ok(token),
            other => Err(format!("no window is open after a verify: {other}")),
        }
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Outcome<Value> {
        send(ureq::post(self.at(path)), &self.key, body)
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }
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

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

fn text(answer: &Value, name: &str) -> Outcome<String> {
    answer[name].as_str().map(str::to_owned).ok_or_else(|| format!("an answer without {name}"))
}
