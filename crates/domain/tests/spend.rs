//! What codes may cost: caps hold in any history, a breaker that trips for fraud and not for people, and where codes go.

use countersign_domain::calling::{Dialled, Prefix};
use countersign_domain::identifier::Mobile;
use countersign_domain::spend::{
    Breaker, BreakerPolicy, Caps, Money, Price, SpendPolicy, Spending, Stopped, Turned,
};
use countersign_domain::time::{Span, Timestamp};
use proptest::prelude::*;

const START: Timestamp = Timestamp::from_secs(1_800_000_000);
const HOUR: Span = Span::from_hours(1);
const DAY: Span = Span::from_hours(24);
const NO_CAPS: Caps = Caps { hour: None, day: None };
const BREAKER: BreakerPolicy = BreakerPolicy {
    least: 50,
    percent: 20,
    window: Span::from_hours(6),
    code_life: Span::from_minutes(5),
    cool_down: HOUR,
    trickle: Span::from_minutes(1),
};

const fn cents(cents: u64) -> Money {
    Money::from_millionths(cents * 10_000)
}

fn prefix(text: &str) -> Prefix {
    Prefix::parse(text).expect("a prefix")
}

fn number(text: &str) -> Dialled {
    Dialled::of(&Mobile::parse(text).expect("a number"), &prefix("+86"))
}

fn send(spending: &mut Spending, now: Timestamp) -> Result<(), Stopped> {
    spending.charge(cents(1), NO_CAPS, Some(&BREAKER), now).1
}

/// What a history spent in the last `span`, by nothing but the list of what was let through.
fn spent(history: &[(Timestamp, u64)], span: Span, now: Timestamp) -> u64 {
    history.iter().filter(|(at, _)| *at + span > now).map(|(_, price)| price).sum()
}

proptest! {
    #[test]
    fn no_history_spends_more_than_a_cap(
        steps in prop::collection::vec((0..1800_u32, 1..40_u64, 0..10_u8), 1..300),
        hour in 50..200_u64,
        day in 100..600_u64,
    ) {
        let caps = Caps { hour: Some(cents(hour)), day: Some(cents(day)) };
        let (mut spending, mut history, mut now) = (Spending::default(), Vec::new(), START);
        for (pass, price, fails) in steps {
            now = now + Span::from_secs(pass);
            match spending.charge(cents(price), caps, None, now).1 {
                // One in ten cannot be handed over, and is given back.
                Ok(()) if fails == 0 => spending.give_back(cents(price), now),
                Ok(()) => history.push((now, price)),
                Err(stopped) => prop_assert!(stopped.retry_at() > now),
            }
            prop_assert!(spent(&history, HOUR, now) <= hour);
            prop_assert!(spent(&history, DAY, now) <= day);
            prop_assert!(spending.slices.len() <= 870);
        }
    }

    #[test]
    fn a_refused_code_fits_when_it_was_told_to_come_again(
        steps in prop::collection::vec((0..900_u32, 1..40_u64), 1..200),
    ) {
        let caps = Caps { hour: Some(cents(100)), day: Some(cents(400)) };
        let (mut spending, mut now) = (Spending::default(), START);
        for (pass, price) in steps {
            now = now + Span::from_secs(pass);
            if let Err(stopped) = spending.clone().charge(cents(price), caps, None, now).1 {
                let just_before = stopped.retry_at() - Span::from_millis(1);
                prop_assert!(spending.clone().charge(cents(price), caps, None, just_before).1.is_err());
                prop_assert_eq!(spending.clone().charge(cents(price), caps, None, stopped.retry_at()).1, Ok(()));
            } else {
                prop_assert_eq!(spending.charge(cents(price), caps, None, now).1, Ok(()));
            }
        }
    }

    #[test]
    fn people_do_not_trip_it(every in 1..=4_usize, gaps in prop::collection::vec(0..60_u32, 200..800)) {
        let (mut spending, mut now) = (Spending::default(), START);
        let mut due: Vec<Timestamp> = Vec::new();
        for (place, gap) in gaps.iter().enumerate() {
            now = now + Span::from_secs(*gap);
            due.retain(|&at| { if at <= now { spending.verify(at); } at > now });
            prop_assert_eq!(send(&mut spending, now), Ok(()));
            // One in so many re-sends is the one that its owner presents, at the last moment.
            if place % every == 0 {
                due.push(now + BREAKER.code_life);
            }
        }
        prop_assert_eq!(spending.breaker, Breaker::Closed { since: None });
    }

    #[test]
    fn a_small_sample_does_not_trip_it(gaps in prop::collection::vec(0..600_u32, 0..49)) {
        let (mut spending, mut now) = (Spending::default(), START);
        for gap in gaps {
            now = now + Span::from_secs(gap);
            prop_assert_eq!(send(&mut spending, now), Ok(()));
        }
    }
}

proptest! {
    // Each is a day of some thousand codes.
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn what_nobody_verifies_costs_no_more_than_was_foreseen(gaps in prop::collection::vec(1..90_u32, 1500..2500)) {
        let policy = SpendPolicy { breaker: BREAKER, ..SpendPolicy::default() };
        let caps = Caps { hour: Some(cents(300)), day: None };
        let (mut spending, mut history, mut now) = (Spending::default(), Vec::new(), START);
        for gap in gaps {
            now = now + Span::from_secs(gap);
            if spending.charge(cents(1), caps, Some(&BREAKER), now).1.is_ok() {
                history.push((now, 1));
            }
            let foreseen = policy.worst_day_unverified(cents(1), caps).expect("is bounded");
            prop_assert!(cents(spent(&history, DAY, now)) <= foreseen);
        }
    }
}

#[test]
fn a_storm_trips_it_and_only_a_trickle_is_left() {
    let (mut spending, mut sent) = (Spending::default(), 0);
    let mut tripped_at = None;
    for second in 0..3600 {
        let now = START + Span::from_secs(second);
        let (turned, charged) = spending.charge(cents(1), NO_CAPS, Some(&BREAKER), now);
        if turned == Some(Turned::Tripped) {
            tripped_at = Some(second);
            sent = 0;
        }
        sent += u32::from(charged.is_ok());
    }
    // The first slice of five minutes can be judged when its last code cannot be verified any more.
    assert_eq!(tripped_at, Some(600));
    assert_eq!(sent, 50, "one a minute");
    let stopped = send(&mut spending, START + HOUR + Span::from_millis(1)).is_ok();
    assert!(stopped, "the next minute's");
    let now = START + HOUR + Span::from_secs(2);
    assert_eq!(send(&mut spending, now), Err(Stopped::Breaker(START + HOUR + Span::from_millis(60_001))));
}

fn tripped() -> (Spending, Timestamp) {
    let mut spending = Spending::default();
    for second in 0..=600 {
        let _ = send(&mut spending, START + Span::from_secs(second));
    }
    assert!(spending.is_tripped());
    (spending, START + Span::from_secs(600))
}

#[test]
fn it_closes_by_itself_when_the_trickle_is_verified() {
    let (mut spending, tripped_at) = tripped();
    let mut turns = Vec::new();
    for minute in 1..=120 {
        let now = tripped_at + Span::from_minutes(minute);
        let (turned, charged) = spending.charge(cents(1), NO_CAPS, Some(&BREAKER), now);
        turns.extend(turned.map(|turned| (minute, turned)));
        assert_eq!(charged, Ok(()));
        if minute % 2 == 0 {
            spending.verify(now + Span::from_secs(30));
        }
    }
    assert_eq!(turns, [(60, Turned::Closed)]);
    let now = tripped_at + Span::from_minutes(120);
    for _ in 0..40 {
        assert_eq!(send(&mut spending, now), Ok(()), "they flow again");
    }
}

#[test]
fn waiting_does_not_close_it() {
    let (mut spending, tripped_at) = tripped();
    for hour in [2, 5, 20] {
        let now = tripped_at + Span::from_hours(hour);
        let (turned, charged) = spending.charge(cents(1), NO_CAPS, Some(&BREAKER), now);
        assert_eq!((turned, charged), (Some(Turned::Prolonged), Ok(())), "{hour}");
        assert!(send(&mut spending, now + Span::from_secs(1)).is_err(), "one, not a rush");
    }
}

#[test]
fn what_is_given_back_can_be_spent_once() {
    let caps = Caps { hour: Some(cents(10)), day: None };
    let mut spending = Spending::default();
    assert_eq!(spending.charge(cents(10), caps, None, START).1, Ok(()));
    assert!(spending.charge(cents(10), caps, None, START).1.is_err());
    spending.give_back(cents(10), START);
    assert_eq!(spending.spent(HOUR, START), Money::ZERO);
    assert_eq!(spending.charge(cents(10), caps, None, START).1, Ok(()));
    spending.add(cents(10), START);
    assert_eq!(spending.spent(HOUR, START), cents(20), "what was spent besides is spent, cap or not");
}

#[test]
fn a_clock_that_goes_back_makes_no_room() {
    let caps = Caps { hour: Some(cents(10)), day: None };
    let mut spending = Spending::default();
    assert_eq!(spending.charge(cents(10), caps, None, START + DAY).1, Ok(()));
    assert!(spending.charge(cents(1), caps, None, START).1.is_err());
}

#[test]
fn a_clock_far_ahead_and_back_empties_no_cap() {
    let caps = Caps { hour: Some(cents(30)), day: Some(cents(30)) };
    for hours in [1, 24, 25, 47, 48] {
        let ahead = START + Span::from_hours(hours);
        let mut spending = Spending::default();
        assert_eq!(spending.charge(cents(30), caps, None, START).1, Ok(()));
        let there = spending.charge(cents(1), caps, None, ahead).1.is_ok();
        assert_eq!(there, hours > 24, "{hours} hours ahead");
        assert!(spending.charge(cents(1), caps, None, START).1.is_err(), "back from {hours} hours ahead");
        assert!(Spending::forgotten_at(START) > ahead, "nor does the store forget it");
    }
}

#[test]
fn a_clock_far_ahead_and_back_neither_stops_the_trickle_nor_opens_the_breaker() {
    for hours in [2, 25, 48, 24 * 365] {
        let (mut spending, tripped_at) = tripped();
        assert_eq!(send(&mut spending, tripped_at + Span::from_hours(hours)), Ok(()), "the trickle there");
        let back = tripped_at + Span::from_minutes(2);
        assert_eq!(send(&mut spending, back), Ok(()), "and here, {hours} hours before");
        assert_eq!(
            send(&mut spending, back),
            Err(Stopped::Breaker(back + BREAKER.trickle)),
            "one, not a rush"
        );
        assert!(spending.is_tripped());
    }
}

#[test]
fn a_breaker_that_closed_by_a_clock_far_ahead_still_judges() {
    let breaker = Breaker::Closed { since: Some(START + Span::from_hours(24 * 365)) };
    let mut spending = Spending { breaker, ..Spending::default() };
    for second in 0..=600 {
        let _ = send(&mut spending, START + Span::from_secs(second));
    }
    assert!(spending.is_tripped());
}

#[test]
fn the_longest_prefix_says_what_a_code_costs_and_the_country_what_it_counts_under() {
    let price = |text: &str, amount| Price { prefix: prefix(text), price: cents(amount) };
    let caps = Caps { hour: Some(cents(100)), day: None };
    let policy = SpendPolicy {
        prices: vec![price("+86", 1), price("+1", 2), price("+1876", 30), price("+1415", 3)],
        prefixes: vec![(prefix("+1"), caps)],
        ..SpendPolicy::default()
    };
    let rate = |text: &str| policy.rate(&number(text)).expect("is allowed");
    let told = |text: &str| (rate(text).prefix.to_string(), rate(text).price);
    assert_eq!(told("13812345678"), ("+86".to_owned(), cents(1)));
    assert_eq!(told("+1 212 555 0100"), ("+1".to_owned(), cents(2)));
    // The cap of +1 covers Jamaica too, whatever a code to there costs.
    assert_eq!(told("+1 876 555 0100"), ("+1".to_owned(), cents(30)));
    assert_eq!(rate("+1 876 555 0100").caps, caps);
    assert_eq!(told("+96170123456"), ("+961".to_owned(), policy.price_elsewhere));
    assert_eq!(rate("+96170123456").caps, policy.each_prefix);
}

#[test]
fn some_places_get_no_code() {
    let refused = |policy: &SpendPolicy, text: &str| policy.rate(&number(text)).is_err();
    let usual = SpendPolicy::default();
    for satellite in ["+870773111111", "+88161111111", "+88213300000", "+97912345678"] {
        assert!(refused(&usual, satellite), "{satellite}");
    }
    assert!(!refused(&usual, "13812345678"));
    let listed = SpendPolicy {
        allowed: vec![prefix("+86"), prefix("+1"), prefix("+18765")],
        refused: vec![prefix("+1876")],
        ..usual
    };
    for (text, expected) in [
        ("13812345678", false),
        ("+12125550100", false),
        ("+18764440100", true),
        ("+18765550100", false),
        ("+447700900123", true),
    ] {
        assert_eq!(refused(&listed, text), expected, "{text}");
    }
}
