//! Settings as people and programs read them. Secrets were masked when they were loaded.

use core::fmt::Write;

use serde_json::{Map, Value, json};

use crate::config::Catalog;
use crate::config::load::Setting;

/// The settings as TOML; with `origins`, each with where it came from.
///
/// A secret that is set reads as `"***"`, so this is a picture of the settings, not a copy of the file.
#[must_use]
pub fn to_toml(settings: &[Setting], origins: bool) -> String {
    let mut text = String::new();
    for section in Catalog::of_config().sections().iter().filter(|section| !section.keys.is_empty()) {
        if !section.path.is_empty() {
            let _ = writeln!(text, "\n[{}]", section.path);
        }
        for setting in settings.iter().filter(|setting| parent(&setting.path) == section.path) {
            line(&mut text, setting, origins);
        }
    }
    text
}

/// The settings as one JSON object: the setting's place, its value, its origin.
#[must_use]
pub fn to_json(settings: &[Setting]) -> Value {
    let members = settings.iter().map(|setting| {
        (setting.path.clone(), json!({ "value": setting.value, "origin": setting.origin.to_string() }))
    });
    Value::Object(members.collect::<Map<_, _>>())
}

/// A JSON value as TOML writes it.
pub(super) fn toml_text(value: &Value) -> String {
    toml::Value::try_from(value).map_or_else(|_| value.to_string(), |value| value.to_string())
}

fn line(text: &mut String, setting: &Setting, origins: bool) {
    let name = setting.path.rsplit('.').next().unwrap_or_default();
    let value = match &setting.value {
        Some(value) => format!("{name} = {}", toml_text(value)),
        None => format!("# {name} is not set"),
    };
    let _ = match &setting.value {
        Some(_) if origins => writeln!(text, "{value}  # {}", setting.origin),
        Some(_) | None => writeln!(text, "{value}"),
    };
}

fn parent(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(section, _)| section)
}
