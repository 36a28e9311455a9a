//! Known devices: a budget beside the account's, which no other budget refills and which refills no other.

mod support;

use countersign_domain::account::{Account, SecretState};
use countersign_domain::answer::Refusal;
use countersign_domain::attempt::{self, Begun, Purpose, Ticket};
use countersign_domain::credential;
use countersign_domain::device::DeviceClaim;
use countersign_domain::event::What;
use countersign_domain::id::DeviceId;
use countersign_domain::ledger::DAY;
use countersign_domain::policy::DevicePolicy;
use countersign_domain::secret::Kind;
use countersign_domain::time::Span;
use support::{World, verifier};

const LAPTOP: DeviceId = DeviceId::from_bytes([1; 16]);
const PHONE: DeviceId = DeviceId::from_bytes([2; 16]);
const STRANGER: DeviceClaim = DeviceClaim::Absent;

impl World {
    fn ticket_on(&self, account: &mut Account, device: DeviceClaim) -> Ticket {
        match self.begin_on(account, device) {
            Begun::Compare(ticket, _) => ticket,
            other => panic!("expected a charged guess from {device:?}, got {other:?}"),
        }
    }

    fn miss_on(&self, account: &mut Account, device: DeviceClaim) -> Refusal {
        let ticket = self.ticket_on(account, device);
        attempt::miss(account, ticket, &self.scene())
    }

    fn succeed_on(&self, account: &mut Account, device: DeviceClaim) {
        let ticket = self.ticket_on(account, device);
        attempt::succeed(account, ticket, Purpose::Verify(None), &self.scene()).expect("the right secret");
    }

    /// An account whose laptop is known.
    fn with_laptop(&self) -> Account {
        let mut account = self.enrolled();
        self.succeed_on(&mut account, DeviceClaim::New(LAPTOP));
        assert_eq!(known(&account), [LAPTOP]);
        account
    }

    fn room(&self, account: &Account, device: Option<DeviceId>) -> u32 {
        let Some(id) = device else {
            return account.payment.ledger.remaining(&self.policy.guesses, self.now);
        };
        let device = account.payment.devices.iter().find(|device| device.id == id).expect("known");
        device.ledger.remaining(&self.policy.device_guesses(), self.now)
    }
}

fn known(account: &Account) -> Vec<DeviceId> {
    account.payment.devices.iter().map(|device| device.id).collect()
}

#[test]
fn a_stranger_who_uses_up_any_horizon_does_not_stop_the_owner() {
    let mut world = World::new();
    let mut account = world.with_laptop();
    let mut strangers = 0;
    // Burst after burst, day after day, to the end of the lifetime: the laptop goes on at every step.
    for _ in 0..40 {
        strangers += world.exhaust(&mut account, STRANGER);
        assert!(matches!(world.begin_on(&mut account, STRANGER), Begun::Refused(Refusal::Locked { .. })));
        world.succeed_on(&mut account, DeviceClaim::Named(LAPTOP));
        assert_eq!(world.exhaust(&mut account, STRANGER), 0, "the laptop's success gives a stranger nothing");
        world.pass(Span::from_hours(6));
    }
    assert_eq!(strangers, world.policy.guesses.lifetime);
    let refused = world.begin_on(&mut account, STRANGER);
    assert!(matches!(refused, Begun::Refused(Refusal::Locked { until: None, .. })), "{refused:?}");
    assert_eq!(world.room(&account, Some(LAPTOP)), 3);
}

#[test]
fn who_holds_a_device_and_uses_it_up_does_not_stop_anybody_else() {
    let mut world = World::new();
    let mut account = world.with_laptop();
    world.miss_on(&mut account, STRANGER);
    assert_eq!(world.exhaust(&mut account, DeviceClaim::Named(LAPTOP)), 3);
    let locked = world.begin_on(&mut account, DeviceClaim::Named(LAPTOP));
    let Begun::Refused(Refusal::Locked { until: Some(until), misses: 3 }) = locked else {
        panic!("{locked:?}")
    };
    assert_eq!(until, world.now + world.policy.guesses.lock_first);
    assert_eq!(world.room(&account, None), 4, "the account's budget is as it was");
    world.succeed_on(&mut account, STRANGER);
    assert_eq!(world.room(&account, None), 5);
    assert_eq!(world.room(&account, Some(LAPTOP)), 0, "an unknown device's success does not end its lock");
    world.pass(world.policy.guesses.lock_first);
    world.succeed_on(&mut account, DeviceClaim::Named(LAPTOP));
    assert_eq!(world.room(&account, Some(LAPTOP)), 3);
}

#[test]
fn a_device_that_never_hits_is_unknown_after_its_lifetime_and_then_guesses_like_a_stranger() {
    let mut world = World::new();
    let mut account = world.with_laptop();
    let (mut on_device, mut as_stranger) = (0, 0);
    for _ in 0..200 {
        let before = known(&account).contains(&LAPTOP);
        let made = world.exhaust(&mut account, DeviceClaim::Named(LAPTOP));
        if before && known(&account).contains(&LAPTOP) {
            on_device += made;
        } else {
            as_stranger += made;
        }
        world.pass(Span::from_hours(5));
    }
    // The last burst of the device runs on into the account's budget, so only the sum is exact.
    assert_eq!(on_device + as_stranger, world.policy.devices.lifetime + world.policy.guesses.lifetime);
    let blocked = |what: &What| matches!(what, What::DeviceLocked { kind: Kind::Payment, until: None });
    assert_eq!(account.fresh_events.iter().filter(|event| blocked(&event.what)).count(), 1);
    let refused = world.begin_on(&mut account, DeviceClaim::Named(LAPTOP));
    assert!(matches!(refused, Begun::Refused(Refusal::Locked { until: None, .. })), "{refused:?}");
}

/// Ways in which the laptop is forgotten while its guesses are being compared.
#[derive(Clone, Copy, Debug)]
enum Forgetting {
    Eviction,
    Reset,
    Lifetime,
}

fn forget(world: &mut World, account: &mut Account, how: Forgetting) {
    match how {
        Forgetting::Eviction => {
            for n in 10..15 {
                world.pass(Span::from_secs(1));
                world.succeed_on(account, DeviceClaim::New(DeviceId::from_bytes([n; 16])));
            }
        }
        Forgetting::Reset => {
            let next = account.payment.version + 1;
            credential::reset(account, Kind::Payment, verifier(next), &world.scene()).expect("a reset");
        }
        // As another node would: its policy is stricter, and it meets the account first.
        Forgetting::Lifetime => {
            account.payment.devices.retain(|device| device.id != LAPTOP);
        }
    }
    assert!(!known(account).contains(&LAPTOP), "{how:?}");
}

#[test]
fn a_guess_in_flight_from_a_device_that_is_forgotten_is_charged_to_the_account() {
    for how in [Forgetting::Eviction, Forgetting::Reset, Forgetting::Lifetime] {
        let mut world = World::new();
        let mut account = world.with_laptop();
        let wrong = world.ticket_on(&mut account, DeviceClaim::Named(LAPTOP));
        let right = world.ticket_on(&mut account, DeviceClaim::Named(LAPTOP));
        forget(&mut world, &mut account, how);
        let before = world.room(&account, None);
        let missed = attempt::miss(&mut account, wrong, &world.scene());
        assert!(
            matches!(missed, Refusal::Incorrect { remaining: Some(left), .. } if left == before - 1),
            "{how:?}: {missed:?}"
        );
        let late = attempt::succeed(&mut account, right, Purpose::Verify(None), &world.scene());
        let expected = match how {
            // It was compared with the secret of before, which is wrong by now.
            Forgetting::Reset => matches!(late, Err(Refusal::Incorrect { .. })),
            Forgetting::Eviction | Forgetting::Lifetime => late == Err(Refusal::Busy),
        };
        assert!(expected, "{how:?}: {late:?}");
        assert_eq!(world.room(&account, None), before - 2, "{how:?}: both stay charged");
        assert!(!known(&account).contains(&LAPTOP), "{how:?}: nothing made it known again");
    }
}

#[test]
fn a_device_that_is_forgotten_and_known_again_pays_for_the_guesses_of_before_too() {
    for how in [Forgetting::Eviction, Forgetting::Reset, Forgetting::Lifetime] {
        let mut world = World::new();
        let mut account = world.with_laptop();
        let of_before = world.ticket_on(&mut account, DeviceClaim::Named(LAPTOP));
        forget(&mut world, &mut account, how);
        world.succeed_on(&mut account, DeviceClaim::Named(LAPTOP));
        assert!(known(&account).contains(&LAPTOP), "{how:?}");
        let room = world.room(&account, Some(LAPTOP)) + world.room(&account, None);
        let since = world.ticket_on(&mut account, DeviceClaim::Named(LAPTOP));
        attempt::miss(&mut account, of_before, &world.scene());
        attempt::miss(&mut account, since, &world.scene());
        let left = world.room(&account, Some(LAPTOP)) + world.room(&account, None);
        assert_eq!(left, room - 2, "{how:?}: two were compared");
        world.succeed_on(&mut account, DeviceClaim::Named(LAPTOP));
    }
}

#[test]
fn a_success_that_was_begun_before_a_device_was_forgotten_refunds_nothing_of_the_one_known_since() {
    let mut world = World::new();
    let mut account = world.with_laptop();
    let of_before = world.ticket_on(&mut account, DeviceClaim::Named(LAPTOP));
    forget(&mut world, &mut account, Forgetting::Eviction);
    world.succeed_on(&mut account, DeviceClaim::Named(LAPTOP));
    let since = world.ticket_on(&mut account, DeviceClaim::Named(LAPTOP));
    let late = attempt::succeed(&mut account, of_before, Purpose::Verify(None), &world.scene());
    assert_eq!(late, Err(Refusal::Busy), "its charge is gone, so nothing is told of it");
    attempt::succeed(&mut account, since, Purpose::Verify(None), &world.scene()).expect("still in flight");
}

#[test]
fn a_device_that_is_not_seen_for_its_life_is_unknown_until_the_right_secret_comes_from_it() {
    let mut world = World::new();
    let mut account = world.with_laptop();
    world.miss_on(&mut account, DeviceClaim::Named(LAPTOP));
    world.pass(world.policy.devices.life);
    world.miss_on(&mut account, DeviceClaim::Named(LAPTOP));
    assert_eq!(world.room(&account, None), 4, "charged like a stranger's");
    world.exhaust(&mut account, STRANGER);
    let refused = world.begin_on(&mut account, DeviceClaim::Named(LAPTOP));
    assert!(matches!(refused, Begun::Refused(Refusal::Locked { .. })), "{refused:?}");
    world.pass(DAY);
    world.succeed_on(&mut account, DeviceClaim::Named(LAPTOP));
    world.succeed_on(&mut account, DeviceClaim::Named(LAPTOP));
    assert_eq!(world.room(&account, Some(LAPTOP)), 3);
}

#[test]
fn the_device_not_seen_for_longest_makes_way() {
    let mut world = World::new();
    let mut account = world.with_laptop();
    let others: Vec<DeviceId> = (10..14).map(|n| DeviceId::from_bytes([n; 16])).collect();
    for &id in &others {
        world.pass(Span::from_secs(1));
        world.succeed_on(&mut account, DeviceClaim::New(id));
    }
    world.pass(Span::from_secs(1));
    world.succeed_on(&mut account, DeviceClaim::Named(LAPTOP));
    world.pass(Span::from_secs(1));
    world.succeed_on(&mut account, DeviceClaim::New(PHONE));
    let mut left = known(&account);
    left.sort();
    assert_eq!(left, [&[LAPTOP, PHONE], &others[1..]].concat(), "the laptop was seen since");
}

#[test]
fn no_device_becomes_known_where_none_may_or_by_a_secret_that_the_server_made_up() {
    let mut world = World::new();
    world.policy.devices.per_account = 0;
    let mut account = world.enrolled();
    world.succeed_on(&mut account, DeviceClaim::New(LAPTOP));
    world.succeed_on(&mut account, DeviceClaim::Named(LAPTOP));
    assert_eq!(known(&account), []);
    world.policy.devices = DevicePolicy::default();
    credential::make_temporary(&mut account, Kind::Payment, verifier(2), &world.scene()).expect("made up");
    world.succeed_on(&mut account, DeviceClaim::New(LAPTOP));
    assert_eq!(known(&account), []);
    let ticket = world.ticket_on(&mut account, DeviceClaim::New(LAPTOP));
    let chosen = Purpose::Change(verifier(3));
    attempt::succeed(&mut account, ticket, chosen, &world.scene()).expect("replaced");
    assert!(matches!(account.payment.state, SecretState::Active(_)));
    assert_eq!(known(&account), [], "what was presented was still the made-up one");
}

#[test]
fn a_reset_and_a_temporary_secret_forget_every_device_and_a_change_none() {
    let world = World::new();
    let mut account = world.with_laptop();
    let ticket = world.ticket_on(&mut account, STRANGER);
    attempt::succeed(&mut account, ticket, Purpose::Change(verifier(2)), &world.scene()).expect("changed");
    assert_eq!(known(&account), [LAPTOP]);
    credential::make_temporary(&mut account, Kind::Payment, verifier(3), &world.scene()).expect("made up");
    assert_eq!(known(&account), []);
    world.miss_on(&mut account, DeviceClaim::Named(LAPTOP));
    assert_eq!(account.payment.ledger.misses(), 1, "its guess is the account's");
}

#[test]
fn fewer_devices_than_are_known_already_are_those_seen_last_and_none_is_none() {
    let mut world = World::new();
    let mut account = world.with_laptop();
    world.pass(Span::from_secs(1));
    world.succeed_on(&mut account, DeviceClaim::New(PHONE));
    world.policy.devices.per_account = 1;
    world.miss_on(&mut account, DeviceClaim::Named(LAPTOP));
    assert_eq!(world.room(&account, None), 4, "the laptop is one too many, so its guess is the account's");
    world.miss_on(&mut account, DeviceClaim::Named(PHONE));
    assert_eq!((world.room(&account, None), world.room(&account, Some(PHONE))), (4, 2));
    world.policy.devices.per_account = 0;
    world.miss_on(&mut account, DeviceClaim::Named(PHONE));
    assert_eq!((world.room(&account, None), world.room(&account, Some(PHONE))), (3, 2));
}
