//! What is simulated of commits.

use crate::due::Times;

/// Callers who write, and the connections that write for them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scene {
    pub(crate) seed: u64,
    pub(crate) callers: Callers,
    /// Connections, each of which makes one transaction after the other.
    pub(crate) writers: usize,
    /// The most decisions in one transaction.
    pub(crate) batch: usize,
    /// Of a transaction, whatever is in it, and of each decision in it.
    pub(crate) transaction_s: f64,
    pub(crate) each_s: f64,
    /// Until a commit is durable, in the mean.
    pub(crate) commit_s: f64,
    pub(crate) commits: Commits,
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

/// What became of them.
#[derive(Clone, Default, Debug)]
pub(crate) struct Told {
    /// From a decision's arrival until it is durable.
    pub(crate) times: Times,
    /// Seconds until the last of them was.
    pub(crate) seconds: f64,
    pub(crate) transactions: usize,
}
