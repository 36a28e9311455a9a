//! Which problems free an idempotency key, so that the same request may be sent again, and which are its answer for good.
#![forbid(unsafe_code)]

mod support;

use std::collections::BTreeSet;

use countersign_dialects::native::{Native, Settings};
use countersign_dialects::raw::{Authority, RawRequest};
use countersign_dialects::{Answer, Dialect};
use http::{HeaderMap, Method};
use serde_json::Value;
use support::NOW;
use support::answers::{Told, told};

/// What a problem is to an idempotency key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Key {
    /// It is the answer to the key from then on.
    Keeps,
    /// Nothing was charged or changed: the key is free.
    IsFree,
}
use Key::{IsFree, Keeps};

/// Each refusal, the problem that it is told as, and what that is to the key.
const REFUSALS: [(&str, &str, Key); 50] = [
    ("UnknownAccount", "not_found", Keeps),
    ("NotFound", "not_found", Keeps),
    ("UnknownApp", "not_found", Keeps),
    ("DevOnly", "not_found", Keeps),
    ("NotSet", "secret_not_set", Keeps),
    ("AlreadySet", "secret_already_set", Keeps),
    ("Incorrect 4", "secret_incorrect", Keeps),
    ("Incorrect 0 900", "secret_incorrect", Keeps),
    ("Locked 900 5", "secret_locked", Keeps),
    ("Locked - 5", "secret_locked", Keeps),
    ("TooShort 6", "secret_too_short", Keeps),
    ("TooLong 64", "secret_too_long", Keeps),
    ("TooCommon", "secret_too_common", Keeps),
    ("SameAsLogin", "secret_same_as_login", Keeps),
    ("Unchanged", "secret_unchanged", Keeps),
    ("DigestNotAccepted", "internal_error", Keeps),
    ("WalletConflict", "internal_error", Keeps),
    ("AppSecretIncorrect", "internal_error", Keeps),
    ("NoLiveSession", "internal_error", Keeps),
    ("CodeIncorrect 4", "code_incorrect", Keeps),
    ("CodeExpired", "code_expired", Keeps),
    ("NoMobile", "invalid_parameter", Keeps),
    ("IdentifierTaken", "identifier_taken", Keeps),
    ("UrlNotAllowed", "invalid_parameter", Keeps),
    ("Disabled", "secret_disabled", Keeps),
    ("NotOnHold", "not_on_hold", Keeps),
    ("KeyTooYoung", "key_too_young", Keeps),
    ("UnknownCurrency", "invalid_parameter", Keeps),
    ("NotAnAmount", "invalid_parameter", Keeps),
    ("TooFine", "invalid_parameter", Keeps),
    ("Consumed", "intent_consumed", Keeps),
    ("Voided locked", "intent_voided", Keeps),
    ("AlreadyApproved", "intent_already_approved", Keeps),
    ("Cancelled", "intent_cancelled", Keeps),
    ("Expired", "intent_expired", Keeps),
    ("DigestMismatch", "digest_mismatch", Keeps),
    ("FactorsIncorrect", "factors_incorrect", Keeps),
    ("FactorsIncorrect last", "factors_incorrect", Keeps),
    ("Busy", "rate_limited", IsFree),
    ("RateLimited 60", "rate_limited", IsFree),
    ("Overloaded 1", "overloaded", IsFree),
    ("Unavailable 2", "unavailable", IsFree),
    ("ReadOnly 10", "read_only", IsFree),
    ("OnHold 60", "payments_on_hold", IsFree),
    ("TooManyWebhooks", "webhook_limit", IsFree),
    ("NotApproved", "intent_not_approved", IsFree),
    ("SecretRequired no_window", "secret_required", IsFree),
    ("CodeRequired amount", "code_required", IsFree),
    ("OverLimit day_amount", "limit_exceeded", IsFree),
    ("OverLimit amount", "limit_exceeded", IsFree),
];

/// Problems that no command was carried out for: of the request itself, which is turned away before its key is looked at, of the
/// key, or of a caller who has to log in anew. A fault of ours is none of them; its key stays claimed until its lease ends.
const AT_THE_DOOR: [&str; 9] = [
    "malformed_request",
    "unauthenticated",
    "forbidden",
    "method_not_allowed",
    "body_too_large",
    "unsupported_media_type",
    "idempotency_mismatch",
    "idempotency_conflict",
    "insufficient_user_authentication",
];

#[test]
fn every_problem_is_the_answer_to_its_key_or_frees_it() {
    let native = Native::new(Settings::default(), true);
    let raw = RawRequest {
        method: Method::POST,
        path: "/v1/webhooks".to_owned(),
        query: None,
        headers: HeaderMap::new(),
        body: Vec::new(),
        endpoint: usize::MAX,
        params: Vec::new(),
        request_id: "req_1".to_owned(),
        authority: Authority { host: "example.com".to_owned(), port: 443 },
    };
    let mut codes: BTreeSet<String> = AT_THE_DOOR.map(str::to_owned).into();
    for (words, code, key) in REFUSALS {
        let Told::Refused(refusal) = told(words, NOW) else { panic!("{words} is no refusal") };
        let body = native.seal(&raw, None, Answer::Refused(&refusal), NOW).body;
        let told: Value = serde_json::from_slice(&body).expect("a problem");
        let found = if refusal.is_for_now() { IsFree } else { Keeps };
        assert_eq!((told["code"].as_str(), found), (Some(code), key), "{words}");
        codes.insert(code.to_owned());
    }
    let document = serde_json::to_value(native.openapi()).expect("a document");
    let known = &document["components"]["schemas"]["native.Problem"]["properties"]["code"]["enum"];
    let known = known.as_array().expect("codes").iter().filter_map(Value::as_str);
    assert_eq!(codes, known.map(str::to_owned).collect());
}
