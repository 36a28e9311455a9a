//! What the limits are worth: how many guesses an attacker gets in a year, and the chance that one of them is right.
//!
//! The attacker knows the limits and when the owner comes, and plays as well as that allows. Two facts make the best
//! play easy to find. A guess that is made earlier never delays a later one, in any horizon; so between two refills
//! nothing beats guessing as soon as a guess is taken. And an owner's success leaves a ledger as new, but needs one guess
//! itself; so of the guesses that could be made until the owner comes, all but one are the attacker's. What is left is to
//! choose which of the owner's visits succeed and which meet a closed gate.
//!
//! The tests hold this against the very ledger that real guesses are charged to, and against every other way to play.

use crate::ledger::DAY;
use crate::policy::{GuessPolicy, Preset};
use crate::time::Span;

/// A year, for which chances are told.
pub const YEAR: Span = Span::from_hours(365 * 24);

/// The most guesses that an attacker without a known device gets at one account within `span`, while its owner presents
/// the right secret `successes_a_day` times a day, evenly spread and from unknown devices too. With 0 the owner is away.
///
/// Limits that never end (a lifetime and a day beyond reach, no lock) have no such number.
#[must_use]
pub fn most_guesses(limits: &GuessPolicy, span: Span, successes_a_day: u32) -> u64 {
    let earliest = earliest(limits, span);
    let end = span.millis();
    match DAY.millis().checked_div(i64::from(successes_a_day)) {
        None => made_before(&earliest, end),
        Some(rest) => most_between_visits(&earliest, end, rest.max(1)),
    }
}

/// The chance that one of so many different guesses is right, if each of `secrets` was equally likely to be chosen.
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "a chance is told to two digits")]
pub fn chance(guesses: u64, secrets: u64) -> f64 {
    if secrets == 0 { 1.0 } else { (guesses as f64 / secrets as f64).min(1.0) }
}

/// The rule that most servers have, to compare with: five tries, then a quarter of an hour, for ever.
#[must_use]
pub fn common_rule() -> GuessPolicy {
    let quarter = Span::from_minutes(15);
    GuessPolicy {
        burst: 5,
        lock_first: quarter,
        lock_max: quarter,
        day: u32::MAX,
        lifetime: u32::MAX,
        ..Preset::Default.limits()
    }
}

/// The earliest instants, in milliseconds from a new ledger on and before the end of `span`, at which its first, second
/// … guess is taken if nobody succeeds.
fn earliest(limits: &GuessPolicy, span: Span) -> Vec<i64> {
    let (burst, day) = (limits.burst as usize, limits.day as usize);
    let mut times: Vec<i64> = Vec::new();
    let mut locks = 0;
    while times.len() < limits.lifetime as usize {
        let made = times.len();
        let mut next = times.last().copied().unwrap_or(0);
        if made > 0 && made.is_multiple_of(burst.max(1)) {
            next += limits.lock_first.doubled(locks, limits.lock_max).millis();
            locks += 1;
        }
        // The guess that is `day` places earlier must be a day old.
        if let Some(first_of_day) = made.checked_sub(day) {
            next = next.max(times[first_of_day] + DAY.millis());
        }
        if next >= span.millis() {
            break;
        }
        times.push(next);
    }
    times
}

/// The most guesses until `end` if the owner comes every `rest`, and succeeds wherever the gate is open.
fn most_between_visits(earliest: &[i64], end: i64, rest: i64) -> u64 {
    let visits = usize::try_from((end - 1) / rest).unwrap_or(0);
    let at = |visit: usize| i64::try_from(visit).unwrap_or(i64::MAX).saturating_mul(rest);
    // The most guesses until each visit, if that one succeeds.
    let mut best = vec![0_u64; visits + 1];
    // After how many visits it is worth letting the owner in again, and what that yields. Few are: mostly every
    // one, or the first after each lock.
    let mut rounds: Vec<(usize, u64)> = Vec::new();
    for visit in 1..=visits {
        let of_rounds = rounds.iter().map(|&(visits, guesses)| best[visit - visits] + guesses);
        let known = of_rounds.max().unwrap_or(0).max(best[visit - 1]);
        // At the very instant of the visit the attacker is quicker, and leaves the owner one guess.
        let alone = made_before(earliest, at(visit) + 1).saturating_sub(1);
        if alone > known {
            rounds.push((visit, alone));
        }
        best[visit] = known.max(alone);
    }
    let last_round = |visit: usize| best[visit] + made_before(earliest, end - at(visit));
    (0..=visits).map(last_round).max().unwrap_or(0)
}

fn made_before(earliest: &[i64], end: i64) -> u64 {
    u64::try_from(earliest.partition_point(|&at| at < end)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;
    use crate::ledger::{Gate, Ledger};
    use crate::time::Timestamp;

    /// The grid on which small policies are played through: every lock, day and visit is a multiple of it.
    const SLOT: Span = Span::from_hours(6);

    fn limits(burst: u32, day: u32, lifetime: u32, lock_first: Span, lock_max: Span) -> GuessPolicy {
        GuessPolicy { burst, lock_first, lock_max, day, lifetime, ..Preset::Default.limits() }
    }

    fn small() -> impl Strategy<Value = GuessPolicy> {
        (1..=3_u32, 1..=5_u32, 1..=7_u32, 1..=4_u32, 0..=6_u32).prop_map(
            |(burst, day, lifetime, lock, more)| {
                limits(burst, day, lifetime, Span::from_hours(6 * lock), Span::from_hours(6 * (lock + more)))
            },
        )
    }

    /// A position of the game: the slot, whether the owner has been there in it, and the ledger but for its numbers.
    type Position = (u32, bool, Gate, u32, usize, Vec<i64>);

    /// Plays every possible game from here against the ledger itself.
    struct Game {
        limits: GuessPolicy,
        slots: u32,
        slots_between_visits: Option<u32>,
        seen: HashMap<String, u64>,
    }

    impl Game {
        fn best(&mut self, slot: u32, owner_was_there: bool, mut ledger: Ledger) -> u64 {
            if slot == self.slots {
                return 0;
            }
            let now = Timestamp::from_millis(i64::from(slot) * SLOT.millis());
            let _ = ledger.refresh(&self.limits, now);
            let in_burst = ledger.charges.iter().filter(|charge| charge.number >= ledger.burst_from).count();
            let made = ledger.charges.iter().map(|charge| charge.at.millis()).collect();
            let position: Position = (slot, owner_was_there, ledger.gate, ledger.locks, in_burst, made);
            let position = format!("{position:?}");
            if let Some(&known) = self.seen.get(&position) {
                return known;
            }
            let visit =
                self.slots_between_visits.is_some_and(|between| slot > 0 && slot.is_multiple_of(between));
            let wait = if visit && !owner_was_there {
                let mut after = ledger.clone();
                if let Ok(number) = after.charge(&self.limits, None, now) {
                    after.succeed(number);
                }
                self.best(slot, true, after)
            } else {
                self.best(slot + 1, false, ledger.clone())
            };
            let guess = ledger.charge(&self.limits, None, now).map_or(0, |number| {
                let _ = ledger.miss(number, &self.limits, now);
                1 + self.best(slot, owner_was_there, ledger)
            });
            self.seen.insert(position, wait.max(guess));
            wait.max(guess)
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]

        #[test]
        fn no_other_way_to_play_gains_more(limits in small(), days in 1..=4_u32, a_day in 0..=2_u32) {
            let a_day = [0, 1, 2][a_day as usize];
            let slots_between_visits = (a_day > 0).then(|| 4 / a_day);
            let mut game = Game { limits, slots: days * 4, slots_between_visits, seen: HashMap::new() };
            let best = game.best(0, false, Ledger::default());
            prop_assert_eq!(most_guesses(&limits, Span::from_hours(24 * days), a_day), best);
        }

        #[test]
        fn nobody_can_guess_earlier_and_the_ledger_takes_these_guesses(
            burst in 1..=12_u32,
            day in 1..=30_u32,
            lifetime in 1..=80_u32,
            lock_s in 1..=100_000_u32,
            longer_s in 0..=300_000_u32,
        ) {
            let (first, most) = (Span::from_secs(lock_s), Span::from_secs(lock_s + longer_s));
            let limits = limits(burst, day, lifetime, first, most);
            let mut ledger = Ledger::default();
            let mut taken = Vec::new();
            let mut now = Timestamp::from_millis(0);
            while now.millis() < YEAR.millis() {
                let _ = ledger.refresh(&limits, now);
                match ledger.gate {
                    Gate::Blocked | Gate::Disabled => break,
                    Gate::Locked { until } => now = until,
                    Gate::Open => {
                        let number = ledger.charge(&limits, None, now).expect("an open gate has room");
                        let _ = ledger.miss(number, &limits, now);
                        taken.push(now.millis());
                    }
                }
            }
            prop_assert_eq!(earliest(&limits, YEAR), taken);
        }
    }

    #[test]
    fn five_tries_and_fifteen_minutes_lose_a_sixth_of_all_six_digit_pins_in_a_year() {
        let guesses = most_guesses(&common_rule(), YEAR, 0);
        assert_eq!(guesses, 175_200);
        assert!((chance(guesses, 1_000_000) - 0.175).abs() < 0.001);
    }

    #[test]
    fn without_the_owner_the_lifetime_is_all_there_is() {
        for preset in Preset::ALL {
            let limits = preset.limits();
            assert_eq!(most_guesses(&limits, YEAR, 0), u64::from(limits.lifetime), "{}", preset.as_str());
        }
    }

    /// An owner who succeeds gives new guesses. Between two successes an hour apart a stranger waits one lock out
    /// (five, a quarter of an hour, four more, and one is left for the owner).
    #[test]
    fn what_an_owner_who_succeeds_gives_away_is_known() {
        let limits = Preset::Default.limits();
        let a_year = [1, 4, 24].map(|a_day| most_guesses(&limits, YEAR, a_day));
        assert_eq!(a_year, [364 * 14 + 10, 1459 * 9 + 10, 8759 * 9 + 10]);
    }

    #[test]
    fn a_chance_is_never_more_than_certain() {
        assert!((chance(20, 1_000_000) - 0.000_02).abs() < f64::EPSILON);
        assert!((chance(20, 10) - 1.0).abs() < f64::EPSILON);
        assert!((chance(1, 0) - 1.0).abs() < f64::EPSILON);
    }
}
