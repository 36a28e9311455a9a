//! One guess at each of many accounts, from outside: slowed, then refused, and nothing compared or charged for it.

use serde_json::json;

use crate::client::Answer;
use crate::server::Server;
use crate::story::{LOGIN, Person};

const RIGHT: &str = "the-right-1";
const BEHIND_A_PROXY: [(&str, &str); 3] = [
    ("COUNTERSIGN_SERVER__TRUSTED_PROXIES", "[\"127.0.0.0/8\"]"),
    ("COUNTERSIGN_POLICY__SPRAY__NETWORK_SLOW", "3"),
    ("COUNTERSIGN_POLICY__SPRAY__NETWORK_REFUSE", "5"),
];
const ATTACKER: &str = "203.0.113.7";
const HOUR_S: u32 = 3600;

/// A login from an address, as the proxy tells it.
fn login(server: &Server, name: &str, secret: &str, address: &str) -> Answer {
    let body = json!({ "username": name, "login": secret });
    server.native_with("POST", "/v1/sessions", &[("x-forwarded-for", address)], &body)
}

fn wait_s(refused: &Answer) -> u64 {
    assert_eq!(
        (refused.status, &refused.json()["code"]),
        (429, &json!("rate_limited")),
        "{}",
        refused.text()
    );
    refused.headers["retry-after"].parse().expect("seconds")
}

/// Real and decoy comparisons of login secrets.
fn compared(server: &Server) -> u64 {
    ["false", "true"]
        .map(|decoy| server.metric("countersign_comparisons_total", &[("kind", "login"), ("decoy", decoy)]))
        .iter()
        .sum()
}

/// Misses on five names, with waits where it is slowed, so that the network is refused.
fn trip(server: &Server) {
    for name in ["nobody-1", "nobody-2", "nobody-3"] {
        assert_eq!(login(server, name, "wrong-guess", ATTACKER).status, 403, "{name}");
    }
    for name in ["nobody-4", "nobody-5"] {
        assert_eq!(login(server, name, "wrong-guess", ATTACKER).status, 403, "{name} is let through");
        let before = compared(server);
        let waits = wait_s(&login(server, "nobody-9", "wrong-guess", ATTACKER));
        assert!(waits > 0 && (name == "nobody-5" || waits <= 10), "{waits} s");
        assert_eq!(compared(server), before);
        server.advance(10);
    }
}

#[test]
fn a_network_that_fails_on_many_names_is_refused_until_its_hour_is_over_also_after_a_restart() {
    let server = Server::start_with(&BEHIND_A_PROXY);
    let person = Person::made(&server, "bystander", &json!({ "payment": RIGHT }));
    let id = person.id.clone();
    trip(&server);
    let account = |server: &Server| server.native("GET", &format!("/v1/accounts/{id}"), None).json();
    let (before, untouched) = (compared(&server), account(&server)["secrets"].clone());
    for address in [ATTACKER, "203.0.113.250", "198.51.100.9, 203.0.113.7"] {
        let waits = wait_s(&login(&server, "bystander", LOGIN, address));
        assert!((u64::from(HOUR_S) - 60..=u64::from(HOUR_S)).contains(&waits), "{address}: {waits} s");
    }
    assert_eq!(compared(&server), before, "nothing was compared");
    assert_eq!(account(&server)["secrets"], untouched, "nothing was charged");
    let refused = server.metric("countersign_spray_refused_total", &[("watch", "network")]);
    assert_eq!(refused, 5);
    // What stands before the proxy's own word was written by the caller, who cannot choose a network by it.
    assert_eq!(
        login(&server, "bystander", LOGIN, "203.0.113.7, 198.51.100.9").status,
        201,
        "another network"
    );
    let server = Server::start_on(server.kill(), &BEHIND_A_PROXY);
    wait_s(&login(&server, "bystander", LOGIN, ATTACKER));
    server.advance(HOUR_S);
    assert_eq!(login(&server, "bystander", LOGIN, ATTACKER).status, 201);
}

#[test]
fn sessions_and_devices_go_on_in_a_refused_network_until_they_guess_wrong() {
    let server = Server::start_with(&BEHIND_A_PROXY);
    let person = Person::made(&server, "vouched", &json!({ "payment": RIGHT }));
    let path = format!("/v1/accounts/{}/secrets/payment/verify", person.id);
    let known =
        server.native_with("POST", &path, &[("countersign-device", "new")], &json!({ "secret": RIGHT }));
    let token = known.headers["countersign-device"].clone();
    trip(&server);
    let native = |more: &[(&str, &str)]| {
        let headers = [&[("x-forwarded-for", ATTACKER)], more].concat();
        server.native_with("POST", &path, &headers, &json!({ "secret": RIGHT }))
    };
    let by_session = |secret: &str| {
        let bearer = format!("Bearer {}", person.token);
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/json"),
            ("x-forwarded-for", ATTACKER),
        ];
        let body = json!({ "pass": secret }).to_string();
        server.http.send("POST", "/auth/user/bind/currency-pass/verify", &headers, body.as_bytes())
    };
    wait_s(&native(&[]));
    wait_s(&native(&[("countersign-device", "new")]));
    assert_eq!(native(&[("countersign-device", &token)]).status, 200, "a known device");
    assert_eq!(by_session(RIGHT).text(), "true", "a session");
    assert_eq!(by_session("wrong-guess").text(), "false");
    let refused = by_session(RIGHT);
    assert_eq!(refused.status, 503, "this dialect has no word of its own: {}", refused.text());
    assert!(refused.headers.contains_key("retry-after"));
    let base64 = |text: &str| data_encoding::BASE64.encode(text.as_bytes());
    let body = json!({ "withdrawPassword": base64("another1"), "withdrawPasswordOrg": base64(RIGHT) });
    let headers = [
        ("token", person.token.as_str()),
        ("role", "MOBILE"),
        ("content-type", "application/json"),
        ("x-forwarded-for", ATTACKER),
    ];
    let refused =
        server.http.send("POST", "/oascchapi/usr/withdrawPassword", &headers, body.to_string().as_bytes());
    assert_eq!(refused.status, 503, "nor this one: {}", refused.text());
    assert!(refused.headers.contains_key("retry-after"));
    assert_eq!(native(&[("countersign-device", &token)]).status, 200, "that was the session's miss");
    let wallet = person.wallet.as_str();
    let members = [("accessToken", person.spark.as_str()), ("walletAddr", wallet), ("payPassword", RIGHT)];
    let nameless = server.http.form("/v1/wallet/validPayPassword", &members).json();
    assert_eq!(
        nameless["code"], "200",
        "a platform that names no address is not in that network: {nameless}"
    );
}

#[test]
fn a_secret_that_fails_on_many_names_is_refused_for_all_and_zero_switches_a_step_off() {
    let settings = [
        ("COUNTERSIGN_POLICY__SPRAY__SECRET_SLOW", "0"),
        ("COUNTERSIGN_POLICY__SPRAY__SECRET_REFUSE", "4"),
        ("COUNTERSIGN_POLICY__SPRAY__NETWORK_SLOW", "0"),
        ("COUNTERSIGN_POLICY__SPRAY__NETWORK_REFUSE", "0"),
        BEHIND_A_PROXY[0],
    ];
    let server = Server::start_with(&settings);
    let person = Person::made(&server, "bystander", &json!({ "payment": RIGHT }));
    for n in 0..4 {
        let address = format!("203.0.{n}.7");
        assert_eq!(login(&server, &format!("nobody-{n}"), "summer-2026", &address).status, 403);
    }
    let before = compared(&server);
    assert!(wait_s(&login(&server, "nobody-9", "summer-2026", "198.51.100.7")) > 3500);
    let path = format!("/v1/accounts/{}/secrets/payment/verify", person.id);
    wait_s(&server.native("POST", &path, Some(&json!({ "secret": "summer-2026" }))));
    assert_eq!(compared(&server), before);
    // Secrets are watched in 4,096 groups under a key that each server draws: one of these may share the tripped one.
    let another = |n: u32| login(&server, &format!("nobody-{n}"), &format!("another-{n}"), ATTACKER);
    let mut answers: Vec<(u16, Answer)> = (0..7).map(|n| (403, another(n))).collect();
    answers.push((201, login(&server, "bystander", LOGIN, ATTACKER)));
    let unlike = answers.iter().filter(|(expected, answer)| answer.status != *expected);
    let refused: Vec<_> = unlike.map(|(_, answer)| (answer.status, answer.text())).collect();
    assert!(refused.len() <= 1, "no network is watched: {refused:?}");
}
