//! Bodies and queries as named texts: a JSON object or an urlencoded form, read without a lossy step.
//!
//! Every text may be a secret, so it goes straight into [`SecretText`], and no error says anything of the content.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use core::fmt;

use countersign_domain::secret::SecretText;
use http::header;
use percent_encoding::percent_decode_str;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use zeroize::Zeroizing;

use crate::raw::RawRequest;
use crate::rejection::Rejection;

/// More members than any dialect has, and few enough that a body of many tiny ones costs no more memory than itself.
const MAX_MEMBERS: usize = 64;

/// Members by name, each at most once.
pub(crate) struct Members(BTreeMap<String, Member>);

/// A member as delivered.
enum Member {
    Text(SecretText),
    Null,
    /// A number, a truth value, a list or an object; none of the dialects that read this way has any.
    Other,
}

impl Members {
    /// No members at all.
    pub(crate) const fn none() -> Self {
        Self(BTreeMap::new())
    }

    /// Reads a JSON object (RFC 8259). A name that stands twice is refused: which of the two is meant is a guess
    /// that proxies and servers make differently.
    pub(crate) fn json(body: &[u8]) -> Result<Self, Rejection> {
        let text = core::str::from_utf8(body).map_err(|_| malformed("the body is not UTF-8"))?;
        // The library's own message quotes what it found, which may be a secret.
        serde_json::from_str(text)
            .map_err(|_| malformed("the body is not a JSON object with each member once"))
    }

    /// Reads `application/x-www-form-urlencoded` (WHATWG URL, section 5.1), but refuses what that would repair:
    /// text that is not UTF-8, because two wrong secrets would become one, and a name that stands twice.
    pub(crate) fn form(text: &[u8]) -> Result<Self, Rejection> {
        let text = core::str::from_utf8(text).map_err(|_| malformed("the form is not UTF-8"))?;
        let mut members = BTreeMap::new();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = Member::Text(SecretText::new(form_decoded(value)?));
            if members.insert(form_decoded(name)?, value).is_some() {
                return Err(malformed("a parameter stands twice"));
            }
            if members.len() > MAX_MEMBERS {
                return Err(malformed("too many parameters"));
            }
        }
        Ok(Self(members))
    }

    /// Both together. A name in both must have the same value in both, or be empty in one.
    pub(crate) fn merged(mut self, other: Self) -> Result<Self, Rejection> {
        for (name, value) in other.0 {
            match self.0.entry(name) {
                Entry::Vacant(place) => {
                    place.insert(value);
                }
                Entry::Occupied(mut place) => match (place.get(), &value) {
                    (Member::Text(one), Member::Text(two)) if one == two || two.is_empty() => {}
                    (Member::Text(one), Member::Text(_)) if one.is_empty() => {
                        place.insert(value);
                    }
                    _ => return Err(malformed("a parameter stands in query and form with different values")),
                },
            }
        }
        Ok(self)
    }

    /// Takes a text out; `None` if it is absent, null or empty.
    pub(crate) fn take(&mut self, name: &str) -> Result<Option<SecretText>, Rejection> {
        match self.0.remove(name) {
            None | Some(Member::Null) => Ok(None),
            Some(Member::Text(text)) => Ok(Some(text).filter(|text| !text.is_empty())),
            Some(Member::Other) => Err(malformed("a member that must be a string is not one")),
        }
    }
}

/// The media type of the body in lower case and without parameters; `None` if none is given.
pub(crate) fn media_type(raw: &RawRequest) -> Option<String> {
    let given = raw.headers.get(header::CONTENT_TYPE)?;
    let text = String::from_utf8_lossy(given.as_bytes());
    let bare = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    (!bare.is_empty()).then_some(bare)
}

/// A rejection in a few plain words.
pub(crate) fn malformed(why: &str) -> Rejection {
    Rejection::Malformed(why.to_owned())
}

pub(crate) fn form_decoded(text: &str) -> Result<String, Rejection> {
    let spaced = Zeroizing::new(text.replace('+', " "));
    // As long as it can get, because growing would leave copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(spaced.len()));
    bytes.extend(percent_decode_str(&spaced));
    let decoded = core::str::from_utf8(&bytes).map(str::to_owned);
    decoded.map_err(|_| malformed("a parameter is not UTF-8"))
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Members;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Members, A::Error> {
        let mut members = BTreeMap::new();
        while let Some((name, value)) = object.next_entry::<String, Member>()? {
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("a member stands twice"));
            }
            if members.len() > MAX_MEMBERS {
                return Err(A::Error::custom("too many members"));
            }
        }
        Ok(Members(members))
    }
}

impl<'de> Deserialize<'de> for Member {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MemberVisitor)
    }
}

struct MemberVisitor;

impl<'de> Visitor<'de> for MemberVisitor {
    type Value = Member;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Member, E> {
        Ok(Member::Text(SecretText::new(text.to_owned())))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Member, E> {
        Ok(Member::Text(SecretText::new(text)))
    }

    fn visit_unit<E: Error>(self) -> Result<Member, E> {
        Ok(Member::Null)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Member, E> {
        Ok(Member::Other)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Member, E> {
        Ok(Member::Other)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Member, E> {
        Ok(Member::Other)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Member, E> {
        Ok(Member::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Member, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Member::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Member, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Member::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(members: &mut Members, name: &str) -> Option<String> {
        members.take(name).ok().flatten().map(|text| text.expose().to_owned())
    }

    #[test]
    fn a_form_is_decoded_strictly() {
        let mut members = Members::form(b"a=1+2%2B&&b&c=%E5%AF%86&d=50%").expect("a form");
        assert_eq!(text(&mut members, "a").as_deref(), Some("1 2+"));
        assert_eq!(text(&mut members, "b"), None);
        assert_eq!(text(&mut members, "c").as_deref(), Some("密"));
        assert_eq!(text(&mut members, "d").as_deref(), Some("50%"));
        for bad in [b"a=1&a=1".as_slice(), b"a=%FF", b"\xFF=1", b"%FF=1"] {
            assert!(Members::form(bad).is_err());
        }
    }

    #[test]
    fn json_members_stand_once_and_are_strings() {
        let mut members = Members::json(br#"{"a":"\u5bc6","b":null,"c":1,"d":[[{}]],"e":""}"#).expect("JSON");
        assert_eq!(text(&mut members, "a").as_deref(), Some("密"));
        assert!(matches!(members.take("b"), Ok(None)));
        assert!(members.take("c").is_err());
        assert!(members.take("d").is_err());
        assert!(matches!(members.take("e"), Ok(None)));
        let deep = format!("{{\"a\":{}", "[".repeat(100_000));
        let cases =
            ["", "null", "[]", "{", r#"{"a":"1","a":"1"}"#, r#"{"x":1,"x":2}"#, r#"{"a":"\ud800"}"#, "{}{}"];
        for bad in cases.into_iter().chain([deep.as_str()]) {
            assert!(Members::json(bad.as_bytes()).is_err(), "{bad:.20}");
        }
    }

    #[test]
    fn a_flood_of_members_is_refused() {
        let form: Vec<String> = (0..100_000).map(|n| n.to_string()).collect();
        assert!(Members::form(form.join("&").as_bytes()).is_err());
        let json: Vec<String> = (0..1000).map(|n| format!("\"{n}\":0")).collect();
        assert!(Members::json(format!("{{{}}}", json.join(",")).as_bytes()).is_err());
    }

    #[test]
    fn query_and_form_must_agree() {
        let form = |text: &str| Members::form(text.as_bytes()).expect("a form");
        assert!(form("a=1").merged(form("a=2")).is_err());
        for (one, two) in [("a=1", "a=1"), ("a=", "a=1"), ("a=1", "a="), ("a=1", ""), ("", "a=1")] {
            let mut merged = form(one).merged(form(two)).expect("they agree");
            assert_eq!(text(&mut merged, "a").as_deref(), Some("1"));
        }
    }
}
