//! Every setting there is, read from the schema of [`Config`]: the one list behind the environment's names, unknown
//! keys, bounds, what is secret, and the reference page.

use std::sync::LazyLock;

use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::config::Config;
use crate::config::rule::Rule;

/// Before every environment variable that sets something.
const PREFIX: &str = "COUNTERSIGN_";

/// One setting.
#[derive(Clone, Debug)]
pub struct Key {
    /// Where it is in the file: `policy.guesses.burst`.
    pub path: String,
    /// What it takes.
    pub rule: Rule,
    /// Whether it is never shown.
    pub secret: bool,
    /// What it means.
    pub doc: String,
    /// What each of its choices means, where they say so.
    pub choices: Vec<(Value, String)>,
    /// Its value where nothing is set and no preset says otherwise.
    pub default: Option<Value>,
}

/// A part of the settings: a table of the file.
#[derive(Clone, Debug)]
pub struct Section {
    /// Its name: `policy.guesses`; empty for the top.
    pub path: String,
    /// What it is about.
    pub doc: String,
    /// Its settings.
    pub keys: Vec<Key>,
}

/// Every setting, by section.
pub struct Catalog {
    sections: Vec<Section>,
}

impl Catalog {
    /// The list for this program.
    #[must_use]
    pub fn of_config() -> &'static Self {
        static CATALOG: LazyLock<Catalog> = LazyLock::new(|| {
            let mut sections = Vec::new();
            collect(&schema(), "", &mut sections);
            Catalog { sections }
        });
        &CATALOG
    }

    /// The sections in the order of the file, the top first.
    #[must_use]
    pub fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// Every setting in the order of the file.
    pub fn keys(&self) -> impl Iterator<Item = &Key> {
        self.sections.iter().flat_map(|section| &section.keys)
    }

    /// The setting at that place.
    #[must_use]
    pub fn key(&self, path: &str) -> Option<&Key> {
        self.keys().find(|key| key.path == path)
    }

    /// Whether there is a section of that name.
    #[must_use]
    pub fn is_section(&self, path: &str) -> bool {
        self.sections.iter().any(|section| section.path == path)
    }

    /// The setting whose name is most like `path`; `None` if none is like it at all.
    #[must_use]
    pub fn closest(&self, path: &str) -> Option<&Key> {
        let last = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
        let alike = |key: &Key| {
            let whole = strsim::normalized_damerau_levenshtein(path, &key.path);
            // The same word in another section is likelier meant than another word in the same section.
            let word = strsim::normalized_damerau_levenshtein(&last(path), &last(&key.path)) * 0.9;
            whole.max(word)
        };
        let closest = self.keys().max_by(|one, other| alike(one).total_cmp(&alike(other)))?;
        (alike(closest) > 0.5).then_some(closest)
    }
}

impl Key {
    /// The environment variable that sets it.
    #[must_use]
    pub fn variable(&self) -> String {
        variable(&self.path)
    }
}

/// The environment variable of a place: `COUNTERSIGN_POLICY__GUESSES__BURST`.
pub(super) fn variable(path: &str) -> String {
    format!("{PREFIX}{}", path.replace('.', "__").to_ascii_uppercase())
}

/// The place that an environment variable means, if it is one of ours at all.
pub(super) fn path_of(variable: &str) -> Option<String> {
    Some(variable.strip_prefix(PREFIX)?.replace("__", ".").to_ascii_lowercase())
}

/// The JSON Schema (draft 2020-12) of the configuration file.
#[must_use]
pub fn schema() -> Value {
    // Inlined, because that is what a walk through the tree needs, and editors do not mind.
    let generator = SchemaSettings::draft2020_12().with(|s| s.inline_subschemas = true).into_generator();
    generator.into_root_schema_for::<Config>().to_value()
}

fn collect(schema: &Value, path: &str, sections: &mut Vec<Section>) {
    let place = sections.len();
    sections.push(Section { path: path.to_owned(), doc: doc_of(schema), keys: Vec::new() });
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        if member.get("properties").is_some() {
            collect(member, &path, sections);
        } else {
            sections[place].keys.push(Key {
                path,
                rule: Rule::of(member),
                secret: is_secret(member),
                doc: doc_of(member),
                choices: choices_of(member),
                default: member.get("default").filter(|value| !value.is_null()).cloned(),
            });
        }
    }
}

fn is_secret(schema: &Value) -> bool {
    let branches = schema["anyOf"].as_array().into_iter().flatten();
    schema["writeOnly"] == Value::Bool(true) || branches.into_iter().any(is_secret)
}

fn choices_of(schema: &Value) -> Vec<(Value, String)> {
    let branches = ["oneOf", "anyOf"].into_iter().filter_map(|name| schema[name].as_array()).flatten();
    let named = branches.filter_map(|branch| Some((branch.get("const")?.clone(), doc_of(branch))));
    named.filter(|(_, doc)| !doc.is_empty()).collect()
}

fn doc_of(schema: &Value) -> String {
    schema["description"].as_str().unwrap_or_default().replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_has_a_meaning_and_a_kind() {
        for key in Catalog::of_config().keys() {
            assert!(!key.doc.is_empty(), "{} has no meaning", key.path);
            assert_ne!(key.rule.to_string(), "a value", "{} has no kind", key.path);
            assert_eq!(path_of(&key.variable()).as_deref(), Some(key.path.as_str()));
        }
    }

    #[test]
    fn a_secret_is_known_and_has_no_default() {
        let catalog = Catalog::of_config();
        let secrets: Vec<_> = catalog.keys().filter(|key| key.secret).collect();
        let paths: Vec<_> = secrets.iter().map(|key| key.path.as_str()).collect();
        assert_eq!(
            paths,
            [
                "codes.sender.aliyun.access_key_secret",
                "codes.sender.smtp.password",
                "codes.sender.tencent.secret_key",
                "codes.sender.twilio.key_secret",
                "codes.sender.webhook.secret",
                "keys.master_key",
                "store.postgres.password",
                "store.postgres.url"
            ]
        );
        assert!(secrets.iter().all(|key| key.default.is_none()));
    }

    #[test]
    fn names_what_was_meant() {
        let catalog = Catalog::of_config();
        let cases = [
            ("server.listn", Some("server.listen")),
            ("guesses.burst", Some("policy.guesses.burst")),
            ("policy.burst", Some("policy.guesses.burst")),
            ("qqqqqqqqqq", None),
        ];
        for (given, meant) in cases {
            assert_eq!(catalog.closest(given).map(|key| key.path.as_str()), meant, "{given}");
        }
    }
}
