//! Argon2id (RFC 9106, version 0x13) behind a small trait, on a pool of its own threads.
//!
//! Two independent implementations are at hand. The fast one is young and has much `unsafe` inside, so
//! [`self_check`] runs known answers through both and compares them, at every start.

mod admission;
mod check;
mod counts;
mod fair;
mod fast;
mod memory;
mod pace;
mod params;
mod phc;
mod pool;
mod priority;
mod queue;
mod reference;
mod slot;
#[cfg(feature = "stepped")]
mod stepper;
mod worker;

use core::fmt;
use std::sync::Arc;

pub use admission::{Need, Overloaded, Reason};
pub use check::{SelfCheckFailed, self_check};
pub use counts::{Class, Counts, HashObserver, Work};
pub use fast::FastEngine;
pub use memory::Memory;
pub use params::{InvalidParams, Params};
pub use phc::{NotAPhc, Phc, is_current, params_of};
pub use pool::{EngineMaker, HashPool, PoolConfig, StartError};
pub use priority::Priority;
pub use reference::ReferenceEngine;
pub use slot::Slot;
#[cfg(feature = "stepped")]
pub use stepper::PoolStepper;
pub use worker::EngineFault;

/// Makes and verifies password hashes, one at a time, in memory that it keeps.
pub trait Engine: Send {
    /// Hashes an input.
    ///
    /// # Errors
    ///
    /// [`EngineError`]; never about the input.
    fn hash(&mut self, input: &[u8], salt: &[u8; 16], params: &Params) -> Result<Phc, EngineError>;

    /// Whether the input is the one that was hashed, compared in constant time. The cost is that of the
    /// string's own parameters.
    ///
    /// # Errors
    ///
    /// [`EngineError::AboveCeiling`] before anything is allocated, if the string asks for more than the
    /// engine's ceiling; it may come from an import. Otherwise as [`Engine::hash`].
    fn verify(&mut self, phc: &Phc, input: &[u8]) -> Result<bool, EngineError>;
}

/// Which implementation computes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum EngineChoice {
    /// Crate `argon2-rust`: vectorized, about 1.7 times as fast.
    #[default]
    Fast,
    /// Crate `argon2` of `RustCrypto`: the conservative choice.
    Reference,
}

impl EngineChoice {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Fast, Self::Reference];

    /// The word for it in settings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fast => "fast",
            Self::Reference => "reference",
        }
    }

    /// The engine of that name, if there is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|choice| choice.as_str() == text)
    }

    /// An engine with an arena for `params`, that verifies nothing costlier than `ceiling`; for a costlier
    /// one than `params` it may take as much memory as the ceiling at any time.
    ///
    /// # Errors
    ///
    /// [`EngineError::OutOfMemory`], or [`EngineError::AboveCeiling`] if `params` are.
    pub fn build(self, params: &Params, ceiling: &Params) -> Result<Box<dyn Engine>, EngineError> {
        self.build_within(params, ceiling, &Memory::new(u64::from(ceiling.memory_kib())))
    }

    /// As [`Self::build`], but what does not fit the arena borrows from `memory`, which other engines share.
    ///
    /// # Errors
    ///
    /// As [`Self::build`].
    pub fn build_within(
        self,
        params: &Params,
        ceiling: &Params,
        memory: &Memory,
    ) -> Result<Box<dyn Engine>, EngineError> {
        Ok(match self {
            Self::Fast => Box::new(FastEngine::new(params, ceiling, memory)?),
            Self::Reference => Box::new(ReferenceEngine::new(params, ceiling, memory)?),
        })
    }
}

/// Makes the engines of a pool, which share `memory` for what does not fit an arena.
#[must_use]
pub fn engines_within(config: &PoolConfig, memory: Memory) -> EngineMaker {
    let PoolConfig { choice, params, ceiling, .. } = *config;
    Arc::new(move || choice.build_within(&params, &ceiling, &memory))
}

impl fmt::Display for EngineChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why an engine could not compute. A fault, never a miss.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EngineError {
    /// The parameters ask for more than the ceiling allows.
    #[error("the parameters are above the ceiling")]
    AboveCeiling,
    /// The memory could not be had.
    #[error("no memory for the hash")]
    OutOfMemory,
    /// The implementation refused, in its own words; they never contain what was hashed.
    #[error("the hash engine failed: {0}")]
    Failed(String),
}
