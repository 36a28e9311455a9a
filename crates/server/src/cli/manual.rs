//! `countersign completions` and `countersign man`.

use std::fs;
use std::path::PathBuf;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::cli::{Cli, Done, Failure, output};

/// Print a completion script for a shell.
#[derive(Args)]
pub(crate) struct CompletionsArgs {
    /// The shell.
    shell: Shell,
}

/// Print the manual page, or write all of them into a directory.
#[derive(Args)]
pub(crate) struct ManArgs {
    /// Directory for one page a subcommand; created if it is not there.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(crate) fn completions(args: &CompletionsArgs) -> Done {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "countersign", &mut script);
    output::data(&String::from_utf8_lossy(&script))
}

pub(crate) fn man(args: &ManArgs) -> Done {
    match &args.out {
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Cli::command())
                .render(&mut page)
                .map_err(|error| Failure::failed(&error))?;
            output::data(&String::from_utf8_lossy(&page))
        }
        Some(directory) => {
            let written = fs::create_dir_all(directory)
                .and_then(|()| clap_mangen::generate_to(Cli::command(), directory));
            written.map_err(|error| Failure::Failed(format!("{}: {error}", directory.display())))
        }
    }
}
