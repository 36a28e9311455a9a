//! Intents as they are answered.

use countersign_crypto::canonical::{self, digest_text};
use countersign_domain::answer::Listed;
use countersign_domain::intent::{self, Approval, Grounds, IntentView, Line, Stage};
use countersign_domain::lang::Lang;
use countersign_domain::secret::SecretText;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::native::wire::{rfc3339, schemas};

/// An intent as it stands.
#[derive(Serialize, ToSchema)]
#[schema(as = native::Intent)]
pub(in crate::native) struct Intent<'a> {
    #[schema(schema_with = schemas::intent_id)]
    id: String,
    #[schema(schema_with = schemas::account_id)]
    account_id: String,
    #[schema(schema_with = schemas::intent_state)]
    state: &'static str,
    /// SHA-256 over `digested` in canonical form (RFC 8785), in base64url without padding.
    digest: String,
    /// What the person must see before approving, in the language that `Accept-Language` prefers of `en`, `zh-CN` and
    /// `zh-TW`: one line for each of amount, payee, reference and memo.
    display: String,
    amount: &'a str,
    #[schema(schema_with = schemas::currency)]
    currency: String,
    payee: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    payee_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    reference: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    memo: Option<&'a str>,
    /// Everything that the approval binds, as it is digested; `details` and the text in every language are in it. Absent
    /// where the details of an intent that is over are not kept any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schemas::object, required = false)]
    digested: Option<Value>,
    #[schema(schema_with = schemas::time)]
    created_at: String,
    #[schema(schema_with = schemas::time)]
    expires_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    approval: Option<ShownApproval>,
    /// When it was consumed, cancelled or voided.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schemas::time)]
    ended_at: Option<String>,
    /// Why it is void.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schemas::void_cause)]
    void_cause: Option<&'static str>,
    /// Until when payments of this account rest; null if they do not.
    #[schema(schema_with = schemas::optional_time, required = true)]
    hold_until: Option<String>,
    /// The signed proof of the approval: a compact JWS, whose keys are at `/.well-known/jwks.json`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    receipt: Option<&'a str>,
}

/// How an intent was approved.
#[derive(Serialize, ToSchema)]
#[schema(as = native::Approval)]
struct ShownApproval {
    #[schema(schema_with = schemas::time)]
    at: String,
    /// How many factors the person presented for it.
    #[schema(schema_with = schemas::count)]
    factors: u8,
    /// Why the person was not asked: `window` or `small_amount`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    exemption: Option<&'static str>,
}

impl<'a> Intent<'a> {
    pub(in crate::native) fn new(view: &'a IntentView, receipt: Option<&'a SecretText>, lang: Lang) -> Self {
        let transaction = &view.transaction;
        let digested = canonical::intent::canonical(view.id, transaction, view.expires_at).ok();
        let digested = digested.filter(|text| canonical::digest(text) == view.digest.0);
        let digested = digested.and_then(|text| serde_json::from_str(&text).ok());
        let (approval, ended_at, void_cause) = match view.stage {
            Stage::Pending | Stage::Expired => (None, None, None),
            Stage::Approved(approval) => (Some(approval), None, None),
            Stage::Consumed(approval, at) => (Some(approval), Some(at), None),
            Stage::Cancelled(at) => (None, Some(at), None),
            Stage::Voided(at, cause) => (None, Some(at), Some(cause.as_str())),
        };
        Self {
            id: view.id.to_string(),
            account_id: view.id.account().to_string(),
            state: view.stage.as_str(),
            digest: digest_text(&view.digest.0),
            display: intent::display(transaction, lang),
            amount: transaction.amount.as_str(),
            currency: transaction.currency.code.to_string(),
            payee: transaction.payee.as_str(),
            payee_id: transaction.payee_id.as_ref().map(Line::as_str),
            reference: transaction.reference.as_ref().map(Line::as_str),
            memo: transaction.memo.as_ref().map(Line::as_str),
            digested,
            created_at: rfc3339(view.created_at),
            expires_at: rfc3339(view.expires_at),
            approval: approval.map(ShownApproval::from),
            ended_at: ended_at.map(rfc3339),
            void_cause,
            hold_until: view.hold_until.map(rfc3339),
            receipt: receipt.map(SecretText::expose),
        }
    }
}

impl From<Approval> for ShownApproval {
    fn from(approval: Approval) -> Self {
        let exemption = match approval.grounds {
            Grounds::Factors(_) => None,
            Grounds::Exempt { why, .. } => Some(why.as_str()),
        };
        Self { at: rfc3339(approval.at), factors: approval.grounds.count(), exemption }
    }
}

/// A part of an account's intents.
#[derive(Serialize)]
pub(in crate::native) struct Intents<'a> {
    data: Vec<Intent<'a>>,
    has_more: bool,
    next_cursor: Option<String>,
}

impl<'a> Intents<'a> {
    pub(in crate::native) fn new(listed: &'a Listed<IntentView>, lang: Lang) -> Self {
        let last = listed.items.last().filter(|_| listed.has_more);
        Self {
            data: listed.items.iter().map(|view| Intent::new(view, None, lang)).collect(),
            has_more: last.is_some(),
            next_cursor: last.map(|view| view.id.to_string()),
        }
    }
}
