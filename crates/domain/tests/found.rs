//! What the simulation found in the rules, each told again as short as it can be.

mod support;

use countersign_domain::account::Account;
use countersign_domain::answer::Refusal;
use countersign_domain::attempt::{self, Begun, Guess};
use countersign_domain::credential;
use countersign_domain::ledger::{Gate, Tag};
use countersign_domain::secret::Kind;
use countersign_domain::time::{Span, Timestamp};
use support::{World, verifier};

#[test]
fn an_unlock_after_the_clock_went_back_gives_one_burst_and_no_more() {
    let mut world = World::new();
    let mut account = world.enrolled();
    let begun = world.now;
    for _ in 0..4 {
        world.pass(Span::from_hours(30));
        for _ in 0..5 {
            world.miss(&mut account);
        }
    }
    assert_eq!(account.payment.ledger.gate, Gate::Blocked);
    // All twenty now seem to be of this day, of which a day has only ten.
    world.now = Timestamp::from_millis(begun.millis());
    credential::unlock(&mut account, Kind::Payment, "spoke to the owner".into(), &world.scene())
        .expect("locked");
    let mut charged = 0;
    for _ in 0..40 {
        while let Begun::Compare(ticket, _) = world.begin(&mut account) {
            charged += 1;
            attempt::miss(&mut account, ticket, &world.scene());
        }
        world.pass(Span::from_hours(25));
    }
    assert_eq!(charged, 5);
}

#[test]
fn a_reset_forgives_guesses_that_nobody_settled_in_time() {
    let mut world = World::new();
    world.policy.guesses.lifetime = 5;
    let mut account = world.enrolled();
    // A crash leaves five in flight; nobody looks at the account until the owner resets an hour later.
    let lost: Vec<_> = (0..5).map(|_| world.ticket(&mut account)).collect();
    drop(lost);
    world.pass(Span::from_hours(1));
    credential::reset(&mut account, Kind::Payment, verifier(2), &world.scene()).expect("the next version");
    assert_eq!(account.payment.ledger.remaining(&world.policy.guesses, world.now), 5);
    credential::make_temporary(&mut account, Kind::Payment, verifier(3), &world.scene()).expect("the next");
    assert_eq!(account.payment.ledger.remaining(&world.policy.guesses, world.now), 5);
}

#[test]
fn a_request_that_comes_again_after_the_clock_went_back_stays_in_its_day() {
    let mut world = World::new();
    let mut account = world.enrolled();
    let tag = Some(Tag([7; 16]));
    let again = |world: &World, account: &mut Account| {
        let begun = attempt::begin(account, Guess { tag, ..Guess::at(Kind::Payment) }, &world.scene());
        assert!(matches!(begun, Begun::Compare(..)), "{begun:?}");
    };
    let begun = world.now;
    again(&world, &mut account);
    // Nobody settles it, so that it is a miss by the time of the next guess.
    world.pass(Span::from_minutes(2));
    world.miss(&mut account);
    world.now = Timestamp::from_millis(begun.millis() - 20 * 3_600_000);
    again(&world, &mut account);
    world.now = Timestamp::from_millis(begun.millis() + 10 * 3_600_000);
    for _ in 0..4 {
        while let Begun::Compare(ticket, _) = world.begin(&mut account) {
            attempt::miss(&mut account, ticket, &world.scene());
        }
        world.pass(Span::from_hours(1));
    }
    assert_eq!(account.payment.ledger.charges.len(), 10, "the one that came again is still of this day");
}

#[test]
fn a_request_that_comes_again_after_its_lock_is_a_guess_of_the_next_burst() {
    let mut world = World::new();
    world.policy.guesses.burst = 1;
    let mut account = world.enrolled();
    let guess = Guess { tag: Some(Tag([7; 16])), ..Guess::at(Kind::Payment) };
    // Nobody learns what the first one comes to; it ages, and the lock that it brings is over.
    assert!(matches!(attempt::begin(&mut account, guess, &world.scene()), Begun::Compare(..)));
    world.pass(Span::from_hours(1));
    let Begun::Compare(ticket, _) = attempt::begin(&mut account, guess, &world.scene()) else {
        panic!("the same request is taken again")
    };
    assert!(matches!(world.begin(&mut account), Begun::Refused(Refusal::Busy)), "a burst is one guess");
    attempt::miss(&mut account, ticket, &world.scene());
    assert!(matches!(world.begin(&mut account), Begun::Refused(Refusal::Locked { .. })));
    assert_eq!(account.payment.ledger.charges.len(), 1, "and it was charged once");
}
