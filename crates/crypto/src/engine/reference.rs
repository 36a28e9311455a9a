//! The reference engine: crate `argon2` of `RustCrypto`.

use argon2::{Algorithm, Argon2, AssociatedData, Block, Error, ParamsBuilder, Version};
use zeroize::{Zeroize, Zeroizing};

use crate::engine::phc::LONGEST_PART;
use crate::engine::{Engine, EngineError, Memory, Params, Phc};

/// Argon2id by crate `argon2`, in one arena that is wiped after every hash and kept for the next.
pub struct ReferenceEngine {
    arena: Vec<Block>,
    ceiling: Params,
    memory: Memory,
}

impl ReferenceEngine {
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
        let arena = arena(native(params, 32)?.block_count())?;
        Ok(Self { arena, ceiling: *ceiling, memory: memory.clone() })
    }

    /// The tag of RFC 9106 section 5.3, which needs inputs that no verifier uses.
    pub(super) fn rfc_9106_tag() -> Result<[u8; 32], EngineError> {
        let params = ParamsBuilder::new()
            .m_cost(32)
            .t_cost(3)
            .p_cost(4)
            .output_len(32)
            .data(AssociatedData::new(&[4; 12])?)
            .build()?;
        let argon2 = Argon2::new_with_secret(&[3; 8], Algorithm::Argon2id, Version::V0x13, params)?;
        let mut tag = [0; 32];
        argon2.hash_password_into(&[1; 32], &[2; 16], &mut tag)?;
        Ok(tag)
    }

    fn tag(&mut self, params: &Params, input: &[u8], salt: &[u8], tag: &mut [u8]) -> Result<(), EngineError> {
        let native = native(params, tag.len())?;
        let blocks = native.block_count();
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, native);
        // An arena of its own, given back at once: one costly string must not make this one grow for good.
        let _loan;
        let mut own = Vec::new();
        if blocks > self.arena.len() {
            _loan = self.memory.lend(params.memory_kib());
            own = arena(blocks)?;
        }
        let memory = if own.is_empty() { &mut self.arena[..blocks] } else { own.as_mut_slice() };
        let outcome = argon2.hash_password_into_with_memory(input, salt, tag, &mut *memory);
        // This crate leaves the memory as it is, and the first blocks are a hash of the secret alone.
        memory.iter_mut().zeroize();
        Ok(outcome?)
    }
}

impl Engine for ReferenceEngine {
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
        let mut tag = Zeroizing::new([0; LONGEST_PART]);
        let tag = &mut tag[..phc.tag_len()];
        self.tag(&params, input, phc.salt(), tag)?;
        Ok(phc.has_tag(tag))
    }
}

impl From<Error> for EngineError {
    fn from(error: Error) -> Self {
        match error {
            Error::OutOfMemory => Self::OutOfMemory,
            other => Self::Failed(other.to_string()),
        }
    }
}

fn native(params: &Params, tag_len: usize) -> Result<argon2::Params, EngineError> {
    Ok(argon2::Params::new(params.memory_kib(), params.passes(), params.lanes(), Some(tag_len))?)
}

fn arena(blocks: usize) -> Result<Vec<Block>, EngineError> {
    let mut arena = Vec::new();
    arena.try_reserve_exact(blocks).map_err(|_| EngineError::OutOfMemory)?;
    arena.resize(blocks, Block::new());
    Ok(arena)
}
