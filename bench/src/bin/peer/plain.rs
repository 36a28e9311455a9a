//! The plain form: look, compare, count a miss. Two requests that race may both guess for the price of one.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;

use crate::records::Records;
use crate::{Attempt, LIMIT, Shared, Verdict, is_right, parsed};

pub(crate) fn routes(records: Records) -> Router {
    Router::new().route("/verify", post(verify)).with_state(Arc::new(records))
}

async fn verify(State(records): State<Shared>, body: Bytes) -> Verdict {
    let Some(attempt) = parsed(&body) else { return Verdict::Wrong };
    let guessed = tokio::task::spawn_blocking(move || guess(&records, &attempt)).await;
    guessed.map_or(Verdict::Broken, |verdict| verdict.unwrap_or(Verdict::Broken))
}

pub(crate) fn guess(records: &Records, attempt: &Attempt) -> rusqlite::Result<Verdict> {
    let Some((hash, failed)) = records.find(&attempt.account)? else { return Ok(Verdict::Unknown) };
    if failed >= LIMIT {
        return Ok(Verdict::Locked);
    }
    if !is_right(&hash, &attempt.pin) {
        records.count(&attempt.account)?;
        return Ok(Verdict::Wrong);
    }
    if failed > 0 {
        records.reset(&attempt.account)?;
    }
    Ok(Verdict::Right)
}
