//! Whatever bytes come in: no panic, and nothing of a secret in a rejection or in the answer to it.
#![forbid(unsafe_code)]

mod support;

use countersign_dialects::raw::{Authority, RawRequest};
use countersign_dialects::{Answer, Dialect};
use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value;
use support::dialects::{NAMES, build};
use support::{NOW, answers, callers};

const CALLERS: [&str; 7] = ["nobody", "session", "sessions", "app", "hawk_app", "unknown", "erased"];
const ANSWERS: [&str; 8] = [
    "Fault",
    "SecretSet",
    "Verified -",
    "Incorrect 3",
    "Locked 60 5",
    "Locked - 5",
    "Busy",
    "Ask hour 60 60",
];
const HEADERS: [&str; 8] = [
    "token",
    "authorization",
    "content-type",
    "accept",
    "accept-language",
    "lang",
    "cookie",
    "idempotency-key",
];
const VALUES: [&str; 12] = [
    "Bearer x",
    "Hawk id=\"a\", ts=\"1\", nonce=\"n\", mac=\"m\"",
    "application/json",
    "application/x-www-form-urlencoded",
    "application/xml",
    "application/bson",
    "text/xml;q=2",
    "zh_TW",
    "\u{e9}",
    "",
    ";;;,,,",
    "a=b; c",
];

fn header_value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::sample::select(VALUES.to_vec()).prop_map(|text| text.as_bytes().to_vec()),
        vec(any::<u8>(), 0..40),
    ]
}

fn headers() -> impl Strategy<Value = HeaderMap> {
    vec((prop::sample::select(HEADERS.to_vec()), header_value()), 0..6).prop_map(|pairs| {
        let pairs = pairs.into_iter().filter_map(|(name, value)| {
            Some((HeaderName::from_static(name), HeaderValue::from_bytes(&value).ok()?))
        });
        pairs.collect()
    })
}

/// Bytes that look like what a dialect reads, with members that some dialect has, and bytes that do not.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let names = "(pass|newPass|oldPass|withdrawPassword|accessToken|walletAddr|password|username|newpwd|x)";
    let pairs = format!("({names}=[a-zA-Z0-9%+=]{{0,12}}&){{0,5}}");
    let object =
        format!("\\{{(\"{names}\":(\"[a-zA-Z0-9=\\\\u]{{0,9}}\"|[0-9]{{1,3}}|null|\\[\\]),?){{0,4}}\\}}?");
    let tags =
        "<[a-z]{1,8}( xmlns=\"[a-z:/]{0,9}\")?>(<[a-z]{1,9}>[a-z&;#0-9]{0,9}</[a-z]{1,9}>){0,4}</[a-z]{1,8}>";
    let text = |pattern: &str| {
        proptest::string::string_regex(pattern).expect("a pattern").prop_map(String::into_bytes)
    };
    prop_oneof![text(&pairs), text(&object), text(tags), vec(any::<u8>(), 0..200)]
}

fn request(dialect: &dyn Dialect, place: usize, parts: &Parts) -> RawRequest {
    let place = place % dialect.endpoints().len();
    let endpoint = &dialect.endpoints()[place];
    RawRequest {
        method: endpoint.method.clone(),
        path: endpoint.path.to_owned(),
        query: parts.query.clone(),
        headers: parts.headers.clone(),
        body: parts.body.clone(),
        endpoint: place,
        params: endpoint.path.matches('{').map(|_| parts.param.clone()).collect(),
        request_id: "req_1".to_owned(),
        authority: Authority { host: "example.com".to_owned(), port: 443 },
    }
}

#[derive(Debug)]
struct Parts {
    query: Option<String>,
    headers: HeaderMap,
    body: Vec<u8>,
    param: String,
}

fn parts() -> impl Strategy<Value = Parts> {
    let query = prop::option::of(prop_oneof![
        body().prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
        any::<String>()
    ]);
    (query, headers(), body(), any::<String>()).prop_map(|(query, headers, body, param)| Parts {
        query,
        headers,
        body,
        param,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_bytes_make_a_dialect_panic(
        place: usize,
        parts in parts(),
        caller in prop::sample::select(CALLERS.to_vec()),
        answer in prop::sample::select(ANSWERS.to_vec()),
    ) {
        for name in NAMES {
            let dialect = build(name, &Value::Null);
            let raw = request(dialect.as_ref(), place, &parts);
            let caller = callers::resolve(caller);
            let rejected = dialect.identify(&raw).err().or_else(|| dialect.open(&raw, &caller, NOW).err());
            if let Some(rejection) = &rejected {
                dialect.seal(&raw, Some(&caller), Answer::Rejected(rejection), NOW);
            }
            dialect.seal(&raw, Some(&caller), answers::told(answer, NOW).answer(), NOW);
            dialect.seal(&raw, None, answers::told(answer, NOW).answer(), NOW);
        }
    }
}

#[test]
fn no_rejection_and_no_answer_holds_a_secret() {
    const CANARY: &str = "canaryCANARY0123456789";
    let bodies = [
        format!("{{\"pass\":\"{CANARY}"),
        format!("{{\"pass\":\"{CANARY}\",\"pass\":\"{CANARY}\"}}"),
        format!("{{\"oldPass\":\"{CANARY}\",\"withdrawPasswordOrg\":\"{CANARY}!\"}}"),
        format!("{{\"withdrawPassword\":\"{CANARY}!\"}}"),
        format!("{{\"secret\":[\"{CANARY}\"],\"login\":\"{CANARY}\",\"new\":{{\"a\":\"{CANARY}\"}}}}"),
        format!("\"{CANARY}\""),
        format!("password={CANARY}&password={CANARY}x&newpassword={CANARY}"),
        format!("newpwd={CANARY}&verifycode={CANARY}&withdrawPassword={CANARY}!"),
        format!("<a><newpassword>{CANARY}</newpassword><verifycode>{CANARY}"),
    ];
    let media_types = ["application/json", "application/x-www-form-urlencoded", "application/xml"];
    for (name, body) in NAMES.iter().flat_map(|name| bodies.iter().map(move |body| (name, body))) {
        let dialect = build(name, &Value::Null);
        for (place, media_type) in (0..dialect.endpoints().len()).flat_map(|p| media_types.map(|m| (p, m))) {
            let mut headers = HeaderMap::new();
            headers.insert("content-type", HeaderValue::from_static(media_type));
            headers.insert("token", HeaderValue::from_static(CANARY));
            headers.insert("authorization", HeaderValue::from_static("Bearer canaryCANARY0123456789"));
            let query = Some(format!("accessToken={CANARY}&{body}"));
            let parts = Parts { query, headers, body: body.clone().into_bytes(), param: "x".to_owned() };
            let raw = request(dialect.as_ref(), place, &parts);
            for caller in CALLERS.map(callers::resolve) {
                let rejected =
                    dialect.identify(&raw).err().or_else(|| dialect.open(&raw, &caller, NOW).err());
                let Some(rejection) = rejected else { continue };
                let told = format!("{rejection:?}");
                let answer = dialect.seal(&raw, Some(&caller), Answer::Rejected(&rejection), NOW);
                let said = String::from_utf8_lossy(&answer.body).into_owned();
                assert!(!told.contains(CANARY) && !said.contains(CANARY), "{name}: {told} {said}");
            }
        }
    }
}
