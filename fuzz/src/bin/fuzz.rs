//! `fuzz SECONDS [TARGET]`: every target, or one, for so long each. `FUZZ_SEED` repeats a campaign.
#![forbid(unsafe_code)]

use core::time::Duration;
use std::process::ExitCode;

use countersign_fuzz::{TARGETS, Target, campaign, target};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let Some((seconds, targets)) = asked(&words) else {
        let names: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
        eprintln!("fuzz SECONDS [TARGET]\ntargets: {}", names.join(" "));
        return ExitCode::from(2);
    };
    let seed = seed();
    eprintln!("FUZZ_SEED={seed}");
    campaign::prepare();
    let mut failed = false;
    for target in targets {
        match campaign::run(target, Duration::from_secs(seconds), seed) {
            Ok(campaign::Report { failure: None, .. }) => {}
            Ok(campaign::Report { failure: Some((path, words)), .. }) => {
                eprintln!("{}: FAILED\n{words}\ninput: {}", target.name, path.display());
                failed = true;
            }
            Err(error) => {
                eprintln!("{}: {error}", target.name);
                failed = true;
            }
        }
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn asked(words: &[String]) -> Option<(u64, Vec<&'static Target>)> {
    let (seconds, names) = words.split_first()?;
    let targets = match names {
        [] => TARGETS.iter().collect(),
        [name] => vec![target(name)?],
        _ => return None,
    };
    Some((seconds.parse().ok()?, targets))
}

/// The seed that is asked for, else one that no other campaign has.
#[allow(
    clippy::disallowed_methods,
    reason = "a fuzzer has no settings but this, and every campaign is another"
)]
fn seed() -> u64 {
    let asked = std::env::var("FUZZ_SEED").ok().and_then(|text| text.parse().ok());
    let now = || std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    asked.unwrap_or_else(|| now().map_or(0, |since| since.as_secs()))
}
