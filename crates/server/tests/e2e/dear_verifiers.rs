//! Verifiers that cost more than the preset, where memory is short: compared all the same, or not charged.

use std::thread;

use serde_json::{Value, json};

use crate::client::Answer;
use crate::server::Server;
use crate::story::Person;

const RIGHT: &str = "the-right-1";
/// What a machine of 128 mebibytes and two cores once lent without being told.
const LITTLE: (&str, &str) = ("COUNTERSIGN_HASH__ALLOWANCE_KIB", "46080");
const NONE: (&str, &str) = ("COUNTERSIGN_HASH__ALLOWANCE_KIB", "0");
/// As dear as the dearest named preset in memory, and cheaper in time.
const DEAREST: [(&str, &str); 4] = custom("65536");
/// Dearer than every named preset.
const DEARER: [(&str, &str); 4] = custom("65544");

const fn custom(memory_kib: &'static str) -> [(&'static str, &'static str); 4] {
    [
        ("COUNTERSIGN_HASH__PRESET", "custom"),
        ("COUNTERSIGN_HASH__MEMORY_KIB", memory_kib),
        ("COUNTERSIGN_HASH__PASSES", "1"),
        ("COUNTERSIGN_HASH__LANES", "1"),
    ]
}

/// A server with these settings on the data of one that made an account with others, and that account's id.
fn made_under(settings: &[(&str, &str)], then: &[(&str, &str)]) -> (Server, String) {
    let server = Server::start_with(settings);
    let id = Person::made(&server, "ann", &json!({ "payment": RIGHT })).id;
    (Server::start_on(server.kill(), then), id)
}

fn verify(server: &Server, id: &str, secret: &str) -> Answer {
    let path = format!("/v1/accounts/{id}/secrets/payment/verify");
    server.native("POST", &path, Some(&json!({ "secret": secret })))
}

fn remaining(server: &Server, id: &str) -> Value {
    let account = server.native("GET", &format!("/v1/accounts/{id}"), None).json();
    account["secrets"]["payment"]["remaining_attempts"].clone()
}

#[test]
fn what_the_dearest_preset_made_is_compared_however_little_is_lent() {
    for lent in [LITTLE, NONE] {
        let (server, id) = made_under(&DEAREST, &[lent]);
        let log = server.log();
        assert!(log.contains("WARN") && log.contains("one at a time"), "{log}");
        thread::scope(|scope| {
            let asked: Vec<_> = (0..4).map(|_| scope.spawn(|| verify(&server, &id, RIGHT))).collect();
            for answer in asked {
                let answer = answer.join().expect("answers");
                assert_eq!(answer.status, 200, "{}", answer.text());
            }
        });
        let wrong = verify(&server, &id, "the-wrong-1");
        assert_eq!((wrong.status, remaining(&server, &id)), (403, json!(4)), "{}", wrong.text());
    }
}

#[test]
fn what_is_above_the_ceiling_is_neither_charged_nor_counted_and_the_log_says_whose_it_is() {
    let (server, id) = made_under(&DEARER, &[NONE]);
    for secret in [RIGHT, "the-wrong-1"] {
        for _ in 0..6 {
            let answer = verify(&server, &id, secret);
            assert_eq!(
                (answer.status, &answer.json()["code"]),
                (500, &json!("internal_error")),
                "{}",
                answer.text()
            );
        }
    }
    assert_eq!((server.comparisons("payment"), remaining(&server, &id)), (0, json!(5)));
    let decoys = server.metric("countersign_comparisons_total", &[("kind", "payment"), ("decoy", "true")]);
    assert_eq!(decoys, 12, "as much time as for nobody");
    let log = server.log();
    assert!(log.contains(&id) && log.contains("m=65544, t=1, p=1") && !log.contains("argon2id"), "{log}");
    let server = Server::start_on(server.kill(), &DEARER);
    assert_eq!(verify(&server, &id, RIGHT).status, 200, "where it can be compared");
}
