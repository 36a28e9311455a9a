//! What the server does by itself while it serves: forgetting what has expired, folding metrics.

use core::time::Duration;
use std::sync::Arc;

use countersign_service::{Service, Store};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::metrics::Metrics;

/// How often what has expired is forgotten. It is refused by its date anyway; this only gives the room back.
const SWEEP_EVERY: Duration = Duration::from_secs(30);

/// Batches in a row, so that one sweep of a long absence does not crowd out guesses.
const MOST_BATCHES: u32 = 50;

/// How often waiting samples are folded into their histograms.
const FOLD_EVERY: Duration = Duration::from_secs(5);

/// Works until it is told to stop; a batch that was begun is finished.
pub(super) async fn run<S: Store>(service: Service<S>, metrics: Arc<Metrics>, stop: CancellationToken) {
    let mut sweeps = interval(SWEEP_EVERY);
    let mut folds = interval(FOLD_EVERY);
    sweeps.set_missed_tick_behavior(MissedTickBehavior::Delay);
    folds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = folds.tick() => metrics.upkeep(),
            _ = sweeps.tick() => sweep(&service, &stop).await,
        }
    }
}

async fn sweep<S: Store>(service: &Service<S>, stop: &CancellationToken) {
    for _ in 0..MOST_BATCHES {
        match service.sweep().await {
            Ok(true) if !stop.is_cancelled() => {}
            Ok(_) => return,
            Err(fault) => {
                tracing::error!(%fault, "what has expired could not be forgotten; it is tried again");
                return;
            }
        }
    }
}
