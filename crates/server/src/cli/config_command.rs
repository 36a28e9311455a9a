//! `countersign config`: shows, checks and explains settings.

use std::sync::Arc;

use clap::{Args, Subcommand};

use crate::cli::output::{self, OutputFormat};
use crate::cli::{ConfigFile, Done, Failure, records};
use crate::config::store_advice::of_store;
use crate::config::{StoreKind, advice, reference, schema, show};
use crate::http::tls;
use crate::{logs, run};

/// Show, check and explain settings.
#[derive(Args)]
pub(crate) struct ConfigArgs {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Print the settings in force; secrets read "***".
    Show(ShowArgs),
    /// Say what is wrong with the settings and the files they name. Exits 0 if nothing is, else 2.
    Check(ConfigFile),
    /// Print the JSON Schema of the configuration file, for editors.
    Schema,
    /// Print the reference page of all settings, in Markdown.
    Reference,
}

#[derive(Args)]
struct ShowArgs {
    #[command(flatten)]
    file: ConfigFile,
    /// Say where each value came from.
    #[arg(long)]
    origin: bool,
    /// Form of the output.
    #[arg(long, value_enum, default_value_t)]
    output: OutputFormat,
}

pub(crate) fn run(args: &ConfigArgs) -> Done {
    match &args.command {
        ConfigCommand::Show(args) => {
            let loaded = args.file.sources().load()?;
            output::data(&match args.output {
                OutputFormat::Table => show::to_toml(&loaded.settings, args.origin),
                OutputFormat::Json => format!("{:#}", show::to_json(&loaded.settings)),
            })
        }
        ConfigCommand::Check(file) => check(file),
        ConfigCommand::Schema => output::data(&format!("{:#}", schema())),
        ConfigCommand::Reference => output::data(&reference::page()),
    }
}

fn check(file: &ConfigFile) -> Done {
    let loaded = file.sources().load()?;
    let config = &loaded.config;
    let unusable = |error: &dyn core::fmt::Display| Failure::Usage(error.to_string());
    logs::parse(&config.log.filter).map_err(|error| unusable(&error))?;
    run::sender(config, Arc::new(())).map_err(|error| unusable(&error))?;
    for files in [config.server.tls.files(), config.server.admin_tls.files()].into_iter().flatten() {
        tls::server_config(files).map_err(|error| unusable(&error))?;
    }
    if config.store.kind == StoreKind::Postgres {
        records::shared(config)?.check().map_err(|error| unusable(&error))?;
    }
    if loaded.config.keys.master_key.is_none() {
        output::tell(
            "The master key is not set here; `countersign serve` will need it (`countersign keygen`).",
        );
    }
    let pool = config.pool().map_err(|error| unusable(&error))?;
    let plan = run::memory_plan(config, &pool).map_err(|error| unusable(&error))?;
    for warning in plan.warnings() {
        output::tell(&format!("warning: {warning}"));
    }
    for advice in [advice::of(&loaded), advice::of_hash(&loaded), of_store(&loaded)].into_iter().flatten() {
        output::tell(&format!("warning: {}", advice.words));
    }
    output::tell("The configuration is valid.");
    Ok(())
}
