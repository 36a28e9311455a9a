//! Signatures of webhooks, as Standard Webhooks 1.0 has them: over the message's id, the time of the attempt and the body.

use countersign_domain::secret::{SecretBytes, SecretText};
use countersign_domain::webhook::Scheme;
use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use ring::signature::{Ed25519KeyPair, KeyPair};
use sha2::Sha256;

use crate::entropy::{Draw, Entropy};

/// Bytes of a secret, and of the seed of a key pair.
const BYTES: usize = 32;

/// Signs for one endpoint. Has no `Debug`.
pub struct Signer(Key);

enum Key {
    Shared(SecretBytes),
    Pair(Box<Ed25519KeyPair>),
}

impl Signer {
    /// A new secret, or the seed of a new key pair.
    #[must_use]
    pub fn draw(entropy: &dyn Entropy) -> SecretBytes {
        SecretBytes::new(entropy.array::<BYTES>().to_vec())
    }

    /// Of a secret or seed that was drawn; `None` if these are no such bytes.
    #[must_use]
    pub fn new(scheme: Scheme, secret: &SecretBytes) -> Option<Self> {
        Some(Self(match scheme {
            Scheme::V1 => Key::Shared(SecretBytes::new(secret.expose().to_vec())),
            Scheme::V1a => Key::Pair(Box::new(Ed25519KeyPair::from_seed_unchecked(secret.expose()).ok()?)),
        }))
    }

    /// One signature, with the word of its scheme, as the header `webhook-signature` lists them. Neither the id nor the time
    /// has a full stop in it.
    ///
    /// # Panics
    /// Never: HMAC takes a key of any length.
    #[must_use]
    pub fn sign(&self, id: &str, seconds: i64, body: &[u8]) -> String {
        let mut signed = format!("{id}.{seconds}.").into_bytes();
        signed.extend_from_slice(body);
        match &self.0 {
            Key::Shared(secret) => {
                let mut mac =
                    Hmac::<Sha256>::new_from_slice(secret.expose()).expect("HMAC takes a key of any length");
                mac.update(&signed);
                format!("{},{}", Scheme::V1.as_str(), BASE64.encode(&mac.finalize().into_bytes()))
            }
            Key::Pair(pair) => {
                format!("{},{}", Scheme::V1a.as_str(), BASE64.encode(pair.sign(&signed).as_ref()))
            }
        }
    }

    /// The secret as its receiver needs it, where both must know it.
    #[must_use]
    pub fn shown(&self) -> Option<SecretText> {
        match &self.0 {
            Key::Shared(secret) => Some(SecretText::new(format!("whsec_{}", BASE64.encode(secret.expose())))),
            Key::Pair(_) => None,
        }
    }

    /// The public key of a pair.
    #[must_use]
    pub fn public(&self) -> Option<[u8; 32]> {
        match &self.0 {
            Key::Shared(_) => None,
            Key::Pair(pair) => pair.public_key().as_ref().try_into().ok(),
        }
    }
}

/// A public key as its receiver needs it.
#[must_use]
pub fn public_text(key: &[u8; 32]) -> String {
    format!("whpk_{}", BASE64.encode(key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::signature::{ED25519, UnparsedPublicKey};

    #[test]
    fn signs_as_the_standards_own_example() {
        // Published with the libraries of Standard Webhooks.
        let secret = BASE64.decode(b"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("Base64");
        let signer = Signer::new(Scheme::V1, &SecretBytes::new(secret)).expect("a secret");
        let signature =
            signer.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert_eq!(signer.shown().expect("is shown").expose(), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        assert!(signer.public().is_none());
    }

    #[test]
    fn a_key_pair_signs_what_its_public_key_verifies() {
        // RFC 8032, section 7.1, test 1: the seed and its public key.
        let hex = |text: &[u8]| data_encoding::HEXLOWER.decode(text).expect("hex");
        let seed = hex(b"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
        let public = hex(b"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
        let signer = Signer::new(Scheme::V1a, &SecretBytes::new(seed)).expect("a seed");
        assert_eq!(signer.public().expect("has one").as_slice(), public);
        let signature = signer.sign("evt_1", 1_700_000_000, b"{}");
        let encoded = signature.strip_prefix("v1a,").expect("its word").as_bytes();
        let key = UnparsedPublicKey::new(&ED25519, &public);
        let bytes = BASE64.decode(encoded).expect("Base64");
        assert!(key.verify(b"evt_1.1700000000.{}", &bytes).is_ok());
        assert!(key.verify(b"evt_1.1700000001.{}", &bytes).is_err());
        assert!(signer.shown().is_none(), "nobody else needs it");
        assert!(Signer::new(Scheme::V1a, &SecretBytes::new(vec![1; 31])).is_none());
    }
}
