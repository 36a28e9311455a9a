//! The child: a whole server but for its sockets, and one request asked of it again and again.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use countersign_crypto::engine::{Need, Slot};
use countersign_crypto::entropy::SeededEntropy;
use countersign_crypto::hawk::{Algorithm, Credentials, Request, Stamp, authorization_header};
use countersign_crypto::seal::MasterKey;
use countersign_dialects::raw::{Authority, RawRequest, RawResponse};
use countersign_dialects::{Answer, Opened, Route};
use countersign_domain::caller::Caller;
use countersign_domain::event::{Actor, Origin};
use countersign_domain::identifier::TenantId;
use countersign_domain::secret::SecretText;
use countersign_server::clock::SystemClock;
use countersign_server::config::{Config, CostPreset, Hash};
use countersign_server::metrics::Metrics;
use countersign_server::run::{Means, Site, assemble};
use countersign_server::senders::NoSender;
use countersign_service::demo::{Demo, SECRET};
use countersign_service::{Clock, Context, Resolved};
use countersign_store::sqlite::{Options, SqliteStore};

use crate::Outcome;

/// What is counted: its name on the command line, and in words.
pub(crate) const PATHS: [(&str, &str); 6] = [
    ("account", "read of an account's state, by API key"),
    ("window", "`verify-by-status`, window open"),
    ("session", "read of the ask frequency, by access token"),
    ("locked", "`verify` of a locked secret, refused"),
    ("overloaded", "`verify` while every place at the hash engine is taken, refused"),
    ("hawk", "HAWK with a wrong MAC, rejected"),
];

/// Wrong guesses until the burst of the default policy is used up.
const MISSES: usize = 5;
const VERIFY: &str = "/auth/user/bind/currency-pass/verify";
const HAWK: &str = "/api/Agent/Ent/Password/ResetPwd";

/// Answers the request of this path so many times.
///
/// # Errors
/// There is no such path, it is not answered as it should be, or the server cannot be put together.
pub(crate) fn answer(path: &str, times: u32) -> Outcome<()> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| error.to_string())?.block_on(async {
        let driver = Driver::new(folder.path()).await?;
        let (wanted, raw) = driver.request(path).await?;
        let _taken = if path == "overloaded" { driver.every_place() } else { Vec::new() };
        for _ in 0..times {
            driver.expect(wanted, &raw).await?;
        }
        Ok(())
    })
}

/// A server without sockets, with the accounts of `dev`.
struct Driver {
    site: Site<SqliteStore>,
    demo: Demo,
}

impl Driver {
    async fn new(folder: &std::path::Path) -> Outcome<Self> {
        let store = SqliteStore::open(folder.join("bench.db"), Options::default());
        let store = store.map_err(|error| error.to_string())?;
        let entropy = Arc::new(SeededEntropy::new(1));
        let means = Means {
            metrics: Arc::new(Metrics::new(SystemClock.now())),
            clock: Arc::new(SystemClock),
            master: MasterKey::generate(entropy.as_ref()),
            entropy,
            sender: Arc::new(NoSender),
            dev: true,
            reload: None,
        };
        let site = assemble(&config(), store, means).await.map_err(|error| error.to_string())?;
        let demo = site.service.seed_demo().await.map_err(|error| error.to_string())?;
        Ok(Self { site, demo })
    }

    /// The request of a path, everything that it needs done, and the status that answers it.
    async fn request(&self, path: &str) -> Outcome<(u16, RawRequest)> {
        let key = self.demo.api_key.expose();
        let (account, token) = self.person("currency_pass")?;
        match path {
            "account" => Ok((200, self.raw("GET", &format!("/v1/accounts/{account}"), key, "")?)),
            "session" => {
                Ok((200, self.raw("GET", "/auth/user/bind/currency-pass/settings/status", token, "")?))
            }
            "window" => {
                let often = format!("/v1/accounts/{account}/ask-frequency");
                self.expect(200, &self.raw("PUT", &often, key, r#"{"ask_frequency":"day"}"#)?).await?;
                let pass = format!(r#"{{"pass":"{SECRET}"}}"#);
                self.expect(200, &self.raw("POST", VERIFY, token, &pass)?).await?;
                Ok((200, self.raw("GET", &format!("{VERIFY}-by-status"), token, "")?))
            }
            "locked" => {
                let verify = format!("/v1/accounts/{account}/secrets/payment/verify");
                let raw = self.raw("POST", &verify, key, r#"{"secret":"000111"}"#)?;
                for _ in 0..MISSES {
                    self.exchange(&raw).await?;
                }
                Ok((423, raw))
            }
            "overloaded" => {
                let verify = format!("/v1/accounts/{account}/secrets/payment/verify");
                Ok((503, self.raw("POST", &verify, key, r#"{"secret":"000111"}"#)?))
            }
            "hawk" => {
                let mut raw = self.raw("POST", HAWK, "", "{}")?;
                raw.headers.insert("authorization", text(&self.forged()?)?);
                Ok((401, raw))
            }
            other => Err(format!("{other}: no such path")),
        }
    }

    /// Takes every place at the hash engine that is to be had.
    fn every_place(&self) -> Vec<Slot> {
        let place = || self.site.pool.reserve(Need::one(TenantId::default_tenant())).ok();
        core::iter::from_fn(place).collect()
    }

    /// The demo's person of a dialect: the account's id and an access token.
    fn person(&self, dialect: &str) -> Outcome<(String, &str)> {
        let found = self.demo.dialects.iter().find(|(name, _, _)| *name == dialect);
        let (_, account, session) = found.ok_or_else(|| format!("the demo has nobody for {dialect}"))?;
        Ok((account.id.to_string(), session.access_token.expose()))
    }

    /// A HAWK header of an app that is known, signed with another key.
    fn forged(&self) -> Outcome<String> {
        let key = SecretText::new("not the key".to_owned());
        let id = self.demo.hawk.0.to_string();
        let credentials = Credentials { id: &id, key: &key, algorithm: Algorithm::Sha256 };
        let request = Request {
            method: "POST",
            resource: HAWK,
            host: "localhost",
            port: 80,
            content_type: Some("application/json"),
            body: b"{}",
        };
        let stamp = Stamp { now: SystemClock.now(), nonce: "bench", ext: None, app: None, dlg: None };
        authorization_header(&credentials, &request, &stamp).map_err(|error| error.to_string())
    }

    fn raw(&self, method: &str, path: &str, token: &str, body: &str) -> Outcome<RawRequest> {
        let method = Method::from_bytes(method.as_bytes()).map_err(|error| error.to_string())?;
        let Route::Found { endpoint, params, .. } = self.site.registry.route(&method, path) else {
            return Err(format!("{method} {path}: nobody listens"));
        };
        let mut headers = HeaderMap::new();
        headers.insert("host", text("localhost")?);
        if !token.is_empty() {
            headers.insert("authorization", text(&format!("Bearer {token}"))?);
        }
        if !body.is_empty() {
            headers.insert(HeaderName::from_static("content-type"), text("application/json")?);
        }
        Ok(RawRequest {
            method,
            path: path.to_owned(),
            query: None,
            headers,
            body: body.as_bytes().to_vec(),
            endpoint,
            params,
            request_id: "bench".to_owned(),
            authority: Authority { host: "localhost".to_owned(), port: 80 },
        })
    }

    async fn expect(&self, status: u16, raw: &RawRequest) -> Outcome<()> {
        let answer = self.exchange(raw).await?;
        if answer.status.as_u16() == status {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&answer.body).into_owned();
        Err(format!("{} is answered {} instead of {status}: {said}", raw.path, answer.status))
    }

    /// What the server does with a request once it has read it, and before it writes the answer.
    async fn exchange(&self, raw: &RawRequest) -> Outcome<RawResponse> {
        let (service, registry) = (&self.site.service, &self.site.registry);
        let Route::Found { dialect, .. } = registry.route(&raw.method, &raw.path) else {
            return Err("nobody listens".to_owned());
        };
        let now = service.now();
        let rejected = |caller, rejection| dialect.seal(raw, caller, Answer::Rejected(&rejection), now);
        let claim = match dialect.identify(raw) {
            Ok(claim) => claim,
            Err(rejection) => return Ok(rejected(None, rejection)),
        };
        let resolved = service.resolve(claim).await.map_err(|error| error.to_string())?;
        let Resolved { caller, seen } = resolved;
        let Opened { command, .. } = match dialect.open(raw, &caller, now) {
            Ok(opened) => opened,
            Err(rejection) => return Ok(rejected(Some(&caller), rejection)),
        };
        let actor = caller.as_ref().map_or(Actor::Nobody, Caller::actor);
        let request_id = raw.request_id.clone();
        let origin = Origin { dialect: dialect.name().to_owned(), actor, request_id };
        let outcome = service.execute(command, Context { seen, ..Context::of(origin) }).await;
        let outcome = outcome.map_err(|error| error.to_string())?;
        let told = outcome.as_ref().map_or_else(Answer::Refused, Answer::Done);
        Ok(dialect.seal(raw, Some(&caller), told, service.now()))
    }
}

/// The default settings, but for the cheapest hash: no path that is counted makes one, and what the set-up makes would only
/// blur the count.
fn config() -> Config {
    let hash = Hash {
        preset: CostPreset::Custom,
        memory_kib: Some(8),
        passes: Some(1),
        lanes: Some(1),
        allow_weak: true,
        ..Hash::default()
    };
    Config { hash, ..Config::default() }
}

fn text(value: &str) -> Outcome<HeaderValue> {
    HeaderValue::from_str(value).map_err(|error| error.to_string())
}
