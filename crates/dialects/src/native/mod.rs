//! Countersign's own API: JSON under `/v1`, for the servers of a platform.
//!
//! A caller presents the key of one of its apps as a bearer token (RFC 6750); each call needs one of that app's
//! scopes. `DELETE /v1/sessions/current` is authorized by a session's own access token instead, and an intent may also be
//! read and approved with one, by the person whose intent it is.
//!
//! | status | what it means here |
//! |---|---|
//! | 200, 201, 202, 204 | done; a wrong secret is never among them |
//! | 400 | the body or query cannot be read, or a member has the wrong type |
//! | 422 | a member is missing, out of range or unknown, or the new secret breaks a rule |
//! | 401, 403 | no valid credential; a missing scope, a wrong secret or a wrong code |
//! | 404, 409, 410 | no such record; a state that forbids it; a code whose time is over |
//! | 423, 429, 503 | locked, too often, overloaded: nothing was compared, and `Retry-After` tells when to come back |
//!
//! Errors are problem details (RFC 9457) in English, simplified or traditional Chinese. Only well-formed requests
//! of proven callers spend guesses. The ask frequency belongs to the account, the window to the account under the
//! app that verified. Paths that nobody listens to are answered here too, in the same form.

mod calls;
pub mod carried;
mod envelope;
mod json;
mod members;
mod openapi;
mod settings;
mod texts;
pub mod told;
mod translate;
mod wire;

use countersign_domain::caller::{Claim, Resolution, Unproven};
use countersign_domain::time::Timestamp;

use self::calls::Entry;
pub use self::settings::{LoginDemand, Settings, StepUp};
use crate::device::DeviceToken;
use crate::dialect::{Answer, Dialect, Endpoint, Opened};
use crate::raw::{RawRequest, RawResponse};
use crate::rejection::Rejection;

/// Least and greatest length of a new secret in characters, the same as in the dialects that deliver plain secrets
/// without a length of their own.
const SECRET_CHARS: (usize, usize) = (6, 64);

/// The native API.
pub struct Native {
    settings: Settings,
    entries: &'static [Entry],
    endpoints: Vec<Endpoint>,
}

impl Native {
    /// With the operator's settings; `dev` adds the calls that exist under `countersign dev` only.
    #[must_use]
    pub fn new(settings: Settings, dev: bool) -> Self {
        let entries = calls::listened(dev);
        let endpoints = entries
            .iter()
            .map(|entry| Endpoint { method: entry.method.clone(), path: entry.path, any_case: false })
            .collect();
        Self { settings, entries, endpoints }
    }

    fn entry(&self, raw: &RawRequest) -> Result<&'static Entry, Rejection> {
        self.entries.get(raw.endpoint).ok_or(Rejection::NotFound)
    }
}

impl Dialect for Native {
    fn name(&self) -> &'static str {
        "native"
    }

    fn endpoints(&self) -> &[Endpoint] {
        if self.settings.enabled { &self.endpoints } else { &[] }
    }

    fn identify(&self, raw: &RawRequest) -> Result<Claim, Rejection> {
        envelope::claim(raw, self.entry(raw)?)
    }

    fn open(&self, raw: &RawRequest, caller: &Resolution, _now: Timestamp) -> Result<Opened, Rejection> {
        let entry = self.entry(raw)?;
        let proven = envelope::prove(entry, caller)?;
        let idempotency_key = envelope::idempotency_key(raw)?;
        let client_address = envelope::client_address(raw, entry, &proven)?;
        let command = translate::command(entry.call, raw, &proven, &self.settings)?;
        Ok(Opened { idempotency_key, client_address, ..Opened::new(command) })
    }

    fn seal(
        &self,
        raw: &RawRequest,
        _caller: Option<&Resolution>,
        answer: Answer<'_>,
        now: Timestamp,
    ) -> RawResponse {
        match answer {
            Answer::Done(done) => translate::reply(raw, &done.reply),
            Answer::Refused(refusal) => {
                let call = self.entry(raw).ok().map(|entry| entry.call);
                let asked_for_more = translate::asked_for_more(raw, refusal, &self.settings);
                asked_for_more.unwrap_or_else(|| translate::refused(raw, call, refusal, now))
            }
            Answer::Rejected(Rejection::Unproven(Unproven::WeakLogin)) => {
                translate::weak_login(raw, &self.settings.login)
            }
            Answer::Rejected(rejection) => translate::rejected(raw, rejection),
            Answer::Fault => translate::fault(raw),
        }
    }

    fn device_token(&self) -> DeviceToken {
        self.settings.device_token
    }

    fn openapi(&self) -> utoipa::openapi::OpenApi {
        openapi::part(self.entries, self.settings.device_token)
    }
}
