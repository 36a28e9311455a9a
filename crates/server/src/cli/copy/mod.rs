//! `countersign copy`: everything from one store to another, of either kind.

mod progress;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use countersign_store::copy::{self, Copied, CopyError, Place, hex};
use serde_json::json;

use crate::cli::output::{self, OutputFormat};
use crate::cli::{Done, Failure, parts, records, runtime};
use crate::config::{Config, Sources, StoreKind};
use progress::Progress;

const EXIT_CODES: &str = "\
Exit codes: 0 every row is in both, 1 failed or not the same, 2 wrong usage or configuration.
What was written stays, whatever happens then; run it again to go on. Only the two files say where the stores are: \
variables are not asked, because they would speak of both.";

/// Copy everything from one store to an empty one, in either direction between SQLite and PostgreSQL, as docs/copy.md
/// describes. Whatever writes into the first one must have been stopped, or be in read-only mode.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true, after_help = EXIT_CODES)]
pub(crate) struct CopyArgs {
    #[command(subcommand)]
    command: Option<CopyCommand>,
    #[command(flatten)]
    ends: Option<Ends>,
}

#[derive(Subcommand)]
enum CopyCommand {
    /// Compare what two stores hold, table by table. Writes nothing, and may run beside servers in read-only mode.
    #[command(after_help = EXIT_CODES)]
    Verify(Ends),
}

#[derive(Args)]
struct Ends {
    /// Configuration file (TOML) of the servers of the store that is copied.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Configuration file (TOML) for the servers of the store that it is copied to.
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// Form of the output.
    #[arg(long, value_enum, default_value_t)]
    output: OutputFormat,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Copy,
    Compare,
}

pub(crate) fn run(args: &CopyArgs) -> Done {
    match (&args.command, &args.ends) {
        (Some(CopyCommand::Verify(ends)), _) => work(What::Compare, ends),
        (None, Some(ends)) => work(What::Copy, ends),
        (None, None) => Err(Failure::Usage("--config and --to say what is copied, and where to".to_owned())),
    }
}

fn work(what: What, ends: &Ends) -> Done {
    let [source, target] = [load(&ends.config)?, load(&ends.to)?];
    let [from, to] = [place(&source)?, place(&target)?];
    if what == What::Copy {
        if target.store.kind == StoreKind::Sqlite {
            parts::create_private(&target.store.path)?;
        }
        warn(&from);
    }
    let progress = Progress::new(output::tells_a_person());
    let mut watcher = |reached| progress.reached(reached);
    let done = runtime()?.block_on(async {
        match what {
            What::Copy => copy::copy(&from, &to, &mut watcher).await,
            What::Compare => copy::compare(&from, &to, &mut watcher).await,
        }
    });
    progress.end();
    let copied = done.map_err(|error| failed(&error, ends))?;
    output::data(&told(what, &copied, ends.output))
}

/// Only the file is asked.
fn load(file: &std::path::Path) -> Result<Config, Failure> {
    let sources = Sources { file: Some(file.to_path_buf()), ..Sources::default() };
    let loaded = sources.load().map_err(|error| Failure::Usage(format!("{}: {error}", file.display())))?;
    Ok(loaded.config)
}

fn place(config: &Config) -> Result<Place, Failure> {
    match config.store.kind {
        StoreKind::Sqlite => Ok(Place::Sqlite(config.store.database())),
        StoreKind::Postgres => Ok(Place::Postgres(Box::new(records::shared(config)?))),
    }
}

/// The last process to close the database takes its log away.
fn warn(from: &Place) {
    let Place::Sqlite(path) = from else { return };
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    if PathBuf::from(log).exists() {
        output::tell(
            "another program may have the database open. Nobody can write into it until the copy is done; what is \
             written afterwards is not copied, so a server that runs must be in read-only mode",
        );
    }
}

fn failed(error: &CopyError, ends: &Ends) -> Failure {
    let (from, to) = (ends.config.display(), ends.to.display());
    Failure::Failed(format!("{error} (from {from} to {to})"))
}

fn told(what: What, Copied { tables, found }: &Copied, form: OutputFormat) -> String {
    let rows: u64 = tables.iter().map(|table| table.rows).sum();
    if form == OutputFormat::Json {
        let tables = tables
            .iter()
            .map(|table| json!({ "table": table.table, "rows": table.rows, "checksum": hex(&table.sum) }));
        let tables: Vec<_> = tables.collect();
        return match what {
            What::Copy => json!({ "rows": rows, "found": found, "tables": tables }),
            What::Compare => json!({ "rows": rows, "tables": tables }),
        }
        .to_string();
    }
    let lines =
        tables.iter().map(|table| vec![table.table.to_owned(), table.rows.to_string(), hex(&table.sum)]);
    let mut lines: Vec<Vec<String>> = lines.collect();
    lines.insert(0, ["table", "rows", "checksum"].map(str::to_owned).to_vec());
    let words = match what {
        What::Copy if *found > 0 => {
            format!("{rows} rows are in both; {found} were there from an earlier try")
        }
        What::Copy | What::Compare => format!("{rows} rows are in both"),
    };
    format!("{}{words}", output::columns(&lines, &[0, 2]))
}
