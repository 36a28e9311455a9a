//! One source's settings, each checked against the catalogue as it is taken.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::config::catalog::{Catalog, Key};
use crate::config::origin::Origin;

/// What one source sets, and what is wrong with it. Has no `Debug`: values may be secret.
#[derive(Default)]
pub(super) struct Layer {
    pub(super) given: BTreeMap<String, Given>,
    pub(super) problems: Vec<String>,
}

/// A value and where it came from.
pub(super) struct Given {
    pub(super) value: Value,
    pub(super) origin: Origin,
}

impl Layer {
    /// Takes a text as the kind of value that the setting has.
    pub(super) fn read(&mut self, key: &Key, text: String, origin: Origin) {
        let shown = if key.secret { String::new() } else { format!(" = {text:?}") };
        let value = key.rule.read(text);
        self.put(key, value, &shown, origin);
    }

    /// Takes a value.
    pub(super) fn accept(&mut self, key: &Key, value: Value, origin: Origin) {
        let shown = if key.secret { String::new() } else { format!(" = {value}") };
        let value = key.rule.accept(value);
        self.put(key, value, &shown, origin);
    }

    /// `shown` is how a refused value reads in the problem; empty for a secret.
    fn put(&mut self, key: &Key, value: Option<Value>, shown: &str, origin: Origin) {
        let Some(value) = value else {
            self.problems.push(format!("{}{shown} ({origin}): must be {}", key.path, key.rule));
            return;
        };
        if let Some(other) = self.given.get(&key.path) {
            let problem = format!("{}: set twice, by {} and by {origin}; remove one", key.path, other.origin);
            self.problems.push(problem);
            return;
        }
        self.given.insert(key.path.clone(), Given { value, origin });
    }
}

/// Says that a name is not known, and which one may be meant.
pub(super) fn no_such_setting(catalog: &Catalog, path: &str, origin: &Origin) -> String {
    match catalog.closest(path) {
        Some(key) => format!("{path} ({origin}): there is no such setting; the closest is {}", key.path),
        None => format!("{path} ({origin}): there is no such setting; see `countersign config reference`"),
    }
}
