//! The body as a command, and outcomes as answers.

use countersign_domain::code::Purpose;
use countersign_domain::command::{Command, NewSecret, Subject};
use countersign_domain::secret::{LegacyDigest, Presented};
use countersign_domain::time::Timestamp;

use super::settings::Settings;
use super::wire::Parm;
use crate::Answer;
use crate::aspnet::{Voice, translate};
use crate::raw::RawResponse;

/// A reset by code for an operator's user.
pub(super) fn command(parm: Parm, new: LegacyDigest, settings: &Settings) -> Command {
    let kind = settings.target.kind();
    Command::ResetByCode {
        subject: Subject::Agent(parm.agent),
        kind,
        purpose: Purpose::reset_of(kind),
        code: parm.verifycode,
        mobile: None,
        new: NewSecret {
            presented: Presented::Digest(new),
            // A digest has no length; these are the bounds of the dialects that deliver plain secrets.
            chars: (6, 64),
            refuse_common: settings.common_secrets.refused(),
        },
    }
}

/// The answer to any outcome. All of it is as both dialects have it.
pub(super) fn answer(voice: &Voice<'_>, answer: Answer<'_>, now: Timestamp) -> RawResponse {
    match answer {
        Answer::Done(done) => translate::done(voice, done),
        Answer::Refused(refusal) => translate::refused(voice, refusal, now),
        Answer::Rejected(rejection) => translate::rejected(voice, rejection),
        Answer::Fault => voice.fault(),
    }
}
