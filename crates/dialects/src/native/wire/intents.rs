//! Intents: bodies in; and answers, in [`shown`]. Each struct is also its own schema in the OpenAPI document.

mod shown;

use countersign_crypto::canonical;
use countersign_domain::id::AccountId;
use countersign_domain::identifier::Mobile;
use countersign_domain::intent::{Details, Digest, Line};
use countersign_domain::money::CurrencyCode;
use countersign_domain::secret::SecretText;
use data_encoding::BASE64URL_NOPAD;
use serde_json::Value;
use utoipa::ToSchema;

use super::schemas;
use super::values::{AMOUNT_MAX, INTENT_LIFE_S, id, mobile, number, presented, secret, word};
use crate::native::json::Json;
use crate::native::members::{Bad, Members, Read};
use crate::native::texts::fault;
use crate::rejection::{Fault, Rejection};

pub(in crate::native) use self::shown::{Intent, Intents};

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
