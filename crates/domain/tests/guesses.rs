//! Invariant G: the number of comparisons whose result could be observed since the last refill never exceeds the budget.

mod support;

use countersign_domain::account::{Account, SecretState};
use countersign_domain::answer::Refusal;
use countersign_domain::attempt::{self, Begun, Purpose, Ticket};
use countersign_domain::credential;
use countersign_domain::device::DeviceClaim;
use countersign_domain::event::What;
use countersign_domain::ledger::Gate;
use countersign_domain::secret::Kind;
use countersign_domain::time::Span;
use proptest::prelude::*;
use support::{World, verifier};

fn remaining(world: &World, account: &Account) -> u32 {
    account.payment.ledger.remaining(&world.policy.guesses, world.now)
}

#[test]
fn five_misses_lock_for_a_quarter_hour_and_locks_double() {
    let mut world = World::new();
    let mut account = world.enrolled();
    for left in (0..5).rev() {
        let ticket = world.ticket(&mut account);
        let refusal = attempt::miss(&mut account, ticket, &world.scene());
        assert!(matches!(refusal, Refusal::Incorrect { remaining: Some(n), .. } if n == left), "{refusal:?}");
    }
    assert!(
        matches!(world.begin(&mut account), Begun::Refused(Refusal::Locked { until: Some(until), misses: 5 })
        if until == world.now + Span::from_minutes(15))
    );
    world.pass(Span::from_minutes(15));
    for _ in 0..5 {
        world.miss(&mut account);
    }
    // The second burst also used up the day, which is the longer of the two.
    assert!(
        matches!(account.payment.ledger.gate, Gate::Locked { until } if until > world.now + Span::from_hours(23))
    );
    world.pass(Span::from_hours(24));
    for _ in 0..5 {
        world.miss(&mut account);
    }
    assert!(
        matches!(account.payment.ledger.gate, Gate::Locked { until } if until == world.now + Span::from_hours(1))
    );
}

#[test]
fn twenty_misses_block_until_a_verified_reset() {
    let mut world = World::new();
    let mut account = world.enrolled();
    let mut charged = 0;
    for _ in 0..60 {
        charged += world.exhaust(&mut account, DeviceClaim::Absent);
        world.pass(Span::from_hours(25));
    }
    assert_eq!(charged, 20);
    assert_eq!(account.payment.ledger.gate, Gate::Blocked);
    credential::reset(&mut account, Kind::Payment, verifier(2), &world.scene()).expect("a reset");
    assert_eq!(remaining(&world, &account), 5);
}

#[test]
fn a_success_refunds_only_what_was_settled_before_it() {
    let world = World::new();
    let mut account = world.enrolled();
    world.miss(&mut account);
    let slow_wrong = world.ticket(&mut account);
    let right = world.ticket(&mut account);
    let later_wrong = world.ticket(&mut account);
    attempt::miss(&mut account, later_wrong, &world.scene());
    attempt::succeed(&mut account, right, Purpose::Verify(None), &world.scene()).expect("the right secret");
    // The settled miss is forgiven; the later one and the one still in flight are not.
    assert_eq!(remaining(&world, &account), 3);
    attempt::miss(&mut account, slow_wrong, &world.scene());
    assert_eq!(remaining(&world, &account), 3);
}

#[test]
fn guesses_in_flight_make_it_busy_not_locked() {
    let mut world = World::new();
    let mut account = world.enrolled();
    let mut tickets: Vec<Ticket> = (0..5).map(|_| world.ticket(&mut account)).collect();
    assert!(matches!(world.begin(&mut account), Begun::Refused(Refusal::Busy)));
    let right = tickets.pop().expect("five");
    attempt::succeed(&mut account, right, Purpose::Verify(None), &world.scene()).expect("the right secret");
    assert_eq!(remaining(&world, &account), 1);
    // Nobody ever settles the other four: they age into misses, and no budget comes back.
    world.pass(Span::from_secs(61));
    assert_eq!(remaining(&world, &account), 1);
}

#[test]
fn a_guess_that_nobody_settled_in_time_tells_nothing() {
    let mut world = World::new();
    let mut account = world.enrolled();
    let late = world.ticket(&mut account);
    world.pass(Span::from_secs(60));
    let refused = attempt::succeed(&mut account, late, Purpose::Verify(None), &world.scene());
    // Not even that it was wrong, for it was right.
    assert_eq!(refused, Err(Refusal::Busy));
    assert_eq!(remaining(&world, &account), 4);
}

#[test]
fn a_secret_replaced_meanwhile_no_longer_verifies() {
    let world = World::new();
    let mut account = world.enrolled();
    let raced = world.ticket(&mut account);
    let change = world.ticket(&mut account);
    attempt::succeed(&mut account, change, Purpose::Change(verifier(2)), &world.scene()).expect("changed");
    let refused = attempt::succeed(&mut account, raced, Purpose::Change(verifier(2)), &world.scene());
    assert!(matches!(refused, Err(Refusal::Incorrect { .. })));
    assert!(matches!(&account.payment.state, SecretState::Active(v) if v.version == 2));
    assert_eq!(remaining(&world, &account), 4);
}

#[test]
fn nothing_but_a_success_or_a_reset_refills() {
    let world = World::new();
    let mut account = world.enrolled();
    world.miss(&mut account);
    world.miss(&mut account);
    assert_eq!(
        credential::set(&mut account, Kind::Payment, verifier(2), None, &world.scene()),
        Err(Refusal::AlreadySet)
    );
    let kept = world.ticket(&mut account);
    attempt::keep(&mut account, kept, &world.scene()).expect("the right secret");
    assert_eq!(
        remaining(&world, &account),
        3,
        "a change that was refused gives back its own guess and no other"
    );
    world.verify(&mut account);
    assert_eq!(remaining(&world, &account), 5);
}

#[test]
fn an_unlock_gives_one_burst_and_no_more() {
    let mut world = World::new();
    let mut account = world.enrolled();
    for _ in 0..4 {
        world.exhaust(&mut account, DeviceClaim::Absent);
        world.pass(Span::from_hours(25));
    }
    assert_eq!(account.payment.ledger.gate, Gate::Blocked);
    credential::unlock(&mut account, Kind::Payment, "spoke to the owner".into(), &world.scene())
        .expect("locked");
    let charged = world.exhaust(&mut account, DeviceClaim::Absent);
    assert_eq!(charged, 5);
    assert_eq!(account.payment.ledger.gate, Gate::Blocked);
}

#[test]
fn a_clock_that_goes_back_buys_nothing() {
    let mut world = World::new();
    let mut account = world.enrolled();
    for _ in 0..5 {
        world.miss(&mut account);
    }
    let Gate::Locked { until } = account.payment.ledger.gate else { panic!("locked") };
    world.now = world.now - Span::from_hours(48);
    assert!(
        matches!(world.begin(&mut account), Begun::Refused(Refusal::Locked { until: Some(u), .. }) if u == until)
    );
}

#[test]
fn the_login_secret_has_ten_questions_a_day() {
    let mut world = World::new();
    let mut account = world.enrolled();
    credential::set(&mut account, Kind::Login, verifier(1), None, &world.scene()).expect("a login secret");
    for _ in 0..10 {
        assert!(attempt::begin_same_as_login(&mut account, None, &world.scene()).expect("room").is_some());
    }
    assert!(matches!(
        attempt::begin_same_as_login(&mut account, None, &world.scene()),
        Err(Refusal::Locked { .. })
    ));
    world.pass(Span::from_hours(24));
    assert!(attempt::begin_same_as_login(&mut account, None, &world.scene()).is_ok());
}

#[test]
fn a_temporary_secret_matches_nothing_after_its_life() {
    let mut world = World::new();
    let mut account = world.enrolled();
    credential::make_temporary(&mut account, Kind::Payment, verifier(2), &world.scene()).expect("made");
    world.verify(&mut account);
    world.pass(Span::from_hours(24));
    assert!(matches!(world.begin(&mut account), Begun::Decoy(Refusal::Incorrect { .. })));
    let set = credential::set(&mut account, Kind::Payment, verifier(3), None, &world.scene());
    assert_eq!(
        set,
        Err(Refusal::AlreadySet),
        "an expired temporary secret is no invitation to set one without knowing it"
    );
}

#[test]
fn every_gate_that_closes_is_told_once() {
    let world = World::new();
    let mut account = world.enrolled();
    account.fresh_events.clear();
    for _ in 0..5 {
        world.miss(&mut account);
    }
    for _ in 0..3 {
        assert!(matches!(world.begin(&mut account), Begun::Refused(Refusal::Locked { .. })));
    }
    let locks = account.fresh_events.iter().filter(|event| matches!(event.what, What::Locked { .. })).count();
    assert_eq!(locks, 1);
    let mut ids: Vec<_> = account.fresh_events.iter().map(|event| event.id).collect();
    let sorted = {
        let mut s = ids.clone();
        s.sort_unstable();
        s
    };
    assert_eq!(ids, sorted, "events of one account sort in the order of their decisions");
    ids.dedup();
    assert_eq!(ids.len(), account.fresh_events.len());
}

#[test]
fn a_miss_that_is_observed_after_a_refill_is_charged_after_it() {
    let mut world = World::new();
    let mut account = world.enrolled();
    let slow: Vec<Ticket> = (0..4).map(|_| world.ticket(&mut account)).collect();
    world.pass(Span::from_secs(61));
    world.verify(&mut account);
    assert_eq!(remaining(&world, &account), 5, "the four had aged into misses, which the success forgave");
    for ticket in slow {
        attempt::miss(&mut account, ticket, &world.scene());
    }
    assert_eq!(remaining(&world, &account), 1);
}

#[test]
fn an_unlock_gives_one_burst_also_where_old_and_new_misses_meet() {
    let mut world = World::new();
    let mut account = world.enrolled();
    (world.policy.guesses.lock_first, world.policy.guesses.lock_max) =
        (Span::from_secs(1), Span::from_secs(1));
    for _ in 0..2 {
        world.pass(Span::from_hours(25));
        for _ in 0..10 {
            world.pass(Span::from_secs(1));
            world.miss(&mut account);
        }
    }
    assert_eq!(account.payment.ledger.gate, Gate::Blocked);
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
fn a_lock_by_age_begins_when_the_last_guess_aged() {
    let mut world = World::new();
    let mut account = world.enrolled();
    let lost: Vec<Ticket> = (0..5).map(|_| world.ticket(&mut account)).collect();
    drop(lost);
    let until = world.now + Span::from_secs(60) + Span::from_minutes(15);
    for _ in 0..2 {
        world.pass(Span::from_minutes(5));
        assert_eq!(account.payment.ledger.gate_at(&world.policy.guesses, world.now), Gate::Locked { until });
    }
    world.now = until;
    assert!(
        matches!(world.begin(&mut account), Begun::Compare(..)),
        "the lock is over, though nobody saw it begin"
    );
    let told = account.fresh_events.iter().filter(|event| matches!(event.what, What::Locked { .. })).count();
    assert_eq!(told, 1);
}

/// One step of a history.
#[derive(Clone, Debug)]
enum Deed {
    Begin,
    Miss(usize),
    Succeed(usize),
    Keep(usize),
    GiveBack(usize),
    Lose(usize),
    Pass(u32),
    Back(u32),
    Reset,
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        8 => Just(Deed::Begin),
        6 => any::<usize>().prop_map(Deed::Miss),
        1 => any::<usize>().prop_map(Deed::Succeed),
        1 => any::<usize>().prop_map(Deed::Keep),
        1 => any::<usize>().prop_map(Deed::GiveBack),
        1 => any::<usize>().prop_map(Deed::Lose),
        3 => (0_u32..200_000).prop_map(Deed::Pass),
        1 => (0_u32..200_000).prop_map(Deed::Back),
        1 => Just(Deed::Reset),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Counts what an attacker could observe: misses and lost guesses since the last refill stay within the lifetime
    /// limit, guesses between two locks within the burst, whatever the order of charges and settlements.
    #[test]
    fn no_history_observes_more_than_the_budget(deeds in prop::collection::vec(deed(), 1..200)) {
        let mut world = World::new();
        let mut account = world.enrolled();
        let mut open: Vec<Ticket> = Vec::new();
        let mut observed = 0_u32;
        for deed in deeds {
            match deed {
                Deed::Begin => {
                    if let Begun::Compare(ticket, _) = world.begin(&mut account) {
                        open.push(ticket);
                    }
                }
                Deed::Miss(n) if !open.is_empty() => {
                    let ticket = open.swap_remove(n % open.len());
                    attempt::miss(&mut account, ticket, &world.scene());
                    observed += 1;
                }
                Deed::Lose(n) if !open.is_empty() => {
                    open.swap_remove(n % open.len());
                    observed += 1;
                }
                Deed::Succeed(n) if !open.is_empty() => {
                    let ticket = open.swap_remove(n % open.len());
                    match attempt::succeed(&mut account, ticket, Purpose::Verify(None), &world.scene()) {
                        // What is still charged was observed, or will be, after this refill.
                        Ok(_) => observed = account.payment.ledger.misses(),
                        Err(_) => observed += 1,
                    }
                }
                Deed::Keep(n) if !open.is_empty() => {
                    let ticket = open.swap_remove(n % open.len());
                    if attempt::keep(&mut account, ticket, &world.scene()).is_err() {
                        observed += 1;
                    }
                }
                Deed::GiveBack(n) if !open.is_empty() => {
                    // Nothing was compared, so nothing was observed.
                    attempt::give_back(&mut account, open.swap_remove(n % open.len()), &world.scene());
                }
                Deed::Pass(s) => {
                    // Whoever has not settled by then has died; a late settlement has a test of its own.
                    observed += u32::try_from(open.len()).expect("few");
                    open.clear();
                    world.pass(Span::from_secs(s));
                }
                Deed::Back(s) => world.now = world.now - Span::from_secs(s),
                Deed::Reset => {
                    let version = account.payment.version + 1;
                    credential::reset(&mut account, Kind::Payment, verifier(version), &world.scene()).expect("next version");
                    observed = account.payment.ledger.misses();
                }
                Deed::Miss(_) | Deed::Lose(_) | Deed::Succeed(_) | Deed::Keep(_) | Deed::GiveBack(_) => {}
            }
            let limits = world.policy.guesses;
            let charges = u32::try_from(account.payment.ledger.charges.len()).expect("few");
            prop_assert!(charges <= limits.lifetime);
            prop_assert!(observed <= limits.lifetime, "{observed} observed");
            prop_assert!(remaining(&world, &account) <= limits.burst);
        }
    }
}
