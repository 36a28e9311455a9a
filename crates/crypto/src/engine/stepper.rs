//! The pool without threads: whoever holds the [`PoolStepper`] says which job is done next.

use std::sync::Arc;

use crate::engine::worker::Worker;
use crate::engine::{EngineError, EngineMaker, HashObserver, HashPool, PoolConfig, StartError};

/// Drives a pool that has no threads.
pub struct PoolStepper(Worker);

impl HashPool {
    /// As [`Self::start_with`], with one worker that does nothing by itself. Only the bound on places turns anybody
    /// away: an estimate of how long a hash takes would be a hidden clock.
    ///
    /// # Errors
    ///
    /// [`StartError`] if an engine cannot be had.
    pub fn stepped(
        config: PoolConfig,
        observer: Option<Arc<dyn HashObserver>>,
        make: &EngineMaker,
    ) -> Result<(Self, PoolStepper), StartError> {
        let config = PoolConfig { target: None, ..config };
        let (pool, mut workers) = Self::prepare(config, observer, make)?;
        let worker = workers.pop().ok_or(EngineError::OutOfMemory)?;
        Ok((pool, PoolStepper(worker)))
    }
}

impl PoolStepper {
    /// Jobs waiting, in the background too, by the order in which they came.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.0.shared.queue.len()
    }

    /// Does the job at `place` of the queue, if there is one.
    pub fn perform(&mut self, place: usize) {
        if let Some(job) = self.0.shared.queue.take(place) {
            self.0.perform(job);
        }
    }
}
