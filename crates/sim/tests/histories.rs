//! Histories as a test: the same seed is the same history, and the rules hold in a few hundred of them.
//!
//! All of it is one test on one thread, because SQLite's way to the simulated disks is for one thread alone.

use countersign_sim::history;
use countersign_sim::story::Told;
use countersign_sim::tally::{Count, Tally};
use countersign_sim::template::Template;

#[test]
fn a_few_hundred_histories_keep_the_rules_and_each_can_be_told_again() {
    let template = Template::make().expect("a database to begin with");
    let mut tally = Tally::default();
    for seed in 0..600 {
        let history = history::run(&template, seed, Told::Nothing);
        assert!(history.violations.is_empty(), "seed {seed}: {:?}", history.violations);
        tally += history.tally;
    }
    let reached = [
        Count::Comparisons,
        Count::Locked,
        Count::Refills,
        Count::Deaths,
        Count::PowerLosses,
        Count::DiskFaults,
        Count::Restores,
        Count::OnDevices,
        Count::Approved,
        Count::Unasked,
        Count::Consumed,
        Count::Void,
        Count::OnHold,
        Count::Released,
    ];
    for what in reached {
        assert!(tally.of(what) > 0, "no history reaches {what:?}");
    }
    for seed in 0..40 {
        let first = history::run(&template, seed, Told::Fingerprint).story.fingerprint();
        let again = history::run(&template, seed, Told::Lines);
        assert_eq!(first, again.story.fingerprint(), "seed {seed} tells two stories");
        assert!(again.story.lines().len() > 5, "seed {seed} tells next to nothing");
    }
    let stories: Vec<u64> =
        (0..10).map(|seed| history::run(&template, seed, Told::Fingerprint).story.fingerprint()).collect();
    let mut distinct = stories.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), stories.len(), "every seed tells a story of its own");
}
