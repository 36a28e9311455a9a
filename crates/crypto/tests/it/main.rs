//! What the other crates rely on: known answers kept as files, and properties.

mod admission;
mod engine;
mod hawk;
mod legacy;
mod pool;
mod seal;

use countersign_domain::secret::SecretText;
use serde_json::Value;

/// A file of known answers.
fn vectors(text: &str) -> Value {
    serde_json::from_str(text).expect("a vector file is JSON")
}

/// A member that is a text.
fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("vector without `{name}`: {value}"))
}

fn secret(text: &str) -> SecretText {
    SecretText::new(text.to_owned())
}
