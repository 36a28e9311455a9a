//! Keys and sealing.

use countersign_crypto::entropy::{Draw, OsEntropy, SeededEntropy};
use countersign_crypto::seal::{
    BlindDomain, DataKeyId, Keyring, KeyringError, MasterKey, Place, SealError, WrappedDataKey, WrappedRoot,
};
use countersign_domain::id::{AccountId, AppId, SessionId};
use countersign_domain::secret::{Kind, Sealed};
use data_encoding::HEXLOWER;
use proptest::prelude::*;

use crate::{secret, text, vectors};

const PLACE: Place =
    Place::Verifier { account: AccountId::from_bytes([7; 16]), kind: Kind::Payment, version: 3 };

fn created(seed: u64) -> (SeededEntropy, MasterKey, Keyring, WrappedRoot, WrappedDataKey) {
    let entropy = SeededEntropy::new(seed);
    let master = MasterKey::generate(&entropy);
    let (keyring, root, key) = Keyring::create(&entropy, &master);
    (entropy, master, keyring, root, key)
}

fn hex(bytes: &str) -> Vec<u8> {
    HEXLOWER.decode(bytes.as_bytes()).expect("hexadecimal")
}

fn any_place() -> impl Strategy<Value = Place> {
    let account = || any::<[u8; 16]>().prop_map(AccountId::from_bytes);
    let session = || any::<[u8; 16]>().prop_map(SessionId::from_bytes);
    let app = || any::<[u8; 16]>().prop_map(AppId::from_bytes);
    let kind = prop::sample::select(Kind::ALL.as_slice());
    prop_oneof![
        (account(), kind, any::<u64>()).prop_map(|(account, kind, version)| Place::Verifier {
            account,
            kind,
            version
        }),
        (account(), session()).prop_map(|(account, session)| Place::SessionKey { account, session }),
        (account(), session()).prop_map(|(account, session)| Place::SessionLoginDigest { account, session }),
        app().prop_map(|app| Place::HawkKey { app }),
        (account(), any::<u8>()).prop_map(|(account, slot)| Place::Mobile { account, slot }),
        any::<[u8; 32]>().prop_map(|index| Place::Answer { index }),
        any::<[u8; 32]>().prop_map(|thumbprint| Place::SigningKey { thumbprint }),
    ]
}

proptest! {
    #[test]
    fn opens_only_whole_and_in_its_place(
        place in any_place(),
        elsewhere in any_place(),
        plaintext in prop::collection::vec(any::<u8>(), 0..100),
        flip in any::<prop::sample::Index>(),
        cut in any::<prop::sample::Index>(),
    ) {
        let (entropy, _, keyring, ..) = created(1);
        let sealed = keyring.seal(&entropy, &place, &plaintext);
        let opened = keyring.open(&place, &sealed);
        prop_assert!(opened.is_ok_and(|opened| opened.expose() == plaintext));

        if elsewhere != place {
            prop_assert!(keyring.open(&elsewhere, &sealed).err() == Some(SealError::Tampered));
        }
        let mut flipped = sealed.clone();
        let bit = flip.index(sealed.0.len() * 8);
        flipped.0[bit / 8] ^= 1 << (bit % 8);
        let expected = match keyring.key_of(&flipped) {
            // The number of the data key is read before anything can be authenticated.
            Some(id) if id != keyring.current() => SealError::UnknownKey(id),
            _ => SealError::Tampered,
        };
        prop_assert!(keyring.open(&place, &flipped).err() == Some(expected));

        let shorter = Sealed(sealed.0[..cut.index(sealed.0.len())].to_vec());
        prop_assert!(keyring.open(&place, &shorter).err() == Some(SealError::Tampered));
    }

    #[test]
    fn arbitrary_bytes_never_open(bytes in prop::collection::vec(any::<u8>(), 0..120)) {
        let (_, _, keyring, ..) = created(1);
        prop_assert!(keyring.open(&PLACE, &Sealed(bytes)).is_err());
    }

    #[test]
    fn arbitrary_bytes_are_no_wrapped_key(bytes in prop::collection::vec(any::<u8>(), 0..120)) {
        let (_, master, _, root, _) = created(1);
        let key = WrappedDataKey { id: DataKeyId(1), wrapped: bytes };
        prop_assert!(Keyring::unwrap(&master, &[key], &root).is_err());
    }
}

#[test]
fn the_stored_formats_stay_as_they_are() {
    let file = vectors(include_str!("../vectors/seal.json"));
    let master = MasterKey::parse(&secret(text(&file, "master_key"))).expect("a master key");
    assert_eq!(master.fingerprint().to_string(), text(&file, "fingerprint"));
    let root = WrappedRoot { wrapped: hex(text(&file, "root")) };
    let key = WrappedDataKey { id: DataKeyId(1), wrapped: hex(text(&file, "data_key_1")) };
    let keyring = Keyring::unwrap(&master, &[key], &root).expect("the right master key");
    let opened = keyring.open(&PLACE, &Sealed(hex(text(&file, "sealed")))).expect("whole");
    assert_eq!(opened.expose(), text(&file, "plaintext").as_bytes());
    let index = keyring.blind(BlindDomain::Identifier, &[b"default", b"username", b"alice"]);
    assert_eq!(HEXLOWER.encode(&index), text(&file, "blind"));
}

#[test]
fn a_wrong_master_key_is_named() {
    let (entropy, master, keyring, root, key) = created(2);
    let other = MasterKey::generate(&entropy);
    let expected =
        KeyringError::WrongMasterKey { wrapped_by: master.fingerprint(), given: other.fingerprint() };
    assert_eq!(Keyring::unwrap(&other, std::slice::from_ref(&key), &root).err(), Some(expected));
    assert_eq!(keyring.rotate(&entropy, &other).err(), Some(expected));
    assert!(expected.to_string().contains(&other.fingerprint().to_string()));
}

#[test]
fn wrapped_keys_cannot_be_exchanged_or_damaged() {
    let (entropy, master, keyring, root, key) = created(3);
    let (_, second) = keyring.rotate(&entropy, &master).expect("the right master key");
    let damaged = Some(KeyringError::Damaged);
    let swapped = [
        WrappedDataKey { id: key.id, wrapped: second.wrapped.clone() },
        WrappedDataKey { id: second.id, wrapped: key.wrapped.clone() },
    ];
    assert_eq!(Keyring::unwrap(&master, &swapped, &root).err(), damaged);
    let as_root = WrappedRoot { wrapped: key.wrapped.clone() };
    assert_eq!(Keyring::unwrap(&master, std::slice::from_ref(&key), &as_root).err(), damaged);
    for position in [0, 9, 40, key.wrapped.len() - 1] {
        let mut broken = key.clone();
        broken.wrapped[position] ^= 1;
        assert_eq!(Keyring::unwrap(&master, &[broken], &root).err(), damaged, "{position}");
    }
    assert_eq!(Keyring::unwrap(&master, &[], &root).err(), Some(KeyringError::NoDataKey));
}

#[test]
fn rotation_seals_anew_and_still_opens_what_was_sealed() {
    let (entropy, master, before, root, first) = created(4);
    let sealed = before.seal(&entropy, &PLACE, b"phc");
    let (after, second) = before.rotate(&entropy, &master).expect("the right master key");
    assert_eq!((before.current(), after.current()), (DataKeyId(1), DataKeyId(2)));
    assert!(!before.is_stale(&sealed) && after.is_stale(&sealed));
    assert!(before.reseal(&entropy, &PLACE, &sealed).is_none());

    let resealed = after.reseal(&entropy, &PLACE, &sealed).expect("stale and whole");
    assert_eq!(after.key_of(&resealed), Some(DataKeyId(2)));
    assert!(after.reseal(&entropy, &PLACE, &resealed).is_none());
    assert!(after.open(&PLACE, &resealed).is_ok_and(|plain| plain.expose() == b"phc"));
    // A node that has not heard of the new key says which one it needs.
    assert_eq!(before.open(&PLACE, &resealed).err(), Some(SealError::UnknownKey(DataKeyId(2))));

    let reloaded = Keyring::unwrap(&master, &[second, first], &root).expect("the right master key");
    assert_eq!(reloaded.current(), DataKeyId(2));
    assert_eq!(reloaded.ids().collect::<Vec<_>>(), [DataKeyId(1), DataKeyId(2)]);
    assert!(reloaded.open(&PLACE, &sealed).is_ok() && reloaded.open(&PLACE, &resealed).is_ok());
    assert_eq!(before.blind(BlindDomain::Code, &[b"a"]), reloaded.blind(BlindDomain::Code, &[b"a"]));
}

#[test]
fn a_new_master_key_changes_nothing_that_is_sealed() {
    let (entropy, old, keyring, old_root, old_key) = created(5);
    let sealed = keyring.seal(&entropy, &PLACE, b"phc");
    let new = MasterKey::generate(&entropy);
    let (rewrapped, root, keys) = keyring.rewrap(&entropy, &new);
    assert!(rewrapped.rotate(&entropy, &new).is_ok() && rewrapped.rotate(&entropy, &old).is_err());
    let reloaded = Keyring::unwrap(&new, &keys, &root).expect("the new master key");
    assert!(reloaded.open(&PLACE, &sealed).is_ok());
    assert_eq!(keyring.blind(BlindDomain::Nonce, &[]), reloaded.blind(BlindDomain::Nonce, &[]));
    assert!(Keyring::unwrap(&old, &keys, &root).is_err());
    assert!(Keyring::unwrap(&new, &[old_key], &old_root).is_err());
}

#[test]
fn the_same_value_never_seals_to_the_same_bytes() {
    let (_, _, keyring, ..) = created(6);
    assert_ne!(keyring.seal(&OsEntropy, &PLACE, b"x"), keyring.seal(&OsEntropy, &PLACE, b"x"));
    assert_ne!(OsEntropy.array::<16>(), OsEntropy.array::<16>());
}
