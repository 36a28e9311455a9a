//! One request, from who claims to call to the sealed answer.

use std::sync::{Arc, Mutex, PoisonError};

use axum::http::{HeaderName, HeaderValue};
use countersign_dialects::raw::{RawRequest, RawResponse};
use countersign_dialects::rejection::Rejection;
use countersign_dialects::{Answer, Dialect, Once, Opened, Registry};
use countersign_domain::answer::{Done, Refusal, Reply};
use countersign_domain::caller::{Caller, Network, Resolution};
use countersign_domain::event::{Actor, Origin};
use countersign_domain::id::SessionId;
use countersign_domain::time::{Span, Timestamp};
use countersign_domain::webhook::asked::Follow;
use countersign_service::{Admission, Context, Fault, KeyOwner, Resolved, Seen, Service, Store, Wording};

use super::panics::caught_now;
use super::{plain, replay};
use crate::metrics::outcome;

/// Marks an answer that was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// A request, read and addressed to a dialect.
pub(super) struct Exchange {
    /// The dialects that were in force when the request came.
    pub(super) registry: Arc<Registry>,
    /// The dialect's name.
    pub(super) dialect: &'static str,
    /// Known before the dialect was asked: no such path or method, or too long a body.
    pub(super) rejection: Option<Rejection>,
    /// The request.
    pub(super) raw: RawRequest,
    /// The network that the person is in, where it is known.
    pub(super) network: Option<Network>,
    /// How long the request may be at work.
    pub(super) lease: Span,
    /// When it is answered as failed.
    pub(super) deadline: Timestamp,
}

/// An answer and the word for how it came about.
pub(super) struct Sealed {
    /// The answer.
    pub(super) response: RawResponse,
    /// A word of [`outcome`].
    pub(super) outcome: &'static str,
    /// Who follows the feed from now on: the answer goes on with events.
    pub(super) follow: Option<Box<Follow>>,
}

impl Exchange {
    /// Carries the request out and seals what it came to. Never fails: a fault is logged here, once, and sealed.
    pub(super) async fn run<S: Store>(self: &Arc<Self>, service: &Service<S>) -> Sealed {
        let now = service.now();
        let Some(dialect) = self.dialect() else { return self.fault(None, now) };
        if let Some(rejection) = &self.rejection {
            let signatory = self.signatory(dialect, service, rejection).await;
            return self.rejected(dialect, signatory.as_ref(), rejection, now);
        }
        let claim = match dialect.identify(&self.raw) {
            Ok(claim) => claim,
            Err(rejection) => return self.rejected(dialect, None, &rejection, now),
        };
        let Resolved { caller, seen } = match service.resolve(claim).await {
            Ok(resolved) => resolved,
            Err(fault) => return self.failed(dialect, None, &fault, now),
        };
        let caller = Arc::new(caller);
        let answered = self.proven(dialect, service, &caller, seen).await;
        answered.unwrap_or_else(|fault| self.failed(dialect, Some(&caller), &fault, service.now()))
    }

    /// Who claims to call, where the answer to a request that no dialect opens may have to prove itself to its maker.
    /// Not for a path where nobody listens: whoever tries paths is not worth a read.
    async fn signatory<S: Store>(
        &self,
        dialect: &dyn Dialect,
        service: &Service<S>,
        rejection: &Rejection,
    ) -> Option<Resolution> {
        if matches!(rejection, Rejection::NotFound) {
            return None;
        }
        let claim = dialect.identify(&self.raw).ok()?;
        service.resolve(claim).await.ok().map(|resolved| resolved.caller)
    }

    async fn proven<S: Store>(
        self: &Arc<Self>,
        dialect: &dyn Dialect,
        service: &Service<S>,
        caller: &Arc<Resolution>,
        seen: Seen,
    ) -> Result<Sealed, Fault> {
        let now = service.now();
        let rejected = |rejection: &Rejection| Ok(self.rejected(dialect, Some(caller), rejection, now));
        let opened = match dialect.open(&self.raw, caller, now) {
            Ok(opened) => opened,
            Err(rejection) if rejection.is_without_proof() => return rejected(&rejection),
            Err(rejection) => {
                let fresh = admit_proof(service, dialect.used_up(&self.raw, caller, now)).await?;
                return rejected(if fresh { &rejection } else { &Rejection::Replayed });
            }
        };
        let Opened { command, session, once, idempotency_key, client_address } = opened;
        if once.is_some() || idempotency_key.is_some() {
            // Writing either down takes longer than to refuse. The proof stays good, and so does the key.
            if let Some(refusal) = service.turns_away(&command, self.deadline) {
                let response = self.response(dialect, caller, Err(&refusal), now);
                return Ok(Sealed { response, outcome: outcome::refused(&refusal), follow: None });
            }
        }
        if !admit_proof(service, once).await? {
            return rejected(&Rejection::Replayed);
        }
        let kept = Arc::new(Mutex::new(None));
        let key = match self.admit_key(service, caller, idempotency_key).await? {
            None => None,
            Some(Admission::Fresh(key)) => Some(key.worded(self.wording(caller, &kept))),
            Some(Admission::Running) => return rejected(&Rejection::IdempotencyRunning),
            Some(Admission::Mismatch) => return rejected(&Rejection::IdempotencyMismatch),
            Some(Admission::Answered(bytes)) => return repeated(&bytes),
        };
        let carrier = dialect.device_token();
        let context = Context {
            origin: self.origin(caller, session),
            network: client_address.map(Network::of).or(self.network),
            device: carrier.presented(&self.raw),
            key: key.clone(),
            deadline: Some(self.deadline),
            seen,
        };
        let outcome = match service.execute(command, context).await {
            Ok(outcome) => outcome,
            Err(fault) => {
                // Whether it took effect is not known, so its key stays claimed until it has an answer or its lease ends.
                return Ok(self.failed(dialect, Some(caller), &fault, service.now()));
            }
        };
        if key.as_ref().is_some_and(|key| !key.is_kept()) {
            // Worded in a transaction that was taken back, because another carries this request out by now.
            drop(kept.lock().unwrap_or_else(PoisonError::into_inner).take());
        }
        if let Some(key) = key
            && let Err(fault) = service.settle_key(&key, outcome.as_ref()).await
        {
            // What was done stays done and is answered as such; the key then reads as still running.
            self.log(&fault);
        }
        let word = outcome.as_ref().map_or_else(outcome::refused, |_| outcome::DONE);
        // What was kept is what is answered: sealed a second time, it would tell another time.
        let kept = kept.lock().unwrap_or_else(PoisonError::into_inner).take();
        let sealed = || self.response(dialect, caller, outcome.as_ref(), service.now());
        let response = kept.unwrap_or_else(sealed);
        Ok(Sealed { response, outcome: word, follow: outcome.ok().and_then(follow) })
    }

    /// What the caller reads of what was done or refused.
    fn response(
        &self,
        dialect: &dyn Dialect,
        caller: &Resolution,
        outcome: Result<&Done, &Refusal>,
        now: Timestamp,
    ) -> RawResponse {
        let answer = outcome.map_or_else(Answer::Refused, Answer::Done);
        let mut response = dialect.seal(&self.raw, Some(caller), answer, now);
        if let Some(token) = outcome.ok().and_then(|done| done.device.as_ref()) {
            dialect.device_token().hand_out(token, &mut response);
        }
        response
    }

    /// How the answer to this request's idempotency key is kept. The answer itself is left in `kept`.
    fn wording(
        self: &Arc<Self>,
        caller: &Arc<Resolution>,
        kept: &Arc<Mutex<Option<RawResponse>>>,
    ) -> Wording {
        let (exchange, caller, kept) = (Arc::clone(self), Arc::clone(caller), Arc::clone(kept));
        Arc::new(move |outcome, now| {
            let response = exchange.dialect().map_or_else(
                || plain::fault(&exchange.raw.request_id),
                |dialect| exchange.response(dialect, &caller, outcome, now),
            );
            let bytes = replay::to_bytes(&response);
            *kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(response);
            bytes
        })
    }

    async fn admit_key<S: Store>(
        &self,
        service: &Service<S>,
        caller: &Resolution,
        key: Option<String>,
    ) -> Result<Option<Admission>, Fault> {
        let owner: KeyOwner = match caller {
            Ok(Caller::App(app)) => app.app.into(),
            Ok(Caller::Session(person)) => person.session.into(),
            Ok(Caller::Nobody | Caller::Sessions(_) | Caller::HawkApp { .. }) | Err(_) => return Ok(None),
        };
        let Some(key) = key else { return Ok(None) };
        let resource = self.raw.resource();
        let request = [self.raw.method.as_str().as_bytes(), resource.as_bytes(), &self.raw.body];
        service.admit_key(owner, &key, &request, self.lease).await.map(Some)
    }

    /// Who asks: for the audit trail, and so that an ended session decides nothing.
    fn origin(&self, caller: &Resolution, session: Option<SessionId>) -> Origin {
        let named = || caller.as_ref().map_or(Actor::Nobody, Caller::actor);
        Origin {
            dialect: self.dialect.to_owned(),
            actor: session.map_or_else(named, Actor::Session),
            request_id: self.raw.request_id.clone(),
        }
    }

    fn dialect(&self) -> Option<&dyn Dialect> {
        self.registry.iter().find(|dialect| dialect.name() == self.dialect)
    }

    fn rejected(
        &self,
        dialect: &dyn Dialect,
        caller: Option<&Resolution>,
        rejection: &Rejection,
        now: Timestamp,
    ) -> Sealed {
        self.seal(dialect, caller, Answer::Rejected(rejection), outcome::REJECTED, now)
    }

    fn seal(
        &self,
        dialect: &dyn Dialect,
        caller: Option<&Resolution>,
        answer: Answer<'_>,
        outcome: &'static str,
        now: Timestamp,
    ) -> Sealed {
        Sealed { response: dialect.seal(&self.raw, caller, answer, now), outcome, follow: None }
    }

    /// A fault in the log, and in the dialect's words. One that passes is told as such.
    fn failed(
        &self,
        dialect: &dyn Dialect,
        caller: Option<&Resolution>,
        fault: &Fault,
        now: Timestamp,
    ) -> Sealed {
        let Some(refusal) = fault.refusal() else {
            self.log(fault);
            return self.fault(caller, now);
        };
        tracing::warn!(request_id = self.raw.request_id, dialect = self.dialect, %fault, "a request was put off");
        self.seal(dialect, caller, Answer::Refused(&refusal), outcome::refused(&refusal), now)
    }

    /// Our fault in the dialect's words. Also called after a panic, which may have come from the dialect itself.
    pub(super) fn fault(&self, caller: Option<&Resolution>, now: Timestamp) -> Sealed {
        let response = self
            .dialect()
            .and_then(|dialect| caught_now(|| dialect.seal(&self.raw, caller, Answer::Fault, now)))
            .unwrap_or_else(|| plain::fault(&self.raw.request_id));
        Sealed { response, outcome: outcome::FAULT, follow: None }
    }

    fn log(&self, fault: &Fault) {
        tracing::error!(request_id = self.raw.request_id, dialect = self.dialect, %fault, "a request failed");
    }
}

/// Who follows from now on, if that is what was done.
fn follow(done: Done) -> Option<Box<Follow>> {
    if let Reply::Following(follow) = done.reply { Some(follow) } else { None }
}

/// Whether a proof that is good only once was not seen before; any other always is good.
async fn admit_proof<S: Store>(service: &Service<S>, once: Option<Once>) -> Result<bool, Fault> {
    let Some(Once { credential, nonce, ts, skew }) = once else { return Ok(true) };
    service.admit_once(&credential, &nonce, ts, skew).await
}

/// The first answer, marked as such.
fn repeated(bytes: &[u8]) -> Result<Sealed, Fault> {
    let mut response = replay::from_bytes(bytes)
        .ok_or_else(|| Fault::Seal("the answer kept for an idempotency key cannot be read".to_owned()))?;
    response.headers.insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(Sealed { response, outcome: outcome::REPEATED, follow: None })
}
