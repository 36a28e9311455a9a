//! How many durable updates a second the embedded store makes.
//!
//! `cargo run --release -p countersign-store --features contract --example durable_updates [callers] [updates] [folder]`
//!
//! Each caller makes one update after the other: a charged guess and its settlement as a success are two, the second
//! with an audit event. Budgets are large enough never to be used up. The disk of `folder` decides the figure.
#![allow(clippy::print_stdout, reason = "a measurement is printed")]

use std::time::Instant;

use countersign_domain::attempt::{self, Begun};
use countersign_domain::policy::{GuessPolicy, Policy};
use countersign_domain::secret::Kind;
use countersign_store::contract::sample;
use countersign_store::door::Store;
use countersign_store::sqlite::{Options, SqliteStore};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let callers: u32 = arguments.next().map_or(Ok(64), |text| text.parse())?;
    let updates: u32 = arguments.next().map_or(Ok(100_000), |text| text.parse())?;
    let folder = match arguments.next() {
        Some(parent) => tempfile::tempdir_in(parent)?,
        None => tempfile::tempdir()?,
    };
    let store = SqliteStore::open(folder.path().join("measured.db"), Options::default())?;
    for n in 0..callers {
        store.create(sample::account(n), Vec::new()).await?;
    }
    let before = store.counts();
    #[allow(clippy::disallowed_methods, reason = "a measurement needs the machine's clock")]
    let start = Instant::now();
    let tasks: Vec<_> =
        (0..callers).map(|n| tokio::spawn(guesses(store.clone(), n, updates / callers / 2))).collect();
    for task in tasks {
        task.await?;
    }
    let took = start.elapsed();
    let after = store.counts();
    let (made, commits) = (after.transactions - before.transactions, after.commits - before.commits);
    println!("{made} updates by {callers} callers in {took:.2?}, {commits} commits");
    println!(
        "{} durable updates a second, {} a commit",
        u128::from(made) * 1000 / took.as_millis().max(1),
        made / commits.max(1)
    );
    println!("commits of up to 1, 2, 4, … 1024 updates: {:?}", after.batch_sizes);
    Ok(())
}

async fn guesses(store: SqliteStore, n: u32, rounds: u32) {
    let wide = GuessPolicy { burst: u32::MAX, day: u32::MAX, lifetime: u32::MAX, ..GuessPolicy::default() };
    for round in 0..rounds {
        let policy = Policy { guesses: wide, ..Policy::default() };
        let (charging, settling) = (policy.clone(), policy);
        let begun = store
            .update(sample::id(n), move |draft| {
                sample::with_scene_under(&charging, i64::from(round), |scene| {
                    attempt::begin(&mut draft.account, Kind::Payment, scene)
                })
            })
            .await;
        let Ok(Some(Begun::Compare(ticket, _))) = begun else { return };
        let settled = store
            .update(sample::id(n), move |draft| {
                sample::with_scene_under(&settling, i64::from(round), |scene| {
                    attempt::succeed(&mut draft.account, ticket, attempt::Purpose::Verify(None), scene)
                })
            })
            .await;
        if settled.is_err() {
            return;
        }
    }
}
