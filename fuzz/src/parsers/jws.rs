//! Tokens, keys and sets of keys, as whoever likes may send them.

use std::cell::LazyCell;

use countersign_crypto::entropy::SeededEntropy;
use countersign_crypto::jws::{KeySet, PublicKey, SigningAlgorithm, SigningKey, Typ, Unverified};
use countersign_crypto::receipt::{Method, Receipt};
use countersign_domain::id::AccountId;
use countersign_domain::secret::SecretBytes;
use countersign_domain::time::Timestamp;

use super::texts;
use crate::Outcome;

/// A private key of P-256 that a fuzzer may know (PKCS #8), so that each run has the same keys.
const P256: &[u8] = include_bytes!("p256.pk8");

/// The keys, and what each of them has signed.
struct Kept {
    keys: KeySet,
    receipt: Receipt,
    tokens: Vec<String>,
}

thread_local! {
    static KEPT: LazyCell<Kept> = LazyCell::new(kept);
}

fn kept() -> Kept {
    let eddsa = SigningKey::generate(SigningAlgorithm::EdDsa, &SeededEntropy::new(1)).expect("a key");
    let es256 = SigningKey::open(SigningAlgorithm::Es256, SecretBytes::new(P256.to_vec())).expect("a key");
    let receipt = Receipt {
        issuer: "countersign".to_owned(),
        audience: "default".to_owned(),
        account: AccountId::from_bytes([7; 16]),
        intent: "int_1".to_owned(),
        digest: "RBNvo1WzZ4oRRq0W9-hknpT7T8If536DEMBg9hyq_4o".to_owned(),
        amount: "12.34".to_owned(),
        currency: "EUR".to_owned(),
        payee: "Zoë".to_owned(),
        methods: vec![Method::Pin, Method::Sms],
        issued: Timestamp::from_secs(1_000),
        expires: Timestamp::from_secs(1_300),
        authenticated: Some(Timestamp::from_secs(990)),
        exemption: None,
    };
    let keys = [eddsa, es256];
    let tokens = keys.iter().map(|key| receipt.sign(key).expect("signed")).collect();
    Kept { keys: KeySet::new(keys.map(|key| key.public().clone()).into()), receipt, tokens }
}

pub(crate) fn run(input: &[u8]) -> Outcome {
    let text = String::from_utf8_lossy(input);
    let key = PublicKey::parse_jwk(&text);
    if let Ok(key) = &key {
        let again = PublicKey::parse_jwk(&key.to_jwk()).expect("what is written is read");
        assert_eq!((again.thumbprint(), again.id()), (key.thumbprint(), key.id()), "another key");
    }
    let set = KeySet::parse(&text);
    if let Ok(set) = &set {
        assert_eq!(KeySet::parse(&set.to_jwks()).expect("what is written is read").to_jwks(), set.to_jwks());
    }
    KEPT.with(|kept| {
        let receipt = Receipt::verify(&text, &kept.keys);
        if let Ok(receipt) = &receipt {
            assert_eq!(receipt, &kept.receipt, "a forged receipt");
        }
        let tokens = kept.keys.verify(&text, Typ::OneOfOrNone(&["JWT", "receipt+jwt"]));
        assert_eq!(tokens.is_ok(), receipt.is_ok(), "nothing else was signed");
        let named = Unverified::parse(&text).map(|token| token.claimed_algorithm());
        Outcome::of((
            key.err().map(|e| core::mem::discriminant(&e)),
            set.is_ok(),
            receipt.is_ok(),
            tokens.err(),
            named,
        ))
    })
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let kept = kept();
    let mut seeds = texts(&[
        r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"a","use":"sig"}"#,
        r#"{"kty":"RSA","e":"AQAB","n":"AQAB","alg":"PS256","key_ops":["verify"]}"#,
        r#"{"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}"#,
        "eyJhbGciOiJub25lIn0.e30.",
        "eyJhbGciOiJFZERTQSIsImNyaXQiOlsiYjY0Il19.e30.AAAA",
    ]);
    seeds.extend(kept.tokens.iter().map(|token| token.as_bytes().to_vec()));
    seeds.push(kept.keys.to_jwks().into_bytes());
    seeds
}
