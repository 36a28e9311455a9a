//! Section `hash`: what one guess costs.

use core::num::NonZeroUsize;

use countersign_crypto::engine::{EngineChoice, InvalidParams, Params, PoolConfig};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The least product of memory in kibibytes and passes among the settings of the OWASP Password Storage Cheat Sheet.
const LEAST_WORK: u64 = 7168 * 5;
/// The least memory in kibibytes among them.
const LEAST_MEMORY: u32 = 7168;

/// What one hash costs, and how many are computed at once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Hash {
    /// A named cost; the three numbers below replace its parts.
    pub preset: CostPreset,
    /// Memory of one hash in kibibytes (Argon2id's `m`). Without it the preset's.
    #[schemars(range(min = 8, max = 262_144))]
    pub memory_kib: Option<u32>,
    /// Passes over the memory (Argon2id's `t`). Without it the preset's.
    #[schemars(range(min = 1, max = 16))]
    pub passes: Option<u32>,
    /// Lanes (Argon2id's `p`). Without it the preset's.
    #[schemars(range(min = 1, max = 4))]
    pub lanes: Option<u32>,
    /// Allows a cost below the OWASP minimum. For tests only: it makes a stolen database cheap to search.
    pub allow_weak: bool,
    /// Threads that compute hashes. Without it one for each core; more only add waiting.
    #[schemars(range(min = 1, max = 1024))]
    pub workers: Option<usize>,
    /// The most requests that may wait for a thread, however soon they would be served. Without it 512 a thread. How many
    /// do wait follows from `admission.target_ms`.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub queue: Option<usize>,
    /// Which implementation computes. Both make the same hashes.
    pub engine: EngineName,
}

/// A named cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CostPreset {
    /// 19,456 kibibytes and 2 passes: the OWASP minimum.
    #[default]
    Owasp,
    /// 7,168 kibibytes and 5 passes: listed there as equal, and faster where it fits the processor's cache.
    OwaspCached,
}

/// Which implementation computes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EngineName {
    /// The vectorized one.
    #[default]
    Fast,
    /// The conservative one.
    Reference,
}

impl Hash {
    /// The cost of a new hash.
    ///
    /// # Errors
    /// The three numbers do not fit together: each lane needs 8 kibibytes of memory (RFC 9106, section 3.1).
    pub fn params(&self) -> Result<Params, InvalidParams> {
        let preset = match self.preset {
            CostPreset::Owasp => Params::OWASP,
            CostPreset::OwaspCached => Params::OWASP_CACHED,
        };
        Params::new(
            self.memory_kib.unwrap_or(preset.memory_kib()),
            self.passes.unwrap_or(preset.passes()),
            self.lanes.unwrap_or(preset.lanes()),
        )
    }

    /// How the pool is set up.
    ///
    /// # Errors
    /// As [`Self::params`].
    pub fn pool(&self) -> Result<PoolConfig, InvalidParams> {
        let mut pool = PoolConfig::new(self.params()?);
        if let Some(workers) = self.workers.and_then(NonZeroUsize::new) {
            pool.workers = workers;
            pool.queue = workers.get().saturating_mul(PoolConfig::QUEUE);
        }
        pool.queue = self.queue.unwrap_or(pool.queue);
        pool.choice = match self.engine {
            EngineName::Fast => EngineChoice::Fast,
            EngineName::Reference => EngineChoice::Reference,
        };
        Ok(pool)
    }
}

/// Whether a cost is below every one that OWASP lists.
pub(super) fn is_weak(params: &Params) -> bool {
    let work = u64::from(params.memory_kib()) * u64::from(params.passes());
    params.memory_kib() < LEAST_MEMORY || work < LEAST_WORK
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_owasp_lists_is_not_weak() {
        for (memory, passes) in [(47_104, 1), (19_456, 2), (12_288, 3), (9216, 4), (7168, 5)] {
            let params = Params::new(memory, passes, 1).map(|params| is_weak(&params));
            assert_eq!(params, Ok(false), "{memory} {passes}");
        }
        for (memory, passes) in [(8, 1), (4096, 16), (19_456, 1), (7168, 4)] {
            let params = Params::new(memory, passes, 1).map(|params| is_weak(&params));
            assert_eq!(params, Ok(true), "{memory} {passes}");
        }
    }

    #[test]
    fn numbers_replace_parts_of_the_preset() {
        let hash = Hash { passes: Some(3), workers: Some(2), ..Hash::default() };
        let pool = hash.pool().map(|pool| (pool.params.memory_kib(), pool.params.passes(), pool.queue));
        assert_eq!(pool, Ok((19_456, 3, 1024)));
    }
}
