//! How many guesses a second a store charges and settles, and how long that takes.
//!
//! `cargo run --release -p countersign-store --features contract --example durable_updates -- [callers] [updates]
//! [accounts] [folder | postgres] [writers]`
//!
//! Each caller makes one update after the other, each at another of its accounts: a charged guess and its settlement
//! as a success are a pair of two, the second with an audit event. The disk of `folder` decides the figure.
//! With `postgres`, a throwaway server is started and the store has so many `writers` (one connection each).
#![allow(clippy::print_stdout, reason = "a measurement is printed")]

use std::ops::Range;
use std::time::{Duration, Instant};

use countersign_domain::attempt::{self, Begun, Guess};
use countersign_domain::secret::{Kind, SecretText};
use countersign_store::AnyStore;
use countersign_store::contract::sample;
use countersign_store::door::{Store, StoreFault, Stored};
use countersign_store::{postgres, sqlite};
use countersign_throwaway::Server;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let callers: u32 = arguments.next().map_or(Ok(64), |text| text.parse())?;
    let updates: u32 = arguments.next().map_or(Ok(100_000), |text| text.parse())?;
    let accounts: u32 = arguments.next().map_or(Ok(10_000), |text| text.parse())?;
    let place = arguments.next().unwrap_or_else(|| std::env::temp_dir().display().to_string());
    let writers = arguments.next().map_or(Ok(core::num::NonZeroUsize::MIN), |text| text.parse())?;
    let folder =
        tempfile::tempdir_in(if place == "postgres" { std::env::temp_dir() } else { (&place).into() })?;
    let store = if place == "postgres" {
        let url = SecretText::new(Server::shared().database());
        let options = postgres::Options { writers, ..postgres::Options::new(url, [1; 6]) };
        AnyStore::Postgres(postgres::PostgresStore::open(options).await?)
    } else {
        let path = folder.path().join("measured.db");
        AnyStore::Sqlite(sqlite::SqliteStore::open(path, sqlite::Options::default())?)
    };
    let each = accounts.div_ceil(callers);
    all(callers, |caller| create(store.clone(), caller * each..(caller + 1) * each)).await?;
    let before = store.counts();
    let start = now();
    let rounds = updates / callers / 2;
    let mut pairs =
        all(callers, |caller| guess(store.clone(), caller * each..(caller + 1) * each, rounds)).await?;
    let took = start.elapsed();
    let after = store.counts();
    let (made, commits) = (after.transactions - before.transactions, after.commits - before.commits);
    pairs.sort_unstable();
    let share = |percent: usize| pairs[(pairs.len() - 1) * percent / 100];
    println!("{made} updates at {accounts} accounts by {callers} callers in {took:.2?}, {commits} commits");
    println!(
        "{} pairs of charge and settlement a second, {} updates a commit; a pair took {:.2?} at the median, {:.2?} at \
         the 99th percentile, {:.2?} at most",
        pairs.len() as u128 * 1_000_000 / took.as_micros().max(1),
        made / commits.max(1),
        share(50),
        share(99),
        share(100),
    );
    println!("commits of up to 1, 2, 4, … 1024 updates: {:?}", after.batch_sizes);
    Ok(())
}

#[allow(clippy::disallowed_methods, reason = "a measurement needs the machine's clock")]
fn now() -> Instant {
    Instant::now()
}

/// Runs one task a caller, waits for all, and gives what all of them gave.
async fn all<F>(callers: u32, task: impl Fn(u32) -> F) -> Result<Vec<Duration>, Box<dyn std::error::Error>>
where
    F: Future<Output = Stored<Vec<Duration>>> + Send + 'static,
{
    let mut given = Vec::new();
    for task in (0..callers).map(|caller| tokio::spawn(task(caller))).collect::<Vec<_>>() {
        given.append(&mut task.await??);
    }
    Ok(given)
}

async fn create(store: AnyStore, own: Range<u32>) -> Stored<Vec<Duration>> {
    for n in own {
        let _at_work = store.at_work();
        store.create(sample::account(scattered(n)), Vec::new(), None).await?;
    }
    Ok(Vec::new())
}

/// Gives how long each pair took.
async fn guess(store: AnyStore, own: Range<u32>, rounds: u32) -> Stored<Vec<Duration>> {
    let mut pairs = Vec::with_capacity(rounds as usize);
    for (n, round) in own.cycle().zip(0..rounds) {
        let (id, start, _at_work) = (sample::id(scattered(n)), now(), store.at_work());
        let begun = store.update(id, move |draft| {
            sample::with_scene(i64::from(round), |scene| {
                attempt::begin(&mut draft.account, Guess::at(Kind::Payment), scene)
            })
        });
        let Some(Begun::Compare(ticket, _)) = begun.await? else { return Err(StoreFault::Closed) };
        let settled = store.update(id, move |draft| {
            sample::with_scene(i64::from(round), |scene| {
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
