//! What the server does by itself while it serves: forgetting what has expired, folding metrics, remaking verifiers.

use core::pin::pin;
use core::time::Duration;
use std::sync::Arc;

use countersign_crypto::engine::HashPool;
use countersign_service::{Fault, Service, Store};
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;

use crate::http::caught;
use crate::metrics::{Metrics, past};

/// How often what has expired is forgotten. It is refused by its date anyway; this only gives the room back.
const SWEEP_EVERY: Duration = Duration::from_secs(30);

/// Between two batches of one sweep: the store serves the guesses that have come meanwhile. A sweep goes on until
/// nothing is left, so this, and not how often it begins, bounds how many rows a second are forgotten.
const BREATH: Duration = Duration::from_millis(10);

/// How often waiting samples are folded into their histograms.
const FOLD_EVERY: Duration = Duration::from_secs(5);

/// Works until it is told to stop; a batch that was begun is finished.
pub(super) async fn run<S: Store>(
    service: Service<S>,
    metrics: Arc<Metrics>,
    pool: HashPool,
    stop: CancellationToken,
) {
    // Side by side: a long sweep must not keep samples waiting.
    tokio::join!(
        sweep(&service, &stop),
        fold(&metrics, &stop),
        sample(&service, &metrics, &pool, &stop),
        remake(&service, &stop)
    );
}

/// One after the other, and only when a thread is idle. One that is being remade when the server stops is given up: it is
/// remade after a later success.
async fn remake<S: Store>(service: &Service<S>, stop: &CancellationToken) {
    // A panic costs this one verifier, and not the sweeps beside it.
    while let Some(remade) = stop.run_until_cancelled(caught(pin!(service.remake_next()))).await {
        if let Some(Err(fault)) = remade {
            tracing::error!(%fault, "a verifier could not be remade; it is tried again after a later success");
        }
    }
}

async fn fold(metrics: &Metrics, stop: &CancellationToken) {
    let mut folds = interval(FOLD_EVERY);
    folds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while stop.run_until_cancelled(folds.tick()).await.is_some() {
        metrics.upkeep();
    }
}

async fn sample<S: Store>(
    service: &Service<S>,
    metrics: &Metrics,
    pool: &HashPool,
    stop: &CancellationToken,
) {
    let every = Duration::from_millis(past::EVERY.millis().unsigned_abs());
    let mut samples = interval(every);
    samples.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while stop.run_until_cancelled(samples.tick()).await.is_some() {
        metrics.sample(service.now(), pool);
    }
}

async fn sweep<S: Store>(service: &Service<S>, stop: &CancellationToken) {
    let mut sweeps = interval(SWEEP_EVERY);
    sweeps.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while stop.run_until_cancelled(sweeps.tick()).await.is_some() {
        if let Err(fault) = until_clean(|| service.sweep(), stop).await {
            tracing::error!(%fault, "what has expired could not be forgotten; it is tried again");
        }
    }
}

/// Batch after batch, until one says that there is no more.
async fn until_clean<F>(mut batch: impl FnMut() -> F, stop: &CancellationToken) -> Result<(), Fault>
where
    F: Future<Output = Result<bool, Fault>>,
{
    while batch().await? {
        if stop.run_until_cancelled(sleep(BREATH)).await.is_none() {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use core::cell::Cell;
    use core::future::ready;

    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_sweep_goes_on_until_nothing_is_left_and_breathes_in_between() {
        let left = Cell::new(5000);
        let batch = || {
            left.set(left.get() - 1);
            ready(Ok(left.get() > 0))
        };
        let begun = Instant::now();
        assert!(until_clean(batch, &CancellationToken::new()).await.is_ok());
        assert_eq!(left.get(), 0);
        assert!(begun.elapsed() >= BREATH * 4999);
    }

    #[tokio::test(start_paused = true)]
    async fn a_sweep_stops_when_the_server_does() {
        let (stop, batches) = (CancellationToken::new(), Cell::new(0));
        let batch = || {
            batches.set(batches.get() + 1);
            if batches.get() == 3 {
                stop.cancel();
            }
            ready(Ok(true))
        };
        assert!(until_clean(batch, &stop).await.is_ok());
        assert_eq!(batches.get(), 3);
    }
}
