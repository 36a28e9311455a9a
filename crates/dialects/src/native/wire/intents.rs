//! Intents and holds: bodies in, answers out. Each struct is also its own schema in the OpenAPI document.

use countersign_crypto::canonical::{self, digest_text};
use countersign_domain::hold::{Hold, Release};
use countersign_domain::id::AccountId;
use countersign_domain::identifier::Mobile;
use countersign_domain::intent::{self, Approval, Details, Digest, Grounds, IntentView, Line, Stage};
use countersign_domain::lang::Lang;
use countersign_domain::money::CurrencyCode;
use countersign_domain::secret::SecretText;
use data_encoding::BASE64URL_NOPAD;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::values::{
    AMOUNT_MAX, INTENT_LIFE_S, REASON_MAX, id, mobile, number, presented, prose, secret, word,
};
use super::{rfc3339, schemas};
use crate::native::json::Json;
use crate::native::members::{Bad, Members, Read};
use crate::native::texts::fault;
use crate::rejection::{Fault, Rejection};

/// A transaction to be approved.
#[derive(ToSchema)]
#[schema(as = native::NewIntent)]
#[serde(deny_unknown_fields)]
pub(in crate::native) struct NewIntent {
    /// By whom.
    #[schema(schema_with = schemas::account_id)]
    pub(in crate::native) account_id: AccountId,
    /// How much: digits, and after a point at most as many as the currency has. No sign, no exponent, above zero.
    #[schema(schema_with = schemas::amount)]
    pub(in crate::native) amount: String,
    /// A code of ISO 4217, or a token that the operator has named.
    #[schema(schema_with = schemas::currency)]
    pub(in crate::native) currency: CurrencyCode,
    /// To whom, as the person shall read it.
    #[schema(schema_with = schemas::line)]
    pub(in crate::native) payee: Line,
    /// Your own name for the payee, by which it is known again whatever it is called. Digested, not shown.
    #[schema(schema_with = schemas::optional_line)]
    pub(in crate::native) payee_id: Option<Line>,
    /// The platform's own number for it.
    #[schema(schema_with = schemas::optional_line)]
    pub(in crate::native) reference: Option<Line>,
    /// What the person wrote.
    #[schema(schema_with = schemas::optional_line)]
    pub(in crate::native) memo: Option<Line>,
    /// Whatever else shall be bound to the approval: an object of at most 4,096 bytes in canonical form. Digested, not shown.
    #[schema(schema_with = schemas::optional_object)]
    pub(in crate::native) details: Option<Details>,
    /// How long it may wait, in seconds; the policy's own if absent, and never longer than the policy's most.
    #[schema(schema_with = schemas::intent_life)]
    pub(in crate::native) expires_in_s: Option<u32>,
}

impl NewIntent {
    pub(in crate::native) fn read(mut body: Members) -> Result<Self, Rejection> {
        let account = body.required("account_id", id(AccountId::parse));
        let amount = body.required("amount", amount);
        let currency = body.required("currency", word(CurrencyCode::parse, fault::NO_CURRENCY));
        let payee = body.required("payee", line);
        let payee_id = body.optional("payee_id", line);
        let reference = body.optional("reference", line);
        let memo = body.optional("memo", line);
        let details = body.optional("details", details);
        let expires_in_s = body.optional("expires_in_s", number(INTENT_LIFE_S.0, INTENT_LIFE_S.1));
        let needed = account.zip(amount).zip(currency.zip(payee));
        body.close(needed.map(|((account_id, amount), (currency, payee))| Self {
            account_id,
            amount,
            currency,
            payee,
            payee_id,
            reference,
            memo,
            details,
            expires_in_s,
        }))
    }
}

/// A guess that approves; nothing where the policy spares the person.
#[derive(ToSchema)]
#[schema(as = native::ApproveIntent)]
#[serde(deny_unknown_fields)]
pub(in crate::native) struct ApproveIntent {
    /// The payment secret.
    #[schema(schema_with = schemas::optional_presented)]
    pub(in crate::native) secret: Option<SecretText>,
    /// The code that was sent for this intent, where the policy asks for two factors. Only together with the secret.
    #[schema(schema_with = schemas::optional_presented)]
    pub(in crate::native) code: Option<SecretText>,
}

impl ApproveIntent {
    pub(in crate::native) fn read(mut body: Members) -> Result<Self, Rejection> {
        let alone = body.has("code") && !body.has("secret");
        let secret = body.optional("secret", presented);
        let code = body.optional("code", presented);
        if alone {
            body.refuse("secret", Fault::Required);
        }
        body.close(Some(Self { secret, code }))
    }
}

/// Where an intent's code goes.
#[derive(ToSchema)]
#[schema(as = native::IssueIntentCode)]
#[serde(deny_unknown_fields)]
pub(in crate::native) struct IssueIntentCode {
    /// Which of the account's mobiles; the first one if absent.
    #[schema(schema_with = schemas::optional_mobile)]
    pub(in crate::native) mobile: Option<Mobile>,
}

impl IssueIntentCode {
    pub(in crate::native) fn read(mut body: Members) -> Result<Self, Rejection> {
        let mobile = body.optional("mobile", mobile);
        body.close(Some(Self { mobile }))
    }
}

/// What the platform believes to be approved.
#[derive(ToSchema)]
#[schema(as = native::ConsumeIntent)]
#[serde(deny_unknown_fields)]
pub(in crate::native) struct ConsumeIntent {
    /// The intent's digest. Another one makes the intent void.
    #[schema(schema_with = schemas::any_text)]
    pub(in crate::native) digest: Option<Digest>,
}

impl ConsumeIntent {
    pub(in crate::native) fn read(mut body: Members) -> Result<Self, Rejection> {
        let digest = body.required("digest", digest);
        body.close(digest.map(|digest| Self { digest }))
    }
}

/// Why holds shall end.
#[derive(ToSchema)]
#[schema(as = native::ReleaseHolds)]
#[serde(deny_unknown_fields)]
pub(in crate::native) struct ReleaseHolds {
    /// Why, for the audit trail. No personal data belongs here.
    #[schema(schema_with = schemas::reason)]
    pub(in crate::native) reason: String,
}

impl ReleaseHolds {
    pub(in crate::native) fn read(mut body: Members) -> Result<Self, Rejection> {
        let reason = body.required("reason", prose(REASON_MAX));
        body.close(reason.map(|reason| Self { reason }))
    }
}

/// Reads no members: the call needs none.
pub(in crate::native) fn nothing(body: Members) -> Result<(), Rejection> {
    body.close(Some(()))
}

fn amount(json: Json) -> Read<String> {
    let text = secret(json)?;
    match text.chars() {
        0 => Err(Bad::Value(Fault::Required)),
        1..=AMOUNT_MAX => Ok(text.expose().to_owned()),
        _ => Err(Bad::Value(Fault::TooLong(AMOUNT_MAX))),
    }
}

fn line(json: Json) -> Read<Line> {
    let text = secret(json)?;
    let fault = match text.chars() {
        _ if text.expose().trim().is_empty() => Fault::Required,
        1..=Line::MAX_CHARS => Fault::NotAllowed(fault::NO_LINE),
        _ => Fault::TooLong(Line::MAX_CHARS),
    };
    Line::parse(text.expose()).ok_or(Bad::Value(fault))
}

/// An object, made canonical. One level less deep than what is digested may be, because it lies within that.
fn details(json: Json) -> Read<Details> {
    if !matches!(json, Json::Object(_)) {
        return Err(Bad::Type("an object"));
    }
    let refused = || Bad::Value(Fault::NotAllowed(fault::NOT_CANONICAL));
    let value = json.into_value().ok_or_else(refused)?;
    let within = Value::Array(vec![value]);
    canonical::canonicalize(&within).map_err(|_| refused())?;
    let text = canonical::canonicalize(&within[0]).map_err(|_| refused())?;
    Details::of_canonical(text).ok_or(Bad::Value(Fault::TooLong(Details::MAX_BYTES)))
}

/// A text that is no digest is another one than the approved.
fn digest(json: Json) -> Read<Option<Digest>> {
    let text = secret(json)?;
    let bytes = BASE64URL_NOPAD.decode(text.expose().as_bytes()).ok();
    Ok(bytes.and_then(|bytes| bytes.try_into().ok()).map(Digest))
}

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

/// An account's intents.
#[derive(Serialize)]
pub(in crate::native) struct Intents<'a> {
    data: Vec<Intent<'a>>,
    has_more: bool,
    next_cursor: Option<String>,
}

impl<'a> Intents<'a> {
    pub(in crate::native) fn new(views: &'a [IntentView], lang: Lang) -> Self {
        let data = views.iter().map(|view| Intent::new(view, None, lang)).collect();
        Self { data, has_more: false, next_cursor: None }
    }
}

/// What a wish to end holds came to.
#[derive(Serialize, ToSchema)]
#[schema(as = native::HoldRelease)]
pub(in crate::native) struct HoldRelease {
    /// `proposed` until another key agrees, then `released`.
    state: &'static str,
    /// Until when another key can agree.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schemas::time)]
    agree_until: Option<String>,
}

impl From<Release> for HoldRelease {
    fn from(release: Release) -> Self {
        match release {
            Release::Proposed { until } => Self { state: "proposed", agree_until: Some(rfc3339(until)) },
            Release::Released => Self { state: "released", agree_until: None },
        }
    }
}

/// A time in which payments rest.
#[derive(Serialize, ToSchema)]
#[schema(as = native::Hold)]
pub(in crate::native) struct ShownHold {
    /// After what.
    #[schema(schema_with = schemas::hold_cause)]
    cause: &'static str,
    #[schema(schema_with = schemas::time)]
    since: String,
    #[schema(schema_with = schemas::time)]
    until: String,
}

impl From<&Hold> for ShownHold {
    fn from(hold: &Hold) -> Self {
        Self { cause: hold.cause.as_str(), since: rfc3339(hold.since), until: rfc3339(hold.until) }
    }
}
