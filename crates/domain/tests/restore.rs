//! What a restored account may not get back, case by case: nothing that was used up or ended since is good again.

mod support;

use countersign_domain::account::SecretState;
use countersign_domain::ask::{AskFrequency, AskState, Holder, Window};
use countersign_domain::attempt::{self, Begun, Guess, Purpose};
use countersign_domain::code::{self, Use};
use countersign_domain::credential;
use countersign_domain::device::{Device, DeviceClaim};
use countersign_domain::event::{Event, What};
use countersign_domain::id::{AppId, CodeId, DeviceId, SessionId};
use countersign_domain::intent::{self, Stage};
use countersign_domain::ledger::{Gate, Ledger, Tag};
use countersign_domain::restore::{restored, restored_nobody};
use countersign_domain::secret::{Kind, Sealed};
use countersign_domain::session::Session;
use countersign_domain::time::Span;
use support::play::{Play, remaining};
use support::till::Till;
use support::{World, verifier};

#[test]
fn a_lock_that_has_ended_in_both_copies_does_not_come_back() {
    let mut play = Play::new();
    let backup = play.account.clone();
    for _ in 0..5 {
        play.world.miss(&mut play.account);
    }
    play.world.pass(Span::from_minutes(15));
    let merged = play.restored(&backup, true);
    assert_eq!(remaining(&merged.payment.ledger, &play.world), 5);
    assert_eq!(merged.payment.ledger.locks, 1, "but the next lock is longer all the same");
}

#[test]
fn what_both_copies_hold_together_closes_the_gate_and_is_told() {
    let mut play = Play::new();
    for _ in 0..4 {
        play.world.miss(&mut play.account);
    }
    let backup = play.account.clone();
    play.world.miss(&mut play.account);
    let merged = play.restored(&backup, true);
    assert!(matches!(merged.payment.ledger.gate, Gate::Locked { .. }));
    let told: Vec<&What> = merged.fresh_events.iter().map(|event| &event.what).collect();
    assert!(matches!(told.last(), Some(What::Restored { merged: true })), "{told:?}");
    assert_eq!(merged.restored_at, Some(play.world.now));
}

#[test]
fn an_intent_that_was_consumed_since_is_not_told_to_be_void_by_a_lock_of_the_restore() {
    let mut till = Till::new();
    let paid = till.approved("12.34");
    while let Begun::Compare(..) = till.world.begin(&mut till.account) {}
    let backup = till.account.clone();
    till.consume(paid).expect("consumed");
    // Nobody settled those guesses: now they close the gate.
    till.world.pass(Span::from_minutes(2));
    let merged = restored(backup, Some(&till.account), &till.world.scene());
    assert!(merged.fresh_events.iter().any(|event| matches!(event.what, What::Locked { .. })));
    let void = |event: &Event| matches!(event.what, What::IntentVoided { .. });
    assert!(!merged.fresh_events.iter().any(void), "{:?}", merged.fresh_events);
    let view = intent::view(&merged, paid, &till.world.scene()).expect("an intent");
    assert!(matches!(view.stage, Stage::Consumed(..)));
}

#[test]
fn a_guess_at_the_present_settles_nothing_at_the_restored_secret() {
    let mut play = Play::new();
    let backup = play.account.clone();
    let change = play.world.ticket(&mut play.account);
    let purpose = Purpose::Change(verifier(2));
    attempt::succeed(&mut play.account, change, purpose, &play.world.scene()).expect("changed");
    let racing = play.world.ticket(&mut play.account);
    let mut merged = play.restored(&backup, true);
    assert_eq!(
        merged.payment.verifier().map(|verifier| verifier.version),
        Some(1),
        "sealed to its own number"
    );
    let refused = attempt::succeed(&mut merged, racing, Purpose::Verify(None), &play.world.scene());
    assert!(refused.is_err(), "it was compared with another verifier");
    assert_eq!(remaining(&merged.payment.ledger, &play.world), 4);
    // No number of either copy is given to a new verifier.
    credential::reset(&mut merged, Kind::Payment, verifier(2), &play.world.scene()).expect_err("taken");
    credential::reset(&mut merged, Kind::Payment, verifier(4), &play.world.scene()).expect("a new number");
}

#[test]
fn a_repeated_request_costs_a_guess_at_the_restored_secret() {
    let mut play = Play::new();
    let tag = Some(Tag([7; 16]));
    let guess = Guess { tag, ..Guess::at(Kind::Payment) };
    let _ = attempt::begin(&mut play.account, guess, &play.world.scene());
    for known in [true, false] {
        let mut merged = play.restored(&play.account.clone(), known);
        let charged = merged.payment.ledger.charges.len();
        let _ = attempt::begin(&mut merged, guess, &play.world.scene());
        assert_eq!(merged.payment.ledger.charges.len(), charged + 1);
    }
}

#[test]
fn a_guess_that_was_repeated_since_counts_for_the_later_day() {
    let mut play = Play::new();
    let guess = Guess { tag: Some(Tag([7; 16])), ..Guess::at(Kind::Payment) };
    let _ = attempt::begin(&mut play.account, guess, &play.world.scene());
    let backup = play.account.clone();
    play.world.pass(Span::from_hours(20));
    let _ = attempt::begin(&mut play.account, guess, &play.world.scene());
    for (backup, present) in [(&backup, &play.account), (&play.account, &backup)] {
        let merged = restored(backup.clone(), Some(present), &play.world.scene());
        assert_eq!(merged.payment.ledger.charges.iter().map(|charge| charge.at).max(), Some(play.world.now));
    }
}

#[test]
fn only_devices_that_both_copies_know_stay_known_with_the_stricter_budget() {
    let mut play = Play::new();
    let device =
        |n: u8, ledger: Ledger| Device { id: DeviceId::from_bytes([n; 16]), seen_at: play.world.now, ledger };
    let mut spent = Ledger::default();
    let limits = play.world.policy.device_guesses();
    for _ in 0..2 {
        let number = spent.charge(&limits, None, play.world.now).expect("room");
        let _ = spent.miss(number, &limits, play.world.now);
    }
    let mut backup = play.account.clone();
    backup.payment.devices = vec![device(1, Ledger::default()), device(2, Ledger::default())];
    play.account.payment.devices = vec![device(2, spent), device(3, Ledger::default())];
    let mut merged = play.restored(&backup, true);
    let known: Vec<DeviceId> = merged.payment.devices.iter().map(|device| device.id).collect();
    assert_eq!(known, [DeviceId::from_bytes([2; 16])]);
    let guess = Guess { device: DeviceClaim::Named(known[0]), ..Guess::at(Kind::Payment) };
    assert!(matches!(attempt::begin(&mut merged, guess, &play.world.scene()), Begun::Compare(..)));
    assert!(matches!(attempt::begin(&mut merged, guess, &play.world.scene()), Begun::Refused(_)), "3 in all");
    assert!(play.restored(&backup, false).payment.devices.is_empty());
}

#[test]
fn a_made_up_secret_that_was_replaced_since_matches_nothing() {
    let mut play = Play::new();
    credential::make_temporary(&mut play.account, Kind::Payment, verifier(2), &play.world.scene())
        .expect("made");
    let backup = play.account.clone();
    let unused = play.restored(&backup, true);
    assert!(matches!(unused.payment.state, SecretState::Temporary { until, .. } if until > play.world.now));
    let used = play.world.ticket(&mut play.account);
    let purpose = Purpose::Change(verifier(3));
    attempt::succeed(&mut play.account, used, purpose, &play.world.scene()).expect("replaced");
    for known in [true, false] {
        let mut merged = play.restored(&backup, known);
        assert!(matches!(play.world.begin(&mut merged), Begun::Decoy(_)), "known: {known}");
    }
}

#[test]
fn a_code_used_since_is_not_good_again_and_wrong_ones_stay_counted() {
    let mut play = Play::new();
    let (purpose, hash) = (code::Purpose::PaymentReset, [9; 32]);
    let scene = play.world.scene();
    let to = code::Destination { place: 0, mobile: [3; 16] };
    code::issue(&mut play.account, CodeId::from_bytes([1; 16]), purpose, hash, to, true, &scene)
        .expect("issued");
    let backup = play.account.clone();
    for _ in 0..3 {
        let _ = code::present(&mut play.account, purpose, &[8; 32], true, Use::Redeem, &scene);
    }
    let unused = play.restored(&backup, true);
    assert_eq!(unused.codes.missed.len(), 3, "three in the same millisecond are three");
    assert_eq!(unused.codes.live.iter().map(|code| code.missed).max(), Some(3));
    code::present(&mut play.account, purpose, &hash, true, Use::Redeem, &scene).expect("used");
    for present in [true, false] {
        let mut merged = play.restored(&backup, present);
        code::present(&mut merged, purpose, &hash, true, Use::Redeem, &scene).expect_err("used up");
    }
}

#[test]
fn without_the_present_one_wrong_code_is_left_however_old_the_others_are() {
    let mut play = Play::new();
    play.account.codes.missed = vec![play.world.now; 19];
    let backup = play.account.clone();
    play.world.pass(Span::from_hours(48));
    let doubted = play.restored(&backup, false);
    let today = doubted.codes.missed.iter().filter(|&&at| at == play.world.now).count();
    assert_eq!(today, 19);
    assert_eq!(doubted.same_as_login.len(), play.world.policy.guesses.same_as_login_day as usize);
}

#[test]
fn sessions_windows_and_easier_choices_since_ended_do_not_come_back() {
    let mut play = Play::new();
    let session = |n: u8| Session {
        id: SessionId::from_bytes([n; 16]),
        opened_at: play.world.now,
        expires_at: play.world.now + Span::from_hours(2),
        login_version: 1,
        key: Sealed::default(),
        login_digest: Sealed::default(),
        missed: 0,
    };
    let mut backup = play.account.clone();
    backup.sessions = vec![session(1), session(2)];
    backup.windows = vec![Window {
        holder: Holder::App(AppId::from_bytes([1; 16])),
        opened_at: play.world.now,
        until: play.world.now + Span::from_hours(1),
        counts: true,
    }];
    let app = Holder::App(AppId::from_bytes([1; 16]));
    backup.ask = AskState::chosen(AskFrequency::Day, app, play.world.now);
    play.account.sessions = vec![session(2), session(3)];
    play.account.ask = AskState::Every;
    let merged = play.restored(&backup, true);
    assert_eq!(
        merged.sessions.iter().map(|open| open.id).collect::<Vec<_>>(),
        [SessionId::from_bytes([2; 16])]
    );
    assert!(merged.windows.is_empty());
    assert_eq!(merged.ask, AskState::Every);
    let doubted = play.restored(&backup, false);
    assert!(doubted.sessions.is_empty() && doubted.windows.is_empty() && doubted.ask == AskState::Every);
    play.account.ask = AskState::chosen(AskFrequency::Hour, app, play.world.now);
    assert_eq!(play.restored(&backup, true).ask, play.account.ask, "the one that ends earlier");
    let (hour, day) = (Span::from_hours(1), Span::from_hours(2));
    for (first, second) in [(hour, day), (day, hour)] {
        let eased = |until: Span, counts| {
            let until = play.world.now + until;
            AskState::Eased { chosen: AskFrequency::Day, until, counts }
        };
        let (ours, others, uncounted) = (eased(first, true), eased(second, false), eased(hour, false));
        let unchosen = |until: Span| AskState::Unchosen { until: play.world.now + until };
        let (unchosen, neither) = (unchosen(second), unchosen(hour));
        backup.ask = ours;
        play.account.ask = unchosen;
        assert_eq!(play.restored(&backup, true).ask, neither, "what one copy has not chosen is not chosen");
        play.account.ask = others;
        assert_eq!(play.restored(&backup, true).ask, uncounted, "what counts in one copy only does not");
    }
}

#[test]
fn no_event_of_a_restore_has_the_name_of_another() {
    let mut play = Play::new();
    let backup = play.account.clone();
    for _ in 0..5 {
        play.world.miss(&mut play.account);
    }
    let mut merged = play.restored(&backup, true);
    let made = core::mem::take(&mut merged.fresh_events);
    let known = [&backup.fresh_events[..], &play.account.fresh_events].concat();
    for event in made.iter().filter(|event| !backup.fresh_events.contains(event)) {
        assert!(known.iter().all(|other| other.id != event.id), "{event:?}");
    }
    assert!(merged.events_made > play.account.events_made);
}

#[test]
fn a_name_that_nobody_has_is_restored_as_a_secret_is() {
    let world = World::new();
    let limits = &world.policy.guesses;
    let mut present = Ledger::default();
    for _ in 0..4 {
        let number = present.charge(limits, None, world.now).expect("room");
        let _ = present.miss(number, limits, world.now);
    }
    let merged = restored_nobody(Ledger::default(), Some(&present), &world.scene());
    assert_eq!(remaining(&merged, &world), 1);
    assert_eq!(remaining(&restored_nobody(Ledger::default(), None, &world.scene()), &world), 1);
}
