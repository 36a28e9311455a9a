//! The Triple DES of `tour` and `flowmeter`: a message of the first line's text, a ciphertext after it.

use countersign_crypto::legacy::{Profile, decrypt, encrypt, upper_md5};

use super::lines;
use crate::Outcome;

pub(crate) fn run(input: &[u8]) -> Outcome {
    let [message, ciphertext] = lines(input);
    let opened = decrypt(&Profile::ALL, message, ciphertext);
    if let Ok((digest, profile)) = &opened {
        let again = encrypt(*profile, message, digest);
        assert!(
            again.is_ok_and(|again| again == ciphertext),
            "two ciphertexts of one digest under {profile}"
        );
    }
    if let Some(profile) = Profile::parse(&String::from_utf8_lossy(message)) {
        assert_eq!(Profile::parse(&profile.to_string()), Some(profile));
    }
    Outcome::of((opened.ok().map(|(_, profile)| profile), ciphertext.len() == 40))
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let digest = upper_md5(b"123456");
    let mut seeds: Vec<Vec<u8>> =
        Profile::ALL.iter().map(|profile| format!("{profile}\n").into_bytes()).collect();
    for profile in Profile::ALL {
        for message in [&b"493817"[..], b"a-session-key67115C2D1AFF8DD0DFA894832BE8E89B", b""] {
            if let Ok(ciphertext) = encrypt(profile, message, &digest) {
                seeds.push([message, b"\n", &ciphertext].concat());
            }
        }
    }
    seeds
}
