//! What a use case does with its place.

use std::sync::Arc;
use std::time::Instant;

use countersign_domain::secret::{Kind, SecretBytes};
use tokio::sync::{Mutex, oneshot};

use crate::engine::pace::cost_of;
use crate::engine::queue::{Job, Place};
use crate::engine::worker::{Reply, Task};
use crate::engine::{EngineError, EngineFault, HashPool, Params, Phc, params_of};

/// A use case's place in the pool, given back when it is dropped. One piece of work at a time: a second waits
/// for the first, so that a place never stands for more than one job.
pub struct Slot {
    pool: HashPool,
    place: Arc<Mutex<Place>>,
}

impl Slot {
    pub(super) fn new(pool: HashPool, place: Place) -> Self {
        Self { pool, place: Arc::new(Mutex::new(place)) }
    }

    /// Compares an input with a verifier. `Ok(false)` is a miss.
    ///
    /// If the future is dropped, the comparison may or may not be made; nobody learns its result.
    ///
    /// # Errors
    ///
    /// [`EngineFault`]: neither a miss nor a success. A verifier that [`HashPool::verifies`] not is
    /// [`EngineError::AboveCeiling`], and no comparison is counted for it, because none is made.
    pub async fn compare(&self, kind: Kind, verifier: &Phc, input: SecretBytes) -> Result<bool, EngineFault> {
        let phc = verifier.clone();
        let params = params_of(&phc);
        if !self.pool.verifies(&params) {
            return Err(EngineError::AboveCeiling.into());
        }
        self.submit(&params, |reply| Task::Compare { kind, phc, input, reply }).await
    }

    /// Costs what [`Self::compare`] costs with a verifier of the current parameters, and tells nothing: for
    /// an account that does not exist, and for a secret that is not set.
    ///
    /// # Errors
    ///
    /// [`EngineFault`], as a comparison would: else a fault would tell who exists.
    pub async fn decoy(&self, kind: Kind, input: SecretBytes) -> Result<(), EngineFault> {
        self.submit(&self.pool.params(), |reply| Task::Decoy { kind, input, reply }).await
    }

    /// Makes a new verifier with the pool's parameters. The salt must be fresh from the CSPRNG.
    ///
    /// # Errors
    ///
    /// [`EngineFault`]: nothing was made.
    pub async fn hash(&self, input: SecretBytes, salt: [u8; 16]) -> Result<Phc, EngineFault> {
        self.submit(&self.pool.params(), |reply| Task::Hash { input, salt, reply }).await
    }

    async fn submit<T>(
        &self,
        params: &Params,
        task: impl FnOnce(Reply<T>) -> Task,
    ) -> Result<T, EngineFault> {
        // The job takes the place along: if this future is dropped, the place stays taken until the job is
        // done.
        let place = Arc::clone(&self.place).lock_owned().await;
        let (reply, result) = oneshot::channel();
        self.pool.queue().push(Job::new(task(reply), cost_of(params), Some(place), now()));
        result.await.unwrap_or(Err(EngineFault::Ended))
    }
}

impl HashPool {
    /// Makes a new verifier as [`Slot::hash`] does, without a place: only while nobody who has one could need the
    /// worker. It may take as long as the load lasts; the caller bounds how many of these there are.
    ///
    /// # Errors
    ///
    /// [`EngineFault`]: nothing was made.
    pub async fn hash_in_background(&self, input: SecretBytes, salt: [u8; 16]) -> Result<Phc, EngineFault> {
        let (reply, result) = oneshot::channel();
        let task = Task::Hash { input, salt, reply };
        self.queue().push(Job::new(task, cost_of(&self.params()), None, now()));
        result.await.unwrap_or(Err(EngineFault::Ended))
    }
}

#[allow(clippy::disallowed_methods, reason = "how long a job waits is measured, and decides nothing")]
fn now() -> Instant {
    Instant::now()
}
