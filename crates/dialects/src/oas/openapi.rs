//! This dialect's part of the OpenAPI document.

use serde_json::{Value, json};
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::path::{
    Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn, PathItem,
};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::{ComponentsBuilder, Object, ObjectBuilder, SchemaType, Type};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityRequirement, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    ContentBuilder, HeaderBuilder, HttpMethod, Info, OpenApi, OpenApiBuilder, PathsBuilder, Ref, Required,
    Response, ResponseBuilder, Responses, ResponsesBuilder,
};

use super::wire::{Envelope, FaultEnvelope, WrongPasswords};

const TAG: &str = "oas";
const SECURITY: &str = "oas_token";
const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// The document's part.
pub(super) fn document() -> OpenApi {
    let components = ComponentsBuilder::new()
        .schema_from::<WrongPasswords>()
        .schema_from::<Envelope>()
        .schema_from::<FaultEnvelope>()
        .schema("oas.WithdrawPassword", request())
        .security_scheme(SECURITY, SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new("token"))))
        .build();
    let paths = PathsBuilder::new()
        .path(super::ENDPOINTS[0].path, PathItem::new(HttpMethod::Post, operation("oas_withdraw_password")))
        .path(
            super::ENDPOINTS[1].path,
            PathItem::new(HttpMethod::Post, operation("oas_withdraw_password_cch2")),
        )
        .build();
    OpenApiBuilder::new()
        .info(Info::new("oas", env!("CARGO_PKG_VERSION")))
        .tags(Some([TagBuilder::new().name(TAG).description(Some("资金密码, document 000")).build()]))
        .components(Some(components))
        .paths(paths)
        .build()
}

fn operation(id: &str) -> Operation {
    OperationBuilder::new()
        .tag(TAG)
        .operation_id(Some(id))
        .summary(Some("Set or change the withdraw password (設定資金密碼)"))
        .description(Some(
            "Sets it if there is none; otherwise `withdrawPasswordOrg` must be right. A wrong one spends a guess.",
        ))
        .security(SecurityRequirement::new(SECURITY, Vec::<String>::new()))
        .parameter(header("role", "`MOBILE`, `APP` or `Portal`; not read", "MOBILE"))
        .parameter(header("lang", "`zh_CN` (default), `zh_TW` or `en`: the language of `message`", "zh_CN"))
        .request_body(Some(body()))
        .responses(responses())
        .build()
}

fn header(name: &str, description: &str, example: &str) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(Object::with_type(Type::String)))
        .example(Some(json!(example)))
        .build()
}

fn body() -> RequestBody {
    // `123456` and `654321` in Base64.
    let example = json!({ "withdrawPassword": "NjU0MzIx", "withdrawPasswordOrg": "MTIzNDU2" });
    let content = || {
        ContentBuilder::new()
            .schema(Some(Ref::from_schema_name("oas.WithdrawPassword")))
            .example(Some(example.clone()))
            .build()
    };
    RequestBodyBuilder::new()
        .required(Some(Required::True))
        .content(JSON, content())
        .content(FORM, content())
        .build()
}

fn request() -> Object {
    let text = |description: &str, types: SchemaType, least: usize| {
        ObjectBuilder::new()
            .schema_type(types)
            .description(Some(description))
            .min_length(Some(least))
            .content_encoding("base64")
            .write_only(true)
            .build()
    };
    let new = text("The new secret in Base64: 6 to 64 characters once decoded", Type::String.into(), 8);
    let nullable = SchemaType::from_iter([Type::String, Type::Null]);
    let old = text("The secret as it is, in Base64; needed if one is set", nullable, 0);
    ObjectBuilder::new()
        .property("withdrawPassword", new)
        .required("withdrawPassword")
        .property("withdrawPasswordOrg", old)
        .build()
}

fn responses() -> Responses {
    let answer = |description, message, code| envelope(description, &[("", message, code, Value::Null)]);
    let no_token = "Header中没有token可验证，请确认";
    ResponsesBuilder::new()
        .response("200", answer("Set or changed", "密码设定成功", 0))
        .response("401", answer("No token", no_token, 90_004))
        .response("405", answer("Another method than POST", "不支持该请求方法", 0))
        .response("408", expired())
        .response("411", refused())
        .response("413", answer("The body is too large", "请求内容过大", 0))
        .response("415", answer("Neither JSON nor a form", "不支持该内容类型", 0))
        .response("500", fault())
        .response("503", waiting(answer("Overloaded; nothing was charged", "系统问题，请联络管理员", 0)))
        .build()
}

fn expired() -> Response {
    envelope(
        "The token has expired, or nobody knows it",
        &[
            ("expired", "Request Timeout", 90_003, Value::Null),
            ("unknown", "请重新登入", 90_005, Value::Null),
        ],
    )
}

fn refused() -> Response {
    let wrong = json!({ "usrWrongPasswordTimes": 5 });
    waiting(envelope(
        "The old secret is wrong or missing; the new one is against the policy; the request cannot be read; \
         locked, with `Retry-After` where time ends that",
        &[
            ("wrong", "旧资金密码错误，请确认", 0, Value::Null),
            ("policy", "资金密码长度不能少于6个字符", 0, Value::Null),
            ("locked", "资金密码已锁定，请于2小时1分钟后再试", 10_102, wrong),
        ],
    ))
}

fn fault() -> Response {
    let example =
        json!({ "message": "系统问题，请联络管理员", "token": null, "data": null, "exceptionCode": 0 });
    let schema = Ref::from_schema_name("oas.FaultEnvelope");
    let content = ContentBuilder::new().schema(Some(schema)).example(Some(example)).build();
    ResponseBuilder::new().description("Our fault").content(JSON, content).build()
}

/// An answer in the envelope; each example is its name, `message`, `exceptionCode` and `data`.
fn envelope(description: &str, examples: &[(&str, &str, u32, Value)]) -> Response {
    let examples = examples.iter().map(|(name, message, code, data)| {
        let value = json!({ "message": message, "data": data, "exceptionCode": code });
        let name = if name.is_empty() { "answer" } else { name };
        (name.to_owned(), ExampleBuilder::new().value(Some(value)).build())
    });
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("oas.Envelope")))
        .examples_from_iter(examples)
        .build();
    ResponseBuilder::new().description(description).content(JSON, content).build()
}

/// With `Retry-After`, which is not always there.
fn waiting(mut response: Response) -> Response {
    let seconds = HeaderBuilder::new()
        .schema(Some(Object::with_type(Type::Integer)))
        .description(Some("Seconds to wait"))
        .build();
    response.headers.insert("Retry-After".to_owned(), seconds.into());
    response
}
