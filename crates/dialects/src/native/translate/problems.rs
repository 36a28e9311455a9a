//! From a refusal, a rejection or a fault, to a problem (RFC 9457).

use countersign_domain::answer::{IntentRefusal, Refusal};
use countersign_domain::lang::Lang;
use countersign_domain::money::NotAnAmount;
use countersign_domain::time::Timestamp;
use http::header;

use crate::LOCKED_FOR_GOOD_S;
use crate::native::calls::Call;
use crate::native::envelope::{with_header, wrap};
use crate::native::texts;
use crate::native::texts::fault as words;
use crate::native::wire::problem::{MemberError, PROBLEM_JSON, Problem, ProblemCode};
use crate::native::wire::rfc3339;
use crate::raw::{RawRequest, RawResponse};
use crate::rejection::{Fault, Invalid, Rejection};

/// The answer to a command that was refused. `call` decides where its words would say too much or miss the point.
pub(in crate::native) fn refused(
    raw: &RawRequest,
    call: Option<Call>,
    refusal: &Refusal,
    now: Timestamp,
) -> RawResponse {
    match call {
        Some(Call::OpenSession) if tells_of_the_account(refusal) => {
            Told::new(raw).answer(ProblemCode::SecretIncorrect)
        }
        Some(Call::EndOwnSession) if tells_of_a_missing_record(refusal) => {
            unauthenticated(raw, "Bearer error=\"invalid_token\"")
        }
        // The person's, while her request waited. An app has none.
        Some(Call::ApproveIntent | Call::ReadIntent | Call::IssueIntentCode)
            if *refusal == Refusal::NoLiveSession =>
        {
            unauthenticated(raw, "Bearer error=\"invalid_token\"")
        }
        Some(Call::CreateAccount) if tells_of_a_missing_record(refusal) => {
            invalid(raw, &[not_allowed("spark.appid", words::NO_SUCH_APP)])
        }
        Some(_) | None => usual(raw, call, refusal, now),
    }
}

/// The answer to a request that was turned away at the door.
pub(in crate::native) fn rejected(raw: &RawRequest, rejection: &Rejection) -> RawResponse {
    let told = Told::new(raw);
    match rejection {
        Rejection::NotFound => told.answer(ProblemCode::NotFound),
        Rejection::MethodNotAllowed(methods) => {
            let methods = methods.join(", ");
            with_header(told.about(&methods).answer(ProblemCode::MethodNotAllowed), header::ALLOW, &methods)
        }
        Rejection::BodyTooLarge(most) => told.about(&most.to_string()).answer(ProblemCode::BodyTooLarge),
        Rejection::UnsupportedMediaType(_) => told.answer(ProblemCode::UnsupportedMediaType),
        Rejection::NoCredential => unauthenticated(raw, "Bearer"),
        Rejection::Unproven(_) => unauthenticated(raw, "Bearer error=\"invalid_token\""),
        Rejection::Forbidden(scope) => told.about(scope.as_str()).answer(ProblemCode::Forbidden),
        Rejection::OnlyByOperator(scope) => {
            let detail = texts::only_by_operator(told.lang, scope.as_str());
            told.saying(detail).answer(ProblemCode::Forbidden)
        }
        Rejection::Malformed(why) => told.about(why).answer(ProblemCode::MalformedRequest),
        Rejection::Invalid(faults) => invalid(raw, faults),
        Rejection::IdempotencyMismatch => told.answer(ProblemCode::IdempotencyMismatch),
        Rejection::IdempotencyRunning => told.answer(ProblemCode::IdempotencyConflict),
        // This API has neither HAWK nor ciphertexts nor proofs that are good only once.
        Rejection::Hawk(_) | Rejection::Undecryptable | Rejection::Replayed => fault(raw),
    }
}

/// The answer to a fault of ours.
pub(in crate::native) fn fault(raw: &RawRequest) -> RawResponse {
    Told::new(raw).answer(ProblemCode::InternalError)
}

fn usual(raw: &RawRequest, call: Option<Call>, refusal: &Refusal, now: Timestamp) -> RawResponse {
    let told = Told::new(raw);
    match refusal {
        Refusal::UnknownAccount | Refusal::UnknownApp | Refusal::NotFound | Refusal::DevOnly => {
            told.answer(ProblemCode::NotFound)
        }
        Refusal::NotSet => told.answer(ProblemCode::SecretNotSet),
        Refusal::AlreadySet => told.answer(ProblemCode::SecretAlreadySet),
        Refusal::Incorrect { remaining, locked_until, last_guess_left } => told
            .remaining(*remaining)
            .locked(*locked_until)
            .last_guess_left(*last_guess_left)
            .answer(ProblemCode::SecretIncorrect),
        Refusal::Locked { until, misses: _ } => {
            let wait = until.map_or(LOCKED_FOR_GOOD_S, |until| now.until(until).secs_ceil());
            told.remaining(Some(0)).locked(*until).wait(Some(wait)).answer(ProblemCode::SecretLocked)
        }
        Refusal::Busy => told.wait(Some(1)).answer(ProblemCode::RateLimited),
        Refusal::Overloaded { retry_after_s } => {
            told.wait(Some(i64::from(*retry_after_s))).answer(ProblemCode::Overloaded)
        }
        Refusal::Unavailable { retry_after_s } => {
            told.wait(Some(i64::from(*retry_after_s))).answer(ProblemCode::Unavailable)
        }
        Refusal::ReadOnly { retry_after_s } => {
            told.wait(Some(i64::from(*retry_after_s))).answer(ProblemCode::ReadOnly)
        }
        Refusal::TooShort(least) => told.new_secret(call, ProblemCode::SecretTooShort, &least.to_string()),
        Refusal::TooLong(most) => told.new_secret(call, ProblemCode::SecretTooLong, &most.to_string()),
        Refusal::TooCommon => told.new_secret(call, ProblemCode::SecretTooCommon, ""),
        Refusal::SameAsLogin => told.new_secret(call, ProblemCode::SecretSameAsLogin, ""),
        Refusal::Unchanged => told.new_secret(call, ProblemCode::SecretUnchanged, ""),
        Refusal::CodeIncorrect { remaining } => told.remaining(*remaining).answer(ProblemCode::CodeIncorrect),
        Refusal::CodeExpired => told.answer(ProblemCode::CodeExpired),
        Refusal::RateLimited { retry_at } => {
            told.wait(Some(now.until(*retry_at).secs_ceil())).answer(ProblemCode::RateLimited)
        }
        Refusal::NoMobile => invalid(raw, &[not_allowed("mobile", words::NOT_THEIRS)]),
        Refusal::IdentifierTaken(member) => told.member(member, ProblemCode::IdentifierTaken, member),
        Refusal::Intent(refusal) => of_intent(raw, told, *refusal),
        Refusal::OnHold { until } => {
            let wait = now.until(*until).secs_ceil();
            told.on_hold(*until).wait(Some(wait)).answer(ProblemCode::PaymentsOnHold)
        }
        Refusal::KeyTooYoung => told.answer(ProblemCode::KeyTooYoung),
        Refusal::Disabled => told.answer(ProblemCode::SecretDisabled),
        Refusal::NotOnHold => told.answer(ProblemCode::NotOnHold),
        Refusal::UrlNotAllowed(why) => invalid(raw, &[not_allowed("url", words::of_denied(*why))]),
        Refusal::TooManyWebhooks(most) => told.about(&most.to_string()).answer(ProblemCode::WebhookLimit),
        // No call of this API presents a digest, names a wallet, shows an app's secret or proves a session by use.
        Refusal::DigestNotAccepted
        | Refusal::WalletConflict
        | Refusal::AppSecretIncorrect
        | Refusal::NoLiveSession => fault(raw),
    }
}

fn of_intent(raw: &RawRequest, told: Told<'_>, refusal: IntentRefusal) -> RawResponse {
    match refusal {
        IntentRefusal::UnknownCurrency => invalid(raw, &[not_allowed("currency", words::NO_CURRENCY)]),
        IntentRefusal::NotAnAmount(why) => {
            let why = match why {
                NotAnAmount::Form | NotAnAmount::Zero => words::NO_AMOUNT,
                NotAnAmount::Digits(_) => words::TOO_FINE,
            };
            invalid(raw, &[not_allowed("amount", why)])
        }
        IntentRefusal::Consumed => told.answer(ProblemCode::IntentConsumed),
        IntentRefusal::Voided(cause) => told.reason(cause.as_str()).answer(ProblemCode::IntentVoided),
        IntentRefusal::NotApproved => told.answer(ProblemCode::IntentNotApproved),
        IntentRefusal::Approved => told.answer(ProblemCode::IntentAlreadyApproved),
        IntentRefusal::Cancelled => told.answer(ProblemCode::IntentCancelled),
        IntentRefusal::Expired => told.answer(ProblemCode::IntentExpired),
        IntentRefusal::DigestMismatch => told.answer(ProblemCode::DigestMismatch),
        IntentRefusal::SecretRequired(why) => told.reason(why.as_str()).answer(ProblemCode::SecretRequired),
        IntentRefusal::CodeRequired(why) => told.reason(why.as_str()).answer(ProblemCode::CodeRequired),
        IntentRefusal::FactorsIncorrect { last_guess_left } => {
            told.last_guess_left(last_guess_left).answer(ProblemCode::FactorsIncorrect)
        }
        IntentRefusal::OverLimit(why) => told.reason(why.as_str()).answer(ProblemCode::LimitExceeded),
    }
}

/// Whether a refused login would tell if there is such an account: unknown, unset and wrong must read the same.
const fn tells_of_the_account(refusal: &Refusal) -> bool {
    matches!(
        refusal,
        Refusal::UnknownAccount | Refusal::NotFound | Refusal::NotSet | Refusal::Incorrect { .. }
    )
}

/// Whether what the request relies on, a session that ended meanwhile or an app, is not there.
const fn tells_of_a_missing_record(refusal: &Refusal) -> bool {
    matches!(
        refusal,
        Refusal::UnknownAccount
            | Refusal::NotFound
            | Refusal::NoLiveSession
            | Refusal::AppSecretIncorrect
            | Refusal::UnknownApp
    )
}

/// `challenge` is what RFC 6750, section 3, puts into `WWW-Authenticate`.
fn unauthenticated(raw: &RawRequest, challenge: &str) -> RawResponse {
    with_header(Told::new(raw).answer(ProblemCode::Unauthenticated), header::WWW_AUTHENTICATE, challenge)
}

fn invalid(raw: &RawRequest, faults: &[Invalid]) -> RawResponse {
    let mut told = Told::new(raw);
    let lang = told.lang;
    told.errors.extend(faults.iter().map(|invalid| {
        let (code, detail) = texts::of_fault(&invalid.fault, lang);
        MemberError { member: invalid.member.clone(), code, detail }
    }));
    let names: Vec<&str> = faults.iter().map(|invalid| invalid.member.as_str()).collect();
    told.about(&names.join(", ")).answer(ProblemCode::InvalidParameter)
}

/// The language that the caller prefers.
pub(super) fn lang(raw: &RawRequest) -> Lang {
    Lang::negotiate(raw.header(header::ACCEPT_LANGUAGE.as_str()).unwrap_or_default(), Lang::En)
}

fn not_allowed(member: &str, words: &'static str) -> Invalid {
    Invalid { member: member.to_owned(), fault: Fault::NotAllowed(words) }
}

/// What there is to tell about one occurrence of a problem.
pub(super) struct Told<'a> {
    raw: &'a RawRequest,
    lang: Lang,
    about: String,
    /// What is said instead of the problem's own sentence.
    detail: Option<String>,
    remaining: Option<u32>,
    locked_until: Option<Timestamp>,
    last_guess_left: bool,
    hold_until: Option<Timestamp>,
    reason: Option<&'static str>,
    wait_s: Option<i64>,
    errors: Vec<MemberError>,
}

impl<'a> Told<'a> {
    pub(super) fn new(raw: &'a RawRequest) -> Self {
        Self {
            raw,
            lang: lang(raw),
            about: String::new(),
            detail: None,
            remaining: None,
            locked_until: None,
            last_guess_left: false,
            hold_until: None,
            reason: None,
            wait_s: None,
            errors: Vec::new(),
        }
    }

    fn about(mut self, about: &str) -> Self {
        about.clone_into(&mut self.about);
        self
    }

    fn saying(mut self, detail: String) -> Self {
        self.detail = Some(detail);
        self
    }

    const fn remaining(mut self, remaining: Option<u32>) -> Self {
        self.remaining = remaining;
        self
    }

    const fn locked(mut self, until: Option<Timestamp>) -> Self {
        self.locked_until = until;
        self
    }

    const fn last_guess_left(mut self, last: bool) -> Self {
        self.last_guess_left = last;
        self
    }

    const fn on_hold(mut self, until: Timestamp) -> Self {
        self.hold_until = Some(until);
        self
    }

    pub(super) const fn reason(mut self, word: &'static str) -> Self {
        self.reason = Some(word);
        self
    }

    /// At least a second: a caller that came back at once would only be told the same again.
    fn wait(mut self, seconds: Option<i64>) -> Self {
        self.wait_s = seconds.map(|seconds| seconds.max(1));
        self
    }

    /// A problem that one member causes.
    fn member(mut self, member: &str, code: ProblemCode, about: &str) -> RawResponse {
        let detail = texts::detail(code, self.lang, about);
        self.errors.push(MemberError { member: member.to_owned(), code: code.as_str(), detail });
        self.about(about).answer(code)
    }

    /// A problem with the new secret, under the name that the call gives it. A new account may bring several, and
    /// which one it was is not known here.
    fn new_secret(self, call: Option<Call>, code: ProblemCode, about: &str) -> RawResponse {
        match call {
            Some(Call::SetSecret) => self.member("secret", code, about),
            Some(Call::ChangeSecret | Call::ResetSecret) => self.member("new", code, about),
            Some(_) | None => self.member("secrets", code, about),
        }
    }

    pub(super) fn answer(self, code: ProblemCode) -> RawResponse {
        self.worded_as(code, code)
    }

    /// A problem that people read as another one.
    pub(super) fn worded_as(self, words: ProblemCode, code: ProblemCode) -> RawResponse {
        let about = self.wait_s.map_or(self.about, |seconds| seconds.to_string());
        let mut detail = self.detail.unwrap_or_else(|| texts::detail(words, self.lang, &about));
        if self.last_guess_left {
            detail.push_str(texts::last_guess_left(self.lang));
        }
        let problem = Problem {
            kind: format!("urn:countersign:problem:{}", code.as_str()),
            title: texts::title(words, self.lang),
            status: code.status().as_u16(),
            detail,
            code: code.as_str(),
            request_id: self.raw.request_id.clone(),
            remaining_attempts: self.remaining,
            last_guess_left: self.last_guess_left,
            locked_until: self.locked_until.map(rfc3339),
            hold_until: self.hold_until.map(rfc3339),
            reason: self.reason,
            retry_after_s: self.wait_s,
            errors: self.errors,
        };
        let answer = wrap(code.status(), PROBLEM_JSON, &problem);
        let answer = with_header(answer, header::CONTENT_LANGUAGE, self.lang.tag());
        match self.wait_s {
            Some(seconds) => answer.retry_after(seconds),
            None => answer,
        }
    }
}
