//! Schemas of single values, for the OpenAPI document. What they refuse, the readers refuse, and the other way round.

mod payments;
mod webhooks;

use countersign_domain::app::{AppKind, Scope};
use countersign_domain::ask::AskFrequency;
use countersign_domain::code::Purpose;
use countersign_domain::id::{AccountId, AppId, CodeId, EventId, SessionId};
use countersign_domain::identifier::Name;
use countersign_domain::secret::Kind;
use utoipa::openapi::schema::{
    Array, ArrayBuilder, KnownFormat, Object, ObjectBuilder, OneOfBuilder, Schema, SchemaFormat, SchemaType,
    Type,
};

pub(in crate::native) use self::payments::{
    amount, currency, hold_cause, intent_id, intent_life, intent_state, line, object, optional_line,
    optional_object, void_cause,
};
pub(in crate::native) use self::webhooks::{
    attempt_outcome, description, disabled, event_or_place, event_types, event_types_given, moment,
    no_cursor, optional_moment, optional_scheme, place, scheme, waiting_state, webhook_id, webhook_state,
    webhook_url, words,
};
use super::events::TYPES;
use super::problem::ProblemCode;
use super::values::{
    APP_NAME_MAX, CLOCK_STEP_S, LIMIT, LIMIT_USUAL, PRESENTED_MAX, REASON_MAX, SESSION_LIFE_S,
};
use crate::native::SECRET_CHARS;

/// No control characters, and something that is not one.
const NO_CONTROL: &str = r"^[^\u0000-\u001f\u007f-\u009f]+$";
/// As [`NO_CONTROL`], and not only white space.
const PROSE: &str =
    r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$";
/// Digits with separators, and a country code.
const MOBILE: &str = r"^[ ().-]*(\+[ ().-]*)?([0-9][ ().-]*){4,15}$";

pub(in crate::native) fn name() -> Object {
    text(Type::String).pattern(Some(NO_CONTROL)).max_length(Some(Name::MAX_CHARS)).build()
}

pub(in crate::native) fn optional_name() -> Object {
    text(or_null(Type::String)).pattern(Some(NO_CONTROL)).max_length(Some(Name::MAX_CHARS)).build()
}

pub(in crate::native) fn app_name() -> Object {
    text(Type::String).pattern(Some(PROSE)).max_length(Some(APP_NAME_MAX)).build()
}

pub(in crate::native) fn reason() -> Object {
    text(Type::String).pattern(Some(PROSE)).max_length(Some(REASON_MAX)).build()
}

pub(in crate::native) fn new_secret() -> Object {
    secret(Type::String)
}

pub(in crate::native) fn optional_new_secret() -> Object {
    secret(or_null(Type::String))
}

pub(in crate::native) fn presented() -> Object {
    text(Type::String).format(Some(password())).min_length(Some(1)).max_length(Some(PRESENTED_MAX)).build()
}

pub(in crate::native) fn optional_presented() -> Object {
    let text = text(or_null(Type::String)).format(Some(password()));
    text.min_length(Some(1)).max_length(Some(PRESENTED_MAX)).build()
}

pub(in crate::native) fn any_text() -> Object {
    Object::with_type(Type::String)
}

pub(in crate::native) fn code() -> Object {
    text(Type::String).min_length(Some(1)).max_length(Some(PRESENTED_MAX)).build()
}

pub(in crate::native) fn mobile() -> Object {
    text(Type::String).pattern(Some(MOBILE)).build()
}

pub(in crate::native) fn optional_mobile() -> Object {
    text(or_null(Type::String)).pattern(Some(MOBILE)).build()
}

pub(in crate::native) fn mobiles() -> Array {
    ArrayBuilder::new().schema_type(or_null(Type::Array)).items(mobile()).max_items(Some(2)).build()
}

pub(in crate::native) fn all_mobiles() -> Array {
    ArrayBuilder::new().items(mobile()).max_items(Some(2)).build()
}

pub(in crate::native) fn optional_integral() -> Schema {
    let either = OneOfBuilder::new()
        .item(integer(i64::MIN, i64::MAX).format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64))))
        .item(text(Type::String).pattern(Some("^-?[0-9]{1,18}$")))
        .item(ObjectBuilder::new().schema_type(Type::Null))
        .build();
    Schema::OneOf(either)
}

pub(in crate::native) fn spelled_integral() -> Object {
    integer(i64::MIN, i64::MAX).format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64))).build()
}

pub(in crate::native) fn session_life() -> Object {
    let (least, most) = SESSION_LIFE_S;
    integer(i64::from(least), i64::from(most)).schema_type(or_null(Type::Integer)).build()
}

pub(in crate::native) fn clock_step() -> Object {
    integer(i64::from(CLOCK_STEP_S.0), i64::from(CLOCK_STEP_S.1)).build()
}

pub(in crate::native) fn limit() -> Object {
    integer(i64::from(LIMIT.0), i64::from(LIMIT.1)).default(Some(LIMIT_USUAL.into())).build()
}

pub(in crate::native) fn count() -> Object {
    ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)).build()
}

pub(in crate::native) fn optional_count() -> Object {
    let types = or_null(Type::Integer);
    ObjectBuilder::new().schema_type(types).minimum(Some(0)).build()
}

pub(in crate::native) fn status() -> Object {
    integer(400, 599).build()
}

pub(in crate::native) fn time() -> Object {
    text(Type::String).format(Some(date_time())).build()
}

pub(in crate::native) fn optional_time() -> Object {
    text(or_null(Type::String)).format(Some(date_time())).build()
}

pub(in crate::native) fn kind() -> Object {
    word(Kind::ALL.map(Kind::as_str))
}

pub(in crate::native) fn kinds() -> Array {
    ArrayBuilder::new().items(kind()).build()
}

pub(in crate::native) fn purpose() -> Object {
    word(Purpose::ALL.map(Purpose::as_str))
}

pub(in crate::native) fn asked_purpose() -> Object {
    word(Purpose::OF_ACCOUNTS.map(Purpose::as_str))
}

pub(in crate::native) fn ask_frequency() -> Object {
    word(AskFrequency::ALL.map(AskFrequency::as_str))
}

pub(in crate::native) fn app_kind() -> Object {
    word(AppKind::ALL.map(AppKind::as_str))
}

pub(in crate::native) fn scopes() -> Array {
    ArrayBuilder::new().items(word(Scope::ALL.map(Scope::as_str))).build()
}

pub(in crate::native) fn optional_scopes() -> Array {
    ArrayBuilder::new()
        .schema_type(or_null(Type::Array))
        .items(word(Scope::ALL.map(Scope::as_str)))
        .max_items(Some(64))
        .build()
}

pub(in crate::native) fn secret_state() -> Object {
    word(["unset", "active", "temporary", "locked"])
}

pub(in crate::native) fn actor_kind() -> Object {
    word(["nobody", "session", "app", "server"])
}

pub(in crate::native) fn event_type() -> Object {
    word(TYPES)
}

pub(in crate::native) fn problem_code() -> Object {
    word(ProblemCode::ALL.map(ProblemCode::as_str))
}

pub(in crate::native) fn problem_type() -> Object {
    text(Type::String).format(Some(SchemaFormat::Custom("uri".to_owned()))).build()
}

pub(in crate::native) fn account_id() -> Object {
    id(AccountId::PREFIX)
}

pub(in crate::native) fn app_id() -> Object {
    id(AppId::PREFIX)
}

pub(in crate::native) fn session_id() -> Object {
    id(SessionId::PREFIX)
}

pub(in crate::native) fn code_id() -> Object {
    id(CodeId::PREFIX)
}

pub(in crate::native) fn event_id() -> Object {
    id(EventId::PREFIX)
}

fn id(prefix: &str) -> Object {
    text(Type::String).pattern(Some(format!("^{prefix}[0-7][0-9a-hjkmnp-tv-z]{{25}}$"))).build()
}

fn secret(types: impl Into<SchemaType>) -> Object {
    let (least, most) = SECRET_CHARS;
    text(types).format(Some(password())).min_length(Some(least)).max_length(Some(most)).build()
}

fn word<const N: usize>(words: [&str; N]) -> Object {
    text(Type::String).enum_values(Some(words)).build()
}

fn text(types: impl Into<SchemaType>) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(types)
}

fn integer(least: i64, most: i64) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(least)).maximum(Some(most))
}

fn or_null(one: Type) -> SchemaType {
    SchemaType::from_iter([one, Type::Null])
}

const fn password() -> SchemaFormat {
    SchemaFormat::KnownFormat(KnownFormat::Password)
}

const fn date_time() -> SchemaFormat {
    SchemaFormat::KnownFormat(KnownFormat::DateTime)
}
