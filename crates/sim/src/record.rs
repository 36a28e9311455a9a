//! What happened in a history, as the checker is told it. Secrets are numbers here; 0 stands for none.

use countersign_domain::ask::AskFrequency;
use countersign_domain::id::{EventId, IntentId};
use countersign_domain::intent::Stage;
use countersign_domain::secret::Kind;

use crate::told::{Fed, Hook, Made, Seen};

/// A secret that nobody knows, because the answer that showed it was lost.
pub const UNKNOWN: u32 = u32::MAX;

/// What a client asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ask {
    /// Is this the secret?
    Verify(u32),
    /// Open a session with this login secret.
    Login(u32),
    /// Replace this secret by that.
    Change(u32, u32),
    /// As `Change`, or set the first one.
    SetOrChange(Option<u32>, u32),
    /// Set the first secret.
    Set(u32),
    /// Set the first payment secret by this query secret.
    ByQuery(u32, u32),
    /// Reset to this secret by the code that came last, or by a wrong one.
    Reset(u32, bool),
    /// Reset to a temporary secret.
    Temporary,
    /// Send a code.
    Code,
    /// An operator's unlock.
    Unlock,
    /// Open a session under a name that nobody has.
    Stranger(u32),
    /// Have so much approved, in the smallest units.
    Create(u32),
    /// Approve this intent, by this secret or without one, for that app.
    Approve(u32, Option<u32>, u8),
    /// Send a code for this intent.
    IntentCode(u32),
    /// Approve this intent by this secret and the code that came last, or a wrong one.
    ApproveByTwo(u32, u32, bool),
    /// Consume this intent, by its own digest or by another one.
    Consume(u32, bool),
    /// Take this intent back.
    Cancel(u32),
    /// Choose how often to be asked.
    Choose(AskFrequency),
    /// Propose to end the holds, or agree to it, as that app.
    Release(u8),
}

/// What a request says of its device. Tokens are numbers here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Device {
    /// Nothing.
    Nothing,
    /// That it wants to be known.
    New,
    /// A token that was issued for another account: it wants to be known.
    Others(u32),
    /// The token that it was given.
    Token(u32),
}

/// What the server answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// The presented secret is right.
    Right,
    /// The new secret is in place.
    Written,
    /// A temporary secret is in place, this one.
    Temporary(u32),
    /// Done, whatever it was.
    Done,
    /// The intent is created, and has this number from now on.
    Created(u32),
    /// The intent is approved.
    Approved,
    /// The intent is consumed now.
    Consumed,
    /// The intent is taken back.
    Cancelled,
    /// The end of the holds is proposed.
    Proposed,
    /// The holds are over.
    Released,
    /// The intent was consumed before.
    ConsumedBefore,
    /// The intent is void.
    Void,
    /// The intent's time is over.
    Expired,
    /// Payments are on hold.
    OnHold,
    /// The secret must be presented.
    SecretRequired,
    /// The presented secret is wrong.
    Wrong,
    /// There is none.
    NotSet,
    /// There is one already.
    AlreadySet,
    /// The guess is not taken before then; without an instant, time alone does not help.
    Locked(Option<i64>),
    /// Not now: others are in the way.
    Busy,
    /// Not before then: too many codes.
    Limited(i64),
    /// The presented secret was right, but the new one is the login secret.
    SameAsLogin,
    /// Refused for another reason; nothing was presented that could be compared.
    Refused,
}

/// How a request ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// It has not.
    Open,
    /// With an answer.
    Answered(Answer),
    /// The server died first.
    Lost,
    /// With a fault of the server's.
    Fault,
}

/// One write of a request that was put into a commit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Write {
    /// The step in which it was committed.
    pub step: u32,
    /// Its place in that commit.
    pub place: u32,
    /// The server's clock then, in milliseconds.
    pub clock: i64,
    /// Whether the commit went well. If not, it may have taken effect or not.
    pub durable: bool,
}

/// One comparison that the hash engine made for a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Comparison {
    /// Which secret it was compared with.
    pub kind: Kind,
    /// How many writes the request had made before.
    pub after_writes: usize,
    /// The step in which it was asked for.
    pub asked: u32,
    /// The server's clock then.
    pub asked_clock: i64,
    /// The step in which it was made.
    pub made: u32,
    /// Whether it was right.
    pub right: bool,
}

/// One request, from its beginning to its end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Op {
    /// Whose secret it is about.
    pub account: usize,
    /// Which.
    pub kind: Kind,
    /// What is asked.
    pub ask: Ask,
    /// The code that it presents, by its place among all that were sent.
    pub code: Option<usize>,
    /// What it says of the device that it comes from.
    pub device: Device,
    /// The token that it was answered with, which makes its device known.
    pub issued: Option<u32>,
    /// Its idempotency key, if it has one.
    pub key: Option<u32>,
    /// Whether its answer is that of an earlier request with the same key.
    pub again: bool,
    /// The step in which it was begun.
    pub begun: u32,
    /// The step in which it ended.
    pub ended: u32,
    /// How.
    pub end: End,
    /// What it wrote.
    pub writes: Vec<Write>,
    /// What was compared for it.
    pub comparisons: Vec<Comparison>,
}

impl Op {
    /// A request that has just begun.
    #[must_use]
    pub const fn begun(account: usize, kind: Kind, ask: Ask, step: u32) -> Self {
        Self {
            account,
            kind,
            ask,
            code: None,
            device: Device::Nothing,
            issued: None,
            key: None,
            again: false,
            begun: step,
            ended: u32::MAX,
            end: End::Open,
            writes: Vec::new(),
            comparisons: Vec::new(),
        }
    }

    /// The answer, if there was one.
    #[must_use]
    pub const fn answer(&self) -> Option<Answer> {
        match self.end {
            End::Answered(answer) => Some(answer),
            End::Open | End::Lost | End::Fault => None,
        }
    }

    /// Whether it is not known what became of it.
    #[must_use]
    pub const fn unknown(&self) -> bool {
        matches!(self.end, End::Lost | End::Fault)
    }
}

/// What the audit trail says that a request did to a secret.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Told {
    /// The request.
    pub op: usize,
    /// The account whose trail says so.
    pub account: usize,
    /// The kind of secret that has a new value.
    pub kind: Kind,
}

/// A backup that came back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Restore {
    /// The step in which it did; no request outlives it.
    pub step: u32,
    /// The step in which it had been taken, with everything that was durable before.
    pub taken: u32,
    /// Whether the database that it replaced was there to be asked.
    pub known: bool,
}

/// Everything that the checker needs.
#[derive(Clone, Default)]
pub struct Record {
    /// Every request, in the order in which they began.
    pub ops: Vec<Op>,
    /// The server's clock from each step on at which it was set, in milliseconds.
    pub clock: Vec<(u32, i64)>,
    /// Every restore, in order.
    pub restores: Vec<Restore>,
    /// Whether a disk failed.
    pub disturbed: bool,
    /// What the trail tells of new secrets, read at the end.
    pub told: Vec<Told>,
    /// Requests that the trail says presented the right secret of that kind.
    pub verified: Vec<(usize, Kind)>,
    /// Requests that the trail says presented it in vain.
    pub kept: Vec<(usize, Kind)>,
    /// Secrets of which the trail says that a known device used up all its guesses at them.
    pub spent: Vec<(usize, Kind)>,
    /// The intents that were acknowledged, by number.
    pub intents: Vec<Made>,
    /// The codes that were sent for intents: their places among all that were sent, and the requests that they were sent for.
    pub codes: Vec<(usize, usize)>,
    /// What the feed told, once each, in the order in which it did.
    pub fed: Vec<Fed>,
    /// Everything that a reader of the feed was given, in order.
    pub seen: Vec<Seen>,
    /// What happened about the webhook, in order.
    pub hooks: Vec<Hook>,
    /// What the trail holds at the end.
    pub trail: Vec<(usize, EventId)>,
    /// How the intents stand at the end.
    pub stages: Vec<(IntentId, Stage)>,
}

impl Record {
    /// Every request with this one's idempotency key, itself among them, by number; none if it has no key.
    pub fn under_key_of<'a>(&'a self, op: &'a Op) -> impl Iterator<Item = (usize, &'a Op)> {
        self.ops.iter().enumerate().filter(|(_, other)| op.key.is_some() && other.key == op.key)
    }

    /// How many restores there were before that step.
    #[must_use]
    pub fn epoch(&self, step: u32) -> usize {
        self.restores.iter().filter(|restore| restore.step < step).count()
    }

    /// The least and the greatest that the clock showed from one step to another, both included.
    #[must_use]
    pub fn clock_between(&self, from: u32, to: u32) -> (i64, i64) {
        let (mut least, mut most, mut at_from) = (i64::MAX, i64::MIN, 0);
        for &(step, clock) in &self.clock {
            if step <= from {
                at_from = clock;
            } else if step <= to {
                (least, most) = (least.min(clock), most.max(clock));
            }
        }
        (least.min(at_from), most.max(at_from))
    }

    /// The longest time that the clock showed to go by from one step to another: a clock that is set back and forward
    /// again shows that time twice, and whatever waits by it has waited.
    #[must_use]
    pub fn waited(&self, from: u32, to: u32) -> i64 {
        let begun = self.clock.iter().rev().find(|&&(step, _)| step <= from);
        let later = self.clock.iter().filter(|&&(step, _)| step > from && step <= to);
        let (mut least, mut waited) = (begun.map_or(i64::MAX, |&(_, clock)| clock), 0);
        for &(_, clock) in later {
            least = least.min(clock);
            waited = waited.max(clock - least);
        }
        waited
    }
}
