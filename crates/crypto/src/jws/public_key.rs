//! Keys that verify.

use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256,
    RsaPublicKeyComponents, UnparsedPublicKey,
};
use sha2::{Digest as _, Sha256};

use crate::jws::{Algorithm, encode};

/// A key that verifies, and what it is called.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PublicKey {
    pub(super) material: Material,
    /// The one algorithm that its owner published it for, where several are possible.
    pub(super) only: Option<Algorithm>,
    pub(super) id: Option<String>,
}

/// The numbers of a key, of the right sizes. Whether a point lies on its curve is found out by the first verification.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Material {
    Ed25519([u8; 32]),
    /// Both coordinates.
    P256 {
        x: [u8; 32],
        y: [u8; 32],
    },
    /// Big-endian, without leading zeros.
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
}

impl PublicKey {
    pub(super) fn named_by_itself(material: Material) -> Self {
        let mut key = Self { material, only: None, id: None };
        key.id = Some(key.thumbprint_text());
        key
    }

    /// What tokens and sets call it (`kid`), if anything.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// What it is for: one algorithm, or both of RSA if its owner did not say which.
    #[must_use]
    pub fn algorithms(&self) -> &'static [Algorithm] {
        match (&self.material, self.only) {
            (Material::Ed25519(_), _) => &[Algorithm::EdDsa],
            (Material::P256 { .. }, _) => &[Algorithm::Es256],
            (Material::Rsa { .. }, Some(Algorithm::Ps256)) => &[Algorithm::Ps256],
            (Material::Rsa { .. }, Some(_)) => &[Algorithm::Rs256],
            (Material::Rsa { .. }, None) => &[Algorithm::Rs256, Algorithm::Ps256],
        }
    }

    /// The members that are the key itself, in the order of their names and without spaces (RFC 7638, 3.2; for Ed25519 RFC
    /// 8037, appendix A.3).
    pub(super) fn required_members(&self) -> String {
        match &self.material {
            Material::Ed25519(x) => format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, encode(x)),
            Material::P256 { x, y } => {
                format!(r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#, encode(x), encode(y))
            }
            Material::Rsa { n, e } => format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, encode(e), encode(n)),
        }
    }

    /// Its thumbprint by SHA-256 (RFC 7638).
    #[must_use]
    pub fn thumbprint(&self) -> [u8; 32] {
        Sha256::digest(self.required_members().as_bytes()).into()
    }

    /// The thumbprint as base64url, 43 characters: what our own keys are called.
    #[must_use]
    pub fn thumbprint_text(&self) -> String {
        encode(&self.thumbprint())
    }

    /// Whether that is this key's signature. An algorithm that the key is not for verifies nothing.
    pub(super) fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        if !self.algorithms().contains(&algorithm) {
            return false;
        }
        let verified = match &self.material {
            Material::Ed25519(x) => UnparsedPublicKey::new(&ED25519, x).verify(message, signature),
            Material::P256 { x, y } => {
                let point = [&[POINT_WITH_BOTH_COORDINATES][..], x, y].concat();
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature)
            }
            Material::Rsa { n, e } => {
                let parameters = match algorithm {
                    Algorithm::Ps256 => &RSA_PSS_2048_8192_SHA256,
                    _ => &RSA_PKCS1_2048_8192_SHA256,
                };
                RsaPublicKeyComponents { n, e }.verify(parameters, message, signature)
            }
        };
        verified.is_ok()
    }
}

/// SEC 1, 2.3.3: the byte before a point of which both coordinates follow.
pub(super) const POINT_WITH_BOTH_COORDINATES: u8 = 4;
