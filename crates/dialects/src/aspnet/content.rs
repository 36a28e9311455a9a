//! The two bodies that are ever written, in JSON, XML and BSON: `CommonOperationResult` and the framework's
//! `HttpError`.

use core::fmt::Write;

use bson::{Bson, Document};
use quick_xml::escape::partial_escape;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use crate::aspnet::media::Writer;

/// XML namespace of `CommonOperationResult`, the same in both documents.
const RESULT_NAMESPACE: &str = "http://schemas.datacontract.org/2004/07/DigitalScience.DataTransfer";
const INSTANCE_NAMESPACE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// What an answer says.
pub(super) enum Content {
    /// A business result, good or bad. `tag` is always null.
    Result {
        /// 0 is success.
        errcode: i32,
        /// For people; empty on success.
        errmsg: &'static str,
    },
    /// What the framework answers by itself.
    Error {
        /// One sentence.
        message: String,
        /// What is wrong with the body, by member; empty if nothing is.
        model_state: ModelState,
    },
}

/// Errors by key, in the order in which they were found.
#[derive(Default)]
pub(super) struct ModelState(Vec<(String, Vec<String>)>);

impl ModelState {
    /// Adds an error to those of its key.
    pub(super) fn add(&mut self, key: String, error: String) {
        match self.0.iter_mut().find(|(known, _)| *known == key) {
            Some((_, errors)) => errors.push(error),
            None => self.0.push((key, vec![error])),
        }
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Content {
    /// The body's bytes.
    pub(super) fn write(&self, writer: Writer) -> Vec<u8> {
        match writer {
            Writer::Json => self.json(),
            Writer::Xml => self.xml().into_bytes(),
            Writer::Bson => self.bson(),
        }
    }

    fn json(&self) -> Vec<u8> {
        // Texts and numbers under text keys always serialize.
        match self {
            Self::Result { errcode, errmsg } => {
                serde_json::to_vec(&JsonResult { errcode: *errcode, errmsg, tag: None })
            }
            Self::Error { message, model_state } => serde_json::to_vec(&JsonError { message, model_state }),
        }
        .unwrap_or_default()
    }

    fn xml(&self) -> String {
        match self {
            Self::Result { errcode, errmsg } => format!(
                "<CommonOperationResult xmlns:i=\"{INSTANCE_NAMESPACE}\" xmlns=\"{RESULT_NAMESPACE}\">\
                 <errcode>{errcode}</errcode><errmsg>{}</errmsg><tag i:nil=\"true\"/></CommonOperationResult>",
                partial_escape(*errmsg)
            ),
            Self::Error { message, model_state } => {
                let message = partial_escape(message.as_str());
                format!("<Error><Message>{message}</Message>{}</Error>", xml_model_state(model_state))
            }
        }
    }

    fn bson(&self) -> Vec<u8> {
        let mut document = Document::new();
        match self {
            Self::Result { errcode, errmsg } => {
                document.insert("errcode", *errcode);
                document.insert("errmsg", *errmsg);
                document.insert("tag", Bson::Null);
            }
            Self::Error { message, model_state } => {
                document.insert("Message", message.as_str());
                if !model_state.is_empty() {
                    // A BSON key ends at its first NUL, and a setting could have brought one.
                    let entries = model_state.0.iter();
                    let state =
                        entries.map(|(key, errors)| (key.replace('\0', ""), Bson::from(errors.clone())));
                    document.insert("ModelState", state.collect::<Document>());
                }
            }
        }
        document.to_vec().unwrap_or_default()
    }
}

#[derive(Serialize)]
struct JsonResult<'a> {
    errcode: i32,
    errmsg: &'a str,
    tag: Option<&'a str>,
}

#[derive(Serialize)]
struct JsonError<'a> {
    #[serde(rename = "Message")]
    message: &'a str,
    #[serde(rename = "ModelState", skip_serializing_if = "ModelState::is_empty")]
    model_state: &'a ModelState,
}

impl Serialize for ModelState {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, errors) in &self.0 {
            map.serialize_entry(key, errors)?;
        }
        map.end()
    }
}

/// An element for each key; several errors of one key are a list in one element, separated by spaces.
fn xml_model_state(state: &ModelState) -> String {
    if state.is_empty() {
        return String::new();
    }
    let mut xml = String::from("<ModelState>");
    for (key, errors) in &state.0 {
        let (name, errors) = (xml_name(key), errors.join(" "));
        // Writing to a `String` cannot fail.
        let _ = write!(xml, "<{name}>{}</{name}>", partial_escape(errors.as_str()));
    }
    xml + "</ModelState>"
}

/// A key as an element's name: what a name cannot hold becomes `_xHHHH_`, as `XmlConvert.EncodeLocalName` has it.
fn xml_name(key: &str) -> String {
    let mut name = String::new();
    for (place, c) in key.chars().enumerate() {
        let anywhere = c.is_ascii_alphabetic() || c == '_';
        let later = c.is_ascii_digit() || matches!(c, '.' | '-');
        if anywhere || later && place > 0 {
            name.push(c);
        } else {
            let _ = write!(name, "_x{:04X}_", u32::from(c));
        }
    }
    if name.is_empty() { "_".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_always_a_name() {
        for (key, name) in [("parm.usercode", "parm.usercode"), ("1 a", "_x0031__x0020_a"), ("", "_")] {
            assert_eq!(xml_name(key), name);
        }
    }

    #[test]
    fn errors_are_escaped_where_xml_needs_it() {
        let error = Content::Error { message: "'<&>'".to_owned(), model_state: ModelState::default() };
        assert_eq!(error.write(Writer::Xml), b"<Error><Message>'&lt;&amp;&gt;'</Message></Error>");
    }
}
