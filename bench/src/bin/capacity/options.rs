//! What is asked for on the command line.

use core::fmt::Write;

use crate::usage::{ASSUMPTIONS, Usage};

/// How to call this program, with every assumption and what the page assumes.
pub(crate) fn help() -> String {
    let mut help = "\
cargo xtask capacity [--OPTION NUMBER]...

Without options: writes docs/capacity.md and its pictures anew. With options: prints the table for that use.
"
    .to_owned();
    for assumption in ASSUMPTIONS {
        let assumed = assumption.value(Usage::ASSUMED);
        // Writing to a `String` cannot fail.
        let _ = write!(help, "\n  --{:<20} {} [{assumed}]", assumption.option, assumption.what);
    }
    help + "\n"
}

/// The use that is asked about; `None` for the page.
///
/// # Errors
/// A word that is not known, or a number that is none or out of bounds.
pub(crate) fn parse(words: &[&str]) -> Result<Option<Usage>, String> {
    if words.is_empty() {
        return Ok(None);
    }
    let mut usage = Usage::ASSUMED;
    for pair in words.chunks(2) {
        let name = pair[0].trim_start_matches("--");
        let Some(assumption) = ASSUMPTIONS.iter().find(|assumption| assumption.option == name) else {
            return Err(help());
        };
        let (least, most) = (assumption.least, assumption.most);
        let number = pair.get(1).and_then(|word| number(word)).filter(|value| (least..=most).contains(value));
        let number = number.ok_or_else(|| format!("--{name}: a number from {least} to {most} is needed"))?;
        *(assumption.of)(&mut usage) = number;
    }
    Ok(Some(usage))
}

/// `250e6`, `250_000_000`, `250M`, `1B`.
fn number(word: &str) -> Option<f64> {
    let word = word.replace(['_', ','], "");
    let scale = match word.chars().last()? {
        'k' => 1e3,
        'M' => 1e6,
        'B' => 1e9,
        _ => 1.0,
    };
    let digits = word.trim_end_matches(['k', 'M', 'B']);
    digits.parse::<f64>().ok().filter(|value| value.is_finite()).map(|value| value * scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_understood_or_refused() {
        assert_eq!(parse(&[]), Ok(None));
        let usage =
            parse(&["--accounts", "250M", "--verifies-per-day", "0.8"]).expect("known").expect("a use");
        assert!((usage.accounts - 2.5e8).abs() < 1.0 && (usage.verifies_per_day - 0.8).abs() < 1e-9);
        assert_eq!(Usage { accounts: 1e8, verifies_per_day: 0.5, ..usage }, Usage::ASSUMED);
        for words in
            [&["--accounts"][..], &["--accounts", "many"], &["--wrong", "1.5"], &["--writers", "nan"]]
        {
            assert!(parse(words).is_err_and(|why| why.contains("a number from")), "{words:?}");
        }
        assert!(parse(&["--help"]).is_err_and(|why| why.contains("--busiest-hour")));
    }

    #[test]
    fn what_is_assumed_is_allowed() {
        for assumption in ASSUMPTIONS {
            let assumed = assumption.value(Usage::ASSUMED);
            assert!((assumption.least..=assumption.most).contains(&assumed), "{}", assumption.option);
        }
    }
}
