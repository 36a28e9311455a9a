//! HAWK 1.1 on both sides.

use countersign_crypto::hawk::{
    Algorithm, Authentic, Credentials, Ext, HawkError, HawkHeader, Request, Stamp, authenticate,
    authorization_header, confirm_server_authorization, server_authorization,
};
use countersign_domain::secret::SecretText;
use countersign_domain::time::{Span, Timestamp};
use proptest::prelude::*;
use serde_json::Value;

use crate::{secret, text, vectors};

const SKEW: Span = Span::from_secs(60);

fn hawk() -> Value {
    vectors(include_str!("../vectors/hawk.json"))
}

fn named<'a>(file: &'a Value, name: &str) -> &'a Value {
    let requests = file["requests"].as_array().expect("a list");
    requests.iter().find(|request| request["name"] == name).expect("a request of that name")
}

fn request(case: &Value) -> Request<'_> {
    Request {
        method: text(case, "method"),
        resource: text(case, "resource"),
        host: text(case, "host"),
        port: u16::try_from(case["port"].as_u64().expect("a number")).expect("a port"),
        content_type: case["content_type"].as_str(),
        body: text(case, "body").as_bytes(),
    }
}

fn now(case: &Value) -> Timestamp {
    Timestamp::from_secs(case["ts"].as_i64().expect("a number"))
}

/// Signs a case as a client does.
fn signed(case: &Value) -> HawkHeader {
    let key = secret(text(case, "key"));
    let credentials = Credentials { id: text(case, "id"), key: &key, algorithm: Algorithm::Sha256 };
    let ext = case["ext"].as_str().and_then(Ext::parse);
    let stamp = Stamp { now: now(case), nonce: text(case, "nonce"), ext: ext.as_ref(), app: None, dlg: None };
    let value = authorization_header(&credentials, &request(case), &stamp).expect("printable");
    HawkHeader::parse(&value).expect("what is built can be read")
}

fn checked(case: &Value, header: &HawkHeader, now: Timestamp) -> Result<Authentic, HawkError> {
    authenticate(&request(case), header, &secret(text(case, "key")), Algorithm::Sha256, now, SKEW)
}

#[test]
fn requests_carry_the_known_macs() {
    for case in hawk()["requests"].as_array().expect("a list") {
        let header = signed(case);
        assert_eq!(header.mac, text(case, "mac"), "{}", case["name"]);
        assert_eq!(header.hash.as_deref(), case["hash"].as_str(), "{}", case["name"]);
        let authentic = checked(case, &header, now(case)).expect("authentic");
        let (id, nonce, ts) = authentic.replay_identity();
        assert_eq!((id, nonce, Some(ts)), (text(case, "id"), text(case, "nonce"), case["ts"].as_i64()));
    }
}

#[test]
fn an_answer_carries_the_known_mac_and_convinces_the_client() {
    let file = hawk();
    let answer = &file["answer"];
    let case = named(&file, text(answer, "request"));
    let (key, body) = (secret(text(case, "key")), text(answer, "body").as_bytes());
    let sent = signed(case);
    let authentic = checked(case, &sent, now(case)).expect("authentic");
    let value = server_authorization(&authentic, &key, answer["content_type"].as_str(), body, None);
    assert_eq!(value, format!("Hawk mac=\"{}\", hash=\"{}\"", text(answer, "mac"), text(answer, "hash")));

    let credentials = Credentials { id: text(case, "id"), key: &key, algorithm: Algorithm::Sha256 };
    let confirmed = |sent: &HawkHeader, body: &[u8]| {
        let content_type = answer["content_type"].as_str();
        confirm_server_authorization(&credentials, &request(case), sent, &value, content_type, body)
    };
    assert!(confirmed(&sent, body));
    assert!(!confirmed(&sent, b"{\"errcode\":1}"));
    assert!(!confirmed(&HawkHeader { nonce: "another".to_owned(), ..sent.clone() }, body));
}

#[test]
fn a_stale_timestamp_is_told_the_time_with_the_known_mac() {
    let file = hawk();
    let stale = &file["stale"];
    let mut case = named(&file, text(stale, "request")).clone();
    let server_time = now(stale);
    for (sent, fresh) in [(-61, false), (-60, true), (60, true), (61, false)] {
        case["ts"] = (server_time.secs() + sent).into();
        let outcome = checked(&case, &signed(&case), server_time);
        if fresh {
            assert!(outcome.is_ok(), "{sent}");
        } else {
            let expected =
                HawkError::StaleTimestamp { ts: server_time.secs(), tsm: text(stale, "tsm").to_owned() };
            assert_eq!(outcome.err(), Some(expected), "{sent}");
        }
    }
}

#[test]
fn a_stale_forgery_learns_nothing_about_the_clock() {
    let file = hawk();
    let case = named(&file, "reset a password");
    let forged = HawkHeader { mac: "AAAA".to_owned(), ts: 1, ..signed(case) };
    assert_eq!(checked(case, &forged, now(case)).err(), Some(HawkError::BadMac));
}

#[test]
fn every_part_of_the_request_is_covered() {
    let file = hawk();
    let case = named(&file, "with query and ext");
    let header = signed(case);
    let forgeries = [
        ("method", Value::from("PUT")),
        ("resource", "/api/Agent/Ent/Password/ResetPwd?b=1&a=3".into()),
        ("host", "127.0.0.2".into()),
        ("port", 8081.into()),
        ("key", "another".into()),
    ];
    for (name, value) in forgeries {
        let mut changed = case.clone();
        changed[name] = value;
        assert_eq!(checked(&changed, &header, now(case)).err(), Some(HawkError::BadMac), "{name}");
    }
    for (name, value) in [("body", "{}"), ("content_type", "text/plain")] {
        let mut changed = case.clone();
        changed[name] = value.into();
        assert_eq!(checked(&changed, &header, now(case)).err(), Some(HawkError::BadPayloadHash), "{name}");
    }
    for changed in [
        HawkHeader { ext: None, ..header.clone() },
        HawkHeader { nonce: "other".to_owned(), ..header.clone() },
        HawkHeader { hash: None, ..header.clone() },
        HawkHeader { app: Some("app".to_owned()), ..header.clone() },
    ] {
        assert_eq!(checked(case, &changed, now(case)).err(), Some(HawkError::BadMac));
    }
}

#[test]
fn a_body_needs_a_hash() {
    let file = hawk();
    let mut case = named(&file, "protocol description, GET").clone();
    let header = signed(&case);
    case["body"] = "appended by someone on the way".into();
    assert_eq!(checked(&case, &header, now(&case)).err(), Some(HawkError::MissingPayloadHash));
}

#[test]
fn sha1_is_another_algorithm() {
    let file = hawk();
    let case = named(&file, "reset a password");
    let key = secret(text(case, "key"));
    let credentials = Credentials { id: "a", key: &key, algorithm: Algorithm::Sha1 };
    let stamp = Stamp { now: now(case), nonce: "n", ext: None, app: Some("app"), dlg: Some("dlg") };
    let value = authorization_header(&credentials, &request(case), &stamp).expect("printable");
    let header = HawkHeader::parse(&value).expect("readable");
    let check = |algorithm| authenticate(&request(case), &header, &key, algorithm, now(case), SKEW);
    assert!(check(Algorithm::Sha1).is_ok());
    assert_eq!(check(Algorithm::Sha256).err(), Some(HawkError::BadMac));
}

#[test]
fn an_attribute_cannot_break_out_of_the_header() {
    let file = hawk();
    let case = named(&file, "reset a password");
    let key: SecretText = secret("key");
    for id in ["", "a\"b", "a\\b", "a\r\nX: y", "ä"] {
        let credentials = Credentials { id, key: &key, algorithm: Algorithm::Sha256 };
        let stamp = Stamp { now: now(case), nonce: "n", ext: None, app: None, dlg: None };
        assert!(authorization_header(&credentials, &request(case), &stamp).is_err(), "{id:?}");
        assert!(Ext::parse(id).is_none(), "{id:?}");
    }
}

/// A text that looks much like a header, so that the parser is taken far.
fn nearly_a_header() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("Hawk ".to_owned()),
        "(id|ts|nonce|mac|hash|ext|app|dlg|x)=\"[ -~]{0,8}\"",
        Just(", ".to_owned()),
        ".{0,4}",
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn the_parser_never_panics(value in prop_oneof![nearly_a_header(), any::<String>()]) {
        let _ = HawkHeader::parse(&value);
    }

    #[test]
    fn what_a_client_builds_is_authentic(
        id in "[ !#-\\[\\]-~]{1,20}",
        nonce in "[!#-\\[\\]-~]{1,12}",
        ext in "[ !#-\\[\\]-~]{0,20}",
        app in prop::option::of("[a-z]{1,8}"),
        dlg in prop::option::of("[a-z]{1,8}"),
        body in prop::collection::vec(any::<u8>(), 0..64),
        secs in 0..100_000_000_000_i64,
    ) {
        let key = secret("key");
        let now = Timestamp::from_secs(secs);
        let credentials = Credentials { id: &id, key: &key, algorithm: Algorithm::Sha256 };
        let ext = Ext::parse(&ext);
        let stamp =
            Stamp { now, nonce: &nonce, ext: ext.as_ref(), app: app.as_deref(), dlg: dlg.as_deref() };
        let request = Request {
            method: "post", resource: "/a?b", host: "Example.com", port: 443, content_type: None, body: &body,
        };
        let value = authorization_header(&credentials, &request, &stamp).expect("printable");
        let header = HawkHeader::parse(&value).expect("readable");
        prop_assert_eq!(&header.id, &id);
        prop_assert_eq!(&header.app, &app);
        prop_assert_eq!(&header.dlg, &dlg.filter(|_| app.is_some()));
        prop_assert!(authenticate(&request, &header, &key, Algorithm::Sha256, now, SKEW).is_ok());
    }
}
