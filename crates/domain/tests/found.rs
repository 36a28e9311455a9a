//! What the simulation and reviews found in the rules, each told again as short as it can be.

mod support;

use countersign_domain::account::{Account, Scene};
use countersign_domain::answer::Refusal;
use countersign_domain::attempt::{self, Begun, Guess};
use countersign_domain::credential;
use countersign_domain::device::DeviceClaim;
use countersign_domain::event::{Actor, Origin};
use countersign_domain::id::SessionId;
use countersign_domain::ledger::{Gate, Tag};
use countersign_domain::policy::Preset;
use countersign_domain::secret::{Kind, Sealed};
use countersign_domain::session::{self, Session};
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
        charged += world.exhaust(&mut account, DeviceClaim::Absent);
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
        world.exhaust(&mut account, DeviceClaim::Absent);
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

/// A stranger's one wrong guess at each account, which is what a spray is, takes the word of every owner's session away.
#[test]
fn a_session_vouches_for_its_guesses_although_a_stranger_missed() {
    let world = World::new();
    let mut account = world.enrolled();
    world.miss(&mut account);
    let id = SessionId::from_bytes([1; 16]);
    let (key, end) = (Sealed(vec![1]), world.now + Span::from_hours(2));
    let opened = Session {
        id,
        opened_at: world.now,
        expires_at: end,
        login_version: 0,
        key: key.clone(),
        login_digest: key,
        missed: 0,
    };
    session::open(&mut account, opened, &world.scene());
    let origin = Origin { actor: Actor::Session(id), ..world.origin.clone() };
    let scene = Scene { origin: &origin, ..world.scene() };
    assert!(attempt::vouched(&account, &Guess::at(Kind::Payment), &scene));
    let Begun::Compare(ticket, _) = attempt::begin(&mut account, Guess::at(Kind::Payment), &scene) else {
        panic!("there is room")
    };
    attempt::miss(&mut account, ticket, &scene);
    assert!(!attempt::vouched(&account, &Guess::at(Kind::Payment), &scene), "its own miss counts");
}

/// Twenty misses under `default`, then `psd2`: an unlock forgets five of them, so fifteen are left of five, and the answer
/// to the operator is a success.
#[test]
fn an_unlock_makes_room_for_one_burst_under_a_stricter_policy_too() {
    let mut world = World::new();
    let mut account = world.enrolled();
    for _ in 0..4 {
        world.pass(Span::from_hours(30));
        for _ in 0..5 {
            world.miss(&mut account);
        }
    }
    world.policy.guesses = Preset::Psd2.limits();
    world.pass(Span::from_hours(30));
    credential::unlock(&mut account, Kind::Payment, "spoke to the owner".into(), &world.scene())
        .expect("set");
    assert_eq!(account.payment.ledger.gate_at(&world.policy.guesses, world.now), Gate::Open);
}
