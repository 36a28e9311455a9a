//! What is asked for on the command line.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::Outcome;
use crate::peers::Peer;
use crate::scenes::Effort;
use crate::server::beside;

/// How to call this program.
pub(crate) const USAGE: &str = "\
cargo xtask bench [stores] [--quick] [--out DIR] [--without NAME]...

  stores            only the two stores, side by side, in stores.md

  --quick           two short rounds of everything; the report goes beside the build
  --out DIR         where report.md and plots/ are written [default: bench; with --quick: target/bench/quick]
  --without NAME    leave out: plain, careful (the axum services), node, python, callgrind";

/// What to measure, and where to write of it.
pub(crate) struct Options {
    pub(crate) effort: Effort,
    pub(crate) out: PathBuf,
    pub(crate) without: BTreeSet<Peer>,
    pub(crate) callgrind: bool,
}

impl Options {
    /// From the words of the command line.
    ///
    /// # Errors
    /// A word that is not known.
    pub(crate) fn parse(words: &[&str]) -> Outcome<Self> {
        let mut options =
            Self { effort: Effort::FULL, out: PathBuf::new(), without: BTreeSet::new(), callgrind: true };
        let (mut out, mut quick) = (None, false);
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let mut next = || words.next().copied().ok_or_else(|| format!("{word} needs a word\n{USAGE}"));
            match *word {
                "--quick" => quick = true,
                "--out" => out = Some(PathBuf::from(next()?)),
                "--without" => match next()? {
                    "plain" => _ = options.without.insert(Peer::Plain),
                    "careful" => _ = options.without.insert(Peer::Careful),
                    "node" => _ = options.without.insert(Peer::Node),
                    "python" => _ = options.without.insert(Peer::Python),
                    "callgrind" => options.callgrind = false,
                    other => return Err(format!("{other}: not to be left out\n{USAGE}")),
                },
                other => return Err(format!("{other}: not known\n{USAGE}")),
            }
        }
        if quick {
            options.effort = Effort::QUICK;
        }
        options.out = match out {
            Some(out) => out,
            // A quick run is no report to keep.
            None if quick => beside("")?.with_file_name("bench").join("quick"),
            None => Path::new(env!("CARGO_MANIFEST_DIR")).to_owned(),
        };
        Ok(options)
    }

    /// What is left out, by name.
    pub(crate) fn left_out(&self) -> Vec<&'static str> {
        let callgrind = (!self.callgrind).then_some("instruction counts");
        self.without.iter().map(|peer| peer.name()).chain(callgrind).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_understood_or_refused() {
        let full = Options::parse(&[]).expect("none is needed");
        assert!(full.out.ends_with("bench") && full.left_out().is_empty());
        assert_eq!(full.effort.rounds, Effort::FULL.rounds);
        let words = ["--quick", "--without", "node", "--without", "callgrind", "--out", "x"];
        let quick = Options::parse(&words).expect("all are known");
        assert_eq!((quick.effort.rounds, quick.out.as_path()), (Effort::QUICK.rounds, Path::new("x")));
        assert_eq!(quick.left_out(), [Peer::Node.name(), "instruction counts"]);
        for words in [&["--fast"][..], &["--out"], &["--without", "axum"]] {
            assert!(Options::parse(words).is_err(), "{words:?}");
        }
    }
}
