//! `seeds TARGET FOLDER`: writes the target's seeds and regressions as files, for libFuzzer to begin with.
#![forbid(unsafe_code)]

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use countersign_fuzz::{campaign, target};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [name, folder] = words.as_slice() else {
        eprintln!("seeds TARGET FOLDER");
        return ExitCode::from(2);
    };
    match write(name, Path::new(folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn write(name: &str, folder: &Path) -> std::io::Result<()> {
    let target = target(name).ok_or_else(|| std::io::Error::other(format!("there is no target {name}")))?;
    fs::create_dir_all(folder)?;
    let inputs = campaign::regressions(target)?.into_iter().chain((target.seeds)());
    inputs.enumerate().try_for_each(|(n, input)| fs::write(folder.join(format!("seed-{n:04}")), input))
}
