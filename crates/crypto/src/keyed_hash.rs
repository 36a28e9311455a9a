//! HMAC-SHA256 over several parts, for the modules of this crate.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// HMAC-SHA256 (RFC 2104) over the parts as if they were one text: framing is the caller's business.
pub(crate) fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        unreachable!("HMAC takes a key of any length");
    };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Appends a part with its length before it, so that no two lists of parts read the same.
pub(crate) fn push_framed(out: &mut Vec<u8>, part: &[u8]) {
    out.extend_from_slice(&frame_length(part));
    out.extend_from_slice(part);
}

/// The length that stands before a part: eight bytes, big-endian.
pub(crate) fn frame_length(part: &[u8]) -> [u8; 8] {
    (part.len() as u64).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::HEXLOWER;

    #[test]
    fn matches_rfc_4231_case_2() {
        let mac = hmac_sha256(b"Jefe", &[b"what do ya want ", b"for nothing?"]);
        assert_eq!(HEXLOWER.encode(&mac), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }

    #[test]
    fn framing_tells_where_a_part_ends() {
        let framed = |parts: &[&[u8]]| {
            let mut out = Vec::new();
            for part in parts {
                push_framed(&mut out, part);
            }
            out
        };
        assert_ne!(framed(&[b"ab", b"c"]), framed(&[b"a", b"bc"]));
    }
}
