//! This dialect's part of the OpenAPI document.

use http::StatusCode;
use serde_json::{Value, json};
use utoipa::openapi::path::{Operation, OperationBuilder, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::{ComponentsBuilder, Object, ObjectBuilder, Type};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    Components, ContentBuilder, HeaderBuilder, HttpMethod, Info, OpenApi, OpenApiBuilder, PathsBuilder, Ref,
    Required, Response, ResponseBuilder,
};

use super::ENDPOINTS;
use super::settings::{Locked, MAX_CHARS, Settings};
use super::wire::{Call, Problem, Status};

const TAG: &str = "currency_pass";
const BEARER: &str = "currency_pass_bearer";
const COOKIE: &str = "currency_pass_cookie";

/// The document's part, for these settings.
pub(super) fn document(settings: &Settings) -> OpenApi {
    let mut paths = PathsBuilder::new();
    for (call, endpoint) in Call::ALL.into_iter().zip(&ENDPOINTS) {
        let method = match call {
            Call::Bind | Call::Verify => HttpMethod::Post,
            Call::Change => HttpMethod::Put,
            Call::Status | Call::Choose | Call::VerifyByStatus => HttpMethod::Get,
        };
        paths = paths.path(endpoint.path, PathItem::new(method, operation(call, settings)));
    }
    OpenApiBuilder::new()
        .info(Info::new("currency_pass", env!("CARGO_PKG_VERSION")))
        .tags(Some([TagBuilder::new().name(TAG).description(Some("通用资金密码, document 002")).build()]))
        .components(Some(components(settings)))
        .paths(paths)
        .build()
}

fn components(settings: &Settings) -> Components {
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    let components = ComponentsBuilder::new()
        .schema_from::<Status>()
        .schema_from::<Problem<'_>>()
        .schema("currency_pass.Bind", object(&[("pass", 6)]))
        .schema("currency_pass.Verify", object(&[("pass", 1)]))
        .schema("currency_pass.Change", object(&[("oldPass", 1), ("newPass", settings.change_min_length)]))
        .security_scheme(BEARER, bearer);
    let cookie = settings.cookie.clone();
    let cookie = cookie.map(|name| SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(name))));
    cookie
        .into_iter()
        .fold(components, |components, cookie| components.security_scheme(COOKIE, cookie))
        .build()
}

/// An object of secrets, each with its least length; only a new one has a greatest.
fn object(members: &[(&str, usize)]) -> Object {
    let object = members.iter().fold(ObjectBuilder::new(), |object, (name, least)| {
        let most = (*least > 1).then_some(MAX_CHARS);
        let secret = ObjectBuilder::new().schema_type(Type::String).min_length(Some(*least)).max_length(most);
        object.property(*name, secret.write_only(true).build()).required(*name)
    });
    object.build()
}

fn operation(call: Call, settings: &Settings) -> Operation {
    let (id, summary, description) = words(call);
    let operation = OperationBuilder::new()
        .tag(TAG)
        .operation_id(Some(format!("currency_pass_{id}")))
        .summary(Some(summary))
        .description(Some(description))
        .security(SecurityRequirement::new(BEARER, Vec::<String>::new()))
        .request_body(body(call, settings))
        .response("200", success(call));
    let operation = match &settings.cookie {
        Some(_) => operation.security(SecurityRequirement::new(COOKIE, Vec::<String>::new())),
        None => operation,
    };
    let operation = match call {
        Call::Choose => operation.parameter(
            ParameterBuilder::new()
                .name("rate")
                .parameter_in(ParameterIn::Path)
                .required(Required::True)
                .description(Some("1 every time, 2 once an hour, 3 once in twenty-four hours"))
                .schema(Some(
                    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["1", "2", "3"])),
                ))
                .example(Some(json!("2"))),
        ),
        Call::Bind | Call::Change | Call::Verify | Call::Status | Call::VerifyByStatus => operation,
    };
    problems(call, settings)
        .into_iter()
        .fold(operation, |operation, (status, why)| operation.response(status.as_str(), problem(status, why)))
        .build()
}

fn words(call: Call) -> (&'static str, &'static str, &'static str) {
    match call {
        Call::Bind => {
            ("bind", "Set the first secret", "`false` if one is set already; nothing changes then.")
        }
        Call::Change => (
            "change",
            "Replace the secret by the old one",
            "`false` if the old one is wrong, none is set, or the new one is the old one.",
        ),
        Call::Verify => ("verify", "Is this the secret?", "`false` if it is wrong or none is set."),
        Call::Status => ("status", "The state and the seconds left of it", "State 1 does not end: -1."),
        Call::Choose => (
            "settings",
            "Choose how often the secret is asked",
            "Sets the state with its full time, always. Changes state although it is a GET.",
        ),
        Call::VerifyByStatus => (
            "verify_by_status",
            "Need the secret be presented now?",
            "`true` inside an open window; `false` means that the person must be asked.",
        ),
    }
}

fn body(call: Call, settings: &Settings) -> Option<RequestBody> {
    let (schema, example) = match call {
        Call::Bind => ("currency_pass.Bind", json!({ "pass": "123456" })),
        Call::Verify => ("currency_pass.Verify", json!({ "pass": "123456" })),
        Call::Change => {
            // The document's own example has five characters, which not every setting takes.
            let new = if settings.change_min_length > 5 { "abcdef" } else { "abcde" };
            ("currency_pass.Change", json!({ "oldPass": "123456", "newPass": new }))
        }
        Call::Status | Call::Choose | Call::VerifyByStatus => return None,
    };
    let content =
        ContentBuilder::new().schema(Some(Ref::from_schema_name(schema))).example(Some(example)).build();
    Some(
        RequestBodyBuilder::new().required(Some(Required::True)).content("application/json", content).build(),
    )
}

fn success(call: Call) -> Response {
    let (media_type, content) = match call {
        Call::Bind | Call::Change | Call::Verify | Call::VerifyByStatus => {
            let schema = Object::with_type(Type::Boolean);
            ("application/json", ContentBuilder::new().schema(Some(schema)).example(Some(Value::Bool(true))))
        }
        Call::Status => {
            let schema = Ref::from_schema_name("currency_pass.Status");
            let example = json!({ "rateExpire": 3002, "currencyRateStatus": "2" });
            ("application/json", ContentBuilder::new().schema(Some(schema)).example(Some(example)))
        }
        Call::Choose => {
            let words = ["successEvery", "successHour", "successDay"];
            let schema = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words));
            ("text/plain", ContentBuilder::new().schema(Some(schema)).example(Some(json!("successHour"))))
        }
    };
    ResponseBuilder::new().description("The answer").content(media_type, content.build()).build()
}

/// Every status of an error that the call can answer.
fn problems(call: Call, settings: &Settings) -> Vec<(StatusCode, &'static str)> {
    let takes_body = matches!(call, Call::Bind | Call::Change | Call::Verify);
    let bad_request = match call {
        Call::Bind | Call::Change => Some("Unreadable, empty, against the policy, or the login secret"),
        Call::Verify => Some("Unreadable or empty"),
        Call::Choose => Some("`rate` is not 1, 2 or 3"),
        Call::Status | Call::VerifyByStatus => None,
    };
    let not_logged_in = settings.not_logged_in_status.status();
    let own_fault = if not_logged_in == StatusCode::INTERNAL_SERVER_ERROR {
        "Not logged in; or our fault"
    } else {
        "Our fault"
    };
    let locks = takes_body && settings.locked == Locked::Status;
    [
        bad_request.map(|why| (StatusCode::BAD_REQUEST, why)),
        (not_logged_in == StatusCode::UNAUTHORIZED).then_some((not_logged_in, "Not logged in")),
        (call == Call::Verify).then_some((StatusCode::NOT_FOUND, "The user is gone")),
        Some((StatusCode::METHOD_NOT_ALLOWED, "Another method")),
        Some((StatusCode::PAYLOAD_TOO_LARGE, "The body is too large")),
        takes_body.then_some((StatusCode::UNSUPPORTED_MEDIA_TYPE, "Not JSON")),
        locks.then_some((StatusCode::LOCKED, "Locked, with `Retry-After` where time ends that")),
        Some((StatusCode::INTERNAL_SERVER_ERROR, own_fault)),
        Some((StatusCode::SERVICE_UNAVAILABLE, "Overloaded; nothing was charged")),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn problem(status: StatusCode, why: &str) -> Response {
    let schema = Ref::from_schema_name("currency_pass.Problem");
    let content = ContentBuilder::new().schema(Some(schema)).build();
    let mut response =
        ResponseBuilder::new().description(why).content("application/problem+json", content).build();
    if matches!(status, StatusCode::LOCKED | StatusCode::SERVICE_UNAVAILABLE) {
        let seconds = HeaderBuilder::new()
            .schema(Some(Object::with_type(Type::Integer)))
            .description(Some("Seconds to wait"))
            .build();
        response.headers.insert("Retry-After".to_owned(), seconds.into());
    }
    response
}
