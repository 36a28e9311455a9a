//! What every dialect is: a few pure functions from bytes to a command and from an outcome to bytes.

use core::net::IpAddr;

use countersign_domain::answer::{Done, Refusal};
use countersign_domain::caller::{Claim, Resolution};
use countersign_domain::command::Command;
use countersign_domain::id::SessionId;
use countersign_domain::time::{Span, Timestamp};
use http::Method;

use crate::device::DeviceToken;
use crate::raw::{RawRequest, RawResponse};
use crate::rejection::Rejection;

/// An API as its callers speak it. Pure: no clock, no dice, no IO.
pub trait Dialect: Send + Sync {
    /// Its folder's name, as in settings, metrics and the audit trail.
    fn name(&self) -> &'static str;

    /// Everything it listens to. Their order is what [`RawRequest::endpoint`] counts in.
    fn endpoints(&self) -> &[Endpoint];

    /// Who claims to call. Nothing is believed yet.
    ///
    /// # Errors
    /// A request that names nobody where somebody is needed, or that cannot be read far enough.
    fn identify(&self, raw: &RawRequest) -> Result<Claim, Rejection>;

    /// Proves and unwraps. `caller` is what the claim came to.
    ///
    /// # Errors
    /// A forged, unproven or malformed request ends here.
    fn open(&self, raw: &RawRequest, caller: &Resolution, now: Timestamp) -> Result<Opened, Rejection>;

    /// The good proof of a request that [`Self::open`] rejected for something else. It is used up all the same: who
    /// sends it again is not its maker, whatever became of it.
    fn used_up(&self, _raw: &RawRequest, _caller: &Resolution, _now: Timestamp) -> Option<Once> {
        None
    }

    /// Speaks the answer in the caller's words. `caller` is absent if the request was rejected before its claim
    /// was looked into.
    fn seal(
        &self,
        raw: &RawRequest,
        caller: Option<&Resolution>,
        answer: Answer<'_>,
        now: Timestamp,
    ) -> RawResponse;

    /// How a device shows that it is known.
    fn device_token(&self) -> DeviceToken;

    /// This dialect's part of the OpenAPI document.
    fn openapi(&self) -> utoipa::openapi::OpenApi;
}

/// One method and path that a dialect listens to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Endpoint {
    /// The method.
    pub method: Method,
    /// The path; `{name}` stands for one segment.
    pub path: &'static str,
    /// Whether `/API/x` is also `/api/X`.
    pub any_case: bool,
}

/// A request that was proven and unwrapped.
pub struct Opened {
    /// What it asks for.
    pub command: Command,
    /// Which of the sessions that may have made the request did, where the claim named no single one.
    pub session: Option<SessionId>,
    /// What must not have been seen before, where the caller's proof is good only once.
    pub once: Option<Once>,
    /// The caller's `Idempotency-Key`, where the dialect has one.
    pub idempotency_key: Option<String>,
    /// The person's address as a platform that calls for them names it, where the dialect lets it.
    pub client_address: Option<IpAddr>,
}

/// A proof that is good only once (HAWK's id, nonce and timestamp).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Once {
    /// Whose proof.
    pub credential: String,
    /// What makes it unique.
    pub nonce: String,
    /// When the caller says it was made; it is refused anyway once that is older than the skew.
    pub ts: Timestamp,
    /// The skew by which it was judged: it must be remembered until `ts` is older than this.
    pub skew: Span,
}

/// What there is to tell the caller.
#[derive(Clone, Copy)]
pub enum Answer<'a> {
    /// It was done.
    Done(&'a Done),
    /// It was refused: an expected business result.
    Refused(&'a Refusal),
    /// The request is malformed or unproven.
    Rejected(&'a Rejection),
    /// Our fault. Opaque to the caller; the log has the whole of it under the request's id.
    Fault,
}

impl Opened {
    /// A command whose proof may be repeated.
    #[must_use]
    pub fn new(command: Command) -> Self {
        Self { command, session: None, once: None, idempotency_key: None, client_address: None }
    }
}
