//! Guesses at what no account holds, and over many accounts.
//!
//! A decision runs once. Where its transaction was rolled back because of others, what it made is written again if the row is
//! still what it was decided about.

use countersign_domain::ledger::Ledger;
use countersign_domain::time::Timestamp;

use super::connection::Connection;
use super::shard;
use super::trouble::{Trouble, caught};
use crate::door::{Index, StoreFault};
use crate::record::{self, Watched};
use crate::unknown;

/// What a decision about one row came to.
pub(super) struct Decided<R> {
    before: Vec<u8>,
    after: Option<Vec<u8>>,
    outcome: R,
}

/// A decision that is still to be taken, or what it came to.
pub(super) enum Decision<F, R> {
    /// It was not taken yet.
    Open(F),
    /// It was taken, and is to be written.
    Taken(Decided<R>),
    /// It is over.
    Over,
}

impl<F, R> Decision<F, R> {
    /// Takes the decision about `before`, unless it was taken: then it must have been about the same.
    fn take(
        &mut self,
        before: &[u8],
        decide: impl FnOnce(F, &[u8]) -> Result<(Option<Vec<u8>>, R), StoreFault>,
    ) -> Result<&Decided<R>, StoreFault> {
        *self = match core::mem::replace(self, Self::Over) {
            Self::Open(function) => {
                let (after, outcome) = decide(function, before)?;
                Self::Taken(Decided { before: before.to_vec(), after, outcome })
            }
            taken => taken,
        };
        match self {
            Self::Taken(decided) if decided.before == before => Ok(decided),
            _ => Err(StoreFault::Unavailable("it was changed by others while it was decided about".into())),
        }
    }

    fn outcome(&mut self) -> Result<R, StoreFault> {
        match core::mem::replace(self, Self::Over) {
            Self::Taken(decided) => Ok(decided.outcome),
            Self::Open(_) | Self::Over => Err(StoreFault::Backend("nothing was decided".into())),
        }
    }
}

/// Whose ledger, and until when it is kept.
#[derive(Clone, Copy)]
pub(super) struct Kept<'a> {
    pub(super) hash: &'a Index,
    pub(super) until: Timestamp,
    pub(super) now: Timestamp,
}

pub(super) async fn at_nobody<R, F>(
    connection: &Connection,
    kept: Kept<'_>,
    decision: &mut Decision<F, R>,
) -> Result<R, Trouble>
where
    F: FnOnce(&mut Ledger) -> R,
{
    let done = at_nobody_within(connection, kept, decision).await;
    if !matches!(done, Ok(true)) {
        connection.undo().await;
    }
    done.and_then(|_| Ok(decision.outcome()?))
}

/// Whether anything was written.
async fn at_nobody_within<R, F>(
    connection: &Connection,
    Kept { hash, until, now }: Kept<'_>,
    decision: &mut Decision<F, R>,
) -> Result<bool, Trouble>
where
    F: FnOnce(&mut Ledger) -> R,
{
    let (slot, key) = (i64::from(unknown::slot(hash)), &hash[..]);
    let fresh = record::encode_ledger(&Ledger::default())?;
    // A row that is not there cannot be locked.
    let made = "INSERT INTO unknown_names (slot, hash, ledger, expires_at, shard) VALUES ($1, $2, $3, 0, $4)
                ON CONFLICT (slot) DO NOTHING";
    // With it the ledger, if there is one, that a name without one begins with.
    let locked = "SELECT hash, ledger, expires_at,
                  (SELECT b.ledger FROM unknown_names AS b WHERE b.slot = $2 AND b.expires_at > $3)
                  FROM unknown_names WHERE slot = $1 FOR UPDATE";
    let rows = connection
        .begin_with(&[
            (made, &[&slot, &key, &fresh, &shard::of(hash)]),
            (locked, &[&slot, &unknown::BEGINNING, &now.millis()]),
        ])
        .await?;
    let row = rows.get(1).and_then(|rows| rows.first());
    let row = row.ok_or_else(|| Trouble::Conflict("a ledger was swept while it was written".into()))?;
    let is_own = row.get::<_, &[u8]>(0) == key && row.get::<_, i64>(2) > now.millis();
    let before: Vec<u8> = if is_own { row.get(1) } else { row.get::<_, Option<_>>(3).unwrap_or(fresh) };
    let decided = decision.take(&before, |decide, bytes| {
        let mut ledger = record::decode_ledger(bytes)?;
        let unchanged = ledger.clone();
        let outcome = caught(|| decide(&mut ledger))?;
        let after = (ledger != unchanged).then(|| record::encode_ledger(&ledger)).transpose()?;
        Ok((after, outcome))
    })?;
    let Some(after) = &decided.after else { return Ok(false) };
    let written =
        "UPDATE unknown_names SET hash = $2, ledger = $3, expires_at = $4, shard = $5 WHERE slot = $1";
    connection
        .commit_with(&[(written, &[&slot, &key, after, &until.millis(), &shard::of(hash)])])
        .await
        .map(|()| true)
}

/// A watch, or what codes cost.
pub(super) async fn watch<K, R, F>(
    connection: &Connection,
    kept: Kept<'_>,
    decision: &mut Decision<F, R>,
) -> Result<R, Trouble>
where
    K: Watched,
    F: FnOnce(&mut K) -> R,
{
    let done = watch_within(connection, kept, decision).await;
    if !matches!(done, Ok(true)) {
        connection.undo().await;
    }
    done.and_then(|_| Ok(decision.outcome()?))
}

async fn watch_within<K, R, F>(
    connection: &Connection,
    Kept { hash, until, now }: Kept<'_>,
    decision: &mut Decision<F, R>,
) -> Result<bool, Trouble>
where
    K: Watched,
    F: FnOnce(&mut K) -> R,
{
    let key = &hash[..];
    let made = "INSERT INTO watches (hash, watch, expires_at, shard) VALUES ($1, $2, 0, $3)
                ON CONFLICT (hash) DO NOTHING";
    let locked = "SELECT watch FROM watches WHERE hash = $1 FOR UPDATE";
    let fresh = K::begin(now).encode()?;
    let rows = connection.begin_with(&[(made, &[&key, &fresh, &shard::of(hash)]), (locked, &[&key])]).await?;
    let row = rows.get(1).and_then(|rows| rows.first());
    let row = row.ok_or_else(|| Trouble::Conflict("a watch was swept while it was written".into()))?;
    let decided = decision.take(row.get(0), |decide, bytes| {
        let mut watch = K::decode(bytes)?;
        let unchanged = watch.clone();
        let outcome = caught(|| decide(&mut watch))?;
        let after = (watch != unchanged).then(|| watch.encode()).transpose()?;
        Ok((after, outcome))
    })?;
    let Some(after) = &decided.after else { return Ok(false) };
    let written = "UPDATE watches SET watch = $2, expires_at = $3 WHERE hash = $1";
    connection.commit_with(&[(written, &[&key, after, &until.millis()])]).await.map(|()| true)
}
