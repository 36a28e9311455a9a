//! Limits that change while budgets are open.

mod support;

use countersign_domain::answer::Refusal;
use countersign_domain::attempt;
use countersign_domain::credential;
use countersign_domain::ledger::DAY;
use countersign_domain::secret::Kind;
use countersign_domain::time::Span;
use support::{World, verifier};

#[test]
fn a_question_is_taken_when_it_was_said_to_be_although_fewer_are_allowed_by_now() {
    let mut world = World::new();
    let mut account = world.enrolled();
    credential::set(&mut account, Kind::Login, verifier(1), None, &world.scene()).expect("a login secret");
    for _ in 0..10 {
        world.pass(Span::from_minutes(1));
        attempt::begin_same_as_login(&mut account, None, &world.scene()).expect("room");
    }
    world.policy.guesses.same_as_login_day = 3;
    let told = attempt::begin_same_as_login(&mut account, None, &world.scene());
    let Err(Refusal::Locked { until: Some(until), .. }) = told else { panic!("ten were asked: {told:?}") };
    assert_eq!(until, world.now - Span::from_minutes(2) + DAY, "two of the ten may still count then");
    world.now = until;
    attempt::begin_same_as_login(&mut account, None, &world.scene()).expect("as was told");
}
