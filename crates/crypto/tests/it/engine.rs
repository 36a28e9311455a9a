//! Both Argon2id engines.

use countersign_crypto::engine::{
    Engine, EngineChoice, EngineError, EngineFault, HashPool, Memory, Params, Phc, PoolConfig, is_current,
    params_of, self_check,
};
use countersign_crypto::entropy::{Draw, OsEntropy};
use countersign_domain::secret::Kind;
use proptest::prelude::*;

use crate::pool::{config, input, reserve, runtime};
use crate::secret;

fn build(choice: EngineChoice) -> Box<dyn Engine> {
    choice.build(&Params::CHEAP, &Params::CEILING).expect("a few KiB")
}

fn any_params() -> impl Strategy<Value = Params> {
    (1..3_u32, 1..4_u32, 0..64_u32)
        .prop_map(|(lanes, passes, more)| Params::new(8 * lanes + more, passes, lanes).expect("in range"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn engines_agree(
        input in prop::collection::vec(any::<u8>(), 0..300),
        other in prop::collection::vec(any::<u8>(), 0..300),
        salt: [u8; 16],
        params in any_params(),
    ) {
        let (mut fast, mut reference) = (build(EngineChoice::Fast), build(EngineChoice::Reference));
        let phc = fast.hash(&input, &salt, &params).expect("hashes");
        prop_assert!(reference.hash(&input, &salt, &params).expect("hashes").expose() == phc.expose());
        let read = Phc::parse(secret(phc.expose())).expect("what is written can be read");
        prop_assert_eq!(params_of(&read), params);
        prop_assert!(is_current(&read, &params));
        for engine in [&mut fast, &mut reference] {
            prop_assert_eq!(engine.verify(&read, &input), Ok(true));
            prop_assert_eq!(engine.verify(&read, &other), Ok(input == other));
        }
    }
}

#[test]
fn the_known_answers_hold() {
    assert_eq!(self_check(), Ok(()));
}

#[test]
fn two_verifiers_of_one_secret_differ_by_the_salt_that_the_system_gives() {
    let mut engine = build(EngineChoice::Fast);
    let mut made = || engine.hash(b"493817", &OsEntropy.array(), &Params::CHEAP).expect("hashes");
    let (one, other) = (made(), made());
    assert!(one.expose() != other.expose());
    let parts = |phc: &Phc| -> Vec<String> { phc.expose().split('$').map(str::to_owned).collect() };
    let (salt, tag) = (4, 5);
    for part in [salt, tag] {
        assert_ne!(parts(&one)[part], parts(&other)[part]);
    }
    for phc in [&one, &other] {
        assert_eq!(engine.verify(phc, b"493817"), Ok(true));
    }
}

#[test]
fn a_costly_string_is_refused_before_it_costs() {
    let ceiling = Params::new(64, 2, 2).expect("in range");
    for choice in EngineChoice::ALL {
        let mut engine = choice.build(&Params::CHEAP, &ceiling).expect("a few KiB");
        for costs in ["m=4194304,t=1,p=1", "m=64,t=1000,p=1", "m=64,t=1,p=3"] {
            let text =
                format!("$argon2id$v=19${costs}$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4");
            let phc = Phc::parse(secret(&text)).expect("a PHC string");
            assert_eq!(engine.verify(&phc, b"password"), Err(EngineError::AboveCeiling), "{choice} {costs}");
        }
        assert!(choice.build(&Params::OWASP_19M, &ceiling).is_err());
    }
}

#[test]
fn costlier_strings_share_one_allowance_and_none_is_answered_wrongly() {
    let costly = [64, 96, 128].map(|memory| Params::new(memory, 2, 1).expect("in range"));
    let ceiling = Params::new(256, 2, 1).expect("in range");
    let strings =
        costly.map(|params| build(EngineChoice::Fast).hash(b"493817", &[5; 16], &params).expect("hashes"));
    // Room for the largest alone, or for the two others together at no time with it.
    let memory = Memory::new(160);
    std::thread::scope(|scope| {
        for number in 0..8 {
            let (memory, strings) = (&memory, &strings);
            let choice = EngineChoice::ALL[number % 2];
            scope.spawn(move || {
                let mut engine = choice.build_within(&Params::CHEAP, &ceiling, memory).expect("a few KiB");
                for round in 0..30 {
                    let phc = &strings[(number + round) % 3];
                    assert_eq!(engine.verify(phc, b"493817"), Ok(true), "{choice}");
                    assert_eq!(engine.verify(phc, b"493818"), Ok(false), "{choice}");
                }
            });
        }
    });
    assert_eq!(memory.allowance_kib(), 160);
}

#[test]
fn what_the_allowance_does_not_hold_is_computed_alone() {
    let costly = Params::new(65, 1, 1).expect("in range");
    let phc = build(EngineChoice::Fast).hash(b"493817", &[5; 16], &costly).expect("hashes");
    for kib in [0, 64, 65] {
        let memory = Memory::new(kib);
        std::thread::scope(|scope| {
            for number in 0..4 {
                let (memory, phc) = (&memory, &phc);
                let choice = EngineChoice::ALL[number % 2];
                scope.spawn(move || {
                    let engine = choice.build_within(&Params::CHEAP, &Params::CEILING, memory);
                    let mut engine = engine.expect("a few KiB");
                    assert_eq!(engine.verify(phc, b"493817"), Ok(true), "{choice} {kib}");
                    assert_eq!(engine.verify(phc, b"493818"), Ok(false), "{choice} {kib}");
                });
            }
        });
    }
}

#[test]
fn what_is_above_the_ceiling_is_no_comparison() {
    let costly = HashPool::start(config(1, 0)).expect("a pool");
    let low = PoolConfig { ceiling: Params::CHEAP, ..config(1, 0) };
    let low = HashPool::start(low).expect("a pool");
    let params = Params::new(16, 1, 1).expect("in range");
    assert!(costly.verifies(&params) && !low.verifies(&params));
    let phc = EngineChoice::Fast.build(&params, &params).expect("16 KiB").hash(b"a", &[0; 16], &params);
    let phc = phc.expect("hashes");
    runtime().block_on(async {
        let slot = reserve(&low).expect("a place");
        let refused = slot.compare(Kind::Payment, &phc, input("a")).await;
        assert_eq!(refused, Err(EngineFault::Engine(EngineError::AboveCeiling)));
        assert_eq!(slot.decoy(Kind::Payment, input("a")).await, Ok(()), "the place is still good");
        let slot = reserve(&costly).expect("a place");
        assert_eq!(slot.compare(Kind::Payment, &phc, input("a")).await, Ok(true));
    });
    assert_eq!((low.counts().real(Kind::Payment), costly.counts().real(Kind::Payment)), (0, 1));
}

#[test]
fn default_parameters_agree_too() {
    for params in [Params::OWASP_19M, Params::OWASP_7M, Params::RFC9106_64M] {
        let mut strings = EngineChoice::ALL.map(|choice| {
            let mut engine = choice.build(&params, &params).expect("64 MiB");
            // Twice, so that the second hash runs in memory that was used before.
            let first = engine.hash(b"123456", &[1; 16], &params).expect("hashes");
            let second = engine.hash(b"123456", &[1; 16], &params).expect("hashes");
            assert!(first.expose() == second.expose());
            second.expose().to_owned()
        });
        strings.sort_unstable();
        assert_eq!(strings[0], strings[1]);
    }
}
