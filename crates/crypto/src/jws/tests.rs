use countersign_domain::secret::SecretBytes;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::entropy::SeededEntropy;

const ANY: Typ<'_> = Typ::OneOfOrNone(&["JWT"]);

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../tests/vectors/jws.json")).expect("a vector file is JSON")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

fn key_of(value: &Value) -> PublicKey {
    PublicKey::parse_jwk(&value.to_string()).expect("a key")
}

fn generated(algorithm: SigningAlgorithm) -> SigningKey {
    SigningKey::generate(algorithm, &SeededEntropy::new(1)).expect("a key")
}

fn verify(token: &str, key: &PublicKey) -> Result<Verified, JwsError> {
    Unverified::parse(token)?.verify(key, ANY)
}

/// A token with that header, rightly signed.
fn signed(key: &SigningKey, header: &str) -> String {
    key.sign_parts(header.as_bytes(), b"{}").expect("signed")
}

#[test]
fn verifies_what_the_standards_and_openssl_signed() {
    let file = vectors();
    for vector in file["standards"].as_array().expect("a list") {
        let (key, token) = (key_of(&vector["key"]), text(&vector["token"]));
        assert!(verify(token, &key).is_ok(), "{}", vector["name"]);
        let (message, _) = token.rsplit_once('.').expect("parts");
        assert!(message.ends_with(&encode(&verify(token, &key).expect("verified").payload)));
        for other in file["standards"].as_array().expect("a list") {
            let other = key_of(&other["key"]);
            assert!(other == key || verify(token, &other).is_err(), "{}", vector["name"]);
        }
    }
    for vector in file["refused"].as_array().expect("a list") {
        let verified = verify(text(&vector["token"]), &key_of(&vector["key"]));
        assert_eq!(verified, Err(JwsError::Signature), "{}", vector["name"]);
    }
}

/// RFC 8037, appendix A.1 to A.4: the seed gives the public key, the thumbprint and the very signature.
#[test]
fn signs_as_rfc_8037_does() {
    let file = vectors();
    let vector = &file["standards"][0];
    let seed = decode(text(&file["rfc8037_seed"])).expect("base64url");
    let key = SigningKey::open(SigningAlgorithm::EdDsa, SecretBytes::new(seed)).expect("a key");
    assert_eq!(
        key.public().required_members(),
        r#"{"crv":"Ed25519","kty":"OKP","x":"X"}"#.replace("\"X\"", &vector["key"]["x"].to_string())
    );
    assert_eq!(key.id(), text(&vector["thumbprint"]));
    let token = key.sign_parts(br#"{"alg":"EdDSA"}"#, b"Example of Ed25519 signing").expect("signed");
    assert_eq!(token, text(&vector["token"]));
}

#[test]
fn thumbprints_are_those_of_rfc_7638() {
    let file = vectors();
    let key = key_of(&file["rfc7638_key"]);
    assert_eq!(key.thumbprint_text(), text(&file["rfc7638_thumbprint"]));
    assert_eq!(key.id(), Some("2011-04-29"));
    assert_eq!(key.algorithms(), [Algorithm::Rs256]);
}

#[test]
fn keys_come_back_as_they_were() {
    for algorithm in SigningAlgorithm::ALL {
        let key = generated(algorithm);
        assert_eq!(key.algorithm(), algorithm);
        let again = SigningKey::open(algorithm, key.expose_private().clone()).expect("the same key");
        assert_eq!(again.public(), key.public());
        assert!(verify(&again.sign("JWT", b"x").expect("signed"), key.public()).is_ok());
        let written = KeySet::new(vec![key.public().clone()]).to_jwks();
        let read = KeySet::parse(&written).expect("a set");
        assert_eq!(read.keys()[0].id(), Some(key.id()));
        assert_eq!(read.keys()[0].algorithms(), key.public().algorithms());
        assert_eq!(read.to_jwks(), written);
        for other in SigningAlgorithm::ALL.into_iter().filter(|other| *other != algorithm) {
            assert!(SigningKey::open(other, key.expose_private().clone()).is_err());
        }
    }
    let file = vectors();
    let rsa = key_of(&file["standards"][2]["key"]);
    assert_eq!(PublicKey::parse_jwk(&rsa.to_jwk()), Ok(rsa));
}

#[test]
fn refuses_keys_that_are_none() {
    let file = vectors();
    let okp = &file["standards"][0]["key"];
    let rsa = &file["standards"][2]["key"];
    let with = |key: &Value, name: &str, value: Value| {
        let mut key = key.clone();
        key[name] = value;
        key
    };
    let cases = [
        (with(okp, "d", json!("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")), NotAKey::Private),
        (json!({"kty": "oct", "k": "AAAA"}), NotAKey::Private),
        (json!({"kty": "oct"}), NotAKey::Unsupported),
        (with(okp, "crv", json!("X25519")), NotAKey::Unsupported),
        (with(okp, "crv", json!("Ed448")), NotAKey::Unsupported),
        (with(okp, "alg", json!("ES256")), NotAKey::Unsupported),
        (with(okp, "alg", json!("none")), NotAKey::Unsupported),
        (with(okp, "alg", json!(1)), NotAKey::Member),
        (with(okp, "use", json!("enc")), NotAKey::Purpose),
        (with(okp, "key_ops", json!(["sign"])), NotAKey::Purpose),
        (with(okp, "key_ops", json!("verify")), NotAKey::Purpose),
        (with(okp, "x", json!("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURp")), NotAKey::Member),
        (with(okp, "x", json!("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo=")), NotAKey::Member),
        (with(okp, "x", json!("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcH")), NotAKey::Member),
        (with(okp, "kid", json!("k".repeat(257))), NotAKey::Member),
        (with(rsa, "alg", json!("HS256")), NotAKey::Unsupported),
        (with(rsa, "alg", json!("RS512")), NotAKey::Unsupported),
        (with(rsa, "e", json!("AQ")), NotAKey::Unsupported),
        (with(rsa, "e", json!("AQAC")), NotAKey::Member),
        (with(rsa, "e", json!("AAEAAQ")), NotAKey::Member),
        (with(rsa, "n", json!("AAEC")), NotAKey::Member),
        (file["short_key"].clone(), NotAKey::Unsupported),
        (json!([okp]), NotAKey::Json),
    ];
    for (key, expected) in cases {
        assert_eq!(PublicKey::parse_jwk(&key.to_string()), Err(expected), "{key}");
    }
    let twice = okp.to_string().replace('{', r#"{"kty":"OKP","#);
    assert_eq!(PublicKey::parse_jwk(&twice), Err(NotAKey::Json));
}

#[test]
fn a_set_keeps_the_keys_that_can_verify() {
    let file = vectors();
    let okp = &file["standards"][0]["key"];
    let set = json!({"keys": [file["short_key"], {"kty": "oct", "k": "AAAA"}, okp, {}], "more": 1});
    let keys = KeySet::parse(&set.to_string()).expect("a set");
    assert_eq!(keys.keys(), [key_of(okp)]);
    let token = text(&file["standards"][0]["token"]);
    assert!(keys.verify(token, ANY).is_ok(), "the only key for the algorithm");
    let both = json!({"keys": [okp, {"kty": "OKP", "crv": "Ed25519", "x": encode(&[9; 32])}]});
    let both = KeySet::parse(&both.to_string()).expect("a set");
    assert_eq!(both.verify(token, ANY), Err(JwsError::UnknownKey), "nothing is tried");

    for text in ["[]", r#"{"keys":{}}"#, r#"{"keys":[1]}"#, r#"{"keys":[],"keys":[]}"#, "{}", ""] {
        assert_eq!(KeySet::parse(text), Err(NotASet::Json), "{text}");
    }
    let many = json!({"keys": vec![okp; MOST_KEYS + 1]}).to_string();
    assert_eq!(KeySet::parse(&many), Err(NotASet::TooLong));
    assert_eq!(KeySet::parse(&" ".repeat(LONGEST_SET + 1)), Err(NotASet::TooLong));
}

/// Each of these is rightly signed.
#[test]
fn refuses_headers_that_ask_for_more_or_are_not_clear() {
    let key = generated(SigningAlgorithm::EdDsa);
    let cases = [
        (r#"{"alg":"none"}"#, JwsError::Algorithm),
        (r#"{"alg":"None"}"#, JwsError::Algorithm),
        (r#"{"alg":"HS256"}"#, JwsError::Algorithm),
        (r#"{"alg":"eddsa"}"#, JwsError::Algorithm),
        (r#"{"alg":"ES256"}"#, JwsError::Algorithm),
        (r#"{"alg":["EdDSA"]}"#, JwsError::Header),
        (r#"{"typ":"JWT"}"#, JwsError::Header),
        (r#"{"alg":"EdDSA","alg":"EdDSA"}"#, JwsError::Header),
        (r#"{"alg":"EdDSA","kid":1}"#, JwsError::Header),
        (r#"{"alg":"EdDSA","typ":null}"#, JwsError::Header),
        (r#"{"alg":"EdDSA","crit":["b64"],"b64":false}"#, JwsError::Critical),
        (r#"{"alg":"EdDSA","crit":["exp"],"exp":1}"#, JwsError::Critical),
        (r#"{"alg":"EdDSA","crit":[]}"#, JwsError::Critical),
        (r#"{"alg":"EdDSA","typ":"receipt+jwt"}"#, JwsError::Type),
        (r#"{"alg":"EdDSA"} "x""#, JwsError::Header),
        (r#"["EdDSA"]"#, JwsError::Header),
    ];
    for (header, expected) in cases {
        assert_eq!(verify(&signed(&key, header), key.public()), Err(expected), "{header}");
    }
    for header in
        [r#"{"alg":"EdDSA","typ":"application/jwt"}"#, r#"{"alg":"EdDSA","jku":"https://evil.example"}"#]
    {
        assert!(verify(&signed(&key, header), key.public()).is_ok(), "{header}");
    }
    let untyped = signed(&key, r#"{"alg":"EdDSA"}"#);
    let strict =
        Unverified::parse(&untyped).and_then(|token| token.verify(key.public(), Typ::Exactly("JWT")));
    assert_eq!(strict, Err(JwsError::Type));
}

/// A public key is public: an HMAC with it must never verify, and no key verifies another's algorithm.
#[test]
fn the_key_decides_the_algorithm() {
    let (eddsa, es256) = (generated(SigningAlgorithm::EdDsa), generated(SigningAlgorithm::Es256));
    let token = eddsa.sign("JWT", b"x").expect("signed");
    assert_eq!(verify(&token, es256.public()), Err(JwsError::Algorithm));
    let file = vectors();
    let mut ps_only = file["standards"][2]["key"].clone();
    ps_only["alg"] = json!("PS256");
    assert_eq!(verify(text(&file["standards"][2]["token"]), &key_of(&ps_only)), Err(JwsError::Algorithm));
}

#[test]
fn refuses_other_forms_of_the_same_bytes() {
    let key = generated(SigningAlgorithm::EdDsa);
    let token = key.sign("JWT", b"abcd").expect("signed");
    let parts: Vec<_> = token.split('.').collect();
    let (header, payload, signature) = (parts[0], parts[1], parts[2]);
    // 64 bytes leave four bits of the last character without a meaning.
    let last = signature.chars().last().expect("a character");
    let alphabet: Vec<_> = ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(['-', '_']).collect();
    let place = alphabet.iter().position(|c| *c == last).expect("of the alphabet");
    let spoilt = format!("{}{}", &signature[..signature.len() - 1], alphabet[place + 1]);
    let cases = [
        format!("{header}.{payload}.{spoilt}"),
        format!("{header}.{payload}.{signature}="),
        format!("{header}.{payload}.{signature}=="),
        format!("{header}.{payload}.{signature}\n"),
        format!(" {token}"),
        format!("{header}.{payload}.{signature}."),
        format!("{header}.{payload}.{signature}.{signature}"),
        format!("{header}.{payload}."),
        format!("{header}.{payload}"),
        format!("{header}..{signature}.{payload}"),
        "..".to_owned(),
        ".".to_owned(),
        String::new(),
    ];
    for case in cases {
        assert_eq!(verify(&case, key.public()), Err(JwsError::Form), "{case}");
    }
    assert_eq!(verify(&"A".repeat(LONGEST_TOKEN + 1), key.public()), Err(JwsError::TooLong));
    let long_header = signed(&key, &format!(r#"{{"alg":"EdDSA","x":"{}"}}"#, "x".repeat(4096)));
    assert_eq!(verify(&long_header, key.public()), Err(JwsError::TooLong));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn only_the_very_token_verifies(
        payload in prop::collection::vec(any::<u8>(), 0..200),
        place in any::<prop::sample::Index>(),
        byte in b' '..=b'~',
    ) {
        for algorithm in SigningAlgorithm::ALL {
            let key = generated(algorithm);
            let token = key.sign("JWT", &payload).expect("signed");
            let verified = verify(&token, key.public());
            prop_assert_eq!(verified, Ok(Verified { payload: payload.clone(), algorithm: algorithm.algorithm() }));
            let mut changed = token.clone().into_bytes();
            let place = place.index(changed.len());
            changed[place] = byte;
            let changed = String::from_utf8(changed).expect("ASCII");
            prop_assert!(changed == token || verify(&changed, key.public()).is_err());
        }
    }

    #[test]
    fn nothing_that_is_read_panics(text in any::<String>(), rest in "[A-Za-z0-9_.-]{0,80}") {
        let key = generated(SigningAlgorithm::EdDsa);
        prop_assert!(verify(&text, key.public()).is_err());
        prop_assert!(verify(&rest, key.public()).is_err());
        prop_assert!(PublicKey::parse_jwk(&text).is_err());
        prop_assert!(KeySet::parse(&text).is_err());
    }
}
