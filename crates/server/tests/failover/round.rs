//! One failover under load, and when what was seen.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::caller::{Heard, Held, holds};
use crate::clock::{now, pause, until};
use crate::cluster::{self, Cluster};
use crate::load::Load;

/// Load before the fault, after service is back, and after all is well again.
const AROUND: Duration = Duration::from_secs(4);

/// What becomes of the leading database.
#[derive(Clone, Copy)]
pub(crate) enum Fault {
    /// Every process of it is killed at once.
    Kill,
    /// Its machine loses the network and runs on.
    Cut,
}

impl Fault {
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Kill => "killed with -9",
            Self::Cut => "cut off, running",
        }
    }
}

/// A round's figures.
pub(crate) struct Round {
    pub(crate) fault: Fault,
    pub(crate) old: &'static str,
    pub(crate) new: &'static str,
    /// From the fault until another database held the lease and took writes.
    pub(crate) led: Duration,
    /// How long nothing was acknowledged.
    pub(crate) gap: Duration,
    /// From the new leader to the first acknowledged change.
    pub(crate) recovery: Duration,
    /// Acknowledged changes in the whole round.
    pub(crate) effects: usize,
    /// How often each status came; 0 stands for no answer.
    pub(crate) statuses: BTreeMap<u16, u64>,
}

/// When something happened.
struct Seen {
    old: &'static str,
    new: &'static str,
    struck: Instant,
    led: Instant,
}

impl Round {
    pub(crate) fn play(cluster: &Cluster, load: &mut Load<'_>, fault: Fault) -> Self {
        let heard = Heard::default();
        let seen = load.run(&heard, || strike(cluster, &heard, fault));
        let effects = heard.effects.into_inner().expect("not poisoned");
        let statuses = heard.statuses.into_inner().expect("not poisoned");
        Self::of(fault, &seen, effects, statuses)
    }

    fn of(fault: Fault, seen: &Seen, mut effects: Vec<Instant>, statuses: BTreeMap<u16, u64>) -> Self {
        effects.sort_unstable();
        let silence = |pair: &&[Instant]| pair[1] - pair[0];
        let (last, first) = effects
            .windows(2)
            .filter(|pair| pair[1] > seen.struck)
            .max_by_key(silence)
            .map(|pair| (pair[0], pair[1]))
            .expect("changes were acknowledged before and after");
        Self {
            fault,
            old: seen.old,
            new: seen.new,
            led: seen.led - seen.struck,
            gap: first - last,
            recovery: first.saturating_duration_since(seen.led),
            effects: effects.len(),
            statuses,
        }
    }

    /// Service was back soon after the new leader.
    pub(crate) fn check(&self, within: Duration) -> Held {
        holds(self.recovery <= within, || format!("served again {:?} after the new leader", self.recovery))
    }

    pub(crate) fn line(&self) -> String {
        let Self { old, new, led, gap, recovery, effects, .. } = self;
        format!(
            "{old} {}, {new} led after {:.1} s, served {:.1} s later, gap {:.1} s, {effects} acknowledged, {}",
            self.fault.words(),
            led.as_secs_f64(),
            recovery.as_secs_f64(),
            gap.as_secs_f64(),
            self.answers()
        )
    }

    /// Every status that came, and how often.
    pub(crate) fn answers(&self) -> String {
        let one = |(status, times): (&u16, &u64)| {
            if *status == 0 { format!("{times} without answer") } else { format!("{times} × {status}") }
        };
        self.statuses.iter().map(one).collect::<Vec<_>>().join(", ")
    }
}

fn strike(cluster: &Cluster, heard: &Heard, fault: Fault) -> Seen {
    cluster.settle();
    pause(AROUND);
    let old = cluster.leader("").expect("one leads");
    let word = match fault {
        Fault::Kill => "kill",
        Fault::Cut => "cut",
    };
    let struck = now();
    cluster::run(&[word, old]);
    let (new, led) = cluster.next_leader(old);
    until(Duration::from_secs(60), "an acknowledged change after the new leader", || {
        let last = heard.effects.lock().expect("not poisoned").last().copied();
        last.filter(|at| *at > led)
    });
    pause(AROUND);
    if matches!(fault, Fault::Cut) {
        cluster::run(&["heal", old]);
    }
    // The old leader comes back under load: what it still believes must not count.
    cluster.settle();
    pause(AROUND);
    Seen { old, new, struck, led }
}
