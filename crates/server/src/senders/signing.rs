//! What both kinds of signed requests are made of: SHA-256, HMAC and an encoding of queries that has one form only.

use countersign_domain::secret::SecretBytes;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// SHA-256 in lower-case hexadecimal digits.
pub(super) fn hash(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(bytes))
}

/// HMAC-SHA-256.
pub(super) fn mac(key: &[u8], bytes: &[u8]) -> SecretBytes {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(bytes);
    SecretBytes::new(mac.finalize().into_bytes().to_vec())
}

/// HMAC-SHA-256 in lower-case hexadecimal digits: a signature, which is no secret.
pub(super) fn signature(key: &[u8], bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(mac(key, bytes).expose())
}

/// Headers, each on a line of its own, as both signatures want them.
pub(super) fn header_lines(headers: &[(&str, &str)]) -> String {
    headers.iter().fold(String::new(), |lines, (name, value)| lines + name + ":" + value + "\n")
}

/// Everything but letters, digits and `-_.~` as `%XX` (RFC 3986, section 2.3).
pub(super) fn percent(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len() * 3);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.push_str(&data_encoding::HEXUPPER.encode(&[byte]));
        }
    }
    encoded
}

/// Names and values as a query, in the order of the names.
pub(super) fn query(pairs: &[(&str, &str)]) -> String {
    let mut encoded: Vec<(String, String)> =
        pairs.iter().map(|(name, value)| (percent(name), percent(value))).collect();
    encoded.sort_unstable();
    encoded.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_has_one_form_only() {
        let encoded = query(&[("b", "v=a b*c~d/e"), ("a", "中"), ("+", "")]);
        assert_eq!(encoded, "%2B=&a=%E4%B8%AD&b=v%3Da%20b%2Ac~d%2Fe");
    }
}
