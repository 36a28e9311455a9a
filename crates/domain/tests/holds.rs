//! Holds: payments rest after what a thief would do first, and nobody shortens that alone.

mod support;

use countersign_domain::account::Account;
use countersign_domain::answer::Refusal;
use countersign_domain::code::{self, Destination, NewMobiles};
use countersign_domain::credential;
use countersign_domain::event::{Actor, What};
use countersign_domain::hold::{self, HoldCause, Release};
use countersign_domain::id::AppId;
use countersign_domain::intent::Stage;
use countersign_domain::policy::PaymentPreset;
use countersign_domain::secret::Kind;
use countersign_domain::time::{Span, Timestamp};
use proptest::prelude::*;
use support::till::Till;
use support::{World, verifier};

const DAY: Span = Span::from_hours(24);

fn by(world: &mut World, operator: u8) {
    world.origin.actor = Actor::App(AppId::from_bytes([operator; 16]));
}

fn release(till: &mut Till, operator: u8) -> Result<Release, Refusal> {
    release_since(till, operator, Timestamp::from_millis(0))
}

/// By an operator whose key was made at that instant.
fn release_since(till: &mut Till, operator: u8, since: Timestamp) -> Result<Release, Refusal> {
    by(&mut till.world, operator);
    hold::release(&mut till.account, since, "called back".into(), &till.world.scene())
}

#[test]
fn a_key_that_is_younger_than_the_hold_ends_nothing() {
    let mut till = Till::new();
    let begun = till.world.now;
    hold::begin(&mut till.account, HoldCause::Reset, &till.world.scene());
    assert!(until(&till).is_some());
    for operator in [1, 2] {
        assert_eq!(release_since(&mut till, operator, begun), Err(Refusal::KeyTooYoung), "made together");
        assert_eq!(release_since(&mut till, operator, begun + DAY), Err(Refusal::KeyTooYoung));
    }
    assert!(release(&mut till, 1).is_ok());
    assert_eq!(release_since(&mut till, 2, begun), Err(Refusal::KeyTooYoung), "one old key is not enough");
    assert_eq!(release(&mut till, 2), Ok(Release::Released));
}

fn until(till: &Till) -> Option<Timestamp> {
    till.account.holds.until(till.world.now)
}

fn told(account: &Account, fits: fn(&What) -> bool) -> usize {
    account.fresh_events.iter().filter(|event| fits(&event.what)).count()
}

/// What somebody does, and how long payments rest after it.
type Act<'a> = (&'static str, &'a dyn Fn(&mut Till), Option<Span>);

#[test]
fn what_a_thief_would_do_first_puts_payments_on_hold_and_nothing_else_does() {
    let reset = |kind: Kind| {
        move |till: &mut Till| {
            let next = verifier(till.account.credential(kind).version + 1);
            credential::reset(&mut till.account, kind, next, &till.world.scene()).expect("reset");
        }
    };
    let unlock = |kind: Kind| {
        move |till: &mut Till| {
            credential::unlock(&mut till.account, kind, "asked".into(), &till.world.scene()).expect("set");
        }
    };
    let temporary = |till: &mut Till| {
        let next = verifier(till.account.payment.version + 1);
        credential::make_temporary(&mut till.account, Kind::Payment, next, &till.world.scene())
            .expect("made");
    };
    let sim_changed = |till: &mut Till| {
        let of = Destination { place: 0, mobile: [1; 16] };
        let long_ago = till.world.now - Span::from_hours(1);
        code::sim_changed(&mut till.account, of, long_ago, &till.world.scene());
    };
    let replace_mobiles = |till: &mut Till, adds| {
        let new = NewMobiles { sealed: Vec::new(), adds, moved: Vec::new() };
        code::replace_mobiles(&mut till.account, new, &till.world.scene());
    };
    let new_mobile = |till: &mut Till| replace_mobiles(till, true);
    let fewer_mobiles = |till: &mut Till| replace_mobiles(till, false);
    let acts: [Act<'_>; 13] = [
        ("payment reset", &reset(Kind::Payment), Some(DAY)),
        ("login reset", &reset(Kind::Login), Some(DAY)),
        ("query reset", &reset(Kind::Query), None),
        ("made temporary", &temporary, Some(DAY)),
        ("payment unlock", &unlock(Kind::Payment), Some(Span::from_hours(1))),
        ("login unlock", &unlock(Kind::Login), Some(Span::from_hours(1))),
        ("query unlock", &unlock(Kind::Query), None),
        ("SIM changed an hour ago", &sim_changed, Some(Span::from_hours(23))),
        ("a new mobile", &new_mobile, Some(DAY)),
        ("fewer mobiles", &fewer_mobiles, None),
        ("change", &Till::change, None),
        ("lock", &Till::lock, None),
        ("payment", &|till| till.paid("1", 1), None),
    ];
    for (name, act, expected) in acts {
        let mut till = Till::new();
        for kind in [Kind::Login, Kind::Query] {
            credential::set(&mut till.account, kind, verifier(1), None, &till.world.scene()).expect("set");
        }
        act(&mut till);
        assert_eq!(until(&till), expected.map(|span| till.world.now + span), "{name}");
        let begun = told(&till.account, |what| matches!(what, What::HoldBegun { .. }));
        assert_eq!(begun, usize::from(expected.is_some()), "{name}");
    }
    let exchange = PaymentPreset::Exchange.holds();
    assert_eq!((exchange.reset, exchange.mobile_change, exchange.unlock), (DAY, DAY, DAY));
}

#[test]
fn under_a_hold_nothing_is_approved_and_nothing_that_was_is_consumed_until_it_ends() {
    let mut till = Till::new();
    let day = Span::from_hours(48);
    let before = till.try_create("1", 1, day).expect("room");
    till.right(before).expect("right");
    till.hold_until(DAY);
    let held = Refusal::OnHold { until: till.world.now + DAY };
    let pending = till.try_create("1", 1, day).expect("a hold keeps nobody from asking");
    let charged = till.charged();
    assert_eq!(till.right(pending), Err(held.clone()));
    assert_eq!(till.spared(pending), Err(held.clone()));
    assert_eq!(till.consume(before), Err(held));
    assert_eq!(till.charged(), charged, "nothing was compared");
    assert!(matches!(till.stage(before), Some(Stage::Approved(_))), "it rests, and is not void");
    till.world.pass(DAY);
    assert_eq!(till.consume(before), Ok(()));
    assert_eq!(till.right(pending), Ok(()));
}

#[test]
fn under_a_hold_a_policy_may_leave_so_much_a_day() {
    let mut till = Till::under(|world| world.policy.payments.ask.others.on_hold_day = 300);
    let before = [till.approved("2"), till.approved("2")];
    till.hold_until(DAY);
    assert!(matches!(till.consume(before[0]), Err(Refusal::OnHold { .. })), "both together are too much");
    till.cancel(before[1]).expect("open");
    assert_eq!(till.consume(before[0]), Ok(()));
    let [fits, over] = [till.create("1"), till.create("1.01")];
    assert!(matches!(till.right(over), Err(Refusal::OnHold { .. })));
    assert!(till.spared(fits).is_err(), "nobody is spared under a hold");
    assert_eq!(till.right(fits), Ok(()));
    assert_eq!(till.consume(fits), Ok(()));
}

#[test]
fn it_takes_two_operators_to_end_a_hold() {
    let mut till = Till::new();
    assert_eq!(release(&mut till, 1), Err(Refusal::NotOnHold));
    till.reset();
    let wait = till.world.policy.payments.holds.release_wait;
    let agree_until = till.world.now + wait;
    for _ in 0..3 {
        assert_eq!(
            release(&mut till, 1),
            Ok(Release::Proposed { until: agree_until }),
            "not by saying it twice"
        );
        till.world.pass(Span::from_minutes(1));
    }
    let proposed = |what: &What| matches!(what, What::HoldReleaseProposed { .. });
    assert_eq!(told(&till.account, proposed), 1);
    assert_eq!(release(&mut till, 2), Ok(Release::Released));
    assert_eq!(until(&till), None);
    assert_eq!(release(&mut till, 1), Err(Refusal::NotOnHold));
    assert_eq!(told(&till.account, |what| matches!(what, What::HoldReleased { .. })), 1);
}

#[test]
fn a_proposal_waits_for_so_long_and_then_is_another_ones_first() {
    let mut till = Till::new();
    till.reset();
    let wait = till.world.policy.payments.holds.release_wait;
    release(&mut till, 1).expect("proposed");
    till.world.pass(wait);
    let again = till.world.now + wait;
    assert_eq!(release(&mut till, 2), Ok(Release::Proposed { until: again }));
    till.world.now = till.world.now + wait - Span::from_millis(1);
    assert_eq!(release(&mut till, 1), Ok(Release::Released));
}

#[test]
fn a_proposal_is_not_for_a_hold_that_began_after_it() {
    for renew in [Till::reset as fn(&mut Till), |till| till.hold_until(Span::from_hours(48))] {
        let mut till = Till::new();
        till.reset();
        release(&mut till, 1).expect("proposed");
        renew(&mut till);
        assert!(matches!(release(&mut till, 2), Ok(Release::Proposed { .. })), "it proposes anew");
    }
}

#[test]
fn holds_of_two_causes_run_side_by_side_and_the_longer_counts() {
    let mut till = Till::new();
    till.reset();
    let first = until(&till);
    credential::unlock(&mut till.account, Kind::Payment, "asked".into(), &till.world.scene()).expect("set");
    assert_eq!(until(&till), first);
    assert_eq!(till.account.holds.at(till.world.now).count(), 2);
    till.world.pass(Span::from_hours(1));
    assert_eq!(till.account.holds.at(till.world.now).count(), 1);
    till.world.pass(Span::from_hours(23));
    assert_eq!((until(&till), till.account.holds.at(till.world.now).count()), (None, 0));
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Begin(u8, u32),
    Release(u8),
    Reset,
    Change,
    Pay,
    Wait(u32),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..3_u8, 0..7200_u32).prop_map(|(cause, secs)| Step::Begin(cause, secs)),
        (1..3_u8).prop_map(Step::Release),
        Just(Step::Reset),
        Just(Step::Change),
        Just(Step::Pay),
        (0..4000_u32).prop_map(Step::Wait),
    ]
}

proptest! {
    #[test]
    fn a_hold_is_never_shortened_but_by_the_second_of_two(steps in prop::collection::vec(step(), 1..40)) {
        let mut till = Till::under(|world| world.policy.payments.holds.reset = Span::from_hours(1));
        // Who proposed to end what is held now, and when.
        let mut proposal: Option<(u8, Timestamp)> = None;
        for step in steps {
            let before = until(&till);
            let (now, wait) = (till.world.now, till.world.policy.payments.holds.release_wait);
            let second = |by| proposal.is_some_and(|(first, at)| first != by && now < at + wait);
            let mut may_shorten = false;
            match step {
                Step::Begin(cause, secs) => {
                    let cause = HoldCause::ALL[usize::from(cause)];
                    let span = now + Span::from_secs(secs);
                    hold::begin_until(&mut till.account, cause, span, &till.world.scene());
                    proposal = None;
                }
                Step::Release(by) => {
                    let told = release(&mut till, by);
                    may_shorten = before.is_some() && second(by);
                    prop_assert_eq!(matches!(told, Ok(Release::Released)), may_shorten);
                    if may_shorten {
                        proposal = None;
                    } else if before.is_some() && proposal.is_none_or(|(_, at)| now >= at + wait) {
                        proposal = Some((by, now));
                    }
                }
                Step::Reset => {
                    till.reset();
                    proposal = None;
                }
                Step::Change => till.change(),
                Step::Pay => {
                    let id = till.create("1");
                    prop_assert_eq!(till.right(id).is_ok(), before.is_none());
                    prop_assert_eq!(till.consume(id).is_ok(), before.is_none());
                    if before.is_some() {
                        till.cancel(id).expect("open");
                    }
                }
                Step::Wait(secs) => till.world.pass(Span::from_secs(secs)),
            }
            let still = before.filter(|&until| till.world.now < until);
            prop_assert!(may_shorten || until(&till) >= still);
            let causes: Vec<_> = till.account.holds.running.iter().map(|hold| hold.cause).collect();
            prop_assert!(HoldCause::ALL.iter().all(|cause| causes.iter().filter(|of| *of == cause).count() <= 1));
        }
    }
}
