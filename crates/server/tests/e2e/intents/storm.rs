//! Many at once, at two servers: one wins, and what was voided is never consumed.

use std::sync::Barrier;
use std::thread;

use serde_json::json;

use super::{BUDGET, Buyer, RIGHT, TRIES, is, told, two};
use crate::client::Answer;

/// What so many are told who do the same at once, each at one of two servers in turn.
fn at_once(size: usize, act: impl Fn(usize) -> Answer + Sync) -> Vec<(u16, String)> {
    let start = Barrier::new(size);
    thread::scope(|scope| {
        let one = |n| {
            let (start, act) = (&start, &act);
            move || {
                start.wait();
                told(&act(n))
            }
        };
        let all: Vec<_> = (0..size).map(|n| scope.spawn(one(n))).collect();
        all.into_iter().map(|one| one.join().expect("an answer")).collect()
    })
}

fn count(told: &[(u16, String)], status: u16, code: &str) -> usize {
    told.iter().filter(|(found, why)| (*found, why.as_str()) == (status, code)).count()
}

#[test]
fn of_32_consumers_at_two_servers_exactly_one_wins() {
    let nodes = two();
    let buyer = Buyer::new(&nodes, "raced");
    for round in 0..10 {
        let intent = buyer.approved();
        let told = at_once(32, |n| buyer.consume(n, &intent));
        assert_eq!(count(&told, 200, ""), 1, "round {round}: {told:?}");
        assert_eq!(count(&told, 409, "intent_consumed"), 31, "round {round}: {told:?}");
    }
    let consumed = buyer.events(&nodes[0], "intent_consumed");
    assert_eq!(consumed.len(), 10, "and each is told once");
}

#[test]
fn of_32_consumers_with_a_wrong_one_among_them_at_most_one_wins() {
    let nodes = two();
    let buyer = Buyer::new(&nodes, "raced");
    for round in 0..10 {
        let intent = buyer.approved();
        let other = json!({ "digest": "WlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlo" });
        let told = at_once(32, |n| match n % 4 {
            0 => buyer.at(n / 4, "POST", &intent.path("consume"), Some(&other)),
            _ => buyer.consume(n, &intent),
        });
        let (won, voided) = (count(&told, 200, ""), count(&told, 409, "digest_mismatch"));
        assert_eq!(won + voided, 1, "round {round}: the first decides: {told:?}");
        let state = &buyer.read(&intent)["state"];
        assert_eq!(state, if won == 1 { "consumed" } else { "voided" });
    }
}

#[test]
fn wrong_approvals_at_once_cost_no_more_comparisons_than_an_intent_bears_and_a_budget_has() {
    let nodes = two();
    let buyer = Buyer::new(&nodes, "stormed");
    let compared = || nodes.iter().map(|node| node.comparisons("payment")).sum::<u64>();
    let before = compared();
    let intent = buyer.create();
    let told = at_once(40, |n| buyer.approve(n, &intent, &format!("wrong-guess-{n}")));
    assert_eq!(compared() - before, TRIES);
    assert_eq!(count(&told, 403, "secret_incorrect") as u64, TRIES, "{told:?}");
    is(&buyer.approve(0, &intent, RIGHT), 409, "intent_voided");
    // New intents are no way around the account's budget, nor are many at once.
    let intents: Vec<_> = (0..10).map(|_| buyer.create()).collect();
    let told = at_once(40, |n| buyer.approve(n, &intents[n % 10], &format!("wrong-guess-{n}")));
    assert_eq!(compared() - before, BUDGET);
    assert_eq!(count(&told, 403, "secret_incorrect") as u64, BUDGET - TRIES, "{told:?}");
    let fresh = buyer.create();
    is(&buyer.approve(1, &fresh, RIGHT), 423, "secret_locked");
    assert_eq!(compared() - before, BUDGET, "a lock compares nothing");
}

#[test]
fn a_right_approval_among_wrong_ones_approves_or_is_not_compared() {
    let nodes = two();
    let buyer = Buyer::new(&nodes, "stormed");
    for round in 0..5 {
        let intent = buyer.create();
        let told = at_once(8, |n| {
            let secret = if n == 4 { RIGHT.to_owned() } else { format!("wrong-guess-{n}") };
            buyer.approve(n, &intent, &secret)
        });
        assert!(count(&told, 403, "secret_incorrect") as u64 <= TRIES, "round {round}: {told:?}");
        let approved = told[4].0 == 200;
        assert_eq!(buyer.read(&intent)["state"] == "approved", approved, "round {round}: {told:?}");
        is(
            &buyer.consume(0, &intent),
            if approved { 200 } else { 409 },
            if approved { "" } else { "intent_voided" },
        );
        nodes[0].advance(24 * 3600);
        nodes[1].advance(24 * 3600);
        is(&buyer.secret(0, "verify", &json!({ "secret": RIGHT })), 200, "");
    }
}

#[test]
fn nothing_is_consumed_after_a_change_a_reset_or_a_lock_was_acknowledged() {
    let nodes = two();
    let buyer = Buyer::new(&nodes, "raced");
    let mut current = RIGHT.to_owned();
    for round in 0..9 {
        let intents: Vec<_> = (0..16)
            .map(|_| {
                let intent = buyer.create();
                is(&buyer.approve(0, &intent, &current), 200, "");
                intent
            })
            .collect();
        let new = format!("the-next-{round}");
        let ended = std::sync::atomic::AtomicBool::new(false);
        let start = Barrier::new(17);
        let won: usize = thread::scope(|scope| {
            let consume = |n: usize| {
                let (start, ended, buyer, intents) = (&start, &ended, &buyer, &intents);
                move || {
                    start.wait();
                    thread::yield_now();
                    let after = ended.load(std::sync::atomic::Ordering::SeqCst);
                    let answer = buyer.consume(n, &intents[n]);
                    assert!(!(after && answer.status == 200), "consumed after it was ended");
                    usize::from(answer.status == 200)
                }
            };
            let consumers: Vec<_> = (0..16).map(|n| scope.spawn(consume(n))).collect();
            start.wait();
            match round % 3 {
                0 => is(&buyer.secret(1, "change", &json!({ "old": current, "new": new })), 200, ""),
                1 => (0..BUDGET).for_each(|_| {
                    let _ = buyer.secret(1, "verify", &json!({ "secret": "not-the-one" }));
                }),
                _ => reset(&buyer, &new),
            }
            ended.store(true, std::sync::atomic::Ordering::SeqCst);
            consumers.into_iter().map(|one| one.join().expect("ends")).sum()
        });
        let consumed = intents.iter().filter(|intent| buyer.read(intent)["state"] == "consumed").count();
        assert_eq!(consumed, won, "round {round}");
        for intent in &intents {
            assert_eq!(buyer.consume(round, intent).status, 409);
        }
        if round % 3 != 1 {
            current = new;
        }
        for node in &nodes {
            node.advance(2 * 24 * 3600);
        }
    }
}

fn reset(buyer: &Buyer, new: &str) {
    let issued =
        buyer.post(&format!("/v1/accounts/{}/codes", buyer.id), &json!({ "purpose": "payment_reset" }));
    is(&issued, 202, "");
    let outbox = buyer.at(0, "GET", &format!("/v1/dev/outbox?account_id={}", buyer.id), None).json();
    let last = outbox["messages"].as_array().and_then(|messages| messages.last()).expect("a message");
    is(&buyer.secret(1, "reset", &json!({ "code": last["code"], "new": new })), 200, "");
}
