//! Reads the members of a body or a query, and gathers everything that is wrong with them.
//!
//! A member of the wrong type makes the request malformed (400). One that is missing, out of range or not known
//! makes it invalid (422); an unknown one is refused so that `expire_in_s` does not silently mean "the usual life".

use std::collections::BTreeMap;

use countersign_domain::secret::SecretText;

use super::json::Json;
use super::texts::fault;
use crate::body::form_decoded;
use crate::rejection::{Fault, Invalid, Rejection};

/// The members that nobody has read yet, and what was wrong with those that were.
pub(super) struct Members {
    prefix: String,
    unread: BTreeMap<String, Json>,
    faults: Vec<Invalid>,
    wrong_type: Option<String>,
}

/// Why a member's value is not taken.
pub(super) enum Bad {
    /// It has another type; this is the right one, as in "must be a string".
    Type(&'static str),
    /// It has the right type.
    Value(Fault),
}

/// What a reader of one value gives.
pub(super) type Read<T> = Result<T, Bad>;

impl Members {
    /// The members of a JSON object.
    ///
    /// # Errors
    /// [`Rejection::Malformed`] if it is something else.
    pub(super) fn of_json(json: Json) -> Result<Self, Rejection> {
        let Json::Object(members) = json else {
            return Err(Rejection::Malformed("the body must be a JSON object".to_owned()));
        };
        Ok(Self::new(String::new(), members))
    }

    /// The members of a query, each a text.
    ///
    /// # Errors
    /// [`Rejection::Malformed`] if it is not UTF-8 once percent-decoded, or names a member twice.
    pub(super) fn of_query(query: Option<&str>) -> Result<Self, Rejection> {
        let mut members = BTreeMap::new();
        for pair in query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = Json::Text(SecretText::new(form_decoded(value)?));
            if members.insert(form_decoded(name)?, value).is_some() {
                return Err(Rejection::Malformed("the query names a parameter twice".to_owned()));
            }
        }
        Ok(Self::new(String::new(), members))
    }

    fn new(prefix: String, unread: BTreeMap<String, Json>) -> Self {
        Self { prefix, unread, faults: Vec::new(), wrong_type: None }
    }

    /// A member that may be absent or `null`.
    pub(super) fn optional<T>(&mut self, name: &str, read: impl FnOnce(Json) -> Read<T>) -> Option<T> {
        match self.unread.remove(name) {
            None | Some(Json::Null) => None,
            Some(json) => self.keep(name, read(json)),
        }
    }

    /// A member that must be there.
    pub(super) fn required<T>(&mut self, name: &str, read: impl FnOnce(Json) -> Read<T>) -> Option<T> {
        match self.unread.remove(name) {
            None => self.keep(name, Err(Bad::Value(Fault::Required))),
            Some(json) => self.keep(name, read(json)),
        }
    }

    /// A member that may be absent or `null` and is an object; its own members are called `name.member`.
    pub(super) fn nested<T>(&mut self, name: &str, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let members = self.optional(name, |json| {
            let Json::Object(members) = json else { return Err(Bad::Type("an object")) };
            Ok(members)
        })?;
        let mut inner = Self::new(format!("{}{name}.", self.prefix), members);
        let value = read(&mut inner);
        inner.refuse_unread();
        self.faults.append(&mut inner.faults);
        self.wrong_type = self.wrong_type.take().or(inner.wrong_type);
        value
    }

    /// A member that may be absent or `null` and is a list; its places are called `name[0]`.
    pub(super) fn list<T>(
        &mut self,
        name: &str,
        most: usize,
        read: impl Fn(Json) -> Read<T>,
    ) -> Option<Vec<T>> {
        let items = self.optional(name, |json| {
            let Json::List(items) = json else { return Err(Bad::Type("a list")) };
            if items.len() > most { Err(Bad::Value(Fault::TooLong(most))) } else { Ok(items) }
        })?;
        let places = items.into_iter().enumerate();
        let read: Vec<Option<T>> =
            places.map(|(place, json)| self.keep(&format!("{name}[{place}]"), read(json))).collect();
        read.into_iter().collect()
    }

    /// Whether a member is there, other than as `null`, and has not been read yet.
    pub(super) fn has(&self, name: &str) -> bool {
        self.unread.get(name).is_some_and(|json| !matches!(json, Json::Null))
    }

    /// Whether a member is there, is an object, and has not been read yet.
    pub(super) fn is_object(&self, name: &str) -> bool {
        matches!(self.unread.get(name), Some(Json::Object(_)))
    }

    /// Notes what is wrong with a member in the light of the others.
    pub(super) fn refuse(&mut self, name: &str, fault: Fault) {
        self.faults.push(Invalid { member: format!("{}{name}", self.prefix), fault });
    }

    /// Gives `value`, which was made of what was read, unless something was wrong.
    ///
    /// # Errors
    /// [`Rejection::Malformed`] for a member of the wrong type, else [`Rejection::Invalid`] with every fault.
    pub(super) fn close<T>(mut self, value: Option<T>) -> Result<T, Rejection> {
        self.refuse_unread();
        if let Some(words) = self.wrong_type {
            return Err(Rejection::Malformed(words));
        }
        match value {
            Some(value) if self.faults.is_empty() => Ok(value),
            Some(_) | None => Err(Rejection::Invalid(self.faults)),
        }
    }

    fn keep<T>(&mut self, name: &str, read: Read<T>) -> Option<T> {
        match read {
            Ok(value) => return Some(value),
            Err(Bad::Value(fault)) => self.refuse(name, fault),
            Err(Bad::Type(expected)) => {
                self.wrong_type.get_or_insert_with(|| format!("{}{name} must be {expected}", self.prefix));
            }
        }
        None
    }

    fn refuse_unread(&mut self) {
        /// Enough to find the mistake; a body may have a hundred thousand of them.
        const MOST: usize = 8;
        for name in std::mem::take(&mut self.unread).into_keys().take(MOST) {
            self.refuse(shown(&name), Fault::NotAllowed(fault::UNKNOWN));
        }
    }
}

/// An unknown member's name, for the answer: only if it is a word. A PIN, key or token that landed in the place of
/// a name is not repeated.
fn shown(name: &str) -> &str {
    let word = name.len() <= 40 && name.bytes().all(|c| c.is_ascii_alphabetic() || c == b'_');
    if word { name } else { "?" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(body: &str) -> Members {
        Json::parse(body.as_bytes()).and_then(Members::of_json).expect("an object")
    }

    fn text(json: Json) -> Read<String> {
        let Json::Text(text) = json else { return Err(Bad::Type("a string")) };
        Ok(text.expose().to_owned())
    }

    #[test]
    fn gathers_every_fault() {
        let mut body = members(r#"{"inner":{"x":"1"},"list":["a"],"twelve 12":1,"odd":2}"#);
        let missing = body.required("name", text);
        let inner = body.nested("inner", |inner| inner.required("y", text));
        let list = body.list("list", 0, text);
        assert!(missing.is_none() && inner.is_none() && list.is_none());
        let Err(Rejection::Invalid(faults)) = body.close(Some(())) else { panic!("invalid") };
        let names: Vec<&str> = faults.iter().map(|invalid| invalid.member.as_str()).collect();
        assert_eq!(names, ["name", "inner.y", "inner.x", "list", "odd", "?"]);
    }

    #[test]
    fn a_wrong_type_outweighs_every_fault() {
        let mut body = members(r#"{"list":["a",1]}"#);
        let missing = body.required("name", text);
        let list = body.list("list", 2, text);
        assert!(missing.is_none() && list.is_none());
        let Err(rejection) = body.close(Some(())) else { panic!("malformed") };
        assert_eq!(rejection, Rejection::Malformed("list[1] must be a string".to_owned()));
    }

    #[test]
    fn reads_a_query_strictly() {
        let mut query = Members::of_query(Some("a=1%202&&b=x+y&c")).expect("a query");
        assert_eq!(query.required("a", text).as_deref(), Some("1 2"));
        assert_eq!(query.required("b", text).as_deref(), Some("x y"));
        assert_eq!(query.required("c", text).as_deref(), Some(""));
        assert!(query.close(Some(())).is_ok());
        assert!(Members::of_query(Some("a=1&a=2")).is_err());
        assert!(Members::of_query(Some("a=%ff")).is_err());
    }
}
