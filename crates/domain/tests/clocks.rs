//! A clock that is set back revives nothing that was told to be over, and one that runs ahead forgets nothing.

mod support;

use countersign_domain::answer::{IntentRefusal, Refusal};
use countersign_domain::asking::Why;
use countersign_domain::hold::HoldCause;
use countersign_domain::id::IntentId;
use countersign_domain::intent::{self, Digest, Stage};
use countersign_domain::time::{Span, Timestamp};
use support::till::{LIFE, Till};

/// Whatever tells that an intent is over, and what it says of that one.
type Teller = (&'static str, fn(&mut Till, IntentId) -> Option<Refusal>);

const TELLERS: [Teller; 9] = [
    ("the right secret", |till, id| till.right(id).err()),
    ("a wrong secret", |till, id| Some(till.wrong(id))),
    ("no secret", |till, id| till.spared(id).err()),
    ("consume", |till, id| till.consume(id).err()),
    ("another digest", |till, id| till.consume_as(id, Some(Digest([9; 32]))).err()),
    ("cancel", |till, id| till.cancel(id).err()),
    ("the creation of another", |till, _| till.try_create("2", 1, LIFE).err()),
    ("a change of the secret", |till, _| {
        till.change();
        None
    }),
    ("whoever looks", |till, id| {
        assert_eq!(till.stage(id), Some(Stage::Expired));
        assert!(intent::unsettled(&till.account, &till.world.scene()));
        intent::settle(&mut till.account, None, &till.world.scene());
        assert!(!intent::unsettled(&till.account, &till.world.scene()));
        None
    }),
];

#[test]
fn what_somebody_was_told_has_expired_stays_so_when_the_clock_is_set_back() {
    for approved in [false, true] {
        for (teller, tell) in TELLERS {
            let mut till = Till::new();
            let id = if approved { till.approved("1") } else { till.create("1") };
            let begun = till.world.now;
            till.world.pass(LIFE);
            let told = tell(&mut till, id);
            assert!(told.is_none_or(|told| told == Refusal::Intent(IntentRefusal::Expired)), "{teller}");
            till.world.now = begun;
            assert_eq!(till.stage(id), Some(Stage::Expired), "{teller}");
            let expired = Err(Refusal::Intent(IntentRefusal::Expired));
            assert_eq!(till.right(id), expired, "{teller}");
            assert_eq!(till.consume(id), expired, "{teller}");
            assert_eq!(till.cancel(id), expired, "{teller}");
        }
    }
}

#[test]
fn what_nobody_was_told_of_may_still_be_in_time() {
    let mut till = Till::new();
    let id = till.approved("1");
    let begun = till.world.now;
    till.world.pass(LIFE);
    till.world.now = begun;
    assert_eq!(till.consume(id), Ok(()));
}

#[test]
fn one_reading_of_a_clock_ahead_forgets_neither_holds_nor_what_was_paid() {
    for (ahead, kept) in [(25, true), (24 + 47, true), (24 + 24 * 30, false)] {
        let mut till = Till::under(|world| world.policy.payments.ask.others.two_factors_day = Some(1_000));
        till.paid("9", 1);
        till.hold_until(Span::from_hours(24));
        let now = till.world.now;
        till.world.now = now + Span::from_hours(ahead);
        till.paid("9", 1);
        let cause = HoldCause::MobileChange;
        countersign_domain::hold::begin(&mut till.account, cause, &till.world.scene());
        till.account.holds.running.retain(|hold| hold.cause != cause);
        till.world.now = now + Span::from_hours(1);
        assert_eq!(till.account.holds.until(till.world.now).is_some(), kept, "{ahead}");
        till.account.holds.running.clear();
        let id = till.create("0.5");
        // What was paid in the hour ahead counts too; without that hour it is the sum of before.
        let sums = &mut till.account.payments.sums;
        let (first, ahead_of) = (hour(now), hour(now + Span::from_hours(ahead)));
        sums.retain(|sum| sum.hour != ahead_of);
        assert_eq!(sums.iter().any(|sum| sum.hour == first), kept, "{ahead}");
        assert_eq!(till.right(id), Ok(()), "0.5 and 9 are no more than 10");
        let over = Err(Refusal::Intent(IntentRefusal::OverLimit(Why::DayAmount)));
        let another = till.create("0.6");
        assert_eq!(till.right(another), if kept { over } else { Ok(()) }, "{ahead}");
    }
}

const fn hour(at: Timestamp) -> i64 {
    at.secs().div_euclid(3600)
}
