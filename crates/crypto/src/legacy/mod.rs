//! What two of the five legacy systems do on the wire: MD5 as the text of a secret, and Triple DES around it.
//!
//! None of this protects anything at rest. It is spoken only because their callers speak it.

mod cipher;
mod digest;
mod message;
mod profile;

pub use cipher::{DegenerateKey, Undecryptable, decrypt, derive_key, encrypt};
pub use digest::upper_md5;
pub use message::{flowmeter_message, tour_hawk_key, tour_message};
pub use profile::{Kdf, Mode, Profile};
