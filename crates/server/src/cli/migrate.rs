//! `countersign migrate`: how the database's schema stands, and what brings it up to date.

use clap::{Args, Subcommand};
use countersign_store::postgres::migration::{self, Change};
use countersign_store::sqlite;
use serde_json::json;

use crate::cli::output::{self, OutputFormat};
use crate::cli::{ConfigFile, Done, Failure, records, runtime};
use crate::config::{Config, StoreKind};

/// Create the database, or bring its schema up to date. `migrate` alone is `migrate up`.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct MigrateArgs {
    #[command(subcommand)]
    command: Option<MigrateCommand>,
    #[command(flatten)]
    up: UpArgs,
}

#[derive(Subcommand)]
enum MigrateCommand {
    /// Say which steps are missing, and whether servers of the version before may run beside this one. Changes nothing.
    Status(StatusArgs),
    /// Take the missing steps. Those of an embedded database are taken while no server has it open; those of PostgreSQL that
    /// only expand, while servers of the version before run.
    Up(UpArgs),
}

#[derive(Args)]
struct StatusArgs {
    #[command(flatten)]
    file: ConfigFile,
    /// Form of the output.
    #[arg(long, value_enum, default_value_t)]
    output: OutputFormat,
}

#[derive(Args)]
struct UpArgs {
    #[command(flatten)]
    file: ConfigFile,
    /// Also take the steps that servers of the version before cannot live with. Stop the last of them first.
    #[arg(long)]
    contract: bool,
    /// Form of the output.
    #[arg(long, value_enum, default_value_t)]
    output: OutputFormat,
}

pub(crate) fn run(args: &MigrateArgs) -> Done {
    match &args.command {
        Some(MigrateCommand::Status(args)) => status(args),
        Some(MigrateCommand::Up(args)) => up(args),
        None => up(&args.up),
    }
}

fn status(args: &StatusArgs) -> Done {
    let config = args.file.sources().load()?.config;
    let standing = match config.store.kind {
        StoreKind::Sqlite => Standing::of_file(&config)?,
        StoreKind::Postgres => {
            let options = records::shared(&config)?;
            let standing = runtime()?.block_on(migration::standing(&options));
            Standing::of_shared(standing.map_err(|error| Failure::failed(&error))?)
        }
    };
    output::data(&standing.told(args.output))?;
    standing.known_here()
}

fn up(args: &UpArgs) -> Done {
    let config = args.file.sources().load()?.config;
    let standing = match config.store.kind {
        StoreKind::Sqlite => {
            let store = records::embedded(&config, sqlite::Options::default())?;
            if args.output == OutputFormat::Table {
                let version = env!("CARGO_PKG_VERSION");
                return output::data(&format!(
                    "{}: up to date for version {version}",
                    store.path().display()
                ));
            }
            drop(store);
            Standing::of_file(&config)?
        }
        StoreKind::Postgres => {
            let options = records::shared(&config)?;
            let standing = runtime()?.block_on(migration::up(&options, args.contract));
            Standing::of_shared(standing.map_err(|error| Failure::failed(&error))?)
        }
    };
    output::data(&standing.told(args.output))?;
    standing.known_here()
}

/// How a database stands to this program.
struct Standing {
    store: &'static str,
    /// How many steps it has taken.
    version: i64,
    /// How many this program knows.
    known: i64,
    /// How many a server must know to use it.
    oldest: i64,
    missing: Vec<(i64, Step)>,
}

/// What a missing step asks of the servers that run.
#[derive(Clone, Copy)]
enum Step {
    /// None may have the database open.
    Alone,
    /// Those of the version before go on.
    Expands,
    /// Those of the version before cannot go on.
    Contracts,
}

impl Standing {
    fn of_file(config: &Config) -> Result<Self, Failure> {
        let path = config.store.database();
        let version = sqlite::version_of_file(&path);
        let (version, known) =
            version.map_err(|error| Failure::Failed(format!("{}: {error}", path.display())))?;
        let missing = (version..known).map(|version| (version + 1, Step::Alone)).collect();
        Ok(Self { store: "sqlite", version, known, oldest: version, missing })
    }

    fn of_shared(standing: migration::Standing) -> Self {
        let migration::Standing { version, oldest, known, next: _ } = standing;
        let step = |(version, change)| match change {
            Change::Expands => (version, Step::Expands),
            // Nobody uses an empty database yet.
            Change::Contracts if version == 1 => (version, Step::Expands),
            Change::Contracts => (version, Step::Contracts),
        };
        Self {
            store: "postgres",
            version,
            known,
            oldest,
            missing: migration::missing(version).map(step).collect(),
        }
    }

    fn told(&self, form: OutputFormat) -> String {
        let Self { store, version, known, oldest, missing } = self;
        if form == OutputFormat::Json {
            let pending = missing.iter().map(|(version, step)| {
                json!({
                    "version": version, "change": step.word(),
                    "older_servers_may_run": matches!(step, Step::Expands),
                })
            });
            let pending: Vec<_> = pending.collect();
            return json!({
                "store": store, "version": version, "known": known, "oldest": oldest, "pending": pending,
                "usable": oldest <= known,
            })
            .to_string();
        }
        let mut lines = vec![
            format!("{store}: schema version {version}; this program knows {known}"),
            format!("servers that know version {oldest} or a later one can use it"),
        ];
        lines.extend(
            missing.iter().map(|(version, step)| format!("pending: step {version} {}", step.words())),
        );
        if missing.is_empty() {
            lines.push("nothing is pending".to_owned());
        }
        lines.join("\n")
    }

    fn known_here(&self) -> Done {
        if self.oldest <= self.known {
            return Ok(());
        }
        Err(Failure::Failed(
            "a newer version of the server made this database: use a newer program".to_owned(),
        ))
    }
}

impl Step {
    const fn word(self) -> &'static str {
        match self {
            Self::Alone => "alone",
            Self::Expands => "expands",
            Self::Contracts => "contracts",
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Alone => "is taken while no server has the database open (`countersign migrate up`)",
            Self::Expands => {
                "expands: servers of the version before may run meanwhile (`countersign migrate up`)"
            }
            Self::Contracts => {
                "contracts: only when the last server of the version before has ended \
                 (`countersign migrate up --contract`)"
            }
        }
    }
}
