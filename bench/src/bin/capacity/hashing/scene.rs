//! What is simulated of hashing, and what is told of it.

use crate::due::{Times, whole};

/// A number of nodes, who comes, and what goes wrong.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    pub(crate) seed: u64,
    pub(crate) nodes: usize,
    /// Of each node; one hash at a time is computed on each.
    pub(crate) cores: usize,
    /// Of a core for one verify.
    pub(crate) hash_s: f64,
    pub(crate) service: Service,
    /// Within which a verify is to be served; three quarters of it are planned for. None: everybody is let in.
    pub(crate) target_s: Option<f64>,
    /// Of a core, to turn one away.
    pub(crate) refusal_s: f64,
    /// How many come in a second, from a time on, in the order of time; at the last of these times nobody comes any more.
    pub(crate) rates: Vec<(f64, f64)>,
    pub(crate) outages: Vec<Outage>,
    /// From when until when nothing can be written.
    pub(crate) gap: Option<(f64, f64)>,
    pub(crate) again: Again,
}

/// How long hashes take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Service {
    /// Each as long as the other: as it is.
    Even,
    /// Exponential: as some theory has it.
    #[cfg_attr(not(test), allow(dead_code, reason = "only theory asks for it, to try the simulation"))]
    Exponential,
}

/// A node is lost, and comes back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outage {
    pub(crate) node: usize,
    pub(crate) from: f64,
    /// Until then it is still sent requests, each of which fails.
    pub(crate) noticed: f64,
    pub(crate) until: f64,
}

/// What callers do who were not served: ask again after a while, so many times at most.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Again {
    pub(crate) times: u32,
    pub(crate) after_s: f64,
    /// Added to that: anything up to this, each as likely.
    pub(crate) spread_s: f64,
}

impl Again {
    /// They leave.
    pub(crate) const NEVER: Self = Self { times: 0, after_s: 0.0, spread_s: 0.0 };
}

/// What became of all.
#[derive(Clone, Default, Debug)]
pub(crate) struct Told {
    /// From the asking that was answered to the end of its hash.
    pub(crate) times: Times,
    /// From the first asking.
    pub(crate) times_in_all: Times,
    /// Those who came, without those who came again.
    pub(crate) came: usize,
    /// Askings that were answered: overloaded, nothing can be written; or not, as their node was lost.
    pub(crate) refused: usize,
    pub(crate) unavailable: usize,
    pub(crate) lost: usize,
    /// Those who asked as often as they wanted to, in vain.
    pub(crate) left: usize,
    /// Seconds of cores at work.
    pub(crate) worked_s: f64,
    /// Second by second.
    pub(crate) seconds: Vec<Second>,
}

/// What was answered in one second.
#[derive(Clone, Copy, Default, PartialEq, Debug)]
pub(crate) struct Second {
    pub(crate) served: usize,
    pub(crate) refused: usize,
    pub(crate) unavailable: usize,
}

impl Told {
    pub(crate) fn served(&self) -> usize {
        self.times.len()
    }

    pub(super) fn at(&mut self, at: f64) -> &mut Second {
        let place = whole(at);
        if self.seconds.len() <= place {
            self.seconds.resize(place + 1, Second::default());
        }
        &mut self.seconds[place]
    }
}
