//! `countersign backup`: copies of the database, and what comes back from them.

use std::io::{IsTerminal, stderr};
use std::path::PathBuf;

use clap::{Args, Subcommand};
use countersign_crypto::entropy::{Draw, OsEntropy};
use countersign_crypto::seal::{DataKeyId, Keyring, MasterKey, WrappedDataKey, WrappedRoot};
use countersign_domain::account::Scene;
use countersign_domain::event::{Actor, Origin};
use countersign_domain::secret::SecretText;
use countersign_domain::time::Timestamp;
use countersign_service::Clock;
use countersign_store::door::WrappedKey;
use countersign_store::sqlite::backup::{self, Contents, Progress, Stage};
use countersign_store::sqlite::restore::{self, Request, Restored};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use crate::cli::dev_clock::KeptClock;
use crate::cli::output::{self, OutputFormat};
use crate::cli::{ConfigFile, Done, Failure, parts};
use crate::clock::SystemClock;
use crate::config::{Config, Sources, StoreKind};

/// Copy the database, check a copy, or restore one. A restore gives no guess back, and revives nothing that was used up.
#[derive(Args)]
pub(crate) struct BackupArgs {
    #[command(subcommand)]
    command: BackupCommand,
}

/// What is told where the records are not in a file of ours.
const NOT_EMBEDDED: &str = "`countersign backup` copies the embedded database, and store.kind is \"postgres\": back PostgreSQL up \
     by its own means, a base backup (pg_basebackup, pgBackRest) and the archive of its write-ahead log. Restored to \
     a moment in the past it gives back guesses made since: see docs/backup.md, section PostgreSQL";

#[derive(Subcommand)]
enum BackupCommand {
    /// Copy the database as it is now. May run beside a running server. Useless without the master key, which is not in
    /// it: keep the two apart.
    Create(CreateArgs),
    /// Read every record of a backup. With the master key at hand, also try whether it opens the keys.
    Verify(VerifyArgs),
    /// Put a backup in the database's place, with the stricter of both budgets for every account. The server must not
    /// run.
    Restore(RestoreArgs),
}

#[derive(Args)]
struct CreateArgs {
    #[command(flatten)]
    place: Place,
    /// Where to; a file that is there is not replaced.
    #[arg(long, value_name = "PATH")]
    to: PathBuf,
    /// Form of the output.
    #[arg(long, value_enum, default_value_t)]
    output: OutputFormat,
}

#[derive(Args)]
struct VerifyArgs {
    #[command(flatten)]
    place: Place,
    /// The backup.
    path: PathBuf,
    /// Form of the output.
    #[arg(long, value_enum, default_value_t)]
    output: OutputFormat,
}

#[derive(Args)]
struct RestoreArgs {
    #[command(flatten)]
    place: Place,
    /// The backup.
    #[arg(long, value_name = "PATH")]
    from: PathBuf,
    /// Go on although there is no database that can tell what happened since the backup. Every budget is then left a
    /// single guess, and codes and sessions end.
    #[arg(long)]
    without_present: bool,
    /// Go on although the clock shows an earlier time than the backup's newest event.
    #[arg(long)]
    clock_behind: bool,
    /// Form of the output.
    #[arg(long, value_enum, default_value_t)]
    output: OutputFormat,
}

/// Which database is meant.
#[derive(Args)]
struct Place {
    #[command(flatten)]
    file: ConfigFile,
    /// Directory of a `dev` server's data, with the master key in it.
    #[arg(long, value_name = "DIR", conflicts_with = "config")]
    data: Option<PathBuf>,
}

pub(crate) fn run(args: &BackupArgs) -> Done {
    match &args.command {
        BackupCommand::Create(args) => create(args),
        BackupCommand::Verify(args) => verify(args),
        BackupCommand::Restore(args) => restore(args),
    }
}

fn create(args: &CreateArgs) -> Done {
    let database = args.place.load()?.store.database();
    if !database.exists() {
        return Err(Failure::Failed(format!(
            "there is no database at {}; see store.path",
            database.display()
        )));
    }
    let bar = Bar::new();
    let made = backup::create(&database, &args.to, &mut |progress| bar.show(progress));
    bar.end();
    let contents = made.map_err(|error| Failure::failed(&error))?;
    output::data(&told(&args.to.display().to_string(), &contents, None, args.output))
}

fn verify(args: &VerifyArgs) -> Done {
    let master = args.place.master_key(&args.place.load()?)?;
    let bar = Bar::new();
    let read = backup::verify(&args.path, &mut |progress| bar.show(progress));
    bar.end();
    let path = args.path.display();
    let contents = read.map_err(|error| Failure::Failed(format!("{path}: {error}")))?;
    match &master {
        Some(master) => {
            open(master, &contents.keys).map_err(|error| Failure::Failed(format!("{path}: {error}")))?;
        }
        None => output::tell("no master key is at hand, so it was not tried whether it opens the keys"),
    }
    output::data(&told(&path.to_string(), &contents, Some(master.is_some()), args.output))
}

fn restore(args: &RestoreArgs) -> Done {
    let config = args.place.load()?;
    let master = args.place.master_key(&config)?;
    let (settings, origin) = (config.service_settings(false), origin());
    let now = args.place.now(&config)?;
    let scene = Scene { now, policy: &settings.policy, origin: &origin };
    let database = config.store.database();
    if args.without_present {
        parts::create_private(&config.store.path)?;
    }
    let request = Request {
        backup: &args.from,
        database: &database,
        without_present: args.without_present,
        clock_behind: args.clock_behind,
        drawn: u64::from_be_bytes(OsEntropy.array()),
    };
    let keys_open = |keys: &[WrappedKey]| {
        master.as_ref().map_or(Ok(()), |master| open(master, keys).map_err(|e| e.to_string()))
    };
    let bar = Bar::new();
    let restored = restore::restore(request, &scene, &keys_open, &mut |progress| bar.show(progress));
    bar.end();
    let restored = restored.map_err(|error| Failure::failed(&error))?;
    if master.is_none() {
        output::tell("no master key is at hand, so it was not tried whether it opens the keys");
    }
    if let Some(newest) = restored.behind.and_then(|at| jiff::Timestamp::from_millisecond(at.millis()).ok()) {
        output::tell(&format!(
            "the clock is behind: the backup's newest event is of {newest}. Until then locks and holds last longer than they \
             should, and events sort before older ones"
        ));
    }
    output::data(&done(&restored, args.output))
}

impl Place {
    fn load(&self) -> Result<Config, Failure> {
        let data = self.data.as_ref().map(|data| ("store.path", "--data", data.display().to_string()));
        let sources = Sources { flags: data.into_iter().collect(), ..self.file.sources() };
        let config = sources.load()?.config;
        if config.store.kind == StoreKind::Postgres {
            return Err(Failure::Usage(NOT_EMBEDDED.to_owned()));
        }
        Ok(config)
    }

    /// The configured master key, or the one beside the data of `dev`.
    fn master_key(&self, config: &Config) -> Result<Option<MasterKey>, Failure> {
        let configured = config.master_key();
        let key = configured.map_err(|error| Failure::Usage(format!("keys.master_key: {error}")))?;
        let Some(data) = self.data.as_ref().filter(|_| key.is_none()) else { return Ok(key) };
        let Ok(text) = std::fs::read_to_string(data.join("master.key")) else { return Ok(None) };
        let parsed = MasterKey::parse(&SecretText::new(text.trim_end().to_owned()));
        parsed
            .map(Some)
            .map_err(|error| Failure::Usage(format!("{}: {error}", data.join("master.key").display())))
    }

    /// The time of the server whose database it is; that of `dev` may be ahead.
    fn now(&self, config: &Config) -> Result<Timestamp, Failure> {
        if self.data.is_none() {
            return Ok(SystemClock.now());
        }
        Ok(KeptClock::in_folder(&config.store.path).map_err(|error| Failure::failed(&error))?.now())
    }
}

fn origin() -> Origin {
    Origin { dialect: "cli".to_owned(), actor: Actor::Server, request_id: "cli".to_owned() }
}

/// Whether the master key opens every key.
fn open(master: &MasterKey, keys: &[WrappedKey]) -> Result<(), Failure> {
    let root = keys.iter().find(|key| key.id == 0).map(|key| WrappedRoot { wrapped: key.wrapped.clone() });
    let data: Vec<WrappedDataKey> = keys
        .iter()
        .filter(|key| key.id != 0)
        .map(|key| WrappedDataKey { id: DataKeyId(key.id), wrapped: key.wrapped.clone() })
        .collect();
    // A database that no server has opened yet has no keys, and nothing sealed.
    let Some(root) = root else { return Ok(()) };
    Keyring::unwrap(master, &data, &root).map(drop).map_err(|error| Failure::failed(&error))
}

fn told(path: &str, contents: &Contents, keys_tried: Option<bool>, form: OutputFormat) -> String {
    let Contents { schema, accounts, apps, events, newest, keys } = contents;
    let newest = newest.and_then(|at| jiff::Timestamp::from_millisecond(at.millis()).ok());
    let newest = newest.map(|at| at.to_string());
    match form {
        OutputFormat::Json => json!({
            "path": path, "schema": schema, "accounts": accounts, "apps": apps, "events": events,
            "newest_event": newest, "keys": keys.len(), "keys_open": keys_tried.filter(|tried| *tried),
        })
        .to_string(),
        OutputFormat::Table => {
            let newest = newest.map_or_else(String::new, |at| format!(", the last of {at}"));
            format!("{path}: whole; {accounts} accounts, {apps} apps, {events} events{newest}")
        }
    }
}

fn done(restored: &Restored, form: OutputFormat) -> String {
    let Restored { merged, doubted, erased, left_out, behind: _ } = restored;
    match form {
        OutputFormat::Json => {
            json!({ "merged": merged, "doubted": doubted, "erased": erased, "left_out": left_out })
                .to_string()
        }
        OutputFormat::Table => format!(
            "{merged} accounts restored with the stricter of both budgets\n\
             {doubted} accounts restored with a single guess left\n\
             {erased} accounts of the backup were erased since, and stay so\n\
             {left_out} accounts are newer than the backup, and are gone"
        ),
    }
}

/// How far it is, on a terminal.
struct Bar(ProgressBar);

impl Bar {
    fn new() -> Self {
        // No animation into a file: a log is read line by line.
        let target =
            if stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        let style = ProgressStyle::with_template("{msg:<10} {wide_bar} {pos}/{len} {eta}");
        Self(bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())))
    }

    fn show(&self, progress: Progress) {
        let Progress { stage, done, of } = progress;
        self.0.set_message(match stage {
            Stage::Checking => "checking",
            Stage::Copying => "copying",
            Stage::Merging => "merging",
            Stage::Placing => "placing",
        });
        self.0.set_length(of);
        self.0.set_position(done);
    }

    fn end(&self) {
        self.0.finish_and_clear();
    }
}
