//! The dialect `flowmeter` (document 004): a metering platform's operators reset a user's password with a code.
//!
//! `POST /api/Agent/Ent/Password/ResetPwd`, in any letter case. ASP.NET Web API on the wire: bodies in JSON, XML, form
//! or BSON with `agentid`, `usercode`, `verifycode` and `newpwd`, all required; answers in JSON, XML or BSON by
//! `Accept`. The caller is a platform's server and proves itself by HAWK with an application-wide credential.
//!
//! The new secret arrives as `UPPER_MD5` under Triple DES, Base64 or hexadecimal, with a key made from the code. So
//! the ciphertext proves nothing about the code that the request itself does not show; one that does not open spends
//! no attempt at the code.
//!
//! | case | HTTP | body |
//! |---|---|---|
//! | reset | 200 | `errcode` 0 |
//! | ciphertext that the code does not open, or a secret that no digest can replace | 200 | `errcode` 1 |
//! | code wrong or expired, no such user | 200 | `errcode` 2 |
//! | locked, too many | 200, `Retry-After` if time helps | `errcode` 5 |
//! | against the policy | 200 | `errcode` 6 |
//! | unreadable, missing, too long or no integer | 400 | `ModelState` |
//! | HAWK is missing or fails | 401, `WWW-Authenticate` | `Message` |
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

pub use settings::{Settings, Target};

use crate::aspnet::Voice;
use crate::device::DeviceToken;
use crate::raw::{RawRequest, RawResponse};
use crate::rejection::Rejection;
use crate::{Answer, Dialect, Endpoint, Once, Opened};

static ENDPOINTS: [Endpoint; 1] =
    [Endpoint { method: Method::POST, path: "/api/Agent/Ent/Password/ResetPwd", any_case: true }];

/// The dialect of document 004.
pub struct Flowmeter {
    settings: Settings,
}

impl Flowmeter {
    /// Speaks as the settings say.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self { settings }
    }
}

impl Dialect for Flowmeter {
    fn name(&self) -> &'static str {
        "flowmeter"
    }

    fn endpoints(&self) -> &[Endpoint] {
        &ENDPOINTS
    }

    fn identify(&self, raw: &RawRequest) -> Result<Claim, Rejection> {
        Ok(Claim::HawkApp(envelope::header(raw)?.id))
    }

    fn open(&self, raw: &RawRequest, caller: &Resolution, now: Timestamp) -> Result<Opened, Rejection> {
        let once = envelope::prove(raw, caller, &self.settings, now)?;
        let parm = wire::Parm::read(raw)?;
        let new = envelope::unwrap(&parm, &self.settings)?;
        let command = translate::command(parm, new, &self.settings);
        Ok(Opened { once: Some(once), ..Opened::new(command) })
    }

    fn used_up(&self, raw: &RawRequest, caller: &Resolution, now: Timestamp) -> Option<Once> {
        envelope::prove(raw, caller, &self.settings, now).ok()
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
