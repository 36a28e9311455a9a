//! Records as the store keeps them.

use countersign_store::fuzzing::{read_again, samples};

use crate::Outcome;
use crate::dialects::blurred;

pub(crate) fn run(input: &[u8]) -> Outcome {
    Outcome::of(read_again(input).map(|wrong| wrong.map(|words| blurred(&words))))
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    samples()
}
