//! What is charged for a comparison that is never made is given back, and nothing else with it.

mod support;

use countersign_domain::account::{Account, SecretState};
use countersign_domain::attempt::{self, Begun, Guess, Ticket};
use countersign_domain::credential;
use countersign_domain::ledger::{Gate, Tag};
use countersign_domain::secret::Kind;
use support::{World, verifier};

fn remaining(world: &World, account: &Account) -> u32 {
    account.payment.ledger.remaining(&world.policy.guesses, world.now)
}

fn tagged(world: &World, account: &mut Account) -> Ticket {
    let guess = Guess { tag: Some(Tag([1; 16])), ..Guess::at(Kind::Payment) };
    match attempt::begin(account, guess, &world.scene()) {
        Begun::Compare(ticket, _) => ticket,
        other => panic!("expected a charged guess, got {other:?}"),
    }
}

#[test]
fn one_guess_is_given_back_and_no_other() {
    let world = World::new();
    let mut account = world.enrolled();
    world.miss(&mut account);
    let in_flight = world.ticket(&mut account);
    for _ in 0..20 {
        let ticket = world.ticket(&mut account);
        assert_eq!(remaining(&world, &account), 2);
        attempt::give_back(&mut account, ticket, &world.scene());
        assert_eq!(remaining(&world, &account), 3, "the miss and the one in flight stay");
    }
    attempt::miss(&mut account, in_flight, &world.scene());
    assert_eq!((remaining(&world, &account), account.payment.ledger.misses()), (3, 2));
}

#[test]
fn what_the_same_request_was_charged_before_is_not_given_back() {
    let world = World::new();
    let mut account = world.enrolled();
    let first = tagged(&world, &mut account);
    attempt::miss(&mut account, first, &world.scene());
    for _ in 0..3 {
        let again = tagged(&world, &mut account);
        attempt::give_back(&mut account, again, &world.scene());
        assert_eq!((remaining(&world, &account), account.payment.ledger.misses()), (4, 1));
    }
}

#[test]
fn a_request_that_is_charged_for_the_first_time_is_given_back() {
    let world = World::new();
    let mut account = world.enrolled();
    for _ in 0..20 {
        let ticket = tagged(&world, &mut account);
        attempt::give_back(&mut account, ticket, &world.scene());
        assert_eq!(remaining(&world, &account), 5);
    }
}

#[test]
fn a_guess_that_has_become_a_miss_stays_and_so_does_its_lock() {
    let mut world = World::new();
    let mut account = world.enrolled();
    for _ in 0..4 {
        world.miss(&mut account);
    }
    let ticket = world.ticket(&mut account);
    world.pass(world.policy.guesses.in_flight);
    attempt::give_back(&mut account, ticket, &world.scene());
    assert_eq!(account.payment.ledger.misses(), 5);
    assert!(matches!(account.payment.ledger.gate, Gate::Locked { .. }));
}

#[test]
fn a_guess_at_a_secret_that_was_replaced_meanwhile_is_given_back_too() {
    let world = World::new();
    let mut account = world.enrolled();
    let ticket = world.ticket(&mut account);
    credential::reset(&mut account, Kind::Payment, verifier(2), &world.scene()).expect("a reset");
    assert_eq!(remaining(&world, &account), 4);
    attempt::give_back(&mut account, ticket, &world.scene());
    assert_eq!(remaining(&world, &account), 5);
    assert!(matches!(account.payment.state, SecretState::Active(_)));
}

#[test]
fn only_the_question_of_that_moment_is_taken_back() {
    let mut world = World::new();
    let mut account = world.enrolled();
    credential::set(&mut account, Kind::Login, verifier(1), None, &world.scene()).expect("nothing was set");
    let ask = |account: &mut Account, world: &World, tag| {
        attempt::begin_same_as_login(account, tag, &world.scene()).expect("room").expect("is set");
    };
    let tag = Some(Tag([1; 16]));
    ask(&mut account, &world, tag);
    world.pass(countersign_domain::time::Span::from_secs(1));
    ask(&mut account, &world, tag);
    attempt::take_back_question(&mut account, tag, world.now);
    assert_eq!(account.same_as_login.len(), 1, "it was asked before, and may have been compared");
    ask(&mut account, &world, None);
    assert_eq!(account.same_as_login.len(), 2);
    attempt::take_back_question(&mut account, None, world.now);
    assert_eq!(account.same_as_login.len(), 1);
}
