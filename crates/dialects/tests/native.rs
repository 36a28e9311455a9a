//! What holds for the native API beyond its vectors, and for the document that all dialects make together.
#![forbid(unsafe_code)]

mod support;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use countersign_dialects::native::{Native, Settings};
use countersign_dialects::openapi::document;
use countersign_dialects::raw::{Authority, RawRequest, RawResponse};
use countersign_dialects::rejection::{Fault, Invalid, Rejection};
use countersign_dialects::{Answer, DeviceToken, Dialect, Registry, Route};
use countersign_domain::answer::Refusal;
use countersign_domain::app::Scope;
use countersign_domain::caller::Unproven;
use countersign_domain::id::{EventId, WebhookId};
use http::{HeaderMap, HeaderValue, Method};
use proptest::prelude::*;
use proptest::string::string_regex;
use serde_json::{Map, Value, json};
use support::dialects::{NAMES, build};
use support::{NOW, callers, schema};

static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::to_value(native().openapi()).expect("a document"));

fn native() -> Native {
    Native::new(Settings::default(), true)
}

fn request(dialect: &dyn Dialect, place: usize, body: &Value) -> RawRequest {
    let endpoint = &dialect.endpoints()[place];
    let names = endpoint.path.split('/').filter(|segment| segment.starts_with('{'));
    let params = names.map(|name| match name {
        "{kind}" => "payment".to_owned(),
        _ if endpoint.path.starts_with("/v1/accounts") => callers::ACCOUNT.to_string(),
        _ if endpoint.path.starts_with("/v1/apps") => callers::APP.to_string(),
        _ if endpoint.path.starts_with("/v1/webhooks") => WebhookId::from_bytes([0x3A; 16]).to_string(),
        _ if endpoint.path.starts_with("/v1/events") => EventId::from_bytes([0xE0; 16]).to_string(),
        _ if endpoint.path.starts_with("/v1/intents") => support::intents::INTENT.to_string(),
        _ => callers::SESSION.to_string(),
    });
    RawRequest {
        method: endpoint.method.clone(),
        path: endpoint.path.to_owned(),
        query: (endpoint.path == "/v1/intents").then(|| format!("account_id={}", callers::ACCOUNT)),
        headers: HeaderMap::from_iter([(
            http::header::AUTHORIZATION,
            HeaderValue::from_static("Bearer the-key"),
        )]),
        body: body.to_string().into_bytes(),
        endpoint: place,
        params: params.collect(),
        request_id: "req_1".to_owned(),
        authority: Authority { host: "example.com".to_owned(), port: 443 },
    }
}

/// Whether the document has the answer's status, media type and body for that endpoint.
fn documented(document: &Value, raw: &RawRequest, answer: &RawResponse) -> Result<(), String> {
    let operation = &document["paths"][&raw.path][raw.method.as_str().to_lowercase()];
    let response = operation["responses"].get(answer.status.as_str()).ok_or("status")?;
    let Some(media_type) = answer.headers.get("content-type") else { return Ok(()) };
    let content = &response["content"][media_type.to_str().unwrap_or_default()];
    let body = serde_json::from_slice(&answer.body).map_err(|error| error.to_string())?;
    schema::check(document, content.get("schema").ok_or("media type")?, &body)
}

#[test]
fn every_rejection_of_every_call_is_documented() {
    let native = native();
    for (place, endpoint) in native.endpoints().iter().enumerate() {
        let raw = request(&native, place, &json!({}));
        let mut rejections = vec![
            Rejection::MethodNotAllowed(vec!["GET".to_owned()]),
            Rejection::BodyTooLarge(1),
            Rejection::Malformed("why".to_owned()),
            Rejection::Invalid(vec![Invalid { member: "a".to_owned(), fault: Fault::Required }]),
        ];
        if endpoint.path != "/.well-known/jwks.json" {
            rejections.extend([Rejection::NoCredential, Rejection::Unproven(Unproven::Erased)]);
        }
        if !["/v1/sessions/current", "/.well-known/jwks.json"].contains(&endpoint.path) {
            rejections.push(Rejection::Forbidden(Scope::AppsWrite));
        }
        if endpoint.path.contains('{') {
            rejections.push(Rejection::NotFound);
        }
        if endpoint.method == Method::POST || endpoint.method == Method::PUT {
            rejections.push(Rejection::UnsupportedMediaType("text/plain".to_owned()));
            rejections.push(Rejection::IdempotencyMismatch);
            rejections.push(Rejection::IdempotencyRunning);
        }
        let refusals = [Refusal::Busy, Refusal::Overloaded { retry_after_s: 1 }];
        let answers = rejections.iter().map(Answer::Rejected).chain(refusals.iter().map(Answer::Refused));
        for answer in answers.chain([Answer::Fault]) {
            let answer = native.seal(&raw, None, answer, NOW);
            let found = documented(&DOCUMENT, &raw, &answer);
            assert_eq!(found, Ok(()), "{} {}: {}", endpoint.method, endpoint.path, answer.status);
        }
    }
}

#[test]
fn every_documented_example_opens() {
    let native = native();
    let mut opened = 0;
    for (place, endpoint) in native.endpoints().iter().enumerate() {
        let operation = &DOCUMENT["paths"][endpoint.path][endpoint.method.as_str().to_lowercase()];
        let Some(example) = operation.pointer("/requestBody/content/application~1json/example") else {
            continue;
        };
        let raw = request(&native, place, example);
        assert!(native.open(&raw, &callers::resolve("app"), NOW).is_ok(), "{} {example}", endpoint.path);
        opened += 1;
    }
    assert_eq!(opened, 21);
}

#[test]
fn every_type_of_event_is_shown_and_documented() {
    let native = native();
    let raw = request(&native, 18, &Value::Null);
    let told = support::answers::told("Events", NOW);
    let shown: Value =
        serde_json::from_slice(&native.seal(&raw, None, told.answer(), NOW).body).expect("a list of events");
    let types = |list: &Value, place: &str| -> BTreeSet<String> {
        let words = list.as_array().expect("a list").iter().filter_map(|item| item.pointer(place)?.as_str());
        words.map(str::to_owned).collect()
    };
    let documented = &DOCUMENT["components"]["schemas"]["native.Event"];
    let documented = documented.pointer("/allOf/1/properties/type/enum");
    let documented =
        documented.unwrap_or_else(|| panic!("{:#}", DOCUMENT["components"]["schemas"]["native.Event"]));
    assert_eq!(types(&shown["data"], "/type"), types(documented, ""));
}

#[test]
fn a_header_is_documented_where_it_is_read_and_in_the_form_that_is_set() {
    let parameters = |device_token, path: &str| -> Vec<String> {
        let native = Native::new(Settings { device_token, ..Settings::default() }, true);
        let document = serde_json::to_value(native.openapi()).expect("a document");
        let operation = &document["paths"][path]["post"];
        let names = operation["parameters"].as_array().expect("parameters").iter();
        let success = operation["responses"].as_object().expect("responses").values().next().expect("one");
        let headers = success["headers"].as_object().into_iter().flat_map(|headers| headers.keys().cloned());
        names.filter_map(|one| one["name"].as_str()).map(str::to_owned).chain(headers).collect()
    };
    let has = |list: &[String], name: &str| list.iter().filter(|one| *one == name).count();
    let verify = "/v1/accounts/{id}/secrets/{kind}/verify";
    for path in [verify, "/v1/accounts/{id}/secrets/{kind}/change", "/v1/sessions"] {
        let header = parameters(DeviceToken::Header, path);
        assert_eq!((has(&header, "Countersign-Device"), has(&header, "Countersign-Client-Address")), (2, 1));
        let cookie = parameters(DeviceToken::Cookie, path);
        assert_eq!((has(&cookie, "__Host-countersign-device"), has(&cookie, "Set-Cookie")), (1, 1), "{path}");
        let off = parameters(DeviceToken::Off, path);
        assert_eq!((has(&off, "Countersign-Device"), has(&off, "Set-Cookie")), (0, 0), "{path}");
    }
    let reset = parameters(DeviceToken::Header, "/v1/accounts/{id}/secrets/{kind}/reset");
    assert_eq!((has(&reset, "Countersign-Device"), has(&reset, "Countersign-Client-Address")), (0, 1));
    let create = parameters(DeviceToken::Header, "/v1/accounts");
    assert_eq!((has(&create, "Countersign-Device"), has(&create, "Countersign-Client-Address")), (0, 0));
}

#[test]
fn two_addresses_of_one_person_are_none() {
    let native = native();
    let mut raw = request(&native, 6, &json!({ "secret": "493817" }));
    raw.headers.append("countersign-client-address", HeaderValue::from_static("203.0.113.7"));
    let one = native.open(&raw, &callers::resolve("app"), NOW).expect("a command");
    assert_eq!(one.client_address, "203.0.113.7".parse().ok());
    raw.headers.append("countersign-client-address", HeaderValue::from_static("203.0.113.7"));
    assert!(matches!(native.open(&raw, &callers::resolve("app"), NOW), Err(Rejection::Invalid(_))));
}

#[test]
fn paths_that_nobody_owns_are_answered_as_problems() {
    let registry = Registry::new(vec![Box::new(native())]);
    for path in ["/", "/v1", "/V1/accounts", "/v1/accounts/", "/v1/accounts//unlock", "/v1/accounts/%ff"] {
        assert!(matches!(registry.route(&Method::GET, path), Route::Nowhere), "{path}");
    }
    let native = native();
    let mut raw = request(&native, 0, &json!({}));
    raw.endpoint = usize::MAX;
    let answer = native.seal(&raw, None, Answer::Rejected(&Rejection::NotFound), NOW);
    let body: Value = serde_json::from_slice(&answer.body).expect("JSON");
    assert_eq!((answer.status.as_u16(), body["code"].as_str()), (404, Some("not_found")));
    assert!(matches!(native.identify(&raw), Err(Rejection::NotFound)));
}

#[test]
fn current_is_not_an_id() {
    let registry = Registry::new(vec![Box::new(native())]);
    let Route::Found { params, .. } = registry.route(&Method::DELETE, "/v1/sessions/current") else {
        panic!("an endpoint")
    };
    assert!(params.is_empty());
}

#[test]
fn the_dev_calls_are_there_under_dev_only() {
    let usual = Registry::new(vec![Box::new(Native::new(Settings::default(), false))]);
    assert!(matches!(usual.route(&Method::POST, "/v1/dev/clock"), Route::Nowhere));
    let off = Native::new(Settings { enabled: false, ..Settings::default() }, true);
    assert!(off.endpoints().is_empty());
}

#[test]
fn the_idempotency_key_is_that_of_a_post_or_put() {
    let native = native();
    for (place, endpoint) in native.endpoints().iter().enumerate() {
        let operation = &DOCUMENT["paths"][endpoint.path][endpoint.method.as_str().to_lowercase()];
        let body = operation.pointer("/requestBody/content/application~1json/example");
        let mut raw = request(&native, place, body.unwrap_or(&Value::Null));
        if body.is_none() {
            raw.body.clear();
        }
        raw.headers.insert("idempotency-key", HeaderValue::from_static("k-1"));
        let caller = if endpoint.path == "/v1/sessions/current" { "session" } else { "app" };
        let opened = native.open(&raw, &callers::resolve(caller), NOW).expect("a command");
        let changes = matches!(endpoint.method, Method::POST | Method::PUT);
        assert_eq!(opened.idempotency_key.is_some(), changes, "{} {}", endpoint.method, endpoint.path);
    }
}

#[test]
fn the_document_of_all_dialects_loses_nothing_of_any() {
    let dialects: Vec<_> = NAMES.iter().map(|name| build(name, &Value::Null)).collect();
    let parts: Vec<_> = dialects.iter().map(|dialect| dialect.openapi()).collect();
    let whole = serde_json::to_value(document(parts.iter().cloned())).expect("a document");
    assert_eq!(whole["openapi"], "3.1.0");
    assert_eq!(whole["info"]["license"]["identifier"], "Apache-2.0 OR MIT");
    for part in &parts {
        let part = serde_json::to_value(part).expect("a document");
        for place in ["/paths", "/components/schemas", "/components/securitySchemes", "/components/responses"]
        {
            for (name, value) in part.pointer(place).and_then(Value::as_object).into_iter().flatten() {
                let found = whole.pointer(place).and_then(|all| all.get(name));
                assert_eq!(found, Some(value), "{place} {name}");
            }
        }
    }
}

/// JSON whose members are sometimes ours.
fn bodies() -> impl Strategy<Value = Value> {
    let names = "(username|user_id|agentid|usercode|mobiles|spark|appid|wallet_addr|secrets|login|payment|query\
        |secret|old|new|code|kind|reason|account_id|amount|currency|payee|memo|details|digest|ask_frequency|purpose|mobile|expires_in_s|name|scopes|advance_s|x\\PC?)";
    // As a strategy of its own, the pattern would be compiled for every single name.
    let names = string_regex(names).expect("a pattern").boxed();
    let words = string_regex("(payment|hour|api|payment_reset|13812345678|accounts:read|\\PC{0,9})")
        .expect("a pattern");
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        words.prop_map(Value::from),
    ];
    let inner_names = names.clone();
    let value = leaf.prop_recursive(3, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((inner_names.clone(), inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    });
    prop::collection::vec((names, value), 0..6)
        .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn whatever_a_body_holds_the_answer_to_its_rejection_is_documented(
        place in 0..43_usize,
        body in bodies(),
    ) {
        let native = native();
        let raw = request(&native, place, &body);
        if let Err(rejection) = native.open(&raw, &callers::resolve("app"), NOW) {
            let answer = native.seal(&raw, None, Answer::Rejected(&rejection), NOW);
            prop_assert_eq!(documented(&DOCUMENT, &raw, &answer), Ok(()));
        }
    }
}
