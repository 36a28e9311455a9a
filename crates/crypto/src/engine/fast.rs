//! The fast engine: crate `argon2-rust`.

use argon2_rust::params::{Memory as Size, TagLen};
use argon2_rust::{Algorithm, Argon2, Error, Hasher, Version};
use zeroize::Zeroizing;

use crate::engine::phc::LONGEST_PART;
use crate::engine::{Engine, EngineError, Memory, Params, Phc};

/// The length of every tag that this crate makes, in bytes.
const TAG_LEN: usize = 32;

/// Argon2id by crate `argon2-rust`, in one arena that is wiped after every hash and kept for the next. A
/// fresh 19 mebibytes for each hash would cost 11 to 43 % in page faults.
///
/// A hash allocates nothing besides its own string, and a comparison nothing at all.
pub struct FastEngine {
    hasher: Hasher,
    /// Which parameters and length of the tag the hasher is set to.
    prepared: (Params, usize),
    arena_kib: u32,
    ceiling: Params,
    memory: Memory,
}

impl FastEngine {
    /// An engine with an arena for `params`, that verifies nothing costlier than `ceiling`, and borrows from
    /// `memory` for what does not fit the arena.
    ///
    /// # Errors
    ///
    /// [`EngineError::OutOfMemory`], or [`EngineError::AboveCeiling`] if `params` are.
    pub fn new(params: &Params, ceiling: &Params, memory: &Memory) -> Result<Self, EngineError> {
        if !ceiling.admits(params) {
            return Err(EngineError::AboveCeiling);
        }
        let mut hasher = argon2(params, TAG_LEN)?.hasher();
        hasher.reserve()?;
        let prepared = (*params, TAG_LEN);
        Ok(Self {
            hasher,
            prepared,
            arena_kib: params.memory_kib(),
            ceiling: *ceiling,
            memory: memory.clone(),
        })
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
        if params.memory_kib() > self.arena_kib {
            // An arena of its own, wiped and given back at once: one costly string must not make this one
            // grow for good.
            let _loan = self.memory.lend(params.memory_kib());
            argon2(params, tag.len())?.hash_into(input, salt, tag)?;
            return Ok(());
        }
        if self.prepared != (*params, tag.len()) {
            self.hasher.set_argon2(argon2(params, tag.len())?);
            self.prepared = (*params, tag.len());
        }
        Ok(self.hasher.hash_into(input, salt, tag)?)
    }
}

impl Engine for FastEngine {
    fn hash(&mut self, input: &[u8], salt: &[u8; 16], params: &Params) -> Result<Phc, EngineError> {
        let mut tag = Zeroizing::new([0; TAG_LEN]);
        self.tag(params, input, salt, tag.as_mut_slice())?;
        Ok(Phc::compose(params, salt, tag.as_slice()))
    }

    fn verify(&mut self, phc: &Phc, input: &[u8]) -> Result<bool, EngineError> {
        let params = super::params_of(phc);
        if !self.ceiling.admits(&params) {
            return Err(EngineError::AboveCeiling);
        }
        let mut tag = Zeroizing::new([0; LONGEST_PART]);
        let tag = &mut tag[..phc.tag_len()];
        self.tag(&params, input, phc.salt(), tag)?;
        Ok(phc.has_tag(tag))
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
        .memory(Size::kib(u64::from(params.memory_kib())))
        .passes(params.passes())
        .lanes(params.lanes())
        // Never a thread of its own, whatever the string asks for: the pool's are counted.
        .threads(1)
        .tag_len(TagLen::bytes(tag_len as u64))
        .build()?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}
