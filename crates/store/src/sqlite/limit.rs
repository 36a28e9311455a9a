//! What may happen once, and what may happen so often in a span of time.

use countersign_domain::time::{Span, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use crate::door::{Index, StoreFault, Stored};

/// One statement, so it is one decision: the row is written exactly if it was not remembered.
pub(super) fn once(connection: &Connection, hash: Index, until: Timestamp, now: Timestamp) -> Stored<bool> {
    let written = connection
        .prepare_cached(
            "INSERT INTO once (hash, expires_at) VALUES (?1, ?2) ON CONFLICT (hash)
             DO UPDATE SET expires_at = ?2 WHERE expires_at <= ?3",
        )?
        .execute(params![hash, until.millis(), now.millis()])?;
    Ok(written > 0)
}

/// A rolling span, not a calendar one. Times in the future, after a clock went back, count: going back buys nothing.
pub(super) fn count(
    connection: &Connection,
    hash: Index,
    limit: u32,
    span: Span,
    now: Timestamp,
) -> Stored<Result<(), Timestamp>> {
    let mut counter = load(connection, "main", hash)?;
    let mut recent: Vec<i64> =
        counter.times.iter().copied().filter(|&at| within(at, span.millis(), now)).collect();
    recent.sort_unstable();
    if let Some(over) = recent.len().checked_sub(limit as usize) {
        // A limit of none never has room; asking again a whole span later is as good as any answer.
        let frees = recent.get(over).map_or(now, |&at| Timestamp::from_millis(at));
        return Ok(Err(frees + span));
    }
    // Whoever asks about a longer span under the same index must find the times that this one needs no more.
    counter.span = counter.span.max(span.millis());
    counter.times.retain(|&at| within(at, counter.span, now));
    counter.times.push(now.millis());
    save(connection, hash, &counter)?;
    Ok(Ok(()))
}

/// When something was counted, in milliseconds, and for how long that matters at most.
#[derive(Default)]
pub(super) struct Counter {
    span: i64,
    times: Vec<i64>,
}

impl Counter {
    /// Counts what either has counted. A time that both have so often is the same fact.
    pub(super) fn with(mut self, mut other: Self) -> Self {
        for time in &self.times {
            if let Some(place) = other.times.iter().position(|at| at == time) {
                other.times.swap_remove(place);
            }
        }
        self.times.append(&mut other.times);
        self.span = self.span.max(other.span);
        self
    }
}

fn within(at: i64, span: i64, now: Timestamp) -> bool {
    at.saturating_add(span) > now.millis()
}

pub(super) fn load(connection: &Connection, schema: &str, hash: Index) -> Stored<Counter> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT span, times FROM {schema}.counters WHERE hash = ?1"))?;
    let row: Option<(i64, Vec<u8>)> =
        statement.query_row([hash], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let Some((span, bytes)) = row else { return Ok(Counter::default()) };
    let (times, rest) = bytes.as_chunks::<8>();
    if !rest.is_empty() {
        return Err(StoreFault::Damaged("a counter's times are cut short".into()));
    }
    Ok(Counter { span, times: times.iter().map(|time| i64::from_be_bytes(*time)).collect() })
}

pub(super) fn save(connection: &Connection, hash: Index, counter: &Counter) -> Stored<()> {
    let times: Vec<u8> = counter.times.iter().flat_map(|time| time.to_be_bytes()).collect();
    let last = counter.times.iter().copied().max().unwrap_or_default();
    connection
        .prepare_cached(
            "INSERT INTO counters (hash, span, times, expires_at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (hash)
             DO UPDATE SET span = ?2, times = ?3, expires_at = ?4",
        )?
        .execute(params![hash, counter.span, times, last.saturating_add(counter.span)])?;
    Ok(())
}
