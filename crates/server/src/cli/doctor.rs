//! `countersign doctor`: what is wrong here, and what to do about it.

use serde_json::json;

use crate::cli::output::{self, OutputFormat};
use crate::cli::{ConfigFile, Done, Failure, parts, runtime};
use crate::config::Loaded;
use crate::doctor::{self, Check, State};

/// Look at settings, machine, database and keys, and say what is wrong and what to do. May run beside a running server;
/// changes nothing but one row that proves that the database takes writes. Exits 0 unless something has failed.
#[derive(clap::Args)]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    file: ConfigFile,
    /// Form of the output.
    #[arg(long, value_enum, default_value_t)]
    output: OutputFormat,
}

pub(crate) fn run(args: &DoctorArgs) -> Done {
    let loaded = args.file.sources().load()?;
    let mut checks = doctor::of_place(&loaded);
    checks.extend(runtime()?.block_on(of_records(&loaded)));
    output::data(&match args.output {
        OutputFormat::Table => table(&checks),
        OutputFormat::Json => {
            format!("{:#}", json!({ "checks": checks.iter().map(member).collect::<Vec<_>>() }))
        }
    })?;
    match checks.iter().filter(|check| check.state == State::Failed).count() {
        0 => Ok(()),
        1 => Err(Failure::Failed("one check has failed".to_owned())),
        failed => Err(Failure::Failed(format!("{failed} checks have failed"))),
    }
}

async fn of_records(loaded: &Loaded) -> Vec<Check> {
    match parts::existing_service(&loaded.config).await {
        Ok(service) => doctor::of_records(&service).await,
        Err(failure) => vec![doctor::unopened(&failure.to_string())],
    }
}

fn table(checks: &[Check]) -> String {
    let line = |check: &Check| {
        let cure = check.cure.as_ref().map(|cure| format!("{:<23} {cure}\n", ""));
        let found = format!("{:<7} {:<15} {}\n", check.state.as_str(), check.name, check.what);
        found + &cure.unwrap_or_default()
    };
    checks.iter().map(line).collect()
}

fn member(check: &Check) -> serde_json::Value {
    json!({ "name": check.name, "state": check.state.as_str(), "what": check.what, "do": check.cure })
}
