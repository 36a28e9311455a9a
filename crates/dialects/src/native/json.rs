//! JSON whose every text is held as a secret, because nothing is known yet about which of them are.

use core::fmt;
use std::collections::BTreeMap;

use countersign_domain::secret::SecretText;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::{Number, Value};

use crate::rejection::Rejection;

/// A JSON value (RFC 8259). Has no `Debug`: it may hold secrets.
pub(super) enum Json {
    Null,
    Bool(bool),
    /// A number without a fraction that fits 64 bits, in whatever way it is written.
    Integer(i64),
    /// A number with a fraction.
    Fraction(f64),
    /// A number without a fraction that does not fit 64 bits.
    Huge,
    Text(SecretText),
    List(Vec<Json>),
    Object(BTreeMap<String, Json>),
}

impl Json {
    /// Reads a body. An object that names a member twice is no more readable than one that is cut off: which of the
    /// two was meant would be a guess, and others along the way may guess differently.
    ///
    /// # Errors
    /// [`Rejection::Malformed`], which repeats nothing of the content.
    pub(super) fn parse(body: &[u8]) -> Result<Self, Rejection> {
        if body.is_empty() {
            return Err(Rejection::Malformed("the body is empty where JSON is needed".to_owned()));
        }
        serde_json::from_slice(body).map_err(|error| {
            Rejection::Malformed(match error.classify() {
                Category::Data => "a member is given twice".to_owned(),
                Category::Io | Category::Syntax | Category::Eof => {
                    format!("not JSON at line {}, column {}", error.line(), error.column())
                }
            })
        })
    }
}

impl Json {
    /// The value, where none of its texts is secret and no number of it would change: those that a double does not hold
    /// are `None`.
    pub(super) fn into_value(self) -> Option<Value> {
        /// From here on a double no longer tells neighbouring integers apart (RFC 7493, section 2.2).
        const EXACT: i64 = 1 << 53;
        Some(match self {
            Self::Null => Value::Null,
            Self::Bool(truth) => Value::Bool(truth),
            Self::Integer(number) => {
                Value::from(Some(number).filter(|number| (-EXACT..=EXACT).contains(number))?)
            }
            Self::Fraction(number) => Value::Number(Number::from_f64(number)?),
            Self::Huge => return None,
            Self::Text(text) => Value::String(text.expose().to_owned()),
            Self::List(items) => {
                Value::Array(items.into_iter().map(Self::into_value).collect::<Option<_>>()?)
            }
            Self::Object(members) => {
                let members = members.into_iter().map(|(name, value)| Some((name, value.into_value()?)));
                Value::Object(members.collect::<Option<_>>()?)
            }
        })
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Json, E> {
        Ok(Json::Bool(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
        Ok(Json::Integer(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(i64::try_from(number).map_or(Json::Huge, Json::Integer))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Json, E> {
        // Above 2^53 a double no longer tells neighbouring integers apart.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        if number.fract() != 0.0 {
            return Ok(Json::Fraction(number));
        }
        if number.abs() > EXACT {
            return Ok(Json::Huge);
        }
        #[allow(clippy::cast_possible_truncation, reason = "has no fraction and is within 2^53")]
        Ok(Json::Integer(number as i64))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(SecretText::new(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Json, A::Error> {
        let mut object = BTreeMap::new();
        while let Some((name, value)) = members.next_entry::<String, Json>()? {
            if object.insert(name, value).is_some() {
                return Err(A::Error::custom("a member is given twice"));
            }
        }
        Ok(Json::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(body: &[u8]) -> String {
        match Json::parse(body) {
            Err(Rejection::Malformed(words)) => words,
            Err(other) => format!("{other:?}"),
            Ok(_) => String::new(),
        }
    }

    #[test]
    fn refuses_what_is_not_one_json_value() {
        assert!(why(b"").contains("empty"));
        assert_eq!(why(b"{\"a\":1,\"a\":2}"), "a member is given twice");
        assert_eq!(why(b"{\"b\":{\"a\":1,\"a\":2}}"), "a member is given twice");
        for broken in [&b"{"[..], b"{}x", b"\"\xff\"", b"\"\\ud800\"", b"[1e999]", b"\xef\xbb\xbf{}"] {
            assert!(why(broken).starts_with("not JSON at"), "{broken:?}");
        }
        assert!(why("[".repeat(100_000).as_bytes()).starts_with("not JSON at"));
    }

    #[test]
    fn tells_integers_from_other_numbers() {
        let integer = |text: &str| match Json::parse(text.as_bytes()) {
            Ok(Json::Integer(number)) => Some(number),
            _ => None,
        };
        assert_eq!(integer("9223372036854775807"), Some(i64::MAX));
        assert_eq!(integer("-7"), Some(-7));
        assert_eq!(integer("60.0"), Some(60));
        assert!(matches!(Json::parse(b"1.5"), Ok(Json::Fraction(_))));
        for huge in ["9223372036854775808", "1e300", "-1e19"] {
            assert!(matches!(Json::parse(huge.as_bytes()), Ok(Json::Huge)), "{huge}");
        }
    }
}
