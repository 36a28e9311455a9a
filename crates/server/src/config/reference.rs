//! The reference page, made from the catalogue, so that no setting is ever missing from it.

use core::fmt::Write;

use countersign_domain::policy::Preset as GuessPolicyPreset;

use crate::config::show::toml_text;
use crate::config::{Catalog, Dialects, Guesses, Key, Preset, Section};

const HEAD: &str = "\
# Configuration

This page is printed by `countersign config reference`; a test keeps it so.

A setting comes from the first of these places that has it:

1. a flag of the command line;
2. the environment: `COUNTERSIGN_` and the setting's place in capitals, sections joined by two underscores:
   `policy.guesses.burst` is `COUNTERSIGN_POLICY__GUESSES__BURST`. The same name with `_FILE` at its end names a file
   that holds the value; its last line break is dropped. Both at once are an error. A list is written as in TOML
   or with commas between its items;
3. the TOML file that `--config` names. A secret may also be there as the name of a file: `master_key_file` for
   `master_key`;
4. the default, which for dialects depends on `preset`.

`COUNTERSIGN_LOG` is short for `COUNTERSIGN_LOG__FILTER`. A name that is not known is an error, because a limit that
was misspelt is a limit that does not hold. File names are relative to the directory in which the server was started.
Spans of time are whole seconds, and their names end in `_s`; or milliseconds, where they end in `_ms`. `countersign config
show --origin` tells what is in force and where it came from, `countersign config check` what is wrong, `countersign config
schema` prints a JSON Schema for editors. SIGHUP reads everything again; a configuration that is not valid is refused, and
the old one stays in force. TLS files, `policy`, `dialects`, `log.filter` and the language and brand of messages change at
once, and so does `store.read_only`; the rest of `server`, `store`, `keys`, `hash`, `admission`, `oidc`, the senders of codes and `log.format` change only with a restart.
";

/// The page, in Markdown.
#[must_use]
pub fn page() -> String {
    let strict = serde_json::Value::Object(Dialects::of(Preset::Strict).to_tree());
    let mut page = HEAD.to_owned();
    for section in Catalog::of_config().sections().iter().filter(|section| !section.keys.is_empty()) {
        self::section(&mut page, section, &strict);
    }
    page
}

fn section(page: &mut String, section: &Section, strict: &serde_json::Value) {
    if section.path.is_empty() {
        page.push_str("\n## Top of the file\n");
    } else {
        let _ = write!(page, "\n## `[{}]`\n\n{}\n", section.path, section.doc);
    }
    page.push_str("\n| setting | takes | default | meaning |\n|---|---|---|---|\n");
    for key in &section.keys {
        let name = key.path.rsplit('.').next().unwrap_or_default();
        let takes = cell(&key.rule.to_string());
        let _ = writeln!(page, "| `{name}` | {takes} | {} | {} |", default(key, strict), meaning(key));
    }
}

fn default(key: &Key, strict: &serde_json::Value) -> String {
    let of_preset = |preset: GuessPolicyPreset| {
        let number = Guesses::of_preset(preset, key.path.strip_prefix("policy.guesses.")?)?;
        Some(format!("{}: `{number}`", preset.as_str()))
    };
    let of_presets: Vec<String> = GuessPolicyPreset::ALL.into_iter().filter_map(of_preset).collect();
    if !of_presets.is_empty() {
        return of_presets.join(", ");
    }
    let usual = key.default.as_ref().map(|value| format!("`{}`", cell(&toml_text(value))));
    let path = key.path.strip_prefix("dialects.").map(|path| format!("/{}", path.replace('.', "/")));
    let strict =
        path.and_then(|path| strict.pointer(&path)).filter(|value| Some(*value) != key.default.as_ref());
    match (usual, strict.filter(|value| !value.is_null())) {
        (None, None) => "none".to_owned(),
        (None, Some(strict)) => format!("none; strict: `{}`", cell(&toml_text(strict))),
        (Some(usual), None) => usual,
        (Some(usual), Some(strict)) => format!("{usual}; strict: `{}`", cell(&toml_text(strict))),
    }
}

fn meaning(key: &Key) -> String {
    let mut meaning = cell(&key.doc);
    for (choice, doc) in &key.choices {
        let name = choice.as_str().map_or_else(|| choice.to_string(), str::to_owned);
        let _ = write!(meaning, " `{name}`: {}", cell(doc));
    }
    if key.secret {
        meaning.push_str(" Secret: better given by a file.");
    }
    meaning
}

/// A text inside a table: there a bar ends a cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
