//! The four formats of `tour` and `flowmeter` as bytes, written without any library of the product.

use crate::client::percent;

pub(crate) const JSON: &str = "application/json";
pub(crate) const XML: &str = "application/xml";
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";
pub(crate) const BSON: &str = "application/bson";

const CONTRACTS: &str = "http://schemas.datacontract.org/2004/07/DigitalScience.DataTransfer";
const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// A value as BSON types it.
#[derive(Clone, Copy)]
pub(crate) enum Typed<'a> {
    Text(&'a str),
    Int32(i32),
    Int64(i64),
    Double(f64),
    Null,
}

/// A BSON document (bsonspec.org, version 1.1).
pub(crate) fn bson(members: &[(&str, Typed<'_>)]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in members {
        let (kind, bytes) = match *value {
            Typed::Double(value) => (0x01, value.to_le_bytes().to_vec()),
            Typed::Text(text) => (0x02, bson_text(text)),
            Typed::Null => (0x0A, Vec::new()),
            Typed::Int32(value) => (0x10, value.to_le_bytes().to_vec()),
            Typed::Int64(value) => (0x12, value.to_le_bytes().to_vec()),
        };
        body.push(kind);
        body.extend(name.bytes().chain([0]).chain(bytes));
    }
    bson_framed(&body)
}

/// A document whose only member is an array of texts.
pub(crate) fn bson_of_list(name: &str, texts: &[&str]) -> Vec<u8> {
    let places: Vec<String> = (0..texts.len()).map(|place| place.to_string()).collect();
    let items: Vec<_> =
        places.iter().zip(texts).map(|(place, text)| (place.as_str(), Typed::Text(text))).collect();
    bson_nested(0x04, name, &bson(&items))
}

/// A document with one member that is itself a document (0x03) or an array (0x04).
pub(crate) fn bson_nested(kind: u8, name: &str, inner: &[u8]) -> Vec<u8> {
    let body: Vec<u8> =
        [kind].into_iter().chain(name.bytes()).chain([0]).chain(inner.iter().copied()).collect();
    bson_framed(&body)
}

fn bson_framed(body: &[u8]) -> Vec<u8> {
    let length = i32::try_from(body.len() + 5).expect("a small document");
    length.to_le_bytes().into_iter().chain(body.iter().copied()).chain([0]).collect()
}

fn bson_text(text: &str) -> Vec<u8> {
    let length = i32::try_from(text.len() + 1).expect("a short text");
    length.to_le_bytes().into_iter().chain(text.bytes()).chain([0]).collect()
}

/// An XML body with its members in this order; a value starting with `<` stands for a whole element.
pub(crate) fn xml(namespace: &str, root: &str, members: &[(&str, &str)]) -> Vec<u8> {
    let element = |(name, value): &(&str, &str)| {
        if value.starts_with('<') { (*value).to_owned() } else { format!("<{name}>{value}</{name}>") }
    };
    let inner: String = members.iter().map(element).collect();
    format!("<{root} xmlns:i=\"{INSTANCE}\" xmlns=\"{CONTRACTS}.{namespace}\">{inner}</{root}>").into_bytes()
}

pub(crate) fn form(members: &[(&str, &str)]) -> Vec<u8> {
    let pairs: Vec<String> =
        members.iter().map(|(name, value)| format!("{}={}", percent(name), percent(value))).collect();
    pairs.join("&").into_bytes()
}

/// `CommonOperationResult` as that media type has it.
pub(crate) fn result(media: &str, errcode: i32, errmsg: &str) -> Vec<u8> {
    match media.rsplit('/').next() {
        Some("json") => format!(r#"{{"errcode":{errcode},"errmsg":"{errmsg}","tag":null}}"#).into_bytes(),
        Some("xml") => format!(
            "<CommonOperationResult xmlns:i=\"{INSTANCE}\" xmlns=\"{CONTRACTS}\"><errcode>{errcode}</errcode>\
             <errmsg>{errmsg}</errmsg><tag i:nil=\"true\"/></CommonOperationResult>"
        )
        .into_bytes(),
        Some("bson") => {
            bson(&[("errcode", Typed::Int32(errcode)), ("errmsg", Typed::Text(errmsg)), ("tag", Typed::Null)])
        }
        other => panic!("no answer is {other:?}"),
    }
}

/// The framework's error for one member, as that media type has it.
pub(crate) fn invalid(media: &str, key: &str, error: &str) -> Vec<u8> {
    const MESSAGE: &str = "The request is invalid.";
    match media.rsplit('/').next() {
        Some("json") => {
            format!(r#"{{"Message":"{MESSAGE}","ModelState":{{"{key}":["{error}"]}}}}"#).into_bytes()
        }
        Some("xml") => format!(
            "<Error><Message>{MESSAGE}</Message><ModelState><{key}>{error}</{key}></ModelState></Error>"
        )
        .into_bytes(),
        Some("bson") => {
            let state = bson_of_list(key, &[error]);
            let mut body = bson(&[("Message", Typed::Text(MESSAGE))]);
            // The second member goes in before the final zero, and the length grows by it.
            body.pop();
            let with: Vec<u8> = [3].into_iter().chain(*b"ModelState\0").chain(state).collect();
            bson_framed(&[&body[4..], with.as_slice()].concat())
        }
        other => panic!("no answer is {other:?}"),
    }
}

/// What each `Accept` is answered in, for a request of the type of the second column.
pub(crate) const NEGOTIATED: [(&str, &str, &str); 17] = [
    ("", JSON, JSON),
    ("", "text/json", "text/json"),
    ("", "text/xml", "text/xml"),
    ("", FORM, JSON),
    ("", BSON, BSON),
    ("*/*", XML, JSON),
    ("image/png", XML, XML),
    ("text/html", FORM, JSON),
    ("text/*", JSON, "text/json"),
    ("text/xml", JSON, "text/xml"),
    ("application/bson", JSON, BSON),
    ("application/xml, */*", JSON, XML),
    ("*/*, application/xml", JSON, XML),
    ("application/json;q=0.5, TEXT/XML;q=0.9", JSON, "text/xml"),
    ("text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8", JSON, XML),
    ("application/json;q=0", XML, XML),
    ("application/xml;q=0.3, application/bson;q=0.3, application/json;q=0.2", JSON, XML),
];
