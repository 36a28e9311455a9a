//! What the service sees of the world: a clock that only the history moves, a telephone, and engines that are watched.

use core::future::Future;
use core::pin::Pin;
use core::sync::atomic::{AtomicI64, Ordering};
use core::time::Duration;
use std::sync::{Arc, Mutex, PoisonError};

use countersign_crypto::engine::{
    Engine, EngineChoice, EngineError, EngineMaker, HashObserver, Params, Phc, Work,
};
use countersign_domain::code::Purpose;
use countersign_domain::event::Counted;
use countersign_domain::secret::Kind;
use countersign_domain::spray::Tripped;
use countersign_domain::time::Timestamp;
use countersign_service::{Clock, CodeSender, Handed, Message, Observer, SendFault, Watched};

/// The server's clock.
pub struct SimulatedClock(AtomicI64);

impl SimulatedClock {
    /// A clock that shows this many milliseconds since the epoch.
    #[must_use]
    pub const fn at(millis: i64) -> Self {
        Self(AtomicI64::new(millis))
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub fn millis(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    /// Sets the clock, forward or back.
    pub fn set(&self, millis: i64) {
        self.0.store(millis, Ordering::SeqCst);
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.millis())
    }

    fn advance(&self, _seconds: u32) -> Option<Timestamp> {
        None
    }
}

/// The owner's telephone. It keeps what it was sent, whatever happens to the server.
#[derive(Default)]
pub struct Telephone(Mutex<Vec<Message>>);

impl Telephone {
    /// How many messages came so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether none came.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The last code that came for this purpose and account, if any, and how many messages had come before.
    #[must_use]
    pub fn last(
        &self,
        account: countersign_domain::id::AccountId,
        purpose: Purpose,
    ) -> Option<(usize, Message)> {
        let sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number =
            sent.iter().rposition(|message| message.account == account && message.purpose == purpose)?;
        Some((number, sent[number].clone()))
    }
}

impl CodeSender for Telephone {
    fn send<'a>(
        &'a self,
        message: &'a Message,
    ) -> Pin<Box<dyn Future<Output = Result<Handed, SendFault>> + Send + 'a>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(message.clone());
        Box::pin(async { Ok(Handed::ONCE) })
    }

    fn outbox(&self) -> Option<Vec<Message>> {
        None
    }
}

/// Nobody is told; the history sees for itself.
pub struct Nobody;

impl Observer for Nobody {
    fn guess_charged(&self, _: Kind) {}
    fn counted(&self, _: Counted) {}
    fn refused_locked(&self, _: Kind) {}
    fn common_secret(&self, _: Kind, _: bool) {}
    fn spray_tripped(&self, _: Watched, _: Tripped) {}
    fn spray_refused(&self, _: Watched) {}
    fn code_sent(&self, _: Purpose, _: bool) {}
}

/// What the hash engine did last: the work, and for a comparison whether it was right.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seen {
    /// The work.
    pub work: Work,
    /// Whether a comparison was right.
    pub right: bool,
}

/// Watches the engine, job by job.
#[derive(Default)]
pub struct Watch {
    right: Mutex<bool>,
    seen: Mutex<Option<Seen>>,
}

impl Watch {
    /// What was done since the last time this was asked.
    pub fn take(&self) -> Option<Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Real engines with the smallest parameters, each of which tells this watch what it found.
    #[must_use]
    pub fn engines(self: &Arc<Self>) -> EngineMaker {
        let watch = Arc::clone(self);
        Arc::new(move || {
            let engine = EngineChoice::Fast.build(&Params::CHEAP, &Params::CHEAP)?;
            Ok(Box::new(WatchedEngine { engine, watch: Arc::clone(&watch) }) as Box<dyn Engine>)
        })
    }
}

impl HashObserver for Watch {
    fn observed(&self, work: Work, _took: Duration) {
        let right = *self.right.lock().unwrap_or_else(PoisonError::into_inner);
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(Seen { work, right });
    }
}

struct WatchedEngine {
    engine: Box<dyn Engine>,
    watch: Arc<Watch>,
}

impl Engine for WatchedEngine {
    fn hash(&mut self, input: &[u8], salt: &[u8; 16], params: &Params) -> Result<Phc, EngineError> {
        self.engine.hash(input, salt, params)
    }

    fn verify(&mut self, phc: &Phc, input: &[u8]) -> Result<bool, EngineError> {
        let verified = self.engine.verify(phc, input);
        *self.watch.right.lock().unwrap_or_else(PoisonError::into_inner) = verified == Ok(true);
        verified
    }
}
