//! Known answers, and a comparison of the two engines. Runs at every start, in a few milliseconds.

use countersign_domain::secret::SecretText;

use crate::engine::{Engine, EngineChoice, FastEngine, Params, Phc, ReferenceEngine};

/// RFC 9106 section 5.3.
const RFC_9106_TAG: [u8; 32] = [
    0x0d, 0x64, 0x0d, 0xf5, 0x8d, 0x78, 0x76, 0x6c, 0x08, 0xc0, 0x37, 0xa3, 0x4a, 0x8b, 0x53, 0xc9, 0xd0,
    0x1e, 0xf0, 0x45, 0x2d, 0x75, 0xb6, 0x5e, 0xb5, 0x25, 0x20, 0xe9, 0x6b, 0x01, 0xe6, 0x59,
];

/// The small Argon2id vectors of the reference implementation, phc-winner-argon2 `src/test.c`.
const KNOWN: [(&str, &str); 2] = [
    ("password", "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"),
    ("password", "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc"),
];

/// Inputs on which the engines must agree: none, a PIN, a digest, and more than one block of `BLAKE2b`.
const COMPARED: [&[u8]; 4] = [b"", b"123456", b"E10ADC3949BA59ABBE56E057F20F883E", &[0xFF; 200]];

/// Runs the known answers through both engines and compares the two on a few inputs.
///
/// # Errors
///
/// [`SelfCheckFailed`] says which engine gave a wrong answer to what. Do not start then: every secret set
/// from now on would be lost, or every guess would pass.
pub fn self_check() -> Result<(), SelfCheckFailed> {
    check_rfc(EngineChoice::Fast, FastEngine::rfc_9106_tag().ok())?;
    check_rfc(EngineChoice::Reference, ReferenceEngine::rfc_9106_tag().ok())?;
    let build = |engine: EngineChoice| {
        engine
            .build(&Params::CHEAP, &Params::CEILING)
            .map_err(|_| SelfCheckFailed { engine, case: "taking memory" })
    };
    let (mut fast, mut reference) = (build(EngineChoice::Fast)?, build(EngineChoice::Reference)?);
    check_known(EngineChoice::Fast, fast.as_mut())?;
    check_known(EngineChoice::Reference, reference.as_mut())?;
    compare(fast.as_mut(), reference.as_mut())
}

/// An engine gave a wrong answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("hash engine `{engine}` failed its self-check: {case}")]
pub struct SelfCheckFailed {
    /// Which engine.
    pub engine: EngineChoice,
    /// What it was asked.
    pub case: &'static str,
}

fn check_rfc(engine: EngineChoice, tag: Option<[u8; 32]>) -> Result<(), SelfCheckFailed> {
    require(tag == Some(RFC_9106_TAG), engine, "the test vector of RFC 9106")
}

fn check_known(choice: EngineChoice, engine: &mut dyn Engine) -> Result<(), SelfCheckFailed> {
    for (input, text) in KNOWN {
        let phc = Phc::parse(SecretText::new(text.to_owned()))
            .map_err(|_| SelfCheckFailed { engine: choice, case: "reading a known string" })?;
        let right = engine.verify(&phc, input.as_bytes()) == Ok(true);
        require(right, choice, "a test vector of the reference implementation")?;
        let wrong = engine.verify(&phc, b"Password") == Ok(false);
        require(wrong, choice, "refusing a wrong input")?;
    }
    Ok(())
}

/// The fast engine is blamed for any difference: the other is the yardstick.
fn compare(fast: &mut dyn Engine, reference: &mut dyn Engine) -> Result<(), SelfCheckFailed> {
    let engine = EngineChoice::Fast;
    // The second does not fit the engines' arena, so that way is walked too.
    for params in [Ok(Params::CHEAP), Params::new(64, 3, 2)] {
        let params = params.map_err(|_| SelfCheckFailed { engine, case: "parameters" })?;
        for input in COMPARED {
            let salt = *b"self-check salt.";
            let (Ok(one), Ok(other)) =
                (fast.hash(input, &salt, &params), reference.hash(input, &salt, &params))
            else {
                return Err(SelfCheckFailed { engine, case: "hashing at all" });
            };
            require(one.expose() == other.expose(), engine, "agreeing with the reference engine")?;
            require(fast.verify(&other, input) == Ok(true), engine, "verifying the other's string")?;
            require(reference.verify(&one, input) == Ok(true), engine, "being verified by the other")?;
        }
    }
    Ok(())
}

fn require(right: bool, engine: EngineChoice, case: &'static str) -> Result<(), SelfCheckFailed> {
    if right { Ok(()) } else { Err(SelfCheckFailed { engine, case }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::EngineError;

    /// Computes as it should and says yes to everything.
    struct Yes(Box<dyn Engine>);

    impl Engine for Yes {
        fn hash(&mut self, input: &[u8], salt: &[u8; 16], params: &Params) -> Result<Phc, EngineError> {
            self.0.hash(input, salt, params)
        }

        fn verify(&mut self, _: &Phc, _: &[u8]) -> Result<bool, EngineError> {
            Ok(true)
        }
    }

    /// Ignores the last byte of what it hashes.
    struct Short(Box<dyn Engine>);

    impl Engine for Short {
        fn hash(&mut self, input: &[u8], salt: &[u8; 16], params: &Params) -> Result<Phc, EngineError> {
            self.0.hash(&input[..input.len().saturating_sub(1)], salt, params)
        }

        fn verify(&mut self, phc: &Phc, input: &[u8]) -> Result<bool, EngineError> {
            self.0.verify(phc, input)
        }
    }

    fn sound(choice: EngineChoice) -> Result<Box<dyn Engine>, EngineError> {
        choice.build(&Params::CHEAP, &Params::CEILING)
    }

    #[test]
    fn both_engines_are_sound() {
        assert_eq!(self_check(), Ok(()));
    }

    #[test]
    fn an_engine_that_says_yes_to_everything_is_found() -> Result<(), EngineError> {
        let failed = check_known(EngineChoice::Fast, &mut Yes(sound(EngineChoice::Fast)?));
        assert_eq!(failed.map_err(|f| f.case), Err("refusing a wrong input"));
        Ok(())
    }

    #[test]
    fn engines_that_disagree_are_found() -> Result<(), EngineError> {
        let mut short = Short(sound(EngineChoice::Fast)?);
        let failed = compare(&mut short, sound(EngineChoice::Reference)?.as_mut());
        assert_eq!(failed.map_err(|f| f.case), Err("agreeing with the reference engine"));
        Ok(())
    }
}
