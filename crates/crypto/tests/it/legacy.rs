//! `UPPER_MD5` and Triple DES as two of the five systems speak them.

use countersign_crypto::legacy::{
    Profile, decrypt, derive_key, encrypt, flowmeter_message, tour_hawk_key, tour_message, upper_md5,
};
use countersign_domain::secret::{LegacyDigest, SecretBytes};
use data_encoding::{BASE64, HEXLOWER};
use proptest::prelude::*;
use serde_json::Value;

use crate::{secret, text, vectors};

fn legacy() -> Value {
    vectors(include_str!("../vectors/legacy.json"))
}

#[test]
fn digests_are_the_known_ones() {
    for case in legacy()["upper_md5"].as_array().expect("a list") {
        let digest = upper_md5(text(case, "text").as_bytes());
        assert_eq!(digest.expose().as_slice(), text(case, "digest").as_bytes(), "{case}");
    }
}

#[test]
fn tour_ciphertexts_are_the_known_ones() {
    let file = legacy();
    let tour = &file["tour"];
    let login = upper_md5(text(tour, "login_secret").as_bytes());
    let message = tour_message(&secret(text(tour, "session_key")), &login);
    assert_eq!(
        tour_hawk_key(&secret(text(tour, "session_key")), &login).expose().as_bytes(),
        message.expose()
    );
    known_ciphertexts(tour, &message, 12);
}

#[test]
fn flowmeter_ciphertexts_are_the_known_ones() {
    let file = legacy();
    let flowmeter = &file["flowmeter"];
    known_ciphertexts(flowmeter, &flowmeter_message(&secret(text(flowmeter, "verify_code"))), 3);
}

fn known_ciphertexts(dialect: &Value, message: &SecretBytes, count: usize) {
    let digest = upper_md5(text(dialect, "new_secret").as_bytes());
    let cases = dialect["cases"].as_array().expect("a list");
    assert_eq!(cases.len(), count);
    for case in cases {
        let profile = Profile::parse(text(case, "profile")).expect("a profile");
        let ciphertext = BASE64.decode(text(case, "ciphertext").as_bytes()).expect("Base64");
        let key = derive_key(profile.kdf, message.expose());
        assert_eq!(HEXLOWER.encode(key.expose()), text(case, "key"), "{profile}");
        assert!(encrypt(profile, message.expose(), &digest) == Ok(ciphertext.clone()), "{profile}");
        let read = decrypt(&Profile::ALL, message.expose(), &ciphertext);
        assert!(read == Ok((digest.clone(), profile)), "{profile}");
    }
}

fn any_profile() -> impl Strategy<Value = Profile> {
    (0..Profile::ALL.len()).prop_map(|i| Profile::ALL[i])
}

proptest! {
    #[test]
    fn arbitrary_bytes_decrypt_to_nothing(
        message in prop::collection::vec(any::<u8>(), 0..80),
        bytes in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..100),
            prop::collection::vec(any::<u8>(), 40),
        ],
    ) {
        prop_assert!(decrypt(&Profile::ALL, &message, &bytes).is_err());
    }

    #[test]
    fn what_is_encrypted_decrypts_with_its_key_alone(
        profile in any_profile(),
        message in prop::collection::vec(any::<u8>(), 1..80),
        digits in "[0-9A-F]{32}",
        flipped in 0..320_usize,
    ) {
        let digest = LegacyDigest::parse(digits.as_bytes()).expect("32 digits");
        let ciphertext = encrypt(profile, &message, &digest).expect("not degenerate");
        prop_assert!(decrypt(&Profile::ALL, &message, &ciphertext) == Ok((digest.clone(), profile)));
        let mut longer = message.clone();
        longer.push(0x80);
        prop_assert!(decrypt(&[profile], &longer, &ciphertext).is_err());
        // Nothing authenticates these bytes, so a changed one may pass in CBC, but never as the same digest.
        let mut changed = ciphertext;
        changed[flipped / 8] ^= 1 << (flipped % 8);
        prop_assert!(decrypt(&[profile], &message, &changed) != Ok((digest, profile)));
    }
}
