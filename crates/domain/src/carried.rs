//! An account as another system kept it: what an import reads, and what a new account here is made of.

use crate::command::NewAccount;
use crate::secret::{Input, Kind, SecretText};

/// An account to be carried over.
pub struct Carried {
    /// What it is found by, and first secrets whose text or digest is known: they have yet to be hashed.
    pub account: NewAccount,
    /// Secrets that were hashed already, of other kinds than those.
    pub verifiers: Vec<(Kind, CarriedVerifier)>,
}

/// What another system stored of a memorized secret. Whoever has it can guess without limit.
pub struct CarriedVerifier {
    /// A PHC string.
    pub phc: SecretText,
    /// What its key derivation ran over.
    pub input: Input,
}
