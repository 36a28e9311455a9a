//! HMAC-SHA256 over several parts, for the modules of this crate.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// HMAC-SHA256 (RFC 2104) over the parts as if they were one text: framing is the caller's business.
pub(crate) fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    HmacKey::new(key).over(parts.iter().copied())
}

/// A key of HMAC-SHA256 that is used again and again: both hashes are begun with it, which is half of the work for a short
/// text. It is as secret as the key, and zeroed when dropped as that is.
#[derive(Clone)]
pub(crate) struct HmacKey(Hmac<Sha256>);

impl HmacKey {
    pub(crate) fn new(key: &[u8]) -> Self {
        let Ok(begun) = Hmac::new_from_slice(key) else { unreachable!("HMAC takes a key of any length") };
        Self(begun)
    }

    /// As [`hmac_sha256`].
    pub(crate) fn over<'a>(&self, parts: impl IntoIterator<Item = &'a [u8]>) -> [u8; 32] {
        let mut mac = self.0.clone();
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    /// As [`Self::over`], each part with its length before it, as [`push_framed`] writes it.
    pub(crate) fn over_framed(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.0.clone();
        for part in parts {
            mac.update(&frame_length(part));
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

/// Appends a part with its length before it, so that no two lists of parts read the same.
pub(crate) fn push_framed(out: &mut Vec<u8>, part: &[u8]) {
    out.extend_from_slice(&frame_length(part));
    out.extend_from_slice(part);
}

/// The length that stands before a part: eight bytes, big-endian.
fn frame_length(part: &[u8]) -> [u8; 8] {
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
        let parts: [&[u8]; 3] = [b"ab", b"", b"c"];
        let key = HmacKey::new(b"key");
        assert_eq!(key.over_framed(&parts), hmac_sha256(b"key", &[&framed(&parts)]));
        assert_eq!(key.over_framed(&parts), key.over_framed(&parts), "a key stays what it was");
    }
}
