//! `Authorization: Hawk id="…", ts="…", nonce="…", mac="…"` and its relatives, read strictly.

use core::fmt::Write;

use crate::hawk::{HawkError, HeaderFault};

/// The reference implementation's limit. A longer header is refused before it is looked at.
const LONGEST: usize = 4096;
/// How many attributes there can be.
const MOST: usize = 8;
/// Compared without regard to case.
const SCHEME: &str = "hawk";

/// The attributes of an `Authorization` header. None of them is secret. Nothing is proven yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HawkHeader {
    /// Who claims to call.
    pub id: String,
    /// The caller's time in seconds since the epoch.
    pub ts: i64,
    /// A text that makes the request unique among those of the same second.
    pub nonce: String,
    /// The MAC of the request, Base64.
    pub mac: String,
    /// The hash of content type and body, Base64.
    pub hash: Option<String>,
    /// Data of the application, covered by the MAC. `ext=""` is the same as none: a real client sends it.
    pub ext: Option<String>,
    /// The application the credential was issued to.
    pub app: Option<String>,
    /// The application that delegated it; only ever together with `app`, because else no MAC would cover it.
    pub dlg: Option<String>,
}

impl HawkHeader {
    /// Reads the whole value of an `Authorization` header. The scheme's case does not matter.
    ///
    /// # Errors
    ///
    /// [`HawkError::Missing`] if it is of another scheme, else [`HawkError::Malformed`] with what is wrong.
    pub fn parse(value: &str) -> Result<Self, HawkError> {
        let (scheme, attributes) = value.split_once([' ', '\t']).unwrap_or((value, ""));
        if !scheme.eq_ignore_ascii_case(SCHEME) {
            return Err(HawkError::Missing);
        }
        if value.len() > LONGEST {
            return Err(HeaderFault::TooLong.into());
        }
        Ok(Self::read(Attributes::parse(attributes)?)?)
    }

    fn read(mut attributes: Attributes<'_>) -> Result<Self, HeaderFault> {
        let header = Self {
            id: attributes.required("id")?,
            ts: timestamp(&attributes.required("ts")?)?,
            nonce: attributes.required("nonce")?,
            mac: attributes.required("mac")?,
            hash: attributes.optional("hash")?,
            ext: attributes.ext(),
            app: attributes.optional("app")?,
            dlg: attributes.optional("dlg")?,
        };
        attributes.finish()?;
        if header.dlg.is_some() && header.app.is_none() {
            return Err(HeaderFault::MissingAttribute);
        }
        Ok(header)
    }

    /// The value of an `Authorization` header with these attributes, in the reference implementation's order.
    pub(super) fn build(&self) -> String {
        let mut value = format!("Hawk id=\"{}\", ts=\"{}\", nonce=\"{}\"", self.id, self.ts, self.nonce);
        push(&mut value, "hash", self.hash.as_deref());
        push(&mut value, "ext", self.ext.as_deref());
        push(&mut value, "mac", Some(&self.mac));
        push(&mut value, "app", self.app.as_deref());
        push(&mut value, "dlg", self.dlg.as_deref());
        value
    }
}

/// The attributes of a `Server-Authorization` header.
pub(super) struct ServerHeader {
    pub(super) mac: String,
    pub(super) hash: Option<String>,
    pub(super) ext: Option<String>,
}

impl ServerHeader {
    pub(super) fn parse(value: &str) -> Result<Self, HeaderFault> {
        let (scheme, attributes) = value.split_once(' ').ok_or(HeaderFault::Syntax)?;
        if !scheme.eq_ignore_ascii_case(SCHEME) || value.len() > LONGEST {
            return Err(HeaderFault::Syntax);
        }
        let mut attributes = Attributes::parse(attributes)?;
        let header = Self {
            mac: attributes.required("mac")?,
            hash: attributes.optional("hash")?,
            ext: attributes.ext(),
        };
        attributes.finish()?;
        Ok(header)
    }

    pub(super) fn build(&self) -> String {
        let mut value = format!("Hawk mac=\"{}\"", self.mac);
        push(&mut value, "hash", self.hash.as_deref());
        push(&mut value, "ext", self.ext.as_deref());
        value
    }
}

/// A text that can be the value of `ext`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ext(String);

impl Ext {
    /// Accepts printable ASCII without quote and backslash, not empty.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        (!text.is_empty() && is_attribute(text)).then(|| Self(text.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Printable ASCII but quote and backslash: there is no escape in these headers, so neither can be carried.
pub(super) fn is_attribute(text: &str) -> bool {
    text.bytes().all(|c| matches!(c, b' '..=b'~') && c != b'"' && c != b'\\')
}

/// Attributes as they were read, each name at most once; taken out one by one.
struct Attributes<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Attributes<'a> {
    fn parse(mut rest: &'a str) -> Result<Self, HeaderFault> {
        let mut read = Vec::with_capacity(MOST);
        loop {
            let (name, after_name) = split_name(rest).ok_or(HeaderFault::Syntax)?;
            let (text, after) = after_name.split_once('"').ok_or(HeaderFault::Syntax)?;
            let name = name.trim_start_matches([' ', '\t']);
            if !is_attribute(text) {
                return Err(HeaderFault::BadAttribute);
            }
            if read.iter().any(|&(earlier, _)| earlier == name) {
                return Err(HeaderFault::DuplicateAttribute);
            }
            read.push((name, text));
            match after.trim_matches([' ', '\t']) {
                "" => return Ok(Self(read)),
                after => rest = after.strip_prefix(',').ok_or(HeaderFault::Syntax)?,
            }
        }
    }

    fn take(&mut self, name: &str) -> Option<&'a str> {
        let position = self.0.iter().position(|&(read, _)| read == name)?;
        Some(self.0.swap_remove(position).1)
    }

    fn required(&mut self, name: &str) -> Result<String, HeaderFault> {
        self.optional(name)?.ok_or(HeaderFault::MissingAttribute)
    }

    fn optional(&mut self, name: &str) -> Result<Option<String>, HeaderFault> {
        match self.take(name) {
            None => Ok(None),
            Some("") => Err(HeaderFault::BadAttribute),
            Some(text) => Ok(Some(text.to_owned())),
        }
    }

    fn ext(&mut self) -> Option<String> {
        self.take("ext").filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// Whatever is left is an attribute that this header does not have.
    fn finish(self) -> Result<(), HeaderFault> {
        if self.0.is_empty() { Ok(()) } else { Err(HeaderFault::UnknownAttribute) }
    }
}

/// What stands before and after the first `="`.
fn split_name(text: &str) -> Option<(&str, &str)> {
    let at = text.as_bytes().windows(2).position(|pair| pair == b"=\"")?;
    Some((&text[..at], &text[at + 2..]))
}

/// Seconds in plain decimal. Only the one canonical form, because the MAC covers the text and replay is
/// remembered by the number.
fn timestamp(text: &str) -> Result<i64, HeaderFault> {
    let canonical = text.bytes().all(|c| c.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    // Twelve digits reach the year 33658 and cannot overflow as milliseconds.
    if !canonical || text.len() > 12 {
        return Err(HeaderFault::BadAttribute);
    }
    text.parse().map_err(|_| HeaderFault::BadAttribute)
}

fn push(value: &mut String, name: &str, text: Option<&str>) {
    if let Some(text) = text {
        // Writing to a `String` cannot fail.
        let _ = write!(value, ", {name}=\"{text}\"");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_is_not_a_header() {
        let long = format!("Hawk id=\"{}\"", "a".repeat(LONGEST));
        let cases = [
            ("Hawk", HeaderFault::Syntax),
            ("Hawk ", HeaderFault::Syntax),
            ("Hawk id=\"a", HeaderFault::Syntax),
            ("Hawk id=a", HeaderFault::Syntax),
            ("Hawk id =\"a\", ts=\"1\", nonce=\"n\", mac=\"m\"", HeaderFault::MissingAttribute),
            ("Hawk ID=\"a\", ts=\"1\", nonce=\"n\", mac=\"m\"", HeaderFault::MissingAttribute),
            ("Hawk id=\"a\" ts=\"1\"", HeaderFault::Syntax),
            ("Hawk id=\"a\", ts=\"1\",", HeaderFault::Syntax),
            ("Hawk id=\"a\", ts=\"1\", nonce=\"n\"", HeaderFault::MissingAttribute),
            ("Hawk id=\"a\", id=\"a\"", HeaderFault::DuplicateAttribute),
            ("Hawk id=\"\", ts=\"1\", nonce=\"n\", mac=\"m\"", HeaderFault::BadAttribute),
            ("Hawk id=\"ä\", ts=\"1\", nonce=\"n\", mac=\"m\"", HeaderFault::BadAttribute),
            ("Hawk id=\"a\\b\", ts=\"1\", nonce=\"n\", mac=\"m\"", HeaderFault::BadAttribute),
            ("Hawk id=\"a\", ts=\"01\", nonce=\"n\", mac=\"m\"", HeaderFault::BadAttribute),
            ("Hawk id=\"a\", ts=\"-1\", nonce=\"n\", mac=\"m\"", HeaderFault::BadAttribute),
            ("Hawk id=\"a\", ts=\"1234567890123\", nonce=\"n\", mac=\"m\"", HeaderFault::BadAttribute),
            ("Hawk id=\"a\", ts=\"1\", nonce=\"n\", mac=\"m\", foo=\"b\"", HeaderFault::UnknownAttribute),
            ("Hawk id=\"a\", ts=\"1\", nonce=\"n\", mac=\"m\", dlg=\"d\"", HeaderFault::MissingAttribute),
            (long.as_str(), HeaderFault::TooLong),
        ];
        for (value, fault) in cases {
            assert_eq!(HawkHeader::parse(value), Err(HawkError::Malformed(fault)), "{value:.80}");
        }
        for value in ["", "Basic id=\"a\"", "Bearer token", "Hawkish id=\"a\""] {
            assert_eq!(HawkHeader::parse(value), Err(HawkError::Missing), "{value}");
        }
    }

    #[test]
    fn an_empty_ext_is_none() -> Result<(), HawkError> {
        let header = HawkHeader::parse("hawk mac=\"m\",ext=\"\" , nonce=\"n\",\tts=\"1\", id=\"a b\"")?;
        assert_eq!((header.id.as_str(), header.ts, header.ext), ("a b", 1, None));
        Ok(())
    }
}
