//! Invariant A: wrong secrets kill an intent besides spending the account's budget, and nobody is spared without grounds.

mod support;

use countersign_domain::account::SecretState;
use countersign_domain::answer::{IntentRefusal, Refusal};
use countersign_domain::attempt::{self, Approves, Begun, Guess, Purpose};
use countersign_domain::device::DeviceClaim;
use countersign_domain::id::DeviceId;
use countersign_domain::intent::{self, Factors, Stage, VoidCause};
use countersign_domain::ledger::Tag;
use countersign_domain::secret::Kind;
use countersign_domain::time::Span;
use support::till::Till;
use support::verifier;

#[test]
fn the_tries_of_an_intent_count_in_flight_and_after_a_lost_server() {
    let mut till = Till::under(|world| world.policy.guesses.burst = 10);
    let id = till.create("1");
    let [_lost, second, third] = [(); 3].map(|()| till.ticket(id));
    assert!(matches!(till.begin(id), Begun::Refused(Refusal::Busy)), "one of them may be right");
    assert_eq!(till.stage(id), Some(Stage::Pending));
    till.world.pass(Span::from_secs(61));
    let void = till.stage(id);
    assert!(matches!(void, Some(Stage::Voided(_, VoidCause::Guesses))), "whoever looks is told the same");
    assert!(intent::unsettled(&till.account, &till.world.scene()), "and has it written down");
    assert_eq!(till.right(id), Err(IntentRefusal::Voided(VoidCause::Guesses).into()), "all three were lost");
    assert_eq!(till.charged(), 3, "each of them is charged to the account too");
    assert_eq!(till.stage(id), void);
    assert!(!intent::unsettled(&till.account, &till.world.scene()));
    till.miss(second);
    till.miss(third);
    assert!(matches!(till.stage(id), Some(Stage::Voided(_, VoidCause::Guesses))));
}

#[test]
fn the_right_secret_as_the_last_try_approves() {
    let mut till = Till::new();
    let id = till.create("1");
    till.wrong(id);
    till.wrong(id);
    assert_eq!(till.right(id), Ok(()));
    assert_eq!(till.consume(id), Ok(()));
}

#[test]
fn another_intent_has_tries_of_its_own_but_the_account_has_one_budget() {
    let mut till = Till::new();
    let (first, second) = (till.create("1"), till.create("2"));
    for _ in 0..3 {
        till.wrong(first);
    }
    assert!(matches!(till.wrong(second), Refusal::Incorrect { remaining: Some(1), .. }));
    assert!(matches!(till.wrong(second), Refusal::Incorrect { remaining: Some(0), .. }));
    assert!(matches!(till.stage(second), Some(Stage::Voided(_, VoidCause::Locked))));
    let third = till.create("3");
    assert!(matches!(till.right(third), Err(Refusal::Locked { .. })), "a new one is no way around the lock");
}

#[test]
fn a_request_that_comes_again_is_one_try() {
    let mut till = Till::new();
    let id = till.try_create("1", 1, Span::from_hours(1)).expect("room");
    let approves = Some(Approves { intent: id, factors: Factors::Secret, holder: None });
    let again = Guess { approves, tag: Some(Tag([3; 16])), ..Guess::at(Kind::Payment) };
    for _ in 0..5 {
        let begun = attempt::begin(&mut till.account, again, &till.world.scene());
        assert!(matches!(begun, Begun::Compare(..)), "{begun:?}");
        // Its server is lost.
        till.world.pass(Span::from_secs(61));
    }
    till.wrong(id);
    assert_eq!(till.right(id), Ok(()));
}

#[test]
fn a_guess_that_was_never_compared_is_no_try() {
    let mut till = Till::new();
    let id = till.create("1");
    for _ in 0..5 {
        let ticket = till.ticket(id);
        attempt::give_back(&mut till.account, ticket, &till.world.scene());
    }
    assert_eq!(till.right(id), Ok(()));
}

#[test]
fn a_known_device_approves_nothing_while_the_secret_is_locked() {
    let mut till = Till::new();
    let name = DeviceId::from_bytes([4; 16]);
    let begun = till.world.begin_on(&mut till.account, DeviceClaim::New(name));
    let Begun::Compare(ticket, _) = begun else { panic!("{begun:?}") };
    attempt::succeed(&mut till.account, ticket, Purpose::Verify(None), &till.world.scene()).expect("right");
    till.lock();
    let device = DeviceClaim::Named(name);
    let id = till.create("1");
    let approves = Some(Approves { intent: id, factors: Factors::Secret, holder: None });
    let guess = Guess { device, approves, ..Guess::at(Kind::Payment) };
    let begun = attempt::begin(&mut till.account, guess, &till.world.scene());
    assert!(matches!(begun, Begun::Refused(Refusal::Locked { .. })), "it could not be consumed: {begun:?}");
    assert!(
        matches!(till.world.begin_on(&mut till.account, device), Begun::Compare(..)),
        "but it may verify, within a budget of its own"
    );
}

#[test]
fn without_a_secret_that_the_person_chose_nobody_is_spared() {
    let mut till = Till::new();
    till.world.policy.payments.ask.ask_new_payee = false;
    let rules = &mut till.world.policy.payments.ask.others;
    (rules.unasked, rules.unasked_day) = (Some(1000), Some(1000));
    till.world.policy.payments.holds.reset = Span::ZERO;
    let id = till.create("1");
    till.account.payment.state = SecretState::Unset;
    assert_eq!(till.spared(id), Err(Refusal::NotSet));
    till.account.payment.state =
        SecretState::Temporary { verifier: verifier(1), until: till.world.now + Span::from_hours(1) };
    assert!(matches!(till.spared(id), Err(Refusal::Intent(IntentRefusal::SecretRequired(_)))));
    till.account.payment.state = SecretState::Active(verifier(1));
    assert_eq!(till.spared(id), Ok(()));
}
