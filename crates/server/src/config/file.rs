//! The layer of the configuration file: TOML.

use std::path::{Path, PathBuf};

use serde_json::{Map, Number, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use zeroize::Zeroizing;

use crate::config::catalog::Catalog;
use crate::config::environment::read_file;
use crate::config::layer::{Layer, no_such_setting};
use crate::config::origin::Origin;

/// At the end of a secret's name: the value is in the file of that name.
const FILE: &str = "_file";

/// Reads the file.
pub(super) fn layer(catalog: &Catalog, path: &Path) -> Layer {
    let mut layer = Layer::default();
    let text = match std::fs::read_to_string(path) {
        Ok(text) => Zeroizing::new(text),
        Err(error) => {
            layer.problems.push(format!("file {}: it cannot be read: {error}", path.display()));
            return layer;
        }
    };
    match DeTable::parse(&text) {
        Ok(table) => {
            let mut reader = Reader { catalog, path, text: &text, layer: &mut layer };
            reader.table("", table.into_inner());
        }
        // Only the parser's own words: its full report quotes the line, and that may hold a secret.
        Err(error) => {
            let line = error.span().map_or(1, |span| line_of(&text, span.start));
            let words = error.message();
            layer.problems.push(format!("file {}, line {line}: this is not TOML: {words}", path.display()));
        }
    }
    layer
}

struct Reader<'a> {
    catalog: &'a Catalog,
    path: &'a Path,
    text: &'a str,
    layer: &'a mut Layer,
}

impl Reader<'_> {
    fn table(&mut self, section: &str, table: DeTable<'_>) {
        for (name, value) in table {
            let line = line_of(self.text, name.span().start);
            let name = name.into_inner();
            let place = if section.is_empty() { name.into_owned() } else { format!("{section}.{name}") };
            self.member(&place, value, line);
        }
    }

    fn member(&mut self, place: &str, value: Spanned<DeValue<'_>>, line: usize) {
        let origin = Origin::File(self.path.to_owned(), line);
        let value = value.into_inner();
        if let Some(key) = self.catalog.key(place) {
            self.layer.accept(key, json(value), origin);
        } else if self.catalog.is_section(place) {
            match value {
                DeValue::Table(table) => self.table(place, table),
                _ => self
                    .layer
                    .problems
                    .push(format!("{place} ({origin}): this is a section: write [{place}]")),
            }
        } else if let Some(key) =
            place.strip_suffix(FILE).and_then(|path| self.catalog.key(path)).filter(|k| k.secret)
        {
            let Some(path) = value.as_str().map(PathBuf::from) else {
                self.layer.problems.push(format!("{place} ({origin}): must be the name of a file"));
                return;
            };
            let origin = Origin::SecretFile(path.clone(), self.path.to_owned(), line);
            match read_file(&path) {
                Ok(text) => self.layer.read(key, text, origin),
                Err(problem) => self.layer.problems.push(format!("{} ({origin}): {problem}", key.path)),
            }
        } else {
            self.layer.problems.push(no_such_setting(self.catalog, place, &origin));
        }
    }
}

/// A number that no setting takes, such as one too large, becomes `null` and is refused as such.
fn json(value: DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::String(text.into_owned()),
        DeValue::Integer(number) => i64::from_str_radix(&number.as_str().replace('_', ""), number.radix())
            .map_or(Value::Null, Value::from),
        DeValue::Float(number) => {
            let number = number.as_str().replace('_', "").parse().ok().and_then(Number::from_f64);
            number.map_or(Value::Null, Value::Number)
        }
        DeValue::Boolean(truth) => Value::Bool(truth),
        DeValue::Datetime(time) => Value::String(time.to_string()),
        DeValue::Array(items) => items.into_iter().map(|item| json(item.into_inner())).collect(),
        DeValue::Table(table) => {
            let members = table
                .into_iter()
                .map(|(name, value)| (name.into_inner().into_owned(), json(value.into_inner())));
            Value::Object(members.collect::<Map<_, _>>())
        }
    }
}

fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes().iter().take(at).filter(|&&byte| byte == b'\n').count() + 1
}
