//! A JSON text whose meaning no two readers can dispute: what a signature covers must be read alike by everybody.
//!
//! Beyond the grammar (RFC 8259) a name occurs once in an object, nothing lies deeper than the caller allows, and a string
//! holds no half of a surrogate pair (all of which is I-JSON, RFC 7493).

use core::cell::Cell;
use core::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// What is wrong, without what was read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum NotStrict {
    /// Not a JSON text, or a string with half of a surrogate pair, or a number beyond a double.
    Json,
    /// A name twice in one object.
    Twice,
    /// More levels than allowed.
    Deep,
}

/// Reads one JSON text; scalars have depth 0, `[]` has depth 1.
///
/// # Errors
///
/// [`NotStrict`], and nothing of the text.
pub(crate) fn read(text: &str, depth: usize) -> Result<Value, NotStrict> {
    let fault = Cell::new(NotStrict::Json);
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = Level { deeper: depth, fault: &fault }.deserialize(&mut reader);
    read.and_then(|value| reader.end().map(|()| value)).map_err(|_| fault.get())
}

/// Reads one value, with so many levels below it.
#[derive(Clone, Copy)]
struct Level<'a> {
    deeper: usize,
    /// Why the reading ended, where the grammar is not the reason: an error of the reader carries only a text.
    fault: &'a Cell<NotStrict>,
}

impl Level<'_> {
    fn below<E: serde::de::Error>(self) -> Result<Self, E> {
        let deeper = self.deeper.checked_sub(1).ok_or_else(|| self.end(NotStrict::Deep))?;
        Ok(Self { deeper, ..self })
    }

    fn end<E: serde::de::Error>(self, fault: NotStrict) -> E {
        self.fault.set(fault);
        E::custom("not strict")
    }
}

impl<'de> DeserializeSeed<'de> for Level<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Level<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| self.end(NotStrict::Json))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let below = self.below()?;
        let mut values = Vec::new();
        while let Some(value) = items.next_element_seed(below)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let below = self.below()?;
        let mut map = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value_seed(below)?;
            if map.insert(name, value).is_some() {
                return Err(self.end(NotStrict::Twice));
            }
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_everybody_reads_alike() {
        assert_eq!(read(r#"{"a":[1,-2,0.5,"\ud83d\ude00",null,true]}"#, 2), {
            Ok(serde_json::json!({"a": [1, -2, 0.5, "😀", null, true]}))
        });
        assert_eq!(read("7", 0), Ok(7.into()));
    }

    #[test]
    fn refuses_the_rest() {
        let cases = [
            (r#"{"a":1,"a":1}"#, NotStrict::Twice),
            (r#"{"a":1,"\u0061":2}"#, NotStrict::Twice),
            (r#"[{"a":{"b":1,"b":2}}]"#, NotStrict::Twice),
            ("[[[[]]]]", NotStrict::Deep),
            (r#""\ud83d""#, NotStrict::Json),
            (r#""\ude00\ud83d""#, NotStrict::Json),
            ("1e400", NotStrict::Json),
            ("{} {}", NotStrict::Json),
            ("[1,]", NotStrict::Json),
            ("01", NotStrict::Json),
            ("NaN", NotStrict::Json),
            ("", NotStrict::Json),
            ("\u{feff}{}", NotStrict::Json),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text, 3), Err(expected), "{text}");
        }
    }
}
