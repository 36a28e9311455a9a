//! Section `dialects`: each dialect's own settings.

use countersign_dialects::{currency_pass, flowmeter, native, oas, spark_wallet, tour};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::config::Preset;

/// The settings of each dialect.
#[derive(Clone, Default, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Dialects {
    /// `POST /oascchapi/usr/withdrawPassword`, also under `/cch2oas`.
    pub oas: oas::Settings,
    /// `POST /api/WebInterface/Agent/ChangePayPassword`.
    pub tour: tour::Settings,
    /// Six endpoints under `/auth/user/bind/currency-pass`.
    pub currency_pass: currency_pass::Settings,
    /// Seven endpoints under `/v1/wallet/`, and `/v1/app/access`.
    pub spark_wallet: spark_wallet::Settings,
    /// `POST /api/Agent/Ent/Password/ResetPwd`.
    pub flowmeter: flowmeter::Settings,
    /// The native API under `/v1`.
    pub native: native::Settings,
}

impl Dialects {
    /// What the dialects do where nothing is set.
    #[must_use]
    pub fn of(preset: Preset) -> Self {
        match preset {
            Preset::Default => Self::default(),
            Preset::Strict => Self {
                oas: oas::Settings::strict(),
                tour: tour::Settings::strict(),
                currency_pass: currency_pass::Settings::strict(),
                spark_wallet: spark_wallet::Settings::strict(),
                flowmeter: flowmeter::Settings::strict(),
                native: native::Settings::strict(),
            },
        }
    }

    /// Whether a dialect is on that delivers nothing but the MD5 of a secret.
    #[must_use]
    pub const fn any_digest(&self) -> bool {
        self.tour.enabled || self.flowmeter.enabled
    }

    /// The settings as a tree, to be laid under those that are set.
    pub(super) fn to_tree(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(tree)) => tree,
            Ok(_) | Err(_) => unreachable!("settings are structs of plain values"),
        }
    }
}
