//! The explanation for programs. Members are added, never renamed or taken away.

use serde_json::{Map, Value, json};

use crate::cli::policy::explained::{Explained, Limit, Odds, Whose};

/// All presets.
pub(super) fn all(all: &[Explained]) -> Value {
    json!({ "presets": all.iter().map(one).collect::<Vec<_>>() })
}

/// One set of limits.
pub(super) fn one(explained: &Explained) -> Value {
    let warnings = explained.warnings.iter();
    let warnings = warnings.map(|warning| json!({ "code": warning.code, "text": warning.words }));
    json!({
        "preset": explained.preset.as_str(),
        "limits": limits(&explained.limits),
        "in_a_year": explained.strangers.iter().map(odds).collect::<Vec<_>>(),
        "known_device": explained.device.as_ref().map(odds),
        "known_device_limits": limits(&explained.device_limits),
        "known_devices_per_account": explained.devices,
        "compared": explained.compared.iter().map(odds).collect::<Vec<_>>(),
        "warnings": warnings.collect::<Vec<_>>(),
    })
}

fn limits(limits: &[Limit]) -> Map<String, Value> {
    let told = |limit: &Limit| json!({ "value": limit.value, "origin": limit.origin });
    limits.iter().map(|limit| (limit.name.to_owned(), told(limit))).collect()
}

fn odds(odds: &Odds) -> Value {
    let (whose, successes) = match odds.whose {
        Whose::Stranger(successes) => ("stranger", Some(successes)),
        Whose::Device => ("known_device", None),
        Whose::Common => ("five_tries_then_fifteen_minutes", None),
        Whose::Nist => ("nist_sp_800_63b", None),
    };
    let chances = odds.chances.iter().map(|(digits, chance)| (digits.to_string(), json!(chance)));
    let chances: Map<String, Value> = chances.collect();
    let mut all = json!({ "whose": whose, "guesses": odds.guesses, "chance_by_digits": chances });
    if let (Some(successes), Some(members)) = (successes, all.as_object_mut()) {
        members.insert("owner_successes_a_day".to_owned(), successes.into());
    }
    all
}
