use proptest::prelude::*;

use super::*;
use crate::due::count;
use crate::theory::{md1_wait, mdc_wait, mmc_wait};

fn scene(nodes: usize, cores: usize, rate: f64, seconds: f64) -> Scene {
    Scene {
        seed: 7,
        nodes,
        cores,
        hash_s: 1.0,
        service: Service::Even,
        target_s: None,
        refusal_s: 0.0,
        rates: vec![(0.0, rate), (seconds, 0.0)],
        outages: Vec::new(),
        gap: None,
        again: Again::NEVER,
    }
}

/// Served a second, of a minute.
fn rate(told: &Told) -> f64 {
    count(told.served()) / 60.0
}

fn wait(scene: &Scene) -> f64 {
    run(scene).times.mean() - 1.0
}

#[test]
fn one_core_waits_as_theory_says() {
    for load in [0.3, 0.5, 0.7, 0.8] {
        let (simulated, known) = (wait(&scene(1, 1, load, 80_000.0)), md1_wait(load, 1.0));
        assert!((simulated / known - 1.0).abs() < 0.05, "{load}: {simulated} instead of {known}");
    }
}

#[test]
fn several_cores_wait_as_theory_says() {
    for (cores, servers) in [(2, 2), (4, 4), (8, 8)] {
        for load in [0.5, 0.7, 0.85] {
            let rate = load * count(cores);
            let even = scene(1, cores, rate, 120_000.0 / rate);
            let exponential = Scene { service: Service::Exponential, ..even.clone() };
            for (simulated, known, off) in [
                (wait(&even), mdc_wait(servers, rate, 1.0), 0.003),
                (run(&exponential).times.mean() - 1.0, mmc_wait(servers, rate, 1.0), 0.01),
            ] {
                // Exponential times are themselves off by a few thousandths in the mean of so many.
                assert!(
                    (simulated - known).abs() < 0.08 * known + off,
                    "{cores} {load}: {simulated} {known}"
                );
            }
        }
    }
}

#[test]
fn nodes_that_are_chosen_blindly_are_queues_of_their_own() {
    let (simulated, known) = (wait(&scene(4, 1, 2.8, 60_000.0)), md1_wait(0.7, 1.0));
    assert!((simulated / known - 1.0).abs() < 0.05, "{simulated} instead of {known}");
}

#[test]
fn at_ten_times_too_much_every_core_works_and_nobody_waits_beyond_the_plan() {
    let flood = Scene { hash_s: 0.01, target_s: Some(1.0), ..scene(1, 4, 4000.0, 60.0) };
    let told = run(&flood);
    assert!((rate(&told) / 400.0 - 1.0).abs() < 0.02, "{}", rate(&told));
    assert!(told.times.within([1.0])[0] <= 0.76);
    // Each refusal takes its time from a hash.
    let dear = run(&Scene { refusal_s: 0.0001, ..flood });
    let expected = 400.0 * (1.0 - 3600.0 * 0.0001 / 4.0);
    assert!((rate(&dear) / expected - 1.0).abs() < 0.03, "{} instead of {expected}", rate(&dear));
}

#[test]
fn a_gap_answers_nobody_and_those_who_come_again_are_served_after_it() {
    let again = Again { times: 100, after_s: 1.0, spread_s: 1.0 };
    let gap = Scene {
        hash_s: 0.01,
        target_s: Some(1.0),
        gap: Some((20.0, 40.0)),
        again,
        ..scene(2, 2, 200.0, 120.0)
    };
    let told = run(&gap);
    assert_eq!((told.served(), told.left), (told.came, 0));
    assert!(told.seconds[21..39].iter().all(|second| second.served == 0 && second.unavailable > 0));
    // 20 s of arrivals, less than what was free: (1 − 0.5) of the cores work them off within 20 s and what retries waste.
    assert!(told.seconds[70].served <= 230 && told.seconds[41].served > 350, "{:?}", &told.seconds[38..72]);
    let impatient = run(&Scene { again: Again { times: 1, ..again }, ..gap });
    assert!(impatient.left > 3000 && impatient.served() + impatient.left == impatient.came);
}

#[test]
fn a_lost_node_loses_who_was_inside_and_the_others_carry_on() {
    let outage = Outage { node: 0, from: 10.0, noticed: 12.0, until: 60.0 };
    let lost = Scene { hash_s: 0.01, outages: vec![outage], ..scene(2, 2, 100.0, 50.0) };
    let told = run(&lost);
    // Half of two seconds' arrivals, and the few inside.
    assert!((80..130).contains(&told.lost), "{}", told.lost);
    assert_eq!((told.served() + told.left, told.left), (told.came, told.lost));
    assert!(told.seconds[13..49].iter().all(|second| second.served > 50));
}

#[test]
fn the_same_seed_is_the_same_course() {
    let one = scene(2, 2, 2.0, 100.0);
    assert_eq!(run(&one).seconds, run(&one).seconds);
    assert_ne!(run(&one).seconds, run(&Scene { seed: 8, ..one }).seconds);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Nobody is forgotten and nobody is served twice, whatever goes wrong; and cores work for those served, and for no
    /// more.
    #[test]
    fn whoever_comes_is_served_or_leaves(
        seed: u64,
        (nodes, cores) in (1_usize..4, 1_usize..5),
        load in 0.05_f64..3.0,
        target in proptest::option::of(1.0_f64..30.0),
        gap in proptest::option::of((0.0_f64..60.0, 0.0_f64..40.0)),
        outage in proptest::option::of((0_usize..4, 0.0_f64..60.0, 0.0_f64..5.0)),
        (times, spread_s) in (0_u32..4, 0.0_f64..2.0),
    ) {
        let rate = load * count(nodes * cores);
        let scene = Scene {
            seed,
            target_s: target,
            gap: gap.map(|(from, long)| (from, from + long)),
            outages: outage
                .map(|(node, from, blind)| Outage { node: node % nodes, from, noticed: from + blind, until: from + blind + 20.0 })
                .into_iter()
                .collect(),
            again: Again { times, after_s: 0.5, spread_s },
            ..scene(nodes, cores, rate, 100.0)
        };
        let told = run(&scene);
        prop_assert_eq!(told.served() + told.left, told.came);
        let by_second: usize = told.seconds.iter().map(|second| second.served).sum();
        prop_assert_eq!(by_second, told.served());
        if told.lost == 0 && scene.gap.is_none() {
            prop_assert!((told.worked_s - count(told.served())).abs() < 1e-6 * (1.0 + told.worked_s));
        }
        if let Some(target) = target {
            // Whoever is let in waits behind no more than fits the plan, or finds a core free.
            prop_assert!(told.times.len() == 0 || told.times.within([1.0])[0] <= (0.75 * target).max(1.0) + 1.0 + 1e-9);
        }
    }

    /// The share of the time that cores work is what comes in times what each takes.
    #[test]
    fn cores_are_used_as_much_as_is_asked(cores in 1_usize..9, load in 0.1_f64..0.8) {
        let seconds = 15_000.0 / (load * count(cores));
        let told = run(&scene(1, cores, load * count(cores), seconds));
        prop_assert!((told.worked_s / seconds / count(cores) / load - 1.0).abs() < 0.04);
    }
}
