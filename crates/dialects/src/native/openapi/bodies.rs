//! Request bodies with their examples.

use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::{ContentBuilder, Ref, Required};

use crate::native::calls::Call;
use crate::native::wire::new_account::NewAccount;
use crate::native::wire::webhooks::{NewWebhookBody, ReplayBody};
use crate::native::wire::{holds, intents, requests};

/// The body of a call, if it has one.
pub(super) fn body(call: Call) -> Option<RequestBody> {
    let (schema, example) = match call {
        Call::CreateAccount => of::<NewAccount>(json!({
            "username": "mei", "mobiles": ["13812345678"], "secrets": { "login": "blue-heron-41" }
        })),
        Call::SetSecret => of::<requests::SetSecret>(json!({ "secret": "493817" })),
        Call::ChangeSecret => of::<requests::ChangeSecret>(json!({ "old": "493817", "new": "728416" })),
        Call::VerifySecret => of::<requests::VerifySecret>(json!({ "secret": "493817" })),
        Call::ResetSecret => of::<requests::ResetSecret>(json!({ "code": "204961", "new": "728416" })),
        Call::Unlock => {
            of::<requests::Unlock>(json!({ "kind": "payment", "reason": "identity checked at the counter" }))
        }
        Call::DisableSecret => {
            of::<requests::DisableSecret>(json!({ "reason": "the person was seen to be watched" }))
        }
        Call::ChooseAskFrequency => of::<requests::ChooseAskFrequency>(json!({ "ask_frequency": "hour" })),
        Call::IssueCode => of::<requests::IssueCode>(json!({ "purpose": "payment_reset" })),
        Call::OpenSession => of::<requests::OpenSession>(json!({
            "username": "mei", "login": "blue-heron-41", "expires_in_s": 3600
        })),
        Call::CreateApp => of::<requests::NewApp>(json!({
            "name": "checkout", "kind": "api", "scopes": ["accounts:read", "secrets:verify"]
        })),
        Call::CreateIntent => of::<intents::NewIntent>(json!({
            "account_id": "acct_0123456789abcdefghjkmnpqrs", "amount": "12.34", "currency": "CNY", "payee": "ACME"
        })),
        Call::ApproveIntent => of::<intents::ApproveIntent>(json!({ "secret": "493817" })),
        Call::ConsumeIntent => of::<intents::ConsumeIntent>(json!({
            "digest": "n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg"
        })),
        Call::IssueIntentCode => of::<intents::IssueIntentCode>(json!({})),
        Call::ReleaseHolds => {
            of::<holds::ReleaseHolds>(json!({ "reason": "identity checked at the counter" }))
        }
        Call::NoteSimChange => of::<requests::SimChange>(json!({
            "mobile": "+86 138 1234 5678", "changed_at": "2026-09-21T06:00:00Z"
        })),
        Call::ReplaceMobiles => of::<requests::ReplaceMobiles>(json!({ "mobiles": ["+86 138 1234 5678"] })),
        Call::CreateWebhook => of::<NewWebhookBody>(json!({
            "url": "https://shop.example/hooks", "types": ["secret_locked", "secret_reset"]
        })),
        Call::ReplayWebhook => of::<ReplayBody>(json!({ "from": "2026-11-21T08:00:00Z" })),
        Call::AdvanceClock => of::<requests::AdvanceClock>(json!({ "advance_s": 3600 })),
        Call::FindAccounts
        | Call::ReadAccount
        | Call::EraseAccount
        | Call::ReadAskFrequency
        | Call::EndOwnSession
        | Call::EndSession
        | Call::ListApps
        | Call::DeleteApp
        | Call::ReadEvents
        | Call::ReadEvent
        | Call::ListIntents
        | Call::ReadIntent
        | Call::CancelIntent
        | Call::ReadKeySet
        | Call::ListWebhooks
        | Call::ReadWebhook
        | Call::DeleteWebhook
        | Call::EnableWebhook
        | Call::DisableWebhook
        | Call::RotateWebhookSecret
        | Call::ReadDeliveries
        | Call::ReadOutbox => return None,
    };
    let content = ContentBuilder::new().schema(Some(schema)).example(Some(example)).build();
    let body = RequestBodyBuilder::new()
        .required(Some(if matches!(call, Call::ApproveIntent | Call::IssueIntentCode) {
            Required::False
        } else {
            Required::True
        }))
        .content("application/json", content);
    Some(body.build())
}

fn of<T: ToSchema>(example: Value) -> (Ref, Value) {
    (Ref::from_schema_name(T::name()), example)
}
