use super::*;
use crate::committing::{self, Callers, Commits, Company};
use crate::hashing::{self, Again, Service};

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
    let limits = Primaries { processor: 0.2, log: 2.1, disk: 1.0 };
    assert_eq!(limits.strictest().0, "log");
    near(limits.needed(), 3.0);
    near(Primaries { processor: 0.0, log: 0.0, disk: 0.0 }.needed(), 1.0);
}

#[test]
fn as_many_share_a_transaction_as_in_the_simulation() {
    let costs = Costs::MEASURED;
    for (rate, writers, commit_ms) in
        [(1000.0, 1.0, 5.0), (2500.0, 2.0, 5.0), (2500.0, 2.0, 20.0), (4000.0, 4.0, 20.0), (500.0, 4.0, 1.0)]
    {
        let usage = Usage { writers, commit_ms, ..Usage::ASSUMED };
        let scene = committing::Scene {
            seed: 5,
            callers: Callers::Independent(rate),
            writers: crate::due::whole(writers),
            batch: 128,
            transaction_s: costs.transaction_us.value / 1e6,
            each_s: (costs.charge_us.value + costs.settle_us.value) / 2e6,
            commit_s: commit_ms / 1e3,
            commits: Commits::Uneven,
            company: Company::NONE,
            decisions: 20_000,
        };
        let (simulated, known) = (committing::run(&scene).together(), together(rate, &usage, &costs));
        assert!((simulated / known - 1.0).abs() < 0.3, "{rate} {writers} {commit_ms}: {simulated} {known}");
    }
}

#[test]
fn a_gap_that_is_too_long_is_never_worked_off() {
    let costs = Costs::MEASURED;
    let (cores, utilisation) = (2, 0.85);
    let hash_s = costs.verify_ms.value / 1e3;
    let rate = utilisation * 2.0 / hash_s;
    let longest = longest_gap(utilisation, 1.5, &costs);
    // Some come back while others do, so the edge is not sharp.
    for (gap_s, worked_off) in [(0.6 * longest, true), (1.5 * longest, false)] {
        let end = 10.0 + gap_s + 200.0;
        let told = hashing::run(&hashing::Scene {
            seed: 11,
            nodes: 1,
            cores,
            hash_s,
            service: Service::Even,
            target_s: Some(1.0),
            refusal_s: costs.refusal_ms.value / 1e3,
            rates: vec![(0.0, rate), (end, 0.0)],
            outages: Vec::new(),
            gap: Some((10.0, 10.0 + gap_s)),
            again: Again { times: u32::MAX, after_s: 1.0, spread_s: 1.0 },
        });
        let last = &told.seconds[crate::due::whole(end) - 30..crate::due::whole(end)];
        assert_eq!(last.iter().all(|second| second.refused == 0), worked_off, "after a gap of {gap_s} s");
    }
}
