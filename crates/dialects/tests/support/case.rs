//! A vector file, and how it is checked.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::IpAddr;

use countersign_dialects::raw::{Authority, RawRequest, RawResponse};
use countersign_dialects::rejection::Rejection;
use countersign_dialects::{Endpoint, Registry, Route};
use countersign_domain::time::Timestamp;
use data_encoding::HEXLOWER_PERMISSIVE;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answers::{Told, told};
use super::{NOW, callers, commands, dialects};

/// One case: a request, what it opens to, and the answer to it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    /// What would be lost without this case.
    pub why: String,
    /// Settings that are not at their defaults.
    #[serde(default)]
    pub settings: Value,
    /// Seconds since 1970; a fixed instant if absent.
    pub now: Option<i64>,
    /// The request.
    pub request: Request,
    /// What the claim came to; see `callers.rs`. Needed unless `identify` rejects.
    pub caller: Option<String>,
    /// `{"command": name, …}` with any of its members, or `{"rejected": text}`, the beginning of its `Debug`.
    pub opens: Option<Value>,
    /// What is sealed; see `answers.rs`. If absent, what `identify` or `open` rejected with.
    pub answer: Option<String>,
    /// The answer over the wire.
    pub response: Option<Response>,
}

/// The request of a case.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Request {
    method: String,
    path: String,
    query: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: Option<String>,
    body_hex: Option<String>,
}

/// The answer of a case. Headers are those that are checked; a null one must be absent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Response {
    status: u16,
    #[serde(default)]
    headers: BTreeMap<String, Option<String>>,
    body: Option<String>,
    body_hex: Option<String>,
}

/// What came of a case.
pub(crate) struct Played {
    /// The endpoint that was found, under another method if the case's own has none; none for a path nobody owns.
    pub(crate) endpoint: Option<Endpoint>,
    /// The command or the rejection, as flat JSON.
    pub(crate) opened: Value,
    /// The answer, if the case names or implies one.
    pub(crate) answer: Option<RawResponse>,
}

impl Case {
    /// Checks the case; the error says what differs.
    ///
    /// # Errors
    /// The first difference, for a person.
    pub(crate) fn check(&self, dialect: &str) -> Result<(), String> {
        let played = self.play(dialect)?;
        self.check_opened(&played.opened)?;
        match (&self.response, &played.answer) {
            (Some(expected), Some(found)) => expected.check(found),
            (Some(_), None) => Err("it opens: name the answer to seal".to_owned()),
            (None, _) => Ok(()),
        }
    }

    /// Plays the case as the server would, without its service.
    ///
    /// # Errors
    /// What is wrong with the file, for a person.
    pub(crate) fn play(&self, dialect: &str) -> Result<Played, String> {
        let now = self.now.map_or(NOW, Timestamp::from_secs);
        let registry = Registry::new(vec![dialects::build(dialect, &self.settings)]);
        let method = Method::from_bytes(self.request.method.as_bytes()).map_err(|_| "no such method")?;
        let (dialect, raw, turned_away) = match registry.route(&method, &self.request.path) {
            Route::Found { dialect, endpoint, params } => (dialect, self.raw(endpoint, params), None),
            Route::OtherMethods { dialect, endpoint, allowed } => {
                (dialect, self.raw(endpoint, Vec::new()), Some(Rejection::MethodNotAllowed(allowed)))
            }
            // The server lets one dialect answer for paths that nobody owns.
            Route::Nowhere => {
                let dialect = registry.iter().next().ok_or("no dialect")?;
                (dialect, self.raw(usize::MAX, Vec::new()), Some(Rejection::NotFound))
            }
        };
        let endpoint = dialect.endpoints().get(raw.endpoint).cloned();
        // As the server does: a request that is turned away before its claim is looked into has no caller.
        let (caller, opened) = if let Some(rejection) = turned_away.or_else(|| dialect.identify(&raw).err()) {
            (None, Err(rejection))
        } else {
            let name = self.caller.as_deref().ok_or("identify claims somebody: name the caller")?;
            let caller = callers::resolve(name);
            let opened = dialect.open(&raw, &caller, now);
            (Some(caller), opened)
        };
        let described = match &opened {
            Ok(opened) => with_address(commands::describe(&opened.command), opened.client_address),
            Err(rejection) => json!({ "rejected": format!("{rejection:?}") }),
        };
        let what = match (&self.answer, opened) {
            (Some(answer), _) => Some(told(answer, now)),
            (None, Err(rejection)) => Some(Told::Rejected(rejection)),
            (None, Ok(_)) => None,
        };
        let answer = what.map(|what| dialect.seal(&raw, caller.as_ref(), what.answer(), now));
        Ok(Played { endpoint, opened: described, answer })
    }

    fn check_opened(&self, found: &Value) -> Result<(), String> {
        let Some(expected) = &self.opens else { return Ok(()) };
        let fits = match (expected.get("rejected").and_then(Value::as_str), found.get("rejected")) {
            (Some(expected), Some(Value::String(found))) => found.starts_with(expected),
            (Some(_), _) | (None, Some(_)) => false,
            (None, None) => within(expected, found),
        };
        if fits { Ok(()) } else { Err(format!("opens to {found}\n  instead of {expected}")) }
    }

    fn raw(&self, endpoint: usize, params: Vec<String>) -> RawRequest {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.request.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a header's name");
            headers.insert(name, HeaderValue::from_bytes(value.as_bytes()).expect("a header's value"));
        }
        RawRequest {
            method: Method::from_bytes(self.request.method.as_bytes()).expect("a method"),
            path: self.request.path.clone(),
            query: self.request.query.clone(),
            headers,
            body: bytes(self.request.body.as_deref(), self.request.body_hex.as_deref()).unwrap_or_default(),
            endpoint,
            params,
            request_id: "req_vector".to_owned(),
            authority: Authority { host: "example.com".to_owned(), port: 80 },
        }
    }
}

impl Response {
    fn check(&self, found: &RawResponse) -> Result<(), String> {
        let mut differences = String::new();
        if found.status.as_u16() != self.status {
            let _ = write!(differences, "\n  status {} instead of {}", found.status.as_u16(), self.status);
        }
        for (name, expected) in &self.headers {
            let value = found.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
            if value.as_deref() != expected.as_deref() {
                let _ = write!(differences, "\n  header {name}: {value:?} instead of {expected:?}");
            }
        }
        if let Some(expected) =
            bytes(self.body.as_deref(), self.body_hex.as_deref()).filter(|b| *b != found.body)
        {
            let [found, expected] = [&found.body, &expected].map(|body| String::from_utf8_lossy(body));
            let _ = write!(differences, "\n  body       {found}\n  instead of {expected}");
        }
        if differences.is_empty() { Ok(()) } else { Err(differences) }
    }
}

/// The command, and with it the person's address where the request names one.
fn with_address(mut described: Value, address: Option<IpAddr>) -> Value {
    if let Some((members, address)) = described.as_object_mut().zip(address) {
        members.insert("client_address".to_owned(), address.to_string().into());
    }
    described
}

/// Whether every member that is expected is found with that value, inside objects too.
fn within(expected: &Value, found: &Value) -> bool {
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => {
            expected.iter().all(|(name, value)| found.get(name).is_some_and(|found| within(value, found)))
        }
        _ => expected == found,
    }
}

fn bytes(text: Option<&str>, hex: Option<&str>) -> Option<Vec<u8>> {
    match (text, hex) {
        (_, Some(hex)) => Some(HEXLOWER_PERMISSIVE.decode(hex.as_bytes()).expect("hexadecimal")),
        (text, None) => text.map(|text| text.as_bytes().to_vec()),
    }
}
