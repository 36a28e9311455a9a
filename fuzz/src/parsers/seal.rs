//! Sealed values, wrapped keys and master keys, as they come back from a disk that nobody vouches for. The first
//! byte says which.

use std::cell::LazyCell;

use countersign_crypto::entropy::SeededEntropy;
use countersign_crypto::seal::{Keyring, MasterKey, Place, WrappedDataKey, WrappedRoot};
use countersign_domain::id::{AccountId, AppId};
use countersign_domain::secret::{Kind, Sealed, SecretText};

use crate::Outcome;

/// One keyring, what it sealed, and its keys as they are stored.
struct Kept {
    master: MasterKey,
    keyring: Keyring,
    root: WrappedRoot,
    key: WrappedDataKey,
    sealed: Sealed,
}

const PLACES: [Place; 3] = [
    Place::Verifier { account: AccountId::from_bytes([1; 16]), kind: Kind::Payment, version: 1 },
    Place::Verifier { account: AccountId::from_bytes([1; 16]), kind: Kind::Payment, version: 2 },
    Place::HawkKey { app: AppId::from_bytes([1; 16]) },
];

thread_local! {
    static KEPT: LazyCell<Kept> = LazyCell::new(kept);
}

fn kept() -> Kept {
    let entropy = SeededEntropy::new(1);
    let master = MasterKey::generate(&entropy);
    let (keyring, root, key) = Keyring::create(&entropy, &master);
    let sealed = keyring.seal(&entropy, &PLACES[0], b"a PHC string");
    Kept { master, keyring, root, key, sealed }
}

pub(crate) fn run(input: &[u8]) -> Outcome {
    let Some((&what, bytes)) = input.split_first() else { return Outcome::of(()) };
    KEPT.with(|kept| match what % 4 {
        0 => opened(kept, bytes),
        1 => {
            let root = WrappedRoot { wrapped: bytes.to_vec() };
            let unwrapped = Keyring::unwrap(&kept.master, std::slice::from_ref(&kept.key), &root);
            assert!(unwrapped.is_err() || bytes == kept.root.wrapped, "a forged root");
            Outcome::of(unwrapped.err().map(|error| core::mem::discriminant(&error)))
        }
        2 => {
            let key = WrappedDataKey { id: kept.key.id, wrapped: bytes.to_vec() };
            let unwrapped = Keyring::unwrap(&kept.master, &[key], &kept.root);
            assert!(unwrapped.is_err() || bytes == kept.key.wrapped, "a forged data key");
            Outcome::of(unwrapped.err().map(|error| core::mem::discriminant(&error)))
        }
        _ => {
            let text = String::from_utf8_lossy(bytes).into_owned();
            let parsed = MasterKey::parse(&SecretText::new(text));
            if let Ok(key) = &parsed {
                let again = MasterKey::parse(&key.expose_text());
                assert!(again.is_ok_and(|again| again.fingerprint() == key.fingerprint()), "another key");
            }
            Outcome::of(parsed.is_ok())
        }
    })
}

/// Only what was sealed opens, and only in its place.
fn opened(kept: &Kept, bytes: &[u8]) -> Outcome {
    let sealed = Sealed(bytes.to_vec());
    let outcomes = PLACES.each_ref().map(|place| {
        let opened = kept.keyring.open(place, &sealed);
        let is_own = *place == PLACES[0] && sealed == kept.sealed;
        assert_eq!(opened.is_ok(), is_own, "forged in {place:?}");
        let resealed = kept.keyring.reseal(&SeededEntropy::new(2), place, &sealed);
        assert!(resealed.is_none() || is_own, "forged in {place:?}");
        opened.err().map(|error| core::mem::discriminant(&error))
    });
    Outcome::of((outcomes, kept.keyring.key_of(&sealed).is_some(), kept.keyring.is_stale(&sealed)))
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let kept = kept();
    let text = kept.master.expose_text();
    let parts: [&[u8]; 4] = [&kept.sealed.0, &kept.root.wrapped, &kept.key.wrapped, text.expose().as_bytes()];
    (0..).zip(parts).map(|(what, part)| [&[what], part].concat()).collect()
}
