//! Section `admission`: who is let in when more want a hash than can be served, and what gives way to whom.

use core::time::Duration;

use countersign_crypto::engine::PoolConfig;
use schemars::JsonSchema;
use serde::Deserialize;

/// Who is let in when more want a hash than can be served, and what gives way to whom.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Admission {
    /// Milliseconds within which a request that needs hashes is served. One that would take longer, at the pace of late,
    /// is answered as overloaded at once; nothing is charged then. While a thread is free everybody is let in. Three
    /// quarters of it are planned for, so it should be at least eight thirds of what a hash takes (`countersign bench
    /// hash` tells), and no more than `server.request_timeout_s`.
    #[schemars(range(min = 10, max = 60_000))]
    pub target_ms: u32,
    /// Steps of `nice` by which the threads that compute hashes give way to everything else on the machine, so that
    /// refusals and reads become a little quicker while every core hashes, and each interrupts a hash. 0 leaves them alone. Only
    /// on Linux.
    #[schemars(range(min = 0, max = 19))]
    pub hash_nice: u8,
    /// Verifiers with outdated parameters, or of another form than `policy.input`, that may wait in memory to be remade
    /// when a thread is idle; their secrets never take more than 65,536 bytes of it. Beyond it they are remade after a later
    /// success; with 0 never.
    #[schemars(range(min = 0, max = 100_000))]
    pub remakes: usize,
}

impl Admission {
    /// The pool's set-up with this in force.
    pub(super) fn of(&self, pool: PoolConfig) -> PoolConfig {
        let target = Some(Duration::from_millis(u64::from(self.target_ms)));
        PoolConfig { target, nice: self.hash_nice, ..pool }
    }
}

impl Default for Admission {
    fn default() -> Self {
        Self {
            target_ms: u32::try_from(PoolConfig::TARGET.as_millis()).unwrap_or(u32::MAX),
            hash_nice: PoolConfig::NICE,
            // At the default parameters a few seconds of an idle core.
            remakes: 256,
        }
    }
}
