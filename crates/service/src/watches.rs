//! What is watched over many accounts: from which networks, and with which secrets, guesses miss.
//!
//! The watches are durable. Whether one has tripped is asked before every guess, so the answer is kept for a moment:
//! a tripped watch takes effect everywhere within that moment.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use countersign_crypto::input::digest_of;
use countersign_crypto::seal::BlindDomain;
use countersign_domain::answer::Refusal;
use countersign_domain::id::AccountId;
use countersign_domain::secret::Presented;
use countersign_domain::spray::{Pace, Threshold, Watch};
use countersign_domain::time::{Span, Timestamp};
use countersign_store::door::{Index, Store};

use crate::case::{Case, Step};
use crate::ports::Watched;

/// How old a glance at a watch may be.
const MOMENT: Span = Span::from_secs(1);

/// The most glances that are kept; they are small, and forgotten all at once when there are more.
const GLANCES: usize = 8192;

/// Secrets are watched in so many groups, chosen by a keyed hash, rather than one by one: what is stored tells twelve
/// bits of a secret to whoever has the key, and nothing to anybody else; and a flood of secrets fills no disk.
const SECRETS: u16 = 4096;

/// What was lately seen of watches.
#[derive(Default)]
pub(crate) struct Glances(Mutex<HashMap<Index, Glance>>);

/// A watch as it was seen, and when. Also that there was none is worth knowing for a moment.
#[derive(Clone)]
struct Glance {
    seen_at: Timestamp,
    watch: Option<Arc<Watch>>,
}

/// A watch has tripped.
#[derive(Clone, Copy)]
pub(crate) struct TooFast {
    what: Watched,
    retry_at: Timestamp,
}

/// A watch that concerns a request.
#[derive(Clone, Copy)]
pub(crate) struct Watching {
    what: Watched,
    index: Index,
    threshold: Threshold,
}

impl<S: Store> Case<S> {
    /// The watches that slow this guess down, as far as was lately seen; the error is of one that refuses it.
    pub(crate) async fn slowed(&self, presented: Option<&Presented>) -> Step<Result<Vec<Watching>, TooFast>> {
        let (policy, now) = (self.settings.policy.spray, self.now());
        let mut slowed = Vec::new();
        for watching in self.watched(presented) {
            let Some(watch) = self.glance(watching.index, now).await? else { continue };
            match watch.pace(watching.threshold, &policy, now) {
                Ok(Pace::Free) => {}
                Ok(Pace::Slowed) => slowed.push(watching),
                Err(retry_at) => return Ok(Err(TooFast { what: watching.what, retry_at })),
            }
        }
        Ok(Ok(slowed))
    }

    /// Takes the next place in the trickle of each of these watches, if it is free.
    async fn let_through(&self, slowed: Vec<Watching>) -> Step<Result<(), TooFast>> {
        let policy = self.settings.policy.spray;
        for Watching { what, index, threshold } in slowed {
            let now = self.now();
            let asked = self.inner.store.watch(index, now + policy.span, now, move |watch| {
                (watch.let_through(threshold, &policy, now), watch.clone())
            });
            let (let_through, watch) = asked.await?;
            self.inner.glances.put(index, now, Some(Arc::new(watch)));
            if let Err(retry_at) = let_through {
                return Ok(Err(TooFast { what, retry_at }));
            }
        }
        Ok(Ok(()))
    }

    /// Whether a code may be presented now: nothing vouches for who presents one, and only its network is watched.
    pub(crate) async fn code_slow_enough(&self) -> Step<()> {
        let slowed = self.slowed(None).await?;
        self.slow_enough(slowed).await
    }

    /// Takes a place in the trickle of every watch that slows a guess down, or refuses it.
    pub(crate) async fn slow_enough(&self, slowed: Result<Vec<Watching>, TooFast>) -> Step<()> {
        let slow_enough = match slowed {
            Ok(slowed) => self.let_through(slowed).await?,
            Err(too_fast) => Err(too_fast),
        };
        Ok(slow_enough.map_err(|too_fast| self.refuse_as(too_fast))?)
    }

    /// Refuses a guess that comes too fast and that nothing vouches for. Nothing is charged.
    fn refuse_as(&self, TooFast { what, retry_at }: TooFast) -> Refusal {
        self.inner.observer.spray_refused(what);
        Refusal::RateLimited { retry_at }
    }

    /// Writes down that a guess missed on an account, for whom `who` stands.
    pub(crate) async fn watch_miss(&self, who: u32, presented: Option<&Presented>) -> Step<()> {
        let policy = self.settings.policy.spray;
        for Watching { what, index, threshold } in self.watched(presented) {
            let now = self.now();
            let missed = self.inner.store.watch(index, now + policy.span, now, move |watch| {
                let tripped = watch.miss(who, threshold, &policy, now);
                (tripped, watch.clone())
            });
            let (tripped, watch) = missed.await?;
            self.inner.glances.put(index, now, Some(Arc::new(watch)));
            if let Some(tripped) = tripped {
                self.inner.observer.spray_tripped(what, tripped);
            }
        }
        Ok(())
    }

    async fn glance(&self, index: Index, now: Timestamp) -> Step<Option<Arc<Watch>>> {
        if let Some(glance) = self.inner.glances.fresh(&index, now) {
            return Ok(glance.watch);
        }
        let watch = self.inner.store.read_watch(index).await?.map(Arc::new);
        self.inner.glances.put(index, now, watch.clone());
        Ok(watch)
    }

    fn watched(&self, presented: Option<&Presented>) -> Vec<Watching> {
        let (keyring, policy) = (self.keyring(), self.settings.policy.spray);
        let tenant = self.tenant.as_str().as_bytes();
        let network = self.network.map(|network| Watching {
            what: Watched::Network,
            index: keyring.blind(BlindDomain::Watch, &[tenant, b"network", network.as_bytes()]),
            threshold: policy.network,
        });
        let secret = presented.map(|presented| {
            let digest = digest_of(presented);
            let [a, b, ..] = keyring.blind(BlindDomain::Watch, &[tenant, b"secret", digest.expose()]);
            let group = u16::from_be_bytes([a, b]) % SECRETS;
            Watching {
                what: Watched::Secret,
                index: keyring.blind(BlindDomain::Watch, &[tenant, b"secrets", &group.to_be_bytes()]),
                threshold: policy.secret,
            }
        });
        let on = |watching: &Watching| watching.threshold != Threshold { slow: 0, refuse: 0 };
        network.into_iter().chain(secret).filter(on).collect()
    }
}

impl Glances {
    fn fresh(&self, index: &Index, now: Timestamp) -> Option<Glance> {
        let glances = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        glances.get(index).filter(|glance| fresh(glance, now)).cloned()
    }

    fn put(&self, index: Index, now: Timestamp, watch: Option<Arc<Watch>>) {
        let mut glances = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Of two glances that cross, the one that saw more is the later one: within its span a watch only grows.
        let later =
            |glance: &Glance| fresh(glance, now) && grown(glance.watch.as_deref()) > grown(watch.as_deref());
        if glances.get(&index).is_some_and(later) {
            return;
        }
        if glances.len() >= GLANCES {
            glances.clear();
        }
        glances.insert(index, Glance { seen_at: now, watch });
    }
}

/// Whether a glance is not too old. One from the future was taken before the clock went back.
fn fresh(glance: &Glance, now: Timestamp) -> bool {
    now >= glance.seen_at && now < glance.seen_at + MOMENT
}

/// Orders what was seen of one watch.
fn grown(watch: Option<&Watch>) -> Option<(Timestamp, usize, Option<Timestamp>)> {
    watch.map(|watch| (watch.began, watch.accounts.len(), watch.let_through))
}

/// What stands for an account where accounts are counted.
pub(crate) fn who(account: AccountId) -> u32 {
    let [.., a, b, c, d] = *account.as_bytes();
    u32::from_be_bytes([a, b, c, d])
}
