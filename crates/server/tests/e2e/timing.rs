//! Invariant E from outside: at the doors where the person is not yet proven, an unknown name, an unset secret and a
//! wrong secret cost the same and read the same.
//!
//! What can be counted is counted in every run: hashes, durable transactions, bytes. Time is measured only by
//! `cargo xtask timing`, on a machine that does nothing else, against the release build.

mod scenes;
mod welch;

use std::collections::BTreeMap;
use std::time::Instant;

use self::scenes::{Door, PER_NAME, Scene, Who};
use self::welch::{Apart, quantile};
use crate::server::Server;

/// What a request costs and how it reads.
#[derive(PartialEq, Eq, Debug)]
struct Cost {
    hashes: u64,
    transactions: u64,
    status: u16,
    headers: BTreeMap<String, String>,
    body: String,
}

impl Cost {
    /// Of one request. The server's own upkeep may add a transaction now and then, so it is the least of a few.
    fn of(server: &Server, scene: &Scene<'_>, who: Who) -> Self {
        let costs = (0..PER_NAME).map(|n| {
            let request = scene.request(who, n);
            let before = spent(server);
            let answer = scene.send(&request);
            let after = spent(server);
            let mut headers = answer.headers.clone();
            headers.retain(|name, _| !matches!(name.as_str(), "date" | "server-authorization"));
            Self {
                hashes: after[0] - before[0],
                transactions: after[1] - before[1],
                status: answer.status,
                headers,
                body: answer.text(),
            }
        });
        costs.min_by_key(|cost| cost.transactions).expect("some")
    }
}

/// Hashes, real and decoy, and durable transactions so far.
fn spent(server: &Server) -> [u64; 2] {
    let page = server.admin.send("GET", "/metrics", &[], b"").text();
    ["countersign_comparisons_total{", "countersign_store_transactions_total "].map(|name| {
        let lines = page.lines().filter(|line| line.starts_with(name));
        lines
            .map(|line| {
                line.rsplit(' ').next().and_then(|value| value.parse::<u64>().ok()).expect("a number")
            })
            .sum()
    })
}

#[test]
fn an_unknown_name_an_unset_secret_and_a_wrong_one_cost_the_same_and_read_the_same() {
    let server = Server::start();
    for door in Door::ALL {
        let scene = Scene::new(&server, door, 1);
        let [unknown, unset, wrong] = Who::ALIKE.map(|who| Cost::of(&server, &scene, who));
        assert_eq!(unknown, wrong, "{door:?}: unknown and wrong");
        assert_eq!(unset, wrong, "{door:?}: unset and wrong");
        let hashed = u64::from(matches!(door, Door::Sessions | Door::Spark));
        assert_eq!(wrong.hashes, hashed, "{door:?}");
        assert_eq!(Cost::of(&server, &scene, Who::Locked).hashes, 0, "{door:?}: a lock hashes nothing");
    }
}

#[test]
fn a_spray_that_is_slowed_answers_an_unset_secret_as_it_answers_a_wrong_one() {
    let slowed = [
        ("COUNTERSIGN_POLICY__SPRAY__SECRET_SLOW", "1"),
        ("COUNTERSIGN_POLICY__SPRAY__SECRET_REFUSE", "0"),
        ("COUNTERSIGN_POLICY__SPRAY__PACE_S", "10"),
    ];
    let server = Server::start_with(&slowed);
    let scene = Scene::new(&server, Door::Sessions, 1);
    let ask = |who| scene.send(&scene.request(who, 0)).status;
    // The spray is on, and one guess in ten seconds is let through.
    for who in [Who::Wrong, Who::Unknown, Who::Unset, Who::Wrong] {
        server.advance(11);
        assert_eq!([ask(who), ask(who)], [403, 429], "{who:?}");
    }
}

/// So that thousands of guesses from one place, with one secret, are not taken for what they look like.
const UNWATCHED: [(&str, &str); 4] = [
    ("COUNTERSIGN_POLICY__SPRAY__NETWORK_SLOW", "0"),
    ("COUNTERSIGN_POLICY__SPRAY__NETWORK_REFUSE", "100000"),
    ("COUNTERSIGN_POLICY__SPRAY__SECRET_SLOW", "0"),
    ("COUNTERSIGN_POLICY__SPRAY__SECRET_REFUSE", "100000"),
];

/// Requests at each door unless `COUNTERSIGN_TIMING_REQUESTS` says otherwise.
const REQUESTS: usize = 2000;

#[test]
#[ignore = "measures time: run `cargo xtask timing` on a machine that does nothing else"]
#[allow(clippy::print_stdout, reason = "a person reads the table")]
fn measured() {
    #[allow(clippy::disallowed_methods, reason = "a measurement is no setting of the server")]
    let requests = std::env::var("COUNTERSIGN_TIMING_REQUESTS");
    let requests: usize = requests.map_or(REQUESTS, |number| number.parse().expect("a number of requests"));
    let each = requests / Who::ALL.len();
    let server = Server::start_with(&UNWATCHED);
    println!(
        "\n{each} requests of each sort at each door, in random order, one at a time; median in microseconds"
    );
    println!(
        "{:10} {:>8} {:>8} {:>8} {:>8}   t of all times, t of cropped times",
        "", "unknown", "unset", "wrong", "locked"
    );
    let mut believed = Vec::new();
    for (seed, door) in (1..).zip(Door::ALL) {
        let scene = Scene::new(&server, door, each.div_ceil(PER_NAME));
        let mut times = measure(&scene, each, seed);
        let pairs =
            [(0, 1), (0, 2), (1, 2)].map(|(one, two)| (one, two, Apart::of(&times[one], &times[two])));
        for times in &mut times {
            times.sort_unstable_by(f64::total_cmp);
        }
        print!("{:10}", format!("{door:?}"));
        for times in &times {
            print!(" {:8.0}", quantile(times, 0.5));
        }
        for (one, two, apart) in pairs {
            let (one, two) = (Who::ALL[one].name(), Who::ALL[two].name());
            print!("   {one}/{two} {:+.1} {:+.1}", apart.whole, apart.cropped);
            if apart.is_believed() {
                believed.push(format!("{door:?}: {one} and {two} {apart:?}"));
            }
        }
        println!();
    }
    assert!(believed.is_empty(), "can be told apart by time: {believed:#?}");
}

/// Times in microseconds, of each sort.
fn measure(scene: &Scene<'_>, each: usize, seed: u64) -> [Vec<f64>; 4] {
    let mut order: Vec<(usize, usize)> = (0..4).flat_map(|who| (0..each).map(move |n| (who, n))).collect();
    shuffle(&mut order, seed);
    let mut times: [Vec<f64>; 4] = Default::default();
    let mut answers: [Option<u16>; 4] = [None; 4];
    for (who, n) in order {
        let request = scene.request(Who::ALL[who], n);
        #[allow(clippy::disallowed_methods, reason = "this is what is measured")]
        let begun = Instant::now();
        let answer = scene.send(&request);
        times[who].push(begun.elapsed().as_secs_f64() * 1e6);
        let status = *answers[who].get_or_insert(answer.status);
        assert_eq!(answer.status, status, "{:?} {:?}: {}", scene.door, Who::ALL[who], answer.text());
    }
    times
}

/// Fisher and Yates, by the generator `SplitMix64`.
fn shuffle<T>(items: &mut [T], seed: u64) {
    let mut state = seed;
    for n in (1..items.len()).rev() {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = state;
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let chosen = (word ^ (word >> 31)) % (n as u64 + 1);
        items.swap(n, usize::try_from(chosen).expect("below the length"));
    }
}

#[test]
fn a_shuffle_keeps_every_item_and_depends_on_the_seed_alone() {
    let shuffled = |seed| {
        let mut items: Vec<usize> = (0..100).collect();
        shuffle(&mut items, seed);
        items
    };
    let mut sorted = shuffled(1);
    sorted.sort_unstable();
    assert!(sorted.into_iter().eq(0..100));
    assert_eq!(shuffled(1), shuffled(1));
    assert_ne!(shuffled(1), shuffled(2));
}
