//! JSON as Json.NET reads it into an object: names in any case, unknown members ignored.

use core::fmt;

use countersign_domain::secret::SecretText;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::aspnet::members::{Case, Members, Model, Scalar};
use crate::aspnet::read::Unreadable;

/// Reads an object, or `null`, which has no members.
pub(super) fn read(text: &str, model: &'static Model) -> Result<Members, Unreadable> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let mut root = Root { members: Members::none(model, Case::Ignored), twice: false };
    // The parser's own error text can quote the body, so it is dropped here.
    let read = reader.deserialize_any(&mut root).and_then(|()| reader.end());
    match read {
        Ok(()) => Ok(root.members),
        Err(_) if root.twice => Err(Unreadable::Twice),
        Err(_) => Err(Unreadable::Syntax),
    }
}

struct Root {
    members: Members,
    twice: bool,
}

impl<'de> Visitor<'de> for &mut Root {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            let value = if self.members.knows(&name) {
                map.next_value_seed(Value)?
            } else {
                map.next_value::<IgnoredAny>()?;
                Scalar::Other
            };
            if self.members.put(&name, value).is_err() {
                self.twice = true;
                return Err(A::Error::custom("twice"));
            }
        }
        Ok(())
    }
}

struct Value;

impl<'de> DeserializeSeed<'de> for Value {
    type Value = Scalar;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Scalar, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value {
    type Value = Scalar;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Scalar, E> {
        Ok(Scalar::text(text))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Scalar, E> {
        Ok(Scalar::Text(SecretText::new(text)))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Scalar, E> {
        Ok(Scalar::text(&value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Scalar, E> {
        Ok(i64::try_from(value).map_or(Scalar::Other, |value| Scalar::text(&value)))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Scalar, E> {
        Ok(Scalar::from_f64(value))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Scalar, E> {
        Ok(Scalar::Other)
    }

    fn visit_unit<E: Error>(self) -> Result<Scalar, E> {
        Ok(Scalar::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Scalar, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Scalar::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Scalar, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Scalar::Other)
    }
}
