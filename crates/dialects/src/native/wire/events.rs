//! How an entry of the audit trail is shown.

use countersign_crypto::canonical::digest_text;
use countersign_domain::asking::{Basis, Shortage, Why};
use countersign_domain::event::{Actor, Event, What};
use countersign_domain::id::IntentId;
use countersign_domain::intent::{Factors, Grounds};
use countersign_domain::secret::Kind;
use countersign_domain::time::Span;
use serde::Serialize;
use utoipa::ToSchema;

use super::{rfc3339, schemas};

/// An entry of the audit trail.
#[derive(Serialize, ToSchema)]
#[schema(as = native::Event)]
pub(in crate::native) struct ShownEvent {
    #[schema(schema_with = schemas::event_id)]
    id: String,
    #[schema(schema_with = schemas::time)]
    at: String,
    #[schema(schema_with = schemas::account_id)]
    account_id: String,
    /// What was decided.
    #[serde(rename = "type")]
    #[schema(schema_with = schemas::event_type)]
    what: &'static str,
    /// The API in which it was asked for, or the server's own task.
    dialect: String,
    actor: ShownActor,
    /// The id of the request that asked for it.
    request_id: String,
    #[serde(flatten)]
    details: Details,
}

/// Who proved to be calling.
#[derive(Serialize, ToSchema)]
#[schema(as = native::Actor)]
struct ShownActor {
    #[schema(schema_with = schemas::actor_kind)]
    kind: &'static str,
    /// The session's or app's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    id: Option<String>,
}

/// What belongs to the type; absent where it does not.
#[derive(Default, Serialize, ToSchema)]
#[schema(as = native::EventDetails)]
pub(in crate::native) struct Details {
    /// Which secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schemas::kind)]
    kind: Option<&'static str>,
    /// Which secrets an account was carried over with.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schemas::kinds)]
    kinds: Option<Vec<&'static str>>,
    /// When a lock or a window ends; absent where time does not end the lock: the secret must be reset, the device is
    /// unknown from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schemas::time)]
    until: Option<String>,
    /// Why a lock was ended or a secret disabled, in the operator's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    reason: Option<String>,
    /// Whether a restored account also kept what had happened to it since the backup.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = bool, required = false)]
    merged: Option<bool>,
    /// Which code.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schemas::code_id)]
    pub(in crate::native) code_id: Option<String>,
    /// What a code is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schemas::purpose)]
    purpose: Option<&'static str>,
    /// Which session.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schemas::session_id)]
    pub(in crate::native) session_id: Option<String>,
    /// What was chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schemas::ask_frequency)]
    ask_frequency: Option<&'static str>,
    /// Since when a number has another SIM, as the carrier says.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schemas::time)]
    changed_at: Option<String>,
    /// Which intent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schemas::intent_id)]
    pub(in crate::native) intent_id: Option<String>,
    /// What was digested.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    digest: Option<String>,
    /// Why an intent is void, or after what payments rest.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    cause: Option<&'static str>,
    /// How an intent was approved, or why not, and on which facts that was decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    decision: Option<Decision>,
}

/// How an intent was approved, or why not, and the facts on which it was decided whether the person must be asked.
#[derive(Serialize, ToSchema)]
#[schema(as = native::Decision)]
struct Decision {
    /// How many factors were presented; of a refusal, whether or not they were right, because nothing was compared.
    #[schema(schema_with = schemas::count)]
    factors: u8,
    /// Why the person was not asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    exemption: Option<&'static str>,
    /// The code of the problem that the approval was refused with.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    refusal: Option<&'static str>,
    /// Why the policy asks for more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    reason: Option<&'static str>,
    #[schema(schema_with = schemas::currency)]
    currency: String,
    /// The amount in the currency's smallest units, as digits.
    units: String,
    /// What was approved in that currency in the day before, in the same units.
    day_units: String,
    payee_known: bool,
    device_known: bool,
    /// How long ago the secret was presented in the open window, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schemas::count)]
    window_age_s: Option<i64>,
}

impl Decision {
    fn new(grounds: Grounds, basis: &Basis) -> Self {
        let exemption = match grounds {
            Grounds::Factors(_) => None,
            Grounds::Exempt { why, .. } => Some(why.as_str()),
        };
        Self { exemption, ..Self::on(grounds.count(), basis) }
    }

    fn refused(presented: Option<Factors>, shortage: &Shortage, basis: &Basis) -> Self {
        Self {
            refusal: Some(shortage.as_str()),
            reason: shortage.why().map(Why::as_str),
            ..Self::on(presented.map_or(0, Factors::count), basis)
        }
    }

    fn on(factors: u8, basis: &Basis) -> Self {
        Self {
            factors,
            exemption: None,
            refusal: None,
            reason: None,
            currency: basis.currency.to_string(),
            units: basis.units.to_string(),
            day_units: basis.day.all.to_string(),
            payee_known: basis.payee_known,
            device_known: basis.device_known,
            window_age_s: basis.window.map(Span::secs_ceil),
        }
    }
}

fn of_intent(intent: IntentId) -> Details {
    Details { intent_id: Some(intent.to_string()), ..Details::default() }
}

/// Every word that [`type_of`] gives. They never change.
pub(in crate::native) const TYPES: [&str; 36] = [
    "account_created",
    "account_imported",
    "account_erased",
    "secret_set",
    "secret_changed",
    "secret_reset",
    "secret_made_temporary",
    "secret_verified",
    "secret_missed",
    "secret_kept",
    "secret_locked",
    "last_guess_left",
    "secret_unlocked",
    "device_remembered",
    "device_locked",
    "restored",
    "compared_with_login",
    "code_issued",
    "code_missed",
    "code_redeemed",
    "session_opened",
    "session_ended",
    "ask_frequency_chosen",
    "window_opened",
    "intent_created",
    "intent_approved",
    "intent_consumed",
    "intent_cancelled",
    "intent_voided",
    "hold_begun",
    "hold_release_proposed",
    "hold_released",
    "sim_changed",
    "mobiles_changed",
    "secret_disabled",
    "intent_refused",
];

impl From<&Event> for ShownEvent {
    fn from(event: &Event) -> Self {
        Self {
            id: event.id.to_string(),
            at: rfc3339(event.at),
            account_id: event.account.to_string(),
            what: type_of(&event.what),
            dialect: event.origin.dialect.clone(),
            actor: ShownActor::from(event.origin.actor),
            request_id: event.origin.request_id.clone(),
            details: Details::from(&event.what),
        }
    }
}

impl From<Actor> for ShownActor {
    fn from(actor: Actor) -> Self {
        let (kind, id) = match actor {
            Actor::Nobody => ("nobody", None),
            Actor::Session(id) => ("session", Some(id.to_string())),
            Actor::App(id) => ("app", Some(id.to_string())),
            Actor::Server => ("server", None),
        };
        Self { kind, id }
    }
}

impl From<&What> for Details {
    fn from(what: &What) -> Self {
        let of = |kind: Kind| Self { kind: Some(kind.as_str()), ..Self::default() };
        match what {
            What::AccountCreated | What::AccountErased | What::ComparedWithLogin | What::MobilesChanged => {
                Self::default()
            }
            What::AccountImported(kinds) => {
                let kinds = kinds.iter().map(|kind| kind.as_str()).collect();
                Self { kinds: Some(kinds), ..Self::default() }
            }
            What::SecretSet(kind)
            | What::SecretChanged(kind)
            | What::SecretReset(kind)
            | What::SecretMadeTemporary(kind)
            | What::SecretVerified(kind)
            | What::SecretMissed(kind)
            | What::SecretKept(kind)
            | What::LastGuessLeft(kind)
            | What::DeviceRemembered(kind) => of(*kind),
            What::Restored { merged } => Self { merged: Some(*merged), ..Self::default() },
            What::Locked { kind, until } | What::DeviceLocked { kind, until } => {
                Self { until: until.map(rfc3339), ..of(*kind) }
            }
            What::Unlocked { kind, reason } | What::SecretDisabled { kind, reason } => {
                Self { reason: Some(reason.clone()), ..of(*kind) }
            }
            What::CodeIssued { code, purpose } => {
                Self { code_id: Some(code.to_string()), purpose: Some(purpose.as_str()), ..Self::default() }
            }
            What::CodeMissed(purpose) | What::CodeRedeemed(purpose) => {
                Self { purpose: Some(purpose.as_str()), ..Self::default() }
            }
            What::SessionOpened(id) | What::SessionEnded(id) => {
                Self { session_id: Some(id.to_string()), ..Self::default() }
            }
            What::AskFrequencyChosen(choice) => {
                Self { ask_frequency: Some(choice.as_str()), ..Self::default() }
            }
            What::WindowOpened { until } => Self { until: Some(rfc3339(*until)), ..Self::default() },
            What::IntentCreated { intent, digest } | What::IntentConsumed { intent, digest } => {
                Self { digest: Some(digest_text(&digest.0)), ..of_intent(*intent) }
            }
            What::IntentApproved { intent, grounds, basis } => {
                Self { decision: Some(Decision::new(*grounds, basis)), ..of_intent(*intent) }
            }
            What::IntentRefused { intent, presented, shortage, basis } => {
                Self { decision: Some(Decision::refused(*presented, shortage, basis)), ..of_intent(*intent) }
            }
            What::IntentCancelled(intent) => of_intent(*intent),
            What::IntentVoided { intent, cause } => {
                Self { cause: Some(cause.as_str()), ..of_intent(*intent) }
            }
            What::HoldBegun { cause, until } => {
                Self { cause: Some(cause.as_str()), until: Some(rfc3339(*until)), ..Self::default() }
            }
            What::HoldReleaseProposed { reason } | What::HoldReleased { reason } => {
                Self { reason: Some(reason.clone()), ..Self::default() }
            }
            What::SimChanged { changed_at } => {
                Self { changed_at: Some(rfc3339(*changed_at)), ..Self::default() }
            }
        }
    }
}

pub(in crate::native) const fn type_of(what: &What) -> &'static str {
    match what {
        What::AccountCreated => "account_created",
        What::AccountImported(_) => "account_imported",
        What::AccountErased => "account_erased",
        What::SecretSet(_) => "secret_set",
        What::SecretChanged(_) => "secret_changed",
        What::SecretReset(_) => "secret_reset",
        What::SecretMadeTemporary(_) => "secret_made_temporary",
        What::SecretVerified(_) => "secret_verified",
        What::SecretMissed(_) => "secret_missed",
        What::SecretKept(_) => "secret_kept",
        What::LastGuessLeft(_) => "last_guess_left",
        What::DeviceLocked { .. } => "device_locked",
        What::DeviceRemembered(_) => "device_remembered",
        What::Restored { .. } => "restored",
        What::Locked { .. } => "secret_locked",
        What::Unlocked { .. } => "secret_unlocked",
        What::ComparedWithLogin => "compared_with_login",
        What::CodeIssued { .. } => "code_issued",
        What::CodeMissed(_) => "code_missed",
        What::CodeRedeemed(_) => "code_redeemed",
        What::SessionOpened(_) => "session_opened",
        What::SessionEnded(_) => "session_ended",
        What::AskFrequencyChosen(_) => "ask_frequency_chosen",
        What::WindowOpened { .. } => "window_opened",
        What::IntentCreated { .. } => "intent_created",
        What::IntentApproved { .. } => "intent_approved",
        What::IntentConsumed { .. } => "intent_consumed",
        What::IntentCancelled(_) => "intent_cancelled",
        What::IntentVoided { .. } => "intent_voided",
        What::HoldBegun { .. } => "hold_begun",
        What::HoldReleaseProposed { .. } => "hold_release_proposed",
        What::HoldReleased { .. } => "hold_released",
        What::SimChanged { .. } => "sim_changed",
        What::MobilesChanged => "mobiles_changed",
        What::SecretDisabled { .. } => "secret_disabled",
        What::IntentRefused { .. } => "intent_refused",
    }
}
