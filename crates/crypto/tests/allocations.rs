//! What a hash asks of the allocator. In a binary of its own, because the counter is the whole binary's allocator.

use allocation_counter::{AllocationInfo, measure};
use countersign_crypto::engine::{Engine, EngineChoice, Memory, Params, Phc};
use countersign_domain::secret::SecretText;

const SALT: [u8; 16] = [7; 16];
/// A few kibibytes: what is asked of the allocator does not depend on the cost.
const ARENA: Params = Params::CHEAP;

#[test]
fn a_comparison_allocates_nothing() {
    let (mut engine, phc) = engine_and_string(&ARENA);
    let info = measured(|| {
        for input in [b"493817".as_slice(), b"000000", &[b'x'; 1000]] {
            assert_eq!(engine.verify(&phc, input), Ok(input == b"493817"));
        }
    });
    assert_eq!((info.count_total, info.bytes_current), (0, 0));
}

#[test]
fn a_comparison_at_other_parameters_that_fit_the_arena_allocates_nothing() {
    let (mut engine, phc) = engine_and_string(&params(64, 3, 2));
    let others = [params(8, 1, 1), params(32, 2, 4)].map(|params| {
        let mut other = EngineChoice::Fast.build(&params, &Params::CEILING).expect("a few KiB");
        other.hash(b"493817", &SALT, &params).expect("hashes")
    });
    let info = measured(|| {
        for phc in others.iter().chain([&phc]).chain(&others) {
            assert_eq!(engine.verify(phc, b"493817"), Ok(true));
        }
    });
    assert_eq!(info.count_total, 0);
}

#[test]
fn a_costlier_comparison_allocates_its_arena_and_gives_it_back() {
    let costly = params(64, 1, 1);
    let (_, phc) = engine_and_string(&costly);
    let memory = Memory::new(64);
    let mut engine = EngineChoice::Fast.build_within(&ARENA, &Params::CEILING, &memory).expect("a few KiB");
    let info = measured(|| assert_eq!(engine.verify(&phc, b"493817"), Ok(true)));
    assert_eq!((info.count_total, info.bytes_max, info.bytes_current), (1, 64 * 1024, 0));
}

#[test]
fn a_hash_allocates_its_string_and_nothing_else() {
    let (mut engine, _) = engine_and_string(&ARENA);
    let mut made = None;
    let info = measured(|| made = engine.hash(b"493817", &SALT, &ARENA).ok());
    assert!(made.is_some());
    // The text, and what its clones share.
    assert_eq!(info.count_total, 2);
    assert_eq!(info.count_current, 2, "both are still there");
}

#[test]
fn a_clone_of_a_string_allocates_nothing() {
    let (_, phc) = engine_and_string(&ARENA);
    let info = measured(|| drop(phc.clone()));
    assert_eq!(info.count_total, 0);
}

#[test]
fn a_string_is_read_with_one_allocation() {
    let text = engine_and_string(&ARENA).1.expose().to_owned();
    let text = SecretText::new(text);
    let mut read = None;
    let info = measured(|| read = Phc::parse(text).ok());
    assert!(read.is_some());
    assert_eq!(info.count_total, 1);
}

/// An engine with an arena for `params` that has hashed once, and the string it made of `493817`.
fn engine_and_string(params: &Params) -> (Box<dyn Engine>, Phc) {
    let mut engine = EngineChoice::Fast.build(params, &Params::CEILING).expect("a few KiB");
    let phc = engine.hash(b"493817", &SALT, params).expect("hashes");
    (engine, phc)
}

/// Counts on this thread alone; shows first that it counts at all.
fn measured(run: impl FnOnce()) -> AllocationInfo {
    let seen = measure(|| drop(std::hint::black_box(Box::new(1_u8))));
    assert_eq!(seen.count_total, 1, "the counter does not count");
    measure(run)
}

fn params(memory_kib: u32, passes: u32, lanes: u32) -> Params {
    Params::new(memory_kib, passes, lanes).expect("in range")
}
