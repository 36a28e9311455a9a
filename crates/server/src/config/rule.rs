//! What values a setting takes: read from its schema, applied to what was given.

use core::fmt;

use serde_json::Value;

/// The values that a setting takes.
#[derive(Clone, Debug, Default)]
pub struct Rule {
    kinds: Vec<Kind>,
    choices: Vec<Value>,
    minimum: Option<i64>,
    maximum: Option<i64>,
    shortest: Option<u64>,
    longest: Option<u64>,
    items: Option<Box<Rule>>,
}

/// A kind of value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Text,
    Integer,
    Truth,
    List,
}

impl Rule {
    /// Reads a leaf of the schema. `null` is not a value: a setting that may be absent is simply not set.
    pub(super) fn of(schema: &Value) -> Self {
        let mut rule = Self::default();
        rule.collect(schema);
        rule
    }

    /// Takes a value as given, or as what it plainly stands for: a number or truth value where the setting is a
    /// choice among words that look like one.
    pub(super) fn accept(&self, value: Value) -> Option<Value> {
        if self.admits(&value) {
            return Some(value);
        }
        let word = match value {
            Value::Number(number) => Value::String(number.to_string()),
            Value::Bool(truth) => Value::String(truth.to_string()),
            Value::Null | Value::String(_) | Value::Array(_) | Value::Object(_) => return None,
        };
        self.choices.contains(&word).then_some(word)
    }

    /// Reads a text, as an environment variable, a file or a flag delivers it, as the kind that the setting has.
    pub(super) fn read(&self, text: String) -> Option<Value> {
        if self.kinds.contains(&Kind::List) {
            return self.read_list(&text).filter(|list| self.admits(list));
        }
        let trimmed = text.trim();
        let number = trimmed.replace('_', "").parse::<i64>();
        let readings = [number.ok().map(Value::from), trimmed.parse().ok().map(Value::Bool)];
        if let Some(value) = readings.into_iter().flatten().find(|value: &Value| self.admits(value)) {
            return Some(value);
        }
        self.accept(Value::String(if self.choices.is_empty() { text } else { trimmed.to_owned() }))
    }

    fn read_list(&self, text: &str) -> Option<Value> {
        if text.trim_start().starts_with('[') {
            let table: toml::Table = toml::from_str(&format!("list = {text}")).ok()?;
            return serde_json::to_value(table.get("list")?).ok();
        }
        let items = self.items.as_deref()?;
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        parts.map(|part| items.read(part.to_owned())).collect::<Option<Vec<_>>>().map(Value::Array)
    }

    fn admits(&self, value: &Value) -> bool {
        if !self.choices.is_empty() {
            return self.choices.contains(value);
        }
        match value {
            Value::String(text) => {
                let length = u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
                self.kinds.contains(&Kind::Text)
                    && self.shortest.is_none_or(|shortest| length >= shortest)
                    && self.longest.is_none_or(|longest| length <= longest)
            }
            Value::Number(number) => {
                self.kinds.contains(&Kind::Integer)
                    && number.as_i64().is_some_and(|number| {
                        self.minimum.is_none_or(|least| number >= least)
                            && self.maximum.is_none_or(|most| number <= most)
                    })
            }
            Value::Bool(_) => self.kinds.contains(&Kind::Truth),
            Value::Array(items) => {
                self.kinds.contains(&Kind::List)
                    && self.items.as_deref().is_none_or(|rule| items.iter().all(|item| rule.admits(item)))
            }
            Value::Null | Value::Object(_) => false,
        }
    }

    fn collect(&mut self, schema: &Value) {
        for branches in ["anyOf", "oneOf", "allOf"] {
            for branch in schema[branches].as_array().into_iter().flatten() {
                self.collect(branch);
            }
        }
        match &schema["type"] {
            Value::String(name) => self.kinds.extend(Kind::of(name)),
            Value::Array(names) => {
                self.kinds.extend(names.iter().filter_map(Value::as_str).filter_map(Kind::of));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {}
        }
        self.choices
            .extend(schema["enum"].as_array().into_iter().flatten().filter(|v| !v.is_null()).cloned());
        self.choices.extend(schema.get("const").cloned());
        self.minimum = schema["minimum"].as_i64().or(self.minimum);
        self.maximum = schema["maximum"].as_i64().or(self.maximum);
        self.shortest = schema["minLength"].as_u64().or(self.shortest);
        self.longest = schema["maxLength"].as_u64().or(self.longest);
        if let Some(items) = schema.get("items") {
            self.items = Some(Box::new(Self::of(items)));
        }
    }
}

/// Reads as what completes "must be …".
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.choices.is_empty() {
            f.write_str(if self.choices.len() == 1 { "" } else { "one of " })?;
            return list(f, &self.choices);
        }
        match self.kinds.first() {
            Some(Kind::Text) => match (self.shortest, self.longest) {
                (Some(shortest), Some(longest)) => write!(f, "text of {shortest} to {longest} characters"),
                (Some(1), None) => f.write_str("text, not empty"),
                (Some(shortest), None) => write!(f, "text of at least {shortest} characters"),
                (None, Some(longest)) => write!(f, "text of at most {longest} characters"),
                (None, None) => f.write_str("text"),
            },
            Some(Kind::Integer) => match (self.minimum, self.maximum) {
                (Some(least), Some(most)) => write!(f, "a whole number from {least} to {most}"),
                (Some(least), None) => write!(f, "a whole number of at least {least}"),
                (None, Some(most)) => write!(f, "a whole number of at most {most}"),
                (None, None) => f.write_str("a whole number"),
            },
            Some(Kind::Truth) => f.write_str("true or false"),
            Some(Kind::List) => match &self.items {
                Some(items) => write!(f, "a list, each item {items}"),
                None => f.write_str("a list"),
            },
            None => f.write_str("a value"),
        }
    }
}

impl Kind {
    fn of(name: &str) -> Option<Self> {
        match name {
            "string" => Some(Self::Text),
            "integer" | "number" => Some(Self::Integer),
            "boolean" => Some(Self::Truth),
            "array" => Some(Self::List),
            _ => None,
        }
    }
}

fn list(f: &mut fmt::Formatter<'_>, values: &[Value]) -> fmt::Result {
    for (place, value) in values.iter().enumerate() {
        write!(f, "{}{value}", if place == 0 { "" } else { ", " })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_text_as_the_kind_of_the_setting() {
        let port = json!({"type": ["integer", "null"], "minimum": 1, "maximum": 65535});
        let word =
            json!({"oneOf": [{"const": "423", "type": "string"}, {"const": "false", "type": "string"}]});
        let names = json!({"type": "array", "items": {"type": "string"}});
        let text = json!({"type": "string"});
        let cases = [
            (&port, "8_080", Some(json!(8080))),
            (&port, "0", None),
            (&port, "many", None),
            (&word, "423", Some(json!("423"))),
            (&word, " false ", Some(json!("false"))),
            (&word, "true", None),
            (&names, "a, b,,", Some(json!(["a", "b"]))),
            (&names, "[\"a,b\"]", Some(json!(["a,b"]))),
            (&names, "", Some(json!([]))),
            (&names, "[1]", None),
            (&text, " 12 ", Some(json!(" 12 "))),
            (&json!({"type": "boolean"}), "true", Some(json!(true))),
            (&json!({"type": "boolean"}), "yes", None),
        ];
        for (schema, given, expected) in cases {
            assert_eq!(Rule::of(schema).read(given.to_owned()), expected, "{given:?} for {schema}");
        }
    }

    #[test]
    fn takes_a_number_for_a_word_that_looks_like_one() {
        let rule = Rule::of(&json!({"enum": ["423", "false"], "type": "string"}));
        assert_eq!(rule.accept(json!(423)), Some(json!("423")));
        assert_eq!(rule.accept(json!(false)), Some(json!("false")));
        assert_eq!(rule.accept(json!(424)), None);
    }

    #[test]
    fn says_what_is_taken() {
        let cases = [
            (json!({"type": "integer", "minimum": 1, "maximum": 9}), "a whole number from 1 to 9"),
            (json!({"enum": ["a", "b"], "type": "string"}), "one of \"a\", \"b\""),
            (json!({"type": "array", "items": {"type": "boolean"}}), "a list, each item true or false"),
            (json!({"type": "string", "minLength": 1}), "text, not empty"),
        ];
        for (schema, expected) in cases {
            assert_eq!(Rule::of(&schema).to_string(), expected);
        }
    }
}
