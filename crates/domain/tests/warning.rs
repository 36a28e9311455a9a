//! The warning before the guess that blocks: told once it is true, to nobody for whom it is not.

mod support;

use countersign_domain::account::Account;
use countersign_domain::answer::Refusal;
use countersign_domain::attempt::{self, Begun, Guess, Purpose};
use countersign_domain::device::DeviceClaim;
use countersign_domain::event::What;
use countersign_domain::id::DeviceId;
use countersign_domain::policy::Preset;
use countersign_domain::secret::Kind;
use support::World;

const DEVICE: DeviceId = DeviceId::from_bytes([9; 16]);

/// Misses one guess; whether the person was warned, and whether an event told of it.
fn miss(world: &World, account: &mut Account, device: DeviceClaim) -> (bool, bool) {
    let guess = Guess { device, ..Guess::at(Kind::Payment) };
    let Begun::Compare(ticket, _) = attempt::begin(account, guess, &world.scene()) else {
        panic!("there is room");
    };
    account.fresh_events.clear();
    let refusal = attempt::miss(account, ticket, &world.scene());
    let event = account.fresh_events.iter().any(|event| event.what == What::LastGuessLeft(Kind::Payment));
    (matches!(refusal, Refusal::Incorrect { last_guess_left: true, .. }), event)
}

#[test]
fn whoever_has_one_guess_left_before_the_block_is_warned_once() {
    let mut world = World::new();
    world.policy.guesses = Preset::Psd2.limits();
    let mut account = world.enrolled();
    let warned: Vec<_> = (0..5).map(|_| miss(&world, &mut account, DeviceClaim::Absent)).collect();
    let quiet = (false, false);
    assert_eq!(warned, [quiet, quiet, quiet, (true, true), quiet]);
}

#[test]
fn a_known_device_that_is_about_to_be_forgotten_blocks_nothing_and_warns_nobody() {
    let mut world = World::new();
    world.policy.devices.lifetime = 3;
    let mut account = world.enrolled();
    let guess = Guess { device: DeviceClaim::New(DEVICE), ..Guess::at(Kind::Payment) };
    let Begun::Compare(ticket, _) = attempt::begin(&mut account, guess, &world.scene()) else {
        panic!("there is room");
    };
    attempt::succeed(&mut account, ticket, Purpose::Verify(None), &world.scene()).expect("it is right");
    let warned: Vec<_> = (0..3).map(|_| miss(&world, &mut account, DeviceClaim::Named(DEVICE))).collect();
    assert_eq!(warned, [(false, false); 3]);
    assert!(account.payment.devices.is_empty(), "the device is forgotten");
}
