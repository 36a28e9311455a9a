//! What the limits are worth: how many guesses an attacker gets in a year, and the chance that one of them is right.
//!
//! Nothing here is a formula that could drift from the rules: the attacker plays against the very ledger that real
//! guesses are charged to, by two strategies, and the better one counts.

use crate::ledger::{Gate, Ledger};
use crate::policy::GuessPolicy;
use crate::time::{Span, Timestamp};

/// A year, for which chances are told.
pub const YEAR: Span = Span::from_hours(365 * 24);

/// The most guesses that an attacker without a known device gets at one account within `span`, while its owner presents
/// the right secret `successes_a_day` times a day, evenly spread and from unknown devices too. With 0 the owner is away.
#[must_use]
pub fn most_guesses(limits: &GuessPolicy, span: Span, successes_a_day: u32) -> u64 {
    let strategies = [Strategy::AllOut, Strategy::NeverClosing];
    strategies.into_iter().map(|strategy| play(limits, span, successes_a_day, strategy)).max().unwrap_or(0)
}

/// The chance that one of so many different guesses is right, if each of `secrets` was equally likely to be chosen.
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "a chance is told to two digits")]
pub fn chance(guesses: u64, secrets: u64) -> f64 {
    if secrets == 0 { 1.0 } else { (guesses as f64 / secrets as f64).min(1.0) }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Strategy {
    /// Guesses whenever a guess is taken, and waits for every lock to end.
    AllOut,
    /// Leaves the last guess before each lock, so that the owner's next success refunds the rest.
    NeverClosing,
}

/// Plays a whole span against a ledger, an owner's success at a time.
fn play(limits: &GuessPolicy, span: Span, successes_a_day: u32, strategy: Strategy) -> u64 {
    let end = Timestamp::from_millis(span.millis());
    let between = owner_rests(successes_a_day);
    let mut ledger = Ledger::default();
    let (mut guesses, mut now) = (0, Timestamp::from_millis(0));
    while now < end {
        let until = between.map_or(end, |rest| (now + rest).min(end));
        guesses += guess_until(&mut ledger, limits, now, until, strategy);
        now = until;
        succeed(&mut ledger, limits, now);
    }
    guesses
}

fn owner_rests(successes_a_day: u32) -> Option<Span> {
    let day = u32::try_from(crate::ledger::DAY.millis()).unwrap_or(u32::MAX);
    day.checked_div(successes_a_day).map(|rest| Span::from_millis(rest.max(1)))
}

/// Guesses from `from` until `until`; how many were taken.
fn guess_until(
    ledger: &mut Ledger,
    limits: &GuessPolicy,
    from: Timestamp,
    until: Timestamp,
    strategy: Strategy,
) -> u64 {
    let least = if strategy == Strategy::NeverClosing { 2 } else { 1 };
    let (mut taken, mut now) = (0, from);
    loop {
        let _ = ledger.refresh(limits, now);
        while ledger.remaining(limits, now) >= least
            && let Ok(number) = ledger.charge(limits, None, now)
        {
            taken += 1;
            let _ = ledger.miss(number, limits, now);
        }
        match ledger.gate {
            Gate::Locked { until: opens } if opens < until => now = opens,
            Gate::Locked { .. } | Gate::Blocked => return taken,
            // The attacker who leaves a guess waits until the day has room for more.
            Gate::Open => match ledger.next_room(now).filter(|&at| at > now && at < until) {
                Some(at) => now = at,
                None => return taken,
            },
        }
    }
}

/// The owner presents the right secret, if it is taken.
fn succeed(ledger: &mut Ledger, limits: &GuessPolicy, now: Timestamp) {
    let _ = ledger.refresh(limits, now);
    if let Ok(number) = ledger.charge(limits, None, now) {
        ledger.succeed(number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Preset;

    /// The rule that most servers have: five tries, then a quarter of an hour, for ever.
    #[test]
    fn five_tries_and_fifteen_minutes_lose_a_sixth_of_all_six_digit_pins_in_a_year() {
        let common = GuessPolicy {
            lock_max: Span::from_minutes(15),
            day: u32::MAX,
            lifetime: u32::MAX,
            ..Preset::Default.limits()
        };
        let guesses = most_guesses(&common, Span::from_hours(48), 0) * 365 / 2;
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

    /// What the owner's successes give an attacker is bounded by them: the burst less one between two of them.
    #[test]
    fn an_owner_who_succeeds_gives_new_guesses_and_no_more_than_the_horizons_allow() {
        let limits = Preset::Default.limits();
        for (successes, a_day) in [(1, 10), (4, 20), (24, 96)] {
            let most = most_guesses(&limits, YEAR, successes);
            assert!(most <= a_day * 365, "{successes}: {most}");
            assert!(most > most_guesses(&limits, YEAR, 0), "{successes}: {most}");
        }
    }

    #[test]
    fn a_chance_is_never_more_than_certain() {
        assert!((chance(20, 1_000_000) - 0.000_02).abs() < f64::EPSILON);
        assert!((chance(20, 10) - 1.0).abs() < f64::EPSILON);
        assert!((chance(1, 0) - 1.0).abs() < f64::EPSILON);
    }
}
