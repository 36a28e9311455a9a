use super::*;
use crate::costs::Costs;

fn near(found: f64, expected: f64) {
    assert!((found / expected - 1.0).abs() < 1e-9, "{found} instead of {expected}");
}

#[test]
fn the_formulas_are_those_of_a_pocket_calculator() {
    let costs = Costs::MEASURED;
    let usage = Usage { wrong: 0.0, other_writes: 0.0, ..Usage::ASSUMED.with_accounts(36e6) };
    let plan = Plan::of(&usage, &costs);
    // 36 M × 0.5 × 0.1 ÷ 3600, and twice that.
    near(plan.hourly, 500.0);
    near(plan.peak, 1000.0);
    near(plan.cores, 1000.0 * costs.verify_ms.value / 1000.0 / 0.7);
    near(plan.nodes, (plan.cores / 16.0).ceil());
    near(plan.writes, 2000.0);
    near(
        plan.events_month,
        18e6 * 365.0 / 12.0 * (costs.event_heap.value + costs.event_key.value + costs.event_time.value),
    );
    near(plan.disk - plan.accounts_disk, plan.events_month * 12.0);
}

#[test]
fn touches_are_all_first_ones_where_there_is_room_and_fill_it_in_the_end() {
    near(touched(1e12, 1000.0), 1000.0);
    near(touched(1000.0, 1e6), 1000.0);
    near(touched(1000.0, 1000.0), 1000.0 * (1.0 - (-1.0_f64).exp()));
    assert!(touched(0.0, 5.0).abs() < 1e-12);
}

#[test]
fn more_of_anything_never_needs_less() {
    let costs = Costs::MEASURED;
    for assumption in crate::usage::ASSUMPTIONS {
        if ["accounts", "verifies-per-day", "busiest-hour", "burst", "wrong", "other-writes", "months-kept"]
            .contains(&assumption.option)
        {
            let (mut less, mut more) = (Usage::ASSUMED, Usage::ASSUMED);
            *(assumption.of)(&mut less) *= 0.7;
            *(assumption.of)(&mut more) *= 1.4;
            let (less, more) = (Plan::of(&less, &costs), Plan::of(&more, &costs));
            let pairs = [
                (less.cores, more.cores),
                (less.writes, more.writes),
                (less.store_cores, more.store_cores),
                (less.wal, more.wal),
                (less.disk, more.disk),
                (less.hot, more.hot),
                (less.primaries.needed(), more.primaries.needed()),
            ];
            assert!(pairs.iter().all(|(less, more)| less <= more), "{}: {pairs:?}", assumption.option);
        }
    }
}

#[test]
fn the_strictest_limit_is_named() {
    let limits = Primaries { by_cores: 0.2, by_wal: 2.1, by_disk: 1.0 };
    assert_eq!(limits.strictest().0, "log");
    near(limits.needed(), 3.0);
    near(Primaries { by_cores: 0.0, by_wal: 0.0, by_disk: 0.0 }.needed(), 1.0);
}
