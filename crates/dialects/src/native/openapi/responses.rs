//! Every status that a call can be answered with.

use http::{Method, StatusCode};
use utoipa::ToSchema;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::schema::{ArrayBuilder, Object, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{
    Content, ContentBuilder, Ref, RefOr, Response, ResponseBuilder, Responses, ResponsesBuilder,
};

use super::headers;
use crate::device::DeviceToken;
use crate::native::calls::{Call, Entry, Proof};
use crate::native::translate::KEY_SET_JSON;
use crate::native::wire::problem::{PROBLEM_JSON, Problem, ProblemCode};
use crate::native::wire::{accounts, answers, events, holds, intents, webhooks};
use crate::raw::STREAM;

/// The answers to a call.
pub(super) fn responses(entry: &Entry, device: DeviceToken) -> Responses {
    let (status, mut done) = done(entry.call);
    if let Some((name, header)) = headers::of_success(entry, device) {
        done = ResponseBuilder::from(done).header(name, header).build();
    }
    let mut responses = ResponsesBuilder::new().response(status.as_str(), done);
    if entry.call == Call::ReleaseHolds {
        let proposed = of::<holds::HoldRelease>("Proposed; another key has to agree");
        responses = responses.response(StatusCode::ACCEPTED.as_str(), proposed);
    }
    let codes = problems(entry);
    for status in statuses(&codes) {
        let words: Vec<String> = codes
            .iter()
            .filter(|code| code.status() == status)
            .map(|code| format!("`{}`", code.as_str()))
            .collect();
        responses = responses.response(status.as_str(), problem(status, &words.join(", ")));
    }
    responses.build()
}

fn done(call: Call) -> (StatusCode, Response) {
    match call {
        Call::CreateAccount => {
            let place = text_header("Where the account is found");
            let created = of::<accounts::Account>("The account as it now stands");
            (StatusCode::CREATED, ResponseBuilder::from(created).header("Location", place).build())
        }
        Call::FindAccounts => (StatusCode::OK, list::<accounts::Account>("Accounts, by id")),
        Call::ReadAccount => (StatusCode::OK, of::<accounts::Account>("The account as it stands")),
        Call::Unlock => (StatusCode::OK, of::<accounts::Account>("Unlocked; the account as it now stands")),
        Call::DisableSecret => {
            (StatusCode::OK, of::<accounts::Account>("Disabled; the account as it now stands"))
        }
        Call::SetSecret => (StatusCode::CREATED, of::<answers::SecretInPlace>("Set")),
        Call::ChangeSecret => (StatusCode::OK, of::<answers::SecretInPlace>("Changed")),
        Call::ResetSecret => (StatusCode::OK, of::<answers::SecretInPlace>("Reset")),
        Call::VerifySecret => (StatusCode::OK, of::<answers::Verified>("It is the secret")),
        Call::ReadAskFrequency => {
            (StatusCode::OK, of::<accounts::AskAnswer>("AskAnswer frequency and window"))
        }
        Call::ChooseAskFrequency => (StatusCode::OK, of::<accounts::AskAnswer>("Chosen")),
        Call::IssueCode | Call::IssueIntentCode => {
            (StatusCode::ACCEPTED, of::<answers::IssuedCode>("On its way"))
        }
        Call::NoteSimChange => (StatusCode::OK, of::<answers::SimChange>("Noted")),
        Call::ReplaceMobiles => (StatusCode::OK, of::<accounts::Account>("Replaced")),
        Call::OpenSession => (StatusCode::CREATED, of::<answers::NewSession<'_>>("Opened; shown this once")),
        Call::EraseAccount
        | Call::EndOwnSession
        | Call::EndSession
        | Call::DeleteApp
        | Call::DeleteWebhook => (StatusCode::NO_CONTENT, ResponseBuilder::new().description("Gone").build()),
        Call::CreateApp => {
            (StatusCode::CREATED, of::<answers::CreatedApp<'_>>("Created; the credential is shown this once"))
        }
        Call::ListApps => (StatusCode::OK, list::<answers::ListedApp>("Apps, by id")),
        Call::CreateIntent => {
            let place = text_header("Where the intent is found");
            let created = of::<intents::Intent<'_>>("The intent as it now stands");
            (StatusCode::CREATED, ResponseBuilder::from(created).header("Location", place).build())
        }
        Call::ListIntents => (StatusCode::OK, list::<intents::Intent<'_>>("Intents, newest first")),
        Call::ReadIntent => (StatusCode::OK, of::<intents::Intent<'_>>("The intent as it stands")),
        Call::ApproveIntent => (StatusCode::OK, of::<intents::Intent<'_>>("Approved")),
        Call::ConsumeIntent => (StatusCode::OK, of::<intents::Intent<'_>>("Consumed; move the money")),
        Call::CancelIntent => (StatusCode::OK, of::<intents::Intent<'_>>("Taken back")),
        Call::ReleaseHolds => (StatusCode::OK, of::<holds::HoldRelease>("Released")),
        Call::ReadKeySet => {
            let schema = Ref::from_schema_name(answers::KeySet::name());
            let content = ContentBuilder::new().schema(Some(schema)).build();
            let keys = ResponseBuilder::new().description("The keys, a JWK Set (RFC 7517)");
            let keep = text_header("How long it may be kept");
            (StatusCode::OK, keys.content(KEY_SET_JSON, content).header("Cache-Control", keep).build())
        }
        Call::ReadEvents => {
            let listed = list::<events::ShownEvent>("Events, newest first; or the stream that was asked for");
            let stream = ContentBuilder::new().schema(Some(Object::with_type(Type::String))).build();
            (StatusCode::OK, ResponseBuilder::from(listed).content(STREAM, stream).build())
        }
        Call::ReadEvent => (StatusCode::OK, of::<events::ShownEvent>("The event")),
        Call::CreateWebhook => {
            let place = text_header("Where the webhook is found");
            let created = of::<webhooks::CreatedWebhook<'_>>("Created; the secret is shown this once");
            (StatusCode::CREATED, ResponseBuilder::from(created).header("Location", place).build())
        }
        Call::RotateWebhookSecret => {
            (StatusCode::OK, of::<webhooks::CreatedWebhook<'_>>("The new secret, shown this once"))
        }
        Call::ListWebhooks => (StatusCode::OK, of::<webhooks::ShownWebhooks<'_>>("Webhooks, by id")),
        Call::ReadWebhook => (StatusCode::OK, of::<webhooks::ShownWebhook<'_>>("The webhook as it stands")),
        Call::EnableWebhook => (StatusCode::OK, of::<webhooks::ShownWebhook<'_>>("It is told from now on")),
        Call::DisableWebhook => (StatusCode::OK, of::<webhooks::ShownWebhook<'_>>("It is told nothing")),
        Call::ReplayWebhook => (StatusCode::ACCEPTED, of::<webhooks::ShownWebhook<'_>>("It is told again")),
        Call::ReadDeliveries => {
            (StatusCode::OK, of::<webhooks::ShownDeliveries>("What was attempted, and what waits"))
        }
        Call::AdvanceClock => (StatusCode::OK, of::<answers::Clock>("The clock as it now stands")),
        Call::ReadOutbox => (StatusCode::OK, of::<answers::Outbox<'_>>("Messages, oldest first")),
    }
}

/// What can go wrong with a call.
fn problems(entry: &Entry) -> Vec<ProblemCode> {
    let mut codes = vec![
        ProblemCode::MalformedRequest,
        ProblemCode::InvalidParameter,
        ProblemCode::MethodNotAllowed,
        ProblemCode::BodyTooLarge,
        ProblemCode::RateLimited,
        ProblemCode::InternalError,
        ProblemCode::Overloaded,
        ProblemCode::Unavailable,
        ProblemCode::ReadOnly,
    ];
    match entry.proof {
        Proof::Key(_) | Proof::AnyKey => codes.extend([ProblemCode::Unauthenticated, ProblemCode::Forbidden]),
        Proof::AccessToken => {
            codes.extend([ProblemCode::Unauthenticated, ProblemCode::InsufficientUserAuthentication]);
        }
        Proof::KeyOrOwner(_) => codes.extend([
            ProblemCode::Unauthenticated,
            ProblemCode::Forbidden,
            ProblemCode::InsufficientUserAuthentication,
        ]),
        Proof::Nothing => {}
    }
    if entry.path.contains('{') || entry.path.starts_with("/v1/dev/") {
        codes.push(ProblemCode::NotFound);
    }
    if matches!(entry.method, Method::POST | Method::PUT) {
        codes.extend([
            ProblemCode::UnsupportedMediaType,
            ProblemCode::IdempotencyMismatch,
            ProblemCode::IdempotencyConflict,
        ]);
    }
    codes.extend(own_problems(entry.call));
    codes
}

fn own_problems(call: Call) -> Vec<ProblemCode> {
    /// What a new secret can break.
    const RULES: [ProblemCode; 5] = [
        ProblemCode::SecretTooShort,
        ProblemCode::SecretTooLong,
        ProblemCode::SecretTooCommon,
        ProblemCode::SecretSameAsLogin,
        ProblemCode::SecretUnchanged,
    ];
    match call {
        Call::CreateAccount => [&RULES[..], &[ProblemCode::IdentifierTaken]].concat(),
        Call::SetSecret => [&RULES[..], &[ProblemCode::SecretAlreadySet, ProblemCode::SecretLocked]].concat(),
        Call::ChangeSecret => [
            &RULES[..],
            &[ProblemCode::SecretIncorrect, ProblemCode::SecretNotSet, ProblemCode::SecretLocked],
        ]
        .concat(),
        Call::ResetSecret => {
            let own = [
                ProblemCode::CodeIncorrect,
                ProblemCode::CodeExpired,
                ProblemCode::SecretNotSet,
                ProblemCode::SecretLocked,
            ];
            [&RULES[..], &own].concat()
        }
        Call::VerifySecret => {
            vec![ProblemCode::SecretIncorrect, ProblemCode::SecretNotSet, ProblemCode::SecretLocked]
        }
        Call::CreateWebhook => vec![ProblemCode::WebhookLimit],
        Call::OpenSession => vec![ProblemCode::SecretIncorrect, ProblemCode::SecretLocked],
        Call::Unlock => vec![ProblemCode::SecretNotSet, ProblemCode::SecretDisabled],
        Call::DisableSecret => vec![ProblemCode::SecretNotSet],
        Call::ApproveIntent => vec![
            ProblemCode::SecretIncorrect,
            ProblemCode::SecretNotSet,
            ProblemCode::SecretLocked,
            ProblemCode::SecretRequired,
            ProblemCode::CodeRequired,
            ProblemCode::FactorsIncorrect,
            ProblemCode::LimitExceeded,
            ProblemCode::PaymentsOnHold,
            ProblemCode::IntentAlreadyApproved,
            ProblemCode::IntentCancelled,
            ProblemCode::IntentConsumed,
            ProblemCode::IntentExpired,
            ProblemCode::IntentVoided,
        ],
        Call::ConsumeIntent => vec![
            ProblemCode::DigestMismatch,
            ProblemCode::IntentNotApproved,
            ProblemCode::IntentConsumed,
            ProblemCode::IntentExpired,
            ProblemCode::IntentVoided,
            ProblemCode::PaymentsOnHold,
        ],
        Call::CancelIntent => {
            vec![ProblemCode::IntentConsumed, ProblemCode::IntentExpired, ProblemCode::IntentVoided]
        }
        Call::CreateIntent | Call::ListIntents => vec![ProblemCode::NotFound],
        Call::IssueIntentCode => vec![
            ProblemCode::LimitExceeded,
            ProblemCode::PaymentsOnHold,
            ProblemCode::IntentAlreadyApproved,
            ProblemCode::IntentCancelled,
            ProblemCode::IntentConsumed,
            ProblemCode::IntentExpired,
            ProblemCode::IntentVoided,
        ],
        Call::ReleaseHolds => vec![ProblemCode::NotOnHold, ProblemCode::KeyTooYoung],
        Call::FindAccounts
        | Call::ReadAccount
        | Call::EraseAccount
        | Call::ReadAskFrequency
        | Call::ChooseAskFrequency
        | Call::IssueCode
        | Call::NoteSimChange
        | Call::ReplaceMobiles
        | Call::EndOwnSession
        | Call::EndSession
        | Call::CreateApp
        | Call::ListApps
        | Call::DeleteApp
        | Call::ReadEvents
        | Call::ReadEvent
        | Call::ReadIntent
        | Call::ReadKeySet
        | Call::ListWebhooks
        | Call::ReadWebhook
        | Call::DeleteWebhook
        | Call::EnableWebhook
        | Call::DisableWebhook
        | Call::RotateWebhookSecret
        | Call::ReplayWebhook
        | Call::ReadDeliveries
        | Call::AdvanceClock
        | Call::ReadOutbox => Vec::new(),
    }
}

fn statuses(codes: &[ProblemCode]) -> Vec<StatusCode> {
    let mut statuses: Vec<StatusCode> = codes.iter().map(|code| code.status()).collect();
    statuses.sort_unstable();
    statuses.dedup();
    statuses
}

fn problem(status: StatusCode, words: &str) -> Response {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(Problem::name()))).build();
    let response = ResponseBuilder::new()
        .description(words)
        .content(PROBLEM_JSON, content)
        .header("Content-Language", text_header("The language of `title` and `detail`"));
    let response = match status {
        StatusCode::UNAUTHORIZED => {
            response.header("WWW-Authenticate", text_header("`Bearer` (RFC 6750, section 3)"))
        }
        StatusCode::METHOD_NOT_ALLOWED => response.header("Allow", text_header("The methods that are")),
        StatusCode::LOCKED | StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => response
            .header(
                "Retry-After",
                header(
                    "Seconds until it is worth trying again; absent where time does not help",
                    Type::Integer,
                ),
            ),
        _ => response,
    };
    response.build()
}

fn of<T: ToSchema>(about: &str) -> Response {
    json(about, ContentBuilder::new().schema(Some(Ref::from_schema_name(T::name()))).build())
}

fn list<T: ToSchema>(about: &str) -> Response {
    let nullable = SchemaType::from_iter([Type::String, Type::Null]);
    let cursor = ObjectBuilder::new()
        .schema_type(nullable)
        .description(Some("For `after`, to read on; null at the end. What it holds is nobody's business"));
    let list = ObjectBuilder::new()
        .property("data", ArrayBuilder::new().items(Ref::from_schema_name(T::name())))
        .property("has_more", Object::with_type(Type::Boolean))
        .property("next_cursor", cursor)
        .required("data")
        .required("has_more")
        .required("next_cursor")
        .build();
    json(about, ContentBuilder::new().schema(Some(RefOr::T(Schema::Object(list)))).build())
}

fn json(about: &str, content: Content) -> Response {
    ResponseBuilder::new().description(about).content("application/json", content).build()
}

fn text_header(about: &str) -> Header {
    header(about, Type::String)
}

fn header(about: &str, of: Type) -> Header {
    HeaderBuilder::new().schema(Some(Object::with_type(of))).description(Some(about)).build()
}
