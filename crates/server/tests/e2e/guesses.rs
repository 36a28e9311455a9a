//! Invariant G from outside: however many guess at once, and wherever, no more are compared than the budget allows.

use std::sync::Barrier;
use std::thread;

use serde_json::{Value, json};

use crate::client::Answer;
use crate::server::Server;
use crate::story::Person;

/// Guesses in a row that the default policy allows.
const BUDGET: u64 = 5;
const STORM: usize = 300;
const RIGHT: &str = "the-right-1";

/// What a guesser was told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Told {
    Right,
    Wrong,
    /// Locked, another guess in flight, or overloaded: nothing was compared.
    Later,
}

/// Where a payment secret can be presented.
#[derive(Clone, Copy, Debug)]
enum Door {
    NativeVerify,
    NativeChange,
    OasChange,
    CurrencyVerify,
    CurrencyChange,
    SparkVerify,
    SparkChange,
}

const DOORS: [Door; 7] = [
    Door::NativeVerify,
    Door::NativeChange,
    Door::OasChange,
    Door::CurrencyVerify,
    Door::CurrencyChange,
    Door::SparkVerify,
    Door::SparkChange,
];

impl Door {
    fn guess(self, person: &Person<'_>, secret: &str) -> Told {
        let new = "a-new-one";
        match self {
            Self::NativeVerify => native(&person.native("payment/verify", &json!({ "secret": secret }))),
            Self::NativeChange => {
                native(&person.native("payment/change", &json!({ "old": secret, "new": new })))
            }
            Self::OasChange => oas(&person.oas(new, Some(secret))),
            Self::CurrencyVerify => {
                currency(&person.currency("POST", "/verify", Some(&json!({ "pass": secret }))))
            }
            Self::CurrencyChange => {
                let body = json!({ "oldPass": secret, "newPass": new });
                currency(&person.currency("PUT", "/change", Some(&body)))
            }
            Self::SparkVerify => spark(&person.spark("validPayPassword", &[("payPassword", secret)])),
            Self::SparkChange => {
                let members = [("oldPayPassword", secret), ("newPayPassword", new)];
                spark(&person.spark("updatePayPassword", &members))
            }
        }
    }
}

fn native(answer: &Answer) -> Told {
    let code = if answer.status == 200 { Value::Null } else { answer.json()["code"].clone() };
    match (answer.status, code.as_str().unwrap_or_default()) {
        (200, _) => Told::Right,
        (403, "secret_incorrect") => Told::Wrong,
        (423, "secret_locked") | (429, "rate_limited") | (503, "overloaded") => {
            assert!(answer.headers.contains_key("retry-after"), "{}", answer.text());
            Told::Later
        }
        _ => panic!("{} {}", answer.status, answer.text()),
    }
}

fn oas(answer: &Answer) -> Told {
    let body = answer.json();
    match (answer.status, body["exceptionCode"].as_i64()) {
        (200, Some(0)) => Told::Right,
        (411, Some(0)) if body["message"] == "旧资金密码错误，请确认" => Told::Wrong,
        (411, Some(10_102)) => Told::Later,
        (503, Some(0)) if body["message"] == "系统问题，请联络管理员" => Told::Later,
        _ => panic!("{} {body}", answer.status),
    }
}

fn currency(answer: &Answer) -> Told {
    match (answer.status, answer.text().as_str()) {
        (200, "true") => Told::Right,
        (200, "false") => Told::Wrong,
        (423 | 503, _) => {
            assert_eq!(answer.headers["content-type"], "application/problem+json");
            assert!(answer.headers.contains_key("retry-after"), "{}", answer.text());
            Told::Later
        }
        (status, body) => panic!("{status} {body}"),
    }
}

fn spark(body: &Value) -> Told {
    match (body["code"].as_str(), body["message"].as_str().unwrap_or_default()) {
        (Some("200"), "") => Told::Right,
        (Some("400"), "32038:密码不匹配") => Told::Wrong,
        (Some("400"), "32050:密码已锁定") | (Some("505"), "系统异常") => {
            assert!(body["data"]["retryAfter"].as_i64() > Some(0), "{body}");
            Told::Later
        }
        _ => panic!("{body}"),
    }
}

/// As many guesses at once as [`STORM`], over every door. The one numbered `right_at` is right, and is made only once
/// the budget was compared away. Gives what that one was told, and what the others were.
fn storm(person: &Person<'_>, right_at: usize, right_door: Door) -> (Told, Vec<Told>) {
    let before = person.server.comparisons("payment");
    let (start, spent) = (Barrier::new(STORM - 1), Barrier::new(2));
    thread::scope(|scope| {
        let guess = |n: usize| {
            start.wait();
            DOORS[n % DOORS.len()].guess(person, &format!("wrong-guess-{n}"))
        };
        let right = || {
            spent.wait();
            right_door.guess(person, RIGHT)
        };
        let mut guesses = Vec::with_capacity(STORM);
        let mut presented = None;
        for n in 1..=STORM {
            if n == right_at {
                presented = Some(scope.spawn(right));
            } else {
                guesses.push(scope.spawn(move || guess(n)));
            }
        }
        while person.server.comparisons("payment") < before + BUDGET {
            thread::yield_now();
        }
        spent.wait();
        let told = guesses.into_iter().map(|guess| guess.join().expect("an answer")).collect();
        (presented.expect("one is right").join().expect("an answer"), told)
    })
}

#[test]
fn three_hundred_at_once_compare_no_more_than_the_budget_and_a_right_one_among_them_learns_nothing() {
    let server = Server::start();
    let rows = [
        (100, Door::NativeVerify),
        (200, Door::CurrencyVerify),
        (300, Door::SparkVerify),
        (150, Door::OasChange),
    ];
    for (right_at, door) in rows {
        let person = Person::made(&server, &format!("stormed-{right_at}"), &json!({ "payment": RIGHT }));
        let before = server.comparisons("payment");
        let (right, others) = storm(&person, right_at, door);
        assert_eq!(right, Told::Later, "the right one, number {right_at} by {door:?}");
        assert_eq!(server.comparisons("payment"), before + BUDGET);
        let count = |told| others.iter().filter(|&&other| other == told).count();
        assert_eq!([count(Told::Right), count(Told::Wrong)], [0, 5], "only what was compared was told");
        for door in DOORS {
            assert_eq!(door.guess(&person, RIGHT), Told::Later, "{door:?} while locked");
        }
        assert_eq!(server.comparisons("payment"), before + BUDGET, "a lock compares nothing");
        server.advance(900);
        assert_eq!(door.guess(&person, RIGHT), Told::Right, "{door:?} after the lock");
    }
}

#[test]
fn of_sixteen_who_hold_one_code_exactly_one_wins() {
    let server = Server::start();
    let person = Person::made(&server, "coded", &json!({ "payment": RIGHT }));
    let code = person.code("payment_reset");
    let start = Barrier::new(16);
    let won: Vec<usize> = thread::scope(|scope| {
        let consume = |n: usize| {
            start.wait();
            let body = json!({ "code": code, "new": format!("the-new-one-{n}") });
            let answer = person.native("payment/reset", &body);
            match (answer.status, answer.json()["code"].as_str()) {
                (200, _) => Some(n),
                (403, Some("code_incorrect")) | (429, Some("rate_limited")) | (503, Some("overloaded")) => {
                    None
                }
                // Each who holds the code asks whether the new secret is the login secret; ten a day are told.
                (423, Some("secret_locked")) => None,
                _ => panic!("{} {}", answer.status, answer.text()),
            }
        };
        let all: Vec<_> = (0..16).map(|n| scope.spawn(move || consume(n))).collect();
        all.into_iter().filter_map(|one| one.join().expect("an answer")).collect()
    });
    let [winner] = won[..] else { panic!("won by {won:?}") };
    assert_eq!(person.is_payment_secret(&format!("the-new-one-{winner}")), [true; 3]);
    assert_eq!(person.is_payment_secret(RIGHT), [false; 3]);
    let redeemed = person.events().iter().filter(|event| event["type"] == "code_redeemed").count();
    assert_eq!(redeemed, 1);
}

#[test]
fn a_restart_refills_nothing() {
    let mut server = Server::start();
    let account = json!({ "username": "patient", "secrets": { "payment": RIGHT } });
    let made = server.native("POST", "/v1/accounts", Some(&account)).json();
    let path = format!("/v1/accounts/{}", made["id"].as_str().expect("an id"));
    let verify = |server: &Server, secret: &str| {
        server.native("POST", &format!("{path}/secrets/payment/verify"), Some(&json!({ "secret": secret })))
    };
    for left in (0..BUDGET).rev() {
        let answer = verify(&server, "not-the-one");
        assert_eq!((answer.status, answer.json()["remaining_attempts"].as_u64()), (403, Some(left)));
        server = Server::start_on(server.kill(), &[]);
        let payment = server.native("GET", &path, None).json()["secrets"]["payment"].clone();
        assert_eq!(payment["remaining_attempts"].as_u64(), Some(left), "after a restart");
        assert_eq!(payment["state"], if left == 0 { "locked" } else { "active" });
    }
    let locked = verify(&server, RIGHT);
    assert_eq!((locked.status, &locked.json()["code"]), (423, &json!("secret_locked")));
    assert_eq!(server.comparisons("payment"), 0, "this process compared nothing");
}
