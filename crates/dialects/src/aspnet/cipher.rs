//! The text form of a ciphertext.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use countersign_domain::secret::SecretText;
use data_encoding::HEXLOWER_PERMISSIVE;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Standard Base64 (RFC 4648, section 4); `None` if it is not. Line breaks are skipped, as .NET's decoder does. A
/// space stands for the `+` that a form turned into it.
pub(crate) fn from_base64(text: &SecretText) -> Option<Vec<u8>> {
    let mut compact = Vec::with_capacity(text.expose().len());
    compact.extend(text.expose().trim().bytes().filter_map(|c| match c {
        b'\r' | b'\n' | b'\t' => None,
        b' ' => Some(b'+'),
        c => Some(c),
    }));
    BASE64.decode(compact).ok()
}

/// Hexadecimal digits in any case, or else Base64. Eighty hexadecimal digits, the only length a ciphertext can have,
/// would as Base64 be sixty bytes, which no ciphertext is: so nothing is ever taken for the other.
pub(crate) fn from_hex_or_base64(text: &SecretText) -> Option<Vec<u8>> {
    HEXLOWER_PERMISSIVE.decode(text.expose().trim().as_bytes()).ok().or_else(|| from_base64(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> SecretText {
        SecretText::new(text.to_owned())
    }

    #[test]
    fn takes_what_clients_send() {
        for form in ["+/8=", "+/8", " /8=", "+/\r\n8="] {
            // A leading space is trimmed before it could stand for `+`; nobody's ciphertext begins with a blank.
            let expected = if form.starts_with(' ') { None } else { Some(vec![0xFB, 0xFF]) };
            assert_eq!(from_base64(&text(form)), expected, "{form}");
        }
        assert_eq!(from_base64(&text("a b/")), Some(vec![0x6B, 0xE6, 0xFF]));
        assert_eq!(from_hex_or_base64(&text("fbFF")), Some(vec![0xFB, 0xFF]));
        assert_eq!(from_hex_or_base64(&text("-_8=")), None);
    }
}
