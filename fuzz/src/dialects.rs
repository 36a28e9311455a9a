//! One target a dialect: a whole request with its caller, through identify, open and seal.

use core::mem::discriminant;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use countersign_crypto::hawk::{Algorithm, Credentials, Request, Stamp, authorization_header};
use countersign_crypto::legacy::{tour_hawk_key, upper_md5};
use countersign_dialects::raw::{RawRequest, RawResponse};
use countersign_dialects::rejection::Rejection;
use countersign_dialects::{Answer, Dialect, Registry, Route};
use countersign_domain::caller::Resolution;
use countersign_domain::secret::SecretText;
use countersign_domain::time::Timestamp;
use countersign_server::config::{Dialects, Preset};
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderName, HeaderValue};
use serde_json::Value;

use crate::request::{CALLERS, Parts, SIGNERS, checksum, word};
use crate::words::{answers, callers, dialects};
use crate::{CANARY, Outcome, answer, seeds};

/// The instant of every run, which is that of the vectors.
pub(crate) const NOW: Timestamp = Timestamp::from_secs(1_790_000_000);

/// Where a secret may stand in a request. What stands anywhere else may be repeated in an answer.
const SECRET_HEADERS: [&str; 3] = ["authorization", "token", "cookie"];

thread_local! {
    static BUILT: RefCell<HashMap<(&'static str, String), Rc<Registry>>> = RefCell::default();
}

/// Runs one input through a dialect.
pub(crate) fn run(name: &'static str, input: &[u8]) -> Outcome {
    let parts = Parts::of(input);
    let registry = registry(name, parts.settings);
    let mut raw = parts.raw();
    let Some((dialect, turned_away)) = address(&registry, &mut raw) else { return Outcome::of(()) };
    sign(&mut raw, word(parts.signer, SIGNERS));
    let caller = callers::resolve(word(parts.caller, CALLERS));
    let answer = word(parts.answer, &seeds::words().answers);
    exchange(dialect, &raw, turned_away, &caller, answer)
}

/// One request through a dialect, as the server would do it, and every property of it.
pub(crate) fn exchange(
    dialect: &dyn Dialect,
    raw: &RawRequest,
    turned_away: Option<Rejection>,
    caller: &Resolution,
    answer: &str,
) -> Outcome {
    let (caller, opened) = match turned_away.map_or_else(|| dialect.identify(raw), Err) {
        Err(rejection) => (None, Err(rejection)),
        Ok(_) => (Some(caller), dialect.open(raw, caller, NOW)),
    };
    let told = answers::told(answer, NOW);
    let (step, sealed) = match &opened {
        Err(rejection) => (kind_of(rejection), dialect.seal(raw, caller, Answer::Rejected(rejection), NOW)),
        Ok(opened) => {
            let step = Outcome::of((discriminant(&opened.command), opened.once.is_some()));
            (step, dialect.seal(raw, caller, told.answer(), NOW))
        }
    };
    for response in [&sealed, &dialect.seal(raw, caller, Answer::Fault, NOW)] {
        answer::check(response);
        keeps_keys(response, raw, opened.is_ok());
    }
    if canary_is_secret(raw) {
        let told = opened.as_ref().err().map(|rejection| format!("{rejection:?}")).unwrap_or_default();
        assert!(!told.contains(CANARY), "a rejection repeats a secret: {told}");
        assert!(!says(&sealed, CANARY), "an answer repeats a secret: {}", shown(&sealed));
    }
    Outcome::of((step, raw.endpoint, sealed.status.as_u16(), sealed.headers.get(CONTENT_TYPE)))
}

/// The dialect with the settings of that text: those of a vector, else the defaults or the strict ones.
pub(crate) fn registry(name: &'static str, settings: &[u8]) -> Rc<Registry> {
    let known = &seeds::words().settings[name];
    let text = word(settings, &known.iter().map(String::as_str).collect::<Vec<_>>()).to_owned();
    BUILT.with_borrow_mut(|built| {
        // A handful for each dialect, kept for the life of the process.
        let one = built.entry((name, text)).or_insert_with_key(|(_, text)| {
            let settings = if text == seeds::STRICT { strict(name) } else { value(text) };
            Rc::new(Registry::new(vec![dialects::build(name, &settings)]))
        });
        Rc::clone(one)
    })
}

fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or(Value::Null)
}

fn strict(name: &str) -> Value {
    let all = serde_json::to_value(Dialects::of(Preset::Strict)).expect("settings are plain values");
    all[name].clone()
}

/// Finds the endpoint. A path that nobody owns is mostly taken for one that somebody does, because a mutated path
/// that is turned away tests nothing behind the door.
fn address<'r>(registry: &'r Registry, raw: &mut RawRequest) -> Option<(&'r dyn Dialect, Option<Rejection>)> {
    let dialect = registry.iter().next()?;
    let endpoints = dialect.endpoints();
    let rejection = match registry.route(&raw.method, &raw.path) {
        Route::Found { endpoint, params, .. } => {
            (raw.endpoint, raw.params) = (endpoint, params);
            None
        }
        Route::OtherMethods { endpoint, allowed, .. } => {
            raw.endpoint = endpoint;
            Some(Rejection::MethodNotAllowed(allowed))
        }
        Route::Nowhere if endpoints.is_empty() || checksum(raw.path.as_bytes()).is_multiple_of(8) => {
            raw.endpoint = 0;
            Some(Rejection::NotFound)
        }
        Route::Nowhere => {
            raw.endpoint = checksum(raw.path.as_bytes()) % endpoints.len();
            let endpoint = &endpoints[raw.endpoint];
            raw.method = endpoint.method.clone();
            let last = raw.path.rsplit('/').next().unwrap_or_default().to_owned();
            raw.params = endpoint.path.matches('{').map(|_| last.clone()).collect();
            None
        }
    };
    Some((dialect, rejection))
}

/// A HAWK credential.
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) key: SecretText,
}

/// Signs the request by HAWK, with the key of one of the callers.
pub(crate) fn sign(raw: &mut RawRequest, signer: &str) {
    let session_key = SecretText::new(callers::SESSION_KEY.to_owned());
    let key = match signer {
        "app" => SecretText::new(callers::HAWK_KEY.to_owned()),
        "login" => tour_hawk_key(&session_key, &upper_md5(callers::LOGIN.as_bytes())),
        "session" => session_key,
        _ => return,
    };
    let id = if signer == "app" { callers::APP.to_string() } else { callers::SESSION.to_string() };
    sign_with(raw, &Key { id, key }, NOW);
}

/// Signs the request by HAWK.
pub(crate) fn sign_with(raw: &mut RawRequest, key: &Key, now: Timestamp) {
    let request = Request {
        method: raw.method.as_str(),
        resource: &raw.resource(),
        host: &raw.authority.host,
        port: raw.authority.port,
        content_type: raw.header(CONTENT_TYPE.as_str()),
        body: &raw.body,
    };
    let credentials = Credentials { id: &key.id, key: &key.key, algorithm: Algorithm::Sha256 };
    let stamp = Stamp { now, nonce: "n0nce", ext: None, app: None, dlg: None };
    let header = authorization_header(&credentials, &request, &stamp).expect("ids are attributes");
    raw.headers.insert(AUTHORIZATION, HeaderValue::from_str(&header).expect("a header is ASCII"));
}

/// No answer says a key of the caller, unless a session that was just opened is shown, or the caller said it first.
fn keeps_keys(answer: &RawResponse, raw: &RawRequest, done: bool) {
    if done {
        return;
    }
    for key in [callers::SESSION_KEY, callers::HAWK_KEY, callers::LOGIN] {
        assert!(!says(answer, key) || sends(raw, key), "an answer says a key: {}", shown(answer));
    }
}

/// Whether the canary is in the request, and only where secrets are.
fn canary_is_secret(raw: &RawRequest) -> bool {
    let is_secret = |name: &HeaderName| SECRET_HEADERS.contains(&name.as_str());
    let (mut secret, mut open) = (contains(&raw.body, CANARY), raw.path.contains(CANARY));
    secret |= raw.query.as_ref().is_some_and(|query| query.contains(CANARY));
    open |= raw.method.as_str().contains(CANARY) || raw.params.iter().any(|param| param.contains(CANARY));
    for (name, value) in &raw.headers {
        let there = contains(value.as_bytes(), CANARY);
        secret |= there && is_secret(name);
        open |= there && !is_secret(name);
    }
    secret && !open
}

fn sends(raw: &RawRequest, text: &str) -> bool {
    let mut headers = raw.headers.values().map(HeaderValue::as_bytes);
    let head = format!("{} {}", raw.method, raw.resource());
    head.contains(text) || contains(&raw.body, text) || headers.any(|value| contains(value, text))
}

fn says(answer: &RawResponse, text: &str) -> bool {
    contains(&answer.body, text) || answer.headers.values().any(|value| contains(value.as_bytes(), text))
}

fn shown(answer: &RawResponse) -> String {
    format!("{:?} {}", answer.headers, String::from_utf8_lossy(&answer.body))
}

pub(crate) fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// What kind of rejection this is: with its own words, without what it took from the request.
fn kind_of(rejection: &Rejection) -> Outcome {
    let words = match rejection {
        Rejection::UnsupportedMediaType(_) => String::new(),
        other => format!("{other:?}"),
    };
    Outcome::of((discriminant(rejection), blurred(&words)))
}

/// The beginning of a text, without digits: outcomes that differ only in a number, or only far down a list, are one.
pub(crate) fn blurred(text: &str) -> String {
    text.chars().filter(|c| !c.is_ascii_digit()).take(64).collect()
}
