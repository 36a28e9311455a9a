//! One guess at each of many accounts: counted, slowed, refused, and forgiven when the span is over.

use countersign_domain::spray::{Pace, SprayPolicy, Threshold, Tripped, Watch};
use countersign_domain::time::{Span, Timestamp};
use proptest::prelude::*;

const START: Timestamp = Timestamp::from_secs(1_800_000_000);
const POLICY: SprayPolicy = SprayPolicy {
    span: Span::from_hours(1),
    network: Threshold { slow: 3, refuse: 6 },
    secret: Threshold { slow: 0, refuse: 0 },
    pace: Span::from_secs(10),
};
const NETWORK: Threshold = POLICY.network;

fn watch(accounts: core::ops::Range<u32>, threshold: Threshold) -> (Watch, Vec<Tripped>) {
    let mut watch = Watch::new(START);
    let tripped = accounts.filter_map(|account| watch.miss(account, threshold, &POLICY, START)).collect();
    (watch, tripped)
}

#[test]
fn accounts_are_counted_once_and_each_step_is_told_once() {
    let mut watch = Watch::new(START);
    for _ in 0..50 {
        assert_eq!(watch.miss(7, NETWORK, &POLICY, START), None);
    }
    assert_eq!(watch.pace(NETWORK, &POLICY, START), Ok(Pace::Free), "one account, however often");
    let told: Vec<Option<Tripped>> = (8..20).map(|who| watch.miss(who, NETWORK, &POLICY, START)).collect();
    let mut expected = vec![None; 12];
    (expected[1], expected[4]) = (Some(Tripped::Slowed), Some(Tripped::Refused));
    assert_eq!(told, expected);
}

#[test]
fn slowed_means_one_in_each_pace_and_refused_means_none_until_the_span_is_over() {
    let (mut slowed, _) = watch(0..3, NETWORK);
    for n in 0..5 {
        let now = START + Span::from_secs(10 * n);
        assert_eq!(slowed.pace(NETWORK, &POLICY, now), Ok(Pace::Slowed));
        assert_eq!(slowed.let_through(NETWORK, &POLICY, now), Ok(()));
        let next = now + POLICY.pace;
        assert_eq!(slowed.let_through(NETWORK, &POLICY, now), Err(next), "another at once");
        assert_eq!(slowed.pace(NETWORK, &POLICY, now + Span::from_secs(9)), Err(next), "and a moment later");
    }
    let (mut refused, _) = watch(0..6, NETWORK);
    let end = START + POLICY.span;
    for seconds in [0, 10, 3599] {
        let now = START + Span::from_secs(seconds);
        assert_eq!(refused.let_through(NETWORK, &POLICY, now), Err(end));
        // A miss that was in flight, and one that a session made: neither makes it longer.
        assert_eq!(refused.miss(1000 + seconds, NETWORK, &POLICY, now), None);
    }
    assert_eq!(refused.ends(&POLICY), end);
    assert_eq!(refused.accounts.len(), 6, "and the record does not grow");
    assert_eq!(refused.pace(NETWORK, &POLICY, end), Ok(Pace::Free));
    assert_eq!(refused.miss(1, NETWORK, &POLICY, end), None);
    assert_eq!((refused.began, refused.accounts), (end, vec![1]), "a new span begins with its first miss");
}

#[test]
fn the_last_wait_of_a_span_ends_with_the_span() {
    let (mut slowed, _) = watch(0..3, NETWORK);
    let late = START + Span::from_secs(3595);
    assert_eq!(slowed.let_through(NETWORK, &POLICY, late), Ok(()));
    assert_eq!(slowed.let_through(NETWORK, &POLICY, late), Err(START + POLICY.span));
}

#[test]
fn a_step_with_a_threshold_of_0_is_never_taken() {
    let rows = [
        (Threshold { slow: 0, refuse: 0 }, vec![], Ok(Pace::Free), 0),
        (Threshold { slow: 3, refuse: 0 }, vec![Tripped::Slowed], Ok(Pace::Slowed), 3),
        (Threshold { slow: 0, refuse: 3 }, vec![Tripped::Refused], Err(START + POLICY.span), 3),
        // Refused before slowed: there is nothing left to slow.
        (
            Threshold { slow: 5, refuse: 3 },
            vec![Tripped::Refused, Tripped::Slowed],
            Err(START + POLICY.span),
            5,
        ),
        (Threshold { slow: 3, refuse: 3 }, vec![Tripped::Refused], Err(START + POLICY.span), 3),
    ];
    for (threshold, told, pace, kept) in rows {
        let (watch, tripped) = watch(0..10_000, threshold);
        assert_eq!((tripped, watch.pace(threshold, &POLICY, START)), (told, pace), "{threshold:?}");
        assert_eq!(watch.accounts.len(), kept, "{threshold:?}");
    }
}

#[test]
fn a_threshold_that_is_lowered_takes_effect_on_what_was_counted_before() {
    let (watch, _) = watch(0..3, NETWORK);
    let stricter = Threshold { slow: 1, refuse: 2 };
    assert_eq!(watch.pace(stricter, &POLICY, START), Err(START + POLICY.span));
}

#[test]
fn a_clock_that_goes_back_sets_nothing_free() {
    let (mut watch, _) = watch(0..6, NETWORK);
    let earlier = Timestamp::from_secs(1_800_000_000 - 86_400);
    assert_eq!(watch.let_through(NETWORK, &POLICY, earlier), Err(START + POLICY.span));
    assert_eq!(watch.miss(99, NETWORK, &POLICY, earlier), None);
    assert_eq!(watch.pace(NETWORK, &POLICY, START), Err(START + POLICY.span));
}

proptest! {
    /// However the guesses come: before the slow step as many accounts as it allows, after it one a pace, and none more
    /// than the refusing step allows.
    #[test]
    fn no_more_accounts_are_tried_in_a_span_than_the_steps_allow(waits in prop::collection::vec(0..15_000_u32, 1..600)) {
        let mut watch = Watch::new(START);
        let (mut now, mut tried, mut slowed_at) = (START, 0_u32, Vec::new());
        for (account, wait) in (0..).zip(waits) {
            now = Timestamp::from_millis(now.millis() + i64::from(wait));
            if now >= START + POLICY.span {
                break;
            }
            let slowed = watch.pace(NETWORK, &POLICY, now) == Ok(Pace::Slowed);
            if watch.let_through(NETWORK, &POLICY, now).is_ok() {
                tried += 1;
                watch.miss(account, NETWORK, &POLICY, now);
                slowed_at.extend(slowed.then_some(now));
            }
        }
        prop_assert!(tried <= NETWORK.refuse);
        prop_assert!(slowed_at.windows(2).all(|pair| pair[0] + POLICY.pace <= pair[1]), "{slowed_at:?}");
    }
}
