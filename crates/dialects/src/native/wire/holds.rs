//! Holds: a body in, answers out.

use countersign_domain::hold::{Hold, Release};
use serde::Serialize;
use utoipa::ToSchema;

use super::values::{REASON_MAX, prose};
use super::{rfc3339, schemas};
use crate::native::members::Members;
use crate::rejection::Rejection;

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
