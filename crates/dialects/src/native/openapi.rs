//! This dialect's part of the OpenAPI document.

mod bodies;
mod headers;
mod responses;

use http::Method;
use utoipa::ToSchema;
use utoipa::openapi::path::{
    HttpMethod, Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn, PathItem, Paths,
};
use utoipa::openapi::schema::{Components, ComponentsBuilder, Object, Schema};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{Info, OpenApi, OpenApiBuilder, RefOr, Required};

use super::calls::{Call, Entry, Proof};
use super::wire::new_account::NewAccount;
use super::wire::webhooks::LAST_EVENT_ID;
use super::wire::{accounts, answers, events, holds, intents, problem, requests, schemas, webhooks};
use crate::device::DeviceToken;

const TAG: &str = "native";
/// The security scheme of an app's key.
const API_KEY: &str = "native_api_key";
/// The security scheme of a session's token.
const ACCESS_TOKEN: &str = "native_access_token";

/// The document's part about these calls, with devices known by `device`.
pub(super) fn part(entries: &[Entry], device: DeviceToken) -> OpenApi {
    let mut paths = Paths::new();
    for entry in entries {
        let method = if entry.method == Method::GET {
            HttpMethod::Get
        } else if entry.method == Method::PUT {
            HttpMethod::Put
        } else if entry.method == Method::DELETE {
            HttpMethod::Delete
        } else {
            HttpMethod::Post
        };
        let item = PathItem::new(method, operation(entry, device));
        match paths.paths.get_mut(entry.path) {
            Some(known) => known.merge_operations(item),
            None => drop(paths.paths.insert(entry.path.to_owned(), item)),
        }
    }
    let about = "Countersign's own API. Errors are problem details (RFC 9457); decide by their `code`.";
    OpenApiBuilder::new()
        .info(Info::new(TAG, env!("CARGO_PKG_VERSION")))
        .tags(Some([TagBuilder::new().name(TAG).description(Some(about)).build()]))
        .components(Some(components()))
        .paths(paths)
        .build()
}

fn operation(entry: &Entry, device: DeviceToken) -> Operation {
    let (security, about) = match entry.proof {
        Proof::Key(scope) => (API_KEY, format!("Needs the scope `{}`.", scope.as_str())),
        Proof::AnyKey => (API_KEY, "Any API key may call it.".to_owned()),
        Proof::AccessToken => (ACCESS_TOKEN, "Needs the session's own access token.".to_owned()),
        Proof::KeyOrOwner(scope) => {
            let scope = scope.as_str();
            (
                API_KEY,
                format!("Needs the scope `{scope}`, or an access token of the account that it is about."),
            )
        }
        Proof::Nothing => ("", "Needs no credential; may be kept for five minutes.".to_owned()),
    };
    let by = |scheme: &str| SecurityRequirement::new(scheme, Vec::<String>::new());
    let securities = match entry.proof {
        Proof::Nothing => vec![SecurityRequirement::default()],
        Proof::KeyOrOwner(_) => vec![by(security), by(ACCESS_TOKEN)],
        Proof::Key(_) | Proof::AnyKey | Proof::AccessToken => vec![by(security)],
    };
    OperationBuilder::new()
        .tag(TAG)
        .operation_id(Some(format!("{TAG}_{}", entry.name)))
        .summary(Some(entry.summary))
        .description(Some(about))
        .securities(Some(securities))
        .request_body(bodies::body(entry.call))
        .parameters(Some(parameters(entry, device)).filter(|parameters| !parameters.is_empty()))
        .responses(responses::responses(entry, device))
        .build()
}

fn parameters(entry: &Entry, device: DeviceToken) -> Vec<Parameter> {
    let mut parameters = Vec::new();
    if let Some(schema) = named_by_path(entry.call) {
        parameters.push(parameter("id", ParameterIn::Path, "Whose, or which", schema));
    }
    if entry.path.contains("{kind}") {
        parameters.push(parameter("kind", ParameterIn::Path, "Which secret", schemas::kind()));
    }
    parameters.extend(headers::of_request(entry, device));
    parameters.extend(query(entry.call));
    parameters
}

/// What the call's path names, if it names something.
fn named_by_path(call: Call) -> Option<Object> {
    Some(match call {
        Call::ReadAccount
        | Call::EraseAccount
        | Call::SetSecret
        | Call::ChangeSecret
        | Call::VerifySecret
        | Call::ResetSecret
        | Call::DisableSecret
        | Call::Unlock
        | Call::ReadAskFrequency
        | Call::ChooseAskFrequency
        | Call::IssueCode
        | Call::NoteSimChange
        | Call::ReplaceMobiles
        | Call::ReleaseHolds => schemas::account_id(),
        Call::EndSession => schemas::session_id(),
        Call::DeleteApp => schemas::app_id(),
        Call::ReadIntent
        | Call::ApproveIntent
        | Call::ConsumeIntent
        | Call::CancelIntent
        | Call::IssueIntentCode => schemas::intent_id(),
        Call::ReadEvent => schemas::event_id(),
        Call::ReadWebhook
        | Call::DeleteWebhook
        | Call::EnableWebhook
        | Call::DisableWebhook
        | Call::RotateWebhookSecret
        | Call::ReplayWebhook
        | Call::ReadDeliveries => schemas::webhook_id(),
        Call::CreateAccount
        | Call::FindAccounts
        | Call::OpenSession
        | Call::EndOwnSession
        | Call::CreateApp
        | Call::ListApps
        | Call::ReadEvents
        | Call::CreateIntent
        | Call::ListIntents
        | Call::ReadKeySet
        | Call::CreateWebhook
        | Call::ListWebhooks
        | Call::AdvanceClock
        | Call::ReadOutbox => return None,
    })
}

fn query(call: Call) -> Vec<Parameter> {
    let page = |after: Object| {
        [
            in_query("after", "What was already seen: an id of this list, or its `next_cursor`", after),
            in_query("limit", "How many at most", schemas::limit()),
        ]
    };
    match call {
        Call::FindAccounts => {
            let together = "Only together with its other half";
            let mut filters = vec![
                in_query("username", "The login name", schemas::name()),
                in_query("user_id", "The platform's own user id, or else a wallet's", schemas::name()),
                in_query("wallet_addr", "The wallet's address, in any app", schemas::name()),
                in_query("mobile", "A mobile number", schemas::mobile()),
                in_query("agentid", together, schemas::spelled_integral()),
                in_query("usercode", together, schemas::spelled_integral()),
            ];
            filters.extend(page(schemas::account_id()));
            filters
        }
        Call::ListApps => page(schemas::app_id()).into(),
        Call::ReadEvents => {
            let account = in_query("account_id", "Only this account's", schemas::account_id());
            let [after, limit] = page(schemas::event_or_place());
            let types =
                in_query("types", "In a stream: only of these types, with commas between", schemas::words());
            let seen = parameter(
                LAST_EVENT_ID,
                ParameterIn::Header,
                "In a stream: what was seen last",
                schemas::place(),
            );
            vec![account, after, limit, types, seen]
        }
        Call::ListIntents => {
            let account = parameter_required("account_id", "Whose", schemas::account_id());
            let state = in_query("state", "Only those that stand so", schemas::intent_state());
            let [after, limit] = page(schemas::intent_id());
            vec![account, state, after, limit]
        }
        Call::ReadOutbox => vec![in_query("account_id", "Only this account's", schemas::account_id())],
        Call::EndSession => {
            let about = "Whose: needed for a session of an OpenID provider, which is found in no other way";
            vec![in_query("account_id", about, schemas::account_id())]
        }
        Call::CreateAccount
        | Call::ReadAccount
        | Call::EraseAccount
        | Call::SetSecret
        | Call::ChangeSecret
        | Call::VerifySecret
        | Call::ResetSecret
        | Call::DisableSecret
        | Call::Unlock
        | Call::ReadAskFrequency
        | Call::ChooseAskFrequency
        | Call::IssueCode
        | Call::NoteSimChange
        | Call::ReplaceMobiles
        | Call::OpenSession
        | Call::EndOwnSession
        | Call::CreateApp
        | Call::DeleteApp
        | Call::ReadEvent
        | Call::CreateIntent
        | Call::ReadIntent
        | Call::ApproveIntent
        | Call::ConsumeIntent
        | Call::CancelIntent
        | Call::ReleaseHolds
        | Call::IssueIntentCode
        | Call::ReadKeySet
        | Call::CreateWebhook
        | Call::ListWebhooks
        | Call::ReadWebhook
        | Call::DeleteWebhook
        | Call::EnableWebhook
        | Call::DisableWebhook
        | Call::RotateWebhookSecret
        | Call::ReplayWebhook
        | Call::ReadDeliveries
        | Call::AdvanceClock => Vec::new(),
    }
}

fn parameter_required(name: &str, about: &str, schema: Object) -> Parameter {
    let parameter = parameter(name, ParameterIn::Query, about, schema);
    ParameterBuilder::from(parameter).required(Required::True).build()
}

fn in_query(name: &str, about: &str, schema: Object) -> Parameter {
    parameter(name, ParameterIn::Query, about, schema)
}

fn parameter(name: &str, place: ParameterIn, about: &str, schema: Object) -> Parameter {
    let required = if place == ParameterIn::Path { Required::True } else { Required::False };
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .required(required)
        .description(Some(about))
        .schema(Some(RefOr::T(Schema::Object(schema))))
        .build()
}

fn components() -> Components {
    let bearer = |about: &str| {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(about));
        SecurityScheme::Http(scheme.build())
    };
    let mut schemas = Vec::new();
    collect::<NewAccount>(&mut schemas);
    collect::<requests::SetSecret>(&mut schemas);
    collect::<requests::VerifySecret>(&mut schemas);
    collect::<requests::ChangeSecret>(&mut schemas);
    collect::<requests::ResetSecret>(&mut schemas);
    collect::<requests::Unlock>(&mut schemas);
    collect::<requests::DisableSecret>(&mut schemas);
    collect::<requests::ChooseAskFrequency>(&mut schemas);
    collect::<requests::IssueCode>(&mut schemas);
    collect::<requests::SimChange>(&mut schemas);
    collect::<requests::ReplaceMobiles>(&mut schemas);
    collect::<requests::OpenSession>(&mut schemas);
    collect::<requests::NewApp>(&mut schemas);
    collect::<requests::AdvanceClock>(&mut schemas);
    collect::<accounts::Account>(&mut schemas);
    collect::<accounts::AskAnswer>(&mut schemas);
    collect::<answers::SecretInPlace>(&mut schemas);
    collect::<answers::Verified>(&mut schemas);
    collect::<answers::IssuedCode>(&mut schemas);
    collect::<answers::SimChange>(&mut schemas);
    collect::<answers::NewSession<'_>>(&mut schemas);
    collect::<answers::ListedApp>(&mut schemas);
    collect::<answers::CreatedApp<'_>>(&mut schemas);
    collect::<answers::Clock>(&mut schemas);
    collect::<answers::Outbox<'_>>(&mut schemas);
    collect::<events::ShownEvent>(&mut schemas);
    collect::<intents::NewIntent>(&mut schemas);
    collect::<intents::ApproveIntent>(&mut schemas);
    collect::<intents::ConsumeIntent>(&mut schemas);
    collect::<holds::ReleaseHolds>(&mut schemas);
    collect::<intents::IssueIntentCode>(&mut schemas);
    collect::<intents::Intent<'_>>(&mut schemas);
    collect::<holds::HoldRelease>(&mut schemas);
    collect::<answers::KeySet>(&mut schemas);
    collect::<webhooks::NewWebhookBody>(&mut schemas);
    collect::<webhooks::ReplayBody>(&mut schemas);
    collect::<webhooks::ShownWebhook<'_>>(&mut schemas);
    collect::<webhooks::CreatedWebhook<'_>>(&mut schemas);
    collect::<webhooks::ShownWebhooks<'_>>(&mut schemas);
    collect::<webhooks::ShownDeliveries>(&mut schemas);
    collect::<problem::Problem>(&mut schemas);
    ComponentsBuilder::new()
        .security_scheme(API_KEY, bearer("The key of an app of kind `api`"))
        .security_scheme(ACCESS_TOKEN, bearer("The access token of a login session"))
        .schemas_from_iter(schemas)
        .build()
}

/// A schema and every one that it refers to.
fn collect<T: ToSchema>(schemas: &mut Vec<(String, RefOr<Schema>)>) {
    schemas.push((T::name().into_owned(), T::schema()));
    T::schemas(schemas);
}
