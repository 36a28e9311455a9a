//! A restored backup rewinds no budget: whatever was played before and after it was taken, it leaves no more room than
//! the stricter of both copies, and nothing that was used up or ended since is good again.

mod support;

use countersign_domain::account::{Account, SecretState};
use countersign_domain::ask::{AskFrequency, AskState, Holder, Window};
use countersign_domain::attempt::{self, Begun, Guess, Purpose, Ticket};
use countersign_domain::code::{self, Use};
use countersign_domain::credential;
use countersign_domain::device::{Device, DeviceClaim};
use countersign_domain::event::What;
use countersign_domain::id::{AppId, CodeId, DeviceId, SessionId};
use countersign_domain::ledger::{DAY, Gate, Ledger, Tag};
use countersign_domain::policy::GuessPolicy;
use countersign_domain::restore::{restored, restored_nobody};
use countersign_domain::secret::{Kind, Sealed};
use countersign_domain::session::Session;
use countersign_domain::time::{Span, Timestamp};
use proptest::prelude::*;
use support::{World, verifier};

/// One thing that can happen to an account.
#[derive(Clone, Copy, Debug)]
enum Step {
    Begin,
    Miss(u8),
    Succeed(u8),
    Change(u8),
    Abandon(u8),
    Reset,
    Unlock,
    Wait(u32),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => Just(Step::Begin),
        5 => any::<u8>().prop_map(Step::Miss),
        1 => any::<u8>().prop_map(Step::Succeed),
        1 => any::<u8>().prop_map(Step::Change),
        1 => any::<u8>().prop_map(Step::Abandon),
        1 => prop_oneof![3 => Just(None), 1 => Just(Some(Step::Reset)), 1 => Just(Some(Step::Unlock))]
            .prop_map(|step| step.unwrap_or(Step::Begin)),
        4 => prop_oneof![0..120_u32, 0..8000_u32, 0..100_000_u32].prop_map(Step::Wait),
    ]
}

/// Plays on an account; what nobody settles stays in flight.
struct Play {
    world: World,
    account: Account,
    tickets: Vec<Ticket>,
}

impl Play {
    fn new() -> Self {
        let world = World::new();
        let account = world.enrolled();
        Self { world, account, tickets: Vec::new() }
    }

    fn steps(&mut self, steps: &[Step]) {
        for &step in steps {
            self.step(step);
        }
    }

    fn step(&mut self, step: Step) {
        let next = verifier(self.account.payment.version + 1);
        match step {
            Step::Begin => {
                if let Begun::Compare(ticket, _) = self.world.begin(&mut self.account) {
                    self.tickets.push(ticket);
                }
            }
            Step::Miss(which) => {
                if let Some(ticket) = self.take(which) {
                    attempt::miss(&mut self.account, ticket, &self.world.scene());
                }
            }
            Step::Succeed(which) => self.succeed(which, Purpose::Verify(None)),
            Step::Change(which) => self.succeed(which, Purpose::Change(next)),
            Step::Abandon(which) => drop(self.take(which)),
            Step::Reset => {
                credential::reset(&mut self.account, Kind::Payment, next, &self.world.scene())
                    .expect("reset");
            }
            Step::Unlock => {
                let reason = "asked by phone".to_owned();
                credential::unlock(&mut self.account, Kind::Payment, reason, &self.world.scene())
                    .expect("unlocked");
            }
            Step::Wait(seconds) => self.world.pass(Span::from_secs(seconds)),
        }
    }

    fn succeed(&mut self, which: u8, purpose: Purpose) {
        if let Some(ticket) = self.take(which) {
            // Refused where it comes too late; that is a miss like any other here.
            let _ = attempt::succeed(&mut self.account, ticket, purpose, &self.world.scene());
        }
    }

    fn take(&mut self, which: u8) -> Option<Ticket> {
        (!self.tickets.is_empty()).then(|| self.tickets.swap_remove(usize::from(which) % self.tickets.len()))
    }

    /// The account, made whole from `backup`; `known` says whether the present could be read.
    fn restored(&self, backup: &Account, known: bool) -> Account {
        restored(backup.clone(), known.then_some(&self.account), &self.world.scene())
    }
}

/// Charges that the day counts at that instant.
fn in_day(ledger: &Ledger, at: Timestamp) -> usize {
    ledger.charges.iter().filter(|charge| charge.at + DAY > at).count()
}

/// Until when the gate is closed; `None` for one that time does not open.
fn closed_until(ledger: &Ledger, world: &World) -> Option<Timestamp> {
    match ledger.gate_at(&world.policy.guesses, world.now) {
        Gate::Open => Some(world.now),
        Gate::Locked { until } => Some(until),
        Gate::Blocked => None,
    }
}

fn remaining(ledger: &Ledger, world: &World) -> u32 {
    ledger.remaining(&world.policy.guesses, world.now)
}

/// Seconds after a restore at which somebody looks: after locks of every length, and after days.
const MOMENTS: [u32; 12] = [0, 61, 899, 900, 1800, 3600, 7200, 14_400, 57_600, 86_400, 172_800, 864_000];

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// The heart of it: now and at any later time, no more than either copy alone would have left.
    #[test]
    fn the_stricter_of_both_leaves_no_more_than_either(
        before in prop::collection::vec(step(), 0..40),
        since in prop::collection::vec(step(), 0..40),
    ) {
        let mut play = Play::new();
        play.steps(&before);
        let backup = play.account.clone();
        play.steps(&since);
        let (world, present) = (&play.world, &play.account);
        let merged = play.restored(&backup, true);
        let (ours, limits) = (&merged.payment.ledger, &world.policy.guesses);
        for copy in [&backup.payment.ledger, &present.payment.ledger] {
            prop_assert!(remaining(ours, world) <= remaining(copy, world));
            prop_assert!(ours.remaining_ever(limits) <= copy.remaining_ever(limits));
            let (closed, copy_closed) = (closed_until(ours, world), closed_until(copy, world));
            prop_assert!(closed.is_none() || copy_closed.is_some_and(|until| closed >= Some(until)));
            for seconds in MOMENTS {
                let later = world.now + Span::from_secs(seconds);
                prop_assert!(in_day(ours, later) >= in_day(copy, later));
                let (mut ours, mut theirs) = (ours.clone(), copy.clone());
                let _ = (ours.refresh(limits, later), theirs.refresh(limits, later));
                // Where both together closed the gate, a lock is served that the copy alone had not, and a new burst begins.
                let served = ours.locks > theirs.locks;
                let (ours, theirs) = (ours.remaining(limits, later), theirs.remaining(limits, later));
                prop_assert!(served || ours <= theirs, "after {seconds} s: {ours}, where a copy alone left {theirs}");
            }
        }
    }

    /// A second restore of the same backup, or of another, gives nothing back either.
    #[test]
    fn restored_twice_is_no_looser(
        before in prop::collection::vec(step(), 0..30),
        since in prop::collection::vec(step(), 0..30),
        later in prop::collection::vec(step(), 0..30),
        known: bool,
    ) {
        let mut play = Play::new();
        play.steps(&before);
        let backup = play.account.clone();
        play.steps(&since);
        let once = play.restored(&backup, known);
        play.account = once.clone();
        let twice = play.restored(&backup, true);
        prop_assert!(remaining(&twice.payment.ledger, &play.world) <= remaining(&once.payment.ledger, &play.world));
        play.tickets.clear();
        play.steps(&later);
        let again = play.restored(&backup, true);
        prop_assert!(remaining(&again.payment.ledger, &play.world) <= remaining(&play.account.payment.ledger, &play.world));
    }

    /// Without the present a single guess is left, and none where the backup had none.
    #[test]
    fn doubt_leaves_a_single_guess(before in prop::collection::vec(step(), 0..60), later in 0..200_000_u32) {
        let mut play = Play::new();
        play.steps(&before);
        let backup = play.account.clone();
        play.world.pass(Span::from_secs(later));
        let room = remaining(&backup.payment.ledger, &play.world);
        let doubted = play.restored(&backup, false);
        prop_assert_eq!(remaining(&doubted.payment.ledger, &play.world), room.min(1));
    }

    /// Invariant G over a history with restores: between two refills that the person really made, no more comparisons
    /// can be observed than the lifetime budget, and in no day more than the day's.
    #[test]
    fn a_history_with_restores_stays_within_the_budget(
        parts in prop::collection::vec(prop::collection::vec(
            prop_oneof![6 => Just(Step::Begin), 5 => any::<u8>().prop_map(Step::Miss), 3 => (0..90_000_u32).prop_map(Step::Wait)],
            1..30,
        ), 1..6),
        which in prop::collection::vec(any::<prop::sample::Index>(), 6),
    ) {
        let mut play = Play::new();
        let (mut backups, mut charged) = (vec![play.account.clone()], Vec::new());
        for (part, which) in parts.iter().zip(&which) {
            for &step in part {
                let held = play.tickets.len();
                play.step(step);
                if play.tickets.len() > held {
                    charged.push(play.world.now);
                }
            }
            backups.push(play.account.clone());
            // Whoever compared when the database was replaced settles on what is there now.
            play.account = play.restored(&backups[which.index(backups.len())].clone(), true);
        }
        let GuessPolicy { day, lifetime, .. } = play.world.policy.guesses;
        prop_assert!(charged.len() <= lifetime as usize, "{} guesses", charged.len());
        for (n, &first) in charged.iter().enumerate() {
            let within = charged[n..].iter().filter(|&&at| at < first + Span::from_hours(24)).count();
            prop_assert!(within <= day as usize, "{within} guesses in a day");
        }
    }
}

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
    code::issue(&mut play.account, CodeId::from_bytes([1; 16]), purpose, hash, true, &scene).expect("issued");
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
    };
    let mut backup = play.account.clone();
    backup.sessions = vec![session(1), session(2)];
    backup.windows = vec![Window {
        holder: Holder::App(AppId::from_bytes([1; 16])),
        until: play.world.now + Span::from_hours(1),
    }];
    backup.ask = AskState::chosen(AskFrequency::Day, play.world.now);
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
    play.account.ask = AskState::chosen(AskFrequency::Hour, play.world.now);
    assert_eq!(play.restored(&backup, true).ask, play.account.ask, "the one that ends earlier");
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
