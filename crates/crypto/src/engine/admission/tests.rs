use proptest::prelude::*;

use super::*;
use crate::engine::fair::Fair;

const MS: Duration = Duration::from_millis(1);
const UNIT: u64 = 1000;

fn tenant(name: &str) -> TenantId {
    TenantId::parse(name).expect("a name")
}

fn need(name: &str, hashes: u32) -> Need {
    Need { tenant: tenant(name), hashes, within: None }
}

/// A hash takes ten milliseconds.
fn pace() -> Pace {
    Pace::default().after(UNIT, 10 * MS)
}

fn book(workers: usize, capacity: usize, target: Option<Duration>) -> Book {
    Book::new(Rules { workers, capacity, target, unit: UNIT })
}

/// How many use cases of one hash are let in, one after the other.
fn let_in(book: &mut Book, name: &str) -> usize {
    (0..10_000).take_while(|_| book.admit(&need(name, 1), pace()).is_ok()).count()
}

#[test]
fn as_many_are_let_in_as_the_target_allows() {
    // Three quarters of the target, for each worker; and the one that is then being served.
    for (workers, target, expected) in [(1, 200, 15), (2, 200, 29), (4, 200, 57), (2, 1000, 149)] {
        let mut book = book(workers, 1000, Some(target * MS));
        assert_eq!(let_in(&mut book, "a"), expected, "{workers} workers, {target} ms");
        let refused = book.admit(&need("a", 1), pace()).expect_err("no more");
        assert_eq!((refused.reason, refused.retry_after), (Reason::Target, Span::from_secs(1)));
    }
}

#[test]
fn from_the_least_target_on_one_may_wait_for_another() {
    let least = least_target(10 * MS);
    for workers in [1, 2] {
        let let_in = |target| let_in(&mut book(workers, 10, Some(target)), "a");
        let less = least.saturating_sub(MS);
        assert_eq!((let_in(least), let_in(less)), (workers + 1, workers), "{least:?}");
    }
}

#[test]
fn the_bound_on_places_holds_whatever_the_estimate_says() {
    let mut book = book(2, 7, None);
    assert_eq!(let_in(&mut book, "a"), 7);
    let refused = book.admit(&need("a", 1), Pace::default()).expect_err("full");
    assert_eq!(refused.reason, Reason::Full);
    book.leave(&tenant("a"), 1);
    assert_eq!(let_in(&mut book, "a"), 1);
}

#[test]
fn a_flood_cannot_shut_the_door_to_others() {
    let mut book = book(2, 16, None);
    assert_eq!(let_in(&mut book, "flood"), 16);
    assert_eq!(let_in(&mut book, "b"), 2);
    assert_eq!(let_in(&mut book, "c"), 0, "every bound ends somewhere");
    book.leave(&tenant("b"), 1);
    assert_eq!((let_in(&mut book, "flood"), let_in(&mut book, "c")), (0, 1));
}

#[test]
fn a_use_case_that_cannot_be_served_before_its_deadline_is_turned_away() {
    let mut book = book(1, 1000, Some(1000 * MS));
    assert_eq!((0..20).filter(|_| book.admit(&need("a", 1), pace()).is_ok()).count(), 20);
    let within = |millis| Need { within: Some(Span::from_millis(millis)), ..need("a", 1) };
    assert_eq!(book.admit(&within(209), pace()).map_err(|refused| refused.reason), Err(Reason::Deadline));
    assert!(book.admit(&within(210), pace()).is_ok());
    let late = Need { within: Some(Span::ZERO), ..need("b", 1) };
    assert_eq!(
        Book::new(book.rules).admit(&late, pace()).map_err(|refused| refused.reason),
        Err(Reason::Deadline)
    );
}

#[test]
fn several_hashes_are_let_in_as_readily_as_one() {
    let mut book = book(2, 1000, Some(1000 * MS));
    assert!(let_in(&mut book, "a") > 0);
    let refused = |book: &mut Book, hashes| book.admit(&need("a", hashes), pace()).is_err();
    assert!(refused(&mut book, 1) && refused(&mut book, 3));
    // Whatever gap lets one of one hash in would let one of three in too.
    while refused(&mut book, 3) {
        assert!(refused(&mut book, 1), "a gap that only one hash fits");
        book.correct(&tenant("a"), 1, 0);
    }
    // Its deadline counts to its last hash.
    let within = |hashes| Need { within: Some(Span::from_millis(760)), ..need("b", hashes) };
    assert!(book.judge(&within(1), pace()).is_ok());
    assert!(book.judge(&Need { within: Some(Span::from_millis(40)), ..need("b", 3) }, pace()).is_err());
}

#[test]
fn while_a_worker_is_free_no_estimate_turns_anybody_away() {
    let stopped = pace().after(UNIT, Duration::from_secs(3600)).after(UNIT, Duration::from_secs(3600));
    let mut book = book(2, 10, Some(MS));
    assert!(book.admit(&need("a", 3), stopped).is_ok() && book.admit(&need("a", 3), stopped).is_ok());
    assert!(book.admit(&need("a", 3), stopped).is_err());
    book.leave(&tenant("a"), 3);
    assert!(book.admit(&need("a", 3), stopped).is_ok());
}

#[test]
fn before_the_first_hash_only_the_bound_decides() {
    let mut book = book(1, 9, Some(MS));
    assert_eq!((0..20).filter(|_| book.admit(&need("a", 1), Pace::default()).is_ok()).count(), 9);
}

#[test]
fn a_costly_hash_weighs_as_much_as_it_costs() {
    let mut book = book(1, 1000, Some(400 * MS));
    for _ in 0..2 {
        book.admit(&need("a", 1), pace()).expect("let in");
    }
    // One of them turns out to be compared with a string of thirty times the cost.
    book.correct(&tenant("a"), UNIT, 30 * UNIT);
    assert!(book.admit(&need("a", 1), pace()).is_err());
    book.correct(&tenant("a"), 30 * UNIT, 0);
    assert!(book.admit(&need("a", 1), pace()).is_ok());
}

#[test]
fn what_is_given_back_leaves_nothing_behind() {
    let mut book = book(2, 10, Some(1000 * MS));
    for name in ["a", "b", "b"] {
        book.admit(&need(name, 2), pace()).expect("let in");
    }
    assert_eq!((book.taken(), book.spare()), (3, 0));
    for name in ["b", "a", "b"] {
        book.correct(&tenant(name), UNIT, UNIT);
        book.correct(&tenant(name), UNIT, 0);
        book.leave(&tenant(name), 1);
    }
    assert_eq!((book.taken(), book.spare(), book.tenants.len()), (0, 2, 0));
}

#[test]
fn it_is_told_to_come_back_when_there_may_be_room() {
    let mut book = book(1, 10_000, None);
    assert_eq!(let_in(&mut book, "a"), 10_000);
    let refused = book.admit(&need("a", 1), pace()).expect_err("full");
    assert!((Span::from_secs(45)..=Span::from_secs(60)).contains(&refused.retry_after));
}

/// A pool whose hashes take exactly ten milliseconds each, in virtual time: book and order together.
struct Played {
    book: Book,
    fair: Fair<(String, u64)>,
    /// When each worker is free, in hashes.
    free: Vec<u64>,
    /// Tenant, when it was let in, when it was served.
    served: Vec<(String, u64, u64)>,
    refused: Vec<String>,
}

impl Played {
    fn new(workers: usize, target: Duration) -> Self {
        let book = book(workers, 100_000, Some(target));
        Self { book, fair: Fair::new(UNIT), free: vec![0; workers], served: Vec::new(), refused: Vec::new() }
    }

    fn ask(&mut self, name: &str, now: u64) {
        match self.book.admit(&need(name, 1), pace()) {
            Ok(number) => self.fair.push(&tenant(name), number, UNIT, (name.to_owned(), now)),
            Err(_) => self.refused.push(name.to_owned()),
        }
    }

    /// Each free worker takes a job, and has done it by the next tick.
    fn tick(&mut self, now: u64) {
        for worker in 0..self.free.len() {
            if self.free[worker] <= now
                && let Some((name, came)) = self.fair.pop()
            {
                self.free[worker] = now + 1;
                self.served.push((name.clone(), came, now + 1));
                self.book.correct(&tenant(&name), UNIT, 0);
                self.book.leave(&tenant(&name), 0);
            }
        }
    }
}

#[test]
fn beside_a_flood_another_tenant_is_let_in_and_served_within_the_target() {
    let mut played = Played::new(2, 1000 * MS);
    for now in 0..2000 {
        for _ in 0..20 {
            played.ask("flood", now);
        }
        if now % 2 == 0 {
            played.ask("other", now);
        }
        played.tick(now);
    }
    assert!(played.refused.iter().all(|name| name == "flood"));
    let waits = |name: &str| {
        let own = played.served.iter().filter(|served| served.0 == name);
        own.map(|(_, came, done)| done - came).collect::<Vec<u64>>()
    };
    let (other, flood) = (waits("other"), waits("flood"));
    assert_eq!(other.len(), 1000);
    assert!(other.iter().all(|wait| *wait <= 4), "{:?}", other.iter().max());
    // What the other leaves is the flood's: no worker is ever idle.
    assert_eq!(other.len() + flood.len(), 4000);
    assert!(flood.iter().all(|wait| *wait <= 100), "{:?}", flood.iter().max());
}

#[test]
fn two_floods_share_the_workers_equally() {
    let mut played = Played::new(2, 1000 * MS);
    for now in 0..2000 {
        for _ in 0..5 {
            played.ask("a", now);
            played.ask("b", now);
            played.ask("b", now);
        }
        played.tick(now);
    }
    let share = |name: &str| played.served.iter().filter(|served| served.0 == name).count();
    assert_eq!(share("a") + share("b"), 4000);
    assert!(share("a").abs_diff(share("b")) <= 2, "{} {}", share("a"), share("b"));
    // Whoever had been let in when a second flood began waits for twice as long as was planned, no longer.
    for (name, came, done) in &played.served {
        let most = if *came < 100 { 150 } else { 100 };
        assert!(done - came <= most, "{name} {came} {done}");
    }
}

proptest! {
    /// One tenant, any number of workers, any load: whoever is let in is served within the target.
    #[test]
    fn whoever_is_let_in_is_served_within_the_target(
        workers in 1_usize..5,
        hashes in 4_u32..60,
        load in prop::collection::vec(0_usize..30, 1..80),
    ) {
        let mut played = Played::new(workers, hashes * 10 * MS);
        for (now, asked) in (0..).zip(&load) {
            for _ in 0..*asked {
                played.ask("a", now);
            }
            played.tick(now);
        }
        let asked: usize = load.iter().sum();
        let mut now = u64::try_from(load.len()).expect("few");
        while played.fair.len() > 0 {
            played.tick(now);
            now += 1;
        }
        prop_assert_eq!(played.served.len() + played.refused.len(), asked);
        for (_, came, done) in &played.served {
            prop_assert!(done - came <= u64::from(hashes), "{} {}", came, done);
        }
        prop_assert_eq!((played.book.taken(), played.book.tenants.len()), (0, 0));
    }
}
