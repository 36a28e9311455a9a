use proptest::prelude::*;

use super::*;
use crate::entropy::SeededEntropy;
use crate::jws::SigningAlgorithm;

fn any_receipt() -> impl Strategy<Value = Receipt> {
    let texts = (any::<String>(), any::<String>(), any::<String>(), any::<String>(), any::<[u8; 16]>());
    let rest = (
        prop::sample::subsequence(Method::ALL.to_vec(), 0..4),
        (0..4_000_000_000_i64, 0..4_000_000_000_i64),
        prop::option::of(0..4_000_000_000_i64),
        prop::option::of("[a-z_]{1,30}"),
    );
    (texts, rest).prop_map(
        |((audience, intent, payee, currency, account), (methods, times, seen, exemption))| Receipt {
            issuer: "countersign".to_owned(),
            audience,
            account: AccountId::from_bytes(account),
            intent,
            digest: crate::canonical::digest_text(&[7; 32]),
            amount: "12.34".to_owned(),
            currency,
            payee,
            methods,
            issued: Timestamp::from_secs(times.0),
            expires: Timestamp::from_secs(times.1),
            authenticated: seen.map(Timestamp::from_secs),
            exemption,
        },
    )
}

fn key(algorithm: SigningAlgorithm) -> SigningKey {
    SigningKey::generate(algorithm, &SeededEntropy::new(1)).expect("a key")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_receipt_comes_back_as_it_was(receipt in any_receipt(), flip in any::<prop::sample::Index>()) {
        for algorithm in SigningAlgorithm::ALL {
            let key = key(algorithm);
            let keys = KeySet::new(vec![key.public().clone()]);
            let token = receipt.sign(&key).expect("signed");
            prop_assert_eq!(Receipt::verify(&token, &keys), Ok(receipt.clone()));

            let mut changed = token.into_bytes();
            let place = flip.index(changed.len());
            changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).expect("ASCII");
            prop_assert!(Receipt::verify(&changed, &keys).is_err());
        }
    }
}

#[test]
fn expires_at_its_second() {
    let mut receipt = sample();
    receipt.expires = Timestamp::from_secs(100);
    assert!(!receipt.is_expired(Timestamp::from_millis(99_999)));
    assert!(receipt.is_expired(Timestamp::from_secs(100)));
}

/// The order and the words of the claims are what `docs/receipts.md` and every verifier out there build on.
#[test]
fn its_claims_stay_as_they_are() {
    let account = AccountId::from_bytes([7; 16]);
    let expected = [
        &*format!(r#"{{"iss":"countersign","aud":"shop","sub":"{account}","jti":"int_1","#),
        r#""digest":"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc","amount":"12.34","currency":"EUR","#,
        r#""payee":"Zoë","amr":["pin","sms"],"iat":1000,"exp":1300,"auth_time":990,"exemption":"window"}"#,
    ];
    assert_eq!(claims::write(&sample()), expected.concat());
}

#[test]
fn refuses_claims_that_are_not_a_receipt() {
    let key = key(SigningAlgorithm::EdDsa);
    let keys = KeySet::new(vec![key.public().clone()]);
    let whole = claims::write(&sample());
    let spoilt = [
        whole.replace(r#""jti":"int_1","#, ""),
        whole.replace(r#""iat":1000"#, r#""iat":1000.5"#),
        whole.replace(r#""iat":1000"#, r#""iat":"1000""#),
        whole.replace("\"acct_", "\"acc_"),
        whole.replace(r#"["pin","sms"]"#, r#"["pin","magic"]"#),
        whole.replace(r#"["pin","sms"]"#, r#""pin""#),
        whole.replace(r#""amount":"12.34""#, r#""amount":12.34"#),
        whole.replace(r#""amount":"12.34""#, r#""amount":"12.34","amount":"99.00""#),
        whole.replace(r#""exemption":"window""#, r#""exemption":null"#),
        format!("{whole} {whole}"),
        String::new(),
    ];
    for text in spoilt {
        assert_ne!(text, whole);
        let token = key.sign(TYPE, text.as_bytes()).expect("signed");
        assert_eq!(Receipt::verify(&token, &keys), Err(NotAReceipt::Claims), "{text}");
    }
    let more = whole.replace(r#"{"iss""#, r#"{"later":{"x":1},"iss""#);
    let token = key.sign(TYPE, more.as_bytes()).expect("signed");
    assert_eq!(Receipt::verify(&token, &keys), Ok(sample()), "more may be said one day");
    let other = key.sign("at+jwt", whole.as_bytes()).expect("signed");
    assert_eq!(Receipt::verify(&other, &keys), Err(NotAReceipt::Token(JwsError::Type)));
}

fn sample() -> Receipt {
    Receipt {
        issuer: "countersign".to_owned(),
        audience: "shop".to_owned(),
        account: AccountId::from_bytes([7; 16]),
        intent: "int_1".to_owned(),
        digest: crate::canonical::digest_text(&[7; 32]),
        amount: "12.34".to_owned(),
        currency: "EUR".to_owned(),
        payee: "Zoë".to_owned(),
        methods: vec![Method::Pin, Method::Sms],
        issued: Timestamp::from_secs(1000),
        expires: Timestamp::from_secs(1300),
        authenticated: Some(Timestamp::from_secs(990)),
        exemption: Some("window".to_owned()),
    }
}
