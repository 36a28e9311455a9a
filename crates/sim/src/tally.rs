//! What happened how often, so that it can be seen what the histories reach.

use core::fmt;
use core::ops::AddAssign;

use crate::record::{Answer, Ask, Record};

/// Counts over one or many histories.
#[derive(Clone, Copy, Default, Debug)]
pub struct Tally {
    /// Requests.
    pub requests: u64,
    /// Durable commits.
    pub commits: u64,
    /// Comparisons.
    pub comparisons: u64,
    /// Requests refused because a gate was closed.
    pub locked: u64,
    /// Requests refused because of others.
    pub busy: u64,
    /// Right secrets and completed resets.
    pub refills: u64,
    /// Unlocks.
    pub unlocks: u64,
    /// Requests that were cut off by a crash.
    pub lost: u64,
    /// Deaths of the process.
    pub deaths: u64,
    /// Power losses.
    pub power_losses: u64,
    /// Operations that a disk failed.
    pub disk_faults: u64,
    /// Times the clock was set.
    pub clocks: u64,
}

impl Tally {
    /// Counts what a record tells.
    pub fn read(&mut self, record: &Record) {
        self.clocks += record.clock.len() as u64 - 1;
        for op in &record.ops {
            self.requests += 1;
            self.comparisons += op.comparisons.iter().filter(|c| c.made != u32::MAX).count() as u64;
            self.lost += u64::from(op.unknown());
            match op.answer() {
                Some(Answer::Locked(_)) => self.locked += 1,
                Some(Answer::Busy) => self.busy += 1,
                Some(Answer::Right | Answer::Written | Answer::Temporary(_)) => self.refills += 1,
                Some(Answer::Done) if op.ask == Ask::Unlock => self.unlocks += 1,
                _ => {}
            }
        }
    }

    fn words(&self) -> [(&'static str, u64); 12] {
        [
            ("requests", self.requests),
            ("commits", self.commits),
            ("comparisons", self.comparisons),
            ("refused as locked", self.locked),
            ("refused as busy", self.busy),
            ("refills", self.refills),
            ("unlocks", self.unlocks),
            ("requests cut off", self.lost),
            ("deaths of the process", self.deaths),
            ("power losses", self.power_losses),
            ("failed disk operations", self.disk_faults),
            ("times the clock was set", self.clocks),
        ]
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.requests += other.requests;
        self.commits += other.commits;
        self.comparisons += other.comparisons;
        self.locked += other.locked;
        self.busy += other.busy;
        self.refills += other.refills;
        self.unlocks += other.unlocks;
        self.lost += other.lost;
        self.deaths += other.deaths;
        self.power_losses += other.power_losses;
        self.disk_faults += other.disk_faults;
        self.clocks += other.clocks;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, count) in self.words() {
            writeln!(f, "  {count:>12}  {what}")?;
        }
        Ok(())
    }
}
