//! Invariant G from outside: however many guess at once, and wherever, no more are compared than the budget allows.
//!
//! Comparisons are counted inside the hash engine and read from the admin listener, because answers alone do not show
//! a comparison whose answer was thrown away.

mod codes;
mod doors;
mod storm;

use std::sync::{Arc, Barrier};
use std::thread;

use serde_json::json;

use self::doors::{ASKING, Door, LOGIN, PAYMENT, QUERY, QUERY_SECRET, Told};
use self::storm::{Late, Storm, comparisons, counts};
use crate::server::Server;
use crate::story::{self, Person};

/// Guesses in a row that the default policy allows.
const BUDGET: u64 = 5;
/// Questions a day whether a new payment secret is the login secret.
const QUESTIONS: u64 = 10;
/// Guesses without a success that the default policy allows in a lifetime.
const LIFETIME: u64 = 20;
const STORM: usize = 1000;
const RIGHT: &str = "the-right-1";
const DAY: u32 = 24 * 3600;

/// A kind of secret, the doors that compare it, and what is right there.
type Kind = (&'static str, &'static [Door], &'static str);

const KINDS: [Kind; 3] =
    [("payment", &PAYMENT, RIGHT), ("query", &QUERY, RIGHT), ("login", &LOGIN, story::LOGIN)];

fn made<'a>(server: &'a Server, name: &str) -> Person<'a> {
    Person::made(server, name, &json!({ "payment": RIGHT, "query": RIGHT }))
}

#[test]
fn a_thousand_wrong_guesses_at_once_over_every_door_compare_exactly_the_budget() {
    for (kind, doors, right) in KINDS {
        let server = Server::start();
        let person = made(&server, "stormed");
        let before = server.comparisons(kind);
        let told = Storm { people: &[&person], doors, size: STORM }.rage(|n| format!("wrong-guess-{n}"));
        assert_eq!(server.comparisons(kind) - before, BUDGET, "{kind}");
        assert_eq!(counts(&told[0]), [0, BUDGET], "{kind}: only what was compared was told");
        for door in doors {
            assert_eq!((door.guess)(&person, right), Told::Later, "{kind}, {} while locked", door.name);
        }
        assert_eq!(server.comparisons(kind) - before, BUDGET, "{kind}: a lock compares nothing");
        server.advance(900);
        assert_eq!((doors[0].guess)(&person, right), Told::Right, "{kind} after the lock");
    }
}

#[test]
fn a_right_guess_after_the_budget_is_neither_accepted_nor_told_that_it_is_wrong() {
    for (kind, doors, right) in KINDS {
        let server = Server::start();
        for at in [100, 200, 300] {
            let person = made(&server, &format!("stormed-{at}"));
            let before = server.comparisons(kind);
            let spent = || server.comparisons(kind) >= before + BUDGET;
            let late = Late { at, secret: right, spent: &spent };
            let (told, others) = Storm { people: &[&person], doors, size: 300 }.rage_around(&late);
            assert_eq!(told, Told::Later, "the right one of {kind}, number {at}");
            assert_eq!(server.comparisons(kind) - before, BUDGET, "{kind}, {at}");
            assert_eq!(counts(&others), [0, BUDGET], "{kind}, {at}: only what was compared was told");
        }
    }
}

#[test]
fn two_accounts_at_once_spend_a_budget_each_and_nothing_of_the_other() {
    let server = Server::start();
    let (one, two) = (made(&server, "one"), made(&server, "two"));
    let people = [&one, &two];
    let told = Storm { people: &people, doors: &PAYMENT, size: 600 }.rage(|n| format!("wrong-guess-{n}"));
    assert_eq!(server.comparisons("payment"), 2 * BUDGET);
    assert_eq!([counts(&told[0]), counts(&told[1])], [[0, BUDGET]; 2]);
    // Of one account only: the other keeps what it has.
    server.advance(900);
    assert!(two.is_payment_secret(RIGHT).iter().all(|right| *right));
    let told = Storm { people: &[&one], doors: &PAYMENT, size: 100 }.rage(|n| format!("wrong-again-{n}"));
    assert_eq!(counts(&told[0]), [0, BUDGET]);
    assert!(two.is_payment_secret(RIGHT).iter().all(|right| *right));
}

#[test]
fn two_processes_on_the_same_data_share_one_budget() {
    let one = Server::start();
    let two = Server::start_on(Arc::clone(&one.folder), &[]);
    for (kind, doors, right) in KINDS {
        let person = made(&one, kind);
        // The same account, session and wallet, asked for at the other process.
        let same = Person {
            server: &two,
            id: person.id.clone(),
            username: person.username.clone(),
            wallet: person.wallet.clone(),
            token: person.token.clone(),
            session: person.session.clone(),
            spark: person.spark.clone(),
        };
        let before = comparisons(&[&one, &two], kind);
        let told = Storm { people: &[&person, &same], doors, size: 400 }.rage(|n| format!("wrong-guess-{n}"));
        assert_eq!(comparisons(&[&one, &two], kind) - before, BUDGET, "{kind}");
        assert_eq!(counts(&told.concat()), [0, BUDGET], "{kind}: only what was compared was told");
        for door in doors {
            let told = [&person, &same].map(|person| (door.guess)(person, right));
            assert_eq!(told, [Told::Later; 2], "{kind}, {} while locked", door.name);
        }
        assert_eq!(comparisons(&[&one, &two], kind) - before, BUDGET, "{kind}: a lock compares nothing");
    }
}

#[test]
fn whether_a_new_secret_is_the_login_secret_is_told_ten_times_a_day() {
    let server = Server::start();
    let person = Person::made(&server, "asking", &json!({ "query": QUERY_SECRET }));
    let before = server.comparisons("login");
    let storm = Storm { people: &[&person], doors: &ASKING, size: 400 };
    let told = storm.rage(|_| story::LOGIN.to_owned());
    assert_eq!(server.comparisons("login") - before, QUESTIONS);
    assert_eq!(counts(&told[0]), [QUESTIONS, 0], "only what was compared was told");
    for door in ASKING {
        assert_eq!((door.guess)(&person, "another-one"), Told::Later, "{}", door.name);
    }
    assert_eq!(server.comparisons("login") - before, QUESTIONS);
    assert_eq!(person.account()["secrets"]["payment"]["state"], "unset", "what was not asked is not set");
}

#[test]
fn a_storm_every_day_for_two_months_compares_no_more_than_a_lifetime() {
    let server = Server::start();
    let person = made(&server, "patient");
    let doors = &PAYMENT[..2];
    for day in 0..60 {
        let told = Storm { people: &[&person], doors, size: 30 }.rage(|n| format!("wrong-{day}-{n}"));
        assert!(counts(&told[0])[1] <= BUDGET, "day {day}");
        server.advance(DAY);
    }
    assert_eq!(server.comparisons("payment"), LIFETIME);
    for door in doors {
        assert_eq!((door.guess)(&person, RIGHT), Told::Later, "{}: only a verified reset helps", door.name);
    }
    let reset = json!({ "code": person.code("payment_reset"), "new": "the-new-1" });
    assert_eq!(person.native("payment/reset", &reset).status, 200);
    assert_eq!((doors[0].guess)(&person, "the-new-1"), Told::Right);
    assert_eq!(server.comparisons("payment"), LIFETIME + 1);
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
