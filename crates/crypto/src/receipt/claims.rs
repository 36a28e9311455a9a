//! The claims as JSON.

use countersign_domain::id::AccountId;
use countersign_domain::time::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::receipt::{Method, Receipt};
use crate::strict_json;

/// In the order in which they are written.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: String,
    jti: &'a str,
    digest: &'a str,
    amount: &'a str,
    currency: &'a str,
    payee: &'a str,
    amr: Vec<&'static str>,
    iat: i64,
    exp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_time: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exemption: Option<&'a str>,
}

pub(super) fn write(receipt: &Receipt) -> String {
    let claims = Claims {
        iss: &receipt.issuer,
        aud: &receipt.audience,
        sub: receipt.account.to_string(),
        jti: &receipt.intent,
        digest: &receipt.digest,
        amount: &receipt.amount,
        currency: &receipt.currency,
        payee: &receipt.payee,
        amr: receipt.methods.iter().map(|method| method.as_str()).collect(),
        iat: receipt.issued.secs(),
        exp: receipt.expires.secs(),
        auth_time: receipt.authenticated.map(Timestamp::secs),
        exemption: receipt.exemption.as_deref(),
    };
    let Ok(text) = serde_json::to_string(&claims) else {
        unreachable!("texts and whole numbers are JSON");
    };
    text
}

/// Reads claims. Those that we do not know are passed over, so that a receipt may say more one day.
pub(super) fn read(text: &str) -> Option<Receipt> {
    let Ok(Value::Object(claims)) = strict_json::read(text, 2) else { return None };
    let words = claims.get("amr")?.as_array()?;
    Some(Receipt {
        issuer: string(&claims, "iss")?,
        audience: string(&claims, "aud")?,
        account: AccountId::parse(claims.get("sub")?.as_str()?)?,
        intent: string(&claims, "jti")?,
        digest: string(&claims, "digest")?,
        amount: string(&claims, "amount")?,
        currency: string(&claims, "currency")?,
        payee: string(&claims, "payee")?,
        methods: words.iter().map(|word| Method::parse(word.as_str()?)).collect::<Option<_>>()?,
        issued: time(claims.get("iat")?)?,
        expires: time(claims.get("exp")?)?,
        authenticated: optional(&claims, "auth_time", time).ok()?,
        exemption: optional(&claims, "exemption", |word| word.as_str().map(str::to_owned)).ok()?,
    })
}

fn string(claims: &Map<String, Value>, name: &str) -> Option<String> {
    claims.get(name)?.as_str().map(str::to_owned)
}

/// Whole seconds since the epoch.
fn time(value: &Value) -> Option<Timestamp> {
    value.as_i64().map(Timestamp::from_secs)
}

/// A claim that need not be there; if it is, it must be what it must be.
fn optional<T>(
    claims: &Map<String, Value>,
    name: &str,
    read: impl Fn(&Value) -> Option<T>,
) -> Result<Option<T>, Malformed> {
    claims.get(name).map(|value| read(value).ok_or(Malformed)).transpose()
}

struct Malformed;
