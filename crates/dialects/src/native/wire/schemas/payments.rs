//! Schemas of what is about intents and holds.

use countersign_domain::hold::HoldCause;
use countersign_domain::intent::{Line, StageName, VoidCause};
use utoipa::openapi::schema::{Object, ObjectBuilder, SchemaType, Type};

use super::{PROSE, or_null, text, word};
use crate::native::wire::values::{AMOUNT_MAX, INTENT_LIFE_S};

/// Digits, and digits after a point; how many is the currency's.
const AMOUNT: &str = r"^(0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?$";

pub(in crate::native) fn amount() -> Object {
    text(Type::String).pattern(Some(AMOUNT)).max_length(Some(AMOUNT_MAX)).build()
}

pub(in crate::native) fn currency() -> Object {
    text(Type::String).pattern(Some("^[A-Z][A-Z0-9]{1,11}$")).build()
}

pub(in crate::native) fn line() -> Object {
    text(Type::String).pattern(Some(PROSE)).max_length(Some(Line::MAX_CHARS)).build()
}

pub(in crate::native) fn optional_line() -> Object {
    text(or_null(Type::String)).pattern(Some(PROSE)).max_length(Some(Line::MAX_CHARS)).build()
}

pub(in crate::native) fn object() -> Object {
    Object::with_type(Type::Object)
}

pub(in crate::native) fn optional_object() -> Object {
    Object::with_type(or_null(Type::Object))
}

pub(in crate::native) fn intent_life() -> Object {
    let types = SchemaType::from_iter([Type::Integer, Type::Null]);
    let (least, most) = INTENT_LIFE_S;
    ObjectBuilder::new().schema_type(types).minimum(Some(least)).maximum(Some(most)).build()
}

pub(in crate::native) fn intent_state() -> Object {
    word(StageName::ALL.map(StageName::as_str))
}

pub(in crate::native) fn void_cause() -> Object {
    word(VoidCause::ALL.map(VoidCause::as_str))
}

pub(in crate::native) fn hold_cause() -> Object {
    word(HoldCause::ALL.map(HoldCause::as_str))
}

pub(in crate::native) fn intent_id() -> Object {
    text(Type::String).pattern(Some("^int_[0-7][0-9a-hjkmnp-tv-z]{41}$")).build()
}
