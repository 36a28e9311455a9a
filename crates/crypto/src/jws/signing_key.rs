//! Keys that sign.

use countersign_domain::secret::SecretBytes;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use zeroize::Zeroizing;

use crate::entropy::{Draw as _, Entropy};
use crate::jws::public_key::{Material, POINT_WITH_BOTH_COORDINATES};
use crate::jws::{PublicKey, SigningAlgorithm, encode};

/// A private key with its public one.
///
/// What is kept of it is zeroed when it is dropped. What `ring` expands it into is not, and cannot be from outside; there is one
/// such copy for each key that signs, made when the key is opened and kept as long as the process signs with it.
pub struct SigningKey {
    private: SecretBytes,
    pair: Pair,
    public: PublicKey,
    id: String,
}

enum Pair {
    Ed25519(Box<Ed25519KeyPair>),
    P256(Box<EcdsaKeyPair>),
}

impl SigningKey {
    /// A new key, named by its thumbprint.
    ///
    /// Ed25519 keys are drawn from `entropy`. Those of P-256, and the numbers that ECDSA needs for each signature, `ring` takes
    /// from the operating system: it accepts no other source.
    ///
    /// # Errors
    ///
    /// [`SigningFault`] if the operating system gives no randomness.
    pub fn generate(algorithm: SigningAlgorithm, entropy: &dyn Entropy) -> Result<Self, SigningFault> {
        let private = match algorithm {
            SigningAlgorithm::EdDsa => {
                let seed = Zeroizing::new(entropy.array::<32>());
                SecretBytes::new(seed.to_vec())
            }
            SigningAlgorithm::Es256 => {
                let document =
                    EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
                SecretBytes::new(document.map_err(|_| SigningFault)?.as_ref().to_vec())
            }
        };
        Self::open(algorithm, private).map_err(|NotASigningKey| SigningFault)
    }

    /// The key of which [`Self::expose_private`] was stored.
    ///
    /// # Errors
    ///
    /// [`NotASigningKey`] if it is not one of that algorithm.
    pub fn open(algorithm: SigningAlgorithm, private: SecretBytes) -> Result<Self, NotASigningKey> {
        let (pair, material) = match algorithm {
            SigningAlgorithm::EdDsa => {
                let pair =
                    Ed25519KeyPair::from_seed_unchecked(private.expose()).map_err(|_| NotASigningKey)?;
                let x = pair.public_key().as_ref().try_into().map_err(|_| NotASigningKey)?;
                (Pair::Ed25519(Box::new(pair)), Material::Ed25519(x))
            }
            SigningAlgorithm::Es256 => {
                let (signing, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
                let pair = EcdsaKeyPair::from_pkcs8(signing, private.expose(), &random);
                let pair = pair.map_err(|_| NotASigningKey)?;
                let material = p256(pair.public_key().as_ref()).ok_or(NotASigningKey)?;
                (Pair::P256(Box::new(pair)), material)
            }
        };
        let public = PublicKey::named_by_itself(material);
        Ok(Self { private, pair, id: public.thumbprint_text(), public })
    }

    /// What it signs with.
    #[must_use]
    pub const fn algorithm(&self) -> SigningAlgorithm {
        match self.pair {
            Pair::Ed25519(_) => SigningAlgorithm::EdDsa,
            Pair::P256(_) => SigningAlgorithm::Es256,
        }
    }

    /// Its name: the thumbprint of its public key (RFC 7638).
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The key that verifies what this one signs.
    #[must_use]
    pub const fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The private key, to be sealed and stored: the seed of Ed25519 (RFC 8032), or a PKCS #8 document of P-256. The only way
    /// to it.
    #[must_use]
    pub const fn expose_private(&self) -> &SecretBytes {
        &self.private
    }

    /// A token of that type over those bytes, in the compact form.
    ///
    /// # Errors
    ///
    /// [`SigningFault`], with ES256 only, if the operating system gives no randomness.
    pub fn sign(&self, typ: &str, payload: &[u8]) -> Result<String, SigningFault> {
        let [typ, id] = [typ, &self.id].map(serde_json::Value::from);
        let header = format!(r#"{{"alg":"{}","kid":{id},"typ":{typ}}}"#, self.algorithm().as_str());
        self.sign_parts(header.as_bytes(), payload)
    }

    /// A token with any header: it must say what this key is for.
    pub(super) fn sign_parts(&self, header: &[u8], payload: &[u8]) -> Result<String, SigningFault> {
        let mut token = encode(header);
        token.push('.');
        token.push_str(&encode(payload));
        let signature = match &self.pair {
            Pair::Ed25519(pair) => pair.sign(token.as_bytes()),
            Pair::P256(pair) => {
                pair.sign(&SystemRandom::new(), token.as_bytes()).map_err(|_| SigningFault)?
            }
        };
        token.push('.');
        token.push_str(&encode(signature.as_ref()));
        Ok(token)
    }
}

fn p256(point: &[u8]) -> Option<Material> {
    let (x, y) = point.strip_prefix(&[POINT_WITH_BOTH_COORDINATES])?.split_first_chunk::<32>()?;
    Some(Material::P256 { x: *x, y: y.try_into().ok()? })
}

/// Bytes that are not a private key of the algorithm.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a private key of that algorithm")]
pub struct NotASigningKey;

/// Nothing could be signed or drawn: the operating system gives no randomness.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the operating system gives no randomness")]
pub struct SigningFault;
