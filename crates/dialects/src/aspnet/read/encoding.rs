//! The two encodings that the framework's text formatters read: UTF-8 and UTF-16.

use zeroize::Zeroizing;

use crate::aspnet::read::Unreadable;

/// The body as text, without byte order mark. A mark wins over `charset`; an unknown `charset` is UTF-8, as in the
/// framework.
pub(super) fn text(body: &[u8], charset: Option<&str>) -> Result<Zeroizing<String>, Unreadable> {
    let named = |name: &str| charset.is_some_and(|charset| charset.eq_ignore_ascii_case(name));
    match body {
        [0xEF, 0xBB, 0xBF, rest @ ..] => utf8(rest),
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ if named("utf-16") || named("utf-16le") => utf16(body, u16::from_le_bytes),
        _ if named("utf-16be") => utf16(body, u16::from_be_bytes),
        _ => utf8(body),
    }
}

fn utf8(bytes: &[u8]) -> Result<Zeroizing<String>, Unreadable> {
    let text = core::str::from_utf8(bytes).map_err(|_| Unreadable::Encoding)?;
    Ok(Zeroizing::new(text.to_owned()))
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Zeroizing<String>, Unreadable> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    // Three bytes of UTF-8 for one unit is the most there can be: the text never grows, so no copy stays behind.
    let mut text = Zeroizing::new(String::with_capacity(pairs.len() * 3));
    for c in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        text.push(c.map_err(|_| Unreadable::Encoding)?);
    }
    if rest.is_empty() { Ok(text) } else { Err(Unreadable::Encoding) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_framework_reads() {
        let cases = [
            (b"a".as_slice(), None, Some("a")),
            (b"\xEF\xBB\xBFa", None, Some("a")),
            (b"a\0", Some("UTF-16"), Some("a")),
            (b"\xFE\xFF\0a", Some("utf-8"), Some("a")),
            ("é".as_bytes(), Some("gb2312"), Some("é")),
            (b"\xFF", None, None),
            (b"a\0b", Some("utf-16"), None),
            (b"\0\xD8", Some("utf-16"), None),
        ];
        for (body, charset, expected) in cases {
            assert_eq!(text(body, charset).ok().as_ref().map(|text| text.as_str()), expected, "{body:?}");
        }
    }
}
