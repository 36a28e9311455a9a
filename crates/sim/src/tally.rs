//! What happened how often, so that it can be seen what the histories reach.

use core::fmt;
use core::ops::AddAssign;

use countersign_domain::asking::Exemption;
use countersign_domain::event::What;
use countersign_domain::intent::{Factors, Grounds};

use crate::record::{Answer, Ask, Device, Record};
use crate::told::{Hook, Seen};

/// Something that is counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Count {
    /// Requests.
    Requests,
    /// Durable commits, and those that failed.
    Commits,
    /// Comparisons.
    Comparisons,
    /// Requests refused because a gate was closed.
    Locked,
    /// Requests refused because of others.
    Busy,
    /// Right secrets and completed changes and resets.
    Refills,
    /// Operators' unlocks.
    Unlocks,
    /// Requests of which nobody learned what became.
    Lost,
    /// Deaths of the process alone.
    Deaths,
    /// Power losses.
    PowerLosses,
    /// Operations that a disk failed.
    DiskFaults,
    /// Times the clock was set.
    ClockSettings,
    /// Answers that were kept for an idempotency key and read again.
    Again,
    /// Backups that came back.
    Restores,
    /// Answers that made a device known, or say that it still is.
    Devices,
    /// Guesses that came with a token.
    OnDevices,
    /// Approvals by the secret.
    Approved,
    /// Approvals in a window.
    Unasked,
    /// Approvals of small amounts.
    Small,
    /// Approvals by the secret and a code.
    ByTwo,
    /// Intents that were consumed.
    Consumed,
    /// Intents that became void.
    Void,
    /// Requests about payments that were refused because of a hold.
    OnHold,
    /// Holds that two apps ended.
    Released,
    /// Events that readers were told, and that were told before.
    Told,
    /// Messages that came to a webhook's endpoint.
    Messages,
    /// Times that a webhook's owner asked for a replay, or to be told nothing, or again.
    Owners,
}

/// What each count is called.
const NAMES: [&str; 27] = [
    "requests",
    "commits",
    "comparisons",
    "refused as locked",
    "refused as busy",
    "refills",
    "unlocks",
    "requests cut off",
    "deaths of the process",
    "power losses",
    "failed disk operations",
    "times the clock was set",
    "kept answers read again",
    "restores of a backup",
    "answers with a device token",
    "requests with a device token",
    "approvals by the secret",
    "approvals in a window",
    "approvals of small amounts",
    "approvals by secret and code",
    "intents consumed",
    "intents that became void",
    "refused because of a hold",
    "holds ended by two apps",
    "events told, some again",
    "messages to a webhook",
    "wishes of its owner",
];

/// Counts over one or many histories.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Tally([u64; NAMES.len()]);

impl Tally {
    /// Counts so many more.
    pub const fn add(&mut self, what: Count, times: u64) {
        self.0[what as usize] += times;
    }

    /// How many were counted.
    #[must_use]
    pub const fn of(&self, what: Count) -> u64 {
        self.0[what as usize]
    }

    /// Counts what a record tells.
    pub(crate) fn read(&mut self, record: &Record) {
        self.add(Count::ClockSettings, record.clock.len() as u64 - 1);
        self.read_feed(record);
        self.add(Count::Requests, record.ops.len() as u64);
        for op in &record.ops {
            let made = op.comparisons.iter().filter(|comparison| comparison.made != u32::MAX);
            self.add(Count::Comparisons, made.count() as u64);
            self.add(Count::Lost, u64::from(op.unknown()));
            self.add(Count::Devices, u64::from(op.issued.is_some()));
            self.add(Count::OnDevices, u64::from(matches!(op.device, Device::Token(_))));
            self.add(Count::Again, u64::from(op.again && op.answer() != Some(Answer::Busy)));
            match op.answer() {
                Some(Answer::Locked(_)) => self.add(Count::Locked, 1),
                Some(Answer::Busy) => self.add(Count::Busy, 1),
                Some(Answer::Right | Answer::Written | Answer::Temporary(_)) => self.add(Count::Refills, 1),
                Some(Answer::OnHold) => self.add(Count::OnHold, 1),
                Some(Answer::Done) if op.ask == Ask::Unlock => self.add(Count::Unlocks, 1),
                _ => {}
            }
        }
    }

    /// Counts what the feed told.
    fn read_feed(&mut self, record: &Record) {
        self.add(
            Count::Told,
            record.seen.iter().filter(|seen| matches!(seen, Seen::Event(..))).count() as u64,
        );
        for hook in &record.hooks {
            match hook {
                Hook::Message { .. } => self.add(Count::Messages, 1),
                Hook::Asked(_) => self.add(Count::Owners, 1),
                _ => {}
            }
        }
        for fed in &record.fed {
            match fed.what {
                What::IntentApproved { grounds: Grounds::Factors(Factors::SecretAndCode), .. } => {
                    self.add(Count::ByTwo, 1);
                }
                What::IntentApproved {
                    grounds: Grounds::Exempt { why: Exemption::SmallAmount, .. }, ..
                } => {
                    self.add(Count::Small, 1);
                }
                What::IntentApproved { grounds: Grounds::Factors(_), .. } => self.add(Count::Approved, 1),
                What::IntentApproved { .. } => self.add(Count::Unasked, 1),
                What::IntentConsumed { .. } => self.add(Count::Consumed, 1),
                What::IntentVoided { .. } => self.add(Count::Void, 1),
                What::HoldReleased { .. } => self.add(Count::Released, 1),
                _ => {}
            }
        }
    }

    /// All counts in one line, for [`Self::parse`].
    #[must_use]
    pub fn line(&self) -> String {
        self.0.map(|count| count.to_string()).join(" ")
    }

    /// Reads [`Self::line`].
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        let counts: Result<Vec<u64>, _> = line.split(' ').map(str::parse).collect();
        counts.ok()?.try_into().ok().map(Self)
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        for (count, more) in self.0.iter_mut().zip(other.0) {
            *count += more;
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        NAMES.iter().zip(self.0).try_for_each(|(name, count)| writeln!(f, "{count:>14}  {name}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_counts_is_read_back() {
        let mut tally = Tally::default();
        tally.add(Count::Deaths, 3);
        tally.add(Count::ClockSettings, 7);
        assert_eq!(Tally::parse(&tally.line()), Some(tally));
        assert_eq!(Tally::parse("1 2 3"), None);
    }
}
