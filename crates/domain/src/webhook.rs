//! Webhooks: who is told of events, when what failed is tried again, and when an endpoint is given up.
//!
//! An endpoint's progress is a place in the feed: everything before it was delivered, or waits as a [`Delivery`] of its own to
//! be tried again. So one that fails holds up no other, and what is delivered costs no row.

pub mod asked;
mod attempt;
pub mod guard;

pub use attempt::{Answered, Attempt, Delivery, Next, RETRIES};

use crate::feed::FeedPlace;
use crate::id::WebhookId;
use crate::identifier::TenantId;
use crate::secret::Sealed;
use crate::time::{Span, Timestamp};

/// How long a secret that was replaced still signs beside the new one.
pub const ROTATION: Span = Span::from_hours(24);

/// Secrets that may sign beside the newest.
pub const MOST_PREVIOUS: usize = 4;

/// How long an endpoint may take nothing before it is disabled.
pub const FAILING_FOR: Span = Span::from_hours(5 * 24);

/// Attempts that are remembered.
pub const REMEMBERED: usize = 50;

/// An endpoint that is told of events.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Webhook {
    /// Its identity.
    pub id: WebhookId,
    /// Whose events.
    pub tenant: TenantId,
    /// Where they go.
    pub url: String,
    /// Words of the types that it wants; all of them if empty.
    pub types: Vec<String>,
    /// In its owner's words.
    pub description: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// What signs.
    pub signing: Signing,
    /// Whether it is told anything.
    pub state: WebhookState,
    /// How far it was told.
    pub progress: Progress,
}

/// How what is sent is signed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scheme {
    /// HMAC-SHA256 under a secret that both know.
    V1,
    /// Ed25519.
    V1a,
}

impl Scheme {
    /// Every scheme.
    pub const ALL: [Self; 2] = [Self::V1, Self::V1a];

    /// The word for it, in the API and before each signature.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "v1",
            Self::V1a => "v1a",
        }
    }

    /// The scheme of that name, if there is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scheme| scheme.as_str() == text)
    }
}

/// What signs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signing {
    /// How.
    pub scheme: Scheme,
    /// The secret, or the seed of the key pair; sealed.
    pub current: Sealed,
    /// From 1; each new one has the next.
    pub version: u32,
    /// The public key of a pair.
    pub public: Option<[u8; 32]>,
    /// Those before, the newest first, and until when each of them signs too; at most [`MOST_PREVIOUS`].
    pub previous: Vec<(Sealed, Timestamp)>,
}

impl Signing {
    /// Signs with another secret from now on, and with the one that it replaces for [`ROTATION`] more.
    ///
    /// # Errors
    /// As many as may still sign beside it do, until that instant.
    pub fn rotate(
        &mut self,
        fresh: Sealed,
        public: Option<[u8; 32]>,
        now: Timestamp,
    ) -> Result<(), Timestamp> {
        // From the oldest on only: the place in the row says which version one is.
        while self.previous.last().is_some_and(|(_, until)| *until <= now) {
            self.previous.pop();
        }
        if let Some((_, until)) = self.previous.get(MOST_PREVIOUS - 1) {
            return Err(*until);
        }
        let replaced = core::mem::replace(&mut self.current, fresh);
        self.previous.insert(0, (replaced, now + ROTATION));
        (self.public, self.version) = (public, self.version + 1);
        Ok(())
    }

    /// The secrets that sign at that moment, each with its version, the newest first.
    pub fn signing(&self, now: Timestamp) -> impl Iterator<Item = (u32, &Sealed)> {
        let before = (1..).zip(&self.previous).filter(move |(_, (_, until))| now < *until);
        let before = before.map(|(back, (sealed, _))| (self.version.saturating_sub(back), sealed));
        core::iter::once((self.version, &self.current)).chain(before)
    }
}

/// Whether an endpoint is told anything.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WebhookState {
    /// It is.
    Enabled,
    /// It is not.
    Disabled {
        /// Since when.
        at: Timestamp,
        /// Why.
        why: Disabled,
    },
}

/// Why an endpoint is told nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Disabled {
    /// Its owner said so.
    Asked,
    /// It answered 410: gone.
    Gone,
    /// It took nothing for [`FAILING_FOR`].
    Failing,
}

impl Disabled {
    /// Every reason.
    pub const ALL: [Self; 3] = [Self::Asked, Self::Gone, Self::Failing];

    /// The word for it, in the API and in metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Gone => "gone",
            Self::Failing => "failing",
        }
    }
}

/// How far an endpoint was told.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Progress {
    /// Everything up to here was delivered, or waits to be tried again.
    pub cursor: FeedPlace,
    /// What is to be told once more.
    pub replay: Option<Replay>,
    /// How often something was asked for once more.
    pub replays: u32,
    /// The server that tells it, and until when no other may.
    pub held: Option<([u8; 8], Timestamp)>,
    /// When it last took something.
    pub succeeded_at: Option<Timestamp>,
    /// When the first attempt failed since.
    pub failing_since: Option<Timestamp>,
    /// The last attempts, oldest first, at most [`REMEMBERED`].
    pub recent: Vec<Attempt>,
}

/// A part of the feed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Part {
    /// What comes after this place.
    pub after: FeedPlace,
    /// The last place of it.
    pub to: FeedPlace,
    /// Nothing that was decided before that.
    pub since: Option<Timestamp>,
    /// Nothing that was decided after that.
    pub until: Option<Timestamp>,
}

/// A part of the feed that is to be told once more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Replay {
    /// Which it is of those that were asked for, from 1. Another one may take its place while it is told.
    pub number: u32,
    /// Everything up to here was told again.
    pub after: FeedPlace,
    /// The last place of it.
    pub to: FeedPlace,
    /// Nothing that was decided before that.
    pub since: Option<Timestamp>,
    /// Nothing that was decided after that.
    pub until: Option<Timestamp>,
}

impl Webhook {
    /// Whether it wants events of that type.
    #[must_use]
    pub fn wants(&self, word: &str) -> bool {
        self.types.is_empty() || self.types.iter().any(|wanted| wanted == word)
    }

    /// Notes what came of attempts, and disables an endpoint that is gone, or takes nothing for too long; says why, if so.
    pub fn note(&mut self, attempts: &[(Attempt, Answered)], now: Timestamp) -> Option<Disabled> {
        let progress = &mut self.progress;
        for (attempt, answered) in attempts {
            if answered.is_success() {
                progress.succeeded_at = Some(attempt.at);
                progress.failing_since = None;
            } else {
                progress.failing_since.get_or_insert(attempt.at);
            }
            progress.recent.push(*attempt);
        }
        let surplus = progress.recent.len().saturating_sub(REMEMBERED);
        progress.recent.drain(..surplus);
        let gone = attempts.iter().any(|(_, answered)| answered.is_gone());
        let failing = progress.failing_since.is_some_and(|since| now >= since + FAILING_FOR);
        let why = if gone {
            Disabled::Gone
        } else if failing {
            Disabled::Failing
        } else {
            return None;
        };
        if self.state != WebhookState::Enabled {
            return None;
        }
        self.state = WebhookState::Disabled { at: now, why };
        Some(why)
    }

    /// Asks for a part of the feed once more, in place of what was asked for before and is not told yet; of nothing, if there
    /// is none.
    pub fn replay(&mut self, part: Option<Part>) {
        let progress = &mut self.progress;
        progress.replays = progress.replays.wrapping_add(1);
        let number = progress.replays;
        progress.replay =
            part.map(|Part { after, to, since, until }| Replay { number, after, to, since, until });
    }

    /// Notes how far it was told, and how far the replay of that number was. Of another one by now nothing was told.
    pub fn told(&mut self, cursor: Option<FeedPlace>, replayed: Option<(u32, FeedPlace)>) {
        let progress = &mut self.progress;
        progress.cursor = cursor.map_or(progress.cursor, |cursor| progress.cursor.max(cursor));
        if let (Some(replay), Some((number, place))) = (&mut progress.replay, replayed)
            && replay.number == number
        {
            replay.after = replay.after.max(place);
        }
        progress.replay = progress.replay.filter(|replay| replay.after < replay.to);
    }

    /// Enables it, from that place on; what waits to be tried again still does.
    pub fn enable(&mut self, end: FeedPlace) {
        if self.state != WebhookState::Enabled {
            self.state = WebhookState::Enabled;
            self.progress.cursor = self.progress.cursor.max(end);
            self.progress.failing_since = None;
        }
    }

    /// Disables it at its owner's word.
    pub fn disable(&mut self, now: Timestamp) {
        if self.state == WebhookState::Enabled {
            self.state = WebhookState::Disabled { at: now, why: Disabled::Asked };
        }
    }

    /// Takes, or keeps, the right to tell it until then. `false` if another server has it.
    pub fn hold(&mut self, node: [u8; 8], now: Timestamp, span: Span) -> bool {
        let others = self.is_held_by_another(node, now, span);
        if !others {
            self.progress.held = Some((node, now + span));
        }
        !others
    }

    /// Whether a server other than that one has the right to tell it, where nobody takes it for longer than `span`.
    #[must_use]
    pub fn is_held_by_another(&self, node: [u8; 8], now: Timestamp, span: Span) -> bool {
        self.progress.held.is_some_and(|(holder, until)| {
            // A clock that was far ahead must not keep everybody else away for good.
            holder != node && now < until && until <= now + span + span
        })
    }

    /// Whether that server may still tell it, and say how far it did.
    #[must_use]
    pub fn is_told_by(&self, node: [u8; 8]) -> bool {
        self.state == WebhookState::Enabled && self.is_held_by(node)
    }

    /// Whether that server has the right to tell it.
    #[must_use]
    pub fn is_held_by(&self, node: [u8; 8]) -> bool {
        self.progress.held.is_some_and(|(holder, _)| holder == node)
    }
}
