//! How many durable updates a second the embedded store makes.
//!
//! `cargo run --release -p countersign-store --features contract --example durable_updates -- [callers] [updates]
//! [accounts] [folder]`
//!
//! Each caller makes one update after the other, each at another of its accounts: a charged guess and its settlement
//! as a success are two, the second with an audit event. The disk of `folder` decides the figure.
#![allow(clippy::print_stdout, reason = "a measurement is printed")]

use std::ops::Range;
use std::time::Instant;

use countersign_domain::attempt::{self, Begun, Guess};
use countersign_domain::secret::Kind;
use countersign_store::contract::sample;
use countersign_store::door::{Store, StoreFault, Stored};
use countersign_store::sqlite::{Options, SqliteStore};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let callers: u32 = arguments.next().map_or(Ok(64), |text| text.parse())?;
    let updates: u32 = arguments.next().map_or(Ok(100_000), |text| text.parse())?;
    let accounts: u32 = arguments.next().map_or(Ok(10_000), |text| text.parse())?;
    let folder = match arguments.next() {
        Some(parent) => tempfile::tempdir_in(parent)?,
        None => tempfile::tempdir()?,
    };
    let store = SqliteStore::open(folder.path().join("measured.db"), Options::default())?;
    let each = accounts.div_ceil(callers);
    all(callers, |caller| create(store.clone(), caller * each..(caller + 1) * each)).await?;
    let before = store.counts();
    #[allow(clippy::disallowed_methods, reason = "a measurement needs the machine's clock")]
    let start = Instant::now();
    let rounds = updates / callers / 2;
    all(callers, |caller| guess(store.clone(), caller * each..(caller + 1) * each, rounds)).await?;
    let took = start.elapsed();
    let after = store.counts();
    let (made, commits) = (after.transactions - before.transactions, after.commits - before.commits);
    println!("{made} updates at {accounts} accounts by {callers} callers in {took:.2?}, {commits} commits");
    println!(
        "{} durable updates a second, {} a commit",
        u128::from(made) * 1000 / took.as_millis().max(1),
        made / commits.max(1)
    );
    println!("commits of up to 1, 2, 4, … 1024 updates: {:?}", after.batch_sizes);
    Ok(())
}

/// Runs one task a caller, and waits for all.
async fn all<F>(callers: u32, task: impl Fn(u32) -> F) -> Result<(), Box<dyn std::error::Error>>
where
    F: Future<Output = Stored<()>> + Send + 'static,
{
    for task in (0..callers).map(|caller| tokio::spawn(task(caller))).collect::<Vec<_>>() {
        task.await??;
    }
    Ok(())
}

async fn create(store: SqliteStore, own: Range<u32>) -> Stored<()> {
    for n in own {
        store.create(sample::account(scattered(n)), Vec::new(), None).await?;
    }
    Ok(())
}

async fn guess(store: SqliteStore, own: Range<u32>, rounds: u32) -> Stored<()> {
    for (n, round) in own.cycle().zip(0..rounds) {
        let id = sample::id(scattered(n));
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
    }
    Ok(())
}

/// Real ids are random, so neighbours in time are no neighbours in the file.
const fn scattered(n: u32) -> u32 {
    n.wrapping_mul(2_654_435_761)
}
