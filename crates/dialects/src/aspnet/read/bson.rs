//! BSON (bsonspec.org, version 1.1), read in place: nothing is built but the members.

use bson::raw::{RawBsonRef, RawDocument};

use crate::aspnet::members::{Case, Members, Model, Scalar};
use crate::aspnet::read::Unreadable;

/// Reads a document; names in any case, because Json.NET maps them as it does for JSON.
pub(super) fn read(body: &[u8], model: &'static Model) -> Result<Members, Unreadable> {
    let document = RawDocument::from_bytes(body).map_err(|_| Unreadable::Syntax)?;
    let mut members = Members::none(model, Case::Ignored);
    for element in document {
        let (name, value) = element.map_err(|_| Unreadable::Syntax)?;
        members.put(name.as_str(), scalar(&value))?;
    }
    Ok(members)
}

fn scalar(value: &RawBsonRef<'_>) -> Scalar {
    match *value {
        RawBsonRef::String(text) => Scalar::text(text),
        RawBsonRef::Int32(ref value) => Scalar::text(value),
        RawBsonRef::Int64(ref value) => Scalar::text(value),
        RawBsonRef::Double(value) => Scalar::from_f64(value),
        RawBsonRef::Null | RawBsonRef::Undefined => Scalar::Null,
        _ => Scalar::Other,
    }
}
