//! The command line: one file a subcommand.
//!
//! Data goes to standard output, everything else to standard error. No flag takes a secret: the arguments of a
//! process can be read by everyone on the machine.

mod apps;
mod backup;
mod bench;
mod codes;
mod config_command;
mod copy;
pub mod dev;
mod dev_clock;
mod dev_lines;
mod doctor;
mod durable;
mod hawk_header;
mod healthcheck;
mod import;
mod keygen;
mod keys;
mod legacy_cipher;
mod manual;
mod migrate;
pub mod output;
pub mod parts;
mod pinned;
pub mod policy;
mod receipt;
pub mod records;
mod secret_input;
mod serve;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{ConfigError, Environment, Sources};

/// The exit codes, at the end of every help text.
const EXIT_CODES: &str = "\
Exit codes: 0 done, 1 failed, 2 wrong usage or configuration.
Settings come from flags, then the environment (COUNTERSIGN_SECTION__KEY, or …_FILE for a file), then the \
configuration file. COUNTERSIGN_LOG sets the log filter; NO_COLOR turns colours off.";

/// A transaction-password server.
#[derive(Parser)]
#[command(name = "countersign", version, about, after_help = EXIT_CODES, propagate_version = true, disable_help_subcommand = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

// A subcommand's help is the documentation of its arguments.
#[derive(Subcommand)]
enum Command {
    Dev(dev::DevArgs),
    Serve(serve::ServeArgs),
    Keygen(keygen::KeygenArgs),
    Config(config_command::ConfigArgs),
    Policy(policy::PolicyArgs),
    Codes(codes::CodesArgs),
    Healthcheck(healthcheck::HealthcheckArgs),
    Doctor(doctor::DoctorArgs),
    Bench(bench::BenchArgs),
    Migrate(migrate::MigrateArgs),
    Apps(apps::AppsArgs),
    Keys(keys::KeysArgs),
    Receipt(receipt::ReceiptArgs),
    Backup(backup::BackupArgs),
    Copy(copy::CopyArgs),
    Import(import::ImportArgs),
    HawkHeader(hawk_header::HawkHeaderArgs),
    LegacyCipher(legacy_cipher::LegacyCipherArgs),
    Completions(manual::CompletionsArgs),
    Man(manual::ManArgs),
}

/// Where the configuration is.
#[derive(clap::Args, Clone)]
pub struct ConfigFile {
    /// Configuration file (TOML). Without it only the environment counts.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// Why a subcommand did not do what it was asked. Holds no secret.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It was asked in a wrong way, or its configuration is not valid. Exit code 2.
    #[error("{0}")]
    Usage(String),
    /// It failed. Exit code 1.
    #[error("{0}")]
    Failed(String),
    /// It was done, but for parts that it has told of. Exit code 3.
    #[error("{0}")]
    Partly(String),
}

/// What a subcommand comes to.
pub type Done = Result<(), Failure>;

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::complain(&failure.to_string());
            match failure {
                Failure::Failed(_) => ExitCode::from(1),
                Failure::Usage(_) => ExitCode::from(2),
                Failure::Partly(_) => ExitCode::from(3),
            }
        }
    }
}

fn run(command: Command) -> Done {
    match command {
        Command::Dev(args) => dev::run(&args),
        Command::Serve(args) => serve::run(&args),
        Command::Keygen(args) => keygen::run(&args),
        Command::Config(args) => config_command::run(&args),
        Command::Policy(args) => policy::run(&args),
        Command::Codes(args) => codes::run(&args),
        Command::Healthcheck(args) => healthcheck::run(&args),
        Command::Doctor(args) => doctor::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Migrate(args) => migrate::run(&args),
        Command::Apps(args) => apps::run(&args),
        Command::Keys(args) => keys::run(&args),
        Command::Receipt(args) => receipt::run(&args),
        Command::Backup(args) => backup::run(&args),
        Command::Copy(args) => copy::run(&args),
        Command::Import(args) => import::run(&args),
        Command::HawkHeader(args) => hawk_header::run(&args),
        Command::LegacyCipher(args) => legacy_cipher::run(&args),
        Command::Completions(args) => manual::completions(&args),
        Command::Man(args) => manual::man(&args),
    }
}

impl ConfigFile {
    /// The sources of settings: this file and the environment.
    #[must_use]
    pub fn sources(&self) -> Sources {
        Sources { file: self.config.clone(), environment: Environment::of_process(), ..Sources::default() }
    }
}

impl Failure {
    /// What failed, in the words of the error below it.
    pub fn failed(error: &(impl core::fmt::Display + ?Sized)) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Usage(error.to_string())
    }
}

/// A runtime for subcommands that wait for something.
///
/// # Errors
/// The system gives no threads.
pub fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let built = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    built.map_err(|error| Failure::Failed(format!("the threads cannot be started: {error}")))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn no_flag_takes_a_secret() {
        fn walk(command: &clap::Command) {
            for argument in command.get_arguments() {
                let name = argument.get_id().as_str();
                let taken =
                    ["key", "secret", "password", "pin", "token"].iter().any(|word| name.contains(word));
                assert!(!taken, "{} --{name}", command.get_name());
            }
            command.get_subcommands().for_each(walk);
        }
        walk(&Cli::command());
    }
}
