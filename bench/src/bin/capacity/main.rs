//! `countersign-capacity [--OPTION NUMBER]...`: how much of everything a number of accounts needs, from what was measured.
//!
//! Without options it writes `docs/capacity.md` and its pictures; with options it prints the same tables for that use.
//! [`costs`] is what was measured, [`usage`] what is assumed, [`plan`] the arithmetic; [`hashing`] and [`committing`] are simulations
//! of the two queues for which there is no formula, tried against those for which there is one, in [`theory`].
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "a command line tool speaks to its terminal")]

mod committing;
mod costs;
mod due;
mod hashing;
mod options;
mod page;
mod plan;
mod theory;
mod told;
mod usage;

use std::path::Path;
use std::process::ExitCode;

use costs::Costs;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let asked = options::parse(&words.iter().map(String::as_str).collect::<Vec<_>>());
    let done = asked.and_then(|usage| match usage {
        Some(usage) => {
            println!("{}", page::answer(&usage, &Costs::MEASURED));
            Ok(())
        }
        None => write(),
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

/// Writes the page and its pictures.
fn write() -> Result<(), String> {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let (page, pictures) = page::page(&Costs::MEASURED);
    let put = |path: &Path, text: &str| {
        std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
    };
    let folder = docs.join("capacity");
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for (name, picture) in pictures {
        put(&folder.join(name), &picture)?;
    }
    put(&docs.join("capacity.md"), &page)?;
    println!("written to docs/capacity.md");
    Ok(())
}
