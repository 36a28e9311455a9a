//! What both parts of the OpenAPI document have in common: media types, answers and HAWK.

use serde_json::{Value, json};
use utoipa::openapi::path::{OperationBuilder, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::{
    AdditionalProperties, ArrayBuilder, ComponentsBuilder, Object, ObjectBuilder, Schema, SchemaType, Type,
};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityRequirement, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::xml::XmlBuilder;
use utoipa::openapi::{
    Content, ContentBuilder, Header, HeaderBuilder, HttpMethod, Info, OpenApi, OpenApiBuilder, PathsBuilder,
    Ref, RefOr, Required, Response, ResponseBuilder, Responses, ResponsesBuilder,
};

use crate::aspnet::Model;
use crate::aspnet::media::{WRITTEN, Writer};

const FORM: &str = "application/x-www-form-urlencoded";
const RESULT: &str = "aspnet.CommonOperationResult";
const ERROR: &str = "aspnet.HttpError";
/// BSON is no JSON, so no schema can say what is in it.
const BSON_NOTE: &str = "The same members as in JSON; see bsonspec.org";

/// What is a dialect's own.
pub(crate) struct Part<'a> {
    /// The dialect's name.
    pub(crate) dialect: &'static str,
    /// The tag's description.
    pub(crate) about: &'static str,
    /// The one path.
    pub(crate) path: &'static str,
    /// `operationId`.
    pub(crate) operation: &'static str,
    /// One line.
    pub(crate) summary: &'static str,
    /// The body's model.
    pub(crate) model: &'static Model,
    /// The body's members.
    pub(crate) body: ObjectBuilder,
    /// The document's example in JSON.
    pub(crate) example: Value,
    /// The document's example in XML.
    pub(crate) xml_example: &'static str,
    /// Whether there is no other proof than HAWK.
    pub(crate) hawk_required: bool,
    /// What stands before the point in the keys of `ModelState`, with the point.
    pub(crate) prefix: &'a str,
}

/// A required text of at most `max` UTF-16 units. An integer is taken too, as its decimal digits.
pub(crate) fn text(description: &str, max: usize) -> Object {
    let digits = |count: usize| u32::try_from(count).ok().and_then(|count| 10_i64.checked_pow(count));
    let (most, least) =
        (digits(max).map_or(i64::MAX, |n| n - 1), digits(max - 1).map_or(i64::MIN, |n| 1 - n));
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::String, Type::Integer]))
        .description(Some(format!("{description}. Lengths are counted in UTF-16 units.")))
        .pattern(Some("\\S"))
        .max_length(Some(max))
        .minimum(Some(least))
        .maximum(Some(most))
        .write_only(true)
        .build()
}

/// A required integer of 64 bits. Its decimal digits as a text are taken too.
pub(crate) fn integer(description: &str) -> Object {
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::Integer, Type::String]))
        .description(Some(description))
        .minimum(Some(i64::MIN))
        .maximum(Some(i64::MAX))
        .pattern(Some("^\\s*[+-]?[0-9]{1,18}\\s*$"))
        .build()
}

/// The dialect's part of the document.
pub(crate) fn document(part: Part<'_>) -> OpenApi {
    let dialect = part.dialect;
    let scheme = format!("{dialect}_hawk");
    let hawk =
        "HAWK 1.1 (`Authorization: Hawk id=…, ts=…, nonce=…, hash=…, mac=…`) over the request and its body";
    let schema_name = format!("{dialect}.{}", part.model.root);
    let mut operation = OperationBuilder::new()
        .tag(dialect)
        .operation_id(Some(part.operation))
        .summary(Some(part.summary))
        .parameter(language())
        .request_body(Some(request(&schema_name, &part)))
        .responses(responses(&part))
        .security(SecurityRequirement::new(scheme.as_str(), Vec::<String>::new()));
    if !part.hawk_required {
        operation = operation.security(SecurityRequirement::default());
    }
    let xml = XmlBuilder::new()
        .name(Some(part.model.root))
        .namespace(part.model.namespaces.first().copied())
        .build();
    let body =
        part.model.names.iter().fold(part.body, |body, name| body.required(*name)).xml(Some(xml)).build();
    let components = ComponentsBuilder::new()
        .schema(schema_name.as_str(), body)
        .schema(RESULT, result())
        .schema(ERROR, error())
        .security_scheme(
            scheme.as_str(),
            SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description("Authorization", hawk))),
        )
        .build();
    OpenApiBuilder::new()
        .info(Info::new(dialect, env!("CARGO_PKG_VERSION")))
        .tags(Some([TagBuilder::new().name(dialect).description(Some(part.about)).build()]))
        .components(Some(components))
        .paths(
            PathsBuilder::new().path(part.path, PathItem::new(HttpMethod::Post, operation.build())).build(),
        )
        .build()
}

fn language() -> Parameter {
    ParameterBuilder::new()
        .name("Accept-Language")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some("`zh-CN` (default), `zh-TW` or `en`: the language of `errmsg`"))
        .schema(Some(Object::with_type(Type::String)))
        .build()
}

fn request(schema: &str, part: &Part<'_>) -> RequestBody {
    let content = |example: Value| {
        ContentBuilder::new().schema(Some(Ref::from_schema_name(schema))).example(Some(example)).build()
    };
    let mut body = RequestBodyBuilder::new()
        .required(Some(Required::True))
        .description(Some("Names of members in any letter case but in XML; other members are ignored."))
        .content(FORM, content(part.example.clone()));
    for media in &WRITTEN {
        let content = match media.writer {
            Writer::Json => content(part.example.clone()),
            Writer::Xml => content(Value::from(part.xml_example)),
            Writer::Bson => bson(),
        };
        body = body.content(media.name, content);
    }
    body.build()
}

fn responses(part: &Part<'_>) -> Responses {
    let invalid = {
        let name = part.model.names[0];
        let key = format!("{}{name}", part.prefix);
        json!({ "Message": "The request is invalid.",
            "ModelState": { key: [format!("The {name} field is required.")] } })
    };
    let denied = "Authorization has been denied for this request.";
    let message = |text: &str| json!({ "Message": text });
    let failure = |description: &str, example: Value| answer(description, ERROR, &example);
    ResponsesBuilder::new()
        .response("200", retry(outcome()))
        .response("400", failure("A member is missing or too long, or the body cannot be read", invalid))
        .response("401", challenged(failure("HAWK fails, or is needed and missing", message(denied))))
        .response("405", allow(failure("Another method than POST", message(METHOD))))
        .response("413", failure("The body is too large", message("Maximum request length exceeded.")))
        .response("415", failure("The body is of a type that is not read", message(MEDIA)))
        .response("500", failure("Our fault", message("An error has occurred.")))
        .response(
            "503",
            retry(failure(
                "Overloaded; nothing was charged",
                message("The service is busy. Please try again."),
            )),
        )
        .build()
}

const METHOD: &str = "The requested resource does not support http method 'GET'.";
const MEDIA: &str = "The request entity's media type 'text/plain' is not supported for this resource.";

fn outcome() -> Response {
    let description = "`errcode`: 0 done; 1 the ciphertext cannot be opened, or it cannot be done; 2 code wrong or \
         expired, or the user's details do not match; 4 no live session of this user; 5 locked, or too many \
         requests; 6 the new secret is against the policy";
    answer(description, RESULT, &json!({ "errcode": 0, "errmsg": "", "tag": null }))
}

/// An answer in every media type that is written.
fn answer(description: &str, schema: &str, example: &Value) -> Response {
    let mut response = ResponseBuilder::new().description(description);
    for media in &WRITTEN {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(schema)));
        let content = match media.writer {
            Writer::Json => content.example(Some(example.clone())).build(),
            Writer::Xml => content.build(),
            Writer::Bson => bson(),
        };
        response = response.content(media.name, content);
    }
    let signature = header("HAWK's proof of this answer, if the request had a good MAC", Type::String);
    response.header("Server-Authorization", signature).build()
}

fn bson() -> Content {
    ContentBuilder::new().description(Some(BSON_NOTE)).build()
}

fn retry(response: Response) -> Response {
    with(response, "Retry-After", header("Seconds to wait, where time helps", Type::Integer))
}

fn challenged(response: Response) -> Response {
    let description = "`Hawk`, with `error` if there was a header, and `ts` and `tsm` if its time was off";
    with(response, "WWW-Authenticate", header(description, Type::String))
}

fn allow(response: Response) -> Response {
    with(response, "Allow", header("`POST`", Type::String))
}

fn with(mut response: Response, name: &str, header: Header) -> Response {
    response.headers.insert(name.to_owned(), header.into());
    response
}

fn header(description: &str, kind: Type) -> Header {
    HeaderBuilder::new().schema(Some(Object::with_type(kind))).description(Some(description)).build()
}

fn result() -> Object {
    let nullable = SchemaType::from_iter([Type::String, Type::Null]);
    ObjectBuilder::new()
        .property(
            "errcode",
            ObjectBuilder::new().schema_type(Type::Integer).enum_values(Some([0, 1, 2, 4, 5, 6])),
        )
        .required("errcode")
        .property(
            "errmsg",
            ObjectBuilder::new().schema_type(Type::String).description(Some("Empty on success")),
        )
        .required("errmsg")
        .property("tag", ObjectBuilder::new().schema_type(nullable).description(Some("Always null")))
        .required("tag")
        .xml(Some(XmlBuilder::new().name(Some("CommonOperationResult")).build()))
        .build()
}

fn error() -> Object {
    let errors = ArrayBuilder::new().items(Object::with_type(Type::String)).build();
    let state = ObjectBuilder::new()
        .description(Some("Errors by member"))
        .additional_properties(Some(AdditionalProperties::from(RefOr::T(Schema::Array(errors)))));
    ObjectBuilder::new()
        .property("Message", Object::with_type(Type::String))
        .required("Message")
        .property("ModelState", state)
        .xml(Some(XmlBuilder::new().name(Some("Error")).build()))
        .build()
}
