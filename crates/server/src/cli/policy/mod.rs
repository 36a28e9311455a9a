//! `countersign policy`: what the limits of guesses are, and what they are worth.

pub mod explained;
mod json;
pub mod reference;
mod replay;
mod table;

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use countersign_domain::policy::Preset;

use crate::cli::output::{self, OutputFormat};
use crate::cli::policy::explained::{Explained, Question};
use crate::cli::{ConfigFile, Done};

/// Explain the limits of guesses.
#[derive(Args)]
pub(crate) struct PolicyArgs {
    #[command(subcommand)]
    command: PolicyCommand,
}

#[derive(Subcommand)]
enum PolicyCommand {
    /// Print each limit with its origin, and what an attacker gets: the most guesses in a year and their chance.
    Explain(ExplainArgs),
    /// Try the policy of a configuration on past approvals, and show what would have been decided otherwise.
    Replay(replay::ReplayArgs),
    /// Print the reference page of all presets, in Markdown.
    Reference,
}

#[derive(Args)]
struct ExplainArgs {
    #[command(flatten)]
    file: ConfigFile,
    /// Explain this preset as it is, whatever is configured.
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(Preset::ALL.map(Preset::as_str)))]
    preset: Option<String>,
    /// Explain all presets, side by side.
    #[arg(long, conflicts_with = "preset")]
    all: bool,
    /// How often a day the owner presents the right secret on a device that is not known [default: 1, 4 and 24].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1440))]
    successes_per_day: Option<u32>,
    /// How many random digits a secret has [default: 4, 6 and 8].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=18))]
    digits: Option<u32>,
    /// Form of the output.
    #[arg(long, value_enum, default_value_t)]
    output: OutputFormat,
}

pub(crate) fn run(args: &PolicyArgs) -> Done {
    match &args.command {
        PolicyCommand::Explain(args) => explain(args),
        PolicyCommand::Replay(args) => replay::run(args),
        PolicyCommand::Reference => output::data(&reference::page()),
    }
}

fn explain(args: &ExplainArgs) -> Done {
    let loaded = args.file.sources().load()?;
    let usual = Question::default();
    let question = Question {
        successes: args.successes_per_day.map_or(usual.successes, |times| vec![times]),
        digits: args.digits.map_or(usual.digits, |digits| vec![digits]),
    };
    let devices = loaded.config.policy().devices;
    if args.all {
        let all = Preset::ALL.map(|preset| Explained::of_preset(preset, devices, &question));
        return output::data(&match args.output {
            OutputFormat::Table => table::side_by_side(&all),
            OutputFormat::Json => format!("{:#}", json::all(&all)),
        });
    }
    let named = args.preset.as_deref();
    let explained = match Preset::ALL.into_iter().find(|preset| Some(preset.as_str()) == named) {
        Some(preset) => Explained::of_preset(preset, devices, &question),
        None => Explained::of_settings(&loaded, &question),
    };
    output::data(&match args.output {
        OutputFormat::Table => table::one(&explained),
        OutputFormat::Json => format!("{:#}", json::one(&explained)),
    })
}
