//! XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03) with a random nonce of 192 bits: long enough to draw one
//! for every seal without counting them (a collision after 2^80 seals has a chance of one in 2^33).

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use countersign_domain::secret::SecretBytes;

use crate::entropy::{Draw, Entropy};
use crate::seal::Key;

const NONCE: usize = 24;

/// Appends the nonce and the ciphertext with its tag to `out`.
pub(super) fn lock(entropy: &dyn Entropy, key: &Key, context: &[u8], plaintext: &[u8], out: &mut Vec<u8>) {
    let nonce: [u8; NONCE] = entropy.array();
    let payload = Payload { msg: plaintext, aad: context };
    let Ok(ciphertext) = cipher(key).encrypt(&XNonce::from(nonce), payload) else {
        unreachable!("only a plaintext beyond 256 GiB cannot be encrypted");
    };
    out.extend_from_slice(&nonce);
    out.extend_from_slice(&ciphertext);
}

/// Opens what [`lock`] appended; `None` if key, context or any bit differ.
pub(super) fn unlock(key: &Key, context: &[u8], locked: &[u8]) -> Option<SecretBytes> {
    let (nonce, ciphertext) = locked.split_first_chunk::<NONCE>()?;
    let payload = Payload { msg: ciphertext, aad: context };
    cipher(key).decrypt(&XNonce::from(*nonce), payload).ok().map(SecretBytes::new)
}

fn cipher(key: &Key) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new((&**key).into())
}
