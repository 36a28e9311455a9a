//! What was paid: sums of a day that are never too small, and payees that are known only by the secret.

mod support;

use countersign_domain::answer::{IntentRefusal, Refusal};
use countersign_domain::ask::AskFrequency;
use countersign_domain::asking::{Day, Why};
use countersign_domain::intent::Factors;
use countersign_domain::policy::AskPolicy;
use countersign_domain::time::{Span, Timestamp};
use proptest::prelude::*;
use support::till::{LIFE, Till};

/// The day as the next approval would see it.
fn day(till: &mut Till) -> Day {
    let id = till.create("0.01");
    till.with(id, Factors::Secret).expect("the right secret");
    let (_, basis) = till.last_approval();
    till.cancel(id).expect("open");
    basis.day
}

#[test]
fn what_is_approved_counts_before_it_is_consumed_and_once_after() {
    let mut till = Till::new();
    let id = till.approved("5");
    assert_eq!(day(&mut till).all, 500);
    till.consume(id).expect("approved");
    assert_eq!(day(&mut till).all, 500);
    let second = till.approved("2");
    assert_eq!(day(&mut till).all, 700);
    till.cancel(second).expect("open");
    let third = till.approved("1");
    assert_eq!(day(&mut till).all, 600);
    till.world.pass(LIFE);
    assert_eq!(
        (day(&mut till).all, till.consume(third).is_err()),
        (500, true),
        "nobody can consume it any more"
    );
    till.create("7");
    assert_eq!(day(&mut till).all, 500, "what only waits was not approved");
}

#[test]
fn two_approvals_at_once_cannot_both_have_the_rest_of_a_day() {
    let mut till = Till::under(|world| world.policy.payments.ask.others.two_factors_day = Some(1_000));
    let [first, second] = [till.create("6"), till.create("6")];
    let (one, other) = (till.ticket(first), till.ticket(second));
    assert_eq!(till.succeed(one), Ok(()));
    let over = Refusal::Intent(IntentRefusal::OverLimit(Why::DayAmount));
    assert_eq!(till.succeed(other), Err(over.clone()), "the day is looked at again when it is settled");
    assert_eq!(till.right(second), Err(over));
    till.cancel(first).expect("open");
    assert_eq!(till.right(second), Ok(()));
}

#[test]
fn factors_are_summed_apart() {
    let mut till = Till::under(|world| {
        let ask = &mut world.policy.payments.ask;
        ask.ask_new_payee = false;
        (ask.others.unasked, ask.others.unasked_day) = (Some(100), Some(1_000));
    });
    for (factors, amount) in [(None, "1"), (Some(Factors::Secret), "2"), (Some(Factors::SecretAndCode), "4")]
    {
        let id = till.create(amount);
        match factors {
            None => till.spared(id).expect("small"),
            Some(factors) => till.with(id, factors).expect("right"),
        }
        till.consume(id).expect("approved");
    }
    assert_eq!(day(&mut till), Day { unasked: 100, by_one: 300, all: 700 });
}

#[test]
fn above_the_days_one_factor_a_code_is_needed_and_then_is_enough() {
    let mut till = Till::under(|world| world.policy.payments.ask.others.one_factor_day = Some(1_000));
    till.paid("10", 1);
    let id = till.create("0.01");
    let charged = till.charged();
    assert_eq!(till.right(id), Err(Refusal::Intent(IntentRefusal::CodeRequired(Why::DayAmount))));
    assert_eq!(till.charged(), charged, "a secret that would not be enough is not compared");
    assert_eq!(till.with(id, Factors::SecretAndCode), Ok(()));
    assert_eq!(till.consume(id), Ok(()));
}

#[test]
fn a_payee_is_known_by_the_secret_only_and_for_half_a_year() {
    let mut till = Till::under(|world| {
        let ask = &mut world.policy.payments.ask;
        ask.ask_new_payee = false;
        (ask.others.unasked, ask.others.unasked_day) = (Some(100), Some(1_000_000));
    });
    let knows = |till: &mut Till, payee| {
        let id = till.create_for("0.01", payee);
        till.right(id).expect("right");
        till.cancel(id).expect("open");
        till.last_approval().1.payee_known
    };
    let spared = till.create_for("1", 1);
    till.spared(spared).expect("small");
    till.consume(spared).expect("approved");
    assert!(!knows(&mut till, 1), "whoever is spared proves nothing");
    till.approved("1");
    assert!(!knows(&mut till, 1), "approved is not paid");
    till.paid("2", 1);
    assert!(knows(&mut till, 1) && !knows(&mut till, 2));
    till.world.now = till.world.now + Span::from_hours(24 * 180) - Span::from_millis(1);
    assert!(knows(&mut till, 1));
    till.world.pass(Span::from_millis(1));
    assert!(!knows(&mut till, 1));
    for payee in 1..=33 {
        till.paid("2", payee);
    }
    assert!(!knows(&mut till, 1), "the one not paid for longest makes way");
    assert!(knows(&mut till, 2) && knows(&mut till, 33));
}

proptest! {
    #[test]
    fn a_day_is_never_less_than_its_last_24_hours_nor_more_than_25(
        begun in 0..7_200_u32,
        paid in prop::collection::vec((0..30_000_u32, 1..1_000_u32, any::<bool>()), 1..30),
    ) {
        let mut till = Till::new();
        till.world.pass(Span::from_secs(begun));
        let mut spent: Vec<(Timestamp, u128)> = Vec::new();
        for (after, units, late) in paid {
            till.world.pass(Span::from_millis(after * 997));
            let id = till.approved(&format!("{}.{:02}", units / 100, units % 100));
            if late {
                till.world.pass(Span::from_secs(200));
            }
            till.consume(id).expect("approved");
            spent.push((till.world.now, u128::from(units)));
            let within = |hours| {
                let since = till.world.now - Span::from_hours(hours);
                spent.iter().filter(|(at, _)| *at > since).map(|(_, units)| units).sum::<u128>()
            };
            let (least, most) = (within(24), within(25));
            let found = day(&mut till).all;
            prop_assert!((least..=most).contains(&found), "{least} {found} {most}");
        }
    }
}

/// A policy that became stricter since an approval, what was paid besides, and what consuming is told.
type Stricter = (&'static str, Option<Factors>, fn(&mut AskPolicy), IntentRefusal);

#[test]
fn limits_are_asked_again_when_the_money_is_to_move() {
    let day = Why::DayAmount;
    let table: [Stricter; 9] = [
        (
            "all",
            Some(Factors::SecretAndCode),
            |ask| ask.others.two_factors_day = Some(599),
            IntentRefusal::OverLimit(day),
        ),
        (
            "all, by one",
            Some(Factors::Secret),
            |ask| ask.others.two_factors_day = Some(599),
            IntentRefusal::OverLimit(day),
        ),
        (
            "by one",
            Some(Factors::Secret),
            |ask| ask.others.one_factor_day = Some(599),
            IntentRefusal::CodeRequired(day),
        ),
        (
            "by one at once",
            Some(Factors::Secret),
            |ask| ask.others.one_factor = Some(99),
            IntentRefusal::CodeRequired(Why::Amount),
        ),
        (
            "by one, spared",
            None,
            |ask| ask.others.one_factor_day = Some(599),
            IntentRefusal::CodeRequired(day),
        ),
        ("in a window", None, |ask| ask.others.in_window_day = Some(599), IntentRefusal::SecretRequired(day)),
        (
            "in a window at once",
            None,
            |ask| ask.others.in_window = Some(99),
            IntentRefusal::SecretRequired(Why::Amount),
        ),
        (
            "no windows",
            None,
            |ask| ask.windows = AskFrequency::Every,
            IntentRefusal::SecretRequired(Why::EveryTime),
        ),
        (
            "too old",
            None,
            |ask| ask.windows = AskFrequency::Hour,
            IntentRefusal::SecretRequired(Why::WindowTooOld),
        ),
    ];
    for (what, factors, stricter, refused) in table {
        let mut till = Till::new();
        till.choose(AskFrequency::Day);
        till.paid("5", 1);
        till.world.pass(Span::from_hours(2));
        let id = till.create("1");
        let enough = match factors {
            None => till.spared(id),
            Some(factors) => till.with(id, factors),
        };
        enough.expect("enough");
        let usual = till.world.policy.payments.ask.clone();
        stricter(&mut till.world.policy.payments.ask);
        let before = till.account.clone();
        assert_eq!(till.consume(id), Err(Refusal::Intent(refused)), "{what}");
        assert_eq!(till.account, before, "{what}: nothing changes");
        till.world.policy.payments.ask = usual;
        assert_eq!(till.consume(id), Ok(()), "{what}");
    }
}

#[test]
fn a_limit_that_is_just_reached_lets_the_approval_be_consumed() {
    let rules: [fn(&mut AskPolicy); 4] = [
        |ask| ask.others.two_factors_day = Some(600),
        |ask| ask.others.one_factor_day = Some(600),
        |ask| ask.others.in_window_day = Some(600),
        |ask| (ask.others.unasked, ask.others.unasked_day) = (Some(100), Some(100)),
    ];
    for rule in rules {
        for spared in [true, false] {
            let mut till = Till::under(|world| rule(&mut world.policy.payments.ask));
            till.choose(AskFrequency::Hour);
            till.paid("5", 1);
            let id = till.create("1");
            if spared { till.spared(id) } else { till.right(id) }.expect("it fits");
            assert_eq!(till.consume(id), Ok(()));
        }
    }
}

#[test]
fn a_small_amount_that_was_spared_is_asked_for_where_less_is_spared_now() {
    let mut till = Till::under(|world| {
        let rules = &mut world.policy.payments.ask.others;
        (rules.unasked, rules.unasked_day) = (Some(100), Some(300));
    });
    till.paid("5", 1);
    let id = till.create("1");
    till.account.windows.clear();
    till.spared(id).expect("small");
    till.world.policy.payments.ask.others.unasked_day = Some(99);
    let asked = Refusal::Intent(IntentRefusal::SecretRequired(Why::NoWindow));
    assert_eq!(till.consume(id), Err(asked));
}
