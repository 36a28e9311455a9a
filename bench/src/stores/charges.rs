//! How many guesses a second a store charges and settles, and how long that takes.
//!
//! Each caller makes one pair after the other, each at another of its accounts: a charged guess, and its settlement as a
//! success with an audit event. Each of the two is a durable update.

use core::ops::Range;
use std::time::{Duration, Instant};

use countersign_domain::attempt::{self, Begun, Guess};
use countersign_domain::secret::Kind;
use countersign_store::contract::sample;
use countersign_store::door::{Store, StoreFault, Stored};

use crate::Outcome;
use crate::load::exact;

/// Accounts that are guessed at.
const ACCOUNTS: u32 = 10_000;

/// What one run came to.
pub(super) struct Charged {
    /// Pairs a second.
    pub(super) pairs: f64,
    /// The 99th percentile of one pair, in milliseconds.
    pub(super) p99_ms: f64,
    /// Updates in one commit, on average.
    pub(super) together: f64,
}

/// Makes the accounts.
pub(super) async fn prepare(store: &impl Store, callers: u32) -> Outcome<()> {
    let create = |store, own: Range<u32>| async move {
        for n in own {
            create_one(&store, n).await?;
        }
        Ok(Vec::new())
    };
    all(store, callers, create).await.map(drop)
}

async fn create_one(store: &impl Store, n: u32) -> Stored<()> {
    let _at_work = store.at_work();
    store.create(sample::account(scattered(n)), Vec::new(), None).await.map(drop)
}

/// So many callers make so many pairs in all. `moment` is later in each run, so that no budget is used up.
pub(super) async fn run(store: &impl Store, callers: u32, pairs: u32, moment: i64) -> Outcome<Charged> {
    let (before, begun) = (store.counts(), now());
    let guess = |store, own| guess(store, own, pairs / callers, moment);
    let mut took = all(store, callers, guess).await?;
    let seconds = begun.elapsed().as_secs_f64();
    let after = store.counts();
    took.sort_unstable();
    let p99 = took.get(took.len() * 99 / 100).copied().unwrap_or_default();
    let commits = (after.commits - before.commits).max(1);
    Ok(Charged {
        pairs: exact(took.len() as u64) / seconds,
        p99_ms: p99.as_secs_f64() * 1000.0,
        together: exact(after.transactions - before.transactions) / exact(commits),
    })
}

#[allow(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn now() -> Instant {
    Instant::now()
}

/// Runs one task a caller, each with accounts of its own, and gives what all of them gave.
async fn all<S, F>(store: &S, callers: u32, task: impl Fn(S, Range<u32>) -> F) -> Outcome<Vec<Duration>>
where
    S: Store,
    F: Future<Output = Stored<Vec<Duration>>> + Send + 'static,
{
    let each = ACCOUNTS.div_ceil(callers);
    let tasks =
        (0..callers).map(|caller| tokio::spawn(task(store.clone(), caller * each..(caller + 1) * each)));
    let mut given = Vec::new();
    for task in tasks.collect::<Vec<_>>() {
        let done = task.await.map_err(|error| error.to_string())?;
        given.append(&mut done.map_err(|fault| fault.to_string())?);
    }
    Ok(given)
}

/// Gives how long each pair took.
async fn guess<S: Store>(store: S, own: Range<u32>, rounds: u32, moment: i64) -> Stored<Vec<Duration>> {
    let mut pairs = Vec::with_capacity(rounds as usize);
    for (n, round) in own.cycle().zip(0..rounds) {
        let (id, start, _at_work) = (sample::id(scattered(n)), now(), store.at_work());
        let at = moment + i64::from(round);
        let begun = store.update(id, move |draft| {
            sample::with_scene(at, |scene| {
                attempt::begin(&mut draft.account, Guess::at(Kind::Payment), scene)
            })
        });
        let Some(Begun::Compare(ticket, _)) = begun.await? else { return Err(StoreFault::Closed) };
        let settled = store.update(id, move |draft| {
            sample::with_scene(at, |scene| {
                attempt::succeed(&mut draft.account, ticket, attempt::Purpose::Verify(None), scene)
            })
        });
        settled.await?;
        pairs.push(start.elapsed());
    }
    Ok(pairs)
}

/// Real ids are random, so neighbours in time are no neighbours in the file.
const fn scattered(n: u32) -> u32 {
    n.wrapping_mul(2_654_435_761)
}
