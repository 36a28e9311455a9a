//! Steps: run a program, say what it is for, how long it took, and what to do when it fails.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::Done;

/// One step of a longer command.
pub(crate) struct Step {
    name: &'static str,
    run: fn() -> Done,
}

impl Step {
    pub(crate) const fn new(name: &'static str, run: fn() -> Done) -> Self {
        Self { name, run }
    }
}

/// Runs the steps in order and ends with the first that fails.
#[allow(clippy::disallowed_methods, reason = "a person wants to know how long a step took")]
pub(crate) fn run_all(steps: &[Step]) -> Done {
    let start = Instant::now();
    for (n, step) in steps.iter().enumerate() {
        let begun = Instant::now();
        println!("\n=== {} of {}: {}", n + 1, steps.len(), step.name);
        (step.run)().map_err(|why| format!("FAILED: {}\n{why}", step.name))?;
        println!("=== {} took {} s", step.name, begun.elapsed().as_secs());
    }
    println!("\n=== everything holds, after {} s", start.elapsed().as_secs());
    Ok(())
}

/// Runs cargo in the workspace.
pub(crate) fn cargo(arguments: &[&str]) -> Done {
    run_with("cargo", arguments, &[])
}

/// Runs a program in the workspace, its output on the terminal.
pub(crate) fn run_with(program: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Done {
    let mut command = Command::new(program);
    command.args(arguments).envs(environment.iter().copied()).current_dir(root()).stdin(Stdio::null());
    let line = format!("{program} {}", arguments.join(" "));
    let status = command.status().map_err(|error| format!("{line}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{line}: {status}")) }
}

/// What a program prints.
pub(crate) fn output(program: &str, arguments: &[&str]) -> Result<Vec<u8>, String> {
    let line = format!("{program} {}", arguments.join(" "));
    let output = Command::new(program).args(arguments).current_dir(root()).stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| format!("{line}: {error}"))?;
    if output.status.success() { Ok(output.stdout) } else { Err(format!("{line}: {}", output.status)) }
}

/// Whether a program is there and runs.
pub(crate) fn works(program: &str, arguments: &[&str]) -> bool {
    let quiet = || Stdio::null();
    let status =
        Command::new(program).args(arguments).stdin(quiet()).stdout(quiet()).stderr(quiet()).status();
    status.is_ok_and(|status| status.success())
}

/// The workspace's folder.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_owned).unwrap_or_default()
}
