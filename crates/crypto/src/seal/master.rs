//! The master key: the one secret that an operator keeps.

use core::fmt;

use countersign_domain::secret::SecretText;
use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER, HEXLOWER_PERMISSIVE};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::entropy::Entropy;
use crate::seal::{Key, fresh_key};

/// 32 bytes that wrap every other key. Kept outside the database.
pub struct MasterKey {
    bytes: Key,
    wrapping: Key,
    fingerprint: MasterFingerprint,
}

impl MasterKey {
    /// A new master key.
    #[must_use]
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self::from_bytes(fresh_key(entropy))
    }

    /// Reads 64 hexadecimal digits, or base64url without padding, or ordinary Base64 as `openssl rand -base64
    /// 32` prints it. White space around it is ignored, because files end in a line break.
    ///
    /// # Errors
    ///
    /// [`NotAMasterKey`] if the text is none of these, or not of 32 bytes.
    pub fn parse(text: &SecretText) -> Result<Self, NotAMasterKey> {
        let text = text.expose().trim_ascii().as_bytes();
        let encoding = match text.len() {
            64 => HEXLOWER_PERMISSIVE,
            43 => BASE64URL_NOPAD,
            44 => BASE64,
            _ => return Err(NotAMasterKey),
        };
        // Decoded into memory that is zeroed also when the text turns out to be almost a key. Padding makes the
        // decoder ask for one byte more.
        let mut decoded = Zeroizing::new([0; 33]);
        let room = encoding.decode_len(text.len()).map_err(|_| NotAMasterKey)?;
        let target = decoded.get_mut(..room).ok_or(NotAMasterKey)?;
        let length = encoding.decode_mut(text, target).map_err(|_| NotAMasterKey)?;
        let mut bytes = Zeroizing::new([0; 32]);
        if length != bytes.len() {
            return Err(NotAMasterKey);
        }
        bytes.copy_from_slice(&decoded[..length]);
        Ok(Self::from_bytes(bytes))
    }

    /// The text to keep: base64url without padding, 43 characters. The only way to the key.
    #[must_use]
    pub fn expose_text(&self) -> SecretText {
        SecretText::new(BASE64URL_NOPAD.encode(self.bytes.as_slice()))
    }

    /// Tells master keys apart; not secret, so it may be shown, logged and stored.
    #[must_use]
    pub const fn fingerprint(&self) -> MasterFingerprint {
        self.fingerprint
    }

    /// The key that wraps: derived, so that the fingerprint says nothing about it.
    pub(super) const fn wrapping(&self) -> &Key {
        &self.wrapping
    }

    fn from_bytes(bytes: Key) -> Self {
        let wrapping = derive(&bytes, b"countersign/v1/master/wrapping");
        let mark = derive(&bytes, b"countersign/v1/master/fingerprint");
        let mut fingerprint = [0; 8];
        fingerprint.copy_from_slice(&mark[..8]);
        Self { bytes, wrapping, fingerprint: MasterFingerprint(fingerprint) }
    }
}

/// Eight bytes derived from a master key. Reads as 16 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct MasterFingerprint(pub(super) [u8; 8]);

impl fmt::Display for MasterFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

/// The text is not a master key. Says nothing about the text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a master key: 32 bytes are needed, as 64 hexadecimal digits or as Base64")]
pub struct NotAMasterKey;

/// HKDF-SHA256 (RFC 5869) of a key for one purpose.
pub(super) fn derive(key: &Key, info: &[u8]) -> Key {
    let mut derived = Zeroizing::new([0; 32]);
    if Hkdf::<Sha256>::new(None, key.as_slice()).expand(info, derived.as_mut_slice()).is_err() {
        unreachable!("HKDF-SHA256 gives up to 8160 bytes");
    }
    derived
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SeededEntropy;

    fn parse(text: &str) -> Result<MasterFingerprint, NotAMasterKey> {
        MasterKey::parse(&SecretText::new(text.to_owned())).map(|key| key.fingerprint())
    }

    #[test]
    fn every_text_form_reads_back() {
        let key = MasterKey::generate(&SeededEntropy::new(1));
        let forms =
            [key.expose_text().expose().to_owned(), HEXLOWER.encode(&*key.bytes), BASE64.encode(&*key.bytes)];
        for form in forms {
            assert_eq!(parse(&form), Ok(key.fingerprint()));
            assert_eq!(parse(&format!("  {form}\r\n")), Ok(key.fingerprint()));
        }
        assert_eq!(parse(&HEXLOWER.encode(&*key.bytes).to_uppercase()), Ok(key.fingerprint()));
    }

    #[test]
    fn refuses_other_lengths_and_alphabets() {
        for text in ["", "a", &"0".repeat(62), &"g".repeat(64), &"A".repeat(42), &BASE64.encode(&[1; 31])] {
            assert_eq!(parse(text), Err(NotAMasterKey), "{text}");
        }
    }

    #[test]
    fn the_fingerprint_is_no_part_of_the_wrapping_key() {
        let key = MasterKey::generate(&SeededEntropy::new(2));
        assert_ne!(&key.wrapping[..8], &key.fingerprint.0);
        assert_ne!(&key.bytes[..8], &key.fingerprint.0);
    }
}
