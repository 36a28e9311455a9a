//! The fast engine: crate `argon2-rust`.

use argon2_rust::params::{Memory, TagLen};
use argon2_rust::{Algorithm, Argon2, Error, Hasher, Version};
use zeroize::Zeroizing;

use crate::engine::{Engine, EngineError, Params, Phc};

/// Argon2id by crate `argon2-rust`, in one arena that is wiped after every hash and kept for the next. A
/// fresh 19 mebibytes for each hash would cost 11 to 43 % in page faults.
pub struct FastEngine {
    hasher: Hasher,
    arena: Params,
    ceiling: Params,
}

impl FastEngine {
    /// An engine with memory for `params`, that verifies nothing costlier than `ceiling`.
    ///
    /// # Errors
    ///
    /// [`EngineError::OutOfMemory`], or [`EngineError::AboveCeiling`] if `params` are.
    pub fn new(params: &Params, ceiling: &Params) -> Result<Self, EngineError> {
        if !ceiling.admits(params) {
            return Err(EngineError::AboveCeiling);
        }
        let mut hasher = argon2(params, 32)?.hasher();
        hasher.reserve()?;
        Ok(Self { hasher, arena: *params, ceiling: *ceiling })
    }

    /// The tag of RFC 9106 section 5.3, which needs inputs that no verifier uses.
    pub(super) fn rfc_9106_tag() -> Result<[u8; 32], EngineError> {
        let params = Params::new(32, 3, 4).map_err(|error| EngineError::Failed(error.to_string()))?;
        let mut tag = [0; 32];
        argon2(&params, tag.len())?
            .hasher()
            .hash_into_with_ad(&[1; 32], &[2; 16], &[3; 8], &[4; 12], &mut tag)?;
        Ok(tag)
    }

    fn tag(&mut self, params: &Params, input: &[u8], salt: &[u8], tag: &mut [u8]) -> Result<(), EngineError> {
        let argon2 = argon2(params, tag.len())?;
        if params.memory_kib() > self.arena.memory_kib() {
            // Memory of its own, given back at once: one costly string must not make this arena grow for
            // good.
            argon2.hash_into(input, salt, tag)?;
        } else {
            self.hasher.set_argon2(argon2);
            self.hasher.hash_into(input, salt, tag)?;
        }
        Ok(())
    }
}

impl Engine for FastEngine {
    fn hash(&mut self, input: &[u8], salt: &[u8; 16], params: &Params) -> Result<Phc, EngineError> {
        let mut tag = Zeroizing::new([0; 32]);
        self.tag(params, input, salt, tag.as_mut_slice())?;
        Ok(Phc::compose(params, salt, tag.as_slice()))
    }

    fn verify(&mut self, phc: &Phc, input: &[u8]) -> Result<bool, EngineError> {
        let params = super::params_of(phc);
        if !self.ceiling.admits(&params) {
            return Err(EngineError::AboveCeiling);
        }
        let mut tag = Zeroizing::new(vec![0; phc.tag_len()]);
        self.tag(&params, input, phc.salt(), &mut tag)?;
        Ok(phc.has_tag(&tag))
    }
}

impl From<Error> for EngineError {
    fn from(error: Error) -> Self {
        match error {
            Error::MemoryAllocationError => Self::OutOfMemory,
            other => Self::Failed(other.message().to_owned()),
        }
    }
}

fn argon2(params: &Params, tag_len: usize) -> Result<Argon2, EngineError> {
    let params = argon2_rust::Params::builder()
        .memory(Memory::kib(u64::from(params.memory_kib())))
        .passes(params.passes())
        .lanes(params.lanes())
        // Never a thread of its own, whatever the string asks for: the pool's are counted.
        .threads(1)
        .tag_len(TagLen::bytes(tag_len as u64))
        .build()?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}
