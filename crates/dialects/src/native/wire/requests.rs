//! Bodies, but for a new account's. Each struct is also its own schema in the OpenAPI document.

use countersign_domain::app::{AppKind, Scope};
use countersign_domain::ask::AskFrequency;
use countersign_domain::code::Purpose;
use countersign_domain::identifier::{Mobile, Name};
use countersign_domain::secret::{Kind, SecretText};
use countersign_domain::time::Timestamp;
use utoipa::ToSchema;

use super::schemas;
use super::values::{
    APP_NAME_MAX, CLOCK_STEP_S, REASON_MAX, SESSION_LIFE_S, mobile, name, number, presented, prose, scope,
    secret, time, word,
};
use crate::native::members::Members;
use crate::native::texts::fault;
use crate::rejection::{Fault, Rejection};

/// A first secret.
#[derive(ToSchema)]
#[schema(as = native::SetSecret)]
#[serde(deny_unknown_fields)]
pub(in crate::native) struct SetSecret {
    /// The new secret.
    #[schema(schema_with = schemas::new_secret)]
    pub(in crate::native) secret: SecretText,
}

impl SetSecret {
    pub(in crate::native) fn read(mut body: Members) -> Result<Self, Rejection> {
        let secret = body.required("secret", secret);
        body.close(secret.map(|secret| Self { secret }))
    }
}

/// A guess.
#[derive(ToSchema)]
#[schema(as = native::VerifySecret)]
#[serde(deny_unknown_fields)]
pub(in crate::native) struct VerifySecret {
    /// The presented secret.
    #[schema(schema_with = schemas::presented)]
    pub(in crate::native) secret: SecretText,
}

impl VerifySecret {
    pub(in crate::native) fn read(mut body: Members) -> Result<Self, Rejection> {
        let secret = body.required("secret", presented);
        body.close(secret.map(|secret| Self { secret }))
    }
}

/// The old secret and the one in its place.
#[derive(ToSchema)]
#[schema(as = native::ChangeSecret)]
#[serde(deny_unknown_fields)]
pub(in crate::native) struct ChangeSecret {
    /// The old secret.
    #[schema(schema_with = schemas::presented)]
    pub(in crate::native) old: SecretText,
    /// The new secret.
    #[schema(schema_with = schemas::new_secret)]
    pub(in crate::native) new: SecretText,
}

impl ChangeSecret {
    pub(in crate::native) fn read(mut body: Members) -> Result<Self, Rejection> {
        let old = body.required("old", presented);
        let new = body.required("new", secret);
        body.close(old.zip(new).map(|(old, new)| Self { old, new }))
    }
}

/// A verification code and the new secret.
#[derive(ToSchema)]
#[schema(as = native::ResetSecret)]
#[serde(deny_unknown_fields)]
pub(in crate::native) struct ResetSecret {
    /// The code, of the purpose that belongs to the kind: `payment_reset`, `login_reset` or `query_reset`.
    #[schema(schema_with = schemas::code)]
    pub(in crate::native) code: SecretText,
    /// The new secret.
    #[schema(schema_with = schemas::new_secret)]
    pub(in crate::native) new: SecretText,
}

impl ResetSecret {
    pub(in crate::native) fn read(mut body: Members) -> Result<Self, Rejection> {
        let code = body.required("code", presented);
        let new = body.required("new", secret);
        body.close(code.zip(new).map(|(code, new)| Self { code, new }))
    }
}

/// Which lock to end, and why.
#[derive(ToSchema)]
#[schema(as = native::Unlock)]
#[serde(deny_unknown_fields)]
pub(in crate::native) struct Unlock {
    /// Which secret.
    #[schema(schema_with = schemas::kind)]
    pub(in crate::native) kind: Kind,
    /// Why, for the audit trail. No personal data belongs here.
    #[schema(schema_with = schemas::reason)]
    pub(in crate::native) reason: String,
}

impl Unlock {
    pub(in crate::native) fn read(mut body: Members) -> Result<Self, Rejection> {
        let kind = body.required("kind", word(Kind::parse, fault::KINDS));
        let reason = body.required("reason", prose(REASON_MAX));
        body.close(kind.zip(reason).map(|(kind, reason)| Self { kind, reason }))
    }
}

/// How often the payment secret is asked.
#[derive(ToSchema)]
#[schema(as = native::ChooseAskFrequency)]
#[serde(deny_unknown_fields)]
pub(in crate::native) struct ChooseAskFrequency {
    /// Every time, once an hour, or once in twenty-four hours.
    #[schema(schema_with = schemas::ask_frequency)]
    pub(in crate::native) ask_frequency: AskFrequency,
}

impl ChooseAskFrequency {
    pub(in crate::native) fn read(mut body: Members) -> Result<Self, Rejection> {
        let choice = body.required("ask_frequency", word(AskFrequency::parse, fault::FREQUENCIES));
        body.close(choice.map(|ask_frequency| Self { ask_frequency }))
    }
}

/// What a code is for, and where it goes.
#[derive(ToSchema)]
#[schema(as = native::IssueCode)]
#[serde(deny_unknown_fields)]
pub(in crate::native) struct IssueCode {
    /// What the code is for; it is worth nothing for anything else.
    #[schema(schema_with = schemas::asked_purpose)]
    pub(in crate::native) purpose: Purpose,
    /// Which of the account's mobiles; the first one if absent.
    #[schema(schema_with = schemas::optional_mobile)]
    pub(in crate::native) mobile: Option<Mobile>,
}

impl IssueCode {
    pub(in crate::native) fn read(mut body: Members) -> Result<Self, Rejection> {
        let purpose = body.required("purpose", word(Purpose::parse, fault::PURPOSES));
        let mobile = body.optional("mobile", mobile);
        body.close(purpose.map(|purpose| Self { purpose, mobile }))
    }
}

/// Which number has a new SIM, and since when.
#[derive(ToSchema)]
#[schema(as = native::SimChange)]
#[serde(deny_unknown_fields)]
pub(in crate::native) struct SimChange {
    /// Which of the account's mobiles.
    #[schema(schema_with = schemas::mobile)]
    pub(in crate::native) mobile: Mobile,
    /// Since when, as the carrier says.
    #[schema(schema_with = schemas::time)]
    pub(in crate::native) changed_at: Timestamp,
}

impl SimChange {
    pub(in crate::native) fn read(mut body: Members) -> Result<Self, Rejection> {
        let mobile = body.required("mobile", mobile);
        let changed_at = body.required("changed_at", time);
        body.close(mobile.zip(changed_at).map(|(mobile, changed_at)| Self { mobile, changed_at }))
    }
}

/// The numbers that take the place of all that there are.
#[derive(ToSchema)]
#[schema(as = native::ReplaceMobiles)]
#[serde(deny_unknown_fields)]
pub(in crate::native) struct ReplaceMobiles {
    /// Mobile 1 and mobile 2; none where the account is to have none.
    #[schema(schema_with = schemas::all_mobiles)]
    pub(in crate::native) mobiles: Vec<Mobile>,
}

impl ReplaceMobiles {
    pub(in crate::native) fn read(mut body: Members) -> Result<Self, Rejection> {
        let is_there = body.has("mobiles");
        let mobiles = body.list("mobiles", 2, mobile);
        // Absent is not the same as none: a body that was cut short must not take a person's numbers away.
        if !is_there {
            body.refuse("mobiles", Fault::Required);
        }
        body.close(mobiles.map(|mobiles| Self { mobiles }))
    }
}

/// Who opens a session.
#[derive(ToSchema)]
#[schema(as = native::OpenSession)]
#[serde(deny_unknown_fields)]
pub(in crate::native) struct OpenSession {
    /// The login name.
    #[schema(schema_with = schemas::name)]
    pub(in crate::native) username: Name,
    /// The login secret.
    #[schema(schema_with = schemas::presented)]
    pub(in crate::native) login: SecretText,
    /// Life asked for, in seconds; the policy's own if absent.
    #[schema(schema_with = schemas::session_life)]
    pub(in crate::native) expires_in_s: Option<u32>,
}

impl OpenSession {
    pub(in crate::native) fn read(mut body: Members) -> Result<Self, Rejection> {
        let username = body.required("username", name);
        let login = body.required("login", presented);
        let expires_in_s = body.optional("expires_in_s", number(SESSION_LIFE_S.0, SESSION_LIFE_S.1));
        body.close(username.zip(login).map(|(username, login)| Self { username, login, expires_in_s }))
    }
}

/// A new app.
#[derive(ToSchema)]
#[schema(as = native::NewApp)]
#[serde(deny_unknown_fields)]
pub(in crate::native) struct NewApp {
    /// What its operator calls it.
    #[schema(schema_with = schemas::app_name)]
    pub(in crate::native) name: String,
    /// How it will prove itself.
    #[schema(schema_with = schemas::app_kind)]
    pub(in crate::native) kind: AppKind,
    /// What it may do: if absent everything but `apps:write`, `holds:write` and `webhooks:write`, if empty nothing. No app gives
    /// another a scope that it lacks itself, and `holds:write` is given on the command line only: 403 `forbidden`.
    #[schema(schema_with = schemas::optional_scopes)]
    pub(in crate::native) scopes: Option<Vec<Scope>>,
}

impl NewApp {
    pub(in crate::native) fn read(mut body: Members) -> Result<Self, Rejection> {
        /// Each scope may be named more than once, but not without end.
        const MOST: usize = 64;
        let name = body.required("name", prose(APP_NAME_MAX));
        let kind = body.required("kind", word(AppKind::parse, fault::APP_KINDS));
        let scopes = body.list("scopes", MOST, scope);
        body.close(name.zip(kind).map(|(name, kind)| Self { name, kind, scopes }))
    }
}

/// Why a secret can be used no more.
#[derive(ToSchema)]
#[schema(as = native::DisableSecret)]
#[serde(deny_unknown_fields)]
pub(in crate::native) struct DisableSecret {
    /// Why, for the audit trail. No personal data belongs here.
    #[schema(schema_with = schemas::reason)]
    pub(in crate::native) reason: String,
}

impl DisableSecret {
    pub(in crate::native) fn read(mut body: Members) -> Result<Self, Rejection> {
        let reason = body.required("reason", prose(REASON_MAX));
        body.close(reason.map(|reason| Self { reason }))
    }
}

/// A step of the clock.
#[derive(ToSchema)]
#[schema(as = native::AdvanceClock)]
#[serde(deny_unknown_fields)]
pub(in crate::native) struct AdvanceClock {
    /// How far, in seconds.
    #[schema(schema_with = schemas::clock_step)]
    pub(in crate::native) advance_s: u32,
}

impl AdvanceClock {
    pub(in crate::native) fn read(mut body: Members) -> Result<Self, Rejection> {
        let step = body.required("advance_s", number(CLOCK_STEP_S.0, CLOCK_STEP_S.1));
        body.close(step.map(|advance_s| Self { advance_s }))
    }
}
