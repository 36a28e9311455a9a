//! Keys and sealing: what is stored is of no use without a key that the database does not hold.
//!
//! The **master key** lives outside the database (a file, the environment). It only wraps: the **data keys**,
//! which seal records and rotate, and one **root**, from which the keys of blind indexes are derived and
//! which never rotates, because what cannot be looked up again is lost. A **seal** is bound to its [`Place`],
//! so a sealed value copied to another row, account or version does not open there.

mod blind;
mod envelope;
mod keyring;
mod master;
mod place;
mod wrap;

use zeroize::Zeroizing;

use crate::entropy::Entropy;

pub use blind::BlindDomain;
pub use keyring::{Keyring, KeyringError, SealError};
pub use master::{MasterFingerprint, MasterKey, NotAMasterKey};
pub use place::Place;
pub use wrap::{DataKeyId, WrappedDataKey, WrappedRoot};

/// 256 bits of key, zeroed when dropped.
type Key = Zeroizing<[u8; 32]>;

/// A new key, drawn straight into the memory that will be zeroed.
fn fresh_key(entropy: &dyn Entropy) -> Key {
    let mut key = Zeroizing::new([0; 32]);
    entropy.fill(key.as_mut_slice());
    key
}
