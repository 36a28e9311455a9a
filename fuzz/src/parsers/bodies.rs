//! The readers of bodies: the input is the body, everything around it is as the reader needs it.

use countersign_dialects::raw::{Authority, RawRequest};
use countersign_domain::caller::Resolution;
use http::{HeaderMap, HeaderValue, Method, header};

use crate::dialects::{exchange, registry, sign};
use crate::words::{callers, dialects};
use crate::{Outcome, seeds};

/// A door behind which bodies of one kind are read.
struct Door {
    dialect: &'static str,
    method: Method,
    path: &'static str,
    caller: &'static str,
    signer: &'static str,
}

const TOUR: Door =
    door("tour", Method::POST, "/api/WebInterface/Agent/ChangePayPassword", "sessions", "login");
const FLOWMETER: Door =
    door("flowmeter", Method::POST, "/api/Agent/Ent/Password/ResetPwd", "hawk_app", "app");
const SPARK: Door = door("spark_wallet", Method::POST, "/v1/wallet/validPayPassword", "app", "none");
const OAS: Door = door("oas", Method::POST, "/oascchapi/usr/withdrawPassword", "session", "none");
const CURRENCY: Door =
    door("currency_pass", Method::POST, "/auth/user/bind/currency-pass", "session", "none");
const CHANGE: Door =
    door("currency_pass", Method::PUT, "/auth/user/bind/currency-pass/change", "session", "none");
const ACCOUNTS: Door = door("native", Method::POST, "/v1/accounts", "app", "none");
const APPS: Door = door("native", Method::POST, "/v1/apps", "app", "none");
const SESSIONS: Door = door("native", Method::POST, "/v1/sessions", "app", "none");

pub(crate) fn json(input: &[u8]) -> Outcome {
    let doors = [OAS, CURRENCY, CHANGE, ACCOUNTS, APPS, SESSIONS, TOUR, FLOWMETER];
    through(&doors, input, &["application/json"])
}

pub(crate) fn form(input: &[u8]) -> Outcome {
    through(&[SPARK, TOUR, FLOWMETER], input, &["application/x-www-form-urlencoded"])
}

pub(crate) fn xml(input: &[u8]) -> Outcome {
    through(&[TOUR, FLOWMETER], input, &["application/xml", "text/xml; charset=utf-16"])
}

pub(crate) fn bson(input: &[u8]) -> Outcome {
    through(&[TOUR, FLOWMETER], input, &["application/bson"])
}

pub(crate) fn json_seeds() -> Vec<Vec<u8>> {
    bodies("json")
}

pub(crate) fn form_seeds() -> Vec<Vec<u8>> {
    bodies("form")
}

pub(crate) fn xml_seeds() -> Vec<Vec<u8>> {
    bodies("xml")
}

pub(crate) fn bson_seeds() -> Vec<Vec<u8>> {
    bodies("bson")
}

const fn door(
    dialect: &'static str,
    method: Method,
    path: &'static str,
    caller: &'static str,
    signer: &'static str,
) -> Door {
    Door { dialect, method, path, caller, signer }
}

fn through(doors: &[Door], body: &[u8], media_types: &[&'static str]) -> Outcome {
    let mut outcomes = Vec::new();
    for door in doors {
        let registry = registry(door.dialect, b"null");
        let dialect = registry.iter().next().expect("a dialect");
        let endpoints = dialect.endpoints();
        let endpoint = endpoints.iter().position(|it| it.method == door.method && it.path == door.path);
        let caller: Resolution = callers::resolve(door.caller);
        for media_type in media_types {
            let mut raw = request(door, endpoint.expect("a door is an endpoint"), media_type, body);
            sign(&mut raw, door.signer);
            outcomes.push(exchange(dialect, &raw, None, &caller, "Fault"));
        }
    }
    Outcome::of(outcomes)
}

fn request(door: &Door, endpoint: usize, media_type: &'static str, body: &[u8]) -> RawRequest {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::AUTHORIZATION, HeaderValue::from_static("Bearer x"));
    headers.insert("token", HeaderValue::from_static("x"));
    headers.insert("role", HeaderValue::from_static("MOBILE"));
    RawRequest {
        method: door.method.clone(),
        path: door.path.to_owned(),
        query: (door.dialect == "spark_wallet").then(|| "accessToken=x".to_owned()),
        headers,
        body: body.to_vec(),
        endpoint,
        params: Vec::new(),
        request_id: "req_vector".to_owned(),
        authority: Authority { host: "example.com".to_owned(), port: 80 },
    }
}

/// The bodies of all vectors whose media type has this word in it.
fn bodies(media: &str) -> Vec<Vec<u8>> {
    let vectors = dialects::NAMES.iter().flat_map(|name| seeds::vectors(name));
    let fits = vectors.filter(|vector| vector.header("content-type").contains(media));
    let mut bodies: Vec<_> = fits.map(|vector| vector.body()).collect();
    bodies.sort();
    bodies.dedup();
    bodies
}
