//! `countersign keys`: the keys inside the database.

use std::io::{IsTerminal, stderr};
use std::time::Duration;

use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressDrawTarget};

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
    /// Add a data key and re-seal everything under it. May run beside a running server.
    Rotate(RotateArgs),
}

#[derive(Args)]
struct RotateArgs {
    #[command(flatten)]
    file: ConfigFile,
    /// Form of the output.
    #[arg(long, value_enum, default_value_t)]
    output: OutputFormat,
}

pub(crate) fn run(args: &KeysArgs) -> Done {
    let KeysCommand::Rotate(args) = &args.command;
    let config = args.file.sources().load()?.config;
    runtime()?.block_on(rotate(&config, args.output))
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
            serde_json::json!({ "data_key": key, "seen": resealed.seen, "resealed": resealed.changed })
                .to_string()
        }
    })
}

fn bar() -> ProgressBar {
    // No animation into a file: a log is read line by line.
    let target =
        if stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(None, target).with_message("records re-sealed");
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}
