//! The body as a command, and outcomes as answers.

use countersign_domain::caller::SessionKeys;
use countersign_domain::code::Purpose;
use countersign_domain::command::{Command, NewSecret, Subject};
use countersign_domain::identifier::MobileTail;
use countersign_domain::secret::{Kind, LegacyDigest, Presented};
use countersign_domain::time::Timestamp;

use super::settings::Settings;
use super::wire::Parm;
use crate::Answer;
use crate::aspnet::{Text, Voice, translate};
use crate::raw::RawResponse;
use crate::rejection::{Fault, Invalid, Rejection};

/// Marks a `mobile` that can be nobody's. It is answered as a number of somebody else is, but spends no attempt at
/// the code: the request is malformed, and the answer tells nothing about the account.
const NOBODYS_NUMBER: Fault = Fault::NotAllowed("the whole number or its last 4 to 11 digits");

/// A new payment secret by code, for the account whose session made the request.
pub(super) fn command(
    parm: Parm,
    session: &SessionKeys,
    new: LegacyDigest,
    settings: &Settings,
) -> Result<Command, Rejection> {
    let mobile = MobileTail::parse(parm.mobile.expose()).ok_or_else(|| {
        Rejection::Invalid(vec![Invalid { member: "mobile".to_owned(), fault: NOBODYS_NUMBER }])
    })?;
    Ok(Command::ResetByCode {
        subject: Subject::Account(session.caller.account),
        kind: Kind::Payment,
        purpose: Purpose::PaymentChange,
        code: parm.verifycode,
        mobile: Some(mobile),
        new: NewSecret {
            presented: Presented::Digest(new),
            // A digest has no length; these are the bounds of the dialects that deliver plain secrets.
            chars: (6, 64),
            refuse_common: settings.common_secrets.refused(),
        },
    })
}

/// The answer to any outcome.
pub(super) fn answer(voice: &Voice<'_>, answer: Answer<'_>, now: Timestamp) -> RawResponse {
    match answer {
        Answer::Done(done) => translate::done(voice, done),
        Answer::Refused(refusal) => translate::refused(voice, refusal, now),
        Answer::Rejected(Rejection::Unproven(_)) => voice.result(Text::NoLiveSession),
        Answer::Rejected(Rejection::Invalid(faults)) if is_nobodys_number(faults) => {
            voice.result(Text::CodeIncorrect)
        }
        Answer::Rejected(rejection) => translate::rejected(voice, rejection),
        Answer::Fault => voice.fault(),
    }
}

fn is_nobodys_number(faults: &[Invalid]) -> bool {
    matches!(faults, [only] if only.fault == NOBODYS_NUMBER)
}
