//! Which formatter reads a request, and which writes its answer.

use http::header;

use crate::raw::RawRequest;
use crate::rejection::Rejection;

/// More ranges than any client sends; the rest of a longer `Accept` is not looked at.
const MOST_RANGES: usize = 64;

/// How a body is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Writer {
    Json,
    Xml,
    Bson,
}

/// How a body is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Reader {
    Json,
    Xml,
    Form,
    Bson,
}

/// A media type that answers are written in.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Media {
    pub(super) writer: Writer,
    /// As it stands in `Accept` and `Content-Type`.
    pub(super) name: &'static str,
    /// With the charset, which the framework adds to BSON too.
    pub(super) content_type: &'static str,
}

/// In the framework's order of formatters, and inside a formatter in its order of types: an answer that several
/// types suit equally well takes the first.
pub(super) const WRITTEN: [Media; 5] = [
    Media { writer: Writer::Json, name: "application/json", content_type: "application/json; charset=utf-8" },
    Media { writer: Writer::Json, name: "text/json", content_type: "text/json; charset=utf-8" },
    Media { writer: Writer::Xml, name: "application/xml", content_type: "application/xml; charset=utf-8" },
    Media { writer: Writer::Xml, name: "text/xml", content_type: "text/xml; charset=utf-8" },
    Media { writer: Writer::Bson, name: "application/bson", content_type: "application/bson; charset=utf-8" },
];

/// What an answer to this request is written in. There always is one: an unknown `Accept` is never 406.
pub(super) fn negotiate(raw: &RawRequest) -> &'static Media {
    by_accept(raw).or_else(|| by_request(raw)).unwrap_or(&WRITTEN[0])
}

/// What this request is written in, and its `charset`.
///
/// # Errors
/// [`Rejection::UnsupportedMediaType`] with the type as sent, empty if there is none.
pub(super) fn reader(raw: &RawRequest) -> Result<(Reader, Option<&str>), Rejection> {
    let (name, charset) = content_type(raw);
    let reader = match name.to_ascii_lowercase().as_str() {
        "application/json" | "text/json" => Reader::Json,
        "application/xml" | "text/xml" => Reader::Xml,
        "application/x-www-form-urlencoded" => Reader::Form,
        "application/bson" => Reader::Bson,
        _ => return Err(Rejection::UnsupportedMediaType(name.to_owned())),
    };
    Ok((reader, charset))
}

/// One range of an `Accept` header (RFC 9110, section 12.5.1). Its parameters but `q` do not matter.
#[derive(Clone, Copy)]
struct Range<'a> {
    name: &'a str,
    thousandths: u32,
}

impl Range<'_> {
    /// 2 for a literal type, 1 for `type/*`, 0 for `*/*`; `None` if it does not cover `name`.
    fn precision(self, name: &str) -> Option<u8> {
        if self.name.eq_ignore_ascii_case(name) {
            return Some(2);
        }
        let (kind, _) = name.split_once('/')?;
        match self.name.split_once('/')? {
            ("*", "*") => Some(0),
            (given, "*") if given.eq_ignore_ascii_case(kind) => Some(1),
            _ => None,
        }
    }
}

/// The best of the formatters' best matches: the highest weight, then the most precise, then the first formatter.
fn by_accept(raw: &RawRequest) -> Option<&'static Media> {
    let values = raw.headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let ranges: Vec<_> =
        values.flat_map(|value| value.split(',')).take(MOST_RANGES).filter_map(range).collect();
    let mut best: Option<((u32, u8), &'static Media)> = None;
    for writer in [Writer::Json, Writer::Xml, Writer::Bson] {
        let Some((rank, media)) = best_of(writer, &ranges) else { continue };
        if best.is_none_or(|(highest, _)| rank > highest) {
            best = Some((rank, media));
        }
    }
    best.map(|(_, media)| media)
}

/// Inside one formatter an earlier range wins over a later one of the same weight and precision.
fn best_of(writer: Writer, ranges: &[Range<'_>]) -> Option<((u32, u8), &'static Media)> {
    let mut best: Option<((u32, u8), &'static Media)> = None;
    for range in ranges {
        for media in WRITTEN.iter().filter(|media| media.writer == writer) {
            let Some(precision) = range.precision(media.name) else { continue };
            let rank = (range.thousandths, precision);
            if best.is_none_or(|(highest, _)| rank > highest) {
                best = Some((rank, media));
            }
        }
    }
    best
}

/// A range of weight 0 says what is not wanted, so it matches nothing.
fn range(text: &str) -> Option<Range<'_>> {
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next()?;
    let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    let thousandths = weight.map_or(Some(1000), thousandths)?;
    (thousandths > 0).then_some(Range { name, thousandths })
}

/// A weight of at most three decimals (RFC 9110, section 12.4.2) in thousandths; `None` if it is not one.
fn thousandths(text: &str) -> Option<u32> {
    let (whole, decimals) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let digits = format!("{whole}{decimals:0<3}");
    let plain =
        decimals.len() <= 3 && matches!(whole, "0" | "1") && digits.bytes().all(|c| c.is_ascii_digit());
    digits.parse().ok().filter(|&weight: &u32| plain && weight <= 1000)
}

fn by_request(raw: &RawRequest) -> Option<&'static Media> {
    let (name, _) = content_type(raw);
    WRITTEN.iter().find(|media| media.name.eq_ignore_ascii_case(name))
}

/// The request's media type as sent, empty if there is none, and its `charset`.
fn content_type(raw: &RawRequest) -> (&str, Option<&str>) {
    let value = raw.header(header::CONTENT_TYPE.as_str()).unwrap_or_default();
    let mut parts = value.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default();
    let charset = parts.find_map(|part| {
        let (key, value) = part.split_once('=')?;
        key.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
    });
    (name, charset)
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, Method};

    use super::*;
    use crate::raw::Authority;

    fn chosen(accept: &str, content_type: &str) -> &'static str {
        let mut headers = HeaderMap::new();
        for (name, value) in [(header::ACCEPT, accept), (header::CONTENT_TYPE, content_type)] {
            if let (false, Ok(value)) = (value.is_empty(), HeaderValue::from_str(value)) {
                headers.insert(name, value);
            }
        }
        let raw = RawRequest {
            method: Method::POST,
            path: "/".to_owned(),
            query: None,
            headers,
            body: Vec::new(),
            endpoint: 0,
            params: Vec::new(),
            request_id: String::new(),
            authority: Authority { host: "localhost".to_owned(), port: 80 },
        };
        negotiate(&raw).name
    }

    #[test]
    fn chooses_as_the_framework_does() {
        let cases = [
            ("", "", "application/json"),
            ("", "text/xml; charset=utf-8", "text/xml"),
            ("", "application/x-www-form-urlencoded", "application/json"),
            ("text/html", "application/bson", "application/bson"),
            ("text/html", "", "application/json"),
            ("*/*", "application/xml", "application/json"),
            ("text/*", "", "text/json"),
            ("application/xml, application/json", "", "application/json"),
            ("application/xml, */*", "", "application/xml"),
            ("text/*, application/xml", "", "application/xml"),
            ("*/*;q=0.5, application/bson;q=0.5", "", "application/bson"),
            ("application/json;q=0.5, TEXT/XML;q=0.9", "", "text/xml"),
            ("text/json, application/json", "", "text/json"),
            ("application/json;q=0", "application/xml", "application/xml"),
            ("application/json;q=7, text/xml;q=0.1", "", "text/xml"),
            ("application/xml;charset=utf-8;q=0.3", "", "application/xml"),
        ];
        for (accept, content_type, expected) in cases {
            assert_eq!(chosen(accept, content_type), expected, "{accept} | {content_type}");
        }
    }
}
