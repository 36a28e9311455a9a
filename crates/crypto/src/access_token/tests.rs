use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::entropy::SeededEntropy;
use crate::jws::{SigningAlgorithm, SigningKey};

/// The second at which tokens are read.
const NOW: i64 = 1_800_000_000;

fn rules() -> TokenRules {
    TokenRules {
        issuer: "https://login.example".to_owned(),
        audience: "pay".to_owned(),
        algorithms: Algorithm::ALL.into(),
        typ: TokenType::AccessToken,
        clients: Vec::new(),
        account_claim: "sub".to_owned(),
        session_claim: "sid".to_owned(),
        skew: Span::from_secs(60),
        life_max: Span::from_hours(24),
        max_age: None,
        acr: Vec::new(),
    }
}

fn claims() -> Value {
    json!({
        "iss": "https://login.example", "aud": "pay", "sub": "ann", "client_id": "shop", "sid": "s-1", "jti": "t-1",
        "iat": NOW - 10, "exp": NOW + 290,
    })
}

fn with(changes: &Value) -> Value {
    let mut claims = claims();
    for (name, value) in changes.as_object().expect("an object") {
        match value {
            Value::Null => drop(claims.as_object_mut().expect("an object").remove(name)),
            value => claims[name] = value.clone(),
        }
    }
    claims
}

fn key() -> SigningKey {
    SigningKey::generate(SigningAlgorithm::EdDsa, &SeededEntropy::new(1)).expect("a key")
}

fn keys() -> KeySet {
    KeySet::new(vec![key().public().clone()])
}

fn read(rules: &TokenRules, claims: &Value) -> Result<Proof, NotProof> {
    let token = key().sign("at+jwt", claims.to_string().as_bytes()).expect("signed");
    rules.read(&token, &keys(), Timestamp::from_secs(NOW))
}

#[test]
fn says_whose_token_it_is_and_until_when() {
    let proof = read(&rules(), &claims()).expect("a good token");
    let expected = Proof {
        account: "ann".to_owned(),
        subject: "ann".to_owned(),
        session: SessionName::Claim("s-1".to_owned()),
        issued_at: Timestamp::from_secs(NOW - 10),
        // With what the provider's clock may be off.
        expires_at: Timestamp::from_secs(NOW + 290 + 60),
        login_suffices: true,
    };
    assert_eq!(proof, expected);
    let by_name = TokenRules { account_claim: "name".to_owned(), ..rules() };
    assert_eq!(read(&by_name, &with(&json!({"name": "n"}))).expect("good").account, "n");
    assert_eq!(read(&by_name, &claims()), Err(NotProof::Claims), "it does not say");
    let token = read(&rules(), &with(&json!({"sid": null}))).expect("good");
    assert_eq!(token.session, SessionName::Token("t-1".to_owned()));
    let nameless = with(&json!({"sid": null, "jti": null}));
    let one = read(&rules(), &nameless).expect("good").session;
    let two =
        read(&rules(), &with(&json!({"sid": null, "jti": null, "iat": NOW - 9}))).expect("good").session;
    assert!(matches!(one, SessionName::Digest(_)) && one != two);
    let long = read(&rules(), &with(&json!({"exp": NOW + 40 * 86_400}))).expect("good");
    assert_eq!(long.expires_at, Timestamp::from_secs(NOW - 10 + 86_400 + 60), "no longer than we allow");
}

#[test]
fn each_claim_is_looked_at() {
    for (changes, expected) in [
        (json!({"iss": "https://login.example/"}), NotProof::Issuer),
        (json!({"iss": null}), NotProof::Issuer),
        (json!({"iss": ["https://login.example"]}), NotProof::Claims),
        (json!({"aud": "shop"}), NotProof::Audience),
        (json!({"aud": ["shop", "bank"]}), NotProof::Audience),
        (json!({"aud": []}), NotProof::Audience),
        (json!({"aud": null}), NotProof::Claims),
        (json!({"aud": ["pay", 1]}), NotProof::Claims),
        (json!({"aud": ["pay", "bank"], "client_id": null}), NotProof::Client),
        (json!({"azp": 1}), NotProof::Claims),
        (json!({"sub": null}), NotProof::Claims),
        (json!({"sub": ""}), NotProof::Claims),
        (json!({"sub": 7}), NotProof::Claims),
        (json!({"sid": ""}), NotProof::Claims),
        (json!({"sid": "s".repeat(1025)}), NotProof::Claims),
        (json!({"events": {}}), NotProof::Claims),
        (json!({"iat": null}), NotProof::Claims),
        (json!({"exp": null}), NotProof::Claims),
        (json!({"exp": (NOW + 290).to_string()}), NotProof::Claims),
        (json!({"exp": -1}), NotProof::Claims),
        (json!({"exp": 1e300}), NotProof::Claims),
        (json!({"auth_time": "now"}), NotProof::Claims),
        (json!({"iat": NOW + 61}), NotProof::NotYet),
        (json!({"nbf": NOW + 61}), NotProof::NotYet),
        (json!({"exp": NOW - 60}), NotProof::Expired),
        (json!({"iat": NOW - 86_400 - 60}), NotProof::Expired),
        // What has expired is told from what was never good only where nothing else is wrong.
        (json!({"exp": NOW - 60, "aud": "shop"}), NotProof::Audience),
    ] {
        assert_eq!(read(&rules(), &with(&changes)), Err(expected), "{changes}");
    }
    for changes in [
        json!({"aud": ["bank", "pay"]}),
        json!({"aud": ["pay"], "client_id": null}),
        json!({"iat": NOW + 60}),
        json!({"nbf": NOW + 60}),
        json!({"exp": NOW - 59}),
        json!({"exp": 1_800_000_000.5}),
    ] {
        assert!(read(&rules(), &with(&changes)).is_ok(), "{changes}");
    }
}

#[test]
fn a_claim_that_is_null_is_not_there() {
    let mut nulls = claims();
    for name in ["sid", "nbf", "azp", "acr", "auth_time"] {
        nulls[name] = Value::Null;
    }
    assert_eq!(read(&rules(), &nulls).expect("good").session, SessionName::Token("t-1".to_owned()));
    for name in ["iss", "aud", "sub", "iat", "exp"] {
        let mut nulls = claims();
        nulls[name] = Value::Null;
        assert!(read(&rules(), &nulls).is_err(), "{name}");
    }
}

#[test]
fn clients_that_are_named_are_the_only_ones() {
    let shops = TokenRules { clients: vec!["shop".to_owned()], ..rules() };
    assert!(read(&shops, &claims()).is_ok());
    assert!(read(&shops, &with(&json!({"azp": "shop", "client_id": "bank"}))).is_ok());
    for changes in [json!({"client_id": "bank"}), json!({"azp": "bank"}), json!({"client_id": null})] {
        assert_eq!(read(&shops, &with(&changes)), Err(NotProof::Client), "{changes}");
    }
}

#[test]
fn a_login_suffices_if_it_is_said_to() {
    let age = TokenRules { max_age: Some(Span::from_secs(300)), ..rules() };
    let how = TokenRules { acr: vec!["urn:strong".to_owned()], ..rules() };
    for (rules, changes, suffices) in [
        (&age, json!({}), false),
        (&age, json!({"auth_time": NOW - 360}), true),
        (&age, json!({"auth_time": NOW - 361}), false),
        (&how, json!({}), false),
        (&how, json!({"acr": "urn:weak"}), false),
        (&how, json!({"acr": "urn:strong"}), true),
    ] {
        let proof = read(rules, &with(&changes)).expect("a good token");
        assert_eq!(proof.login_suffices, suffices, "{changes}");
    }
}

#[test]
fn signature_type_and_algorithm_are_as_the_rules_say() {
    let now = Timestamp::from_secs(NOW);
    let text = claims().to_string();
    let sign = |typ: &str| key().sign(typ, text.as_bytes()).expect("signed");
    let any = TokenRules { typ: TokenType::Any, ..rules() };
    for (rules, typ, expected) in [
        (rules(), "JWT", Err(NotProof::Token(JwsError::Type))),
        (rules(), "application/at+jwt", Ok(())),
        (rules(), "AT+JWT", Ok(())),
        (rules(), "receipt+jwt", Err(NotProof::Token(JwsError::Type))),
        (any.clone(), "JWT", Ok(())),
        (any.clone(), "logout+jwt", Err(NotProof::Token(JwsError::Type))),
    ] {
        assert_eq!(rules.read(&sign(typ), &keys(), now).map(drop), expected, "{typ}");
    }
    let others = TokenRules { algorithms: vec![Algorithm::Rs256], ..rules() };
    let refused = others.read(&sign("at+jwt"), &keys(), now);
    assert_eq!(refused, Err(NotProof::Token(JwsError::Algorithm)));
    let stranger = SigningKey::generate(SigningAlgorithm::Es256, &SeededEntropy::new(2)).expect("a key");
    let forged = stranger.sign("at+jwt", text.as_bytes()).expect("signed");
    assert_eq!(rules().read(&forged, &keys(), now), Err(NotProof::Token(JwsError::UnknownKey)));
    assert_eq!(
        rules().read(&sign("at+jwt"), &KeySet::default(), now).map(drop),
        Err(NotProof::Token(JwsError::UnknownKey))
    );
    assert!(looks_like_one(&sign("at+jwt")) && !looks_like_one("cst_abc") && !looks_like_one("a.b"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Whatever stands in one claim, a token that is taken was made by the issuer, for us, and is good now.
    #[test]
    fn no_claim_can_be_replaced_by_anything_strange(
        name in prop::sample::select(vec!["iss", "aud", "sub", "azp", "iat", "exp", "nbf", "sid", "auth_time", "acr", "new"]),
        value in strange(),
    ) {
        let mut claims = claims();
        claims[name] = value.clone();
        if let Ok(proof) = read(&rules(), &claims) {
            let now = Timestamp::from_secs(NOW);
            prop_assert!(proof.issued_at <= now + rules().skew && now < proof.expires_at);
            prop_assert!(proof.expires_at <= proof.issued_at + rules().life_max + rules().skew);
            prop_assert!(name != "iss" || value == json!("https://login.example"));
            prop_assert!(name != "aud" || value.to_string().contains("\"pay\""));
            prop_assert!(name != "sub" || value == json!(proof.account));
        }
    }
}

fn strange() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (NOW - 100..NOW + 100).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        Just(json!("pay")),
    ];
    leaf.prop_recursive(3, 8, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(".{0,4}", inner, 0..3).prop_map(|map| json!(map)),
        ]
    })
}
