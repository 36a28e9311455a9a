//! A vector file, and how it is checked.

use std::collections::BTreeMap;
use std::fmt::Write;

use countersign_dialects::raw::{Authority, RawRequest, RawResponse};
use countersign_dialects::rejection::Rejection;
use countersign_dialects::{Dialect, Endpoint, Route};
use countersign_domain::caller::Resolution;
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

impl Case {
    /// Checks the case; the error says what differs.
    ///
    /// # Errors
    /// The first difference, for a person.
    pub(crate) fn check(&self, dialect: &str) -> Result<(), String> {
        let now = self.now.map_or(NOW, Timestamp::from_secs);
        let registry = countersign_dialects::Registry::new(vec![dialects::build(dialect, &self.settings)]);
        let method = Method::from_bytes(self.request.method.as_bytes()).map_err(|_| "no such method")?;
        let (dialect, raw, routed) = match registry.route(&method, &self.request.path) {
            Route::Found { dialect, endpoint, params } => (dialect, self.raw(endpoint, params), None),
            Route::OtherMethods { dialect, endpoint, allowed } => {
                (dialect, self.raw(endpoint, Vec::new()), Some(Rejection::MethodNotAllowed(allowed)))
            }
            Route::Nowhere => return Err("nobody listens there".to_owned()),
        };
        let caller = self.caller.as_deref().map(callers::resolve);
        let opened = match routed {
            Some(rejection) => Err((rejection, None)),
            None => self.open(dialect, &raw, caller.as_ref(), now)?,
        };
        let found = match &opened {
            Ok(command) => command.clone(),
            Err((rejection, _)) => json!({ "rejected": format!("{rejection:?}") }),
        };
        self.check_opened(&found)?;
        let Some(expected) = &self.response else { return Ok(()) };
        let (what, caller) = match (&self.answer, opened) {
            (Some(answer), opened) => {
                (told(answer, now), opened.map_or_else(|(_, caller)| caller, |_| caller.as_ref()))
            }
            (None, Err((rejection, caller))) => (Told::Rejected(rejection), caller),
            (None, Ok(_)) => return Err("it opens: name the answer to seal".to_owned()),
        };
        expected.check(&dialect.seal(&raw, caller, what.answer(), now))
    }

    /// The command, or the rejection with the caller as `seal` is given it.
    #[expect(clippy::type_complexity, reason = "a pair of outcomes that has no name elsewhere")]
    fn open<'a>(
        &self,
        dialect: &dyn Dialect,
        raw: &RawRequest,
        caller: Option<&'a Resolution>,
        now: Timestamp,
    ) -> Result<Result<Value, (Rejection, Option<&'a Resolution>)>, String> {
        if let Err(rejection) = dialect.identify(raw) {
            return Ok(Err((rejection, None)));
        }
        let caller = caller.ok_or("identify claims somebody: name the caller")?;
        Ok(match dialect.open(raw, caller, now) {
            Ok(opened) => Ok(commands::describe(&opened.command)),
            Err(rejection) => Err((rejection, Some(caller))),
        })
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

/// The endpoint as a person writes it.
pub(crate) fn endpoint_name(endpoint: &Endpoint) -> String {
    format!("{} {}", endpoint.method, endpoint.path)
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
