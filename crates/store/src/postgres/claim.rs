//! Idempotency keys: who carries a request out, and what it came to.

use countersign_domain::id::AccountId;

use super::connection::Connection;
use super::shard;
use super::trouble::Trouble;
use crate::door::{Claim, Claimed, HeldClaim, KeptAnswer, StoreFault};

/// Takes a key that nobody has, or whose holder died before anything took effect, for effect and answer are one
/// transaction; also one that has expired and was not swept yet.
pub(super) async fn claim(connection: &Connection, claim: &Claim) -> Result<Claimed, Trouble> {
    let (now, expires_at) = (claim.now.millis(), (claim.now + claim.keep).millis());
    let leased_until = (claim.now + claim.lease).millis();
    loop {
        let taken = connection
            .alone(
                "INSERT INTO idempotency (hash, fingerprint, answer, account_id, expires_at, leased_until, shard)
                 VALUES ($1, $2, NULL, NULL, $3, $4, $5)
                 ON CONFLICT (hash) DO UPDATE SET fingerprint = EXCLUDED.fingerprint, answer = NULL,
                     account_id = NULL, expires_at = EXCLUDED.expires_at, leased_until = EXCLUDED.leased_until
                 WHERE idempotency.expires_at <= $6 OR (idempotency.answer IS NULL
                     AND idempotency.leased_until <= $6 AND idempotency.fingerprint = EXCLUDED.fingerprint)",
                &[
                    &&claim.index[..],
                    &&claim.fingerprint[..],
                    &expires_at,
                    &leased_until,
                    &shard::of(&claim.index),
                    &now,
                ],
            )
            .await?;
        if taken > 0 {
            return Ok(Claimed::Fresh);
        }
        let row = connection
            .row("SELECT fingerprint, answer FROM idempotency WHERE hash = $1", &[&&claim.index[..]])
            .await?;
        // Given up in between: it can be taken now.
        let Some(row) = row else { continue };
        return Ok(if row.get::<_, &[u8]>(0) != claim.fingerprint {
            Claimed::Mismatch
        } else if let Some(answer) = row.get::<_, Option<Vec<u8>>>(1) {
            Claimed::Answered(answer)
        } else {
            Claimed::Running
        });
    }
}

/// Stores an answer in the transaction of what it tells of.
///
/// # Errors
/// [`StoreFault::Superseded`] if the claim is no longer held.
pub(super) async fn answer_held(connection: &Connection, answer: &KeptAnswer) -> Result<(), Trouble> {
    let (hash, held, account) = columns(answer);
    let stored = connection.execute(ANSWER, &[&hash, &answer.sealed, &account, &held]).await?;
    if stored > 0 { Ok(()) } else { Err(StoreFault::Superseded.into()) }
}

/// Stores an answer if its claim is still held. The first answer stays.
pub(super) async fn answer(connection: &Connection, answer: &KeptAnswer) -> Result<(), Trouble> {
    let (hash, held, account) = columns(answer);
    connection.alone(ANSWER, &[&hash, &answer.sealed, &account, &held]).await?;
    Ok(())
}

/// Whether nobody has taken the claim over or answered it; from then on nobody does before the transaction ends.
///
/// # Errors
/// [`StoreFault::Superseded`] if somebody has.
pub(super) async fn held(connection: &Connection, claim: &HeldClaim) -> Result<(), Trouble> {
    let held = connection
        .row(
            "SELECT hash FROM idempotency WHERE hash = $1 AND answer IS NULL AND leased_until = $2 FOR UPDATE",
            &[&&claim.index[..], &claim.leased_until.millis()],
        )
        .await?;
    if held.is_some() { Ok(()) } else { Err(StoreFault::Superseded.into()) }
}

/// An answered claim is not given up: its request did take effect. Nor is one that another has taken over since.
pub(super) async fn release(connection: &Connection, claim: &HeldClaim) -> Result<(), Trouble> {
    connection
        .alone(
            "DELETE FROM idempotency WHERE hash = $1 AND answer IS NULL AND leased_until = $2",
            &[&&claim.index[..], &claim.leased_until.millis()],
        )
        .await?;
    Ok(())
}

const ANSWER: &str = "UPDATE idempotency SET answer = $2, account_id = $3
    WHERE hash = $1 AND answer IS NULL AND leased_until = $4";

fn columns(answer: &KeptAnswer) -> (&[u8], i64, Option<&[u8]>) {
    let about = answer.about.as_ref().map(AccountId::as_bytes);
    (&answer.claim.index, answer.claim.leased_until.millis(), about.map(|id| &id[..]))
}
