use proptest::prelude::*;

use super::*;
use crate::theory::{md1_wait, mmc_wait};

const SCENE: Scene = Scene {
    seed: 3,
    callers: Callers::Busy(64),
    writers: 1,
    batch: 256,
    transaction_s: 0.0004,
    each_s: 0.00003,
    commit_s: 0.005,
    commits: Commits::Even,
    company: Company::NONE,
    decisions: 8000,
};

#[test]
fn one_connection_makes_a_cycle_of_all_callers() {
    for (callers, batch) in [(1, 1), (1, 64), (64, 256), (64, 64), (64, 16), (256, 64)] {
        let told = run(&Scene { callers: Callers::Busy(callers), batch, ..SCENE });
        let together = callers.min(batch);
        let cycle = 0.0004 + 0.00003 * count(together) + 0.005;
        let expected = count(together) / cycle;
        assert!((told.rate() / expected - 1.0).abs() < 0.01, "{callers} {batch}: {} {expected}", told.rate());
        // Who does not fit waits for those before.
        let waits = count(callers.div_ceil(batch)) * cycle;
        assert!((told.times.within([0.99])[0] - waits).abs() < 1e-6, "{callers} {batch}");
    }
}

#[test]
fn one_at_a_time_it_is_the_queue_of_the_books() {
    let plain =
        Scene { batch: 1, transaction_s: 0.0, each_s: 0.0, commit_s: 1.0, decisions: 80_000, ..SCENE };
    for load in [0.5, 0.8] {
        for writers in [1, 4] {
            // Each connection has a queue of its own.
            let even = Scene { callers: Callers::Independent(load * count(writers)), writers, ..plain };
            let (wait, known) = (run(&even).times.mean() - 1.0, md1_wait(load, 1.0));
            assert!((wait / known - 1.0).abs() < 0.08, "{writers} {load}: {wait} {known}");
            let exponential = Scene { commits: Commits::Exponential, ..even };
            let (wait, known) = (run(&exponential).times.mean() - 1.0, mmc_wait(1, load, 1.0));
            assert!((wait / known - 1.0).abs() < 0.08, "{writers} {load}: {wait} {known}");
        }
    }
}

#[test]
fn company_is_waited_for_as_long_as_it_may_be_and_no_longer() {
    // One in a second, and sixteen that are said to be at work and never come: a quarter of the longest wait.
    let lonely = Scene { callers: Callers::Independent(1.0), decisions: 500, ..SCENE };
    let alone = 0.0004 + 0.00003 + 0.005;
    for (at_work, waits) in [(0.0, 0.0), (5.0, 0.0), (16.0, 0.0025), (64.0, 0.01), (1000.0, 0.01)] {
        let told = run(&Scene { company: Company::usual(at_work), ..lonely });
        let median = told.times.within([0.5])[0];
        assert!((median - alone - waits).abs() < 1e-9, "{at_work}: {median}");
    }
    // All who are at work come: nobody waits longer for them.
    let all = Scene { callers: Callers::Busy(64), company: Company::usual(64.0), ..SCENE };
    assert!((run(&all).together() - 64.0).abs() < 1e-9);
}

#[test]
fn a_slow_commit_is_shared_by_more() {
    let busy = |commit_s| run(&Scene { callers: Callers::Independent(2000.0), commit_s, ..SCENE });
    let (quick, slow) = (busy(0.001), busy(0.02));
    assert!(slow.together() > 5.0 * quick.together(), "{} {}", slow.together(), quick.together());
    assert!((slow.rate() / quick.rate() - 1.0).abs() < 0.05, "both keep up");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Little's law: callers that are always inside are as many as come out in the time that each is inside. And no more
    /// come out than the connections can carry.
    #[test]
    fn busyare_rate_times_time(
        seed: u64,
        callers in 1_usize..300,
        writers in 1_usize..5,
        batch in 1_usize..300,
        commit_s in 0.0005_f64..0.03,
        uneven: bool,
        gathering: bool,
    ) {
        let commits = if uneven { Commits::Uneven } else { Commits::Even };
        let company = if gathering { Company::usual(count(callers)) } else { Company::NONE };
        let busy = Callers::Busy(callers);
        let scene = Scene { seed, callers: busy, writers, batch, commit_s, commits, company, ..SCENE };
        let told = run(&scene);
        let inside = told.rate() * told.times.mean();
        prop_assert!((inside / count(callers) - 1.0).abs() < 0.05, "{} of {}", inside, callers);
        let least = if uneven { commit_s / 2.0 } else { commit_s };
        let fits = count(batch.min(callers));
        let most = count(writers) * fits / (scene.transaction_s + scene.each_s * fits + least);
        prop_assert!(told.rate() <= most * 1.0001, "{} over {}", told.rate(), most);
    }

    /// Each decision is durable no earlier than its commit, and those that came are those that are told.
    #[test]
    fn nothing_is_durable_before_its_commit(rate in 10.0_f64..5000.0, commit_s in 0.0005_f64..0.03) {
        let told = run(&Scene { callers: Callers::Independent(rate), commit_s, decisions: 5000, ..SCENE });
        prop_assert!(told.times.within([0.0])[0] >= commit_s + SCENE.transaction_s);
        prop_assert!(told.times.len() >= 5000);
    }
}
