//! Both Argon2id engines against each other: three bytes of cost, sixteen of salt, the rest is hashed.

use std::cell::RefCell;

use countersign_crypto::engine::{Engine, EngineChoice, EngineError, Params, Phc};
use countersign_domain::secret::SecretText;

use crate::Outcome;

/// The largest arena here: small, so that many can be tried, and odd sizes below it too.
const MEMORY_KIB: u32 = 80;

thread_local! {
    static ENGINES: RefCell<[Box<dyn Engine>; 2]> = RefCell::new({
        let arena = Params::new(MEMORY_KIB / 2, 1, 1).expect("parameters");
        let ceiling = Params::new(MEMORY_KIB, 4, 4).expect("parameters");
        EngineChoice::ALL.map(|choice| choice.build(&arena, &ceiling).expect("an engine"))
    });
}

pub(crate) fn run(input: &[u8]) -> Outcome {
    let Some((costs, rest)) = input.split_at_checked(3) else { return Outcome::of(()) };
    let Some((salt, secret)) = rest.split_first_chunk::<16>() else { return Outcome::of(()) };
    let lanes = u32::from(costs[2] % 4) + 1;
    let memory = (8 * lanes).max(u32::from(costs[0]) % MEMORY_KIB);
    let params = Params::new(memory, u32::from(costs[1] % 3) + 1, lanes).expect("parameters in range");
    ENGINES.with_borrow_mut(|[fast, reference]| {
        let one = fast.hash(secret, salt, &params).expect("it hashes");
        let two = reference.hash(secret, salt, &params).expect("it hashes");
        assert_eq!(one.expose(), two.expose(), "the engines disagree at {params:?}");
        assert_eq!(fast.verify(&two, secret), Ok(true));
        assert_eq!(reference.verify(&one, secret), Ok(true));
        // A string of another shape, as an import may bring it: both judge it alike.
        let other = with_tag_of(&one, usize::from(costs[0]) % 80);
        if let Ok(other) = Phc::parse(SecretText::new(other)) {
            let judged = [fast.verify(&other, secret), reference.verify(&other, secret)];
            assert!(judged[0] == judged[1] || both_failed(&judged), "{judged:?} of {}", other.expose());
        }
    });
    Outcome::of((memory, params.passes(), lanes, secret.len().min(80)))
}

fn both_failed(judged: &[Result<bool, EngineError>; 2]) -> bool {
    judged.iter().all(Result::is_err)
}

/// The same string, its tag cut to so many characters.
fn with_tag_of(phc: &Phc, chars: usize) -> String {
    let text = phc.expose();
    let tag = text.rfind('$').map_or(0, |place| place + 1);
    text[..(tag + chars).min(text.len())].to_owned()
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let salt = *b"0123456789abcdef";
    let secrets: [&[u8]; 4] = [b"", b"kZ81mq", &[0; 64], &[0xff; 300]];
    let costs = [[8, 0, 0], [39, 1, 0], [41, 2, 1], [79, 1, 3], [255, 255, 255]];
    costs.iter().flat_map(|costs| secrets.map(|secret| [costs, &salt[..], secret].concat())).collect()
}
