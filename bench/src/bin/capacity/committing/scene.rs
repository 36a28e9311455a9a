//! What is simulated of commits.

use crate::due::Times;

/// Callers who write, and the connections that write for them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scene {
    pub(crate) seed: u64,
    pub(crate) callers: Callers,
    /// Connections, each of which makes one transaction after the other. An account's decisions are always made by the same.
    pub(crate) writers: usize,
    /// The most decisions in one transaction.
    pub(crate) batch: usize,
    /// Of a transaction, whatever is in it, and of each decision in it.
    pub(crate) transaction_s: f64,
    pub(crate) each_s: f64,
    /// Until a commit is durable, in the mean.
    pub(crate) commit_s: f64,
    pub(crate) commits: Commits,
    pub(crate) company: Company,
    /// How many decisions are watched.
    pub(crate) decisions: usize,
}

/// Who writes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Callers {
    /// So many, each with its next as soon as its last is durable.
    Busy(usize),
    /// So many decisions a second, independently of each other.
    Independent(f64),
}

/// How long commits take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Commits {
    /// Each as long: as some theory has it.
    #[cfg_attr(not(test), allow(dead_code, reason = "only theory asks for it, to try the simulation"))]
    Even,
    /// Half of the mean always, the other half exponentially: most are quick, some are not.
    Uneven,
    /// Exponential: as other theory has it.
    #[cfg_attr(not(test), allow(dead_code, reason = "only theory asks for it, to try the simulation"))]
    Exponential,
}

/// How a transaction waits for company before it begins, as the server's does.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Company {
    /// For so many at work it waits the longest, and for fewer a part of that.
    pub(crate) enough: f64,
    pub(crate) longest_s: f64,
    /// It does not wait for fewer than these.
    pub(crate) siblings: f64,
    /// Those who are going to write, in the mean.
    pub(crate) at_work: f64,
}

impl Company {
    /// It does not wait.
    pub(crate) const NONE: Self = Self { enough: 64.0, longest_s: 0.0, siblings: 5.0, at_work: 0.0 };

    /// As the server waits unless told otherwise, with so many at work.
    pub(crate) const fn usual(at_work: f64) -> Self {
        Self { longest_s: 0.01, at_work, ..Self::NONE }
    }
}

/// What became of them.
#[derive(Clone, Default, Debug)]
pub(crate) struct Told {
    /// From a decision's arrival until it is durable.
    pub(crate) times: Times,
    /// Seconds until the last of them was.
    pub(crate) seconds: f64,
    pub(crate) transactions: usize,
}
