//! A small dialect whose endpoints do what a test needs: answer, wait at a gate, panic.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use countersign_dialects::raw::{RawRequest, RawResponse};
use countersign_dialects::rejection::Rejection;
use countersign_dialects::{Answer, DeviceToken, Dialect, Endpoint, Opened};
use countersign_domain::answer::Reply;
use countersign_domain::app::AppKind;
use countersign_domain::app::Scopes;
use countersign_domain::ask::Holder;
use countersign_domain::caller::{Claim, Resolution};
use countersign_domain::command::{AccountFilter, Command, Page};
use countersign_domain::id::AppId;
use countersign_domain::secret::SecretText;
use countersign_domain::time::Timestamp;
use http::{HeaderValue, Method, StatusCode};

/// Longest wait for anything that must happen. A test that runs into it has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

const GATED: usize = 2;
const PANICS: usize = 3;
const APPS: usize = 4;

/// The dialect. It is named as the native one, so that it also answers what nobody listens to.
pub(crate) struct Probe {
    greeting: &'static str,
    endpoints: Vec<Endpoint>,
    gate: Arc<Gate>,
}

/// Where a request waits until the test lets it go on.
pub(crate) struct Gate {
    entered: Mutex<Sender<()>>,
    opened: Mutex<Receiver<()>>,
    sealed: Mutex<Sender<()>>,
}

/// The test's side of the gate.
pub(crate) struct Keeper {
    entered: Receiver<()>,
    open: Sender<()>,
    sealed: Receiver<()>,
}

impl Keeper {
    /// Waits until a request stands at the gate.
    pub(crate) fn wait_for_entry(&self) {
        self.entered.recv_timeout(PATIENCE).expect("a request reaches the gate");
    }

    /// Lets one request go on.
    pub(crate) fn open(&self) {
        self.open.send(()).expect("the gate is there");
    }

    /// Waits until a request that went through, or that made an app, was sealed.
    pub(crate) fn wait_for_seal(&self) {
        self.sealed.recv_timeout(PATIENCE).expect("the request comes to its end");
    }
}

impl Probe {
    /// A dialect and the keeper of its gate.
    pub(crate) fn new(greeting: &'static str) -> (Box<Self>, Keeper) {
        let (entered, on_entry) = channel();
        let (open, opened) = channel();
        let (sealed, on_seal) = channel();
        let gate = Arc::new(Gate {
            entered: Mutex::new(entered),
            opened: Mutex::new(opened),
            sealed: Mutex::new(sealed),
        });
        let endpoint = |method, path| Endpoint { method, path, any_case: false };
        let endpoints = vec![
            endpoint(Method::POST, "/probe/echo"),
            endpoint(Method::GET, "/probe/echo"),
            endpoint(Method::POST, "/probe/gated"),
            endpoint(Method::POST, "/probe/panics"),
            endpoint(Method::POST, "/probe/apps"),
        ];
        (Box::new(Self { greeting, endpoints, gate }), Keeper { entered: on_entry, open, sealed: on_seal })
    }
}

impl Dialect for Probe {
    fn device_token(&self) -> DeviceToken {
        DeviceToken::Header
    }

    fn name(&self) -> &'static str {
        "native"
    }

    fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    fn identify(&self, raw: &RawRequest) -> Result<Claim, Rejection> {
        Ok(match raw.bearer() {
            Some(token) => Claim::ApiKey(SecretText::new(token.to_owned())),
            None => Claim::Nobody,
        })
    }

    fn open(&self, raw: &RawRequest, _: &Resolution, _: Timestamp) -> Result<Opened, Rejection> {
        match raw.endpoint {
            GATED => {
                self.gate
                    .entered
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .send(())
                    .expect("the keeper is there");
                // The runtime must know that this blocks, or it may leave its sockets unattended.
                tokio::task::block_in_place(|| {
                    let opened = self.gate.opened.lock().unwrap_or_else(PoisonError::into_inner);
                    opened.recv_timeout(PATIENCE).expect("the keeper opens");
                });
            }
            PANICS => panic!("this holds {}", String::from_utf8_lossy(&raw.body)),
            _ => {}
        }
        let command = if raw.endpoint == APPS {
            Command::CreateApp { name: "probe".to_owned(), kind: AppKind::Api, scopes: Scopes::default() }
        } else {
            let page = Page { after: None, limit: 1 };
            Command::FindAccounts {
                by: AccountFilter::All(page),
                holder: Holder::App(AppId::from_bytes([0; 16])),
            }
        };
        let idempotency_key = raw.header("idempotency-key").map(str::to_owned);
        Ok(Opened { idempotency_key, ..Opened::new(command) })
    }

    fn seal(
        &self,
        raw: &RawRequest,
        _: Option<&Resolution>,
        answer: Answer<'_>,
        _: Timestamp,
    ) -> RawResponse {
        if matches!(raw.endpoint, GATED | APPS) {
            // Nobody waits for it in most tests.
            let _ = self.gate.sealed.lock().unwrap_or_else(PoisonError::into_inner).send(());
        }
        let (status, text) = match answer {
            Answer::Done(done) => match &done.reply {
                Reply::AppCreated(app, _) => (201, app.id.to_string()),
                _ => (200, format!("{} {} {}", self.greeting, raw.body.len(), raw.authority.host)),
            },
            Answer::Refused(_) => (409, "refused".to_owned()),
            Answer::Rejected(rejection) => (status_of(rejection), format!("{rejection:?}")),
            Answer::Fault => (500, "fault".to_owned()),
        };
        let status = StatusCode::from_u16(status).expect("a status");
        let mut response = RawResponse::new(status, "text/plain", text.into_bytes());
        if let Answer::Rejected(Rejection::MethodNotAllowed(allowed)) = answer {
            let allowed = HeaderValue::from_str(&allowed.join(", ")).expect("methods");
            response.headers.insert(http::header::ALLOW, allowed);
        }
        response
    }

    fn openapi(&self) -> utoipa::openapi::OpenApi {
        let info = utoipa::openapi::Info::new("Probe", "1");
        let item = utoipa::openapi::PathItem::new(
            utoipa::openapi::HttpMethod::Post,
            utoipa::openapi::path::Operation::new(),
        );
        let greeting = format!("/probe/{}", self.greeting);
        let paths =
            utoipa::openapi::PathsBuilder::new().path("/probe/echo", item.clone()).path(greeting, item);
        utoipa::openapi::OpenApi::new(info, paths.build())
    }
}

fn status_of(rejection: &Rejection) -> u16 {
    match rejection {
        Rejection::NotFound => 404,
        Rejection::MethodNotAllowed(_) => 405,
        Rejection::BodyTooLarge(_) => 413,
        Rejection::IdempotencyMismatch => 422,
        Rejection::IdempotencyRunning => 409,
        _ => 400,
    }
}
