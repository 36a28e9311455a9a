//! The order in which jobs are served: deficit round robin over tenants (Shreedhar and Varghese, "Efficient fair
//! queuing using deficit round robin", SIGCOMM 1995), weighted by what a job costs.
//!
//! Rules only: no thread, no clock. A tenant that has jobs waiting gets credit for one quantum a turn and is served
//! as far as its credit reaches. So whoever waits is served within one round, nobody waits while a worker could
//! work, and of two tenants that always have jobs waiting neither gets ahead of the other by more than a quantum and
//! the costliest job.

use std::collections::{BTreeMap, HashMap, VecDeque};

use countersign_domain::identifier::TenantId;

/// Jobs that wait, tenant by tenant.
pub(super) struct Fair<T> {
    quantum: u64,
    lanes: HashMap<TenantId, Lane<T>>,
    /// The tenants that have jobs waiting; it is the first one's turn.
    turns: VecDeque<TenantId>,
    waiting: usize,
    arrivals: u64,
}

/// One tenant's jobs, by the order of their places and then as they came.
struct Lane<T> {
    credit: u64,
    jobs: BTreeMap<(u64, u64), Costed<T>>,
}

struct Costed<T> {
    cost: u64,
    job: T,
}

impl<T> Fair<T> {
    /// Nobody waits. A quantum should be what a usual job costs: less only takes more turns, more is less fair.
    pub(super) fn new(quantum: u64) -> Self {
        Self {
            quantum: quantum.max(1),
            lanes: HashMap::new(),
            turns: VecDeque::new(),
            waiting: 0,
            arrivals: 0,
        }
    }

    /// Lets a job wait. Within its tenant it comes after every job of an earlier `place`, and before those of later
    /// ones: a use case that needs several hashes keeps the turn that it was promised when it was admitted.
    pub(super) fn push(&mut self, tenant: &TenantId, place: u64, cost: u64, job: T) {
        self.arrivals += 1;
        let (key, costed) = ((place, self.arrivals), Costed { cost: cost.max(1), job });
        self.waiting += 1;
        if let Some(lane) = self.lanes.get_mut(tenant) {
            lane.jobs.insert(key, costed);
            return;
        }
        self.turns.push_back(tenant.clone());
        let lane = Lane { credit: self.quantum, jobs: BTreeMap::from([(key, costed)]) };
        self.lanes.insert(tenant.clone(), lane);
    }

    /// The next job to be done, if any waits.
    pub(super) fn pop(&mut self) -> Option<T> {
        let mut passed = 0;
        loop {
            let tenant = self.turns.front()?;
            let lane = self.lanes.get_mut(tenant)?;
            let first = lane.jobs.first_entry()?;
            if first.get().cost > lane.credit {
                lane.credit = lane.credit.saturating_add(self.quantum);
                self.turns.rotate_left(1);
                passed += 1;
                if passed == self.turns.len() {
                    // All jobs cost more than a quantum. Whole rounds in which nobody is served are skipped at once.
                    self.skip_idle_rounds();
                    passed = 0;
                }
                continue;
            }
            let Costed { cost, job } = first.remove();
            lane.credit -= cost;
            self.waiting -= 1;
            if lane.jobs.is_empty() {
                // Credit is not kept for later: who did not wait has missed nothing.
                self.lanes.remove(tenant);
                self.turns.pop_front();
            }
            return Some(job);
        }
    }

    /// Jobs that wait.
    pub(super) const fn len(&self) -> usize {
        self.waiting
    }

    /// The jobs that wait, in no order.
    #[cfg(feature = "stepped")]
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.lanes.values().flat_map(|lane| lane.jobs.values().map(|one| &one.job))
    }

    /// Takes a job out, whoever's turn it is: one that `wanted` says yes to.
    #[cfg(feature = "stepped")]
    pub(super) fn take(&mut self, wanted: impl Fn(&T) -> bool) -> Option<T> {
        let lanes = self.lanes.iter();
        let mut all =
            lanes.flat_map(|(tenant, lane)| lane.jobs.iter().map(move |(key, one)| (tenant, key, one)));
        let (tenant, key) =
            all.find(|(_, _, one)| wanted(&one.job)).map(|(tenant, key, _)| (tenant.clone(), *key))?;
        let lane = self.lanes.get_mut(&tenant)?;
        let taken = lane.jobs.remove(&key)?;
        self.waiting -= 1;
        if lane.jobs.is_empty() {
            self.lanes.remove(&tenant);
            self.turns.retain(|other| *other != tenant);
        }
        Some(taken.job)
    }

    fn skip_idle_rounds(&mut self) {
        let missing = |lane: &Lane<T>| {
            let first = lane.jobs.first_key_value()?;
            Some(first.1.cost.saturating_sub(lane.credit).div_ceil(self.quantum))
        };
        let idle = self.lanes.values().filter_map(missing).min().unwrap_or(0).saturating_sub(1);
        let credit = idle.saturating_mul(self.quantum);
        for lane in self.lanes.values_mut() {
            lane.credit = lane.credit.saturating_add(credit);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const QUANTUM: u64 = 10;

    fn tenant(number: usize) -> TenantId {
        TenantId::parse(&format!("t{number}")).expect("a name")
    }

    /// A job in the properties: whose it is, and its number.
    type Named = (usize, u64, u64);

    fn filled(jobs: &[(usize, u64)]) -> Fair<Named> {
        let mut fair = Fair::new(QUANTUM);
        for (number, &(whose, cost)) in (0..).zip(jobs) {
            fair.push(&tenant(whose), number, cost, (whose, number, cost));
        }
        fair
    }

    #[test]
    fn tenants_take_turns_however_many_jobs_one_brings() {
        let mut fair = filled(&[(0, 10), (0, 10), (0, 10), (0, 10), (1, 10), (1, 10)]);
        let served: Vec<usize> = core::iter::from_fn(|| fair.pop()).map(|(whose, ..)| whose).collect();
        assert_eq!(served, [0, 1, 0, 1, 0, 0]);
        assert_eq!((fair.len(), fair.turns.len(), fair.lanes.len()), (0, 0, 0));
    }

    #[test]
    fn a_tenant_of_costly_jobs_has_fewer_of_them() {
        let jobs: Vec<_> = (0..12).map(|n| if n < 4 { (0, 30) } else { (1, 10) }).collect();
        let mut fair = filled(&jobs);
        let served: Vec<usize> = core::iter::from_fn(|| fair.pop()).map(|(whose, ..)| whose).collect();
        assert_eq!(served, [1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0]);
    }

    #[test]
    fn a_job_of_an_earlier_place_keeps_its_turn() {
        let mut fair = Fair::new(QUANTUM);
        fair.push(&tenant(0), 7, 10, "later");
        fair.push(&tenant(0), 3, 10, "the second job of an earlier place");
        assert_eq!(fair.pop(), Some("the second job of an earlier place"));
        assert_eq!(fair.pop(), Some("later"));
    }

    #[test]
    fn jobs_that_cost_many_quanta_take_no_time_to_find() {
        let mut fair = filled(&[(0, 1 << 50), (1, 1 << 40)]);
        assert_eq!(fair.pop().map(|(whose, ..)| whose), Some(1));
        assert_eq!(fair.pop().map(|(whose, ..)| whose), Some(0));
    }

    proptest! {
        #[test]
        fn serves_everything_once_and_each_tenant_in_order(jobs in prop::collection::vec((0_usize..5, 1_u64..60), 0..80)) {
            let mut fair = filled(&jobs);
            let mut served = Vec::new();
            for left in (0..jobs.len()).rev() {
                served.push(fair.pop().expect("work-conserving: while one waits, one is served"));
                prop_assert_eq!(fair.len(), left);
            }
            prop_assert!(fair.pop().is_none());
            for whose in 0..5 {
                let numbers: Vec<u64> = served.iter().filter(|job| job.0 == whose).map(|job| job.1).collect();
                let mut sorted = numbers.clone();
                sorted.sort_unstable();
                prop_assert_eq!(numbers, sorted);
            }
            served.sort_unstable_by_key(|job| job.1);
            let expected: Vec<Named> =
                (0..).zip(&jobs).map(|(number, &(whose, cost))| (whose, number, cost)).collect();
            prop_assert_eq!(served, expected);
        }

        #[test]
        fn shares_are_equal_within_a_quantum_and_a_job(costs in prop::collection::vec((1_u64..=QUANTUM, 1_u64..=QUANTUM, 1_u64..=QUANTUM), 40)) {
            let mut fair = Fair::new(QUANTUM);
            for (number, (a, b, c)) in (0..).zip(costs) {
                for (whose, cost) in [a, b, c].into_iter().enumerate() {
                    fair.push(&tenant(whose), number, cost, (whose, number, cost));
                }
            }
            let mut had = [0_u64; 3];
            // As long as all of them have jobs waiting.
            while fair.turns.len() == 3 {
                let (whose, _, cost) = fair.pop().expect("all wait");
                had[whose] += cost;
                let (most, least) = (had.iter().max(), had.iter().min());
                let apart = most.zip(least).map_or(0, |(most, least)| most - least);
                prop_assert!(apart <= 2 * QUANTUM, "{had:?}");
            }
        }

        #[test]
        fn whoever_comes_is_served_before_a_flood_gets_two_rounds_further(flood in 1_usize..200, own in 1_u64..=QUANTUM) {
            let mut fair = filled(&vec![(0, QUANTUM); flood]);
            let _ = fair.pop();
            fair.push(&tenant(1), 1000, own, (1, 1000, own));
            let ahead = core::iter::from_fn(|| fair.pop()).position(|(whose, ..)| whose == 1);
            prop_assert!(ahead.is_some_and(|ahead| ahead <= 2), "{ahead:?}");
        }
    }
}
