//! Codes are guessed at too: five each, twenty a day, over every door that takes one.

use std::sync::Barrier;
use std::thread;

use data_encoding::BASE64;
use serde_json::{Value, json};

use crate::client::Answer;
use crate::legacy::{Person, Signer, USUAL, newpwd};
use crate::server::Server;
use crate::wire_tour::{post_json, with};

/// Wrong codes of one purpose before none is accepted.
const ATTEMPTS: usize = 5;
const PURPOSES: [&str; 4] = ["payment_reset", "query_reset", "login_reset", "payment_change"];

/// Presents a code through the door of its purpose.
fn present(person: &Person<'_>, app: &Signer<'_>, purpose: &str, tour: &Value, code: &str) -> Answer {
    let new = "the-new-one-1";
    let reset = |kind: &str| {
        let path = format!("/v1/accounts/{}/secrets/{kind}/reset", person.id);
        person.server.native("POST", &path, Some(&json!({ "code": code, "new": new })))
    };
    match purpose {
        "payment_reset" => reset("payment"),
        "query_reset" => reset("query"),
        "login_reset" => app.json(&json!({
            "agentid": person.agentid, "usercode": person.usercode, "verifycode": code,
            "newpwd": BASE64.encode(&newpwd(USUAL, code, new)),
        })),
        _ => post_json(person.server, &with(tour, "verifycode", code.into())),
    }
}

/// Whether the answer says that the code is not the one, and nothing else.
fn is_refused(answer: &Answer) -> bool {
    match answer.status {
        200 => answer.json()["errcode"] == 2,
        403 => answer.json()["code"] == "code_incorrect",
        _ => answer.status == 503,
    }
}

/// How many wrong codes of each purpose were compared, as the audit trail has it.
fn compared(person: &Person<'_>) -> [usize; 4] {
    let events = person.server.events(&person.id);
    PURPOSES.map(|purpose| {
        let missed = |event: &&Value| event["type"] == "code_missed" && event["purpose"] == purpose;
        events.iter().filter(missed).count()
    })
}

#[test]
fn a_thousand_wrong_codes_at_once_are_compared_five_a_purpose_and_twenty_a_day() {
    let server = Server::start();
    let person = Person::new(&server);
    let app = Signer::of_app(&server);
    let tour = person.tour("the-new-one-1");
    let right = PURPOSES.map(|purpose| match purpose {
        "payment_change" => tour["verifycode"].as_str().expect("a code").to_owned(),
        purpose => person.code(purpose),
    });
    let start = Barrier::new(1000);
    let guess = |n: usize| {
        let (purpose, right) = (PURPOSES[n % 4], &right[n % 4]);
        let right: usize = right.parse().expect("digits");
        let wrong = format!("{:06}", (right + 1 + n) % 1_000_000);
        start.wait();
        let answer = present(&person, &app, purpose, &tour, &wrong);
        assert!(is_refused(&answer), "{purpose}: {} {}", answer.status, answer.text());
    };
    thread::scope(|scope| {
        for n in 0..1000 {
            scope.spawn(move || guess(n));
        }
    });
    assert_eq!(compared(&person), [ATTEMPTS; 4]);
    for (purpose, right) in PURPOSES.into_iter().zip(&right) {
        let answer = present(&person, &app, purpose, &tour, right);
        assert!(is_refused(&answer), "the right code of {purpose} after the budget");
    }
    assert_eq!(compared(&person), [ATTEMPTS; 4]);
    // A new code in place of an old one is no new budget: not while that one lives, nor in the whole day.
    for after in [0, 600] {
        server.advance(after);
        for purpose in PURPOSES {
            let path = format!("/v1/accounts/{}/codes", person.id);
            let sent = server.native("POST", &path, Some(&json!({ "purpose": purpose })));
            assert_eq!((sent.status, &sent.json()["code"]), (429, &json!("rate_limited")), "{purpose}");
        }
    }
}
