//! `UPPER_MD5`.

use countersign_domain::secret::LegacyDigest;
use data_encoding::HEXUPPER;
use md5::{Digest, Md5};
use zeroize::Zeroizing;

/// `UPPER_MD5(text)`: MD5 (RFC 1321) as 32 upper-case hexadecimal characters.
///
/// MD5 keeps nobody from finding a short secret; the verifier made from it is hashed with Argon2id and
/// sealed.
#[must_use]
pub fn upper_md5(text: &[u8]) -> LegacyDigest {
    let digest = Zeroizing::new(<[u8; 16]>::from(Md5::digest(text)));
    let mut digits = Zeroizing::new([0; 32]);
    HEXUPPER.encode_mut(digest.as_slice(), digits.as_mut_slice());
    let Some(digest) = LegacyDigest::parse(digits.as_slice()) else {
        unreachable!("16 bytes always give 32 upper-case hexadecimal characters");
    };
    digest
}
