//! Randomness as an argument: whoever needs it takes an [`Entropy`], so that a test can repeat a story.

use core::sync::atomic::{AtomicU64, Ordering};

use countersign_domain::secret::SecretText;
use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// A source of bytes that nobody can predict.
pub trait Entropy: Send + Sync {
    /// Fills all of `out`. Cannot fail: see [`OsEntropy`] for what happens when the source does.
    fn fill(&self, out: &mut [u8]);
}

/// What is drawn from an [`Entropy`]. Implemented for every one of them, also behind `dyn`.
pub trait Draw: Entropy {
    /// `N` bytes: an identity, a salt, a nonce. For a key, wrap the result so that it is zeroed.
    fn array<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    /// `length` decimal digits, each equally likely; the first is not `0` if `first_nonzero`, for callers
    /// that read a code as a number.
    fn digits(&self, length: usize, first_nonzero: bool) -> SecretText {
        // The full capacity at once: growing would leave a copy of the code behind in freed memory.
        let mut text = String::with_capacity(length);
        for position in 0..length {
            let lowest = u8::from(first_nonzero && position == 0);
            text.push(char::from(b'0' + lowest + below(self, 10 - lowest)));
        }
        SecretText::new(text)
    }

    /// A token of `bytes` random bytes as base64url without padding (RFC 4648 section 5).
    fn token(&self, bytes: usize) -> SecretText {
        let mut random = Zeroizing::new(vec![0; bytes]);
        self.fill(&mut random);
        SecretText::new(BASE64URL_NOPAD.encode(&random))
    }
}

impl<E: Entropy + ?Sized> Draw for E {}

/// The operating system's generator.
///
/// Panics if it has nothing to give. There is no answer worth sending then: a predictable code, salt or
/// token is worse than a failed request, and no caller could do better than fail. It does not happen on a
/// system that has finished booting.
#[derive(Clone, Copy, Default, Debug)]
pub struct OsEntropy;

impl Entropy for OsEntropy {
    #[allow(clippy::disallowed_methods, reason = "this is the one place where real randomness enters")]
    fn fill(&self, out: &mut [u8]) {
        if let Err(error) = getrandom::fill(out) {
            panic!("the operating system gives no randomness: {error}");
        }
    }
}

/// Bytes that depend on nothing but a seed and the number of earlier draws. **For tests and simulation
/// only:** whoever knows the seed knows every byte.
pub struct SeededEntropy {
    seed: u64,
    draws: AtomicU64,
}

impl SeededEntropy {
    /// Starts the sequence of this seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { seed, draws: AtomicU64::new(0) }
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, out: &mut [u8]) {
        let draw = self.draws.fetch_add(1, Ordering::Relaxed);
        for (block, chunk) in (0_u64..).zip(out.chunks_mut(32)) {
            let digest = Sha256::new()
                .chain_update(b"countersign seeded entropy")
                .chain_update(self.seed.to_be_bytes())
                .chain_update(draw.to_be_bytes())
                .chain_update(block.to_be_bytes())
                .finalize();
            chunk.copy_from_slice(&digest[..chunk.len()]);
        }
    }
}

/// A number below `bound`, each equally likely. Bytes of the last, incomplete cycle are thrown away: a plain
/// remainder would favour small digits and give a guesser a better first try.
fn below<E: Entropy + ?Sized>(entropy: &E, bound: u8) -> u8 {
    let whole_cycles = 256 / u16::from(bound) * u16::from(bound);
    loop {
        let [byte] = entropy.array();
        if u16::from(byte) < whole_cycles {
            return byte % bound;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_its_sequence_and_no_other() {
        let (one, same, other) = (SeededEntropy::new(7), SeededEntropy::new(7), SeededEntropy::new(8));
        let first: [u8; 40] = one.array();
        assert_eq!(first, same.array());
        assert_ne!(first, other.array());
        assert_ne!(first, one.array());
    }

    #[test]
    fn works_behind_dyn() {
        let entropy: &dyn Entropy = &OsEntropy;
        assert_ne!(entropy.array::<16>(), entropy.array::<16>());
        assert_eq!(entropy.token(32).expose().len(), 43);
    }

    #[test]
    fn digits_are_uniform_and_the_first_can_be_nonzero() {
        let entropy = SeededEntropy::new(1);
        let mut seen = [0_u32; 10];
        for digit in entropy.digits(20_000, false).expose().bytes() {
            seen[usize::from(digit - b'0')] += 1;
        }
        // 2,000 expected, standard deviation 42: five of them on either side.
        assert!(seen.iter().all(|count| (1_790..2_210).contains(count)), "{seen:?}");
        for _ in 0..200 {
            let code = entropy.digits(6, true);
            assert_eq!(code.chars(), 6);
            assert!(!code.expose().starts_with('0'));
        }
    }

    #[test]
    fn rejects_the_incomplete_cycle() {
        /// Gives 255, which no bound of 10 may use, and then 13.
        struct Scripted(AtomicU64);
        impl Entropy for Scripted {
            fn fill(&self, out: &mut [u8]) {
                out.fill(if self.0.fetch_add(1, Ordering::Relaxed) == 0 { 255 } else { 13 });
            }
        }
        assert_eq!(below(&Scripted(AtomicU64::new(0)), 10), 3);
    }
}
