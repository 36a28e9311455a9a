//! Schemas of what is about webhooks and the stream of events.

use countersign_domain::id::WebhookId;
use countersign_domain::webhook::guard::URL_MAX;
use countersign_domain::webhook::{Disabled, Scheme};
use utoipa::openapi::schema::{Array, ArrayBuilder, Object, ObjectBuilder, OneOfBuilder, Schema, Type};

use super::{PROSE, id, or_null, text, word};
use crate::native::wire::events::TYPES;
use crate::native::wire::webhooks::DESCRIPTION_MAX;

pub(in crate::native) fn webhook_id() -> Object {
    id(WebhookId::PREFIX)
}

pub(in crate::native) fn webhook_url() -> Object {
    text(Type::String).pattern(Some("^https?://[!-~]+$")).max_length(Some(URL_MAX)).build()
}

pub(in crate::native) fn event_types() -> Array {
    ArrayBuilder::new()
        .schema_type(or_null(Type::Array))
        .items(word(TYPES))
        .max_items(Some(TYPES.len()))
        .build()
}

pub(in crate::native) fn event_types_given() -> Array {
    ArrayBuilder::new().items(word(TYPES)).build()
}

pub(in crate::native) fn scheme() -> Object {
    word(Scheme::ALL.map(Scheme::as_str))
}

pub(in crate::native) fn optional_scheme() -> Schema {
    let either = OneOfBuilder::new().item(scheme()).item(ObjectBuilder::new().schema_type(Type::Null));
    Schema::OneOf(either.build())
}

pub(in crate::native) fn description() -> Object {
    text(or_null(Type::String)).pattern(Some(PROSE)).max_length(Some(DESCRIPTION_MAX)).build()
}

pub(in crate::native) fn webhook_state() -> Object {
    word(["enabled", "disabled"])
}

pub(in crate::native) fn disabled() -> Object {
    word(Disabled::ALL.map(Disabled::as_str))
}

pub(in crate::native) fn attempt_outcome() -> Object {
    word(["delivered", "retry", "failed"])
}

pub(in crate::native) fn waiting_state() -> Object {
    word(["retry", "failed"])
}

pub(in crate::native) fn place() -> Object {
    text(Type::String).pattern(Some("^[0-9]{1,19}$")).build()
}

pub(in crate::native) fn event_or_place() -> Object {
    text(Type::String).build()
}

pub(in crate::native) fn words() -> Object {
    text(Type::String).build()
}

pub(in crate::native) fn moment() -> Object {
    text(Type::String).build()
}

pub(in crate::native) fn optional_moment() -> Object {
    text(or_null(Type::String)).build()
}

pub(in crate::native) fn no_cursor() -> Object {
    ObjectBuilder::new().schema_type(Type::Null).build()
}
