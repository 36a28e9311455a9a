//! This dialect's part of the OpenAPI document. The status is 200 always, so an answer is one of two envelopes.

use serde_json::{Value, json};
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::path::{Operation, OperationBuilder, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::{
    Components, ComponentsBuilder, Object, ObjectBuilder, OneOfBuilder, Schema, Type,
};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    ContentBuilder, HeaderBuilder, HttpMethod, Info, OpenApi, OpenApiBuilder, PathsBuilder, Ref, Required,
    Response, ResponseBuilder,
};

use super::ENDPOINTS;
use super::settings::Settings;
use super::wire::{AccessData, Call, WaitData, WalletData};

const TAG: &str = "spark_wallet";
const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// A parameter: name, document 003's example, description, whether it is needed.
type Named = (&'static str, &'static str, &'static str, bool);

const TOKEN: Named = ("accessToken", "1e43fe43-bf65-4180-8242-fbf4a30dd29b", "访问凭证", true);
const ADDR: Named =
    ("walletAddr", "4ed93afd-47bf-43cb-8fd9-ed8ed3c7affe", "钱包地址; this or `userId`", false);
const USER: Named = ("userId", "1009273874782617600", "用户Id; this or `walletAddr`", false);

/// The document's part, for these settings.
pub(super) fn document(settings: &Settings) -> OpenApi {
    let mut paths = PathsBuilder::new();
    for (call, endpoints) in Call::ALL.into_iter().zip(ENDPOINTS.chunks(2)) {
        let mut item = PathItem::new(HttpMethod::Post, operation(call, &HttpMethod::Post));
        if settings.allow_get {
            item.get = Some(operation(call, &HttpMethod::Get));
        }
        paths = paths.path(endpoints[0].path, item);
    }
    OpenApiBuilder::new()
        .info(Info::new("spark_wallet", env!("CARGO_PKG_VERSION")))
        .tags(Some([TagBuilder::new().name(TAG).description(Some("用户钱包密码接口, document 003")).build()]))
        .components(Some(components()))
        .paths(paths)
        .build()
}

fn components() -> Components {
    let wait = [Ref::from_schema_name("spark_wallet.Wait")].into_iter();
    let data = wait.fold(OneOfBuilder::new(), OneOfBuilder::item).item(Object::with_type(Type::Null));
    let success = |data: &str| {
        let data = Schema::from(OneOfBuilder::new().item(Ref::from_schema_name(data)));
        envelope(&["200"], data, true)
    };
    ComponentsBuilder::new()
        .schema_from::<WalletData<'_>>()
        .schema_from::<AccessData>()
        .schema_from::<WaitData>()
        .schema("spark_wallet.WalletDone", success("spark_wallet.Wallet"))
        .schema("spark_wallet.AccessDone", success("spark_wallet.Access"))
        .schema("spark_wallet.Error", envelope(&["400", "401", "5001", "505"], data.into(), false))
        .build()
}

fn envelope(codes: &[&str], data: Schema, success: bool) -> Object {
    let text = || ObjectBuilder::new().schema_type(Type::String);
    ObjectBuilder::new()
        .property("code", text().enum_values(Some(codes.iter().copied())))
        .property("data", data)
        .property("message", text())
        .property("success", ObjectBuilder::new().schema_type(Type::Boolean).enum_values(Some([success])))
        .required("code")
        .required("data")
        .required("message")
        .required("success")
        .build()
}

fn operation(call: Call, method: &HttpMethod) -> Operation {
    let (id, summary, secrets) = words(call);
    let suffix = if *method == HttpMethod::Get { "get" } else { "post" };
    let operation = OperationBuilder::new()
        .tag(TAG)
        .operation_id(Some(format!("spark_wallet_{id}_{suffix}")))
        .summary(Some(summary))
        .description(Some("The HTTP status is always 200; `code` tells the outcome."))
        .response("200", response(call));
    // The token is a parameter like any other and no security scheme: a tool that knew both would send it twice.
    let parameters = match call {
        Call::Access => secrets.to_vec(),
        _ => [&[TOKEN, ADDR, USER], secrets].concat(),
    };
    if *method == HttpMethod::Post {
        return operation.request_body(Some(form(&parameters))).build();
    }
    parameters.iter().fold(operation, |operation, parameter| operation.parameter(query(parameter))).build()
}

fn words(call: Call) -> (&'static str, &'static str, &'static [Named]) {
    match call {
        Call::ModifyPassword => (
            "modify_password",
            "修改查询密码: replace the query secret by the old one",
            &[
                ("oldPassword", "1009273874782617600", "旧的查询密码", true),
                ("newPassword", "123456", "新的查询密码, 6 to 64 characters", true),
            ],
        ),
        Call::ResetPassword => ("reset_password", "重置查询密码: a temporary query secret", &[]),
        Call::ValidPassword => (
            "valid_password",
            "验证查询密码: is this the query secret?",
            &[("password", "123456", "查询密码", true)],
        ),
        Call::UpdatePayPassword => (
            "update_pay_password",
            "修改支付密码: replace the payment secret by the old one",
            &[
                ("oldPayPassword", "1009321244299886592", "旧的支付密码", true),
                ("newPayPassword", "654321", "新的支付密码, 6 to 64 characters", true),
            ],
        ),
        Call::ResetPayPassword => ("reset_pay_password", "重置支付密码: a temporary payment secret", &[]),
        Call::ValidPayPassword => (
            "valid_pay_password",
            "验证支付密码: is this the payment secret?",
            &[("payPassword", "654321", "支付密码", true)],
        ),
        Call::SetPayPassword => (
            "set_pay_password",
            "设置支付密码: the first payment secret, by the query secret",
            &[
                ("password", "123456", "查询密码", true),
                ("payPassword", "654321", "支付密码, 6 to 64 characters", true),
            ],
        ),
        Call::Access => (
            "access",
            "An access token for `appid` and `appsecret`",
            &[
                ("appid", "app_01j9zk3v8m4w5x6y7z8a9b0c1d", "The app's id", true),
                ("appsecret", "the-app-secret", "The app's secret", true),
            ],
        ),
    }
}

fn query((name, example, description, needed): &Named) -> ParameterBuilder {
    ParameterBuilder::new()
        .name(*name)
        .parameter_in(ParameterIn::Query)
        .required(if *needed { Required::True } else { Required::False })
        .description(Some(*description))
        .schema(Some(Object::with_type(Type::String)))
        .example(Some(json!(example)))
}

fn form(parameters: &[Named]) -> RequestBody {
    let object = parameters.iter().fold(ObjectBuilder::new(), |object, (name, _, description, needed)| {
        let text = ObjectBuilder::new().schema_type(Type::String).description(Some(*description));
        let object = object.property(*name, text);
        if *needed { object.required(*name) } else { object }
    });
    let example: Value =
        parameters.iter().map(|(name, example, ..)| ((*name).to_owned(), json!(example))).collect();
    let content = ContentBuilder::new().schema(Some(object)).example(Some(example)).build();
    RequestBodyBuilder::new()
        .description(Some("Any of the members may stand in the query instead."))
        .required(Some(Required::True))
        .content(FORM, content)
        .build()
}

fn response(call: Call) -> Response {
    let wallet = json!({ "walletAddr": ADDR.1, "userId": USER.1 });
    let (done, data) = match call {
        Call::Access => ("spark_wallet.AccessDone", json!({ "accessToken": TOKEN.1, "expiresIn": 7200 })),
        Call::ResetPassword | Call::ResetPayPassword => {
            let data = json!({ "walletAddr": ADDR.1, "newPwd": "1009318545693081600", "userId": USER.1 });
            ("spark_wallet.WalletDone", data)
        }
        _ => ("spark_wallet.WalletDone", wallet),
    };
    let schema = OneOfBuilder::new()
        .item(Ref::from_schema_name(done))
        .item(Ref::from_schema_name("spark_wallet.Error"));
    let examples = [
        ("done", json!({ "code": "200", "data": data, "message": "", "success": true })),
        ("parameter", failed("1001:参数错误", &Value::Null)),
        ("incorrect", failed("32038:密码不匹配", &Value::Null)),
        ("locked", failed("32050:密码已锁定", &json!({ "retryAfter": 900 }))),
    ];
    let examples = examples.map(|(name, value)| (name, ExampleBuilder::new().value(Some(value)).build()));
    let content = ContentBuilder::new().schema(Some(schema)).examples_from_iter(examples).build();
    let mut response = ResponseBuilder::new().description("Every answer").content(JSON, content).build();
    let seconds = HeaderBuilder::new()
        .schema(Some(Object::with_type(Type::Integer)))
        .description(Some("Seconds to wait, where it is locked or overloaded"))
        .build();
    response.headers.insert("Retry-After".to_owned(), seconds.into());
    response
}

fn failed(message: &str, data: &Value) -> Value {
    json!({ "code": "400", "data": data, "message": message, "success": false })
}
