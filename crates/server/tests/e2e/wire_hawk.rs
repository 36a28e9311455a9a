//! HAWK as WIRE.md has it for `tour` and `flowmeter`: every way to fail, every setting, and what is signed.
//!
//! The body is `{}`, so a request that comes past HAWK is answered 400.

use countersign_crypto::hawk::Algorithm;
use countersign_domain::secret::SecretText;
use serde_json::json;

use crate::aspnet::JSON;
use crate::client::Answer;
use crate::legacy::{FLOWMETER, OLD, Person, Signer, TOUR, errcode};
use crate::server::Server;

fn challenge(answer: &Answer) -> &str {
    answer.headers.get("www-authenticate").map_or("", String::as_str)
}

fn both<'a>(server: &'a Server, person: &Person<'a>) -> [Signer<'a>; 2] {
    [person.signer(), Signer::of_app(server)]
}

fn wrong_key(signer: &Signer<'_>) -> SecretText {
    SecretText::new(format!("{}x", signer.key.expose()))
}

/// The challenge to a request without a HAWK header.
const MISSING: &str = "Hawk error=\"Missing authentication\"";

#[test]
fn every_way_to_fail_has_its_answer_and_only_a_good_mac_is_answered_with_proof() {
    let server = Server::start();
    let person = Person::new(&server);
    for good in both(&server, &person) {
        let fails = |what: &str, header: &str, body: &[u8], error: &str, signed: bool| {
            let answer = good.send_with(header, JSON, body);
            assert_eq!((answer.status, challenge(&answer)), (401, error), "{} {what}", good.path);
            assert_eq!(
                answer.json(),
                json!({ "Message": "Authorization has been denied for this request." })
            );
            let proof = answer.headers.contains_key("server-authorization");
            assert_eq!((proof, good.confirms(header, &answer)), (signed, signed), "{} {what}", good.path);
        };
        let bad_mac = "Hawk error=\"Bad mac\"";
        let stranger = Signer { key: wrong_key(&good), ..good.clone() };
        fails("another key", &stranger.header(JSON, b"{}"), b"{}", bad_mac, false);
        let nobody = Signer { id: "ses_00000000000000000000000000".to_owned(), ..good.clone() };
        fails("an id that nobody has", &nobody.header(JSON, b"{}"), b"{}", bad_mac, false);
        let elsewhere = Signer { host: "pay.example".to_owned(), ..good.clone() };
        fails("another host", &elsewhere.header(JSON, b"{}"), b"{}", bad_mac, false);
        let elsewhere = Signer { port: 1, ..good.clone() };
        fails("another port", &elsewhere.header(JSON, b"{}"), b"{}", bad_mac, false);
        let elsewhere = Signer { path: "/api/other", ..good.clone() };
        fails("another path", &elsewhere.header(JSON, b"{}"), b"{}", bad_mac, false);
        let sha1 = Signer { algorithm: Algorithm::Sha1, ..good.clone() };
        fails("SHA-1", &sha1.header(JSON, b"{}"), b"{}", bad_mac, false);
        fails("another body", &good.header(JSON, b"{}"), b"{ }", "Hawk error=\"Bad payload hash\"", true);
        fails(
            "another type",
            &good.header("text/json", b"{}"),
            b"{}",
            "Hawk error=\"Bad payload hash\"",
            true,
        );
        fails(
            "no hash",
            &good.header(JSON, b""),
            b"{}",
            "Hawk error=\"Missing required payload hash\"",
            true,
        );
        fails("no attributes", "Hawk", b"{}", "Hawk error=\"Bad header format\"", false);
        fails("no id", "Hawk ts=\"1\"", b"{}", "Hawk error=\"Missing attributes\"", false);
        let twice = good.header(JSON, b"{}") + ", id=\"x\"";
        fails("an attribute twice", &twice, b"{}", "Hawk error=\"Duplicate attribute\"", false);
    }
    let answer = server.http.send("POST", FLOWMETER, &[("content-type", JSON)], b"{}");
    assert_eq!((answer.status, challenge(&answer)), (401, MISSING), "it is always needed");
    let basic = [("content-type", JSON), ("authorization", "Basic YTpi")];
    assert_eq!(challenge(&server.http.send("POST", FLOWMETER, &basic, b"{}")), MISSING);
    assert_eq!(server.http.send("POST", TOUR, &basic, b"{}").status, 400, "here it is not");
}

#[test]
fn an_answer_that_comes_before_the_body_is_looked_at_proves_itself_too() {
    let server = Server::start();
    let person = Person::new(&server);
    let long = vec![b' '; 1024 * 1024 + 1];
    for good in both(&server, &person) {
        for (media, body, status) in [(JSON, &long[..], 413), ("text/plain", b"{}", 415)] {
            let header = good.header(media, body);
            let answer = good.send_with(&header, media, body);
            assert_eq!((answer.status, good.confirms(&header, &answer)), (status, true), "{}", good.path);
            let stranger = Signer { key: wrong_key(&good), ..good.clone() };
            let answer = stranger.send(media, body);
            assert!(!answer.headers.contains_key("server-authorization"), "{}", good.path);
        }
    }
}

#[test]
fn a_clock_may_be_off_by_a_minute_and_is_told_how_much_only_to_who_has_the_key() {
    let server = Server::start();
    let wider = Server::start_with(&[
        ("COUNTERSIGN_DIALECTS__TOUR__HAWK_SKEW_S", "200"),
        ("COUNTERSIGN_DIALECTS__FLOWMETER__HAWK_SKEW_S", "200"),
    ]);
    for (server, rows) in [
        (&server, [(-50, true), (50, true), (-75, false), (75, false)]),
        (&wider, [(-190, true), (190, true), (-215, false), (215, false)]),
    ] {
        let person = Person::new(server);
        for signer in both(server, &person) {
            for (seconds_off, accepted) in rows {
                let signer = Signer { seconds_off, ..signer.clone() };
                let header = signer.header(JSON, b"{}");
                let answer = signer.send_with(&header, JSON, b"{}");
                assert_eq!(answer.status, if accepted { 400 } else { 401 }, "{} {seconds_off}", signer.path);
                assert!(signer.confirms(&header, &answer));
                let told = challenge(&answer);
                assert_eq!(told.contains("tsm=\""), !accepted, "{told}");
                assert_eq!(told.starts_with("Hawk ts=\""), !accepted, "{told}");
                assert_eq!(told.ends_with("error=\"Stale timestamp\""), !accepted, "{told}");
                let stranger = Signer { key: wrong_key(&signer), ..signer };
                assert_eq!(challenge(&stranger.send(JSON, b"{}")), "Hawk error=\"Bad mac\"");
            }
        }
    }
}

#[test]
fn a_replay_is_refused_whatever_became_of_the_first_and_also_after_a_crash() {
    let server = Server::start();
    let person = Person::new(&server);
    let (tour, flowmeter) = (person.tour("replayed-1"), person.flowmeter("login_reset", "replayed-2"));
    let bodies = [
        (person.signer(), "{}".to_owned(), 400),
        (person.signer(), tour.to_string(), 200),
        (Signer::of_app(&server), "[".to_owned(), 400),
        (Signer::of_app(&server), flowmeter.to_string(), 200),
    ];
    let mut sent = Vec::new();
    for (signer, body, status) in &bodies {
        let header = signer.header(JSON, body.as_bytes());
        assert_eq!(signer.send_with(&header, JSON, body.as_bytes()).status, *status, "{body}");
        let again = signer.send_with(&header, JSON, body.as_bytes());
        assert_eq!((again.status, challenge(&again)), (401, "Hawk error=\"Invalid nonce\""), "{body}");
        assert!(signer.confirms(&header, &again));
        sent.push((signer.path, header, body.clone()));
    }
    assert_eq!(person.verify("payment", "replayed-1"), 200);
    let authority = server.says("/url").trim_start_matches("http://").to_owned();
    drop((person, bodies));
    let server = Server::start_on(server.kill(), &[]);
    for (path, header, body) in sent {
        // The port is another now, and a MAC covers it: the caller still addresses the old one.
        let headers = [("authorization", header.as_str()), ("content-type", JSON), ("host", &authority)];
        let answer = server.http.send("POST", path, &headers, body.as_bytes());
        // The reset ended the sessions of that login secret, so its key is no key any more.
        let error = if path == TOUR { "Bad mac" } else { "Invalid nonce" };
        assert_eq!(
            (answer.status, challenge(&answer)),
            (401, format!("Hawk error=\"{error}\"").as_str()),
            "{path}"
        );
    }
}

#[test]
fn an_empty_ext_counts_as_none() {
    let server = Server::start();
    let person = Person::new(&server);
    for signer in both(&server, &person) {
        let header = signer.header(JSON, b"{}");
        let moved = header.replace("ext=\"some-data\"", "ext=\"\"");
        assert_ne!(moved, header);
        assert_eq!(
            challenge(&signer.send_with(&moved, JSON, b"{}")),
            "Hawk error=\"Bad mac\"",
            "it was signed"
        );
        let without = signer.header_without_ext(JSON, b"{}");
        let empty = format!("{without}, ext=\"\"");
        assert_eq!(signer.send_with(&empty, JSON, b"{}").status, 400, "{} is past HAWK", signer.path);
    }
}

#[test]
fn a_session_signs_for_its_own_username_only() {
    let server = Server::start();
    let (person, other) = (Person::new(&server), Person::new(&server));
    let body = other.tour("not-by-me");
    assert_eq!(errcode(&person.signer().json(&body)), 4);
    let mut mixed = person.tour("not-mine");
    mixed["username"] = other.username.as_str().into();
    assert_eq!(errcode(&person.signer().json(&mixed)), 4);
    assert_eq!((person.verify("payment", OLD), other.verify("payment", OLD)), (200, 200));
    let signer = other.signer();
    assert_eq!(errcode(&signer.json(&body)), 0);
    other.sign_out();
    assert_eq!(challenge(&signer.json(&body)), "Hawk error=\"Bad mac\"", "as for an id that nobody has");
}

#[test]
fn settings_say_whether_hawk_is_needed_by_what_key_hash_host_and_port() {
    let server = Server::start_with(&[
        ("COUNTERSIGN_DIALECTS__TOUR__REQUIRE_HAWK", "true"),
        ("COUNTERSIGN_DIALECTS__TOUR__HAWK_KEY", "session_key"),
        ("COUNTERSIGN_DIALECTS__TOUR__HAWK_HOST", "pay.example"),
        ("COUNTERSIGN_DIALECTS__FLOWMETER__HAWK_SHA1", "true"),
        ("COUNTERSIGN_DIALECTS__FLOWMETER__HAWK_PORT", "443"),
    ]);
    let person = Person::new(&server);
    let body = person.tour("by-settings");
    let bare = server.http.send("POST", TOUR, &[("content-type", JSON)], body.to_string().as_bytes());
    assert_eq!((bare.status, challenge(&bare)), (401, MISSING));
    let usual = person.signer();
    let right = Signer { key: person.session_key(), host: "PAY.example".to_owned(), ..usual.clone() };
    for wrong in [
        usual.clone(),
        Signer { key: person.session_key(), ..usual.clone() },
        Signer { key: usual.key.clone(), ..right.clone() },
    ] {
        assert_eq!(challenge(&wrong.json(&body)), "Hawk error=\"Bad mac\"");
    }
    let header = right.header(JSON, body.to_string().as_bytes());
    let answer = right.send_with(&header, JSON, body.to_string().as_bytes());
    assert_eq!(errcode(&answer), 0);
    assert!(right.confirms(&header, &answer));

    let app = Signer::of_app(&server);
    assert_eq!(
        app.send(JSON, b"{}").status,
        401,
        "the port that is listened to is not the one that is signed"
    );
    for algorithm in [Algorithm::Sha1, Algorithm::Sha256] {
        let app = Signer { port: 443, algorithm, ..app.clone() };
        let header = app.header(JSON, b"{}");
        let answer = app.send_with(&header, JSON, b"{}");
        assert_eq!(answer.status, 400, "{algorithm:?}");
        assert!(app.confirms(&header, &answer), "by the hash of the request, {algorithm:?}");
    }
}

#[test]
fn a_second_authorization_is_refused_whichever_comes_first() {
    let server = Server::start();
    let app = Signer::of_app(&server);
    for hawk_first in [true, false] {
        let hawk = app.header(JSON, b"{}");
        let mut values = [hawk.as_str(), "Bearer other"];
        if !hawk_first {
            values.reverse();
        }
        let headers = [("content-type", JSON), ("authorization", values[0]), ("authorization", values[1])];
        let answer = server.http.send("POST", FLOWMETER, &headers, b"{}");
        assert_eq!((answer.status, challenge(&answer)), (401, "Hawk error=\"Bad header format\""));
    }
}
