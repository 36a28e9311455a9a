//! The careful form: a permit, then count, compare, and forget the count if the guess was right.

use std::sync::Arc;
use std::thread::available_parallelism;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use tokio::sync::Semaphore;

use crate::records::Records;
use crate::{Attempt, LIMIT, Shared, Verdict, is_right, parsed};

/// The records, and as many permits as cores.
#[derive(Clone)]
struct Careful {
    records: Shared,
    permits: Arc<Semaphore>,
}

pub(crate) fn routes(records: Records) -> Router {
    let permits = Arc::new(Semaphore::new(available_parallelism().map_or(1, usize::from)));
    Router::new().route("/verify", post(verify)).with_state(Careful { records: Arc::new(records), permits })
}

async fn verify(State(Careful { records, permits }): State<Careful>, body: Bytes) -> Verdict {
    let Some(attempt) = parsed(&body) else { return Verdict::Wrong };
    let Ok(_permit) = permits.acquire().await else { return Verdict::Broken };
    let guessed = tokio::task::spawn_blocking(move || guess(&records, &attempt)).await;
    guessed.map_or(Verdict::Broken, |verdict| verdict.unwrap_or(Verdict::Broken))
}

pub(crate) fn guess(records: &Records, attempt: &Attempt) -> rusqlite::Result<Verdict> {
    let Some(hash) = records.charge(&attempt.account, LIMIT)? else {
        let known = records.find(&attempt.account)?.is_some();
        return Ok(if known { Verdict::Locked } else { Verdict::Unknown });
    };
    if !is_right(&hash, &attempt.pin) {
        return Ok(Verdict::Wrong);
    }
    records.reset(&attempt.account)?;
    Ok(Verdict::Right)
}
