//! Invariant A over restores: a backup is the past, and what it holds may have been consumed since.

mod support;

use countersign_domain::account::Account;
use countersign_domain::answer::Refusal;
use countersign_domain::event::{Actor, What};
use countersign_domain::hold::{Hold, HoldCause};
use countersign_domain::id::AppId;
use countersign_domain::intent::{Stage, VoidCause};
use countersign_domain::restore::restored;
use countersign_domain::secret::Kind;
use countersign_domain::time::{Span, Timestamp};
use countersign_domain::{credential, hold};
use support::till::{Till, digest};

fn restore(till: &mut Till, backup: &Account, merged: bool) {
    let present = till.account.clone();
    till.account = restored(backup.clone(), merged.then_some(&present), &till.world.scene());
}

#[test]
fn no_approval_survives_a_restore() {
    for merged in [false, true] {
        let mut till = Till::new();
        let ids = [till.create("1"), till.approved("2")];
        let backup = till.account.clone();
        restore(&mut till, &backup, merged);
        for id in ids {
            assert!(matches!(till.stage(id), Some(Stage::Voided(_, VoidCause::Restored))), "{merged}");
            till.consume(id).expect_err("void");
            till.right(id).expect_err("void");
        }
    }
}

#[test]
fn what_was_consumed_since_the_backup_is_not_consumed_again() {
    for merged in [false, true] {
        let mut till = Till::new();
        let id = till.approved("1");
        let backup = till.account.clone();
        till.consume(id).expect("approved");
        restore(&mut till, &backup, merged);
        assert!(till.consume(id).is_err(), "{merged}");
        assert!(till.right(id).is_err(), "{merged}");
        // What became of it is told as it was, where that is known.
        let consumed = matches!(till.stage(id), Some(Stage::Consumed(..)));
        assert_eq!(consumed, merged);
    }
}

/// It was consumed since the backup, which nobody knows; it had run out when the backup came back, and then the clock was set
/// right.
#[test]
fn what_had_run_out_at_a_restore_waits_for_no_approval_when_the_clock_is_set_back() {
    let mut till = Till::new();
    let (pending, approved) = (till.create("1"), till.approved("2"));
    let backup = till.account.clone();
    till.right(pending).expect("the right secret");
    till.consume(pending).expect("approved");
    till.consume(approved).expect("approved");
    let right = till.world.now;
    till.world.pass(Span::from_hours(48));
    restore(&mut till, &backup, false);
    till.world.now = right;
    for id in [pending, approved] {
        assert!(matches!(till.stage(id), Some(Stage::Voided(_, VoidCause::Restored))));
        till.right(id).expect_err("void");
        till.consume(id).expect_err("void");
    }
}

#[test]
fn what_was_forgotten_since_the_backup_is_not_there_again() {
    let mut till = Till::under(|world| world.policy.payments.intents.told = 1);
    let id = till.approved("1");
    let backup = till.account.clone();
    till.consume(id).expect("approved");
    for _ in 0..3 {
        till.paid("1", 1);
    }
    assert_eq!(till.stage(id), None);
    restore(&mut till, &backup, true);
    assert_eq!(till.consume_as(id, Some(digest(id))), Err(Refusal::NotFound));
}

#[test]
fn of_sums_and_holds_the_stricter_counts_and_of_payees_what_both_know() {
    let mut till = Till::new();
    till.world.policy.payments.holds.reset = Span::ZERO;
    till.paid("5", 1);
    till.paid("1", 2);
    till.hold_until(Span::from_hours(3));
    let backup = till.account.clone();
    // Since then: the hold was ended by two, more was paid, and the payee of the backup was paid for the first time.
    for operator in [1, 2] {
        till.world.origin.actor = Actor::App(AppId::from_bytes([operator; 16]));
        hold::release(&mut till.account, Timestamp::from_millis(0), "called".into(), &till.world.scene())
            .expect("on hold");
    }
    till.paid("3", 3);
    till.account.payments.payees.retain(|payee| payee.mark.0[0] != 2);
    credential::unlock(&mut till.account, Kind::Payment, "asked".into(), &till.world.scene()).expect("set");
    till.hold_until(Span::from_hours(1));
    restore(&mut till, &backup, true);
    let sums: u128 = till.account.payments.sums.iter().map(|sum| sum.units).sum();
    assert_eq!(sums, 900);
    let payees: Vec<u8> = till.account.payments.payees.iter().map(|payee| payee.mark.0[0]).collect();
    assert_eq!(payees, [1]);
    let mut holds: Vec<_> =
        till.account.holds.at(till.world.now).map(|hold| (hold.cause, hold.until)).collect();
    holds.sort_unstable();
    let now = till.world.now;
    let expected =
        [(HoldCause::Reset, now + Span::from_hours(3)), (HoldCause::Unlock, now + Span::from_hours(1))];
    assert_eq!(holds, expected, "one of each cause, the longer one");
    assert_eq!(till.account.holds.release, None);
}

#[test]
fn without_a_present_no_payee_is_known_and_no_proposal_waits() {
    let mut till = Till::new();
    till.paid("5", 1);
    till.hold_until(Span::from_hours(3));
    till.world.origin.actor = Actor::App(AppId::from_bytes([1; 16]));
    hold::release(&mut till.account, Timestamp::from_millis(0), "called".into(), &till.world.scene())
        .expect("on hold");
    let backup = till.account.clone();
    restore(&mut till, &backup, false);
    assert!(till.account.payments.payees.is_empty() && till.account.holds.release.is_none());
    assert_eq!(till.account.payments.sums, backup.payments.sums);
    assert!(till.account.holds.until(till.world.now).is_some());
}

#[test]
fn without_a_present_payments_rest_and_with_it_they_do_not() {
    for (merged, hours) in [(true, 24), (false, 24), (false, 0), (false, 3)] {
        let mut till = Till::under(|world| world.policy.payments.holds.restore = Span::from_hours(hours));
        till.paid("5", 1);
        let backup = till.account.clone();
        till.world.pass(Span::from_hours(1));
        restore(&mut till, &backup, merged);
        let now = till.world.now;
        let holds: Vec<_> = till.account.holds.at(now).collect();
        let until = now + Span::from_hours(hours);
        let rests = Hold { cause: HoldCause::Restore, since: now, until };
        let expected = if merged || hours == 0 { vec![] } else { vec![rests] };
        assert_eq!(holds, expected, "{merged} {hours}");
        let told = till
            .account
            .fresh_events
            .iter()
            .filter(|event| event.what == What::HoldBegun { cause: HoldCause::Restore, until });
        assert_eq!(told.count(), expected.len(), "{merged} {hours}");
    }
}

#[test]
fn without_a_present_no_event_has_the_name_of_one_that_was_made_since() {
    let mut till = Till::under(|world| world.policy.payments.holds.restore = Span::ZERO);
    let backup = till.account.clone();
    till.paid("5", 1);
    let lost: Vec<_> = till.account.fresh_events.iter().map(|event| event.id).collect();
    // The same millisecond, as a clock that was set back shows it.
    restore(&mut till, &backup, false);
    till.paid("5", 1);
    let kept = backup.fresh_events.len();
    assert!(till.account.fresh_events.len() > kept);
    assert!(till.account.fresh_events[kept..].iter().all(|event| !lost.contains(&event.id)));
}
