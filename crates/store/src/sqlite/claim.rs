//! Idempotency keys: who carries a request out, and what it came to.

use countersign_domain::id::AccountId;
use rusqlite::{Connection, OptionalExtension, params};

use crate::door::{Claim, Claimed, HeldClaim, KeptAnswer, StoreFault, Stored};

pub(super) fn claim(connection: &Connection, claim: Claim) -> Stored<Claimed> {
    let mut statement = connection.prepare_cached(
        "SELECT fingerprint, answer, leased_until FROM idempotency WHERE hash = ?1 AND expires_at > ?2",
    )?;
    let row: Option<([u8; 32], Option<Vec<u8>>, i64)> = statement
        .query_row(params![claim.index, claim.now.millis()], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    match row {
        Some((fingerprint, ..)) if fingerprint != claim.fingerprint => Ok(Claimed::Mismatch),
        Some((_, Some(answer), _)) => Ok(Claimed::Answered(answer)),
        Some((_, None, leased_until)) if claim.now.millis() < leased_until => Ok(Claimed::Running),
        // Nobody had it; or whoever did died before anything took effect, for effect and answer are one transaction.
        Some((_, None, _)) | None => {
            take(connection, claim)?;
            Ok(Claimed::Fresh)
        }
    }
}

/// Stores an answer in the transaction of what it tells of.
///
/// # Errors
/// [`StoreFault::Superseded`] if the claim is no longer held.
pub(super) fn answer_held(connection: &Connection, answer: &KeptAnswer) -> Stored<()> {
    if self::answer(connection, answer)? { Ok(()) } else { Err(StoreFault::Superseded) }
}

/// Stores an answer if its claim is still held, and says whether it was. The first answer stays.
pub(super) fn answer(connection: &Connection, answer: &KeptAnswer) -> Stored<bool> {
    let KeptAnswer { claim: HeldClaim { index, leased_until }, sealed, about } = answer;
    let answered = connection
        .prepare_cached(
            "UPDATE idempotency SET answer = ?2, account_id = ?3
             WHERE hash = ?1 AND answer IS NULL AND leased_until = ?4",
        )?
        .execute(params![index, sealed, about.as_ref().map(AccountId::as_bytes), leased_until.millis()])?;
    Ok(answered > 0)
}

/// Whether nobody has taken the claim over or answered it.
///
/// # Errors
/// [`StoreFault::Superseded`] if somebody has.
pub(super) fn held(connection: &Connection, claim: &HeldClaim) -> Stored<()> {
    let mut statement = connection.prepare_cached(
        "SELECT 1 FROM idempotency WHERE hash = ?1 AND answer IS NULL AND leased_until = ?2",
    )?;
    let held = statement.exists(params![claim.index, claim.leased_until.millis()])?;
    if held { Ok(()) } else { Err(StoreFault::Superseded) }
}

/// An answered claim is not given up: its request did take effect. Nor is one that another has taken over since.
pub(super) fn release(connection: &Connection, claim: &HeldClaim) -> Stored<()> {
    connection
        .prepare_cached("DELETE FROM idempotency WHERE hash = ?1 AND answer IS NULL AND leased_until = ?2")?
        .execute(params![claim.index, claim.leased_until.millis()])?;
    Ok(())
}

/// Takes the place of an expired claim that was not swept yet, too.
fn take(connection: &Connection, claim: Claim) -> Stored<()> {
    let (expires_at, leased_until) = (claim.now + claim.keep, claim.now + claim.lease);
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO idempotency (hash, fingerprint, answer, expires_at, leased_until)
             VALUES (?1, ?2, NULL, ?3, ?4)",
        )?
        .execute(params![claim.index, claim.fingerprint, expires_at.millis(), leased_until.millis()])?;
    Ok(())
}
