//! Triple DES (three keys, EDE) around `UPPER_MD5(secret)`.

use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyInit, KeyIvInit};
use countersign_domain::secret::{LegacyDigest, SecretBytes};
use des::TdesEde3;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::keyed_hash::hmac_sha256;
use crate::legacy::{Kdf, Mode, Profile};

/// Bytes of a digest's plaintext: 32 characters.
const DIGEST: usize = 32;
/// A whole block of PKCS #7 padding (RFC 5652 section 6.3) follows, because 32 is a multiple of the block.
const PADDING: [u8; 8] = [8; 8];
/// So this is the one length a ciphertext can have.
const CIPHERTEXT: usize = DIGEST + PADDING.len();
const KEY: usize = 24;

/// Derives the 24 bytes of a Triple DES key from a dialect's message.
#[must_use]
pub fn derive_key(kdf: Kdf, message: &[u8]) -> SecretBytes {
    let digest = Zeroizing::new(match kdf {
        Kdf::Sha256 => Sha256::digest(message).into(),
        Kdf::HmacSha256Self => hmac_sha256(message, &[message]),
        Kdf::HmacSha256EmptyMessage => hmac_sha256(message, &[]),
        Kdf::HmacSha256EmptyKey => hmac_sha256(&[], &[message]),
    });
    SecretBytes::new(digest[..KEY].to_vec())
}

/// Decrypts with the first profile that yields the exact structure of a digest, and says which it was.
///
/// Only 32 of `0-9A-F` followed by correct padding are accepted. A wrong profile yields that by chance about
/// once in 2^192 tries, so trying a list is safe, and a caller learns nothing from a refusal but the refusal.
///
/// # Errors
///
/// [`Undecryptable`] if no profile fits; nothing tells a wrong key from damaged bytes.
pub fn decrypt(
    profiles: &[Profile],
    message: &[u8],
    ciphertext: &[u8],
) -> Result<(LegacyDigest, Profile), Undecryptable> {
    let ciphertext: &[u8; CIPHERTEXT] = ciphertext.try_into().map_err(|_| Undecryptable)?;
    profiles
        .iter()
        .find_map(|&profile| {
            let key = TripleKey::derive(profile.kdf, message).ok()?;
            Some((key.decrypt(profile.mode, ciphertext)?, profile))
        })
        .ok_or(Undecryptable)
}

/// Encrypts a digest as a client of that profile does: 40 bytes, not yet Base64.
///
/// # Errors
///
/// [`DegenerateKey`] if the message gives a key that is no better than single DES.
pub fn encrypt(profile: Profile, message: &[u8], digest: &LegacyDigest) -> Result<Vec<u8>, DegenerateKey> {
    Ok(TripleKey::derive(profile.kdf, message)?.encrypt(profile.mode, digest))
}

/// The ciphertext holds no digest under any of the profiles.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not the encryption of a digest under this key")]
pub struct Undecryptable;

/// Two neighbouring keys are equal, which makes Triple DES single DES.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the derived Triple DES key is degenerate")]
pub struct DegenerateKey;

/// A key that is not degenerate.
struct TripleKey(Zeroizing<[u8; KEY]>);

impl TripleKey {
    fn derive(kdf: Kdf, message: &[u8]) -> Result<Self, DegenerateKey> {
        let mut key = Zeroizing::new([0; KEY]);
        key.copy_from_slice(derive_key(kdf, message).expose());
        Self::new(key)
    }

    /// EDE with K1 = K2 or K2 = K3 undoes itself and leaves one DES. K1 = K3 is ordinary two-key Triple DES.
    fn new(key: Zeroizing<[u8; KEY]>) -> Result<Self, DegenerateKey> {
        // DES ignores the lowest bit of every key byte (parity), so keys that differ only there are equal.
        let mut effective = key.clone();
        effective.iter_mut().for_each(|byte| *byte &= 0xFE);
        let same = effective[..8].ct_eq(&effective[8..16]) | effective[8..16].ct_eq(&effective[16..]);
        if same.into() { Err(DegenerateKey) } else { Ok(Self(key)) }
    }

    fn iv(&self, mode: Mode) -> [u8; 8] {
        let mut iv = [0; 8];
        if mode == Mode::CbcKeyIv {
            iv.copy_from_slice(&self.0[..8]);
        }
        iv
    }

    fn decrypt(&self, mode: Mode, ciphertext: &[u8; CIPHERTEXT]) -> Option<LegacyDigest> {
        let mut buffer = Zeroizing::new(*ciphertext);
        let key = self.0.as_slice();
        let blocks = buffer.as_mut_slice();
        // Without the cipher's own unpadding: padding and digits are judged together, so that no caller can
        // tell one failure from the other.
        let whole = match mode {
            Mode::Ecb => {
                let cipher = ecb::Decryptor::<TdesEde3>::new_from_slice(key).ok()?;
                cipher.decrypt_padded::<NoPadding>(blocks).is_ok()
            }
            Mode::CbcZeroIv | Mode::CbcKeyIv => {
                let cipher = cbc::Decryptor::<TdesEde3>::new_from_slices(key, &self.iv(mode)).ok()?;
                cipher.decrypt_padded::<NoPadding>(blocks).is_ok()
            }
        };
        let padded = bool::from(buffer[DIGEST..].ct_eq(&PADDING));
        let digest = LegacyDigest::parse(&buffer[..DIGEST]);
        if whole && padded { digest } else { None }
    }

    fn encrypt(&self, mode: Mode, digest: &LegacyDigest) -> Vec<u8> {
        let mut buffer = vec![PADDING[0]; CIPHERTEXT];
        buffer[..DIGEST].copy_from_slice(digest.expose());
        let key = self.0.as_slice();
        let whole = match mode {
            Mode::Ecb => ecb::Encryptor::<TdesEde3>::new_from_slice(key)
                .is_ok_and(|cipher| cipher.encrypt_padded::<NoPadding>(&mut buffer, CIPHERTEXT).is_ok()),
            Mode::CbcZeroIv | Mode::CbcKeyIv => {
                cbc::Encryptor::<TdesEde3>::new_from_slices(key, &self.iv(mode))
                    .is_ok_and(|cipher| cipher.encrypt_padded::<NoPadding>(&mut buffer, CIPHERTEXT).is_ok())
            }
        };
        // Returning here with the plaintext still in the buffer must be impossible, not just unlikely.
        assert!(whole, "24 bytes of key and whole blocks always encrypt");
        buffer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::legacy::upper_md5;

    fn key(parts: [u8; 3]) -> Zeroizing<[u8; KEY]> {
        Zeroizing::new(core::array::from_fn(|i| parts[i / 8]))
    }

    #[test]
    fn refuses_degenerate_keys_whatever_their_parity() {
        for parts in [[2, 2, 4], [4, 2, 2], [2, 2, 2], [2, 3, 4], [4, 2, 3]] {
            assert!(TripleKey::new(key(parts)).is_err(), "{parts:?}");
        }
        for parts in [[2, 4, 6], [2, 4, 2]] {
            assert!(TripleKey::new(key(parts)).is_ok(), "{parts:?}");
        }
    }

    #[test]
    fn names_the_profile_that_fits() -> Result<(), DegenerateKey> {
        let digest = upper_md5(b"123456");
        for profile in Profile::ALL {
            let sealed = encrypt(profile, b"message", &digest)?;
            assert_eq!(sealed.len(), CIPHERTEXT);
            assert!(decrypt(&Profile::ALL, b"message", &sealed) == Ok((digest.clone(), profile)));
            assert!(decrypt(&[profile], b"another", &sealed).is_err());
        }
        Ok(())
    }

    #[test]
    fn refuses_wrong_padding_and_wrong_digits() -> Result<(), DegenerateKey> {
        let triple = TripleKey::derive(Kdf::Sha256, b"message")?;
        let digits = b"E10ADC3949BA59ABBE56E057F20F883E";
        let cases: [([u8; 8], &[u8; 32]); 3] = [
            ([8, 8, 8, 8, 8, 8, 8, 7], digits),
            ([7, 8, 8, 8, 8, 8, 8, 8], digits),
            (PADDING, b"e10adc3949ba59abbe56e057f20f883e"),
        ];
        for (padding, text) in cases {
            let mut block = [0; CIPHERTEXT];
            block[..DIGEST].copy_from_slice(text);
            block[DIGEST..].copy_from_slice(&padding);
            let cipher = ecb::Encryptor::<TdesEde3>::new_from_slice(triple.0.as_slice());
            assert!(cipher.is_ok_and(|c| c.encrypt_padded::<NoPadding>(&mut block, CIPHERTEXT).is_ok()));
            assert!(triple.decrypt(Mode::Ecb, &block).is_none());
        }
        Ok(())
    }
}
