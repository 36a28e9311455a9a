//! `countersign keys`: the keys inside the database.

use std::io::{IsTerminal, stderr};
use std::time::Duration;

use clap::{Args, Subcommand};
use countersign_domain::time::Timestamp;
use countersign_service::{Duty, SigningKeyView};
use indicatif::{ProgressBar, ProgressDrawTarget};
use serde_json::{Value, json};

use crate::cli::output::{self, OutputFormat};
use crate::cli::{ConfigFile, Done, Failure, parts, runtime};
use crate::config::Config;

/// Manage the keys inside the database.
#[derive(Args)]
pub(crate) struct KeysArgs {
    #[command(subcommand)]
    command: KeysCommand,
}

#[derive(Subcommand)]
enum KeysCommand {
    /// Add a data key and re-seal everything under it, or add a key that signs receipts. May run beside a running server.
    Rotate(RotateArgs),
    /// List the data keys, and the keys that sign receipts. Shows nothing secret of them.
    List(ListArgs),
}

#[derive(Args)]
struct RotateArgs {
    #[command(flatten)]
    file: ConfigFile,
    /// Add a key that signs receipts, and leave the data keys alone. It signs six minutes later, so that whoever verifies
    /// receipts has read it by then; receipts that older keys have signed still verify.
    #[arg(long)]
    receipts: bool,
    /// Form of the output.
    #[arg(long, value_enum, default_value_t)]
    output: OutputFormat,
}

#[derive(Args)]
struct ListArgs {
    #[command(flatten)]
    file: ConfigFile,
    /// Form of the output.
    #[arg(long, value_enum, default_value_t)]
    output: OutputFormat,
}

pub(crate) fn run(args: &KeysArgs) -> Done {
    match &args.command {
        KeysCommand::Rotate(args) => {
            let config = args.file.sources().load()?.config;
            runtime()?.block_on(async {
                if args.receipts {
                    rotate_receipts(&config, args.output).await
                } else {
                    rotate(&config, args.output).await
                }
            })
        }
        KeysCommand::List(args) => {
            let config = args.file.sources().load()?.config;
            runtime()?.block_on(list(&config, args.output))
        }
    }
}

async fn rotate(config: &Config, form: OutputFormat) -> Done {
    let service = parts::existing_service(config).await?;
    let key = service.rotate_key().await.map_err(|error| Failure::failed(&error))?;
    let bar = bar();
    let resealed = service.reseal(|so_far| bar.set_position(so_far.seen)).await;
    bar.finish_and_clear();
    let resealed = resealed.map_err(|error| {
        Failure::Failed(format!("data key {key} was added, but re-sealing stopped: {error}. Run it again."))
    })?;
    output::tell("Send SIGHUP to every running server, so that it seals under the new key as well.");
    output::data(&match form {
        OutputFormat::Table => {
            format!("data key {key}: {} of {} records re-sealed", resealed.changed, resealed.seen)
        }
        OutputFormat::Json => {
            json!({ "data_key": key, "seen": resealed.seen, "resealed": resealed.changed }).to_string()
        }
    })
}

async fn rotate_receipts(config: &Config, form: OutputFormat) -> Done {
    let service = parts::existing_service(config).await?;
    let (key, signs_from) = service.rotate_signing_key().await.map_err(|error| Failure::failed(&error))?;
    output::tell("Every running server takes it over by itself within half a minute.");
    let signs_from = time(signs_from);
    output::data(&match form {
        OutputFormat::Table => {
            format!("key {} ({}) signs receipts from {signs_from}", key.id, key.algorithm.as_str())
        }
        OutputFormat::Json => {
            json!({ "kid": key.id, "algorithm": key.algorithm.as_str(), "signs_from": signs_from })
                .to_string()
        }
    })
}

async fn list(config: &Config, form: OutputFormat) -> Done {
    let service = parts::existing_service(config).await?;
    let data: Vec<(u32, bool)> = service.data_keys();
    let receipts = service.signing_keys().await.map_err(|error| Failure::failed(&error))?;
    output::data(&match form {
        OutputFormat::Json => {
            let data: Vec<_> =
                data.iter().map(|(id, seals)| json!({ "data_key": id, "seals": seals })).collect();
            let receipts: Vec<_> = receipts.iter().map(member).collect();
            json!({ "data": data, "receipts": receipts }).to_string()
        }
        OutputFormat::Table => {
            let data = data.iter().map(|(id, seals)| {
                let duty = if *seals { "seals" } else { "opens" };
                vec!["data".to_owned(), id.to_string(), String::new(), duty.to_owned()]
            });
            let receipts = receipts.iter().map(|key| {
                let mut row = vec!["receipts".to_owned(), key.id.clone()];
                row.extend([key.algorithm.as_str(), duty(key.duty)].map(str::to_owned));
                row.push(format!("made {}", time(key.created_at)));
                row.extend(key.retired_at.map(|at| format!("signs until {}", time(at))));
                row
            });
            output::columns(&data.chain(receipts).collect::<Vec<_>>(), &[0, 1, 2, 3, 4, 5])
        }
    })
}

fn member(key: &SigningKeyView) -> Value {
    json!({
        "kid": key.id,
        "algorithm": key.algorithm.as_str(),
        "duty": duty(key.duty),
        "created_at": time(key.created_at),
        "retired_at": key.retired_at.map(time),
    })
}

const fn duty(duty: Duty) -> &'static str {
    match duty {
        Duty::Waits => "waits",
        Duty::Signs => "signs",
        Duty::Verifies => "verifies",
        Duty::Kept => "kept",
    }
}

fn time(at: Timestamp) -> String {
    let seconds = jiff::Timestamp::from_second(at.secs());
    seconds.map_or_else(|_| at.secs().to_string(), |at| at.to_string())
}

fn bar() -> ProgressBar {
    // No animation into a file: a log is read line by line.
    let target =
        if stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(None, target).with_message("records re-sealed");
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}
