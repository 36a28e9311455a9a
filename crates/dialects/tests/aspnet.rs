//! What holds for any bytes at all, in both dialects that speak as ASP.NET Web API does.
#![forbid(unsafe_code)]

mod support;

use countersign_crypto::hawk::{
    Algorithm, Credentials, HawkHeader, Request, Stamp, authorization_header, confirm_server_authorization,
};
use countersign_dialects::raw::{Authority, RawRequest, RawResponse};
use countersign_dialects::rejection::Rejection;
use countersign_dialects::{Answer, Dialect, flowmeter, tour};
use countersign_domain::answer::Refusal;
use countersign_domain::secret::SecretText;
use countersign_domain::time::Span;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use proptest::prelude::*;
use serde_json::{Value, json};
use support::answers::told;
use support::{NOW, callers, dialects};

const DIALECTS: [&str; 2] = ["tour", "flowmeter"];
const CALLERS: [&str; 6] = ["nobody", "sessions", "two_sessions", "no_sessions", "hawk_app", "unknown"];
/// Every status that the OpenAPI document names.
const STATUSES: [u16; 8] = [200, 400, 401, 405, 413, 415, 500, 503];
const MEDIA: [&str; 7] = [
    "application/json",
    "text/xml",
    "application/xml; charset=utf-16",
    "application/x-www-form-urlencoded",
    "application/bson",
    "application/json; charset=\"utf-16\"",
    "text/plain",
];

fn request(body: Vec<u8>, headers: &[(HeaderName, &[u8])]) -> RawRequest {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_bytes(value) {
            map.append(name, value);
        }
    }
    RawRequest {
        method: Method::POST,
        path: "/api/Agent/Ent/Password/ResetPwd".to_owned(),
        query: None,
        headers: map,
        body,
        endpoint: 0,
        params: Vec::new(),
        request_id: "req_property".to_owned(),
        authority: Authority { host: "example.com".to_owned(), port: 80 },
    }
}

/// Goes through the whole door with every caller, and checks every answer that comes of it.
fn walk(dialect: &dyn Dialect, raw: &RawRequest) {
    if let Err(rejection) = dialect.identify(raw) {
        check(&dialect.seal(raw, None, Answer::Rejected(&rejection), NOW));
    }
    for name in CALLERS {
        let caller = callers::resolve(name);
        if let Err(rejection) = dialect.open(raw, &caller, NOW) {
            check(&dialect.seal(raw, Some(&caller), Answer::Rejected(&rejection), NOW));
        }
        check(&dialect.seal(raw, Some(&caller), told("SecretReset", NOW).answer(), NOW));
        check(&dialect.seal(raw, Some(&caller), Answer::Refused(&Refusal::Busy), NOW));
    }
}

/// An answer has a documented status, and is what its `Content-Type` says.
fn check(answer: &RawResponse) {
    assert!(STATUSES.contains(&answer.status.as_u16()), "{}", answer.status);
    let media = answer.headers[header::CONTENT_TYPE].to_str().expect("text");
    match media.strip_suffix("; charset=utf-8") {
        Some("application/json" | "text/json") => {
            let body: Value = serde_json::from_slice(&answer.body).expect("JSON");
            assert!(body.get("errcode").is_some() || body.get("Message").is_some(), "{body}");
        }
        Some("application/xml" | "text/xml") => {
            let body = core::str::from_utf8(&answer.body).expect("text");
            let mut reader = quick_xml::Reader::from_str(body);
            while reader.read_event().expect("XML") != quick_xml::events::Event::Eof {}
        }
        Some("application/bson") => {
            let body = bson::raw::RawDocument::from_bytes(&answer.body).expect("BSON");
            assert!(body.into_iter().all(|element| element.is_ok()));
        }
        other => panic!("{other:?} is not documented"),
    }
}

/// Valid bodies of both dialects in every format, to be damaged.
fn seeds() -> Vec<(usize, Vec<u8>)> {
    let tour = json!({ "newpassword": "AAAA", "verifycode": "1", "mobile": "5678", "username": "tester" });
    let meter = json!({ "agentid": 1, "usercode": 2, "verifycode": "1", "newpwd": "AAAA" });
    let xml = "<AgentResetPwdParm xmlns=\"http://schemas.datacontract.org/2004/07/DigitalScience.DataTransfer.\
               Flowmeter\"><agentid>1</agentid><newpwd>&lt;<![CDATA[x]]></newpwd></AgentResetPwdParm>";
    let to_bson = |value: &Value| {
        let document: bson::Document = value.as_object().expect("an object").iter().fold(
            bson::Document::new(),
            |mut document, (name, value)| {
                document.insert(name, value.as_str().map_or(bson::Bson::Int64(1), bson::Bson::from));
                document
            },
        );
        document.to_vec().expect("BSON")
    };
    vec![
        (0, tour.to_string().into_bytes()),
        (0, meter.to_string().into_bytes()),
        (1, xml.as_bytes().to_vec()),
        (3, b"newpassword=AA%2b+&verifycode=1&mobile=5678&username=%e7%94%a8".to_vec()),
        (4, to_bson(&tour)),
        (4, to_bson(&meter)),
    ]
}

proptest! {
    #[test]
    fn any_bytes_are_answered(
        body in proptest::collection::vec(any::<u8>(), 0..300),
        media in 0..MEDIA.len(),
        accept in "[ -~]{0,40}",
        authorization in "(Hawk |hawk\t)?[ -~]{0,80}",
        language in "[ -~]{0,12}",
    ) {
        let headers: [(HeaderName, &[u8]); 4] = [
            (header::CONTENT_TYPE, MEDIA[media].as_bytes()),
            (header::ACCEPT, accept.as_bytes()),
            (header::AUTHORIZATION, authorization.as_bytes()),
            (header::ACCEPT_LANGUAGE, language.as_bytes()),
        ];
        for dialect in DIALECTS {
            let dialect = dialects::build(dialect, &Value::Null);
            walk(&*dialect, &request(body.clone(), &headers));
            walk(&*dialect, &request(body.clone(), &headers[..2]));
        }
    }

    #[test]
    fn a_damaged_body_is_answered(
        seed in 0..6_usize,
        damage in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<Option<proptest::sample::Index>>(),
    ) {
        let (media, mut body) = seeds().swap_remove(seed);
        for (place, byte) in damage {
            let place = place.index(body.len());
            body[place] = byte;
        }
        if let Some(cut) = cut {
            body.truncate(cut.index(body.len()));
        }
        // Signed, so that `flowmeter` reads it too.
        let raw = signed(body, MEDIA[media]);
        for dialect in DIALECTS {
            walk(&*dialects::build(dialect, &Value::Null), &raw);
        }
    }

    #[test]
    fn what_a_caller_sent_is_in_no_rejection(secret in "[a-zA-Z0-9]{12,20}", media in 0..5_usize) {
        let bodies = [
            format!("{{\"newpassword\":[\"{secret}\"],\"verifycode\":\"{secret}\",\"usercode\":\"{secret}\"}}"),
            format!("<x>{secret}</x>"),
            format!("<{secret}>"),
            format!("newpassword={secret}&verifycode={secret}"),
            secret.clone(),
        ];
        let raw = signed(bodies[media].clone().into_bytes(), MEDIA[media]);
        for dialect in DIALECTS {
            let dialect = dialects::build(dialect, &Value::Null);
            for caller in [callers::resolve("hawk_app"), callers::resolve("sessions")] {
                let opened = dialect.open(&raw, &caller, NOW);
                let rejection = opened.err().map(|rejection| format!("{rejection:?}")).unwrap_or_default();
                prop_assert!(!rejection.contains(&secret), "{rejection}");
            }
        }
    }
}

/// With a HAWK header of the app that `callers.rs` knows.
fn signed(body: Vec<u8>, media: &'static str) -> RawRequest {
    let key = SecretText::new(callers::HAWK_KEY.to_owned());
    let credentials = Credentials { id: "app", key: &key, algorithm: Algorithm::Sha256 };
    let stamp = Stamp { now: NOW, nonce: "n", ext: None, app: None, dlg: None };
    let raw = request(body, &[(header::CONTENT_TYPE, media.as_bytes())]);
    let value = authorization_header(&credentials, &covered(&raw, media), &stamp).expect("plain attributes");
    let mut raw = request(raw.body, &[(header::CONTENT_TYPE, media.as_bytes())]);
    raw.headers.insert(header::AUTHORIZATION, HeaderValue::from_str(&value).expect("ASCII"));
    raw
}

fn covered<'a>(raw: &'a RawRequest, media: &'a str) -> Request<'a> {
    Request {
        method: "POST",
        resource: &raw.path,
        host: "example.com",
        port: 80,
        content_type: Some(media),
        body: &raw.body,
    }
}

#[test]
fn a_client_confirms_every_answer_to_a_good_mac() {
    let dialect = dialects::build("flowmeter", &Value::Null);
    let caller = callers::resolve("hawk_app");
    let key = SecretText::new(callers::HAWK_KEY.to_owned());
    let credentials = Credentials { id: "app", key: &key, algorithm: Algorithm::Sha256 };
    let raw = signed(b"{}".to_vec(), MEDIA[0]);
    let sent = raw.headers[header::AUTHORIZATION].to_str().expect("ASCII");
    let sent = HawkHeader::parse(sent).expect("a header of ours");
    for name in ["SecretReset", "TooCommon", "Overloaded 3", "Fault", "BodyTooLarge 1", "Replayed"] {
        let answer = dialect.seal(&raw, Some(&caller), told(name, NOW).answer(), NOW);
        let media = answer.headers[header::CONTENT_TYPE].to_str().ok();
        let proof = answer.headers["server-authorization"].to_str().expect("ASCII");
        let request = covered(&raw, MEDIA[0]);
        assert!(
            confirm_server_authorization(&credentials, &request, &sent, proof, media, &answer.body),
            "{name}"
        );
    }
}

#[test]
fn a_second_authorization_beside_hawk_is_refused() {
    for dialect in DIALECTS {
        let dialect = dialects::build(dialect, &Value::Null);
        let mut raw = signed(b"{}".to_vec(), MEDIA[0]);
        raw.headers.append(header::AUTHORIZATION, HeaderValue::from_static("Bearer abc"));
        for caller in ["hawk_app", "sessions"] {
            let opened = dialect.open(&raw, &callers::resolve(caller), NOW);
            assert!(matches!(opened.err(), Some(Rejection::Hawk(_))));
        }
        assert!(matches!(dialect.identify(&raw).err(), Some(Rejection::Hawk(_))));
    }
}

#[test]
fn hawk_is_good_only_once_and_says_for_what() {
    let dialect = dialects::build("flowmeter", &Value::Null);
    let body = json!({ "agentid": 1, "usercode": 2, "verifycode": "493817",
        "newpwd": "8Pda+AF6UgZs6EUPVJjjfDKYxufg3aBIWRV2mtOYd+BjjqBNl/jOnw==" });
    let raw = signed(body.to_string().into_bytes(), MEDIA[0]);
    let opened = dialect.open(&raw, &callers::resolve("hawk_app"), NOW);
    let once = opened.ok().and_then(|opened| opened.once).expect("a proof that is good only once");
    assert_eq!((once.credential.as_str(), once.nonce.as_str(), once.ts), ("app", "n", NOW));
    assert_eq!(once.skew, Span::from_secs(60));
}

#[test]
fn a_good_proof_is_used_up_by_a_body_that_is_refused() {
    let dialect = dialects::build("flowmeter", &Value::Null);
    let (raw, caller) = (signed(b"{}".to_vec(), MEDIA[0]), callers::resolve("hawk_app"));
    assert!(matches!(dialect.open(&raw, &caller, NOW).err(), Some(Rejection::Invalid(_))));
    assert_eq!(dialect.used_up(&raw, &caller, NOW).map(|once| once.nonce).as_deref(), Some("n"));
    for stranger in ["nobody", "sessions"] {
        assert!(dialect.used_up(&raw, &callers::resolve(stranger), NOW).is_none(), "{stranger}");
    }
}

#[test]
fn the_document_names_every_status_and_media_type() {
    for name in DIALECTS {
        let dialect = dialects::build(name, &Value::Null);
        let document = serde_json::to_value(dialect.openapi()).expect("JSON");
        let operation = &document["paths"][dialect.endpoints()[0].path]["post"];
        assert!(operation["operationId"].as_str().is_some_and(|id| id.starts_with(name)));
        assert_eq!(operation["tags"], json!([name]));
        let responses = operation["responses"].as_object().expect("responses");
        let statuses: Vec<u16> = responses.keys().map(|status| status.parse().expect("a status")).collect();
        assert_eq!(statuses, STATUSES);
        for response in responses.values() {
            let content = response["content"].as_object().expect("content");
            for media in ["application/json", "text/json", "application/xml", "text/xml", "application/bson"]
            {
                assert!(content.contains_key(media), "{media}");
            }
        }
        let schema = format!("{name}.");
        let components = document["components"]["schemas"].as_object().expect("schemas");
        assert!(components.keys().any(|key| key.starts_with(&schema)));
    }
}

#[test]
fn every_setting_is_described_and_no_other_is_taken() {
    let described = |schema: Value, defaults: Value| {
        let properties = schema["properties"].as_object().expect("properties").clone();
        for name in defaults.as_object().expect("settings").keys() {
            let text = properties[name]["description"].as_str().unwrap_or_default();
            assert!(text.len() > 20, "{name} has no description");
        }
    };
    let json = |value| serde_json::to_value(value).expect("JSON");
    described(schemars::schema_for!(tour::Settings).to_value(), json(json!(tour::Settings::default())));
    described(
        schemars::schema_for!(flowmeter::Settings).to_value(),
        json(json!(flowmeter::Settings::default())),
    );
    assert!(serde_json::from_value::<tour::Settings>(json!({ "target": "login" })).is_err());
    assert!(serde_json::from_value::<flowmeter::Settings>(json!({ "require_hawk": true })).is_err());
    let strict = serde_json::to_value(tour::Settings::strict()).expect("JSON");
    assert_eq!(strict["common_secrets"], "refuse");
    let back: tour::Settings = serde_json::from_value(strict).expect("what was written");
    assert_eq!(back, tour::Settings::strict());
}
