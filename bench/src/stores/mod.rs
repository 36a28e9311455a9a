//! `cargo xtask bench stores`: the embedded store and PostgreSQL, side by side in one run, and a page of it.

mod charges;
mod page;

use std::path::PathBuf;

use countersign_domain::secret::SecretText;
use countersign_store::AnyStore;
use countersign_store::postgres::{self, PostgresStore};
use countersign_store::sqlite::{self, SqliteStore};
use countersign_throwaway::Server as Postgres;
use tempfile::TempDir;

use crate::Outcome;
use crate::figures::Figures;
use crate::load::Pace;
use crate::report::Machine;
use crate::scenes::{Answered, CONNECTIONS, Effort, run};
use crate::server::Server;

/// The word on the command line.
pub(crate) const WORD: &str = "stores";

/// Callers of the charges.
const CALLERS: u32 = 64;

/// One store, as it is told of.
struct Candidate {
    name: &'static str,
    store: AnyStore,
    pairs: Figures,
    p99_ms: Figures,
    together: Figures,
    _folder: Option<TempDir>,
}

/// Everything that was measured.
struct Measured {
    machine: Machine,
    effort: Effort,
    charges: Vec<Candidate>,
    /// Embedded first.
    verifies: Vec<Answered>,
}

/// Measures both stores and writes `stores.md` into a folder.
///
/// # Errors
/// A server cannot be started, or the folder cannot be written to.
pub(crate) fn measure(out: &PathBuf, effort: Effort) -> Outcome<()> {
    let machine = Machine::now()?;
    let postgres = Postgres::start()?;
    eprintln!("[1 of 2] charges and settlements, {CALLERS} callers");
    let runtime = tokio::runtime::Runtime::new().map_err(|error| error.to_string())?;
    let charges = runtime.block_on(charge(&postgres, effort))?;
    eprintln!("[2 of 2] verify at {CONNECTIONS} connections");
    let verifies = verify(&postgres, effort)?;
    let page = page::page(&Measured { machine, effort, charges, verifies });
    let path = out.join("stores.md");
    std::fs::create_dir_all(out)
        .and_then(|()| std::fs::write(&path, &page))
        .map_err(|error| format!("{}: {error}", path.display()))?;
    eprintln!("written to {}", path.display());
    print!("{page}");
    Ok(())
}

async fn charge(postgres: &Postgres, effort: Effort) -> Outcome<Vec<Candidate>> {
    let mut candidates = vec![embedded()?];
    for (name, writers) in
        [("PostgreSQL, 1 writer", 1), ("PostgreSQL, 2 writers", 2), ("PostgreSQL, 4 writers", 4)]
    {
        candidates.push(remote(name, postgres, writers).await?);
    }
    for candidate in &candidates {
        charges::prepare(&candidate.store, CALLERS).await?;
    }
    let pairs = u32::try_from(effort.seconds).unwrap_or(1) * 8_000;
    for round in 1..=effort.rounds {
        eprintln!(" round {round} of {}", effort.rounds);
        for candidate in &mut candidates {
            let moment = i64::try_from(round).unwrap_or_default() * 1_000_000;
            let charged = charges::run(&candidate.store, CALLERS, pairs, moment).await?;
            eprintln!("  {}: {:.0} pairs a second", candidate.name, charged.pairs);
            candidate.pairs.push(charged.pairs);
            candidate.p99_ms.push(charged.p99_ms);
            candidate.together.push(charged.together);
        }
    }
    Ok(candidates)
}

fn embedded() -> Outcome<Candidate> {
    let folder = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
    let store = SqliteStore::open(folder.path().join("measured.db"), sqlite::Options::default());
    let store = AnyStore::Sqlite(store.map_err(|error| error.to_string())?);
    Ok(Candidate::of("embedded", store, Some(folder)))
}

async fn remote(name: &'static str, postgres: &Postgres, writers: usize) -> Outcome<Candidate> {
    let url = SecretText::new(postgres.database());
    let mut options = postgres::Options::new(url, [1; 6]);
    options.writers = writers.try_into().map_err(|_| "there is at least one writer".to_owned())?;
    let store = PostgresStore::open(options).await.map_err(|error| error.to_string())?;
    Ok(Candidate::of(name, AnyStore::Postgres(store), None))
}

impl Candidate {
    fn of(name: &'static str, store: AnyStore, folder: Option<TempDir>) -> Self {
        let figures = Figures::default;
        Self { name, store, pairs: figures(), p99_ms: figures(), together: figures(), _folder: folder }
    }
}

fn verify(postgres: &Postgres, effort: Effort) -> Outcome<Vec<Answered>> {
    let url = postgres.database();
    let on_postgres = [("COUNTERSIGN_STORE__KIND", "postgres"), ("COUNTERSIGN_STORE__POSTGRES__URL", &url)];
    let servers = [("embedded", Server::start()?), ("PostgreSQL", Server::start_with(&on_postgres)?)];
    let mut verifies: Vec<Answered> = servers.iter().map(|(name, _)| Answered::of(name)).collect();
    for (_, server) in &servers {
        server.system.verify(CONNECTIONS, Pace::Closed, 1).run()?;
        server.system.process.calm();
    }
    for round in 1..=effort.rounds {
        eprintln!(" round {round} of {}", effort.rounds);
        for ((name, server), answered) in servers.iter().zip(&mut verifies) {
            let load = server.system.verify(CONNECTIONS, Pace::Closed, effort.seconds);
            answered.add(&run(name, &load, &server.system.process)?);
            server.system.process.calm();
        }
    }
    Ok(verifies)
}
