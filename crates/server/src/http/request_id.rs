//! A request's name: the caller's own where it has one, ours otherwise.

use std::sync::{Arc, Mutex, PoisonError};

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use countersign_crypto::entropy::Entropy;
use data_encoding::HEXLOWER;

/// The header that carries it both ways.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What a name of ours begins with.
const OURS: &str = "req_";

/// Longest name taken over, in bytes.
const LONGEST: usize = 128;

/// Random bytes of a name.
const BYTES: usize = 16;

/// Names for which randomness is drawn at once: to ask the system for that of one alone costs more than all else about it.
const AT_ONCE: usize = 64;

/// Names requests. A name is no secret and proves nothing; it only has to be another one each time.
pub(super) struct Names {
    entropy: Arc<dyn Entropy>,
    drawn: Mutex<Vec<[u8; BYTES]>>,
}

impl Names {
    /// From that randomness.
    pub(super) fn new(entropy: Arc<dyn Entropy>) -> Self {
        Self { entropy, drawn: Mutex::new(Vec::with_capacity(AT_ONCE)) }
    }

    fn next(&self) -> [u8; BYTES] {
        let taken = self.drawn.lock().unwrap_or_else(PoisonError::into_inner).pop();
        taken.unwrap_or_else(|| {
            let mut fresh = [[0; BYTES]; AT_ONCE];
            self.entropy.fill(fresh.as_flattened_mut());
            let [first, rest @ ..] = fresh;
            // Whoever finds none left at the same moment draws too; more than these are not kept.
            let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
            if drawn.is_empty() {
                drawn.extend(rest);
            }
            first
        })
    }
}

/// The caller's `X-Request-Id` if it is one, else a new one.
///
/// Taken are 1 to 128 visible ASCII characters without quotes and backslash: whatever is taken appears in answers,
/// in the log and in the audit trail, and must not be able to break out of any of them.
pub(super) fn of(headers: &HeaderMap, names: &Names) -> String {
    let mut given = headers.get_all(REQUEST_ID).iter();
    if let (Some(id), None) = (given.next().and_then(taken), given.next()) {
        return id.to_owned();
    }
    let mut id = String::with_capacity(OURS.len() + 32);
    id.push_str(OURS);
    HEXLOWER.encode_append(&names.next(), &mut id);
    id
}

fn taken(value: &HeaderValue) -> Option<&str> {
    let fits = (1..=LONGEST).contains(&value.len())
        && value.as_bytes().iter().all(|c| c.is_ascii_graphic() && !matches!(c, b'"' | b'\'' | b'\\' | b'`'));
    if fits { value.to_str().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use countersign_crypto::entropy::SeededEntropy;

    use super::*;

    #[test]
    fn takes_a_well_formed_name_and_makes_one_otherwise() {
        let names = Names::new(Arc::new(SeededEntropy::new(1)));
        let id = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(REQUEST_ID, HeaderValue::from_str(value).expect("a header value"));
            }
            of(&headers, &names)
        };
        assert_eq!(id(&["order-17/a"]), "order-17/a");
        assert_eq!(id(&[&"a".repeat(128)]), "a".repeat(128));
        let long = "a".repeat(129);
        for bad in [&[][..], &[""], &["a b"], &["a\"b"], &["a\tb"], &[long.as_str()], &["a", "b"]] {
            let made = id(bad);
            assert!(made.starts_with("req_") && made.len() == 36, "{made}");
        }
        assert_ne!(id(&[]), id(&[]));
    }

    #[test]
    fn no_two_names_are_the_same() {
        let names = Names::new(Arc::new(SeededEntropy::new(1)));
        let made: HashSet<_> = (0..5 * AT_ONCE).map(|_| of(&HeaderMap::new(), &names)).collect();
        assert_eq!(made.len(), 5 * AT_ONCE);
    }
}
