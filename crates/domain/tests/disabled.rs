//! A secret that was disabled because it is known to be compromised: nothing but a verified reset brings it back.

mod support;

use countersign_domain::account::Account;
use countersign_domain::answer::Refusal;
use countersign_domain::attempt::{self, Begun, Purpose};
use countersign_domain::credential;
use countersign_domain::device::DeviceClaim;
use countersign_domain::event::{Event, What};
use countersign_domain::id::DeviceId;
use countersign_domain::intent::{Stage, VoidCause};
use countersign_domain::ledger::Gate;
use countersign_domain::restore::restored;
use countersign_domain::secret::Kind;
use countersign_domain::time::Span;
use support::till::Till;
use support::{World, verifier};

const DEVICE: DeviceId = DeviceId::from_bytes([3; 16]);

fn disable(world: &World, account: &mut Account) -> Result<(), Refusal> {
    credential::disable(account, Kind::Payment, "seen on a screen".to_owned(), &world.scene())
}

fn is_locked(begun: &Begun) -> bool {
    matches!(begun, Begun::Refused(Refusal::Locked { until: None, .. }))
}

#[test]
fn neither_time_nor_an_operator_nor_a_known_device_brings_it_back_and_a_reset_does() {
    let mut world = World::new();
    let mut account = world.enrolled();
    let known = DeviceClaim::Named(DEVICE);
    let Begun::Compare(ticket, _) = world.begin_on(&mut account, DeviceClaim::New(DEVICE)) else {
        panic!("a guess is taken")
    };
    attempt::succeed(&mut account, ticket, Purpose::Verify(None), &world.scene()).expect("right");
    assert_eq!(account.payment.devices.len(), 1);
    disable(&world, &mut account).expect("there is a secret");
    for _ in 0..2 {
        assert!(is_locked(&world.begin(&mut account)) && is_locked(&world.begin_on(&mut account, known)));
        let unlocked = credential::unlock(&mut account, Kind::Payment, "asked".to_owned(), &world.scene());
        assert_eq!(unlocked, Err(Refusal::Disabled));
        world.pass(Span::from_hours(24 * 400));
    }
    credential::reset(&mut account, Kind::Payment, verifier(2), &world.scene()).expect("reset");
    let ticket = world.ticket(&mut account);
    attempt::succeed(&mut account, ticket, Purpose::Verify(None), &world.scene()).expect("right");
    credential::unlock(&mut account, Kind::Payment, "asked".to_owned(), &world.scene())
        .expect("it was reset");
}

#[test]
fn what_was_being_compared_is_not_told_and_stays_charged() {
    for device in [DeviceClaim::Absent, DeviceClaim::New(DEVICE)] {
        let world = World::new();
        let mut account = world.enrolled();
        let Begun::Compare(ticket, _) = world.begin_on(&mut account, device) else {
            panic!("a guess is taken")
        };
        disable(&world, &mut account).expect("there is a secret");
        let told = attempt::succeed(&mut account, ticket, Purpose::Verify(None), &world.scene());
        assert!(matches!(told, Err(Refusal::Locked { until: None, misses: 1 })), "{told:?}");
        assert!(account.payment.devices.is_empty(), "and no device is known by it");
    }
}

#[test]
fn what_was_granted_under_it_ends_and_the_trail_tells_once() {
    let mut till = Till::new();
    till.open_window();
    let (pending, approved) = (till.create("1"), till.approved("2"));
    disable(&till.world, &mut till.account).expect("there is a secret");
    disable(&till.world, &mut till.account).expect("once more changes nothing");
    for intent in [pending, approved] {
        assert!(matches!(till.stage(intent), Some(Stage::Voided(_, VoidCause::Locked))));
    }
    assert!(till.account.windows.is_empty());
    let told = |event: &&Event| matches!(event.what, What::SecretDisabled { .. });
    assert_eq!(till.account.fresh_events.iter().filter(told).count(), 1);
    let nothing = credential::disable(&mut till.account, Kind::Query, String::new(), &till.world.scene());
    assert_eq!(nothing, Err(Refusal::NotSet));
}

#[test]
fn a_restore_does_not_bring_it_back() {
    let world = World::new();
    let account = world.enrolled();
    let mut disabled = account.clone();
    disable(&world, &mut disabled).expect("there is a secret");
    let mut blocked = account.clone();
    blocked.payment.ledger.gate = Gate::Blocked;
    for (backup, present) in
        [(&account, &disabled), (&disabled, &account), (&blocked, &disabled), (&disabled, &blocked)]
    {
        let mut merged = restored(backup.clone(), Some(present), &world.scene());
        assert_eq!(merged.payment.ledger.gate, Gate::Disabled);
        assert!(is_locked(&world.begin(&mut merged)));
    }
    let alone = restored(disabled, None, &world.scene());
    assert_eq!(alone.payment.ledger.gate, Gate::Disabled);
}
