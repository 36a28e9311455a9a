//! Secrets that everybody tries first.
//!
//! Studies of leaked PINs agree on the same few shapes: one digit repeated, runs, repeated groups, years, and a
//! handful of keyboard walks and lucky numbers. They are generated rather than listed, so the rule can be read.

/// The few that follow no shape: keyboard walks, lucky numbers and the words that head every leaked list.
const NAMED: [&str; 25] = [
    "147258",
    "147258369",
    "159357",
    "159753",
    "520520",
    "5201314",
    "1314520",
    "741852",
    "789456",
    "963852",
    "123321",
    "112233",
    "123654",
    "121314",
    "password",
    "password1",
    "passw0rd",
    "qwerty",
    "qwerty123",
    "qwertyuiop",
    "1q2w3e4r",
    "1qaz2wsx",
    "abc123",
    "a123456",
    "iloveyou",
];

/// The shortest word of the context. A shorter one would refuse good secrets that contain it by chance.
pub const SHORTEST_WORD: usize = 4;

/// Words that people of this platform come upon first, such as its name: no secret may contain one (NIST SP 800-63B-4,
/// section 3.1.1.2; OWASP ASVS 5.0, 6.1.2 and 6.2.11). Case does not matter.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ContextWords(Vec<String>);

impl ContextWords {
    /// These words; `None` if one is shorter than [`SHORTEST_WORD`] characters.
    #[must_use]
    pub fn new<'a>(words: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let long_enough = |word: &str| word.chars().count() >= SHORTEST_WORD;
        words
            .into_iter()
            .map(|word| long_enough(word).then(|| word.to_lowercase()))
            .collect::<Option<_>>()
            .map(Self)
    }

    /// Whether a secret contains one.
    #[must_use]
    pub fn are_in(&self, secret: &str) -> bool {
        let lower = secret.to_lowercase();
        self.0.iter().any(|word| lower.contains(word))
    }

    /// Each word alone as people would write it, for a dialect that delivers only digests: a digest does not tell what a
    /// secret contains.
    pub fn written(&self) -> impl Iterator<Item = String> {
        self.0.iter().flat_map(|word| {
            let mut letters = word.chars();
            let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
            [word.clone(), word.to_uppercase(), first + letters.as_str()]
        })
    }
}

/// Whether everybody tries this one first.
#[must_use]
pub fn is_common(secret: &str) -> bool {
    let lower = secret.to_ascii_lowercase();
    NAMED.contains(&lower.as_str()) || is_repeated(lower.as_bytes()) || is_run(lower.as_bytes())
}

/// Every common secret of 6 to 16 characters that can be listed, for a dialect that delivers only digests.
///
/// Letters are covered by the named ones and the alphabet's runs; repeats cover groups of up to three digits.
pub fn listed() -> impl Iterator<Item = String> {
    let repeats = (1..=3_usize).flat_map(|group| {
        (0..10_u32.pow(u32::try_from(group).unwrap_or(0))).flat_map(move |n| {
            let unit = format!("{n:0group$}");
            (6..=16).filter(move |len| len % group == 0).map(move |len| unit.repeat(len / group))
        })
    });
    let digits = b"01234567890123456789".as_slice();
    let letters = b"abcdefghijklmnopqrstuvwxyz".as_slice();
    let runs = [digits, letters].into_iter().flat_map(|alphabet| {
        (6..=16).flat_map(move |len| alphabet.windows(len)).flat_map(|run| {
            let up = String::from_utf8_lossy(run).into_owned();
            let down = up.chars().rev().collect();
            [up, down]
        })
    });
    NAMED.iter().map(|&s| s.to_owned()).chain(repeats).chain(runs)
}

/// One group of up to three characters over and over, at least twice: `111111`, `121212`, `123123`.
fn is_repeated(secret: &[u8]) -> bool {
    (1..=3).any(|group| {
        secret.len() >= 2 * group
            && secret.len().is_multiple_of(group)
            && secret.chunks(group).all(|chunk| chunk == &secret[..group])
    })
}

/// Each character one above, or each one below, the one before it; after 9 comes 0.
fn is_run(secret: &[u8]) -> bool {
    let alphanumeric = secret.len() >= 4 && secret.iter().all(u8::is_ascii_alphanumeric);
    let up = |pair: &[u8]| pair[1] == pair[0].wrapping_add(1) || (pair[0] == b'9' && pair[1] == b'0');
    let down = |pair: &[u8]| pair[0] == pair[1].wrapping_add(1) || (pair[0] == b'0' && pair[1] == b'9');
    alphanumeric && (secret.windows(2).all(up) || secret.windows(2).all(down))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_shapes() {
        for common in
            ["123456", "654321", "000000", "121212", "123123", "5201314", "PASSWORD", "567890", "abcdef"]
        {
            assert!(is_common(common), "{common}");
        }
        for fine in ["493817", "135790x", "kZ81mq", "", "1", "2468ab"] {
            assert!(!is_common(fine), "{fine}");
        }
    }

    #[test]
    fn a_word_of_the_context_is_found_in_a_secret_however_it_is_written() {
        let words = ContextWords::new(["Acme", "支付宝钱"]).expect("long enough");
        for refused in ["acme", "ACME2026", "myAcMe!", "支付宝钱1"] {
            assert!(words.are_in(refused), "{refused}");
        }
        for fine in ["acm", "493817", "支付宝", ""] {
            assert!(!words.are_in(fine), "{fine}");
        }
        let written: Vec<String> = words.written().take(3).collect();
        assert_eq!(written, ["acme", "ACME", "Acme"]);
        assert_eq!(ContextWords::new(["abc"]), None, "{SHORTEST_WORD} at least");
        assert!(!ContextWords::default().are_in("password"));
    }

    #[test]
    fn what_is_listed_is_common() {
        let mut count = 0;
        for secret in listed() {
            assert!(is_common(&secret), "{secret}");
            count += 1;
        }
        assert!(count > 1000, "{count}");
    }
}
