//! Two servers on one database.

use std::sync::Arc;
use std::thread;

use serde_json::json;

use crate::aspnet::JSON;
use crate::client::Answer;
use crate::legacy::{Person as LegacyPerson, Signer};
use crate::receipts;
use crate::server::Server;
use crate::wire_native_mobiles::{issue, reachable};

/// Guesses in a row that the default policy allows.
const BUDGET: u64 = 5;

/// What a person with a session may ask.
const STATUS: &str = "/auth/user/bind/currency-pass/settings/status";

/// Two servers that know nothing of each other but the database and the master key.
fn two() -> [Server; 2] {
    let one = Server::start();
    let two = Server::start_on(Arc::clone(&one.folder), &[]);
    [one, two]
}

fn account(server: &Server, name: &str) -> String {
    let account = json!({ "username": name, "secrets": { "payment": "the-right-1" } });
    let made = server.native("POST", "/v1/accounts", Some(&account));
    assert_eq!(made.status, 201, "{}", made.text());
    made.json()["id"].as_str().expect("an id").to_owned()
}

fn verify(server: &Server, id: &str, secret: &str) -> u16 {
    let path = format!("/v1/accounts/{id}/secrets/payment/verify");
    server.native("POST", &path, Some(&json!({ "secret": secret }))).status
}

#[test]
fn a_thousand_wrong_guesses_over_both_compare_exactly_the_budget() {
    let nodes = two();
    let id = account(&nodes[0], "stormed");
    let compared = || nodes.iter().map(|node| node.comparisons("payment")).sum::<u64>();
    let before = compared();
    let wrong: usize = thread::scope(|scope| {
        let guess = |n: usize| {
            let (node, id) = (&nodes[n % 2], &id);
            move || (0..50).filter(|m| verify(node, id, &format!("wrong-{n}-{m}")) == 403).count()
        };
        let guessers: Vec<_> = (0..20).map(|n| scope.spawn(guess(n))).collect();
        guessers.into_iter().map(|guesser| guesser.join().expect("ends")).sum()
    });
    assert_eq!(compared() - before, BUDGET);
    assert_eq!(wrong as u64, BUDGET, "only what was compared was told");
    for node in &nodes {
        assert_eq!(verify(node, &id, "the-right-1"), 423);
    }
    assert_eq!(compared() - before, BUDGET, "a lock compares nothing");
}

#[test]
fn a_secret_changed_at_one_is_changed_at_the_other_at_once() {
    let nodes = two();
    let id = account(&nodes[0], "changing");
    let mut old = "the-right-1".to_owned();
    for n in 0..10 {
        let new = format!("the-right-{}", n + 2);
        let path = format!("/v1/accounts/{id}/secrets/payment/change");
        let changed = nodes[n % 2].native("POST", &path, Some(&json!({ "old": old, "new": new })));
        assert_eq!(changed.status, 200, "{}", changed.text());
        let other = &nodes[(n + 1) % 2];
        assert_eq!((verify(other, &id, &new), verify(other, &id, &old)), (200, 403), "change {n}");
        assert_eq!(verify(other, &id, &new), 200);
        old = new;
    }
}

#[test]
fn a_hawk_request_replayed_to_the_other_is_refused() {
    let nodes = two();
    let person = LegacyPerson::new(&nodes[0]);
    for signer in [person.signer(), Signer::of_app(&nodes[0])] {
        let header = signer.header(JSON, b"{}");
        let first = signer.send_with(&header, JSON, b"{}");
        assert_eq!(first.status, 400, "it comes past HAWK: {}", first.text());
        // The other sits behind the same name, as behind a load balancer.
        let (_, authority) = nodes[0].http.base().split_once("://").expect("a URL");
        let headers = [("authorization", header.as_str()), ("content-type", JSON), ("host", authority)];
        let replayed = nodes[1].http.send("POST", signer.path, &headers, b"{}");
        assert_eq!(replayed.status, 401, "{}: {}", signer.path, replayed.text());
        let challenge = replayed.headers.get("www-authenticate").map_or("", String::as_str);
        assert!(challenge.contains("nonce"), "{challenge}");
    }
}

#[test]
fn an_idempotency_key_used_at_one_is_answered_by_the_other() {
    let nodes = two();
    let id = account(&nodes[0], "repeated");
    let path = format!("/v1/accounts/{id}/secrets/payment/verify");
    let (first, again) = (send_to(&nodes, 0, &path), send_to(&nodes, 1, &path));
    assert_eq!((first.status, again.status), (403, 403));
    assert_eq!(first.json()["remaining_attempts"], again.json()["remaining_attempts"]);
    let left = nodes[1].native("GET", &format!("/v1/accounts/{id}"), None).json();
    assert_eq!(left["secrets"]["payment"]["remaining_attempts"], BUDGET - 1, "one guess was spent");
}

/// The same request under the same key, by the first server's API key.
fn send_to(nodes: &[Server; 2], node: usize, path: &str) -> Answer {
    let bearer = format!("Bearer {}", nodes[0].says("/api_key"));
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
        ("idempotency-key", "once-and-for-all"),
    ];
    let body = json!({ "secret": "not-the-one" }).to_string();
    nodes[node].http.send("POST", path, &headers, body.as_bytes())
}

#[test]
fn both_sign_with_one_key_and_take_a_new_one_over_together() {
    let nodes = two();
    let account = receipts::account(&nodes[0]);
    let signed = |node: &Server| receipts::receipt(node, &account);
    let names = |tokens: &[String; 2]| tokens.each_ref().map(|token| receipts::header(token)["kid"].clone());
    let before = nodes.each_ref().map(signed);
    let [one, other] = names(&before);
    assert_eq!(one, other);
    let rotated = receipts::beside(&nodes[0], &["keys", "rotate", "--receipts", "--output", "json"], "");
    assert_eq!(receipts::code(&rotated), 0, "{}", String::from_utf8_lossy(&rotated.stderr));
    let rotated: serde_json::Value = serde_json::from_slice(&rotated.stdout).expect("JSON");
    let wait = |seconds: u32| {
        for node in &nodes {
            let moved = node.native("POST", "/v1/dev/clock", Some(&json!({ "advance_s": seconds })));
            assert_eq!(moved.status, 200, "{}", moved.text());
        }
    };
    wait(30);
    for node in &nodes {
        let set = receipts::published(node);
        let published: Vec<_> =
            set["keys"].as_array().expect("a list").iter().map(|key| &key["kid"]).collect();
        assert_eq!(published, [&rotated["kid"], &one], "both publish it before anybody signs with it");
    }
    wait(331);
    let after = nodes.each_ref().map(signed);
    assert_eq!(names(&after), [rotated["kid"].clone(), rotated["kid"].clone()]);
    for token in before.iter().chain(&after) {
        let told = receipts::beside(&nodes[1], &["receipt", "verify", "--ignore-expiry"], token);
        assert_eq!(receipts::code(&told), 0, "{}", String::from_utf8_lossy(&told.stderr));
    }
}

#[test]
fn what_ends_at_one_is_ended_at_the_other() {
    let nodes = two();
    // An app that is deleted.
    let made =
        nodes[0].native("POST", "/v1/apps", Some(&json!({ "name": "short-lived", "kind": "api" }))).json();
    let bearer = format!("Bearer {}", made["api_key"].as_str().expect("a key"));
    let headers = [("authorization", bearer.as_str())];
    let ask = |node: &Server| node.http.send("GET", "/v1/accounts?limit=1", &headers, b"").status;
    assert_eq!(nodes.each_ref().map(ask), [200, 200]);
    let path = format!("/v1/apps/{}", made["id"].as_str().expect("an id"));
    assert_eq!(nodes[0].native("DELETE", &path, None).status, 204);
    assert_eq!(nodes.each_ref().map(ask), [401, 401]);
    // A session that is ended.
    let login =
        json!({ "username": nodes[0].says("/account/username"), "login": nodes[0].says("/account/login") });
    let session = nodes[0].native("POST", "/v1/sessions", Some(&login)).json();
    let bearer = format!("Bearer {}", session["access_token"].as_str().expect("a token"));
    let headers = [("authorization", bearer.as_str())];
    let ask = |node: &Server| node.http.send("GET", STATUS, &headers, b"").status;
    let live = nodes.each_ref().map(ask);
    assert_eq!(live, [200, 200]);
    let path = format!("/v1/sessions/{}", session["id"].as_str().expect("an id"));
    assert_eq!(nodes[1].native("DELETE", &path, None).status, 204);
    let stranger = nodes[0].http.send("GET", STATUS, &[("authorization", "Bearer of-nobody")], b"").status;
    assert_ne!(stranger, 200);
    assert_eq!(nodes.each_ref().map(ask), [stranger, stranger]);
}

#[test]
fn what_codes_may_cost_is_shared() {
    let caps = [
        ("COUNTERSIGN_POLICY__SPEND__PRICES", "+961 0.25"),
        ("COUNTERSIGN_POLICY__SPEND__PREFIX_CAPS", "+961 2 2"),
    ];
    let one = Server::start_with(&caps);
    let two = Server::start_on(Arc::clone(&one.folder), &caps);
    let nodes = [one, two];
    let accounts: Vec<String> =
        (0..16).map(|n| reachable(&nodes[n % 2], &format!("+961 7013 00{n:02}"))).collect();
    let sent: usize = thread::scope(|scope| {
        let ask = |(n, id): (usize, &String)| {
            let (node, id) = (&nodes[n % 2], id.clone());
            scope.spawn(move || usize::from(issue(node, &id, "payment_reset").0 == 202))
        };
        let asking: Vec<_> = accounts.iter().enumerate().map(ask).collect();
        asking.into_iter().map(|one| one.join().expect("ends")).sum()
    });
    assert_eq!(sent, 8, "as many as the cap has room for, whichever server was asked");
}
