//! `countersign import`: accounts that another system kept, one JSON object a line.

mod lines;
mod manners;
mod progress;
mod work;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use serde_json::json;
use tokio::sync::Semaphore;

use crate::cli::output::{self, OutputFormat};
use crate::cli::{ConfigFile, Done, Failure, parts, runtime};
use crate::config::{Config, StoreKind};
use lines::Lines;
use manners::Manners;
use progress::Progress;
use work::{Mode, Tally};

const EXIT_CODES: &str = "\
Exit codes: 0 every account is there, 1 failed, 2 wrong usage or configuration, 3 done, but lines were left out.
What was stored stays, whatever happens then; run it again to go on: accounts that are there are left as they are.";

/// Import accounts, one JSON object a line, as docs/import.md describes. May run beside a running server.
#[derive(Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct ImportArgs {
    #[command(flatten)]
    place: ConfigFile,
    /// The file; `-` for standard input.
    #[arg(value_name = "FILE")]
    from: PathBuf,
    /// Read and judge every line, and store nothing.
    #[arg(long)]
    check: bool,
    /// What to do with an account of which another one has a name.
    #[arg(long, value_enum, default_value_t)]
    on_conflict: OnConflict,
    /// Form of the output.
    #[arg(long, value_enum, default_value_t)]
    output: OutputFormat,
}

#[derive(Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum OnConflict {
    /// Stop there.
    #[default]
    Fail,
    /// Leave it out, and go on.
    Skip,
}

pub(crate) fn run(args: &ImportArgs) -> Done {
    let config = args.place.sources().load()?.config;
    let tally = runtime()?.block_on(import(args, &config))?;
    output::data(&told(&tally, args))?;
    let left_out = tally.refused + tally.taken;
    if left_out == 0 { Ok(()) } else { Err(Failure::Partly(format!("{left_out} lines were left out"))) }
}

async fn import(args: &ImportArgs, config: &Config) -> Result<Tally, Failure> {
    let lines = Lines::open(&args.from)?;
    let manners = match config.store.kind {
        StoreKind::Sqlite => Manners::of(&config.store.database()),
        StoreKind::Postgres => Manners::of_shared(),
    };
    let (service, pool) = parts::importing_service(config).await?;
    let importer = service.importer(lines.total(), pool.ceiling).await;
    let importer = importer.map_err(|fault| Failure::failed(&fault))?;
    let work = work::Work {
        importer,
        mode: if args.check { Mode::Check } else { Mode::Store },
        stop_at_conflict: args.on_conflict == OnConflict::Fail,
        refuse_common: config.dialects.native.common_secrets.refused(),
        // As many as there are places for at once at the hash engine, and no more than keep every core at work.
        permits: Arc::new(Semaphore::new((pool.workers.get() + pool.queue).min(2 * pool.workers.get()))),
    };
    let progress = Progress::new(lines.total(), std::io::stderr().is_terminal());
    work.run(lines, manners, &progress).await
}

fn told(tally: &Tally, args: &ImportArgs) -> String {
    let Tally { lines, created, there, taken, refused } = tally;
    match args.output {
        OutputFormat::Json => json!({
            "lines": lines, "created": created, "there": there, "taken": taken, "refused": refused,
            "stored": !args.check,
        })
        .to_string(),
        OutputFormat::Table => {
            let new = if args.check { "accounts would be imported" } else { "accounts imported" };
            format!(
                "{created} {new}\n{there} accounts were there already\n\
                 {taken} accounts left out, because another one has a name of theirs\n\
                 {refused} lines refused, of {lines}"
            )
        }
    }
}
