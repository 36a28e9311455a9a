//! PHC strings, as they come back from the store and as an import may bring them.

use countersign_crypto::engine::{Params, Phc, is_current, params_of};
use countersign_domain::secret::SecretText;

use super::texts;
use crate::Outcome;

pub(crate) fn run(input: &[u8]) -> Outcome {
    let text = String::from_utf8_lossy(input).into_owned();
    let Ok(phc) = Phc::parse(SecretText::new(text.clone())) else { return Outcome::of(()) };
    assert_eq!(phc.expose(), text, "it is kept as it was read");
    let params = params_of(&phc);
    let again = Params::new(params.memory_kib(), params.passes(), params.lanes());
    assert_eq!(again, Ok(params), "parameters that cannot exist");
    // One string for one meaning: else two texts would be one verifier.
    let costs = format!("$m={},t={},p={}$", params.memory_kib(), params.passes(), params.lanes());
    assert!(text.contains(&costs), "{costs}");
    Outcome::of((is_current(&phc, &Params::OWASP_19M), Params::CEILING.admits(&params), text.len()))
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    texts(&[
        "$argon2id$v=19$m=19456,t=2,p=1$BwcHBwcHBwcHBwcHBwcHBw$CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk",
        "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=19$m=4194304,t=1000,p=64$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEg",
        "$argon2i$v=19$m=256,t=2,p=1,data=AA$c29tZXNhbHQ=$",
    ])
}
