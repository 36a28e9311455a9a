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
    /// A named cost. `countersign bench hash` measures what each of them takes on this machine.
    pub preset: CostPreset,
    /// Memory of one hash in kibibytes (Argon2id's `m`), with preset `custom` only.
    #[schemars(range(min = 8, max = 262_144))]
    pub memory_kib: Option<u32>,
    /// Passes over the memory (Argon2id's `t`), with preset `custom` only.
    #[schemars(range(min = 1, max = 16))]
    pub passes: Option<u32>,
    /// Lanes (Argon2id's `p`), with preset `custom` only. One thread computes them all, one after the other.
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
    /// Memory in kibibytes for verifiers that need more than the preset, because they were made at another cost or
    /// imported. All threads share it and wait for their turn; what needs more than all of it, up to the 65,536 of
    /// `rfc9106-64m`, is lent alone, and beyond that is not verified or imported. Without it what arenas, caches and
    /// requests leave of the memory limit of the process, and at most 256 mebibytes for each thread.
    #[schemars(range(min = 0, max = 268_435_456))]
    pub allowance_kib: Option<u64>,
    /// Which implementation computes. Both make the same hashes.
    pub engine: EngineName,
}

/// A named cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum CostPreset {
    /// 19,456 kibibytes, 2 passes, 1 lane: the OWASP minimum.
    #[default]
    #[serde(rename = "owasp-19m")]
    Owasp19m,
    /// 7,168 kibibytes, 5 passes, 1 lane: listed there as equal, and faster where it fits the processor's cache.
    #[serde(rename = "owasp-7m")]
    Owasp7m,
    /// 65,536 kibibytes, 3 passes, 4 lanes: the second recommended option of RFC 9106, section 4. Dearer for
    /// whoever steals the database, and for the server.
    #[serde(rename = "rfc9106-64m")]
    Rfc9106,
    /// The three numbers `memory_kib`, `passes` and `lanes`, all of which must be set.
    #[serde(rename = "custom")]
    Custom,
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

impl CostPreset {
    /// Those with numbers of their own, from the default on.
    pub const NAMED: [Self; 3] = [Self::Owasp19m, Self::Owasp7m, Self::Rfc9106];

    /// The word for it in settings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owasp19m => "owasp-19m",
            Self::Owasp7m => "owasp-7m",
            Self::Rfc9106 => "rfc9106-64m",
            Self::Custom => "custom",
        }
    }

    /// Its numbers; none for the one that has none of its own.
    #[must_use]
    pub const fn params(self) -> Option<Params> {
        match self {
            Self::Owasp19m => Some(Params::OWASP_19M),
            Self::Owasp7m => Some(Params::OWASP_7M),
            Self::Rfc9106 => Some(Params::RFC9106_64M),
            Self::Custom => None,
        }
    }
}

impl Hash {
    /// The cost of a new hash.
    ///
    /// # Errors
    /// [`NoCost`]: the preset and the three numbers do not name one.
    pub fn params(&self) -> Result<Params, NoCost> {
        let numbers = (self.memory_kib, self.passes, self.lanes);
        match (self.preset.params(), numbers) {
            (Some(params), (None, None, None)) => Ok(params),
            (Some(_), _) => Err(NoCost::Idle),
            (None, (Some(memory_kib), Some(passes), Some(lanes))) => {
                Ok(Params::new(memory_kib, passes, lanes)?)
            }
            (None, _) => Err(NoCost::Missing),
        }
    }

    /// The three numbers by their names.
    pub(super) fn numbers(&self) -> [(&'static str, Option<u32>); 3] {
        [("hash.memory_kib", self.memory_kib), ("hash.passes", self.passes), ("hash.lanes", self.lanes)]
    }

    /// How the pool is set up.
    ///
    /// # Errors
    /// As [`Self::params`].
    pub fn pool(&self) -> Result<PoolConfig, NoCost> {
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

/// Why settings name no cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NoCost {
    /// Preset `custom` without all of its numbers.
    #[error(
        "preset custom has no numbers of its own: set hash.memory_kib, hash.passes and hash.lanes, all three"
    )]
    Missing,
    /// Numbers beside a preset that has its own.
    #[error(
        "a named preset has numbers of its own: leave these out, or set hash.preset = \"custom\" and all three"
    )]
    Idle,
    /// The three numbers do not fit together: each lane needs 8 kibibytes of memory (RFC 9106, section 3.1).
    #[error(transparent)]
    Invalid(#[from] InvalidParams),
}

/// Whether a cost is below every one that OWASP lists.
pub(crate) fn is_weak(params: &Params) -> bool {
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
    fn no_named_preset_is_weak_and_each_has_its_word() {
        for preset in CostPreset::NAMED {
            assert_eq!(preset.params().map(|params| is_weak(&params)), Some(false), "{preset:?}");
            assert_eq!(serde_json::to_value(preset).ok(), Some(preset.as_str().into()));
        }
        assert_eq!(serde_json::to_value(CostPreset::Custom).ok(), Some("custom".into()));
        assert_eq!(CostPreset::NAMED[0], CostPreset::default());
    }

    #[test]
    fn numbers_come_with_custom_and_only_with_it() {
        let hash = |preset, memory_kib, passes, lanes| {
            Hash { preset, memory_kib, passes, lanes, ..Hash::default() }.params()
        };
        let params = Params::new(32_768, 3, 2).expect("parameters");
        assert_eq!(hash(CostPreset::Custom, Some(32_768), Some(3), Some(2)), Ok(params));
        assert_eq!(hash(CostPreset::Custom, Some(32_768), Some(3), None), Err(NoCost::Missing));
        assert_eq!(hash(CostPreset::Custom, None, None, None), Err(NoCost::Missing));
        assert_eq!(hash(CostPreset::Owasp7m, None, Some(6), None), Err(NoCost::Idle));
        assert_eq!(hash(CostPreset::Rfc9106, None, None, None), Ok(Params::RFC9106_64M));
        assert_eq!(hash(CostPreset::Custom, Some(16), Some(1), Some(4)), Err(NoCost::Invalid(InvalidParams)));
    }

    #[test]
    fn the_queue_follows_the_workers() {
        let hash = Hash { workers: Some(2), ..Hash::default() };
        let pool = hash.pool().map(|pool| (pool.params, pool.workers.get(), pool.queue));
        assert_eq!(pool, Ok((Params::OWASP_19M, 2, 1024)));
    }
}
