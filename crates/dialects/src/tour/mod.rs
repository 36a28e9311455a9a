//! The dialect `tour` (document 001): an electronic ticketing platform's 支付密码, changed with a code by SMS.
//!
//! `POST /api/WebInterface/Agent/ChangePayPassword`, in any letter case. ASP.NET Web API on the wire: bodies in JSON,
//! XML, form or BSON with `newpassword`, `verifycode`, `mobile` and `username`, all required; answers in JSON, XML or
//! BSON by `Accept`.
//!
//! The new secret arrives as `UPPER_MD5` under Triple DES. Its key comes from the session key and `UPPER_MD5` of the
//! login secret, so who can encrypt it has both. That proves the caller where there is no HAWK header: each live
//! session of `username` is tried. With a HAWK header the MAC decides first, and then `username` must be the
//! session's own. The setting `require_hawk` refuses requests without one.
//!
//! | case | HTTP | body |
//! |---|---|---|
//! | changed | 200 | `errcode` 0 |
//! | ciphertext that no session's key opens, or a secret that no digest can replace | 200 | `errcode` 1 |
//! | code wrong or expired, mobile of another or none at all | 200 | `errcode` 2 |
//! | no live session of this username, whether it exists or not | 200 | `errcode` 4 |
//! | locked, too many | 200, `Retry-After` if time helps | `errcode` 5 |
//! | against the policy | 200 | `errcode` 6 |
//! | unreadable, missing or too long | 400 | `ModelState` |
//! | HAWK fails or is needed | 401, `WWW-Authenticate` | `Message` |
//! | method, size, media type | 405, 413, 415 | `Message` |
//! | our fault; overloaded | 500; 503, `Retry-After` | `Message` |
//!
//! Every answer to a request with a good MAC is signed in `Server-Authorization`.

mod envelope;
mod openapi;
mod settings;
mod translate;
mod wire;

use countersign_domain::caller::{Claim, Resolution};
use countersign_domain::time::Timestamp;
use http::Method;

pub use settings::{HawkKey, Settings};

use crate::aspnet::Voice;
use crate::device::DeviceToken;
use crate::raw::{RawRequest, RawResponse};
use crate::rejection::Rejection;
use crate::{Answer, Dialect, Endpoint, Once, Opened};

static ENDPOINTS: [Endpoint; 1] =
    [Endpoint { method: Method::POST, path: "/api/WebInterface/Agent/ChangePayPassword", any_case: true }];

/// The dialect of document 001.
pub struct Tour {
    settings: Settings,
}

impl Tour {
    /// Speaks as the settings say.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self { settings }
    }
}

impl Dialect for Tour {
    fn name(&self) -> &'static str {
        "tour"
    }

    fn endpoints(&self) -> &[Endpoint] {
        &ENDPOINTS
    }

    fn identify(&self, raw: &RawRequest) -> Result<Claim, Rejection> {
        envelope::claim(raw, &self.settings)
    }

    fn open(&self, raw: &RawRequest, caller: &Resolution, now: Timestamp) -> Result<Opened, Rejection> {
        let proven = envelope::prove(raw, caller, &self.settings, now)?;
        let session = Some(proven.session.caller.session);
        let command = translate::command(proven.parm, proven.session, proven.new, &self.settings)?;
        Ok(Opened { session, once: proven.once, ..Opened::new(command) })
    }

    fn used_up(&self, raw: &RawRequest, caller: &Resolution, now: Timestamp) -> Option<Once> {
        envelope::hawk(raw, caller, &self.settings, now).ok()?.map(|(_, once)| once)
    }

    fn seal(
        &self,
        raw: &RawRequest,
        caller: Option<&Resolution>,
        answer: Answer<'_>,
        now: Timestamp,
    ) -> RawResponse {
        let voice = Voice::new(raw, &self.settings.model_prefix);
        let response = translate::answer(&voice, answer, now);
        match answer {
            Answer::Rejected(rejection) if rejection.is_without_proof() => response,
            _ => envelope::sign(raw, caller, &self.settings, response),
        }
    }

    fn device_token(&self) -> DeviceToken {
        self.settings.device_token
    }

    fn openapi(&self) -> utoipa::openapi::OpenApi {
        openapi::document(&self.settings)
    }
}
