//! A restored backup rewinds no budget: whatever was played before and after it was taken, it leaves no more room than
//! the stricter of both copies.

mod support;

use countersign_domain::ledger::{DAY, Gate, Ledger};
use countersign_domain::policy::GuessPolicy;
use countersign_domain::time::{Span, Timestamp};
use proptest::prelude::*;
use support::World;
use support::play::{Play, Step, remaining, step};

/// Charges that the day counts at that instant.
fn in_day(ledger: &Ledger, at: Timestamp) -> usize {
    ledger.charges.iter().filter(|charge| charge.at + DAY > at).count()
}

/// Until when the gate is closed; `None` for one that time does not open.
fn closed_until(ledger: &Ledger, world: &World) -> Option<Timestamp> {
    match ledger.gate_at(&world.policy.guesses, world.now) {
        Gate::Open => Some(world.now),
        Gate::Locked { until } => Some(until),
        Gate::Blocked | Gate::Disabled => None,
    }
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

    /// Without the present a single guess is left, and none where the backup had none. No lock that ends brings more.
    #[test]
    fn doubt_leaves_a_single_guess(before in prop::collection::vec(step(), 0..60), later in 0..200_000_u32) {
        let mut play = Play::new();
        play.steps(&before);
        let backup = play.account.clone();
        play.world.pass(Span::from_secs(later));
        let room = remaining(&backup.payment.ledger, &play.world);
        let doubted = play.restored(&backup, false);
        prop_assert_eq!(remaining(&doubted.payment.ledger, &play.world), room.min(1));
        let limits = &play.world.policy.guesses;
        prop_assert!(doubted.payment.ledger.remaining_ever(limits) <= 1);
        for seconds in MOMENTS {
            let left = doubted.payment.ledger.remaining(limits, play.world.now + Span::from_secs(seconds));
            prop_assert!(left <= 1, "{left} after {seconds} s");
        }
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
